/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One directory per hierarchy, named after the helper that made it, so that any later helper can
 * tell from the name alone whether its owner still lives.  They stand directly below the
 * hierarchy's root: removing them leaves nothing, not even an empty parent.
 *
 * A session's process is never moved by writing to cgroup.procs, which waits for an RCU grace period (11 ms);
 * it is born inside (clone3, v2) or writes "0" to `tasks` itself (v1).
 */
#include "cgroup.h"

#include "clock.h"
#include "fd.h"
#include "proc.h"
#include "text.h"

#include <bsd/string.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PREFIX "debug-"

enum {
	REMOVE_DEADLINE_MS = 1000,
	REMOVE_PAUSE_MS = 2,
	MEMBERS_TEXT_MAX = 64 << 10,
	MEMBERSHIP_TEXT_MAX = 16 << 10
};

/* Where the hierarchies are: on a pure v2 host the first, else the others (and the v2 hierarchy
 * beside them without controllers, good for killing). */
static const char *const v2_root = "/sys/fs/cgroup";
static const char *const mixed_roots[CGROUP_COUNT] = {
	[CGROUP_UNIFIED] = "/sys/fs/cgroup/unified",
	[CGROUP_MEMORY] = "/sys/fs/cgroup/memory",
	[CGROUP_PIDS] = "/sys/fs/cgroup/pids",
	[CGROUP_CPU] = "/sys/fs/cgroup/cpu",
};

/* Half a gigabyte for a debugger and its scratch files, no swap, a thousand processes, and a small
 * share of the processors when the target wants them too. */
enum { MEMORY_MAX = 512 << 20, PROCESSES_MAX = 1024 };

/* NULL: nothing to write, but a number of the caller's. */
struct limit {
	const char *file;
	const char *value;
};

enum { LIMIT_MEMORY, LIMIT_SWAP, LIMIT_PROCESSES, LIMIT_PROCESSORS, LIMIT_COUNT };

static const struct limit limits_v2[LIMIT_COUNT] = {
	[LIMIT_MEMORY] = { "memory.max", NULL },
	[LIMIT_SWAP] = { "memory.swap.max", "0" },
	[LIMIT_PROCESSES] = { "pids.max", NULL },
	[LIMIT_PROCESSORS] = { "cpu.weight", "20" },
};
static const struct limit limits_v1[LIMIT_COUNT] = {
	[LIMIT_MEMORY] = { "memory.limit_in_bytes", NULL },
	[LIMIT_SWAP] = { "memory.swappiness", "0" },
	[LIMIT_PROCESSES] = { "pids.max", NULL },
	[LIMIT_PROCESSORS] = { "cpu.shares", "205" },
};

static int open_root(const char *path, bool is_v2)
{
	CLOSE_AT_EXIT int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs status;

	if (fd < 0 || fstatfs(fd, &status) < 0)
		return FD_NONE;
	/* An ordinary directory on a tmpfs, as where a hierarchy is not mounted, is not one. */
	if (status.f_type != (is_v2 ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC))
		return FD_NONE;
	return fd_steal(&fd);
}

static void open_roots(int root_fd[CGROUP_COUNT])
{
	for (int i = 0; i < CGROUP_COUNT; i++)
		root_fd[i] = FD_NONE;
	root_fd[CGROUP_UNIFIED] = open_root(v2_root, true);
	if (root_fd[CGROUP_UNIFIED] != FD_NONE)
		return;
	for (int i = 0; i < CGROUP_COUNT; i++)
		root_fd[i] = open_root(mixed_roots[i], i == CGROUP_UNIFIED);
}

static void close_all(int fds[CGROUP_COUNT])
{
	for (int i = 0; i < CGROUP_COUNT; i++)
		fd_close(&fds[i]);
}

int cgroup_leave(struct fail *why)
{
	int root_fd[CGROUP_COUNT];
	int failed = 0;

	open_roots(root_fd);
	for (int i = 0; i < CGROUP_COUNT && failed == 0; i++)
		if (root_fd[i] != FD_NONE)
			failed =
			    fd_write_file_at(root_fd[i], i == CGROUP_UNIFIED ? "cgroup.procs" : "tasks", "0");
	if (failed < 0)
		(void)fail_errno(why, FAIL_TOOL, errno, "cannot leave the caller's control group");
	close_all(root_fd);
	return failed;
}

