/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/1-request/toolbox_words.c"

#include "unit.h"

enum { WORDS_MAX = 15 };

static struct request request;
static struct fail why;

/* By way of the whole command line, "debug toolbox" and these words. */
static int parse(const char *const *words)
{
	char *argv[WORDS_MAX + 3] = { (char *)(uintptr_t) "debug", (char *)(uintptr_t) "toolbox" };
	int argc = 2;

	for (; words[argc - 2] != NULL; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc - 2];
	request_free(&request);
	why = (struct fail){ 0 };
	return request_parse(&request, argc, argv, &why);
}

#define PARSE(...) parse((const char *const[]){ __VA_ARGS__, NULL })

static int forget(void **state)
{
	(void)state;
	request_free(&request);
	return 0;
}

static void knows_every_verb(void **state)
{
	(void)state;
	for (size_t i = 0; i < TOOLBOX_VERB_COUNT; i++) {
		enum toolbox_verb verb = TOOLBOX_VERB_COUNT;

		assert_non_null(verbs[i].help);
		assert_true(find_verb(verbs[i].name, &verb));
		assert_int_equal(verb, i);
	}
}

static void takes_words_and_options_in_any_order(void **state)
{
	(void)state;
	assert_int_equal(PARSE("install", "a", "--mirror", "/srv", "b.deb"), 0);
	assert_int_equal(request.action, REQUEST_TOOLBOX);
	assert_int_equal(request.verb, TOOLBOX_INSTALL);
	assert_int_equal(request.command_count, 2);
	assert_string_equal(request.command[0], "a");
	assert_string_equal(request.command[1], "b.deb");
	assert_string_equal(request.mirror, "/srv");
	assert_int_equal(PARSE("install", "--mirror=http://x/y"), 0);
	assert_string_equal(request.mirror, "http://x/y");
	assert_int_equal(PARSE("ls", "--json"), 0);
	assert_true(request.is_json);
	assert_int_equal(PARSE("build", "-o", "x"), 0);
	assert_string_equal(request.output, "x");
}

static void asks_for_help(void **state)
{
	static const char *const forms[][2] = { { NULL }, { "--help" }, { "-h" }, { "help" } };

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		assert_int_equal(parse(forms[i]), 0);
		assert_int_equal(request.action, REQUEST_TOOLBOX_HELP);
	}
}

static void refuses_what_makes_no_sense(void **state)
{
	static const char *const forms[][4] = {
		{ "uninstall" },
		{ "search" },
		{ "build" },
		{ "ls", "x" },
		{ "verify", "x" },
		{ "gc", "x" },
		{ "ls", "--mirror=x" },
		{ "install", "a", "-o", "f" },
		{ "install", "--wrong" },
		{ "install", "--mirror" },
		{ "upgrade", "x" },
		{ "info", "-j" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		assert_int_equal(parse(forms[i]), -1);
		assert_int_equal(why.status, FAIL_TOOL);
	}
	assert_int_equal(PARSE("\033[31m"), -1);
	assert_failed(
	    why, FAIL_TOOL,
	    "`debug toolbox` has no verb `\\033[31m`; `debug toolbox --help` lists them, and a container of "
	    "that name is `docker://toolbox`");
}

/* Only as the first word: a container may have the name, and a command too. */
static void leaves_the_name_to_others(void **state)
{
	char *after[] = { (char *)(uintptr_t) "debug", (char *)(uintptr_t) "web",
			  (char *)(uintptr_t) "toolbox", NULL };
	char *apart[] = { (char *)(uintptr_t) "debug", (char *)(uintptr_t) "--",
			  (char *)(uintptr_t) "toolbox", NULL };

	(void)state;
	assert_int_equal(request_parse(&request, 3, after, &why), 0);
	assert_int_equal(request.action, REQUEST_SESSION);
	assert_string_equal(request.command[0], "toolbox");
	request_free(&request);
	assert_int_equal(request_parse(&request, 3, apart, &why), 0);
	assert_int_equal(request.action, REQUEST_SESSION);
	assert_string_equal(request.target, "toolbox");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_every_verb),
		cmocka_unit_test_teardown(takes_words_and_options_in_any_order, forget),
		cmocka_unit_test_teardown(asks_for_help, forget),
		cmocka_unit_test_teardown(refuses_what_makes_no_sense, forget),
		cmocka_unit_test_teardown(leaves_the_name_to_others, forget),
	};

	return cmocka_run_group_tests_name("toolbox_words", tests, NULL, NULL);
}
