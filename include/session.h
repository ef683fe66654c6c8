/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A running session, watched from both sides: by the helper, and at the caller's terminal. */
#ifndef DEBUG_SESSION_H
#define DEBUG_SESSION_H

#include "fail.h"
#include "result.h"

#include <stdint.h>

struct attached;
struct target;

/* The helper's side: waits until the command has ended, the target has, the caller hangs up,
 * `max_seconds` (0: any number) have passed, or this process is told to stop; in the latter cases ends the
 * session.  0 with *result filled, or -1 with *why set if the command could not be started or the session
 * broke. */
int session_watch(struct attached *attached, const struct target *target, uint32_t max_seconds,
		  int host_proc_fd, struct result *result, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

#endif
