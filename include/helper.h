/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debug-helper as `debug` sees it: a child with one end of a conversation (talk.h). */
#ifndef DEBUG_HELPER_H
#define DEBUG_HELPER_H

#include "fail.h"

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

struct helper {
	pid_t pid;
	int talk_fd; /* owned; FD_NONE before helper_start */
	char path[PATH_MAX];
};

/* The longest that a helper needs to end a session: what it waits for has deadlines of its own. */
enum { HELPER_END_MS = 15000 };

/* Starts the one that belongs to this program.  On success the caller closes talk_fd and calls helper_end. */
int helper_start(struct helper *helper, struct fail *why) __attribute__((nonnull, warn_unused_result));

/* Waits for the end of a helper whose conversation has ended, until the deadline: then it is killed.  One
 * that was killed could not remove its cgroup, so a new one does.  The signal that killed it, or 0. */
int helper_end(const struct helper *helper, int64_t deadline_ms) __attribute__((nonnull));

#endif
