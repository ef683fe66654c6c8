/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The front's side of starting debug-helper: with an empty environment, one descriptor, and no signal
 * blocked. */
#include "helper.h"

#include "clock.h"
#include "fd.h"
#include "talk.h"
#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KILL_MS = 1000 };

#define HELPER_BELOW "/../libexec/debug/debug-helper"

/* ../libexec/debug beside the directory of this program: installed, staged or unpacked alike. */
static int find_helper(struct helper *helper, struct fail *why)
{
	char own[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *slash;

	if (length <= 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot tell where debug lies (is /proc mounted?)");
	own[length] = '\0';
	slash = strrchr(own, '/');
	if (slash != NULL)
		*slash = '\0';
	if ((size_t)snprintf(helper->path, sizeof(helper->path), "%s" HELPER_BELOW, own) >=
	    sizeof(helper->path))
		return fail_set(why, FAIL_TOOL, "the path of debug-helper is too long");
	return 0;
}

/* Runs the helper with its end of the conversation on TALK_FD, or with one argument and none.
 * posix_spawn, because it does not copy this process only to throw the copy away. */
static pid_t spawn_helper(const struct helper *helper, int talk_fd, char *argument)
{
	char name[] = "debug-helper";
	char *argv[] = { name, argument, NULL };
	char *envp[] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	pid_t child;
	int error;

	(void)sigemptyset(&none);
	if (posix_spawn_file_actions_init(&actions) != 0 || posix_spawnattr_init(&attributes) != 0)
		return -1;
	error = posix_spawnattr_setsigmask(&attributes, &none);
	if (error == 0)
		error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	/* Equal numbers are fine: the action then only clears close-on-exec. */
	if (error == 0 && talk_fd != FD_NONE)
		error = posix_spawn_file_actions_adddup2(&actions, talk_fd, TALK_FD);
	if (error == 0)
		error = posix_spawn(&child, helper->path, &actions, &attributes, argv, envp);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
	errno = error;
	return error == 0 ? child : -1;
}

int helper_start(struct helper *helper, struct fail *why)
{
	int pair[2];

	if (find_helper(helper, why) < 0)
		return -1;
	if (wire_pair(pair) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make a socket pair");
	helper->pid = spawn_helper(helper, pair[1], NULL);
	(void)close(pair[1]);
	helper->talk_fd = pair[0];
	if (helper->pid < 0)
		return fail_errno(why, errno == EACCES ? FAIL_DENIED : FAIL_TOOL, errno,
				  "cannot run %s; install debug again", helper->path);
	return 0;
}

static int reap(pid_t child)
{
	int status = 0;

	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* False if it does not end: stopped, and not ours to kill, or stuck in the kernel. */
static bool await_end(const struct helper *helper, int64_t deadline_ms)
{
	CLOSE_AT_EXIT int fd = pidfd_open(helper->pid, 0);

	if (fd < 0 || clock_wait(fd, POLLIN, deadline_ms))
		return true;
	(void)pidfd_send_signal(fd, SIGKILL, NULL, 0);
	return clock_wait(fd, POLLIN, clock_now_ms() + KILL_MS);
}

int helper_end(const struct helper *helper, int64_t deadline_ms)
{
	char argument[] = "--collect";
	int status;

	if (!await_end(helper, deadline_ms))
		return 0;
	status = reap(helper->pid);
	if (!WIFSIGNALED(status))
		return 0;
	(void)reap(spawn_helper(helper, FD_NONE, argument));
	return WTERMSIG(status);
}
