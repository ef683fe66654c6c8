/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a process is of the container that somebody says it is of. */
#ifndef DEBUG_MEMBERSHIP_H
#define DEBUG_MEMBERSHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True if what the kernel says bears it out: its cgroup is named after `id`, or its parent is a monitor that
 * was given the id, root's or the owner's; and for an engine of another user than root (`owner`), that user
 * owns its user namespace.  Both descriptors stay the caller's. */
bool membership_check(int host_proc_fd, int proc_fd, const char *id, uint32_t owner)
    __attribute__((nonnull, warn_unused_result));

/* Whether a text has `id` as a word of its own: not as a part of a longer name.  Split out for tests. */
bool membership_has_word(const char *text, size_t size, const char *id) __attribute__((nonnull));

#endif
