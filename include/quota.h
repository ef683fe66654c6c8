/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many sessions others than root have at one time. */
#ifndef DEBUG_QUOTA_H
#define DEBUG_QUOTA_H

#include "fail.h"

#include <stdint.h>

enum { QUOTA_MOST = 1000 };

/* Takes one of `most`, at most QUOTA_MOST, places that the user has, for as long as the returned descriptor
 * is open anywhere; it is the caller's.  -1 with *why set if all are taken. */
int quota_take(uint32_t uid, uint32_t most, struct fail *why) __attribute__((nonnull, warn_unused_result));

#endif
