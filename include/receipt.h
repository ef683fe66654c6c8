/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a target differs between before and after a session, and what was not compared. */
#ifndef DEBUG_RECEIPT_H
#define DEBUG_RECEIPT_H

#include "snapshot.h"

#include <stdbool.h>
#include <stddef.h>

/* About whom; lent. */
struct receipt_subject {
	const char *runtime, *name, *id;
	int32_t pid;
	bool could_write; /* to the target's files */
};

/* One sentence for people into `summary`, and everything as one JSON object with a newline: a string that the
 * caller frees, or NULL if memory runs out. */
char *receipt_write(char *summary, size_t capacity, const struct receipt_subject *subject,
		    const struct snapshot *before, const struct snapshot *after) __attribute__((nonnull));

#endif
