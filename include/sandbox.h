/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The resolver process (P2): a forked child that turns foreign bytes into sightings, with no privilege at
 * all. */
#ifndef DEBUG_SANDBOX_H
#define DEBUG_SANDBOX_H

#include "evidence.h"
#include "fail.h"
#include "query.h"
#include "sighting.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

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

/* A child that is nobody under a seccomp filter, with no descriptor but these and those that it was given. */
enum { SANDBOX_ANSWER_FD = 1, SANDBOX_FD_FIRST };

struct sandbox {
	pid_t pid;
	int answer_fd; /* owned; SOCK_SEQPACKET to its SANDBOX_ANSWER_FD */
};

typedef void (*sandbox_work)(const void *context);

/* Starts one that has `kept`, which stay the caller's, as SANDBOX_FD_FIRST and on, does the work and exits.
 * -1 with *why set; else the caller ends it with sandbox_end. */
int sandbox_start(struct sandbox *sandbox, const int *kept, size_t count, sandbox_work work,
		  const void *context, struct fail *why)
    __attribute__((nonnull(1, 4, 6), warn_unused_result));

/* Kills it, if it has not ended, and waits for it. */
void sandbox_end(struct sandbox *sandbox) __attribute__((nonnull));

/* Asks in a child that becomes nobody under a seccomp filter before it reads a byte; adds to *findings.  At
 * most five seconds.  -1 with *why set if the child did not answer as it should. */
int sandbox_ask(struct findings *findings, const struct inquiry *inquiry, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Adds a copy, unless it is the same container again.  -1 with *why set if memory runs out. */
int findings_add(struct findings *findings, const struct sighting *seen, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

void findings_free(struct findings *findings) __attribute__((nonnull));

#endif
