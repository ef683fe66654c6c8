/* SPDX-License-Identifier: GPL-2.0-or-later */
/* result → exit status, as a shell would report the command itself. */
#include "result.h"

enum { SIGNAL_BASE = 128, KILLED = 9 };

int result_exit_status(const struct result *result)
{
	switch (result->kind) {
	case RESULT_SIGNALED:
		return SIGNAL_BASE + result->status;
	case RESULT_TARGET_GONE:
		/* The kernel killed the session together with the target's pid namespace. */
		return SIGNAL_BASE + KILLED;
	default:
		return result->status;
	}
}
