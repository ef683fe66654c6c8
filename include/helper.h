/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debug-helper as `debug` sees it: a child with one end of a conversation (talk.h). */
#ifndef DEBUG_HELPER_H
#define DEBUG_HELPER_H

#include "fail.h"

#include <limits.h>
#include <sys/types.h>

struct helper {
	pid_t pid;
	int talk_fd; /* owned; FD_NONE before helper_start */
	char path[PATH_MAX];
};

/* Starts the one that belongs to this program.  On success the caller closes talk_fd and calls helper_reap.
 */
int helper_start(struct helper *helper, struct fail *why) __attribute__((nonnull, warn_unused_result));

void helper_reap(const struct helper *helper) __attribute__((nonnull));

/* A helper that was killed could not remove its cgroup; a new one can. */
void helper_clean_up_after(const struct helper *helper) __attribute__((nonnull));

#endif
