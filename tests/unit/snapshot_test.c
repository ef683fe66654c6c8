/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/7-session/snapshot.c"

#include "unit_tree.h"

#define LINE(device, point, options) \
	"700 29 " device " / " point " rw,relatime shared:4 - overlay overlay " options "\n"

static void finds_the_upper_directory_of_the_device(void **state)
{
	static const char mountinfo[] =
	    "29 1 254:0 / / rw - ext4 /dev/root rw,upperdir=/wrong\n"
	    "30 29 0:99 / /x rw - tmpfs none rw,upperdir=/wrong,workdir=/w\n" LINE(
		"0:50", "/a", "rw,lowerdir=/l1:/l2,upperdir=/var/lib/docker/overlay2/one/diff,workdir=/w")
		LINE("0:51", "/b", "rw,lowerdir=/l,upperdir=/var/with\\040space\\134and\\012more,workdir=/w")
		    LINE("0:52", "/c", "ro,lowerdir=/l1:/l2")
			LINE("0:53", "/d", "rw,lowerdir=/l,upperdir=relative")
			    LINE("0:54", "/e", "rw,lowerdir=/l,upperdir=/last");
	static const struct {
		unsigned int minor;
		const char *upper;
	} cases[] = {
		{ 50, "/var/lib/docker/overlay2/one/diff" },
		{ 51, "/var/with space\\and\nmore" },
		{ 52, NULL },
		{ 53, NULL },
		{ 54, "/last" },
		{ 5, NULL },
		{ 99, NULL },
	};
	char upper[64];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const bool is_found =
		    snapshot_find_upper(upper, sizeof(upper), mountinfo, makedev(0, cases[i].minor));

		assert_int_equal(is_found, cases[i].upper != NULL);
		if (is_found)
			assert_string_equal(upper, cases[i].upper);
	}
	assert_false(snapshot_find_upper(upper, 8, mountinfo, makedev(0, 50)));
	assert_false(snapshot_find_upper(upper, sizeof(upper), "", makedev(0, 50)));
	assert_false(snapshot_find_upper(upper, sizeof(upper), "garbage\n\n- overlay \n", makedev(0, 50)));
}

static void free_files(struct snapshot_files *files)
{
	struct snapshot snapshot = { .files = *files };

	snapshot_free(&snapshot);
}

static void walks_in_order_and_without_a_trace(void **state)
{
	const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	struct snapshot_files files = { 0 };
	struct stat status;
	int before = unit_count_fds();

	(void)state;
	assert_int_equal(mkdirat(tree_fd, "b", 0755), 0);
	unit_write(tree, "b/two", "22", 2);
	unit_write(tree, "a", "1", 1);
	assert_int_equal(symlinkat("/etc", tree_fd, "link"), 0);
	/* Older than the change, so that a look that counts would set it. */
	assert_int_equal(utimensat(tree_fd, "b", old, 0), 0);
	snapshot_walk(&files, tree_fd, clock_now_ms() + 5000);
	assert_string_equal(files.reason, "");
	assert_int_equal(files.count, 4);
	assert_string_equal(files.all[0].path, "/a");
	assert_string_equal(files.all[1].path, "/b");
	assert_string_equal(files.all[2].path, "/b/two");
	assert_string_equal(files.all[3].path, "/link");
	assert_int_equal(files.all[2].size, 2);
	assert_int_equal(fstatat(tree_fd, "b", &status, 0), 0);
	assert_int_equal(status.st_atim.tv_sec, 1000);
	assert_int_equal(unit_count_fds(), before);
	free_files(&files);
}

static void says_why_it_stopped(void **state)
{
	struct snapshot_files files = { 0 };
	CLOSE_AT_EXIT int deep_fd = dup(tree_fd);

	(void)state;
	unit_write(tree, "a", "1", 1);
	snapshot_walk(&files, tree_fd, clock_now_ms() - 1);
	assert_string_equal(files.reason, "there was not enough time to look at all of them");
	free_files(&files);
	files = (struct snapshot_files){ 0 };
	for (int i = 0; i < DEPTH_MAX + 1; i++) {
		int next_fd;

		assert_int_equal(mkdirat(deep_fd, "d", 0755), 0);
		next_fd = openat(deep_fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next_fd >= 0);
		(void)close(deep_fd);
		deep_fd = next_fd;
	}
	snapshot_walk(&files, tree_fd, clock_now_ms() + 5000);
	assert_string_equal(files.reason, "directories lie too deep in each other");
	free_files(&files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_upper_directory_of_the_device),
		cmocka_unit_test_setup_teardown(walks_in_order_and_without_a_trace, tree_begin, tree_end),
		cmocka_unit_test_setup_teardown(says_why_it_stopped, tree_begin, tree_end),
	};

	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
