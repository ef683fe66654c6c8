/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/8-list/choose.c"

#include "unit.h"

#include <fcntl.h>

#define ENTRY(of_name, of_image, of_id)                                                        \
	{                                                                                      \
		.runtime = "docker", .pid = 1, .name = of_name, .image = of_image, .id = of_id \
	}

static struct list_entry all[] = {
	ENTRY("database", "postgres:17", "aa11"), ENTRY("web", "docs/shop:2.3", "ab22"),
	ENTRY("web-cache", "redis:8", "cc33"),	  ENTRY("12", "docs/shop:2.3", "dd44"),
	ENTRY("caf\\303\\251", "menu", "ee55"),
};
static const struct listing listing = { .all = all, .count = COUNT(all) };
static char word[WORD_MAX];
static size_t chosen;

static enum choice parse(const char *line)
{
	chosen = 99;
	return parse_choice(word, line, &listing, "", &chosen);
}

static void numbers(void **state)
{
	(void)state;
	assert_int_equal(parse("1\n"), CHOICE_ONE);
	assert_int_equal(chosen, 0);
	assert_int_equal(parse("  5 \t\n"), CHOICE_ONE);
	assert_int_equal(chosen, 4);
	/* No such rows; parts of a name at most. */
	assert_int_equal(parse("00\n"), CHOICE_FILTER);
	assert_int_equal(parse("6\n"), CHOICE_FILTER);
	assert_int_equal(parse("-1\n"), CHOICE_FILTER);
	assert_int_equal(parse("99999999999999999999\n"), CHOICE_FILTER);
	assert_int_equal(parse("12\n"), CHOICE_ONE);
	assert_int_equal(chosen, 3);
}

static void names(void **state)
{
	(void)state;
	/* The whole name of one, and a part of another's. */
	assert_int_equal(parse("web\n"), CHOICE_ONE);
	assert_int_equal(chosen, 1);
	assert_int_equal(parse("we\n"), CHOICE_FILTER);
	assert_string_equal(word, "we");
	assert_int_equal(parse("CACHE\n"), CHOICE_ONE);
	assert_int_equal(chosen, 2);
	assert_int_equal(parse("postgres\n"), CHOICE_ONE);
	assert_int_equal(chosen, 0);
	assert_int_equal(parse("shop\n"), CHOICE_FILTER);
	assert_int_equal(parse("aa\n"), CHOICE_ONE);
	assert_int_equal(chosen, 0);
	assert_int_equal(parse("a1\n"), CHOICE_FILTER);
	assert_int_equal(parse("docker\n"), CHOICE_FILTER);
	/* As it was typed on a terminal; the list has it encoded. */
	assert_int_equal(parse("caf\xc3\xa9\n"), CHOICE_ONE);
	assert_int_equal(chosen, 4);
}

static void leaving_and_beginning_again(void **state)
{
	const struct listing one = { .all = all, .count = 1 };

	(void)state;
	assert_int_equal(parse("q\n"), CHOICE_LEAVE);
	assert_int_equal(parse(" q \n"), CHOICE_LEAVE);
	assert_int_equal(parse("\n"), CHOICE_ALL);
	assert_int_equal(parse("   \n"), CHOICE_ALL);
	assert_int_equal(parse_choice(word, "\n", &one, "", &chosen), CHOICE_ONE);
	assert_int_equal(parse_choice(word, "\n", &one, "x", &chosen), CHOICE_ALL);
}

static void keys_that_are_no_text(void **state)
{
	char longest[ANSWER_MAX];

	(void)state;
	assert_int_equal(parse("\033[A\n"), CHOICE_STRANGE);
	assert_int_equal(parse("web\001\n"), CHOICE_STRANGE);
	assert_int_equal(parse("\177\n"), CHOICE_STRANGE);
	memset(longest, '\xff', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(parse(longest), CHOICE_FILTER);
	assert_true(strlen(word) < WORD_MAX);
}

static void a_filter_counts_what_matches(void **state)
{
	(void)state;
	assert_int_equal(count_matches(&listing, "", &chosen), COUNT(all));
	assert_int_equal(count_matches(&listing, "web", &chosen), 2);
	assert_int_equal(count_matches(&listing, "SHOP", &chosen), 2);
	assert_int_equal(count_matches(&listing, "zzz", &chosen), 0);
}

/* Answers as if typed; what is printed is dropped. */
static int choose(const char *typed, char target[LIST_TARGET_MAX], struct fail *why)
{
	const int saved[] = { dup(0), dup(2) };
	int pipe_fds[2];
	int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int failed;

	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(write(pipe_fds[1], typed, strlen(typed)), strlen(typed));
	(void)close(pipe_fds[1]);
	assert_int_equal(dup2(pipe_fds[0], 0), 0);
	assert_int_equal(dup2(null_fd, 2), 2);
	failed = list_choose(target, &listing, why);
	assert_int_equal(dup2(saved[0], 0), 0);
	assert_int_equal(dup2(saved[1], 2), 2);
	(void)close(saved[0]);
	(void)close(saved[1]);
	(void)close(pipe_fds[0]);
	(void)close(null_fd);
	return failed;
}

static void a_conversation(void **state)
{
	static const char *const conversations[][2] = {
		{ "2\n", "docker://ab22" },
		{ "we\n\033[A\nzzz\n\n3\n", "docker://cc33" },
		{ "shop\nweb\n", "docker://ab22" },
		{ "q\n", "" },
		{ "", "" },
		{ "we\n", "" },
		/* The end of input in the middle of a line is no answer. */
		{ "2", "" },
	};
	const int before = unit_count_fds();

	(void)state;
	for (size_t i = 0; i < COUNT(conversations); i++) {
		char target[LIST_TARGET_MAX] = "?";
		struct fail why = { 0 };

		assert_int_equal(choose(conversations[i][0], target, &why), 0);
		assert_string_equal(target, conversations[i][1]);
	}
	assert_int_equal(unit_count_fds(), before);
}

static void a_line_that_does_not_fit_is_one_answer(void **state)
{
	char target[LIST_TARGET_MAX];
	char typed[ANSWER_MAX + 8];
	struct fail why = { 0 };

	(void)state;
	memset(typed, 'x', ANSWER_MAX);
	/* Its end alone would be a choice. */
	(void)snprintf(typed + ANSWER_MAX, 8, "2\n");
	assert_int_equal(choose(typed, target, &why), 0);
	assert_string_equal(target, "");
}

static void nothing_to_choose_from(void **state)
{
	const struct listing none = { 0 };
	char target[LIST_TARGET_MAX];
	struct fail why = { 0 };

	(void)state;
	assert_int_equal(list_choose(target, &none, &why), -1);
	assert_failed(
	    why, FAIL_TOOL,
	    "no container was found on this host; start one, or name a process as in `debug pid://N`");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(names),
		cmocka_unit_test(leaving_and_beginning_again),
		cmocka_unit_test(keys_that_are_no_text),
		cmocka_unit_test(a_filter_counts_what_matches),
		cmocka_unit_test(a_conversation),
		cmocka_unit_test(a_line_that_does_not_fit_is_one_answer),
		cmocka_unit_test(nothing_to_choose_from),
	};

	return cmocka_run_group_tests_name("list_choose", tests, NULL, NULL);
}
