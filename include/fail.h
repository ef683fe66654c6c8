/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a stage failed: set once at the deepest point that knows, passed up, printed by main alone. */
#ifndef DEBUG_FAIL_H
#define DEBUG_FAIL_H

/* The exit statuses that are ours; every other value is the command's own. */
enum fail_status {
	FAIL_NONE = 0,
	FAIL_DEADLINE = 124,
	FAIL_TOOL = 125,
	FAIL_DENIED = 126,
	FAIL_NOT_FOUND = 127,
};

/* Plain data, so that it can cross a socket.  `text` is one sentence without a final newline and
 * holds no foreign bytes that were not encoded first (text.h). */
struct fail {
	int status; /* enum fail_status */
	char text[1020];
};

/* Records a failure and returns -1, so that callers write `return fail_set(...)`. */
int fail_set(struct fail *why, enum fail_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4), nonnull));

/* The same with ": <description of error>" appended; `error` is an errno value. */
int fail_errno(struct fail *why, enum fail_status status, int error, const char *format, ...)
    __attribute__((format(printf, 4, 5), nonnull));

#endif
