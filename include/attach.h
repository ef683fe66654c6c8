/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The helper's side of an attach: makes what a session needs, starts the joiner, watches over the
 * session and removes everything again. */
#ifndef DEBUG_ATTACH_H
#define DEBUG_ATTACH_H

#include "cgroup.h"
#include "fail.h"
#include "joiner.h"
#include "plan.h"
#include "target.h"

#include <stdint.h>
#include <sys/types.h>

/* What a session init has to say: that the command cannot run, that it kills what is left, and how it
 * ended; and one more. */
enum { ATTACHED_EARLY_MAX = 4 };

/* A session in being.  All descriptors are owned; attach_end releases everything. */
struct attached {
	struct cgroup cgroup;
	bool has_pending; /* see struct toolbox */
	int control_fd;	  /* to the joiner, then to the session init */
	int joiner_fd;	  /* pidfd of the joiner, or FD_NONE once it has ended */
	int init_fd;	  /* pidfd of the session init, or FD_NONE */
	int packages_fd;  /* listens for requests to install packages (packages.h) */
	int terminal_fd;  /* master side of the session's terminal, or FD_NONE */
	pid_t joiner;
	pid_t init;
	/* What the init said before the joiner, which made it, came to say so. */
	struct joiner_message early[ATTACHED_EARLY_MAX];
	size_t early_count;
};

/* Carries out the plan up to the start of the command, before the deadline.  `standard` are the
 * session's streams if it has no terminal; they stay the caller's.  On failure nothing is left. */
int attach_start(struct attached *attached, const struct plan *plan, const struct target *target,
		 int host_proc_fd, const int standard[3], int64_t deadline_ms, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Asks the session to end, or passes a signal to its command.  Harmless if it has ended. */
void attach_signal(const struct attached *attached, int signal) __attribute__((nonnull));
void attach_hang_up(const struct attached *attached) __attribute__((nonnull));

/* Reaps the session init, which must have ended; its status as of waitpid(2). */
int attach_reap(struct attached *attached) __attribute__((nonnull));

/* Kills what is left, waits for it and removes it.  Safe to call at any stage.  False if something
 * could not be removed: a process stuck in the kernel. */
bool attach_end(struct attached *attached) __attribute__((nonnull));

#endif
