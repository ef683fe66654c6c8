/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The joiner (P3): the only process that holds rights and the target's namespaces at one time.
 * It is executed from the read-only toolbox, with an empty environment and listed descriptors.
 *
 *   view_enter, view_build    the target's mount namespace, copied, sealed, /dev covered
 *   identity_find             who to be
 *   namespaces_join           the rest; the user namespace last
 *   strip                     uid, capabilities, seccomp, descriptors
 *   clone(CLONE_PARENT)       the session init, born stripped, as the helper's child
 *
 * With an image or a stopped container (own_root.c) there is nobody to join, and the order is another one.
 *
 * Strip first, fork last: after setns(CLONE_NEWPID) this process stays invisible to the target and
 * only its child appears there.  So by then nothing with host reach exists any more: no descriptor,
 * no capability, no host file as /proc/PID/exe, no memory of the helper (CVE-2019-5736,
 * CVE-2024-21626 and CVE-2016-9962 are what happens otherwise).
 */
#include "fd.h"
#include "joiner.h"

#include "capabilities.h"
#include "text.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ORDERS_MAX = 32 << 20 }; /* the request at its largest, and more */

static int read_orders(struct plan *plan, struct joiner_descriptors *fds, const char *number)
{
	struct wire_reader reader;
	const void *bytes;
	int64_t fd;

	if (!text_to_number(number, 0, INT_MAX, &fd) || wire_map(&reader, (int)fd, ORDERS_MAX) < 0)
		return -1;
	(void)close((int)fd);
	bytes = wire_get(&reader, sizeof(*fds));
	if (bytes == NULL)
		return -1;
	memcpy(fds, bytes, sizeof(*fds));
	return plan_get(plan, &reader);
}

/* Moves this process itself.  Writing "0" to `tasks` is 100 times cheaper than any write to
 * cgroup.procs, which waits for an RCU grace period. */
static int enter_cgroups(const struct joiner_descriptors *fds, struct fail *why)
{
	for (size_t i = 0; i < sizeof(fds->tasks) / sizeof(fds->tasks[0]); i++)
		if (fds->tasks[i] != FD_NONE && write(fds->tasks[i], "0", 1) != 1)
			return fail_errno(why, FAIL_TOOL, errno, "cannot enter the session's cgroup");
	return 0;
}

/* Where the target shares our pid namespace, the init sees us among the session's members, and tells them to
 * end when a short command has ended.  The init and the command set what they want. */
static int hear_no_signals(struct fail *why)
{
	sigset_t all;

	(void)sigfillset(&all);
	return sigprocmask(SIG_SETMASK, &all, NULL) < 0
		   ? fail_errno(why, FAIL_TOOL, errno, "cannot block the joiner's signals")
		   : 0;
}

static int leave_caller_behind(const struct plan *plan, const struct joiner_descriptors *fds,
			       struct fail *why)
{
	/* A key ring of its own: the caller's keys must not follow into the container.  ENOSYS: a
	 * kernel without keys. */
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return fail_errno(why, FAIL_TOOL, errno, "cannot leave the caller's key ring");
	(void)umask(0);
	return enter_cgroups(fds, why) < 0 ? -1 : confine_outside(plan, fds, why);
}

