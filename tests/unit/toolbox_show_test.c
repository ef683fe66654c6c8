/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/8-toolbox/show.c"

#include "unit_tree.h"

#include <sys/stat.h>

static void write_text(const char *name, const char *text)
{
	unit_write(tree, name, text, strlen(text));
}

static int make(void **state)
{
	const int failed = tree_begin(state);

	write_text("packages", "bash 5.2 amd64\ncurl 8.14.1-2 amd64\nzsh 5.9-8 amd64\n");
	return failed;
}

static void lists_the_image_where_nothing_was_added(void **state)
{
	const int before = unit_count_fds();
	struct packages packages;
	struct fail why = { 0 };

	(void)state;
	assert_int_equal(read_packages(&packages, tree_fd, &why), 0);
	assert_int_equal(packages.count, 3);
	assert_string_equal(packages.all[1].name, "curl");
	assert_string_equal(packages.all[1].version, "8.14.1-2");
	assert_false(packages.all[1].is_own);
	free(packages.all);
	assert_int_equal(unit_count_fds(), before);
}

static void shows_the_user_s_version_instead_of_the_image_s(void **state)
{
	struct packages packages;
	struct fail why = { 0 };

	(void)state;
	assert_int_equal(mkdirat(tree_fd, "installed", 0700), 0);
	write_text("installed/curl.status",
		   "Package: curl\nStatus: install ok installed\nVersion: 8.15-1\n\n");
	write_text("installed/ngrep.status", "Package: ngrep\nVersion: 1.47\n");
	write_text("installed/ngrep.list", "bin/ngrep\n");
	write_text("installed/ngrep.asked", "");
	write_text("installed/.status", "Version: 0\n");
	assert_int_equal(read_packages(&packages, tree_fd, &why), 0);
	assert_int_equal(packages.count, 4);
	assert_string_equal(packages.all[1].version, "8.15-1");
	assert_true(packages.all[1].is_own);
	assert_string_equal(packages.all[2].name, "ngrep");
	assert_true(packages.all[2].is_own);
	free(packages.all);
}

static void reads_many(void **state)
{
	struct packages packages;
	struct fail why = { 0 };
	char *text = NULL;
	size_t size = 0;
	FILE *list = open_memstream(&text, &size);

	(void)state;
	for (int i = 0; i < 5000; i++)
		(void)fprintf(list, "p%04d %d.0 all\n", 4999 - i, i);
	(void)fclose(list);
	write_text("packages", text);
	free(text);
	assert_int_equal(read_packages(&packages, tree_fd, &why), 0);
	assert_int_equal(packages.count, 5000);
	assert_string_equal(packages.all[0].name, "p0000");
	free(packages.all);
}

static void says_that_there_is_no_list(void **state)
{
	struct packages packages;
	struct fail why = { 0 };

	(void)state;
	assert_int_equal(unlinkat(tree_fd, "packages", 0), 0);
	assert_int_equal(read_packages(&packages, tree_fd, &why), -1);
	assert_failed(why, FAIL_TOOL,
		      "cannot read the toolbox's list of packages: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lists_the_image_where_nothing_was_added, make, tree_end),
		cmocka_unit_test_setup_teardown(shows_the_user_s_version_instead_of_the_image_s, make,
						tree_end),
		cmocka_unit_test_setup_teardown(reads_many, make, tree_end),
		cmocka_unit_test_setup_teardown(says_that_there_is_no_list, make, tree_end),
	};

	return cmocka_run_group_tests_name("toolbox_show", tests, NULL, NULL);
}
