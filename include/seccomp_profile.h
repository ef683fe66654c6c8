/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seccomp profile of an OCI bundle (config.json: linux.seccomp), compiled.  For the resolver process. */
#ifndef DEBUG_SECCOMP_PROFILE_H
#define DEBUG_SECCOMP_PROFILE_H

#include "fail.h"

#include <jansson.h>
#include <linux/filter.h>
#include <stddef.h>

/* Writes the program into `code` and returns the number of its instructions, as the runtime would load it,
 * but for what needs a supervisor of the container's (SCMP_ACT_NOTIFY): such calls fail with ENOSYS.
 * `pipe_fd` is a pipe of the caller's own, empty and not blocking, through which libseccomp hands the program
 * over.  -1 with *why set. */
int seccomp_profile_compile(struct sock_filter code[BPF_MAXINSNS], const json_t *profile,
			    const int pipe_fd[2], struct fail *why)
    __attribute__((nonnull, warn_unused_result));

#endif
