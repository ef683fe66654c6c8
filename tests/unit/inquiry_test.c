/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-target/inquiry.c"

#include "unit.h"

#include <bsd/string.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct answer good(void)
{
	static struct answer answer;

	memset(&answer, 0, sizeof(answer));
	answer.version = WIRE_VERSION;
	answer.kind = ANSWER_SEEN;
	answer.seen.runtime = TARGET_DOCKER;
	answer.seen.pid = 4121;
	memcpy(answer.seen.id, ID, sizeof(ID));
	return answer;
}

static void accepts_sound_answers(void **state)
{
	static struct answer answer;

	(void)state;
	answer = good();
	assert_true(is_sound(&answer));
	answer.seen.pid = INT32_MAX;
	assert_true(is_sound(&answer));
	answer.seen.pid = 0;
	answer.seen.state = SIGHTING_IMAGE;
	assert_true(is_sound(&answer));
	answer.kind = ANSWER_DONE;
	assert_true(is_sound(&answer));
	answer.why.status = FAIL_TOOL;
	assert_true(is_sound(&answer));
}

/* The child may have been taken over: each field in turn. */
static void refuses_taken_over_answers(void **state)
{
	static const int32_t pids[] = { 1, -1, INT32_MIN };
	static const int32_t statuses[] = { 1, 123, 128, -1 };
	static struct answer answer;

	(void)state;
	for (size_t i = 0; i < COUNT(pids); i++) {
		answer = good();
		answer.seen.pid = pids[i];
		assert_false(is_sound(&answer));
	}
	for (size_t i = 0; i < COUNT(statuses); i++) {
		answer = good();
		answer.kind = ANSWER_DONE;
		answer.why.status = statuses[i];
		assert_false(is_sound(&answer));
	}
	answer = good(), answer.version++;
	assert_false(is_sound(&answer));
	answer = good(), answer.kind = 2;
	assert_false(is_sound(&answer));
	answer = good(), answer.seen.runtime = TARGET_RUNTIME_COUNT;
	assert_false(is_sound(&answer));
	answer = good(), answer.seen.state = SIGHTING_IMAGE + 1;
	assert_false(is_sound(&answer));
	answer = good(), answer.seen.configured_size = SIGHTING_CONFIGURED_MAX + 1;
	assert_false(is_sound(&answer));
	answer = good(), answer.seen.layers_size = UINT32_MAX;
	assert_false(is_sound(&answer));
	answer = good(), answer.seen.layers_size = 2, answer.seen.layers[1] = 'x';
	assert_false(is_sound(&answer));
	answer = good(), memset(answer.seen.id, 'a', sizeof(answer.seen.id));
	assert_false(is_sound(&answer));
	answer = good(), memset(answer.seen.name, 'n', sizeof(answer.seen.name));
	assert_false(is_sound(&answer));
	answer = good(), memset(answer.seen.image, 'i', sizeof(answer.seen.image));
	assert_false(is_sound(&answer));
	answer = good(), memset(answer.seen.scope, 's', sizeof(answer.seen.scope));
	assert_false(is_sound(&answer));
	answer = good(), memset(answer.why.text, 't', sizeof(answer.why.text));
	assert_false(is_sound(&answer));
}

/* What it passes on is printed as it is, so escapes must not get through either. */
static void refuses_answers_with_escapes(void **state)
{
	static struct answer answer;

	(void)state;
	answer = good(), answer.seen.name[0] = '\033';
	assert_false(is_sound(&answer));
	answer = good(), answer.seen.image[0] = '\n';
	assert_false(is_sound(&answer));
	answer = good(), answer.seen.scope[0] = '\x9b';
	assert_false(is_sound(&answer));
	answer = good(), answer.kind = ANSWER_DONE, answer.why.status = FAIL_TOOL,
	answer.why.text[0] = '\033';
	assert_false(is_sound(&answer));
}