static int own_name(struct cgroup *cgroup, int host_proc_fd)
{
	CLOSE_AT_EXIT int proc_fd = openat(host_proc_fd, "self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct proc_stat stat;

	if (proc_fd < 0 || proc_read_stat(&stat, proc_fd) < 0)
		return -1;
	(void)snprintf(cgroup->name, sizeof(cgroup->name), PREFIX "%d-%" PRIu64, (int)getpid(),
		       stat.start_time);
	return 0;
}

/* A limit file is absent where its controller is; that is the host's choice. */
static void set_limits(struct cgroup *cgroup, enum cgroup_hierarchy index, const struct cgroup_limits *wanted)
{
	const struct limit *limits = index == CGROUP_UNIFIED ? limits_v2 : limits_v1;
	const uint64_t memory = wanted->memory != 0 ? wanted->memory : MEMORY_MAX;
	const uint32_t processes = wanted->processes != 0 ? wanted->processes : PROCESSES_MAX;

	for (size_t i = 0; i < LIMIT_COUNT; i++) {
		const char *value = limits[i].value;
		char number[32];

		if (value == NULL) {
			(void)snprintf(number, sizeof(number), "%" PRIu64,
				       i == LIMIT_MEMORY ? memory : (uint64_t)processes);
			value = number;
		}
		if (fd_write_file_at(cgroup->fd[index], limits[i].file, value) == 0 && i == LIMIT_MEMORY)
			cgroup->memory_limit = memory;
	}
}

int cgroup_create(struct cgroup *cgroup, const struct cgroup_limits *limits, int host_proc_fd,
		  struct fail *why)
{
	bool has_any = false;

	for (int i = 0; i < CGROUP_COUNT; i++)
		cgroup->fd[i] = FD_NONE;
	cgroup->memory_limit = 0;
	open_roots(cgroup->root_fd);
	if (own_name(cgroup, host_proc_fd) < 0) {
		close_all(cgroup->root_fd);
		return fail_errno(why, FAIL_TOOL, errno, "cannot read our own start time");
	}
	for (int i = 0; i < CGROUP_COUNT; i++) {
		if (cgroup->root_fd[i] == FD_NONE)
			continue;
		has_any = true;
		if (mkdirat(cgroup->root_fd[i], cgroup->name, 0755) == 0 || errno == EEXIST)
			cgroup->fd[i] = openat(cgroup->root_fd[i], cgroup->name,
					       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (cgroup->fd[i] < 0) {
			(void)fail_errno(why, FAIL_TOOL, errno, "cannot make a cgroup for the session");
			(void)cgroup_destroy(cgroup);
			return -1;
		}
		set_limits(cgroup, (enum cgroup_hierarchy)i, limits);
	}
	if (!has_any)
		return fail_set(
		    why, FAIL_TOOL,
		    "no cgroup hierarchy is mounted below /sys/fs/cgroup, and without one a session could "
		    "not be ended as a whole");
	return 0;
}

int cgroup_show(const struct cgroup *cgroup)
{
	struct mount_attr attributes = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
						     MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
					 .propagation = MS_PRIVATE };
	CLOSE_AT_EXIT int fd = FD_NONE;

	errno = ENOENT;
	for (int i = 0; fd < 0 && i < CGROUP_COUNT; i++)
		if (cgroup->fd[i] != FD_NONE)
			fd =
			    open_tree(cgroup->fd[i], "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (fd < 0 || mount_setattr(fd, "", AT_EMPTY_PATH, &attributes, sizeof(attributes)) < 0)
		return -1;
	return fd_steal(&fd);
}

int cgroup_open_kill(const struct cgroup *cgroup)
{
	if (cgroup->fd[CGROUP_UNIFIED] == FD_NONE)
		return FD_NONE;
	return openat(cgroup->fd[CGROUP_UNIFIED], "cgroup.kill", O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
}

static void forbid_forks(int fd)
{
	(void)!fd_write_file_at(fd, "pids.max", "0");
}

void cgroup_forbid_forks(const struct cgroup *cgroup)
{
	for (int i = 0; i < CGROUP_COUNT; i++)
		if (cgroup->fd[i] != FD_NONE)
			forbid_forks(cgroup->fd[i]);
}

int cgroup_open_tasks(const struct cgroup *cgroup, enum cgroup_hierarchy index)
{
	if (index == CGROUP_UNIFIED || cgroup->fd[index] == FD_NONE)
		return FD_NONE;
	return openat(cgroup->fd[index], "tasks", O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
}

/* Without cgroup.kill (before Linux 5.14, and v1): no new members, then each by number. */
static void kill_one_by_one(int fd)
{
	char text[MEMBERS_TEXT_MAX];
	char *at = text;

	forbid_forks(fd);
	if (fd_read_file_at(fd, "cgroup.procs", text, sizeof(text)) < 0)
		return;
	while (*at != '\0') {
		long pid = strtol(at, &at, 10);

		if (*at == '\n')
			at++;
		if (pid > 1 && pid != getpid())
			(void)kill((pid_t)pid, SIGKILL);
	}
}

static void kill_members(const int fd[CGROUP_COUNT])
{
	if (fd[CGROUP_UNIFIED] != FD_NONE && fd_write_file_at(fd[CGROUP_UNIFIED], "cgroup.kill", "1") == 0)
		return;
	for (int i = 0; i < CGROUP_COUNT; i++)
		if (fd[i] != FD_NONE)
			kill_one_by_one(fd[i]);
}

/* Returns how many of the directories are still there. */
static int remove_directories(const struct cgroup *cgroup)
{
	int left = 0;

	/* Last to first: what cgroup_collect looks for goes last. */
	for (int i = CGROUP_COUNT - 1; i >= 0; i--)
		if (cgroup->root_fd[i] != FD_NONE &&
		    unlinkat(cgroup->root_fd[i], cgroup->name, AT_REMOVEDIR) < 0 && errno != ENOENT)
			left++;
	return left;
}

/* Lines are "hierarchy:controllers:/path" (cgroups(7)), and ours lie directly below the root. */
bool cgroup_has_member(const struct cgroup *cgroup, int host_proc_fd, pid_t pid)
{
	CLOSE_AT_EXIT int proc_fd = proc_open_pid(host_proc_fd, pid);
	char text[MEMBERSHIP_TEXT_MAX];
	char *rest = text;
	char *line;

	if (proc_fd < 0 || fd_read_file_at(proc_fd, "cgroup", text, sizeof(text)) < 0)
		return false;
	while ((line = strsep(&rest, "\n")) != NULL) {
		const char *controllers = strchr(line, ':');
		const char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;

		if (path != NULL && path[1] == '/' && strcmp(path + 2, cgroup->name) == 0)
			return true;
	}
	return false;
}

bool cgroup_destroy(struct cgroup *cgroup)
{
	int64_t deadline_ms = clock_now_ms() + REMOVE_DEADLINE_MS;
	bool is_gone;

	/* The usual case: everybody has left and the first attempt succeeds. */
	while (!(is_gone = remove_directories(cgroup) == 0) && clock_left_ms(deadline_ms) > 0) {
		kill_members(cgroup->fd);
		(void)poll(NULL, 0, REMOVE_PAUSE_MS);
	}
	close_all(cgroup->fd);
	close_all(cgroup->root_fd);
	return is_gone;
}

/* "debug-4121-99887": does the process that made it still live?  Anything unparsable is not ours. */
static bool is_orphan(int host_proc_fd, const char *name)
{
	CLOSE_AT_EXIT int proc_fd = FD_NONE;
	char pid_text[16];
	struct proc_stat stat;
	const char *dash;
	int64_t pid;
	int64_t start;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return false;
	name += strlen(PREFIX);
	dash = strchr(name, '-');
	if (dash == NULL || (size_t)(dash - name) >= sizeof(pid_text))
		return false;
	memcpy(pid_text, name, (size_t)(dash - name));
	pid_text[dash - name] = '\0';
	if (!text_to_number(pid_text, 1, INT_MAX, &pid) || !text_to_number(dash + 1, 0, INT64_MAX, &start))
		return false;
	proc_fd = proc_open_pid(host_proc_fd, (pid_t)pid);
	if (proc_fd < 0)
		return errno == ENOENT;
	if (proc_read_stat(&stat, proc_fd) < 0)
		return false;
	/* A helper that was killed is gone, also while its parent has not waited for it. */
	return stat.start_time != (uint64_t)start || stat.state == 'Z' || stat.state == 'X';
}

static void destroy_named(const char *name)
{
	struct cgroup cgroup;

	(void)strlcpy(cgroup.name, name, sizeof(cgroup.name));
	open_roots(cgroup.root_fd);
	for (int i = 0; i < CGROUP_COUNT; i++)
		cgroup.fd[i] =
		    cgroup.root_fd[i] == FD_NONE
			? FD_NONE
			: openat(cgroup.root_fd[i], name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	(void)cgroup_destroy(&cgroup);
}

/* The names below one hierarchy's root suffice: a session has its directory in all of them, and the
 * directories are removed from last to first. */
unsigned int cgroup_collect(int host_proc_fd)
{
	const struct dirent *entry;
	unsigned int count = 0;
	int root_fd[CGROUP_COUNT];
	DIR *listing = NULL;

	open_roots(root_fd);
	for (int i = 0; i < CGROUP_COUNT && listing == NULL; i++)
		if (root_fd[i] != FD_NONE && (listing = fdopendir(root_fd[i])) != NULL)
			root_fd[i] = FD_NONE;
	while (listing != NULL && (entry = readdir(listing)) != NULL) {
		if (strlen(entry->d_name) >= sizeof(((struct cgroup *)0)->name) ||
		    !is_orphan(host_proc_fd, entry->d_name))
			continue;
		destroy_named(entry->d_name);
		count++;
	}
	if (listing != NULL)
		(void)closedir(listing);
	close_all(root_fd);
	return count;
}
