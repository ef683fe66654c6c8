/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says about a process, read through a descriptor of its /proc/PID directory, so
 * that every answer is about the same process.  Only text that the kernel formats is parsed here;
 * the one field a process writes itself, its name, is skipped from its last parenthesis.
 */
#include "proc.h"

#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { PROC_TEXT_MAX = 1 << 16, STATUS_MAX = 8192, CGROUP_TEXT_MAX = 8 << 10, CGROUP_PATH_MAX = 2048 };

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static const struct {
	uint32_t flag;
	const char *name;
	const char *link;
	const char *link_of_children;
} kinds[NAMESPACE_COUNT] = {
	[NAMESPACE_MOUNT] = { CLONE_NEWNS, "mount", "ns/mnt", "ns/mnt" },
	[NAMESPACE_PID] = { CLONE_NEWPID, "pid", "ns/pid", "ns/pid_for_children" },
	[NAMESPACE_NET] = { CLONE_NEWNET, "network", "ns/net", "ns/net" },
	[NAMESPACE_IPC] = { CLONE_NEWIPC, "ipc", "ns/ipc", "ns/ipc" },
	[NAMESPACE_UTS] = { CLONE_NEWUTS, "uts", "ns/uts", "ns/uts" },
	[NAMESPACE_CGROUP] = { CLONE_NEWCGROUP, "cgroup", "ns/cgroup", "ns/cgroup" },
	[NAMESPACE_USER] = { CLONE_NEWUSER, "user", "ns/user", "ns/user" },
	[NAMESPACE_TIME] = { CLONE_NEWTIME, "time", "ns/time", "ns/time_for_children" },
};

uint32_t namespace_flag(enum namespace_kind kind)
{
	return kinds[kind].flag;
}

const char *namespace_name(enum namespace_kind kind)
{
	return kinds[kind].name;
}

static uint64_t read_inode(int proc_fd, const char *link)
{
	struct stat status;

	return fstatat(proc_fd, link, &status, 0) == 0 ? status.st_ino : 0;
}

uint64_t namespace_read(int proc_fd, enum namespace_kind kind)
{
	return read_inode(proc_fd, kinds[kind].link);
}

int namespaces_read(struct namespaces *out, int proc_fd, bool of_children)
{
	for (int kind = 0; kind < NAMESPACE_COUNT; kind++) {
		out->inode[kind] =
		    read_inode(proc_fd, of_children ? kinds[kind].link_of_children : kinds[kind].link);
		if (out->inode[kind] == 0 && errno != ENOENT)
			return -1;
	}
	/* The oldest kind: if even this one is absent, the process is gone. */
	if (out->inode[NAMESPACE_MOUNT] == 0) {
		errno = ESRCH;
		return -1;
	}
	return 0;
}

