/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A running session, watched from both sides: by the helper, and at the caller's terminal. */
#ifndef DEBUG_SESSION_H
#define DEBUG_SESSION_H

#include "attach.h"
#include "audit.h"
#include "fail.h"
#include "grant.h"
#include "plan.h"
#include "recorder.h"
#include "request.h"
#include "result.h"
#include "target.h"

#include <stdbool.h>
#include <stdint.h>

/* What the privileged side makes a session from; all of it is lent. */
struct session {
	const struct request *request;
	const struct target *target;
	const struct grant *grant;
	const struct plan *plan;
	struct audit *audit;
	bool is_audit_required;
	int host_proc_fd;
	int *standard;	/* its streams, three, if it has no terminal; closed once it has begun */
	int receipt_fd; /* or FD_NONE */
};

/* A whole session.  0 with *result filled; 1 with *why set if the target ended before it could begin; -1 with
 * *why set on any other failure. */
int session_run(const struct session *session, struct result *result, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Its part while the command runs: waits until the command has ended, the target has, the caller hangs up,
 * `max_seconds` (0: any number) have passed, the recording cannot go on, or this process is told to stop; in
 * the latter cases ends the session.  0 with *result filled, or -1 with *why set if the command could not be
 * started or the session broke. */
int session_watch(struct attached *attached, const struct target *target, struct recorder *recorder,
		  uint32_t max_seconds, int host_proc_fd, struct result *result, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

#endif
