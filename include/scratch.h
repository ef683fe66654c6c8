/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filesystems made for one session, detached: they vanish with their last descriptor or namespace. */
#ifndef DEBUG_SCRATCH_H
#define DEBUG_SCRATCH_H

#include "fail.h"

/* Each returns a mount descriptor owned by the caller, or -1 with *why set. */
int scratch_devices(struct fail *why) __attribute__((nonnull, warn_unused_result));
int scratch_run(struct fail *why) __attribute__((nonnull, warn_unused_result));
/* For what a session changes in a root that is thrown away. */
int scratch_changes(struct fail *why) __attribute__((nonnull, warn_unused_result));
int scratch_terminals(struct fail *why) __attribute__((nonnull, warn_unused_result));

/* A procfs of the calling process's pid namespace. */
int scratch_proc(struct fail *why) __attribute__((nonnull, warn_unused_result));

/* A listening SOCK_SEQPACKET socket `name` in a mount of scratch_run, owned by the caller. */
int scratch_listen(int run_fd, const char *name, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* A new terminal of that devpts: master and slave, owned by the caller. */
int scratch_open_terminal(int terminals_fd, unsigned short rows, unsigned short columns, int *master_fd,
			  int *slave_fd, struct fail *why) __attribute__((nonnull, warn_unused_result));

#endif
