/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target's state, from the host's side alone: nothing of the target runs or is entered.
 *
 *   mounts       /proc/PID/mountinfo
 *   limits       /proc/PID/{cgroup,limits,oom_score_adj} and lines of status
 *   processes    those in its pid namespace, with their start times
 *   files        of an overlay its upper directory, which has every change; else the root directory's
 * filesystem
 *
 * An upper directory is believed only from the host's own mount table, not from the target's, where a
 * container with the rights to mount could name any directory.
 *
 * Should:  look without a trace (O_NOATIME), by descriptor, on one filesystem, within a deadline.
 * Mustn't: touch a filesystem that somebody else may answer for: network, FUSE.
 */
#include "snapshot.h"

#include "clock.h"
#include "fd.h"

#include <bsd/string.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

enum {
	MOUNTS_MAX = 4 << 20,
	LIMITS_MAX = 64 << 10,
	FILES_MAX = 200000,
	DEPTH_MAX = 128,
	SECOND_NS = 1000000000
};

#define XFS_MAGIC 0x58465342

static bool is_local(int fd)
{
	struct statfs filesystem;

	if (fstatfs(fd, &filesystem) < 0)
		return false;
	return filesystem.f_type == EXT4_SUPER_MAGIC || filesystem.f_type == XFS_MAGIC ||
	       filesystem.f_type == BTRFS_SUPER_MAGIC || filesystem.f_type == TMPFS_MAGIC ||
	       filesystem.f_type == F2FS_SUPER_MAGIC || filesystem.f_type == EROFS_SUPER_MAGIC_V1;
}

static int64_t to_ns(const struct timespec *time)
{
	return (int64_t)time->tv_sec * SECOND_NS + time->tv_nsec;
}

static void give_reason(struct snapshot_files *files, const char *reason)
{
	if (files->reason[0] == '\0')
		(void)strlcpy(files->reason, reason, sizeof(files->reason));
}

/* Left at the copy by the kernel (overlayfs; "user." in a user namespace's). */
static bool is_copied(int dir_fd, const char *name)
{
	char path[PATH_MAX];
	const int length = snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dir_fd, name);

	return length > 0 && (size_t)length < sizeof(path) &&
	       (lgetxattr(path, "trusted.overlay.origin", NULL, 0) >= 0 ||
		lgetxattr(path, "user.overlay.origin", NULL, 0) >= 0);
}

static bool add_file(struct snapshot_files *files, const char *path, const struct stat *status)
{
	struct snapshot_file *all = files->all;

	if (files->count == files->capacity) {
		const size_t capacity = files->capacity == 0 ? 256 : 2 * files->capacity;

		all = reallocarray(files->all, capacity, sizeof(*all));
		if (all == NULL)
			return false;
		files->all = all;
		files->capacity = capacity;
	}
	all[files->count] = (struct snapshot_file){
		.path = strdup(path),
		.inode = status->st_ino,
		.size = S_ISDIR(status->st_mode) ? 0 : (uint64_t)status->st_size,
		.modified_ns = to_ns(&status->st_mtim),
		.changed_ns = to_ns(&status->st_ctim),
		.mode = status->st_mode,
		.uid = status->st_uid,
		.gid = status->st_gid,
		.device = S_ISCHR(status->st_mode) || S_ISBLK(status->st_mode) ? status->st_rdev : 0,
	};
	return all[files->count].path != NULL && ++files->count > 0;
}

struct walk {
	struct snapshot_files *files;
	int64_t deadline_ms;
	char path[PATH_MAX];
};

static bool is_stopped(struct walk *walk, size_t depth)
{
	if (clock_left_ms(walk->deadline_ms) == 0)
		give_reason(walk->files, "there was not enough time to look at all of them");
	else if (walk->files->count >= FILES_MAX)
		give_reason(walk->files, "there are more than 200000 of them");
	else if (depth >= DEPTH_MAX)
		give_reason(walk->files, "directories lie too deep in each other");
	return walk->files->reason[0] != '\0';
}

static void walk_directory(struct walk *walk, int dir_fd, size_t length, size_t depth);

