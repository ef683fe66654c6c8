/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The environment that the target was started with, copied as bytes; only the session, which has no rights,
 * looks inside.
 *
 * It lies in memory that the target can change, so whatever cannot be read of it ends it, and is no reason to
 * refuse a session.  A page of a file, whose server may hang, cannot: the kernel reads anonymous memory alone
 * for this (since CVE-2018-1120).
 */
#include "joiner.h"

#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>

enum {
	CAPACITY_FIRST = 16 << 10,
	CAPACITY_MAX = 4 << 20, /* what execve(2) accepts at most, near enough */
};

static bool has_ended(int target_fd)
{
	struct pollfd process = { .fd = target_fd, .events = POLLIN };

	return poll(&process, 1, 0) != 0;
}

/* Everything up to the end, to what cannot be read, or to what is too much.  NULL if memory runs out. */
static char *read_whole(int fd, size_t *size)
{
	char *bytes = NULL;

	*size = 0;
	for (size_t capacity = CAPACITY_FIRST; capacity <= CAPACITY_MAX; capacity *= 4) {
		char *grown = realloc(bytes, capacity);
		ssize_t n;

		if (grown == NULL) {
			free(bytes);
			return NULL;
		}
		bytes = grown;
		n = fd_read_all(fd, bytes + *size, capacity - *size);
		*size += n > 0 ? (size_t)n : 0;
		if (n < 0 || *size < capacity)
			break;
	}
	return bytes;
}

int environment_read(struct plan *plan, const struct joiner_descriptors *fds, struct fail *why)
{
	const int pid = (int)plan->numbers.target_pid;
	CLOSE_AT_EXIT int proc_fd = FD_NONE;
	CLOSE_AT_EXIT int fd = FD_NONE;
	char *bytes;
	size_t size;

	plan->target_environment = "";
	plan->numbers.target_environment_size = 0;
	if (plan->numbers.root == PLAN_ROOT_OWN)
		return 0;
	proc_fd = proc_open_pid(fds->host_proc, pid);
	fd = proc_fd < 0 ? FD_NONE : openat(proc_fd, "environ", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bytes = fd < 0 ? NULL : read_whole(fd, &size);
	/* Alive after the last read: so the number was not another process's by then. */
	if (has_ended(fds->target)) {
		free(bytes);
		return fail_set(why, FAIL_TOOL, "the target ended while the session was being made");
	}
	if (bytes == NULL)
		return fail_errno(why, FAIL_TOOL, errno, "cannot read the environment of process %d", pid);
	plan->target_environment = bytes;
	plan->numbers.target_environment_size = (uint32_t)size;
	return 0;
}
