/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A child of a privileged process for work on foreign bytes: nobody, under a seccomp filter, with no
 * descriptor but the few that it is given. */
#ifndef DEBUG_SANDBOX_H
#define DEBUG_SANDBOX_H

#include "fail.h"

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

/* Its descriptors.  0, 1 and 2 are not open: what a library prints reaches nobody. */
enum { SANDBOX_ANSWER_FD = 3, SANDBOX_FD_FIRST };

struct sandbox_rules {
	const struct sock_fprog
	    *filter;	   /* as it is loaded last, it must allow exit_group(2) and little else */
	rlim_t memory_max; /* bytes of address space, or RLIM_INFINITY */
	rlim_t file_max;   /* bytes of a file that it writes */
	/* Both in the child: the first while it still has its parent's rights and descriptors, false if it
	 * failed, or NULL if there is nothing to prepare. */
	bool (*prepare)(const void *context);
	void (*work)(const void *context);
};

struct sandbox {
	pid_t pid;
	int answer_fd; /* owned; SOCK_SEQPACKET to its SANDBOX_ANSWER_FD, which ends with it */
};

/* Starts one that has `kept`, which stay the caller's, as SANDBOX_FD_FIRST and on; FD_NONE leaves its place
 * empty.  It does the work and exits.  -1 with *why set; else the caller ends it with sandbox_end. */
int sandbox_start(struct sandbox *sandbox, const struct sandbox_rules *rules, const int *kept, size_t count,
		  const void *context, struct fail *why)
    __attribute__((nonnull(1, 2, 6), warn_unused_result));

/* Kills it, if it has not ended, and waits for it. */
void sandbox_end(struct sandbox *sandbox) __attribute__((nonnull));

#endif
