/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/0-base/fail.c"

#include "unit.h"

#include <errno.h>

static void keeps_the_first_failure(void **state)
{
	struct fail why = { 0 };

	(void)state;
	assert_int_equal(fail_set(&why, FAIL_DENIED, "process %d", 12), -1);
	assert_int_equal(fail_set(&why, FAIL_TOOL, "later"), -1);
	assert_int_equal(fail_errno(&why, FAIL_TOOL, ENOENT, "later still"), -1);
	assert_failed(why, FAIL_DENIED, "process 12");
}

static void describes_errors(void **state)
{
	struct fail why = { 0 };

	(void)state;
	assert_int_equal(fail_errno(&why, FAIL_TOOL, ENOENT, "cannot open `%s`", "x"), -1);
	assert_failed(why, FAIL_TOOL, "cannot open `x`: No such file or directory");
	why.status = FAIL_NONE;
	(void)fail_errno(&why, FAIL_TOOL, 99999, "odd");
	assert_failed(why, FAIL_TOOL, "odd: unknown error");
}

static void cuts_what_is_too_long(void **state)
{
	char *words = malloc(5000);
	struct fail why = { 0 };

	(void)state;
	assert_non_null(words);
	memset(words, 'w', 4999);
	words[4999] = '\0';
	(void)fail_errno(&why, FAIL_TOOL, ENOENT, "%s", words);
	assert_int_equal(strlen(why.text), sizeof(why.text) - 1);
	assert_int_equal(why.status, FAIL_TOOL);
	free(words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_first_failure),
		cmocka_unit_test(describes_errors),
		cmocka_unit_test(cuts_what_is_too_long),
	};

	return cmocka_run_group_tests_name("fail", tests, NULL, NULL);
}
