/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A root whose changes are thrown away.  By mount(2) and short relative paths, because that is one way for
 * every kernel: fsconfig(2) takes 256 bytes of lowerdir before Linux 6.8, and no kernel before 6.15 takes
 * layers of a mount that is attached nowhere.
 *
 *   tmpfs   l/0 ... l/N   the layers, the uppermost first     u   what changes
 *           m             the overlay                         w   the kernel's
 *
 * Should:  leave nothing in the namespace but what it returns.
 * Mustn't: write to a layer: not a time, not an attribute (index=off; the layers are mounted read-only).
 */
#include "joiner.h"

#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	OPTIONS_MAX = 4096, /* a page: mount(2) */
	NAME_MAX_LENGTH = 16,
	PARTS_MAX = OPTIONS_MAX - 256,
};

/* What layers that Podman made may need to be read right; a kernel or a layer that refuses gets less. */
static const char *const ways[] = { ",index=off,metacopy=on,redirect_dir=on", ",index=off", "" };
static const char *const ways_of_users[] = { ",index=off,userxattr", ",userxattr" };

enum {
	WAYS = sizeof(ways) / sizeof(ways[0]),
	WAYS_OF_USERS = sizeof(ways_of_users) / sizeof(ways_of_users[0])
};

static int attach_on(int mount_fd, const char *path)
{
	CLOSE_AT_EXIT int on_fd = FD_NONE;

	if (mkdir(path, 0755) < 0)
		return -1;
	on_fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (on_fd < 0)
		return -1;
	return move_mount(mount_fd, "", on_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/* The merged root has the owner, the mode and the times of the upper directory. */
static int imitate(const char *path, int lower_fd)
{
	struct stat status;
	struct timespec times[2];

	if (fstat(lower_fd, &status) < 0 || chown(path, status.st_uid, status.st_gid) < 0 ||
	    chmod(path, status.st_mode & 07777) < 0)
		return -1;
	times[0] = status.st_atim;
	times[1] = status.st_mtim;
	return utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
}

static int lay_out(const int *layer_fds, size_t count, char *lower, size_t capacity)
{
	size_t used = (size_t)snprintf(lower, capacity, "lowerdir=");

	if (mkdir("l", 0700) < 0 || mkdir("u", 0755) < 0 || mkdir("w", 0700) < 0 || mkdir("m", 0700) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		char name[NAME_MAX_LENGTH];

		(void)snprintf(name, sizeof(name), "l/%x", (unsigned int)i);
		used += (size_t)snprintf(lower + used, capacity - used, "%s%s", i == 0 ? "" : ":", name);
		if (used >= capacity) {
			errno = E2BIG;
			return -1;
		}
		if (attach_on(layer_fds[i], name) < 0)
			return -1;
	}
	return imitate("u", layer_fds[0]);
}

static int mount_on_m(const char *lower, bool is_users)
{
	const char *const *way = is_users ? ways_of_users : ways;
	const size_t count = is_users ? WAYS_OF_USERS : WAYS;
	char options[OPTIONS_MAX];

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(options, sizeof(options), "%s,upperdir=u,workdir=w%s", lower, way[i]);
		if (mount("overlay", "m", "overlay", MS_NOSUID | MS_NODEV | MS_NOATIME, options) == 0)
			return open_tree(AT_FDCWD, "m", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (errno != EINVAL)
			break;
	}
	return -1;
}

int overlay_make(int tmpfs_fd, const int *layer_fds, size_t count, bool is_users, struct fail *why)
{
	CLOSE_AT_EXIT int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char lower[PARTS_MAX];
	int overlay_fd = -1;
	int error;

	if (root_fd < 0 ||
	    move_mount(tmpfs_fd, "", root_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0 ||
	    fchdir(tmpfs_fd) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make a place for what the session changes");
	if (lay_out(layer_fds, count, lower, sizeof(lower)) == 0)
		overlay_fd = mount_on_m(lower, is_users);
	error = errno;
	/* With everything on it; the overlay keeps what it needs. */
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		error = errno;
	else if (overlay_fd >= 0)
		return overlay_fd;
	fd_close(&overlay_fd);
	return fail_errno(why, FAIL_TOOL, error, "cannot lay an overlay over %s",
			  count == 1 ? "it" : "its layers");
}
