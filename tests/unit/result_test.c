/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/7-session/result.c"

#include "unit.h"

static void is_the_commands_own(void **state)
{
	static const struct {
		struct result result;
		int status;
	} cases[] = {
		{ { .kind = RESULT_EXITED, .status = 0 }, 0 },
		{ { .kind = RESULT_EXITED, .status = 1 }, 1 },
		{ { .kind = RESULT_EXITED, .status = 255 }, 255 },
		{ { .kind = RESULT_SIGNALED, .status = 15 }, 143 },
		{ { .kind = RESULT_SIGNALED, .status = 2 }, 130 },
		{ { .kind = RESULT_TARGET_GONE, .status = 0 }, 137 },
		{ { .kind = RESULT_TARGET_GONE, .status = 5 }, 137 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(result_exit_status(&cases[i].result), cases[i].status);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(is_the_commands_own) };

	return cmocka_run_group_tests_name("result", tests, NULL, NULL);
}
