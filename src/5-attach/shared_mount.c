/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /run/debug: root's alone, and empty again after a boot.
 *
 * Mustn't: let a mount appear in a target that receives mounts from the host (a volume with rslave or
 *          rshared propagation): its mount table would change.
 */
#include "shared_mount.h"

#include "fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define SHARED_PARENT "/run/debug"

enum { MOUNTINFO_MAX = 4 << 20 };

int shared_open(struct fail *why)
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

int shared_find(int shared_fd, const char *name)
{
	return openat(shared_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* A mount point differs from its parent directory in the mount it is on. */
static bool is_mounted(int shared_fd, int fd)
{
	struct statx parent;
	struct statx own;

	return statx(shared_fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &parent) == 0 &&
	       statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &own) == 0 && own.stx_mnt_id != parent.stx_mnt_id;
}

int shared_clone(int shared_fd, const char *name, unsigned long filesystem)
{
	CLOSE_AT_EXIT int fd = shared_find(shared_fd, name);
	struct statfs status;

	if (fd < 0 || fstatfs(fd, &status) < 0 ||
	    (filesystem != 0 ? (unsigned long)status.f_type != filesystem : !is_mounted(shared_fd, fd)))
		return FD_NONE;
	return open_tree(fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
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
static long peer_group_of_parent(int shared_fd)
{
	struct statx status;
	char *text;
	long group = -1;

	if (statx(shared_fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &status) < 0)
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

bool shared_is_seen_by(int shared_fd, int target_proc_fd)
{
	long group = peer_group_of_parent(shared_fd);
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

/* The mount itself, not a clone: before Linux 6.15 open_tree(2) cannot clone what is attached nowhere. */
bool shared_attach(int mount_fd, int shared_fd, const char *name)
{
	CLOSE_AT_EXIT int on_fd = FD_NONE;

	if (mkdirat(shared_fd, name, 0700) < 0 && errno != EEXIST)
		return false;
	on_fd = shared_find(shared_fd, name);
	if (on_fd < 0 ||
	    move_mount(mount_fd, "", on_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0) {
		(void)unlinkat(shared_fd, name, AT_REMOVEDIR);
		return false;
	}
	return true;
}

static bool ends_with(const char *name, const char *end)
{
	const size_t length = strlen(name);
	const size_t end_length = strlen(end);

	return length >= end_length && strcmp(name + length - end_length, end) == 0;
}

void shared_forget_others(int shared_fd, const char *kept, const char *also_kept)
{
	int listing_fd = openat(shared_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = listing_fd < 0 ? NULL : fdopendir(listing_fd);
	const struct dirent *entry;
	char path[PATH_MAX];

	if (listing == NULL) {
		fd_close(&listing_fd);
		return;
	}
	while ((entry = readdir(listing)) != NULL) {
		if (entry->d_name[0] == '.' || ends_with(entry->d_name, kept) ||
		    ends_with(entry->d_name, also_kept))
			continue;
		(void)snprintf(path, sizeof(path), SHARED_PARENT "/%s", entry->d_name);
		(void)umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
		(void)unlinkat(shared_fd, entry->d_name, AT_REMOVEDIR);
	}
	(void)closedir(listing);
}
