/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../toolbox/builtins/entrypoint_find.c"

#include "unit.h"

static char *tree;
static int root_fd;

static void path_in(char out[512], const char *name)
{
	(void)snprintf(out, 512, "%s/%s", tree, name);
}

static void make_file(const char *name, mode_t mode)
{
	char path[512];

	unit_write(tree, name, "x", 1);
	path_in(path, name);
	assert_int_equal(chmod(path, mode), 0);
}

static int set_up(void **state)
{
	static const char *const directories[] = { "bin", "sbin", "app", "app/dir" };
	char path[512];

	(void)state;
	tree = unit_make_tree();
	for (size_t i = 0; i < COUNT(directories); i++) {
		path_in(path, directories[i]);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	make_file("bin/run", 0755);
	make_file("sbin/run", 0644);
	make_file("sbin/plain", 0644);
	make_file("app/local", 0755);
	make_file("app/run", 0755);
	path_in(path, "bin/pipe");
	assert_int_equal(mkfifo(path, 0755), 0);
	path_in(path, "bin/absolute");
	assert_int_equal(symlink("/app/local", path), 0);
	path_in(path, "bin/outside");
	assert_int_equal(symlink("../../../../../../bin/run", path), 0);
	path_in(path, "bin/loop");
	assert_int_equal(symlink("loop", path), 0);
	root_fd = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root_fd < 0;
}

static int tear_down(void **state)
{
	(void)state;
	(void)close(root_fd);
	unit_remove_tree(tree);
	return 0;
}

static void assert_found(const char *name, const char *search, enum find_result expected, const char *at)
{
	char path[PATH_MAX];

	assert_int_equal(find_program(root_fd, name, search, "/app", path), expected);
	assert_string_equal(path, at);
}

static void searches_as_execvp(void **state)
{
	(void)state;
	assert_found("run", "/bin:/sbin", FIND_OK, "/bin/run");
	assert_found("run", "/sbin:/bin:/app", FIND_OK, "/bin/run");
	assert_found("run", "/sbin", FIND_NOT_EXECUTABLE, "/sbin/run");
	assert_found("run", "/none", FIND_MISSING, "");
	assert_found("plain", "/bin:/sbin:/none", FIND_NOT_EXECUTABLE, "/sbin/plain");
	assert_found("dir", "/bin:/app", FIND_DIRECTORY, "/app/dir");
	assert_found("local", "/bin:", FIND_OK, "/app/local");
	assert_found("local", ":/bin", FIND_OK, "/app/local");
	assert_found("local", "/bin::/sbin", FIND_OK, "/app/local");
	assert_found("local", "", FIND_OK, "/app/local");
	assert_found("run", "../bin", FIND_OK, "/app/../bin/run");
	assert_found("", "/bin", FIND_MISSING, "");
}

static void takes_paths_as_they_are(void **state)
{
	(void)state;
	assert_found("/bin/run", "", FIND_OK, "/bin/run");
	assert_found("./local", "/bin", FIND_OK, "/app/./local");
	assert_found("dir/x", "/bin", FIND_MISSING, "/app/dir/x");
	assert_found("/sbin/run", "", FIND_NOT_EXECUTABLE, "/sbin/run");
	assert_found("/app", "", FIND_DIRECTORY, "/app");
	assert_found("/bin/pipe", "", FIND_NOT_EXECUTABLE, "/bin/pipe");
}

static void follows_links_inside_the_root_only(void **state)
{
	(void)state;
	assert_found("absolute", "/bin", FIND_OK, "/bin/absolute");
	assert_found("outside", "/bin", FIND_OK, "/bin/outside");
	assert_found("loop", "/bin", FIND_MISSING, "");
}

static void refuses_what_is_too_long(void **state)
{
	static char name[PATH_MAX + 10];
	char path[PATH_MAX];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	assert_int_equal(find_program(root_fd, name, "/bin", "/", path), FIND_MISSING);
	assert_string_equal(path, "");
	name[0] = '/';
	assert_int_equal(find_program(root_fd, name, "/bin", "/", path), FIND_MISSING);
	assert_string_equal(path, "");
	name[0] = 'x';
	assert_int_equal(find_program(root_fd, "run", name, "/", path), FIND_MISSING);
	assert_int_equal(find_program(root_fd, "./run", "", name, path), FIND_MISSING);
}

static void opens_regular_files_only(void **state)
{
	int fds = unit_count_fds();
	uint64_t size = 0;
	int fd = target_open_file(root_fd, "/bin/absolute", &size);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(size, 1);
	(void)close(fd);
	assert_int_equal(target_open_file(root_fd, "/bin/pipe", &size), -1);
	assert_int_equal(errno, ENXIO);
	assert_int_equal(target_open_file(root_fd, "/app", &size), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(target_open_file(root_fd, "/none", &size), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(target_open_file(root_fd, "/bin/loop", &size), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(unit_count_fds(), fds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(searches_as_execvp),
		cmocka_unit_test(takes_paths_as_they_are),
		cmocka_unit_test(follows_links_inside_the_root_only),
		cmocka_unit_test(refuses_what_is_too_long),
		cmocka_unit_test(opens_regular_files_only),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
