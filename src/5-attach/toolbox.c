/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fresh mount of the image per session would be easy and leave nothing behind, but its page cache
 * would be cold each time: every `ls` would be decompressed again.  So the first session mounts the
 * image at /run/debug/<identity of the image file>, the following ones clone that mount (10 µs).
 *
 * Should:  mount only a file that is root's and whose digest is the one recorded when it was built.
 * Mustn't: let the shared mount appear in a target that receives mounts from the host (a volume
 *          with rslave or rshared propagation); such a target's session gets a mount of its own.
 */
#include "toolbox.h"

#include "fd.h"
#include "image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define SHARED_PARENT "/run/debug"

enum { MOUNTINFO_MAX = 4 << 20 };

static int make_read_only(int mount_fd, struct fail *why)
{
	struct mount_attr attributes = {
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOATIME,
		.attr_clr = MOUNT_ATTR__ATIME,
		.propagation = MS_PRIVATE,
	};

	if (mount_setattr(mount_fd, "", AT_EMPTY_PATH, &attributes, sizeof(attributes)) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make the toolbox's mount read-only");
	return 0;
}

/* A clone of the shared mount `name`, or FD_NONE if there is none. */
static int clone_shared(int parent_fd, const char *name)
{
	CLOSE_AT_EXIT int fd = openat(parent_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct statfs status;

	if (fd < 0 || fstatfs(fd, &status) < 0 || status.f_type != EROFS_SUPER_MAGIC_V1)
		return FD_NONE;
	return open_tree(fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
}

/* Opens /run/debug, which must be root's alone: whoever can mount there chooses our programs. */
static int open_parent(struct fail *why)
{
	CLOSE_AT_EXIT int fd = FD_NONE;
	struct stat status;

	if (mkdir(SHARED_PARENT, 0700) < 0 && errno != EEXIST)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make " SHARED_PARENT);
	fd = open(SHARED_PARENT, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open " SHARED_PARENT);
	if (status.st_uid != 0 || (status.st_mode & 022) != 0)
		return fail_set(why, FAIL_TOOL,
				SHARED_PARENT " can be changed by others than root; remove it");
	return fd_steal(&fd);
}

static char *read_mountinfo(int dir_fd, const char *name)
{
	char *text = malloc(MOUNTINFO_MAX);

	if (text != NULL && fd_read_file_at(dir_fd, name, text, MOUNTINFO_MAX) < 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* The peer group of the mount that covers /run/debug ("shared:N" in proc_pid_mountinfo(5)); 0 if it
 * is private, -1 if it cannot be told. */
static long peer_group_of_parent(int parent_fd)
{
	struct statx status;
	char *text;
	long group = -1;

	if (statx(parent_fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &status) < 0)
		return -1;
	text = read_mountinfo(AT_FDCWD, "/proc/thread-self/mountinfo");
	for (char *line = text; line != NULL && *line != '\0';) {
		char *end = strchr(line, '\n');
		char *shared;

		if (end != NULL)
			*end = '\0';
		if (strtoull(line, NULL, 10) == status.stx_mnt_id) {
			shared = strstr(line, " shared:");
			group = shared != NULL ? strtol(shared + strlen(" shared:"), NULL, 10) : 0;
			break;
		}
		line = end != NULL ? end + 1 : NULL;
	}
	free(text);
	return group;
}

/* Whether a mount below /run/debug would show up in the target. */
static bool is_seen_by_target(int parent_fd, int target_proc_fd)
{
	long group = peer_group_of_parent(parent_fd);
	char shared[48];
	char slave[48];
	char *text;
	bool is_seen = true;

	if (group == 0)
		return false;
	text = group < 0 ? NULL : read_mountinfo(target_proc_fd, "mountinfo");
	if (text != NULL) {
		(void)snprintf(shared, sizeof(shared), " shared:%ld ", group);
		(void)snprintf(slave, sizeof(slave), " master:%ld ", group);
		is_seen = strstr(text, shared) != NULL || strstr(text, slave) != NULL;
	}
	free(text);
	return is_seen;
}

/* Unmounts the images that were mounted before the present one was installed.  Sessions that still
 * use one keep it: they have clones. */
static void forget_old(int parent_fd, const char *current)
{
	int listing_fd = openat(parent_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = listing_fd < 0 ? NULL : fdopendir(listing_fd);
	const struct dirent *entry;
	char path[PATH_MAX];

	if (listing == NULL) {
		fd_close(&listing_fd);
		return;
	}
	while ((entry = readdir(listing)) != NULL) {
		if (strncmp(entry->d_name, IMAGE_KEY_PREFIX, strlen(IMAGE_KEY_PREFIX)) != 0 ||
		    strcmp(entry->d_name, current) == 0)
			continue;
		(void)snprintf(path, sizeof(path), SHARED_PARENT "/%s", entry->d_name);
		(void)umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
		(void)unlinkat(parent_fd, entry->d_name, AT_REMOVEDIR);
	}
	(void)closedir(listing);
}

/* Puts the mount where the next session will find it.  The mount itself, not a clone: before Linux 6.15
 * open_tree(2) cannot clone what is attached nowhere.  False is no failure: the session has it then. */
static bool share(int mount_fd, int parent_fd, const char *key)
{
	CLOSE_AT_EXIT int on_fd = FD_NONE;

	if (mkdirat(parent_fd, key, 0700) < 0 && errno != EEXIST)
		return false;
	on_fd = openat(parent_fd, key, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (on_fd < 0 ||
	    move_mount(mount_fd, "", on_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0) {
		(void)unlinkat(parent_fd, key, AT_REMOVEDIR);
		return false;
	}
	forget_old(parent_fd, key);
	return true;
}

/* The slow way, once per boot and image: verify, mount, share. */
static int mount_first(const struct image *image, int parent_fd, int target_proc_fd, struct fail *why)
{
	CLOSE_AT_EXIT int lock_fd = openat(parent_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLOSE_AT_EXIT int mount_fd = FD_NONE;

	/* Of many first sessions one mounts; the others wait here and then find its mount. */
	if (lock_fd < 0 || flock(lock_fd, LOCK_EX) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot lock " SHARED_PARENT);
	mount_fd = clone_shared(parent_fd, image->key);
	if (mount_fd >= 0)
		return fd_steal(&mount_fd);
	if (image_verify(image, why) < 0)
		return -1;
	mount_fd = image_mount(image, why);
	if (mount_fd < 0 || make_read_only(mount_fd, why) < 0)
		return -1;
	if (is_seen_by_target(parent_fd, target_proc_fd) || !share(mount_fd, parent_fd, image->key))
		return fd_steal(&mount_fd);
	fd_close(&mount_fd);
	mount_fd = clone_shared(parent_fd, image->key);
	if (mount_fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot clone the toolbox's mount");
	return fd_steal(&mount_fd);
}

int toolbox_open(int target_proc_fd, struct fail *why)
{
	CLOSE_AT_EXIT int parent_fd = FD_NONE;
	CLOSE_AT_EXIT int mount_fd = FD_NONE;
	struct image image;

	if (image_find(&image, why) < 0)
		return -1;
	parent_fd = open_parent(why);
	if (parent_fd >= 0)
		mount_fd = clone_shared(parent_fd, image.key);
	if (parent_fd >= 0 && mount_fd < 0)
		mount_fd = mount_first(&image, parent_fd, target_proc_fd, why);
	image_close(&image);
	if (mount_fd < 0 || make_read_only(mount_fd, why) < 0)
		return -1;
	return fd_steal(&mount_fd);
}
