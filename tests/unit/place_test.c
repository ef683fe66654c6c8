/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-unpack/place.c"

#include "unit_tree.h"

static void cleans_names(void **state)
{
	static const char *const cases[][2] = {
		{ "a", "a" },
		{ "./a", "a" },
		{ "/a", "a" },
		{ "a/", "a" },
		{ "a//b/./c/", "a/b/c" },
		{ "", "" },
		{ ".", "" },
		{ "./", "" },
		{ "/", "" },
		{ "..a/b..", "..a/b.." },
		{ "...", "..." },
		{ ".wh.a", ".wh.a" },
	};
	static const char *const refused[] = { "..", "../a", "a/..", "/..", "a/../b", "./..", "a//../b" };
	char name[64];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		(void)snprintf(name, sizeof(name), "%s", cases[i][0]);
		assert_true(place_clean_name(name));
		assert_string_equal(name, cases[i][1]);
	}
	for (size_t i = 0; i < COUNT(refused); i++) {
		(void)snprintf(name, sizeof(name), "%s", refused[i]);
		assert_false(place_clean_name(name));
	}
}

static void makes_missing_directories(void **state)
{
	const char *last;
	int before = unit_count_fds();
	int fd = open_parent(tree_fd, "a/b/c/file", &last, true);

	(void)state;
	assert_true(fd >= 0);
	assert_string_equal(last, "file");
	assert_int_equal(faccessat(tree_fd, "a/b/c", F_OK, 0), 0);
	(void)close(fd);
	assert_int_equal(open_parent(tree_fd, "a/x/y", &last, false), -1);
	/* A link leads nowhere else than inside. */
	assert_int_equal(symlinkat("/a", tree_fd, "link"), 0);
	fd = open_parent(tree_fd, "link/new/file", &last, true);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(faccessat(tree_fd, "a/new", F_OK, 0), 0);
	assert_int_equal(symlinkat("/usr", tree_fd, "out"), 0);
	assert_int_equal(open_parent(tree_fd, "out/file", &last, true), -1);
	assert_int_equal(unit_count_fds(), before);
}

static void removes_trees_but_not_through_links(void **state)
{
	const char *last;

	(void)state;
	fd_close(&(int){ open_parent(tree_fd, "keep/x/file", &last, true) });
	fd_close(&(int){ open_parent(tree_fd, "gone/y/file", &last, true) });
	assert_int_equal(symlinkat("../keep", tree_fd, "gone/link"), 0);
	assert_int_equal(remove_tree(tree_fd, "gone"), 0);
	assert_int_equal(remove_tree(tree_fd, "gone"), 0);
	assert_int_equal(faccessat(tree_fd, "keep/x", F_OK, 0), 0);
	assert_int_equal(faccessat(tree_fd, "gone", F_OK, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cleans_names),
		cmocka_unit_test_setup_teardown(makes_missing_directories, tree_begin, tree_end),
		cmocka_unit_test_setup_teardown(removes_trees_but_not_through_links, tree_begin, tree_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
