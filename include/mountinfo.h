/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process' mount table, as the kernel formats it (proc_pid_mountinfo(5)). */
#ifndef DEBUG_MOUNTINFO_H
#define DEBUG_MOUNTINFO_H

#include <stdbool.h>

/* What a mountinfo says of the mount that covers `point`: the last one there. */
struct mount_facts {
	bool is_there;
	bool is_read_only; /* by the mount's own options, or by its filesystem's */
	bool is_proc;
	int hidepid; /* 0 shows all processes */
};
struct mount_facts mountinfo_find(const char *mountinfo, const char *point)
    __attribute__((nonnull, warn_unused_result));

#endif
