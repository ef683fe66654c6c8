/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/7-session/watch.c"

#include "unit.h"

#include <stdio.h>

static struct fail why;
static struct result result;

static struct watch say(uint32_t kind, int status, const char *text, int number)
{
	static struct attached attached = { .control_fd = FD_NONE };
	struct watch watch = { .attached = &attached, .result = &result, .why = &why };
	struct joiner_message message = { .kind = kind, .number = number };

	why = (struct fail){ 0 };
	message.fail.status = status;
	(void)snprintf(message.fail.text, sizeof(message.fail.text), "%s", text);
	on_message(&watch, &message);
	return watch;
}

static void passes_on_why_a_command_cannot_run(void **state)
{
	(void)state;
	assert_false(say(INIT_NOT_EXECUTED, FAIL_NOT_FOUND, "command `x` was not found", 0).is_over);
	assert_failed(why, FAIL_NOT_FOUND, "command `x` was not found");
}

/* Whoever has taken over the session's first process can say anything. */
static void prints_nothing_that_is_not_fit_for_it(void **state)
{
	static const char *const bad[] = { "\033]52;c;AAAA\a", "two\nlines", "\302\233", "\177" };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		(void)say(INIT_NOT_EXECUTED, FAIL_TOOL, bad[i], 0);
		assert_failed(why, FAIL_TOOL, "the session did not say readably why it failed");
	}
	(void)say(INIT_NOT_EXECUTED, 0, "whatever", 0);
	assert_failed(why, FAIL_TOOL, "whatever");
	(void)say(INIT_NOT_EXECUTED, 7, "whatever", 0);
	assert_failed(why, FAIL_TOOL, "whatever");
}

static void takes_the_end_of_the_command(void **state)
{
	(void)state;
	assert_true(say(INIT_ENDED, 0, "", 7 << 8).is_over);
	assert_int_equal(result.kind, RESULT_EXITED);
	assert_int_equal(result.status, 7);
	assert_true(say(INIT_ENDED, 0, "", SIGTERM).is_over);
	assert_int_equal(result.kind, RESULT_SIGNALED);
	assert_int_equal(result.status, SIGTERM);
	assert_false(say(JOINER_JOINED, 0, "", 1).is_over);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_on_why_a_command_cannot_run),
		cmocka_unit_test(prints_nothing_that_is_not_fit_for_it),
		cmocka_unit_test(takes_the_end_of_the_command),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
