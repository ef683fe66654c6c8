/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kubectl(1) as a program: it has the contexts, the credentials and the proxies, and nothing here sees them.
 */
#ifndef DEBUG_KUBECTL_H
#define DEBUG_KUBECTL_H

#include "fail.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	KUBECTL_WORDS_MAX = 48,
	KUBECTL_OPTIONS_MAX = 16,
	KUBECTL_OUTPUT_MAX = 64 << 20,
	KUBECTL_ERRORS_MAX = 2048,
};

struct kubectl {
	char path[PATH_MAX];
	const char *options[KUBECTL_OPTIONS_MAX]; /* --context=NAME and the like, for every call; lent */
	size_t option_count;
	int signal_fd;	 /* of relay_block_signals */
	int killed_by;	 /* the signal that told us to end, or 0 */
	bool is_patient; /* lets a call end by itself then: what it makes must be known */
};

/* Words of a command line, NULL behind the last. */
#define KUBECTL_WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* What it says on its standard error, as it is. */
struct kubectl_errors {
	char text[KUBECTL_ERRORS_MAX]; /* the end of it, terminated: the reason stands in the last lines */
	size_t size, shown;
};

/* One call, and what it said. */
struct kubectl_call {
	pid_t pid; /* 0 before kubectl_start, and when it has ended */
	int input_fd, output_fd, error_fd;
	char *input; /* owned; what it reads */
	size_t input_size, input_done;
	char *output; /* owned, terminated */
	size_t output_size, output_capacity;
	struct kubectl_errors errors;
	int status; /* its exit status, or 128+n */
	bool is_too_long;
};

/* By $KUBECTL if that is an absolute path, else the first in an absolute directory of $PATH that not
 * everybody may write to. */
int kubectl_find(struct kubectl *kubectl, struct fail *why) __attribute__((nonnull, warn_unused_result));

/* `input` is a copy for the call to own, or NULL for none. */
int kubectl_start(struct kubectl_call *call, const struct kubectl *kubectl, const char *const words[],
		  char *input, struct fail *why) __attribute__((nonnull(1, 2, 3, 5), warn_unused_result));

/* Waits for all of them; -1 if a signal told us to end, and then none of them is left. */
int kubectl_wait(struct kubectl *kubectl, struct kubectl_call calls[], size_t count, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Both; 0 whatever its exit status is. */
int kubectl_run(struct kubectl_call *call, struct kubectl *kubectl, const char *const words[], char *input,
		struct fail *why) __attribute__((nonnull(1, 2, 3, 5), warn_unused_result));

void kubectl_free(struct kubectl_call *call) __attribute__((nonnull));

/* Takes what is there; *fd is closed at its end. */
void kubectl_take_errors(struct kubectl_errors *errors, int *fd) __attribute__((nonnull));

/* The first line of what it complained of, encoded for print and without the usual beginning. */
const char *kubectl_complaint(const struct kubectl_errors *errors, char *out, size_t capacity)
    __attribute__((nonnull, returns_nonnull));

/* kubectl with pipes for its three streams, in a process group of its own: keys of the terminal do not reach
 * it. Its pid, or -1. */
pid_t kubectl_spawn(const struct kubectl *kubectl, const char *const words[], bool has_group, int fds[3],
		    struct fail *why) __attribute__((nonnull, warn_unused_result));

#endif
