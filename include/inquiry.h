/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of the resolver process (P2), a child in a sandbox that turns foreign bytes into sightings.
 */
#ifndef DEBUG_INQUIRY_H
#define DEBUG_INQUIRY_H

#include "evidence.h"
#include "fail.h"
#include "query.h"
#include "sandbox.h"
#include "sighting.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum question {
	QUESTION_CONTAINERS, /* which fit the query */
	QUESTION_IMAGES,     /* the same of images */
	QUESTION_LAYERS,     /* of containerd: those of the container whose id is the query's name */
	QUESTION_SUGGESTION, /* a sentence: what may have been meant by a name that fits nothing */
};

enum { ENGINES_MAX = 8 };

enum engine_kind { ENGINE_DOCKER, ENGINE_CONTAINERD };

/* An engine that answers over a socket. */
struct engine {
	enum engine_kind kind;
	int fd;	      /* connected; the caller's */
	uint32_t uid; /* who listens */
};

/* All lent. */
struct inquiry {
	enum question question;
	const struct query *query;
	const struct evidence_list *evidence;
	const struct engine *engines;
	size_t engine_count;
};

struct findings {
	struct sighting *all; /* owned */
	size_t count, capacity;
	bool is_truncated; /* there were more */
	bool is_silent;	   /* an engine did not answer in time */
	struct fail why;   /* what an engine said instead of an answer, or the suggestion */
};

/* Starts a resolver for some other work, as sandbox_start does. */
int inquiry_start(struct sandbox *sandbox, const int *kept, size_t count, void (*work)(const void *context),
		  const void *context, struct fail *why)
    __attribute__((nonnull(1, 4, 6), warn_unused_result));

/* Asks in a child that becomes nobody under a seccomp filter before it reads a byte; adds to *findings.  At
 * most five seconds.  -1 with *why set if the child did not answer as it should. */
int inquiry_ask(struct findings *findings, const struct inquiry *inquiry, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Adds a copy, unless it is the same container again.  -1 with *why set if memory runs out. */
int findings_add(struct findings *findings, const struct sighting *seen, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

void findings_free(struct findings *findings) __attribute__((nonnull));

#endif
