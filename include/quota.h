/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much others than root have going on at one time. */
#ifndef DEBUG_QUOTA_H
#define DEBUG_QUOTA_H

#include "fail.h"

#include <stdint.h>

enum { QUOTA_MOST = 1000 };

enum quota_kind {
	QUOTA_SESSIONS,
	QUOTA_WAITS,   /* for a container that does not run yet */
	QUOTA_HELPERS, /* of any kind */
	QUOTA_COUNT,
};

/* Takes one of `most`, at most QUOTA_MOST, places that the user has, for as long as the returned descriptor
 * is open anywhere; it is the caller's.  -1 with *why set if all are taken. */
int quota_take(enum quota_kind kind, uint32_t uid, uint32_t most, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

#endif
