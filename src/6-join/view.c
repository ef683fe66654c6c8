/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The session's mount namespace.  `/` is the target's own live root, not a copy: same inodes, new
 * files appear at once.  Only /dev is covered, by a private tmpfs, because every container runtime
 * makes that directory; so the toolbox needs no mount point to be created in the target.
 *
 *   /               the target's mounts, read-only (or writable with --write), nosuid, nodev
 *   /dev            tmpfs of ours: standard nodes, the target's other entries bound again
 *   /dev/pts        devpts of ours
 *   /dev/toolbox    the toolbox
 *   /dev/toolbox/run    tmpfs: HOME and TMPDIR of the session
 *
 * The namespace is made while we are still in the host's user namespace, which therefore owns it:
 * no capability inside the target's user namespace can change these mounts (user_namespaces(7)).
 *
 * Should:  touch nothing but mounts of the private copy, by descriptor.
 * Mustn't: mount before propagation is private (the target would see it), create anything below
 *          the target's root, or use a path of several components in it.
 */
#include "joiner.h"

#include "fd.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* nodev, because the session's cgroup does not inherit the target's device rules: a block device
 * node that the target made, but may not open, must not open for the session either. */
static const struct mount_attr attributes_sealed = {
	.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
	.propagation = MS_PRIVATE,
};

/* Writable, but reading still leaves no access times behind. */
static const struct mount_attr attributes_write = {
	.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOATIME,
	.attr_clr = MOUNT_ATTR__ATIME,
	.propagation = MS_PRIVATE,
};

/* The same where the runtime locked the atime flags: in another user namespace (EPERM). */
static const struct mount_attr attributes_write_locked = {
	.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
	.propagation = MS_PRIVATE,
};

static int set_attributes(int tree_fd, const struct mount_attr *attributes)
{
	struct mount_attr copy = *attributes;

	return mount_setattr(tree_fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &copy, sizeof(copy));
}

static int seal(int tree_fd, bool is_write, struct fail *why)
{
	int failed = set_attributes(tree_fd, is_write ? &attributes_write : &attributes_sealed);

	if (failed < 0 && is_write && errno == EPERM)
		failed = set_attributes(tree_fd, &attributes_write_locked);
	if (failed < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make the session's mounts %s",
				  is_write ? "private" : "private and read-only");
	return 0;
}

