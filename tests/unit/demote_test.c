/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/0-base/demote.c"

#include "unit.h"

#include <sys/syscall.h>
#include <linux/capability.h>

enum { SOMEBODY = 4711 };

/* What must be true of the child afterwards; its exit status names the first that is not. */
static int find_what_is_left(uid_t uid)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2] = { 0 };
	uid_t real, effective, saved;
	gid_t groups[3];
	int signal = 0;

	if (getresuid(&real, &effective, &saved) < 0 || real != uid || effective != uid || saved != uid)
		return 2;
	if (getresgid(&groups[0], &groups[1], &groups[2]) < 0 || groups[0] != uid || groups[1] != uid ||
	    groups[2] != uid || getgroups(0, NULL) != 0)
		return 3;
	if (syscall(SYS_capget, &header, sets) < 0 || sets[0].permitted != 0 || sets[1].permitted != 0 ||
	    sets[0].effective != 0 || sets[1].effective != 0 || sets[0].inheritable != 0)
		return 4;
	if (setresuid(0, 0, 0) == 0 || setgroups(0, NULL) == 0)
		return 5;
	if (prctl(PR_GET_DUMPABLE) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 6;
	if (prctl(PR_GET_PDEATHSIG, &signal) < 0 || signal != SIGKILL)
		return 7;
	return 0;
}

static int run(uid_t uid, pid_t parent)
{
	const pid_t child = fork();

	if (child == 0)
		_exit(demote(uid, parent) ? find_what_is_left(uid) : 1);
	return unit_wait(child);
}

static void leaves_nothing(void **state)
{
	(void)state;
	assert_int_equal(run(DEMOTE_NOBODY, getpid()), 0);
	assert_int_equal(run(SOMEBODY, getpid()), 0);
}

static void refuses_root_and_a_parent_that_is_gone(void **state)
{
	(void)state;
	assert_int_equal(run(0, getpid()), 1);
	assert_int_equal(run(SOMEBODY, getpid() + 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_nothing),
		cmocka_unit_test(refuses_root_and_a_parent_that_is_gone),
	};

	return cmocka_run_group_tests_name("demote", tests, NULL, NULL);
}
