/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/8-list/look.c"

#include "unit.h"

#include <sched.h>
#include <sys/mount.h>

static char *tree;
static int host_proc_fd;

static int make(void **state)
{
	struct fail why = { 0 };

	(void)state;
	tree = unit_make_tree();
	host_proc_fd = proc_open(&why);
	return chmod(tree, 0755) < 0 || host_proc_fd < 0 ? -1 : 0;
}

static int unmake(void **state)
{
	(void)state;
	fd_close(&host_proc_fd);
	unit_remove_tree(tree);
	return 0;
}

static void this_process(void **state)
{
	struct list_entry entry = { .pid = getpid(), .up_seconds = -1 };
	const int before = unit_count_fds();
	int fd = list_look_at_process(&entry, host_proc_fd);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(entry.uid, geteuid());
	assert_in_range(entry.up_seconds, 0, 3600);
	assert_int_not_equal(entry.writable, LIST_UNKNOWN);
	fd_close(&fd);
	assert_int_equal(unit_count_fds(), before);
}

static void processes_that_are_none(void **state)
{
	const int before = unit_count_fds();
	struct list_entry entry = { .pid = INT32_MAX };
	const pid_t child = fork();
	siginfo_t ended;

	(void)state;
	assert_int_equal(list_look_at_process(&entry, host_proc_fd), FD_NONE);
	entry.pid = 0;
	assert_int_equal(list_look_at_process(&entry, host_proc_fd), FD_NONE);
	if (child == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT), 0);
	entry.pid = child;
	assert_int_equal(list_look_at_process(&entry, host_proc_fd), FD_NONE);
	assert_int_equal(unit_wait(child), 0);
	assert_int_equal(unit_count_fds(), before);
}

static void put(const char *name, mode_t mode)
{
	char path[512];

	unit_write(tree, name, "", 0);
	(void)snprintf(path, sizeof(path), "%s/%s", tree, name);
	assert_int_equal(chmod(path, mode), 0);
}

static void put_link(const char *name, const char *to)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", tree, name);
	(void)unlink(path);
	assert_int_equal(symlink(to, path), 0);
}

static void put_directory(const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", tree, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static uint8_t look_at_tree(void)
{
	CLOSE_AT_EXIT int fd = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return look_below(fd);
}

static void shells_are_files_that_can_be_executed(void **state)
{
	(void)state;
	assert_int_equal(look_at_tree(), LIST_NO);
	put_directory("bin");
	put("bin/sh", 0644);
	assert_int_equal(look_at_tree(), LIST_NO);
	put("bin/sh", 0755);
	assert_int_equal(look_at_tree(), LIST_YES);
	assert_int_equal(chdir(tree), 0);
	assert_int_equal(unlink("bin/sh"), 0);
	assert_int_equal(mkdir("bin/sh", 0755), 0);
	assert_int_equal(look_at_tree(), LIST_NO);
	assert_int_equal(chdir("/"), 0);
}

static void links_stay_below_the_root(void **state)
{
	(void)state;
	/* On the host this one exists. */
	assert_int_equal(access("/bin/sh", X_OK), 0);
	put_directory("bin");
	put_link("bin/sh", "/bin/dash");
	assert_int_equal(look_at_tree(), LIST_NO);
	put_link("bin/sh", "../../../../../../bin/dash");
	assert_int_equal(look_at_tree(), LIST_NO);
	put_link("bin/sh", "/proc/self/exe");
	assert_int_equal(look_at_tree(), LIST_NO);
	put_link("bin/sh", "sh");
	assert_int_equal(look_at_tree(), LIST_NO);
	put_directory("store");
	put("store/shell", 0755);
	put_link("bin/sh", "/store/shell");
	assert_int_equal(look_at_tree(), LIST_YES);
}

static void directories_that_are_links(void **state)
{
	(void)state;
	put_directory("usr");
	put_directory("usr/bin");
	put_link("bin", "usr/bin");
	assert_int_equal(look_at_tree(), LIST_NO);
	put("usr/bin/dash", 0755);
	assert_int_equal(look_at_tree(), LIST_YES);
}

/* A process whose root is `tree`; with `is_hanging`, its /bin is a file system that nobody serves. */
static pid_t start_rooted(bool is_hanging)
{
	int ready[2];
	char byte;
	pid_t child;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		char options[128];
		char bin[128];
		int fuse_fd = FD_NONE;

		if (is_hanging) {
			fuse_fd = open("/dev/fuse", O_RDWR);
			(void)snprintf(bin, sizeof(bin), "%s/bin", tree);
			(void)snprintf(options, sizeof(options),
				       "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fuse_fd);
			if (unshare(CLONE_NEWNS) < 0 ||
			    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
			    mount("hanging", bin, "fuse", 0, options) < 0)
				_exit(1);
		}
		if (chroot(tree) < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	return child;
}

static void end(pid_t child)
{
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(unit_wait(child), 128 + SIGKILL);
}

static void below_the_root_of_a_process(void **state)
{
	const int before = unit_count_fds();
	uint8_t shells[] = { 9, 9, 9 };
	pid_t child;
	int fds[3];

	(void)state;
	if (geteuid() != 0)
		skip();
	child = start_rooted(false);
	fds[0] = proc_open_pid(host_proc_fd, child);
	fds[1] = FD_NONE;
	fds[2] = proc_open_pid(host_proc_fd, getpid());
	list_look_for_shells(shells, fds, 3);
	assert_int_equal(shells[0], LIST_NO);
	assert_int_equal(shells[1], LIST_UNKNOWN);
	assert_int_equal(shells[2], LIST_YES);
	/* What belongs to others is not looked into. */
	assert_int_equal(chmod(tree, 0700), 0);
	list_look_for_shells(shells, fds, 1);
	assert_int_equal(shells[0], LIST_UNKNOWN);
	end(child);
	fd_close(&fds[0]);
	fd_close(&fds[2]);
	assert_int_equal(unit_count_fds(), before);
	list_look_for_shells(shells, fds, 0);
}

static void a_file_system_that_hangs_costs_only_its_own_answer(void **state)
{
	uint8_t shells[4];
	pid_t child;
	int fds[4];

	(void)state;
	if (geteuid() != 0 || access("/dev/fuse", R_OK | W_OK) < 0)
		skip();
	put_directory("bin");
	child = start_rooted(true);
	fds[0] = proc_open_pid(host_proc_fd, getpid());
	fds[1] = proc_open_pid(host_proc_fd, child);
	fds[2] = proc_open_pid(host_proc_fd, getpid());
	fds[3] = FD_NONE;
	list_look_for_shells(shells, fds, 4);
	assert_int_equal(shells[0], LIST_YES);
	assert_int_equal(shells[1], LIST_UNKNOWN);
	assert_int_equal(shells[2], LIST_YES);
	assert_int_equal(shells[3], LIST_UNKNOWN);
	end(child);
	for (int i = 0; i < 3; i++)
		fd_close(&fds[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(this_process, make, unmake),
		cmocka_unit_test_setup_teardown(processes_that_are_none, make, unmake),
		cmocka_unit_test_setup_teardown(shells_are_files_that_can_be_executed, make, unmake),
		cmocka_unit_test_setup_teardown(links_stay_below_the_root, make, unmake),
		cmocka_unit_test_setup_teardown(directories_that_are_links, make, unmake),
		cmocka_unit_test_setup_teardown(below_the_root_of_a_process, make, unmake),
		cmocka_unit_test_setup_teardown(a_file_system_that_hangs_costs_only_its_own_answer, make,
						unmake),
	};

	return cmocka_run_group_tests_name("list_look", tests, NULL, NULL);
}
