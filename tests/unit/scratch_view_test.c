/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/6-join/scratch_view.c"

#include "unit.h"

static const char *point(const char *text, uint64_t parent)
{
	static char line[256];

	(void)snprintf(line, sizeof(line), "%s", text);
	return point_on(line, parent);
}

static void finds_what_lies_on_the_root(void **state)
{
	(void)state;
	assert_string_equal(point("32 28 0:59 / /dev rw,nosuid - tmpfs tmpfs rw", 28), "dev");
	assert_string_equal(point("32 28 0:59 /x /etc/hosts rw shared:3 - ext4 /dev/vda rw", 28),
			    "etc/hosts");
	assert_string_equal(point("32 28 0:59 / /a\\040b\\134c\\012 rw - tmpfs tmpfs rw", 28), "a b\\c\n");
	assert_null(point("33 32 0:60 / /dev/pts rw - devpts devpts rw", 28));
	assert_null(point("28 1 0:50 / / rw - overlay overlay rw", 28));
	/* Stacked on the root itself. */
	assert_null(point("40 28 0:50 / / rw - overlay overlay rw", 28));
	assert_null(point("", 28));
	assert_null(point("32 28", 28));
	assert_null(point("32 28 0:59 /", 28));
	assert_null(point("32 28 0:59 / /dev", 28));
	assert_null(point("x 28 0:59 / /dev rw", 28));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(finds_what_lies_on_the_root) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
