/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who runs debug-helper, as the kernel says; and how a setuid helper makes itself independent of that user.
 */
#ifndef DEBUG_CALLER_H
#define DEBUG_CALLER_H

#include "fail.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { CALLER_GROUPS_MAX = 256 };

struct caller {
	uid_t uid; /* real */
	gid_t gid;
	gid_t groups[CALLER_GROUPS_MAX]; /* supplementary */
	size_t group_count;
	bool has_rights; /* this process has root's: it is root's, or setuid and fit for that */
};

/* Reads the real ids and groups.  In a setuid process they are then all made root's, so that the caller can
 * neither signal nor trace it, and what the caller has set up is undone: environment, limits, timers, blocked
 * and ignored signals.  -1 with *why set if this program may not run setuid as it is installed or started;
 * the process has no rights then but the caller's. */
int caller_identify(struct caller *caller, struct fail *why) __attribute__((nonnull, warn_unused_result));

/* Gives root's rights up for ever, and is the caller from here on.  False if that failed. */
bool caller_become(const struct caller *caller) __attribute__((nonnull, warn_unused_result));

/* Whether the caller is in that group: the kernel's list, not the file's. */
static inline bool caller_is_in(const struct caller *caller, gid_t gid)
{
	bool is_in = caller->gid == gid;

	for (size_t i = 0; i < caller->group_count; i++)
		is_in = is_in || caller->groups[i] == gid;
	return is_in;
}

#endif
