/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `debug ls`, the helper's side: what the kernel says about the processes of containers, and whether there is
 * a shell below their roots.
 *
 * The first asks /proc only, which never waits.  The second asks the containers' file systems, which may: a
 * network or FUSE file system can keep who touches it for ever.  So a child does that, without rights, and
 * writes what it finds into memory that is shared.  A child that stands still is given up together with the
 * container it looks at.
 *
 * Should:  open below a root only by descriptors that cannot leave it, and read no file.
 * Mustn't: wait for a child that may be stuck in the kernel.
 */
#include "list.h"

#include "clock.h"
#include "demote.h"
#include "fd.h"
#include "mountinfo.h"
#include "proc.h"
#include "sighting.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	STATUS_TEXT_MAX = 1 << 16,
	MOUNTS_TEXT_MAX = 1 << 20,
	DEADLINE_MS = 900,
	STALL_MS = 300, /* for one container; the machine may be busy */
	PAUSE_MS = 1,
	REAP_ROUNDS = 20,
};

/* What the child and the helper share. */
struct board {
	uint32_t at;	 /* the container that the child looks at */
	uint32_t steps;	 /* grows with each step */
	uint8_t shell[]; /* enum list_fact of each */
};

/* The mount on / that is seen. */
static uint8_t is_root_writable(const char *mountinfo)
{
	const struct mount_facts root = mountinfo_find(mountinfo, "/");

	if (!root.is_there)
		return LIST_UNKNOWN;
	return root.is_read_only ? LIST_NO : LIST_YES;
}

static bool read_process(struct list_entry *entry, int proc_fd, char *text)
{
	const long ticks = sysconf(_SC_CLK_TCK);
	struct proc_stat stat;
	struct timespec now;
	uint64_t bounding;

	if (proc_read_stat(&stat, proc_fd) < 0 || stat.state == 'Z' || stat.state == 'X' ||
	    fd_read_file_at(proc_fd, "status", text, STATUS_TEXT_MAX) < 0 ||
	    !proc_parse_rights(&bounding, &entry->uid, text))
		return false;
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	if (ticks > 0)
		entry->up_seconds = (int64_t)now.tv_sec - (int64_t)(stat.start_time / (uint64_t)ticks);
	entry->writable = LIST_UNKNOWN;
	if (fd_read_file_at(proc_fd, "mountinfo", text, MOUNTS_TEXT_MAX) >= 0)
		entry->writable = is_root_writable(text);
	if (proc_is_frozen(proc_fd))
		entry->state = SIGHTING_PAUSED;
	return true;
}

int list_look_at_process(struct list_entry *entry, int host_proc_fd)
{
	CLOSE_AT_EXIT int pid_fd = entry->pid > 0 ? pidfd_open(entry->pid, 0) : FD_NONE;
	CLOSE_AT_EXIT int proc_fd = pid_fd < 0 ? FD_NONE : proc_open_pid(host_proc_fd, entry->pid);
	struct pollfd process = { .fd = pid_fd, .events = POLLIN };
	char *text = malloc(MOUNTS_TEXT_MAX);
	const bool is_read = text != NULL && proc_fd >= 0 && read_process(entry, proc_fd, text);

	free(text);
	/* Alive after the last read: so all of them were about the same process. */
	return is_read && poll(&process, 1, 0) == 0 ? fd_steal(&proc_fd) : FD_NONE;
}

static int open_below(int root_fd, const char *path, uint64_t resolve)
{
	const uint64_t last = (resolve & RESOLVE_NO_SYMLINKS) != 0 ? O_NOFOLLOW : 0;

	return fd_open_how(root_fd, path, O_PATH | O_CLOEXEC | last,
			   RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve);
}

