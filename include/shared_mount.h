/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mounts that the host keeps below /run/debug, made by the first session that needs one and cloned
 * by all others (10 µs). */
#ifndef DEBUG_SHARED_MOUNT_H
#define DEBUG_SHARED_MOUNT_H

#include "fail.h"

#include <stdbool.h>

/* Opens /run/debug, making it if need be.  It must be root's alone.  Owned by the caller; -1 with *why set.
 */
int shared_open(struct fail *why) __attribute__((nonnull, warn_unused_result));

/* A detached clone of the mount `name`, owned by the caller, or FD_NONE if there is none of that kind of
 * filesystem (f_type of statfs(2); 0 accepts any mount point). */
int shared_clone(int shared_fd, const char *name, unsigned long filesystem)
    __attribute__((nonnull, warn_unused_result));

/* Opens the mount itself, O_PATH; FD_NONE if it is not there. */
int shared_find(int shared_fd, const char *name) __attribute__((nonnull, warn_unused_result));

/* Whether a mount that appears below /run/debug would appear in that process's mount namespace too. */
bool shared_is_seen_by(int shared_fd, int target_proc_fd) __attribute__((warn_unused_result));

/* Attaches a detached mount as `name`; `mount_fd` stays the caller's.  False if it could not be. */
bool shared_attach(int mount_fd, int shared_fd, const char *name)
    __attribute__((nonnull, warn_unused_result));

/* Unmounts and removes every mount whose name ends with none of the two strings.  Sessions that use one
 * keep it: they have clones. */
void shared_forget_others(int shared_fd, const char *kept, const char *also_kept) __attribute__((nonnull));

#endif
