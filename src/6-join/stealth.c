/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --stealth: the session has a pid namespace of its own, beside the target's, so no process of it shows there
 * and no number is used up.  /proc stays the target's: `ps` lists the target's processes and nothing of ours.
 * Only what a process asks about itself leads to a /proc of the session's own:
 *
 *   /proc/self, /proc/thread-self    covered, in the private mount namespace, by links to
 *   /dev/.proc                       the session's own
 *
 * The price: the numbers that /proc shows are not those of kill(2) and ptrace(2) here.
 */
#include "joiner.h"

#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define OWN_PROC ".proc"

static const struct {
	const char *name, *link, *to;
} covered[] = {
	{ "self", ".self", "/dev/" OWN_PROC "/self" },
	{ "thread-self", ".thread-self", "/dev/" OWN_PROC "/thread-self" },
};

/* Of the pid namespace that this process is the first of. */
static int make_own_proc(int devices_fd)
{
	CLOSE_AT_EXIT int mount_fd = filesystem_make("proc", NULL, MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY);

	if (mount_fd < 0 || mkdirat(devices_fd, OWN_PROC, 0555) < 0)
		return -1;
	return move_mount(mount_fd, "", devices_fd, OWN_PROC, MOVE_MOUNT_F_EMPTY_PATH);
}

/* A link is mounted on a link: neither is followed. */
static int cover(int proc_fd, int devices_fd, const char *name, const char *link, const char *to)
{
	CLOSE_AT_EXIT int link_fd = FD_NONE;

	if (symlinkat(to, devices_fd, link) < 0)
		return -1;
	link_fd = open_tree(devices_fd, link, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	return link_fd < 0 ? -1 : move_mount(link_fd, "", proc_fd, name, MOVE_MOUNT_F_EMPTY_PATH);
}

/* ps of procps looks for itself among the target's processes and gives up when it is not there; that of
 * busybox does not.  An edition of the toolbox without it does without. */
static void cover_ps(int toolbox_fd)
{
	CLOSE_AT_EXIT int busybox_fd =
	    open_tree(toolbox_fd, "bin/busybox", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (busybox_fd >= 0)
		(void)move_mount(busybox_fd, "", toolbox_fd, "bin/ps", MOVE_MOUNT_F_EMPTY_PATH);
}

int stealth_cover_proc(const struct joiner_descriptors *fds, struct fail *why)
{
	CLOSE_AT_EXIT int proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct statfs status;

	if (make_own_proc(fds->devices) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make a /proc of the session's own");
	cover_ps(fds->toolbox);
	/* A target without one has no /proc/self to lead astray either. */
	if (proc_fd < 0 || fstatfs(proc_fd, &status) < 0 || status.f_type != PROC_SUPER_MAGIC)
		return 0;
	for (size_t i = 0; i < sizeof(covered) / sizeof(covered[0]); i++)
		if (cover(proc_fd, fds->devices, covered[i].name, covered[i].link, covered[i].to) < 0)
			return fail_errno(why, FAIL_TOOL, errno, "cannot cover /proc/%s for the session",
					  covered[i].name);
	return 0;
}