/* LIST_UNKNOWN for what a link hides. */
static uint8_t look_at_file(int root_fd, const char *path, uint64_t resolve)
{
	CLOSE_AT_EXIT int fd = open_below(root_fd, path, resolve);
	struct stat status;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? LIST_NO : LIST_UNKNOWN;
	if (fstat(fd, &status) < 0 || S_ISLNK(status.st_mode))
		return LIST_UNKNOWN;
	return S_ISREG(status.st_mode) && (status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0 ? LIST_YES
												: LIST_NO;
}

/* First without following links, because that may write the time of their use. */
static uint8_t look_below(int root_fd)
{
	static const char *const shells[] = {
		"bin/busybox",	   "bin/bash",	 "usr/bin/bash", "bin/dash",	     "usr/bin/dash",
		"bin/sh",	   "usr/bin/sh", "bin/ash",	 "busybox/sh",	     "busybox/busybox",
		"usr/bin/busybox", "bin/zsh",	 "usr/bin/zsh",	 "usr/local/bin/sh", "usr/local/bin/bash",
	};
	enum { SHELLS = sizeof(shells) / sizeof(shells[0]) };
	uint8_t found[SHELLS];
	uint8_t all = LIST_NO;

	for (size_t i = 0; i < SHELLS; i++) {
		found[i] = look_at_file(root_fd, shells[i], RESOLVE_NO_SYMLINKS);
		if (found[i] == LIST_YES)
			return LIST_YES;
	}
	for (size_t i = 0; i < SHELLS; i++) {
		if (found[i] == LIST_UNKNOWN)
			found[i] = look_at_file(root_fd, shells[i], 0);
		if (found[i] == LIST_YES)
			return LIST_YES;
		if (found[i] == LIST_UNKNOWN && errno != ELOOP)
			all = LIST_UNKNOWN;
	}
	return all;
}

static void step(struct board *board, size_t at)
{
	__atomic_store_n(&board->at, (uint32_t)at, __ATOMIC_RELAXED);
	__atomic_fetch_add(&board->steps, 1, __ATOMIC_RELEASE);
}

__attribute__((noreturn)) static void look(struct board *board, const int *proc_fds, const bool *is_left,
					   size_t count, pid_t parent)
{
	int *root_fds = calloc(count, sizeof(*root_fds));

	/* `debug` shall see the end of the helper even if this process never ends. */
	(void)close(TALK_FD);
	if (root_fds == NULL || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	for (size_t i = 0; i < count; i++) {
		root_fds[i] = FD_NONE;
		if (!is_left[i])
			continue;
		step(board, i);
		root_fds[i] = openat(proc_fds[i], "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
		/* One out, one in: the limit of descriptors is not met. */
		(void)close(proc_fds[i]);
	}
	/* Opening a root needs rights; looking below it needs none. */
	if (!demote(DEMOTE_NOBODY, parent))
		_exit(1);
	for (size_t i = 0; i < count; i++) {
		if (root_fds[i] < 0)
			continue;
		step(board, i);
		__atomic_store_n(&board->shell[i], look_below(root_fds[i]), __ATOMIC_RELEASE);
	}
	_exit(0);
}

/* True if it ended by itself.  Else it is killed, and not waited for much longer: it may be stuck. */
static bool await_child(pid_t child, const struct board *board, int64_t deadline_ms)
{
	uint32_t steps = __atomic_load_n(&board->steps, __ATOMIC_ACQUIRE);
	int64_t stalled_ms = clock_now_ms() + STALL_MS;

	for (;;) {
		const uint32_t now = __atomic_load_n(&board->steps, __ATOMIC_ACQUIRE);

		if (waitpid(child, NULL, WNOHANG) == child)
			return true;
		if (now != steps)
			stalled_ms = clock_now_ms() + STALL_MS;
		steps = now;
		if (clock_left_ms(deadline_ms) == 0 || clock_left_ms(stalled_ms) == 0)
			break;
		(void)poll(NULL, 0, PAUSE_MS);
	}
	(void)kill(child, SIGKILL);
	for (int i = 0; i < REAP_ROUNDS && waitpid(child, NULL, WNOHANG) == 0; i++)
		(void)poll(NULL, 0, PAUSE_MS);
	return false;
}

static void look_with_children(struct board *board, const int *proc_fds, bool *is_left, size_t count)
{
	const int64_t deadline_ms = clock_now_ms() + DEADLINE_MS;
	const pid_t parent = getpid();

	while (clock_left_ms(deadline_ms) > 0) {
		const pid_t child = fork();
		uint32_t at;

		if (child == 0)
			look(board, proc_fds, is_left, count, parent);
		if (child < 0 || await_child(child, board, deadline_ms))
			return;
		/* The one it stood at keeps its answer, unknown; the next child takes those behind it. */
		at = __atomic_load_n(&board->at, __ATOMIC_RELAXED);
		if (at < count)
			is_left[at] = false;
		for (size_t i = 0; i < count; i++)
			if (__atomic_load_n(&board->shell[i], __ATOMIC_ACQUIRE) != LIST_UNKNOWN)
				is_left[i] = false;
	}
}

void list_look_for_shells(uint8_t *shells, const int *proc_fds, size_t count)
{
	const size_t size = sizeof(struct board) + count;
	struct board *board =
	    mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, FD_NONE, 0);
	bool *is_left = calloc(count + 1, sizeof(*is_left));

	memset(shells, LIST_UNKNOWN, count);
	for (size_t i = 0; is_left != NULL && i < count; i++)
		is_left[i] = proc_fds[i] >= 0;
	if (is_left != NULL && board != MAP_FAILED) {
		look_with_children(board, proc_fds, is_left, count);
		for (size_t i = 0; i < count; i++) {
			const uint8_t shell = __atomic_load_n(&board->shell[i], __ATOMIC_ACQUIRE);

			shells[i] = shell <= LIST_YES ? shell : LIST_UNKNOWN;
		}
	}
	free(is_left);
	if (board != MAP_FAILED)
		(void)munmap(board, size);
}
