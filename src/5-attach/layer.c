/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packages that a user installs lie over the image, where their paths lead: the prefix /dev is the
 * same for all.  One overlay per user is mounted once and cloned by each session, read-only; the
 * installer writes through a clone of its own.  Both are one filesystem to the kernel, so a running
 * session sees at once what was installed, without a stale name in its caches.
 *
 *   /var/lib/debug/toolbox/UID/          root's alone
 *     packages                           what the user asked for
 *     apt/                               package lists and downloads
 *     DIGEST/upper, DIGEST/work          the overlay over the image of that digest
 *
 * Mustn't: follow a link, or trust a directory that others than root can change: what it holds runs
 *          in sessions.
 */
#include "layer.h"

#include "fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE_PARENT "/var/lib"

enum { FD_PATH_MAX = 32, BLOCK = 512 };

void layer_name(char name[LAYER_NAME_MAX], uid_t uid, const char *digest)
{
	(void)snprintf(name, LAYER_NAME_MAX, "layer-%u-%.*s", uid, LAYER_DIGEST_LENGTH, digest);
}

/* Replaces *dir_fd by the directory `name` in it. */
static int descend(int *dir_fd, const char *name, mode_t mode, struct fail *why)
{
	struct stat status;
	int fd;

	if (mkdirat(*dir_fd, name, mode) < 0 && errno != EEXIST)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make the directory `%s` of the toolbox",
				  name);
	fd = openat(*dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open the directory `%s` of the toolbox",
				  name);
	fd_close(dir_fd);
	*dir_fd = fd;
	if (fstat(fd, &status) < 0 || status.st_uid != 0 || (status.st_mode & 022) != 0)
		return fail_set(why, FAIL_TOOL,
				"the directory `%s` below " STATE_PARENT
				" can be changed by others than root; remove it",
				name);
	return 0;
}

int layer_open_state(uid_t uid, struct fail *why)
{
	CLOSE_AT_EXIT int fd = open(STATE_PARENT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char user[16];

	if (fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open " STATE_PARENT);
	(void)snprintf(user, sizeof(user), "%u", uid);
	if (descend(&fd, "debug", 0755, why) < 0 || descend(&fd, "toolbox", 0700, why) < 0 ||
	    descend(&fd, user, 0700, why) < 0)
		return -1;
	return fd_steal(&fd);
}

bool layer_has_packages(uid_t uid)
{
	char path[sizeof(LAYER_STATE) + 32];
	struct stat status;

	(void)snprintf(path, sizeof(path), LAYER_STATE "/%u/packages", uid);
	return lstat(path, &status) == 0 && status.st_size > 0;
}

/* Opens one directory of the overlay: DIGEST/NAME. */
static int open_part(int state_fd, const char *digest, const char *name, struct fail *why)
{
	CLOSE_AT_EXIT int fd = fcntl(state_fd, F_DUPFD_CLOEXEC, 3);
	char directory[LAYER_DIGEST_LENGTH + 1];

	(void)snprintf(directory, sizeof(directory), "%.*s", LAYER_DIGEST_LENGTH, digest);
	if (fd < 0 || descend(&fd, directory, 0700, why) < 0 || descend(&fd, name, 0755, why) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open the user's toolbox");
	return fd_steal(&fd);
}

static int set_path(int context_fd, const char *option, int fd)
{
	char path[FD_PATH_MAX];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return fsconfig(context_fd, FSCONFIG_SET_STRING, option, path, 0);
}

int layer_mount(int base_fd, int state_fd, const char *digest, struct fail *why)
{
	CLOSE_AT_EXIT int upper_fd = open_part(state_fd, digest, "upper", why);
	CLOSE_AT_EXIT int work_fd = upper_fd < 0 ? FD_NONE : open_part(state_fd, digest, "work", why);
	CLOSE_AT_EXIT int context_fd = FD_NONE;
	int mount_fd = -1;

	if (work_fd < 0)
		return -1;
	context_fd = fsopen("overlay", FSOPEN_CLOEXEC);
	if (context_fd >= 0 && fsconfig(context_fd, FSCONFIG_SET_STRING, "source", "toolbox", 0) == 0 &&
	    set_path(context_fd, "lowerdir", base_fd) == 0 &&
	    set_path(context_fd, "upperdir", upper_fd) == 0 &&
	    set_path(context_fd, "workdir", work_fd) == 0 &&
	    fsconfig(context_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mount_fd = fsmount(context_fd, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (mount_fd < 0)
		return fail_errno(
		    why, FAIL_TOOL, errno,
		    "cannot mount the user's packages over the toolbox (overlayfs below " STATE_PARENT
		    "/debug)");
	return mount_fd;
}

/* Removes a tree below `dir_fd`; what it held, in bytes. */
static int64_t remove_tree(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *listing = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int64_t freed = 0;

	if (listing == NULL) {
		fd_close(&fd);
		return 0;
	}
	while ((entry = readdir(listing)) != NULL) {
		struct stat status;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISDIR(status.st_mode))
			freed += remove_tree(fd, entry->d_name);
		else if (unlinkat(fd, entry->d_name, 0) == 0)
			freed += (int64_t)status.st_blocks * BLOCK;
	}
	(void)closedir(listing);
	(void)unlinkat(dir_fd, name, AT_REMOVEDIR);
	return freed;
}

int64_t layer_forget_others(int state_fd, const char *digest)
{
	int listing_fd = openat(state_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = listing_fd < 0 ? NULL : fdopendir(listing_fd);
	CLOSE_AT_EXIT int lock_fd = openat(state_fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	const struct dirent *entry;
	int64_t freed = 0;

	/* The installer's own lock. */
	if (listing == NULL || lock_fd < 0 || flock(lock_fd, LOCK_EX) < 0) {
		fd_close(&listing_fd);
		return 0;
	}
	while ((entry = readdir(listing)) != NULL) {
		const size_t length = strlen(entry->d_name);
		const bool is_overlay =
		    length == LAYER_DIGEST_LENGTH && strspn(entry->d_name, "0123456789abcdef") == length;

		if ((is_overlay && strncmp(entry->d_name, digest, length) != 0) ||
		    strcmp(entry->d_name, "apt") == 0 || strncmp(entry->d_name, "stage", 5) == 0)
			freed += remove_tree(listing_fd, entry->d_name);
	}
	(void)closedir(listing);
	return freed;
}
