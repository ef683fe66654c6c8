/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel lets a process do: ids, capabilities, seccomp, limits, security label. */
#ifndef DEBUG_CONFINEMENT_H
#define DEBUG_CONFINEMENT_H

#include "fail.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONFINEMENT_GROUPS_MAX = 64, CONFINEMENT_LIMITS = 16, CONFINEMENT_LABEL_MAX = 512 };

/* Real, effective, saved. */
enum { CONFINEMENT_REAL, CONFINEMENT_EFFECTIVE, CONFINEMENT_SAVED, CONFINEMENT_IDS };

/* Plain data of fixed size.  Ids as the process' own user namespace counts them. */
struct confinement {
	uint32_t uid[CONFINEMENT_IDS], gid[CONFINEMENT_IDS];
	uint32_t group_count;
	uint32_t groups[CONFINEMENT_GROUPS_MAX];
	uint64_t inheritable, permitted, effective, bounding, ambient;
	uint64_t soft[CONFINEMENT_LIMITS], hard[CONFINEMENT_LIMITS]; /* by RLIMIT_*; RLIM_INFINITY for none */
	int32_t oom_score_adj;
	uint8_t has_filter; /* seccomp: mode filter, or strict */
	uint8_t has_no_new_privs;
	char label[CONFINEMENT_LABEL_MAX]; /* AppArmor's or SELinux', as /proc/PID/attr/current has it; or ""
					    */
};

/* Reads it of the process whose /proc/PID is `proc_fd`.  -1 with *why set, also if it has more groups than
 * fit, or an id that its own user namespace does not map. */
int confinement_read(struct confinement *confinement, int proc_fd, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* The parts, from the text of /proc/PID/status (ids still as the reader counts them) and limits; false if it
 * is not such a text. */
bool confinement_parse_status(struct confinement *confinement, const char *text)
    __attribute__((nonnull, warn_unused_result));
bool confinement_parse_limits(struct confinement *confinement, const char *text)
    __attribute__((nonnull, warn_unused_result));

#endif
