/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a session ended: the last stage. */
#ifndef DEBUG_RESULT_H
#define DEBUG_RESULT_H

#include <stdint.h>

enum result_kind {
	RESULT_EXITED,	    /* `status` is the command's exit status */
	RESULT_SIGNALED,    /* `status` is the signal that killed it */
	RESULT_TARGET_GONE, /* the target stopped and took the session with it */
};

/* Plain data, so that it can cross a socket. */
struct result {
	int32_t kind;
	int32_t status;
	char receipt[400]; /* what of the target has changed, for the user; else "" */
	char hint[200];	   /* what may have been the reason that it failed, for the user; else "" */
};

/* The exit status of `debug` for it. */
int result_exit_status(const struct result *result) __attribute__((nonnull));

#endif