/* Leaves the descriptors of enum init_fd and no other. */
static int keep_init_descriptors(const struct joiner_descriptors *fds, struct fail *why)
{
	const int kept[INIT_FD_COUNT] = { fds->standard[0], fds->standard[1],  fds->standard[2],
					  fds->control,	    fds->cgroup_procs, fds->cgroup_kill };

	if (fd_keep(kept, INIT_FD_COUNT) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot keep the session's descriptors");
	return 0;
}

static int prepare(const struct plan *plan, const struct joiner_descriptors *fds, struct fail *why)
{
	struct identity identity;

	if ((plan->numbers.root == PLAN_ROOT_OWN ? own_enter(plan, fds, why) : view_enter(plan, fds, why)) <
	    0)
		return -1;
	if (view_build(plan, fds, why) < 0 || identity_find(&identity, plan, why) < 0 ||
	    namespaces_join(plan, fds, &identity, why) < 0)
		return -1;
	return strip(plan, &identity, why);
}

/* CLONE_PARENT: the init becomes the helper's child, which waits for it and outlives us.  The plain
 * clone(2) system call; the session's filter refuses clone3. */
static long clone_init(void)
{
	return syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
}

/* The usual order. */
static long join_target(const struct plan *plan, struct joiner_descriptors *fds, struct fail *why)
{
	long child;

	if (prepare(plan, fds, why) < 0 || keep_init_descriptors(fds, why) < 0)
		return -1;
	fds->control = INIT_CONTROL;
	child = clone_init();
	/* The kernel's words for a pid namespace whose init has ended (pid_namespaces(7)). */
	if (child < 0 && errno == ENOMEM)
		return fail_set(why, FAIL_TOOL, "the target ended while the session was being made");
	if (child < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot start the session's first process");
	return child;
}

/* In a pid namespace of its own nobody is there to hide from, and only the first process of a pid namespace
 * can mount its /proc: so it is forked first, and strips itself.  It says how that went, and lives on as the
 * init. */
static long make_own(const struct plan *plan, struct joiner_descriptors *fds, struct fail *why)
{
	struct fail answer = { 0 };
	size_t fd_count = 0;
	ssize_t size;
	int pair[2];
	long child;

	if (wire_pair(pair) < 0 || unshare(CLONE_NEWPID) < 0 || (child = clone_init()) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot start the session's first process");
	if (child == 0) {
		const int failed = prepare(plan, fds, &answer);

		(void)wire_send(pair[1], &answer, sizeof(answer), NULL, 0);
		if (failed < 0 || keep_init_descriptors(fds, why) < 0)
			_exit(FAIL_TOOL);
		return 0;
	}
	(void)close(pair[1]);
	size = wire_receive(pair[0], &answer, sizeof(answer), NULL, 0, &fd_count);
	if (size != sizeof(answer))
		return fail_set(why, FAIL_TOOL, "the session's first process ended without a word");
	if (answer.status != FAIL_NONE) {
		*why = answer;
		return -1;
	}
	return child;
}

static void tell(int control_fd, const struct joiner_message *message)
{
	/* If the helper is gone there is nobody left to tell. */
	(void)wire_send(control_fd, message, sizeof(*message), NULL, 0);
}

/* For the toolbox's shells, after a command that failed. */
static int explain(const char *command)
{
	cap_t own = cap_get_proc();
	uint64_t held = 0;
	char text[256];

	for (int i = 0; own != NULL && i <= CAP_LAST_CAP; i++) {
		cap_flag_value_t value = CAP_CLEAR;

		if (cap_get_flag(own, i, CAP_EFFECTIVE, &value) == 0 && value == CAP_SET)
			held |= CAPABILITY_BIT(i);
	}
	(void)cap_free(own);
	if (capability_explain(text, sizeof(text), command, held))
		(void)dprintf(STDERR_FILENO, "debug: %s\n", text);
	return 0;
}

int main(int argc, char *argv[])
{
	struct joiner_message message = { .kind = JOINER_FAILED };
	struct joiner_descriptors fds;
	struct plan plan = { 0 };
	long child = -1;

	if (argc == 2 && strcmp(argv[1], JOINER_ASK_VERSION) == 0)
		return WIRE_VERSION;
	if (argc == 3 && strcmp(argv[1], JOINER_EXPLAIN) == 0)
		return explain(argv[2]);
	if (argc != 2 || prctl(PR_SET_DUMPABLE, 0) < 0 || read_orders(&plan, &fds, argv[1]) < 0)
		return FAIL_TOOL;
	if (hear_no_signals(&message.fail) == 0 && leave_caller_behind(&plan, &fds, &message.fail) == 0 &&
	    environment_read(&plan, &fds, &message.fail) == 0)
		child = plan.numbers.root == PLAN_ROOT_OWN || plan.numbers.is_stealth
			    ? make_own(&plan, &fds, &message.fail)
			    : join_target(&plan, &fds, &message.fail);
	if (child == 0) {
		init_run(&plan);
		_exit(FAIL_TOOL);
	}
	if (child > 0) {
		message.kind = JOINER_JOINED;
		message.number = (int32_t)child;
	}
	tell(fds.control, &message);
	return child < 0 ? FAIL_TOOL : 0;
}
