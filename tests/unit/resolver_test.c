/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-target/resolver.c"

#include "unit.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct answer good(void)
{
	struct answer answer;

	memset(&answer, 0, sizeof(answer));
	answer.version = WIRE_VERSION;
	answer.seen.pid = 4121;
	memcpy(answer.seen.id, ID, sizeof(ID));
	return answer;
}

static void accepts_well_formed_answers(void **state)
{
	struct answer answer = good();

	(void)state;
	assert_true(is_well_formed(&answer));
	answer.seen.pid = INT32_MAX;
	assert_true(is_well_formed(&answer));
	memset(&answer.seen, 0, sizeof(answer.seen));
	answer.outcome = 1;
	assert_true(is_well_formed(&answer));
	answer.outcome = -1;
	answer.why.status = FAIL_TOOL;
	assert_true(is_well_formed(&answer));
}

/* The child may have been taken over: each field in turn. */
static void refuses_taken_over_answers(void **state)
{
	static const int32_t pids[] = { 1, 0, -1, INT32_MIN };
	static const int32_t statuses[] = { 0, 1, 123, 128, -1 };
	struct answer answer;

	(void)state;
	for (size_t i = 0; i < COUNT(pids); i++) {
		answer = good();
		answer.seen.pid = pids[i];
		assert_false(is_well_formed(&answer));
	}
	for (size_t i = 0; i < COUNT(statuses); i++) {
		answer = good();
		answer.outcome = -1;
		answer.why.status = statuses[i];
		assert_false(is_well_formed(&answer));
	}
	answer = good(), answer.version++;
	assert_false(is_well_formed(&answer));
	answer = good(), answer.outcome = 2;
	assert_false(is_well_formed(&answer));
	answer = good(), answer.outcome = -2;
	assert_false(is_well_formed(&answer));
	answer = good(), answer.seen.id[63] = '\0';
	assert_false(is_well_formed(&answer));
	answer = good(), answer.seen.id[0] = '/';
	assert_false(is_well_formed(&answer));
	answer = good(), answer.seen.id[64] = 'a';
	assert_false(is_well_formed(&answer));
	answer = good(), memset(answer.seen.name, 'n', sizeof(answer.seen.name));
	assert_false(is_well_formed(&answer));
	answer = good(), memset(answer.seen.image, 'i', sizeof(answer.seen.image));
	assert_false(is_well_formed(&answer));
	answer = good(), memset(answer.why.text, 't', sizeof(answer.why.text));
	assert_false(is_well_formed(&answer));
}

/* What it passes on is printed as it is, so escapes must not get through either. */
static void refuses_answers_with_escapes(void **state)
{
	struct answer answer;

	(void)state;
	answer = good(), answer.seen.name[0] = '\033';
	assert_false(is_well_formed(&answer));
	answer = good(), answer.seen.image[0] = '\n';
	assert_false(is_well_formed(&answer));
	answer = good(), answer.outcome = -1, answer.why.status = FAIL_TOOL, answer.why.text[0] = '\033';
	assert_false(is_well_formed(&answer));
}

static void waits_no_longer_than_it_should(void **state)
{
	struct answer answer = good();
	struct fail why = { 0 };
	int64_t before = clock_now_ms();
	int pair[2];

	(void)state;
	assert_int_equal(wire_pair(pair), 0);
	assert_int_equal(receive_answer(&answer, pair[0], before, &why), -1);
	assert_int_equal(why.status, FAIL_DEADLINE);
	assert_in_range(clock_now_ms() - before, GRACE_MS - 1, GRACE_MS + 1000);
	/* Shorter, longer, and no answer at all. */
	assert_int_equal(wire_send(pair[1], &answer, sizeof(answer) - 1, NULL, 0), 0);
	why = (struct fail){ 0 };
	assert_int_equal(receive_answer(&answer, pair[0], before, &why), -1);
	assert_failed(why, FAIL_TOOL, "the resolver process ended without an answer");
	answer = good();
	assert_int_equal(wire_send(pair[1], &answer, sizeof(answer), &pair[1], 1), 0);
	why = (struct fail){ 0 };
	assert_int_equal(receive_answer(&answer, pair[0], before, &why), -1);
	answer = good();
	assert_int_equal(wire_send(pair[1], &answer, sizeof(answer), NULL, 0), 0);
	assert_int_equal(receive_answer(&answer, pair[0], before, &why), 0);
	(void)close(pair[1]);
	why = (struct fail){ 0 };
	assert_int_equal(receive_answer(&answer, pair[0], before, &why), -1);
	assert_failed(why, FAIL_TOOL, "the resolver process ended without an answer");
	(void)close(pair[0]);
}

static void asks_about_names_only(void **state)
{
	struct sighting seen;
	struct fail why = { 0 };

	(void)state;
	assert_int_equal(resolver_ask_docker(&seen, "../x\033", &why), -1);
	assert_failed(why, FAIL_TOOL,
		      "`../x\\033` cannot be a container's name: letters, digits, `_`, `.` and `-` only");
	why = (struct fail){ 0 };
	assert_int_equal(resolver_ask_docker(&seen, "", &why), -1);
	assert_int_equal(why.status, FAIL_TOOL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_well_formed_answers),
		cmocka_unit_test(refuses_taken_over_answers),
		cmocka_unit_test(refuses_answers_with_escapes),
		cmocka_unit_test(waits_no_longer_than_it_should),
		cmocka_unit_test(asks_about_names_only),
	};

	return cmocka_run_group_tests_name("resolver", tests, NULL, NULL);
}
