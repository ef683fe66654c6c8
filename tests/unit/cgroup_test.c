/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/5-attach/cgroup.c"

#include "unit.h"

static int host_fd;
static uint64_t own_start;

static int make(void **state)
{
	CLOSE_AT_EXIT int own_fd = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct proc_stat stat;

	(void)state;
	host_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc_read_stat(&stat, own_fd) < 0)
		return -1;
	own_start = stat.start_time;
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	fd_close(&host_fd);
	return 0;
}

static void knows_its_orphans(void **state)
{
	char name[64];
	pid_t child = fork();

	(void)state;
	if (child == 0)
		_exit(0);
	(void)unit_wait(child);
	(void)snprintf(name, sizeof(name), "debug-%d-%" PRIu64, (int)getpid(), own_start);
	assert_false(is_orphan(host_fd, name));
	(void)snprintf(name, sizeof(name), "debug-%d-%" PRIu64, (int)getpid(), own_start - 1);
	assert_true(is_orphan(host_fd, name));
	(void)snprintf(name, sizeof(name), "debug-%d-%" PRIu64, (int)child, own_start);
	assert_true(is_orphan(host_fd, name));
	assert_true(is_orphan(host_fd, "debug-2147483647-1"));
}

/* A killed helper whose parent has not waited for it yet. */
static void knows_the_orphan_of_a_zombie(void **state)
{
	CLOSE_AT_EXIT int proc_fd = FD_NONE;
	struct proc_stat stat;
	siginfo_t info;
	char name[64];
	pid_t child = fork();

	(void)state;
	if (child == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	proc_fd = proc_open_pid(host_fd, child);
	assert_int_equal(proc_read_stat(&stat, proc_fd), 0);
	(void)snprintf(name, sizeof(name), "debug-%d-%" PRIu64, (int)child, stat.start_time);
	assert_true(is_orphan(host_fd, name));
	assert_int_equal(unit_wait(child), 0);
}

static void leaves_other_names_alone(void **state)
{
	static const char *const names[] = {
		"",
		".",
		"..",
		"debug",
		"debug-",
		"debug--",
		"debug-1",
		"debug-1-",
		"debug--1",
		"debug--1-1",
		"debug-0-1",
		"debug-2147483648-1",
		"debug-4294967297-1",
		"debug-99999999999999999999-1",
		"debug-2147483647-1-1",
		"debug-2147483647-1x",
		"debug-2147483647- 1",
		"debug- 2147483647-1",
		"debug-+2147483647-1",
		"debug-0x7fffffff-1",
		"debug-2147483647--1",
		"debug-2147483647-99999999999999999999",
		"debug-2147483647-1\n",
		"debug-2147483647_1",
		"Debug-2147483647-1",
		"xdebug-2147483647-1",
		"debug_2147483647-1",
		"system.slice",
		"cgroup.procs",
		"debug-shell.service",
		"debug-2147483647.scope",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		if (is_orphan(host_fd, names[i]))
			fail_msg("would be removed: %s", names[i]);
}

/* With files that look like a hierarchy's, to see what is written where. */
static void writes_limits_where_there_are_files(void **state)
{
	char *tree = unit_make_tree();
	const struct cgroup_limits any = { 0 }, own = { .memory = 64 << 20, .processes = 7 };
	struct cgroup cgroup = { .memory_limit = 0 };
	char text[32];

	(void)state;
	for (int i = 0; i < CGROUP_COUNT; i++)
		cgroup.fd[i] = FD_NONE;
	cgroup.fd[CGROUP_UNIFIED] = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unit_write(tree, "pids.max", "", 0);
	set_limits(&cgroup, CGROUP_UNIFIED, &any);
	assert_int_equal(cgroup.memory_limit, 0);
	assert_true(fd_read_file_at(cgroup.fd[CGROUP_UNIFIED], "pids.max", text, sizeof(text)) > 0);
	assert_string_equal(text, "1024");
	assert_int_equal(faccessat(cgroup.fd[CGROUP_UNIFIED], "memory.max", F_OK, 0), -1);
	unit_write(tree, "memory.max", "", 0);
	set_limits(&cgroup, CGROUP_UNIFIED, &own);
	assert_int_equal(cgroup.memory_limit, 64 << 20);
	assert_true(fd_read_file_at(cgroup.fd[CGROUP_UNIFIED], "memory.max", text, sizeof(text)) > 0);
	assert_string_equal(text, "67108864");
	/* The old number is longer; a limit file is written whole, a plain one is not cut. */
	assert_true(fd_read_file_at(cgroup.fd[CGROUP_UNIFIED], "pids.max", text, sizeof(text)) > 0);
	assert_int_equal(text[0], '7');
	fd_close(&cgroup.fd[CGROUP_UNIFIED]);
	unit_remove_tree(tree);
}

static void opens_what_there_is(void **state)
{
	char *tree = unit_make_tree();
	struct cgroup cgroup;
	char text[8];
	int fd;

	(void)state;
	for (int i = 0; i < CGROUP_COUNT; i++)
		cgroup.fd[i] = FD_NONE;
	assert_int_equal(cgroup_show(&cgroup), -1);
	assert_int_equal(cgroup_open_kill(&cgroup), FD_NONE);
	for (int i = 0; i < CGROUP_COUNT; i++)
		assert_int_equal(cgroup_open_tasks(&cgroup, (enum cgroup_hierarchy)i), FD_NONE);
	cgroup.fd[CGROUP_PIDS] = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unit_write(tree, "tasks", "", 0);
	unit_write(tree, "pids.max", "", 0);
	fd = cgroup_open_tasks(&cgroup, CGROUP_PIDS);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(cgroup_open_kill(&cgroup), FD_NONE);
	cgroup_forbid_forks(&cgroup);
	assert_int_equal(fd_read_file_at(cgroup.fd[CGROUP_PIDS], "pids.max", text, sizeof(text)), 1);
	assert_string_equal(text, "0");
	fd_close(&cgroup.fd[CGROUP_PIDS]);
	unit_remove_tree(tree);
}

static void refuses_ordinary_directories(void **state)
{
	char *tree = unit_make_tree();

	(void)state;
	assert_int_equal(open_root(tree, true), FD_NONE);
	assert_int_equal(open_root(tree, false), FD_NONE);
	assert_int_equal(open_root("/none/such", true), FD_NONE);
	unit_remove_tree(tree);
}

static void create_or_skip(struct cgroup *cgroup)
{
	struct fail why = { 0 };

	if (geteuid() != 0) {
		print_message("needs root\n");
		skip();
	}
	if (cgroup_create(cgroup, &(struct cgroup_limits){ 0 }, host_fd, &why) < 0) {
		print_message("needs writable cgroups: %s\n", why.text);
		skip();
	}
}

/* Makes a real one, puts a child into it, and ends both. */
static void ends_its_members(void **state)
{
	struct cgroup cgroup;
	int before = unit_count_fds();
	char text[16];
	pid_t child;

	(void)state;
	create_or_skip(&cgroup);
	child = fork();
	if (child == 0) {
		(void)alarm(20);
		for (;;)
			(void)pause();
	}
	(void)snprintf(text, sizeof(text), "%d", (int)child);
	for (int i = 0; i < CGROUP_COUNT; i++)
		if (cgroup.fd[i] != FD_NONE)
			assert_int_equal(fd_write_file_at(cgroup.fd[i], "cgroup.procs", text), 0);
	/* Our own is no orphan to anybody. */
	(void)cgroup_collect(host_fd);
	assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
	assert_true(cgroup_destroy(&cgroup));
	assert_int_equal(unit_wait(child), 128 + SIGKILL);
	assert_int_equal(unit_count_fds(), before);
}

/* As the target's root would, who has got hold of the descriptor. */
static void shows_its_members_to_be_read_alone(void **state)
{
	struct cgroup cgroup;
	int before = unit_count_fds();
	int shown_fd;
	int fd;
	char path[64];

	(void)state;
	create_or_skip(&cgroup);
	shown_fd = cgroup_show(&cgroup);
	assert_true(shown_fd >= 0);
	fd = openat(shown_fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(open(path, O_RDWR | O_CLOEXEC), -1);
	assert_int_equal(errno, EROFS);
	(void)close(fd);
	(void)close(shown_fd);
	assert_true(cgroup_destroy(&cgroup));
	assert_int_equal(unit_count_fds(), before);
}

static void collects_what_a_dead_helper_left(void **state)
{
	struct fail why = { 0 };
	struct cgroup cgroup = { 0 };
	int ends[2];
	pid_t child;

	(void)state;
	if (geteuid() != 0) {
		print_message("needs root\n");
		skip();
	}
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		int failed = cgroup_create(&cgroup, &(struct cgroup_limits){ 0 }, host_fd, &why);

		(void)!write(ends[1], cgroup.name, sizeof(cgroup.name));
		_exit(failed != 0);
	}
	assert_int_equal(read(ends[0], cgroup.name, sizeof(cgroup.name)), sizeof(cgroup.name));
	(void)close(ends[0]);
	(void)close(ends[1]);
	if (unit_wait(child) != 0) {
		print_message("needs writable cgroups\n");
		skip();
	}
	assert_true(is_orphan(host_fd, cgroup.name));
	(void)cgroup_collect(host_fd);
	open_roots(cgroup.root_fd);
	for (int i = 0; i < CGROUP_COUNT; i++)
		if (cgroup.root_fd[i] != FD_NONE)
			assert_int_equal(faccessat(cgroup.root_fd[i], cgroup.name, F_OK, 0), -1);
	close_all(cgroup.root_fd);
}

/* A container may name a cgroup of its own after ours, in its own part of the tree. */
static void knows_its_members_by_the_whole_path(void **state)
{
	static const char *const members[] = { "0::/debug-7-8\n",
					       "1:name=systemd:/x\n3:pids:/debug-7-8\n0::/y\n",
					       "2:cpu,cpuacct:/debug-7-8" };
	static const char *const others[] = { "",
					      "\n",
					      "0::/\n",
					      "0::/debug-7-88\n",
					      "0::/debug-7-8/below\n",
					      "0::/docker/id/debug-7-8\n",
					      "0::/docker/a:/debug-7-8\n",
					      "0::debug-7-8\n",
					      "debug-7-8\n" };
	const struct cgroup cgroup = { .name = "debug-7-8" };
	char *tree = unit_make_tree();
	CLOSE_AT_EXIT int proc_fd = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(mkdirat(proc_fd, "42", 0700), 0);
	assert_false(cgroup_has_member(&cgroup, proc_fd, 42));
	for (size_t i = 0; i < COUNT(members); i++) {
		unit_write(tree, "42/cgroup", members[i], strlen(members[i]));
		assert_true(cgroup_has_member(&cgroup, proc_fd, 42));
		assert_false(cgroup_has_member(&cgroup, proc_fd, 43));
	}
	for (size_t i = 0; i < COUNT(others); i++) {
		unit_write(tree, "42/cgroup", others[i], strlen(others[i]));
		assert_false(cgroup_has_member(&cgroup, proc_fd, 42));
	}
	unit_remove_tree(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(knows_its_orphans, make, unmake),
		cmocka_unit_test_setup_teardown(knows_the_orphan_of_a_zombie, make, unmake),
		cmocka_unit_test_setup_teardown(leaves_other_names_alone, make, unmake),
		cmocka_unit_test(writes_limits_where_there_are_files),
		cmocka_unit_test(opens_what_there_is),
		cmocka_unit_test(knows_its_members_by_the_whole_path),
		cmocka_unit_test(refuses_ordinary_directories),
		cmocka_unit_test_setup_teardown(shows_its_members_to_be_read_alone, make, unmake),
		cmocka_unit_test_setup_teardown(ends_its_members, make, unmake),
		cmocka_unit_test_setup_teardown(collects_what_a_dead_helper_left, make, unmake),
	};

	return cmocka_run_group_tests_name("cgroup", tests, NULL, NULL);
}
