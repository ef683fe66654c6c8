/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev/toolbox/run/.configured: records KEY=VALUE, each terminated, for the builtin `entrypoint`.  The
 * runtime's words are copied unread; in front of them stands the target's process as the session counts.
 */
#include "joiner.h"

#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* 0 if the target has just ended, which others notice. */
static int inner_pid(const struct plan *plan, const struct joiner_descriptors *fds)
{
	char path[32];
	char status[4096];
	CLOSE_AT_EXIT int fd = FD_NONE;
	size_t depth;
	ssize_t size;
	pid_t pid;

	(void)snprintf(path, sizeof(path), "%d/status", (int)plan->numbers.target_pid);
	fd = openat(fds->host_proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	size = read(fd, status, sizeof(status) - 1);
	status[size > 0 ? size : 0] = '\0';
	return proc_parse_inner_pid(&depth, &pid, status) ? (int)pid : 0;
}

int record_write(const struct plan *plan, const struct joiner_descriptors *fds, struct fail *why)
{
	char pid[32];
	CLOSE_AT_EXIT int fd =
	    openat(fds->run, ".configured", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	(void)snprintf(pid, sizeof(pid), "pid=%d", inner_pid(plan, fds));
	if (fd < 0 || fd_write_all(fd, pid, strlen(pid) + 1) < 0 ||
	    fd_write_all(fd, plan->configured, plan->numbers.configured_size) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot write to the session's scratch space");
	return 0;
}