static void visit(struct walk *walk, int dir_fd, const char *name, size_t length, size_t depth)
{
	const size_t left = sizeof(walk->path) - length;
	const int added = snprintf(walk->path + length, left, "/%s", name);
	CLOSE_AT_EXIT int fd = FD_NONE;
	struct stat status;

	/* What has gone since the listing was read is no error. */
	if (fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (added < 0 || (size_t)added >= left) {
		give_reason(walk->files, "a path is too long");
		return;
	}
	if (!add_file(walk->files, walk->path, &status)) {
		give_reason(walk->files, "memory has run out");
		return;
	}
	if (walk->files->is_upper)
		walk->files->all[walk->files->count - 1].is_copied = is_copied(dir_fd, name);
	if (!S_ISDIR(status.st_mode))
		return;
	fd = fd_open_how(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC,
			 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
	if (fd >= 0)
		walk_directory(walk, fd, length + (size_t)added, depth + 1);
	else if (errno != EXDEV && errno != ENOENT)
		give_reason(walk->files, "a directory cannot be read");
}

static void walk_directory(struct walk *walk, int dir_fd, size_t length, size_t depth)
{
	const int listing_fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
	DIR *listing = listing_fd < 0 ? NULL : fdopendir(listing_fd);
	const struct dirent *entry;

	if (listing == NULL) {
		if (listing_fd >= 0)
			(void)close(listing_fd);
		give_reason(walk->files, "a directory cannot be read");
		return;
	}
	while (!is_stopped(walk, depth) && (entry = readdir(listing)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			visit(walk, dir_fd, entry->d_name, length, depth);
	(void)closedir(listing);
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(((const struct snapshot_file *)a)->path, ((const struct snapshot_file *)b)->path);
}

void snapshot_walk(struct snapshot_files *files, int root_fd, int64_t deadline_ms)
{
	struct walk *walk = malloc(sizeof(*walk));

	if (walk == NULL) {
		give_reason(files, "memory has run out");
		return;
	}
	*walk = (struct walk){ .files = files, .deadline_ms = deadline_ms };
	walk_directory(walk, root_fd, 0, 0);
	if (files->count > 0)
		qsort(files->all, files->count, sizeof(files->all[0]), compare_paths);
	free(walk);
}

/* "\040" is a space: the kernel writes blanks, newlines and backslashes so (proc_pid_mountinfo(5)). */
static bool decode(char *out, size_t capacity, const char *text, size_t length)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned int c = (unsigned char)text[i];

		if (c == '\\' && i + 3 < length && strspn(text + i + 1, "01234567") >= 3) {
			c = ((unsigned int)(text[i + 1] - '0') << 6 | (unsigned int)(text[i + 2] - '0') << 3 |
			     (unsigned int)(text[i + 3] - '0')) &
			    0xff;
			i += 3;
		}
		if (used + 1 >= capacity)
			return false;
		out[used++] = (char)c;
	}
	out[used] = '\0';
	return used > 0;
}

/* The line's own options come before " - "; the filesystem's type and options behind it. */
static bool take_upper(char *upper, size_t capacity, const char *line, size_t length, const char *device)
{
	static const char key[] = ",upperdir=";
	const char *third = memchr(line, ' ', length);
	const char *option;
	const char *end = line + length;

	third = third == NULL ? NULL : memchr(third + 1, ' ', (size_t)(end - third - 1));
	if (third == NULL || strncmp(third + 1, device, strlen(device)) != 0 ||
	    memmem(line, length, " - overlay ", strlen(" - overlay ")) == NULL)
		return false;
	option = memmem(line, length, key, strlen(key));
	if (option == NULL)
		return false;
	option += strlen(key);
	return decode(upper, capacity, option, strcspn(option, ",\n"));
}

bool snapshot_find_upper(char *upper, size_t capacity, const char *mountinfo, uint64_t device)
{
	char number[32];

	(void)snprintf(number, sizeof(number), "%u:%u ", major(device), minor(device));
	for (const char *line = mountinfo; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
		if (take_upper(upper, capacity, line, strcspn(line, "\n"), number) && upper[0] == '/')
			return true;
	return false;
}

/* The text of a file of /proc, whatever its size; NULL if it cannot be read whole. */
static char *read_text(int dir_fd, const char *name, size_t capacity)
{
	char *text = malloc(capacity);

	if (text != NULL && fd_read_file_at(dir_fd, name, text, capacity) < 0) {
		free(text);
		text = NULL;
	}
	return text;
}

/* The directory that has every change, or FD_NONE with the reason. */
static int open_files(struct snapshot_files *files, int proc_fd, int host_proc_fd)
{
	CLOSE_AT_EXIT int root_fd = openat(proc_fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLOSE_AT_EXIT int self_fd = openat(host_proc_fd, "self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLOSE_AT_EXIT int fd = FD_NONE;
	char *mountinfo = self_fd < 0 ? NULL : read_text(self_fd, "mountinfo", MOUNTS_MAX);
	char upper[PATH_MAX];
	struct statfs filesystem;
	struct stat status;

	if (root_fd < 0 || fstatfs(root_fd, &filesystem) < 0) {
		give_reason(files, "its root cannot be opened");
	} else if (filesystem.f_type != OVERLAYFS_SUPER_MAGIC) {
		fd = is_local(root_fd) ? openat(root_fd, ".", O_RDONLY | O_DIRECTORY | O_NOATIME | O_CLOEXEC)
				       : FD_NONE;
		if (fd < 0)
			give_reason(files, "its root is on a filesystem that may not answer");
	} else if (mountinfo == NULL || fstat(root_fd, &status) < 0 ||
		   !snapshot_find_upper(upper, sizeof(upper), mountinfo, status.st_dev)) {
		give_reason(files, "its root is an overlay that is read-only or not mounted on the host");
	} else {
		fd = open(upper, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC);
		files->is_upper = true;
		if (fd >= 0 && !is_local(fd))
			fd_close(&fd);
		if (fd < 0)
			give_reason(files, "what it has written lies where it cannot be looked at");
	}
	free(mountinfo);
	return fd_steal(&fd);
}

static bool add_process(struct snapshot_processes *processes, int proc_fd, pid_t pid)
{
	struct snapshot_process *all = processes->all;
	struct proc_stat stat;
	char text[4096];

	if (proc_read_stat(&stat, proc_fd) < 0)
		return true;
	if (processes->count == processes->capacity) {
		const size_t capacity = processes->capacity == 0 ? 64 : 2 * processes->capacity;

		all = reallocarray(processes->all, capacity, sizeof(*all));
		if (all == NULL)
			return false;
		processes->all = all;
		processes->capacity = capacity;
	}
	all[processes->count++] = (struct snapshot_process){
		.pid = pid,
		.start_time = stat.start_time,
		.is_of_session = fd_read_file_at(proc_fd, "cgroup", text, sizeof(text)) >= 0 &&
				 strstr(text, "/debug-") != NULL,
	};
	return true;
}

static int compare_processes(const void *a, const void *b)
{
	const struct snapshot_process *left = a, *right = b;

	return (left->pid > right->pid) - (left->pid < right->pid);
}

static void take_processes(struct snapshot_processes *processes, uint64_t namespace, int host_proc_fd)
{
	const int listing_fd = openat(host_proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = listing_fd < 0 ? NULL : fdopendir(listing_fd);
	const struct dirent *entry;

	while (listing != NULL && (entry = readdir(listing)) != NULL) {
		const pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		CLOSE_AT_EXIT int proc_fd = pid > 0 ? proc_open_pid(host_proc_fd, pid) : FD_NONE;

		if (proc_fd >= 0 && namespace_read(proc_fd, NAMESPACE_PID) == namespace &&
		    !add_process(processes, proc_fd, pid))
			break;
	}
	if (listing != NULL)
		(void)closedir(listing);
	if (processes->count > 0)
		qsort(processes->all, processes->count, sizeof(processes->all[0]), compare_processes);
}

/* Lines that a stranger could have changed, of files that are short. */
static char *take_limits(int proc_fd)
{
	static const char *const names[] = { "cgroup", "limits", "oom_score_adj", "status" };
	static const char *const kept[] = { "Uid:",	   "Gid:",    "Groups:", "Cap",
					    "NoNewPrivs:", "Seccomp", "Umask:",	 "TracerPid:" };
	char *text = calloc(1, LIMITS_MAX);
	char part[LIMITS_MAX / 4];

	for (size_t i = 0; text != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
		char *rest = part;
		char *line;

		if (fd_read_file_at(proc_fd, names[i], part, sizeof(part)) < 0)
			continue;
		while ((line = strsep(&rest, "\n")) != NULL) {
			bool is_kept = strcmp(names[i], "status") != 0;

			for (size_t j = 0; !is_kept && j < sizeof(kept) / sizeof(kept[0]); j++)
				is_kept = strncmp(line, kept[j], strlen(kept[j])) == 0;
			if (is_kept && line[0] != '\0') {
				(void)strlcat(text, line, LIMITS_MAX);
				(void)strlcat(text, "\n", LIMITS_MAX);
			}
		}
	}
	return text;
}

void snapshot_take(struct snapshot *snapshot, const struct target *target, int host_proc_fd,
		   int64_t milliseconds)
{
	const int64_t deadline_ms = clock_now_ms() + milliseconds;
	CLOSE_AT_EXIT int files_fd = FD_NONE;

	*snapshot = (struct snapshot){ 0 };
	if (target->proc_fd == FD_NONE)
		return;
	snapshot->mounts = read_text(target->proc_fd, "mountinfo", MOUNTS_MAX);
	snapshot->limits = take_limits(target->proc_fd);
	if (namespaces_read(&snapshot->namespaces, target->proc_fd, false) < 0)
		return;
	take_processes(&snapshot->processes, snapshot->namespaces.inode[NAMESPACE_PID], host_proc_fd);
	files_fd = open_files(&snapshot->files, target->proc_fd, host_proc_fd);
	if (files_fd >= 0)
		snapshot_walk(&snapshot->files, files_fd, deadline_ms);
	snapshot->is_taken = snapshot->mounts != NULL && snapshot->limits != NULL && !target_is_gone(target);
}

void snapshot_free(struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->files.count; i++)
		free(snapshot->files.all[i].path);
	free(snapshot->files.all);
	free(snapshot->processes.all);
	free(snapshot->mounts);
	free(snapshot->limits);
	*snapshot = (struct snapshot){ 0 };
}
