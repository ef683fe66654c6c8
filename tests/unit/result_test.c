/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/7-session/result.c"

#include "unit.h"

static void is_the_commands_own(void **state)
{
	static const struct {
		struct result result;
		int status;
	} cases[] = {
		{ { RESULT_EXITED, 0 }, 0 },	    { { RESULT_EXITED, 1 }, 1 },
		{ { RESULT_EXITED, 255 }, 255 },    { { RESULT_SIGNALED, 15 }, 143 },
		{ { RESULT_SIGNALED, 2 }, 130 },    { { RESULT_TARGET_GONE, 0 }, 137 },
		{ { RESULT_TARGET_GONE, 5 }, 137 },
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