static void waits_no_longer_than_it_should(void **state)
{
	static struct answer answer;
	struct findings findings = { 0 };
	struct fail why = { 0 };
	int64_t before = clock_now_ms();
	int pair[2];

	(void)state;
	answer = good();
	assert_int_equal(wire_pair(pair), 0);
	assert_int_equal(receive_answer(&findings, pair[0], before, &why), -1);
	assert_int_equal(why.status, FAIL_DEADLINE);
	assert_in_range(clock_now_ms() - before, GRACE_MS - 1, GRACE_MS + 1000);
	/* Shorter, longer, with a descriptor, and no answer at all. */
	assert_int_equal(wire_send(pair[1], &answer, sizeof(answer) - 1, NULL, 0), 0);
	why = (struct fail){ 0 };
	assert_int_equal(receive_answer(&findings, pair[0], before, &why), -1);
	assert_failed(why, FAIL_TOOL, "the resolver process ended without an answer");
	assert_int_equal(wire_send(pair[1], &answer, sizeof(answer), &pair[1], 1), 0);
	why = (struct fail){ 0 };
	assert_int_equal(receive_answer(&findings, pair[0], before, &why), -1);
	/* The beginning alone, which says that there is more. */
	answer.seen.layers_size = 3;
	assert_int_equal(wire_send(pair[1], &answer, ANSWER_HEAD, NULL, 0), 0);
	why = (struct fail){ 0 };
	assert_int_equal(receive_answer(&findings, pair[0], before, &why), -1);
	assert_int_equal(findings.count, 0);
	answer.seen.layers_size = 0;
	assert_int_equal(wire_send(pair[1], &answer, ANSWER_HEAD, NULL, 0), 0);
	assert_int_equal(receive_answer(&findings, pair[0], before, &why), 1);
	answer.kind = ANSWER_DONE;
	assert_int_equal(wire_send(pair[1], &answer, sizeof(answer), NULL, 0), 0);
	assert_int_equal(receive_answer(&findings, pair[0], before, &why), 0);
	assert_int_equal(findings.count, 1);
	(void)close(pair[1]);
	why = (struct fail){ 0 };
	assert_int_equal(receive_answer(&findings, pair[0], before, &why), -1);
	assert_failed(why, FAIL_TOOL, "the resolver process ended without an answer");
	(void)close(pair[0]);
	findings_free(&findings);
}

static void keeps_each_container_once(void **state)
{
	static struct sighting seen;
	struct findings findings = { 0 };
	struct fail why = { 0 };

	(void)state;
	seen = good().seen;
	for (int i = 0; i < 3; i++)
		assert_int_equal(findings_add(&findings, &seen, &why), 0);
	assert_int_equal(findings.count, 1);
	seen.runtime = TARGET_PODMAN;
	assert_int_equal(findings_add(&findings, &seen, &why), 0);
	seen.owner = 1000;
	assert_int_equal(findings_add(&findings, &seen, &why), 0);
	(void)strlcpy(seen.scope, "k8s.io", sizeof(seen.scope));
	assert_int_equal(findings_add(&findings, &seen, &why), 0);
	assert_int_equal(findings.count, 4);
	for (int i = 0; i < FINDINGS_MAX; i++) {
		(void)snprintf(seen.id, sizeof(seen.id), "%d", i);
		assert_int_equal(findings_add(&findings, &seen, &why), 0);
	}
	assert_int_equal(findings.count, FINDINGS_MAX);
	assert_true(findings.is_truncated);
	findings_free(&findings);
}

/* The whole way, with evidence that would take over a parser that believes it. */
static void understands_evidence_in_the_child(void **state)
{
	static const char good_text[] =
	    "{\"annotations\":{\"nerdctl/name\":\"web\"},\"process\":{\"args\":[\"/app\"]}}";
	struct evidence pieces[] = {
		{ .kind = EVIDENCE_BUNDLE,
		  .runtime = TARGET_CONTAINERD,
		  .pid = 7,
		  .id = "a",
		  .bytes = strdup("{\"annotations\":[[["),
		  .size = 19 },
		{ .kind = EVIDENCE_BUNDLE,
		  .runtime = TARGET_CONTAINERD,
		  .pid = 8,
		  .id = "b",
		  .bytes = strdup(good_text),
		  .size = strlen(good_text) },
	};
	const struct evidence_list list = { .all = pieces, .count = 2 };
	struct query query = { .runtimes = ~0U, .name = "web" };
	struct inquiry inquiry = { .query = &query, .evidence = &list };
	struct findings findings = { 0 };
	struct fail why = { 0 };
	int before = unit_count_fds();

	(void)state;
	if (getuid() != 0 || unit_has_address_sanitizer()) {
		print_message("needs root, who may become nobody, and no address sanitizer\n");
		skip();
	}
	assert_int_equal(inquiry_ask(&findings, &inquiry, &why), 0);
	assert_int_equal(findings.count, 1);
	assert_string_equal(findings.all[0].name, "web");
	assert_int_equal(findings.all[0].pid, 8);
	findings_free(&findings);
	inquiry.question = QUESTION_SUGGESTION;
	(void)strlcpy(query.name, "wep", sizeof(query.name));
	assert_int_equal(inquiry_ask(&findings, &inquiry, &why), 0);
	assert_string_equal(findings.why.text, "no container is named `wep`; did you mean `web`?");
	findings_free(&findings);
	assert_int_equal(unit_count_fds(), before);
	free(pieces[0].bytes);
	free(pieces[1].bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_sound_answers),
		cmocka_unit_test(refuses_taken_over_answers),
		cmocka_unit_test(refuses_answers_with_escapes),
		cmocka_unit_test(waits_no_longer_than_it_should),
		cmocka_unit_test(keeps_each_container_once),
		cmocka_unit_test(understands_evidence_in_the_child),
	};

	return cmocka_run_group_tests_name("inquiry", tests, NULL, NULL);
}
