/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-target/query.c"

#include "unit.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct query query;
static struct fail why;

static int parse(const char *target)
{
	why = (struct fail){ 0 };
	return query_parse(&query, target, NULL, &why);
}

static void takes_names_apart(void **state)
{
	(void)state;
	assert_int_equal(parse("web"), 0);
	assert_string_equal(query.name, "web");
	assert_true(query_wants(&query, TARGET_DOCKER) && query_wants(&query, TARGET_NSPAWN));
	assert_false(query_wants(&query, TARGET_PROCESS) || query_wants(&query, TARGET_FILES));
	assert_int_equal(parse("podman://web"), 0);
	assert_int_equal(query.runtimes, 1U << TARGET_PODMAN);
	assert_int_equal(parse("containerd://" ID), 0);
	assert_string_equal(query.name, ID);
	assert_string_equal(query.scope, "");
	assert_int_equal(parse("containerd://default/web"), 0);
	assert_string_equal(query.name, "web");
	assert_string_equal(query.scope, "default");
	assert_int_equal(parse("cri-o://" ID), 0);
	assert_int_equal(query.runtimes, 1U << TARGET_CRIO);
	assert_int_equal(parse("pod://demo/web/app"), 0);
	assert_true(query.is_pod);
	assert_string_equal(query.name, "demo/web/app");
	assert_int_equal(parse("image://registry:5000/a/b:1.2@sha256:00"), 0);
	assert_true(query.is_image);
}

static void refuses_what_no_engine_calls_a_container(void **state)
{
	static const char *const bad[] = {
		"",	      "-web",	   "..",	  "../x",	   "/web",
		"a b",	      "a\n",	   "a?b",	  "a%2f",	   "a\r\nHost",
		"\xc3\xa9",   "a\033[2J",  "docker://",	  "docker://../x", "a#b",
		"docker:// ", "ftp://web", "process://1", "files://x",	   "averyverylongscheme://x",
	};
	char long_name[400];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(parse(bad[i]), -1);
		assert_int_equal(why.status, FAIL_TOOL);
		assert_null(strpbrk(why.text, "\033\n\r"));
	}
	memset(long_name, 'a', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = '\0';
	assert_int_equal(parse(long_name), -1);
	assert_int_equal(query_parse(&query, "docker://web", "podman", &why), -1);
	why = (struct fail){ 0 };
	assert_int_equal(query_all(&query, "rkt", &why), -1);
}

static enum query_fit fit(const char *target, enum target_runtime runtime, const char *name, const char *id,
			  const char *scope)
{
	struct sighting *seen = calloc(1, sizeof(*seen));
	enum query_fit answer;

	assert_non_null(seen);
	seen->runtime = (uint8_t)runtime;
	(void)strlcpy(seen->name, name, sizeof(seen->name));
	(void)strlcpy(seen->id, id, sizeof(seen->id));
	(void)strlcpy(seen->scope, scope, sizeof(seen->scope));
	assert_int_equal(parse(target), 0);
	answer = query_fit(&query, seen);
	free(seen);
	return answer;
}

static void fits_exactly_or_in_part(void **state)
{
	static const struct {
		const char *target;
		enum query_fit fit;
	} cases[] = {
		{ "demo/web/app", QUERY_EXACT },
		{ "pod://demo/web/app", QUERY_EXACT },
		{ ID, QUERY_EXACT },
		{ "containerd://" ID, QUERY_EXACT },
		{ "containerd://k8s.io/" ID, QUERY_EXACT },
		{ "0123", QUERY_PARTIAL },
		{ "web", QUERY_PARTIAL },
		{ "app", QUERY_PARTIAL },
		{ "web/app", QUERY_PARTIAL },
		{ "demo/web", QUERY_PARTIAL },
		{ "pod://demo/web", QUERY_OTHER },
		{ "demo", QUERY_OTHER },
		{ "ap", QUERY_OTHER },
		{ "we", QUERY_OTHER },
		{ "eb/app", QUERY_OTHER },
		{ "1234", QUERY_OTHER },
		{ "docker://" ID, QUERY_OTHER },
		{ "containerd://default/" ID, QUERY_OTHER },
		{ "pod://0123", QUERY_OTHER },
		{ "pod://" ID, QUERY_OTHER },
		{ "cri-o://" ID, QUERY_OTHER },
		{ "demo/web/app/x", QUERY_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (fit(cases[i].target, TARGET_CONTAINERD, "demo/web/app", ID, "k8s.io") != cases[i].fit)
			fail_msg("%s", cases[i].target);
	assert_int_equal(fit("web", TARGET_DOCKER, "web", ID, ""), QUERY_EXACT);
	assert_int_equal(fit("we", TARGET_DOCKER, "web", ID, ""), QUERY_OTHER);
	/* The beginning of a name that is its id is no id. */
	assert_int_equal(fit("we", TARGET_LXC, "web", "web", ""), QUERY_OTHER);
}

/* Wherever the parts of a name stand in a file, this one stands there too. */
static void picks_what_to_search_for(void **state)
{
	static const struct {
		const char *target, *needle;
	} cases[] = { { "web", "web" }, { "demo/web/server", "server" }, { "pod://longest/a/b", "longest" } };
	size_t length;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *needle;

		assert_int_equal(parse(cases[i].target), 0);
		needle = query_needle(&query, &length);
		assert_int_equal(length, strlen(cases[i].needle));
		assert_memory_equal(needle, cases[i].needle, length);
	}
	assert_int_equal(query_all(&query, NULL, &why), 0);
	(void)query_needle(&query, &length);
	assert_int_equal(length, 0);
}

/* What a listing prints, typed back, means that container. */
static void writes_references_that_fit(void **state)
{
	struct sighting *seen = calloc(1, sizeof(*seen));
	char reference[400];

	(void)state;
	assert_non_null(seen);
	(void)strlcpy(seen->name, "demo/web/app", sizeof(seen->name));
	(void)strlcpy(seen->id, ID, sizeof(seen->id));
	for (int runtime = TARGET_DOCKER; runtime < TARGET_FILES; runtime++) {
		seen->runtime = (uint8_t)runtime;
		(void)strlcpy(seen->scope, runtime == TARGET_CONTAINERD ? "k8s.io" : "", sizeof(seen->scope));
		query_write_reference(reference, sizeof(reference), seen);
		assert_int_equal(parse(reference), 0);
		assert_int_equal(query_fit(&query, seen), QUERY_EXACT);
	}
	free(seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_names_apart),
		cmocka_unit_test(refuses_what_no_engine_calls_a_container),
		cmocka_unit_test(fits_exactly_or_in_part),
		cmocka_unit_test(picks_what_to_search_for),
		cmocka_unit_test(writes_references_that_fit),
	};

	return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