static int attach(int mount_fd, int on_fd, const char *what, struct fail *why)
{
	if (move_mount(mount_fd, "", on_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot mount %s for the session", what);
	return 0;
}

/* Whether the process lives in a directory below the root of its mount namespace. */
static int is_chrooted(int root_fd, bool *answer)
{
	struct statx ours;
	struct statx theirs;

	if (statx(AT_FDCWD, "/", AT_STATX_DONT_SYNC, STATX_INO | STATX_MNT_ID, &ours) < 0 ||
	    statx(root_fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO | STATX_MNT_ID, &theirs) < 0)
		return -1;
	*answer = ours.stx_ino != theirs.stx_ino || ours.stx_mnt_id != theirs.stx_mnt_id;
	return 0;
}

/* The mount namespace that we are in, or 0 with *why set. */
static uint64_t own_namespace(int host_proc_fd, struct fail *why)
{
	CLOSE_AT_EXIT int own_proc_fd = openat(host_proc_fd, "self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const uint64_t own = own_proc_fd < 0 ? 0 : namespace_read(own_proc_fd, NAMESPACE_MOUNT);

	if (own == 0)
		(void)fail_errno(why, FAIL_TOOL, errno, "cannot check the session's mount namespace");
	return own;
}

/* By pidfd: refused by the kernel if the target has ended (setns(2), Linux 5.8).  It may still have gone
 * elsewhere since it was looked at. */
static int join_namespace(const struct plan *plan, const struct joiner_descriptors *fds, struct fail *why)
{
	uint64_t joined;

	if ((plan->numbers.joined & CLONE_NEWNS) == 0)
		return 0;
	if (setns(fds->target, CLONE_NEWNS) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot join the target's mount namespace");
	joined = own_namespace(fds->host_proc, why);
	if (joined != 0 && joined != plan->numbers.namespaces[NAMESPACE_MOUNT])
		return fail_set(why, FAIL_TOOL, "the target changed its %s namespace meanwhile; try again",
				namespace_name(NAMESPACE_MOUNT));
	return joined != 0 ? 0 : -1;
}

/* What follows makes a whole tree read-only and covers its /dev: never the one that the target lives in,
 * whatever has answered for the kernel. */
static int leave_namespace(const struct plan *plan, const struct joiner_descriptors *fds, struct fail *why)
{
	uint64_t own;

	if (unshare(CLONE_NEWNS) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make a mount namespace for the session");
	own = own_namespace(fds->host_proc, why);
	if (own == plan->numbers.namespaces[NAMESPACE_MOUNT])
		return fail_set(why, FAIL_TOOL, "the session did not get a mount namespace of its own");
	return own != 0 ? 0 : -1;
}

int view_enter(const struct plan *plan, const struct joiner_descriptors *fds, struct fail *why)
{
	CLOSE_AT_EXIT int tree_fd = FD_NONE;
	bool is_below_root;

	if (join_namespace(plan, fds, why) < 0)
		return -1;
	if (is_chrooted(fds->root, &is_below_root) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot look at the target's root directory");
	/* A copy of the tree must be taken while its namespace is still ours (open_tree: EINVAL). */
	if (is_below_root) {
		tree_fd = open_tree(fds->root, "",
				    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH);
		if (tree_fd < 0)
			return fail_errno(why, FAIL_TOOL, errno, "cannot copy the target's root directory");
	}
	if (leave_namespace(plan, fds, why) < 0)
		return -1;
	if (!is_below_root) {
		tree_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (tree_fd < 0)
			return fail_errno(why, FAIL_TOOL, errno, "cannot open the target's root");
		if (seal(tree_fd, plan->numbers.is_write, why) < 0)
			return -1;
		return plan->numbers.root == PLAN_ROOT_SCRATCH ? scratch_cover(fds, tree_fd, why) : 0;
	}
	{
		CLOSE_AT_EXIT int host_root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

		/* What the copy will cover is sealed first, so that no way around it leads to something
		 * writable or shared. */
		if (host_root_fd < 0 || seal(host_root_fd, false, why) < 0 ||
		    seal(tree_fd, plan->numbers.is_write, why) < 0 ||
		    attach(tree_fd, host_root_fd, "the root", why) < 0)
			return -1;
	}
	if (fchdir(tree_fd) < 0 || chroot(".") < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot enter the target's root directory");
	return plan->numbers.root == PLAN_ROOT_SCRATCH ? scratch_cover(fds, tree_fd, why) : 0;
}

static int open_directory_at(int dir_fd, const char *name)
{
	return openat(dir_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int attach_below(int mount_fd, int dir_fd, const char *name, struct fail *why)
{
	CLOSE_AT_EXIT int on_fd = open_directory_at(dir_fd, name);

	if (on_fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open the mount point `%s`", name);
	return attach(mount_fd, on_fd, name, why);
}

/* The prompt's name for the target; a file, because a variable would leak into its programs. */
static int write_name(int run_fd, const char *name, struct fail *why)
{
	CLOSE_AT_EXIT int fd =
	    openat(run_fd, ".target", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0 || fd_write_all(fd, name, strlen(name)) < 0 || fd_write_all(fd, "\n", 1) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot write to the session's scratch space");
	return 0;
}

/* A target without a /dev, such as a process in a chroot: nothing may be created there, so its root is laid
 * out anew on a tmpfs, entry by entry.  New entries of the root itself do not appear then. */
static int lay_out_root(int old_fd, struct fail *why)
{
	CLOSE_AT_EXIT int root_fd = filesystem_make("tmpfs", "0755", 0);
	struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };

	if (root_fd < 0 ||
	    move_mount(root_fd, "", old_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make a root for the session");
	if (entries_show(root_fd, old_fd) < 0 || mkdirat(root_fd, "dev", 0755) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot show the target's root");
	if (fchdir(root_fd) < 0 || chroot(".") < 0 ||
	    mount_setattr(root_fd, "", AT_EMPTY_PATH, &read_only, sizeof(read_only)) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot enter the session's root");
	return 0;
}

static int open_root(void)
{
	return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The mount point of the target's /dev and its listing, as they were before we cover them. */
static int cover_target_dev(int devices_fd, int *old_fd, struct fail *why)
{
	CLOSE_AT_EXIT int root_fd = open_root();
	CLOSE_AT_EXIT int dev_fd = root_fd < 0 ? FD_NONE : open_directory_at(root_fd, "dev");

	if (dev_fd < 0 && root_fd >= 0 && errno == ENOENT) {
		if (lay_out_root(root_fd, why) < 0)
			return -1;
		fd_close(&root_fd);
		root_fd = open_root();
		dev_fd = root_fd < 0 ? FD_NONE : open_directory_at(root_fd, "dev");
	}
	if (dev_fd < 0)
		return fail_errno(why, FAIL_TOOL, errno,
				  "the target's /dev is no directory, under which the toolbox is mounted");
	*old_fd = openat(dev_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*old_fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot list the target's /dev");
	return attach(devices_fd, dev_fd, "/dev", why);
}

int view_build(const struct plan *plan, const struct joiner_descriptors *fds, struct fail *why)
{
	const struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };
	struct mount_attr copy = read_only;
	CLOSE_AT_EXIT int old_fd = FD_NONE;

	/* An image's own /dev says nothing: own_enter has mounted ours, and there is none to look at. */
	if (plan->numbers.root != PLAN_ROOT_OWN && cover_target_dev(fds->devices, &old_fd, why) < 0)
		return -1;
	if (mkdirat(fds->devices, "pts", 0755) < 0 || mkdirat(fds->devices, "toolbox", 0755) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make the mount points of the session");
	/* The first lies below the terminals and is in nobody's reach: it lives as long as the namespace. */
	if (attach_below(fds->cgroup, fds->devices, "pts", why) < 0 ||
	    attach_below(fds->terminals, fds->devices, "pts", why) < 0 ||
	    attach_below(fds->toolbox, fds->devices, "toolbox", why) < 0 ||
	    attach_below(fds->run, fds->toolbox, "run", why) < 0 ||
	    devices_fill(fds->devices, old_fd, plan->numbers.has_devices, why) < 0 ||
	    write_name(fds->run, plan->target_name, why) < 0 || record_write(plan, fds, why) < 0)
		return -1;
	if (plan->numbers.is_stealth && stealth_cover_proc(fds, why) < 0)
		return -1;
	if (mount_setattr(fds->devices, "", AT_EMPTY_PATH, &copy, sizeof(copy)) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make the session's /dev read-only");
	return 0;
}
