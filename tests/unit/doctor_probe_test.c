/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/8-doctor/probe.c"

#include "unit.h"

enum { LONG_MS = 10000, SHORT_MS = 30 };

static int answer(void *error)
{
	return *(const int *)error;
}

static int hang(void *unused)
{
	(void)unused;
	(void)pause();
	return 0;
}

static int crash(void *unused)
{
	(void)unused;
	(void)raise(SIGKILL);
	return 0;
}

/* Neither a descriptor nor a child is left: waitid then has nobody to wait for. */
static void tells_what_the_child_found_and_leaves_nothing(void **state)
{
	const int before = unit_count_fds();
	siginfo_t info;
	int error = ENOTBLK;

	(void)state;
	assert_int_equal(probe_run(answer, &error, LONG_MS), ENOTBLK);
	error = 0;
	assert_int_equal(probe_run(answer, &error, LONG_MS), 0);
	assert_int_equal(probe_run(hang, NULL, SHORT_MS), ETIMEDOUT);
	assert_int_equal(probe_run(crash, NULL, LONG_MS), ENOSYS);
	assert_int_equal(unit_count_fds(), before);
	assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static char *read_mounts(void)
{
	char *text = calloc(1, 1 << 20);
	const ssize_t size = fd_read_file_at(AT_FDCWD, "/proc/self/mountinfo", text, 1 << 20);

	assert_true(size > 0);
	return text;
}

/* As root they work where these tests run; for others they are refused; nobody's mounts change. */
static void changes_nothing_here(void **state)
{
	int (*const attempts[])(void *) = { probe_mount_api,	  probe_mount_setattr, probe_move_mount,
					    probe_setns,	  probe_seccomp,       probe_overlay,
					    probe_overlay_layers, probe_user_namespace };
	char *before;
	char *after;

	(void)state;
	/* What others mount on this host meanwhile shall not show. */
	if (geteuid() == 0)
		assert_true(unshare(CLONE_NEWNS) == 0 &&
			    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	before = read_mounts();
	for (size_t i = 0; i < COUNT(attempts); i++) {
		const int error = probe_run(attempts[i], NULL, LONG_MS);

		if (geteuid() != 0)
			assert_true(error == 0 || error == EPERM);
		else
			assert_true(error == 0 || attempts[i] == probe_user_namespace ||
				    attempts[i] == probe_overlay || attempts[i] == probe_overlay_layers);
	}
	after = read_mounts();
	assert_string_equal(before, after);
	free(before);
	free(after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_the_child_found_and_leaves_nothing),
		cmocka_unit_test(changes_nothing_here),
	};

	return cmocka_run_group_tests_name("doctor_probe", tests, NULL, NULL);
}
