/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The namespaces besides the mount namespace.
 *
 * Should:  join them by pidfd, which the kernel refuses once the target has ended, and compare
 *          every inode with the one that was pinned: never a mixture of two targets.
 * Mustn't: join the user namespace before anything that needs the host's rights is done.
 */
#include "joiner.h"

#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* The session's terminal and scratch space belong to the session's user.  The host's number for
 * that user, because these filesystems were made on the host's side. */
static int give_to_user(const struct plan *plan, const struct joiner_descriptors *fds,
			const struct identity *identity, struct fail *why)
{
	CLOSE_AT_EXIT int proc_fd = plan->numbers.root == PLAN_ROOT_OWN
					? FD_NONE
					: proc_open_pid(fds->host_proc, plan->numbers.target_pid);
	const gid_t tty_group = 5;
	uint32_t uid = identity->uid;
	uint32_t gid = identity->gid;

	if (plan->numbers.root == PLAN_ROOT_OWN)
		; /* no process, and the user namespace is ours */
	else if (proc_fd < 0 || !proc_map_id(proc_fd, "uid_map", identity->uid, &uid) ||
		 !proc_map_id(proc_fd, "gid_map", identity->gid, &gid))
		return fail_set(why, FAIL_TOOL, "user %u:%u does not exist in the target's user namespace",
				identity->uid, identity->gid);
	if (fchownat(fds->run, "", uid, gid, AT_EMPTY_PATH) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot give the scratch space to user %u",
				  identity->uid);
	if (plan->numbers.has_terminal &&
	    (fchown(fds->standard[0], uid, tty_group) < 0 || fchmod(fds->standard[0], 0620) < 0))
		return fail_errno(why, FAIL_TOOL, errno, "cannot give the terminal to user %u",
				  identity->uid);
	return 0;
}

static int check_joined(const struct plan *plan, int own_proc_fd, struct fail *why)
{
	struct namespaces now;

	if (namespaces_read(&now, own_proc_fd, true) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot check the namespaces that were joined");
	for (int kind = 0; kind < NAMESPACE_COUNT; kind++) {
		/* The mount namespace is a copy, and with --stealth the pid namespace is our own. */
		if (kind == NAMESPACE_MOUNT || plan->numbers.namespaces[kind] == now.inode[kind] ||
		    (kind == NAMESPACE_PID && plan->numbers.is_stealth))
			continue;
		return fail_set(why, FAIL_TOOL, "the target changed its %s namespace meanwhile; try again",
				namespace_name((enum namespace_kind)kind));
	}
	return 0;
}

int namespaces_join(const struct plan *plan, const struct joiner_descriptors *fds,
		    const struct identity *identity, struct fail *why)
{
	CLOSE_AT_EXIT int own_proc_fd = openat(fds->host_proc, "self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const uint32_t others = plan->numbers.joined & ~(uint32_t)(CLONE_NEWNS | CLONE_NEWUSER);

	if (own_proc_fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open our own /proc directory");
	if (give_to_user(plan, fds, identity, why) < 0)
		return -1;
	if (others != 0 && setns(fds->target, (int)others) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot join the target's namespaces");
	/* The caller's groups go while this still may: a user namespace can forbid setgroups(2). */
	if (setgroups(0, NULL) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot leave the caller's groups");
	if ((plan->numbers.joined & CLONE_NEWUSER) != 0 && setns(fds->target, CLONE_NEWUSER) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot join the target's user namespace");
	return plan->numbers.root == PLAN_ROOT_OWN ? 0 : check_joined(plan, own_proc_fd, why);
}
