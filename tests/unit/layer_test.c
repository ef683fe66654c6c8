/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/5-attach/layer.c"

#include "unit_tree.h"

#define OURS "0123456789abcdef"
#define OTHER "fedcba9876543210"

static void names_the_mount_after_user_and_image(void **state)
{
	char name[LAYER_NAME_MAX];

	(void)state;
	layer_name(name, 1000, OURS "0000");
	assert_string_equal(name, "layer-1000-" OURS);
	layer_name(name, UINT32_MAX, OURS OURS OURS OURS);
	assert_string_equal(name, "layer-4294967295-" OURS);
}

static int descend_into(const char *name, struct fail *why)
{
	int fd = dup(tree_fd);
	int failed;

	*why = (struct fail){ 0 };
	failed = descend(&fd, name, 0700, why);
	fd_close(&fd);
	return failed;
}

static void refuses_directories_that_others_can_change(void **state)
{
	struct fail why;

	(void)state;
	assert_int_equal(descend_into("new", &why), 0);
	assert_int_equal(descend_into("new", &why), 0);
	assert_int_equal(fchmodat(tree_fd, "new", 0777, 0), 0);
	assert_int_equal(descend_into("new", &why), -1);
	assert_failed(why, FAIL_TOOL,
		      "the directory `new` below /var/lib can be changed by others than root; remove it");
	assert_int_equal(fchmodat(tree_fd, "new", 0700, 0), 0);
	if (fchownat(tree_fd, "new", 1, 1, 0) == 0)
		assert_int_equal(descend_into("new", &why), -1);
}

static void follows_no_link(void **state)
{
	struct fail why;

	(void)state;
	assert_int_equal(symlinkat("/", tree_fd, "link"), 0);
	assert_int_equal(descend_into("link", &why), -1);
	unit_write(tree, "file", "", 0);
	assert_int_equal(descend_into("file", &why), -1);
}

static void forgets_other_images_only(void **state)
{
	static const char *const directories[] = { OURS,
						   OURS "/upper",
						   OTHER,
						   OTHER "/upper",
						   "apt",
						   "apt/lists",
						   "stage",
						   "kept",
						   "0123456789",
						   OTHER "/upper/a",
						   OTHER "/upper/a/b" };
	static const char *const gone[] = { OTHER, "apt", "stage" };
	static const char *const there[] = { OURS "/upper", "kept", "0123456789", "packages" };
	const int before = unit_count_fds();

	(void)state;
	for (size_t i = 0; i < COUNT(directories); i++)
		assert_int_equal(mkdirat(tree_fd, directories[i], 0700), 0);
	assert_int_equal(symlinkat(tree, tree_fd, OTHER "/upper/a/out"), 0);
	unit_write(tree, OTHER "/upper/a/b/file", "x", 1);
	unit_write(tree, "packages", "x", 1);
	assert_true(layer_forget_others(tree_fd, OURS) > 0);
	for (size_t i = 0; i < COUNT(gone); i++)
		assert_int_equal(faccessat(tree_fd, gone[i], F_OK, AT_SYMLINK_NOFOLLOW), -1);
	for (size_t i = 0; i < COUNT(there); i++)
		assert_int_equal(faccessat(tree_fd, there[i], F_OK, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(unit_count_fds(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_the_mount_after_user_and_image),
		cmocka_unit_test_setup_teardown(refuses_directories_that_others_can_change, tree_begin,
						tree_end),
		cmocka_unit_test_setup_teardown(follows_no_link, tree_begin, tree_end),
		cmocka_unit_test_setup_teardown(forgets_other_images_only, tree_begin, tree_end),
	};

	return cmocka_run_group_tests_name("layer", tests, NULL, NULL);
}