int proc_open(struct fail *why)
{
	CLOSE_AT_EXIT int fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct statfs status;

	if (fd < 0 || fstatfs(fd, &status) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open /proc");
	if (status.f_type != PROC_SUPER_MAGIC)
		return fail_set(why, FAIL_TOOL,
				"/proc of this host is not a proc filesystem; mount it first");
	return fd_steal(&fd);
}

int proc_open_pid(int host_proc_fd, pid_t pid)
{
	char name[16];

	(void)snprintf(name, sizeof(name), "%d", (int)pid);
	return openat(host_proc_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

bool proc_parse_stat(struct proc_stat *out, const char *text)
{
	const char *after = strrchr(text, ')');
	uint64_t field[20];
	const char *at;

	if (after == NULL || after[1] != ' ' || after[2] == '\0' || after[3] != ' ')
		return false;
	at = after + 3;
	/* Fields 4 (ppid) to 22 (starttime) of proc(5); some may be negative. */
	for (size_t i = 4; i <= 22; i++) {
		char *end;

		errno = 0;
		field[i - 4] = (uint64_t)strtoll(at, &end, 10);
		if (errno == ERANGE) {
			errno = 0;
			field[i - 4] = strtoull(at, &end, 10);
		}
		if (end == at || errno != 0)
			return false;
		at = end;
	}
	if (field[4 - 4] > INT_MAX)
		return false;
	out->state = after[2];
	out->parent = (pid_t)field[4 - 4];
	out->flags = field[9 - 4];
	out->start_time = field[22 - 4];
	return true;
}

int proc_read_stat(struct proc_stat *out, int proc_fd)
{
	char text[2048];

	if (fd_read_file_at(proc_fd, "stat", text, sizeof(text)) < 0)
		return -1;
	if (!proc_parse_stat(out, text)) {
		errno = EBADMSG;
		return -1;
	}
	return 0;
}

/* The number behind "\nNAME:\t".  At the start of a line: the Name line escapes its newlines. */
static bool parse_field(uint64_t *out, const char *text, const char *name, int base, char **end)
{
	const char *line = strstr(text, name);

	if (line == NULL)
		return false;
	errno = 0;
	*out = strtoull(line + strlen(name), end, base);
	return errno == 0 && *end != line + strlen(name);
}

bool proc_parse_rights(uint64_t *bounding, uint32_t *uid, const char *text)
{
	uint64_t number;
	char *end;

	if (!parse_field(bounding, text, "\nCapBnd:\t", 16, &end) || *end != '\n')
		return false;
	/* Real and effective, then two more. */
	if (!parse_field(&number, text, "\nUid:\t", 10, &end) || *end != '\t')
		return false;
	number = strtoull(end, &end, 10);
	*uid = (uint32_t)number;
	return number <= UINT32_MAX && *end == '\t';
}

bool proc_parse_is_of(const char *status, uid_t uid)
{
	char expected[64];

	(void)snprintf(expected, sizeof(expected), "\nUid:\t%u\t%u\t%u\t%u\n", uid, uid, uid, uid);
	return strstr(status, expected) != NULL;
}

bool proc_is_of(int proc_fd, uid_t uid)
{
	char text[STATUS_MAX];

	return fd_read_file_at(proc_fd, "status", text, sizeof(text)) >= 0 && proc_parse_is_of(text, uid);
}

bool proc_parse_inner_pid(size_t *depth, pid_t *pid, const char *text)
{
	static const char name[] = "\nNSpid:";
	const char *line = strstr(text, name);
	char *end;

	*depth = 0;
	if (line == NULL)
		return false;
	for (const char *at = line + strlen(name); *at == '\t'; at = end) {
		const long number = strtol(at, &end, 10);

		if (end == at || number <= 0 || number > INT_MAX)
			return false;
		*pid = (pid_t)number;
		(*depth)++;
	}
	return *depth > 0;
}

/* A map's lines are "first-inside first-outside count" (user_namespaces(7)); `column` is what `id` is. */
static bool translate(int proc_fd, const char *map, size_t column, uint32_t id, uint32_t *translated)
{
	char *text = malloc(PROC_TEXT_MAX);
	bool is_found = false;
	char *rest = text;

	if (text == NULL)
		return false;
	if (fd_read_file_at(proc_fd, map, text, PROC_TEXT_MAX) < 0)
		*text = '\0';
	while (!is_found && *rest != '\0') {
		uint64_t first[2];
		uint64_t count;

		first[0] = strtoull(rest, &rest, 10);
		first[1] = strtoull(rest, &rest, 10);
		count = strtoull(rest, &rest, 10);
		if (id >= first[column] && id - first[column] < count) {
			*translated = (uint32_t)(first[1 - column] + (id - first[column]));
			is_found = true;
		}
		rest += strspn(rest, " \n");
		if (count == 0)
			break;
	}
	free(text);
	return is_found;
}

bool proc_map_id(int proc_fd, const char *map, uint32_t inside, uint32_t *outside)
{
	return translate(proc_fd, map, 0, inside, outside);
}

bool proc_unmap_id(int proc_fd, const char *map, uint32_t outside, uint32_t *inside)
{
	return translate(proc_fd, map, 1, outside, inside);
}

bool proc_find_cgroup(const char *text, const char *controller, char *path, size_t capacity)
{
	for (const char *line = text; line != NULL && *line != '\0';) {
		const char *end = strchrnul(line, '\n');
		const char *controllers = memchr(line, ':', (size_t)(end - line));
		const char *at = controllers != NULL
				     ? memchr(controllers + 1, ':', (size_t)(end - controllers - 1))
				     : NULL;
		const size_t wanted = strlen(controller);
		const char *item = controllers != NULL ? controllers + 1 : NULL;

		while (at != NULL && item <= at) {
			const size_t length = strcspn(item, ",:");

			if (length == wanted && strncmp(item, controller, wanted) == 0) {
				(void)snprintf(path, capacity, "%.*s", (int)(end - at - 1), at + 1);
				return (size_t)(end - at - 1) < capacity && path[0] == '/' &&
				       strstr(path, "/..") == NULL;
			}
			item += length + 1;
		}
		line = *end == '\n' ? end + 1 : NULL;
	}
	return false;
}

bool proc_is_frozen(int proc_fd)
{
	/* v2 by itself, v2 beside v1, v1. */
	static const char *const places[][4] = {
		{ "", "/sys/fs/cgroup", "cgroup.freeze", "1" },
		{ "", "/sys/fs/cgroup/unified", "cgroup.freeze", "1" },
		{ "freezer", "/sys/fs/cgroup/freezer", "freezer.state", "FR" },
	};
	char text[CGROUP_TEXT_MAX];
	char path[CGROUP_PATH_MAX];
	char file[CGROUP_PATH_MAX + 64];
	char state[32];

	if (fd_read_file_at(proc_fd, "cgroup", text, sizeof(text)) < 0)
		return false;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (!proc_find_cgroup(text, places[i][0], path, sizeof(path)))
			continue;
		(void)snprintf(file, sizeof(file), "%s%s/%s", places[i][1], path, places[i][2]);
		/* FREEZING waits for a process in the kernel; that is as good as FROZEN. */
		if (fd_read_file_at(AT_FDCWD, file, state, sizeof(state)) > 0 &&
		    strncmp(state, places[i][3], strlen(places[i][3])) == 0)
			return true;
	}
	return false;
}
