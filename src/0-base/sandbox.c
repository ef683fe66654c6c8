/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes that may be taken over by what they read, and then have nothing that is worth it.
 *
 *   helper (root)                      child (nobody, seccomp, no file system)
 *   fork ───────────────────────────►  keep its descriptors, limits, become nobody, load the filter
 *                                      work
 *   ◄───────────────────────────────   what it has found, over a socket
 *   kill, wait
 *
 * Should:  fail closed: a step that fails ends the child before it has read a byte.
 * Mustn't: believe the child; who reads its answer checks that.
 */
#include "sandbox.h"

#include "demote.h"
#include "fd.h"
#include "wire.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static bool limit(int resource, rlim_t most)
{
	const struct rlimit both = { most, most };

	return most == RLIM_INFINITY || setrlimit((__rlimit_resource_t)resource, &both) == 0;
}

/* Gives up every right, in an order in which each step still may. */
static bool enter(const struct sandbox_rules *rules, const int *kept, size_t count, pid_t parent)
{
	return fd_keep(kept, count) == 0 && limit(RLIMIT_AS, rules->memory_max) && limit(RLIMIT_CORE, 0) &&
	       limit(RLIMIT_FSIZE, rules->file_max) && demote(DEMOTE_NOBODY, parent) &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, rules->filter) == 0;
}

int sandbox_start(struct sandbox *sandbox, const struct sandbox_rules *rules, const int *kept, size_t count,
		  const void *context, struct fail *why)
{
	const pid_t parent = getpid();
	int all[FD_KEEP_MAX] = { FD_NONE, FD_NONE, FD_NONE };
	int pair[2];

	if (SANDBOX_FD_FIRST + count > FD_KEEP_MAX)
		return fail_errno(why, FAIL_TOOL, EMFILE, "cannot start a process for foreign bytes");
	if (wire_pair(pair) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make a socket pair");
	all[SANDBOX_ANSWER_FD] = pair[1];
	if (count > 0)
		memcpy(all + SANDBOX_FD_FIRST, kept, count * sizeof(*kept));
	sandbox->pid = fork();
	if (sandbox->pid == 0) {
		if ((rules->prepare == NULL || rules->prepare(context)) &&
		    enter(rules, all, SANDBOX_FD_FIRST + count, parent)) {
			rules->work(context);
			_exit(0);
		}
		_exit(1);
	}
	fd_close(&pair[1]);
	sandbox->answer_fd = pair[0];
	if (sandbox->pid > 0)
		return 0;
	fd_close(&sandbox->answer_fd);
	return fail_errno(why, FAIL_TOOL, errno, "cannot start a process for foreign bytes");
}

void sandbox_end(struct sandbox *sandbox)
{
	fd_close(&sandbox->answer_fd);
	/* It is our child and not yet waited for, so the pid is still its own. */
	(void)kill(sandbox->pid, SIGKILL);
	while (waitpid(sandbox->pid, NULL, 0) < 0 && errno == EINTR)
		;
}
