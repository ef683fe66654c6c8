/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who looked into what, and how it ended: lines of JSON for the system's log and a file. */
#ifndef DEBUG_AUDIT_H
#define DEBUG_AUDIT_H

#include "fail.h"
#include "grant.h"
#include "request.h"
#include "result.h"
#include "target.h"

#include <stdbool.h>
#include <stdint.h>

/* Made by `make install`; without it there is no file. */
#define AUDIT_DIRECTORY "/var/log/debug"
#define AUDIT_FILE "audit.log"
#define AUDIT_SYSLOG "/dev/log"

struct audit {
	int file_fd;	    /* owned; or FD_NONE */
	int syslog_fd;	    /* owned; or FD_NONE */
	uint64_t session;   /* the same in all lines of a session */
	int64_t started_ms; /* monotonic */
	uint32_t uid;	    /* of who asked */
	int32_t login_uid;  /* of the session manager's login; -1 if there was none */
	bool has_begun;
	struct fail problem; /* why a line could not be written, once that happened */
};

/* Opens both places, as far as they are there: that they are not is no failure. */
void audit_open(struct audit *audit, uint32_t uid, int host_proc_fd) __attribute__((nonnull));

/* AUDIT_DIRECTORY for what else belongs into it; the caller's.  FD_NONE if there is none, or with *problem
 * set if it cannot be trusted. */
int audit_open_directory(struct fail *problem) __attribute__((nonnull, warn_unused_result));

/* Before anything of the target is entered.  `recording` is the file that keeps the session, or NULL.  -1
 * with *why set if `is_required` and nobody took the line. */
int audit_begin(struct audit *audit, const struct request *request, const struct target *target,
		const struct grant *grant, const char *recording, bool is_required, struct fail *why)
    __attribute__((nonnull(1, 2, 3, 4, 7), warn_unused_result));

/* How it ended: `why` if that is set, else `result`.  What did not begin was refused. */
void audit_end(struct audit *audit, const struct request *request, const struct result *result,
	       const struct fail *why) __attribute__((nonnull));

void audit_close(struct audit *audit) __attribute__((nonnull));

#endif
