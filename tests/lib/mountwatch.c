/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mountwatch -o FILE PID -- COMMAND...: runs COMMAND and writes to FILE how often the mount table of
 * PID changed meanwhile ("N events").  The kernel marks an open mountinfo with POLLPRI and POLLERR at
 * each change (proc_pid_mountinfo(5)); even a mount that is undone at once is counted.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIGNAL_BASE = 128 };

static pid_t start(char *const argv[])
{
	pid_t child = fork();

	if (child == 0) {
		(void)execvp(argv[0], argv);
		err(127, "%s", argv[0]);
	}
	return child;
}

static unsigned int watch(int table_fd, int child_fd)
{
	struct pollfd waited[] = {
		{ .fd = table_fd, .events = POLLPRI },
		{ .fd = child_fd, .events = POLLIN },
	};
	unsigned int events = 0;

	/* poll() passes over a negative descriptor, and would wait for ever. */
	if (child_fd < 0)
		err(1, "pidfd_open");
	while (waited[1].revents == 0) {
		if (poll(waited, 2, -1) < 0 && errno != EINTR)
			err(1, "poll");
		if ((waited[0].revents & (POLLPRI | POLLERR)) != 0)
			events++;
	}
	/* What happened together with the end. */
	if (poll(waited, 1, 0) > 0 && (waited[0].revents & (POLLPRI | POLLERR)) != 0)
		events++;
	return events;
}

int main(int argc, char *argv[])
{
	char path[64];
	char text[64];
	int table_fd;
	int out_fd;
	pid_t child;
	int status;
	int length;

	if (argc < 6 || strcmp(argv[1], "-o") != 0 || strcmp(argv[4], "--") != 0)
		errx(2, "usage: mountwatch -o FILE PID -- COMMAND...");
	(void)snprintf(path, sizeof(path), "/proc/%s/mountinfo", argv[3]);
	table_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (table_fd < 0)
		err(1, "%s", path);
	child = start(argv + 5);
	if (child < 0)
		err(1, "fork");
	length = snprintf(text, sizeof(text), "%u events\n", watch(table_fd, pidfd_open(child, 0)));
	out_fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out_fd < 0 || write(out_fd, text, (size_t)length) != length)
		err(1, "%s", argv[2]);
	if (waitpid(child, &status, 0) != child)
		err(1, "waitpid");
	return WIFSIGNALED(status) ? SIGNAL_BASE + WTERMSIG(status) : WEXITSTATUS(status);
}
