/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/7-session/package_server.c"

#include "unit.h"

static struct packages_request request;

/* Words one after the other, as install sends them; `size` bytes with their NULs. */
static void fill(uint32_t count, const char *words, size_t size)
{
	memset(&request, 'x', sizeof(request));
	request.version = WIRE_VERSION;
	request.verb = PACKAGES_INSTALL;
	request.count = count;
	memcpy(request.words, words, size);
}

static void splits_words(void **state)
{
	const char *words[PACKAGES_WORDS_MAX];

	(void)state;
	fill(3, "ngrep\0g++\0libc6=2.41-1", sizeof("ngrep\0g++\0libc6=2.41-1"));
	assert_int_equal(split(&request, words), 3);
	assert_string_equal(words[0], "ngrep");
	assert_string_equal(words[1], "g++");
	assert_string_equal(words[2], "libc6=2.41-1");
	fill(0, "", 0);
	assert_int_equal(split(&request, words), 0);
}

static void refuses_words_that_do_not_end(void **state)
{
	const char *words[PACKAGES_WORDS_MAX];

	(void)state;
	fill(1, "", 0);
	assert_int_equal(split(&request, words), -1);
	fill(2, "ngrep", sizeof("ngrep"));
	assert_int_equal(split(&request, words), -1);
	fill(PACKAGES_WORDS_MAX + 1, "a", 2);
	assert_int_equal(split(&request, words), -1);
	fill(UINT32_MAX, "a", 2);
	assert_int_equal(split(&request, words), -1);
}

static void survives_noise(void **state)
{
	const char *words[PACKAGES_WORDS_MAX];
	uint64_t random = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		int count;

		for (size_t i = 0; i < sizeof(request.words); i++)
			request.words[i] =
			    (char)(unit_random(&random) % 4 == 0 ? 0 : 'a' + unit_random(&random) % 30);
		request.count = (uint32_t)(unit_random(&random) % 80);
		count = split(&request, words);
		for (int i = 0; i < count; i++)
			assert_true(installer_accepts(words[i]));
	}
}

/* Nothing that apt would take for an option, a file, a pattern or a removal. */
static void accepts_names_of_packages_alone(void **state)
{
	static const char *const good[] = { "ngrep", "g++",	      "libstdc++6", "python3.13",
					    "0ad",   "a=1:2.0-1~x+y", "libc6:amd64" };
	static const char *const bad[] = { "",	  "-y",	   "--force", "./a",	  "/etc/x", "a b",
					   "a\n", "a;b",   "x-",      "a/stable", "$(id)",  "../x",
					   "=1",  "?name", "~nfoo",   "a*",	  "\033[2J" };
	char longest[200];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(installer_accepts(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(installer_accepts(bad[i]));
	memset(longest, 'a', sizeof(longest));
	longest[127] = '\0';
	assert_true(installer_accepts(longest));
	longest[127] = 'a';
	longest[128] = '\0';
	assert_false(installer_accepts(longest));
}

/* What a session may not ask for is refused before anything is opened. */
static void refuses_what_is_for_the_host(void **state)
{
	struct package_server server = { 0 };
	const int output[2] = { 1, 2 };

	(void)state;
	for (uint32_t verb = PACKAGES_SESSION_COUNT; verb < PACKAGES_VERB_COUNT + 3; verb++) {
		struct fail why = { 0 };

		fill(0, "", 0);
		request.verb = verb;
		assert_int_equal(start(&server, &request, output, &why), -1);
		assert_failed(why, FAIL_TOOL,
			      "this is not a request for packages; give their names, as in `install ngrep`");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_words),
		cmocka_unit_test(refuses_words_that_do_not_end),
		cmocka_unit_test(survives_noise),
		cmocka_unit_test(accepts_names_of_packages_alone),
		cmocka_unit_test(refuses_what_is_for_the_host),
	};

	return cmocka_run_group_tests_name("package_server", tests, NULL, NULL);
}
