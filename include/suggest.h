/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What somebody who gave a name that fits nothing may have meant. */
#ifndef DEBUG_SUGGEST_H
#define DEBUG_SUGGEST_H

#include "fail.h"
#include "sighting.h"

#include <stddef.h>

enum { SUGGESTIONS_MAX = 5, SUGGESTION_LENGTH_MAX = 80 };

struct suggestions {
	const char *asked; /* lent */
	size_t count;
	struct suggestion {
		char name[SUGGESTION_LENGTH_MAX];
		size_t distance;
	} best[SUGGESTIONS_MAX];
};

/* Keeps the name of *seen if it is among the closest so far; `context` is a struct suggestions. */
void suggest_add(void *context, const struct sighting *seen) __attribute__((nonnull));

/* The sentence about a container that is not there. */
void suggest_explain(const struct suggestions *suggestions, struct fail *why) __attribute__((nonnull));

#endif
