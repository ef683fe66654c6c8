/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which process is meant: what a runtime claims, and the process pinned and checked against it. */
#ifndef DEBUG_TARGET_H
#define DEBUG_TARGET_H

#include "confinement.h"
#include "fail.h"
#include "proc.h"
#include "request.h"
#include "sighting.h"

#include <stdbool.h>
#include <linux/filter.h>
#include <stdint.h>
#include <sys/types.h>

/* A process that cannot be confused with another any more; or, if target_is_at_rest, an image or a stopped
 * container: then there is no process, the descriptors are FD_NONE and the rest is zero. */
struct target {
	struct sighting seen;
	int pid_fd;	  /* owned; PIDFD of the process */
	int proc_fd;	  /* owned; its directory in the host's /proc */
	int files_fd;	  /* owned; TARGET_FILES: the root directory; else FD_NONE */
	bool is_unpacked; /* that is a detached mount */
	uint64_t start_time;
	uint64_t bounding; /* capability bounding set */
	uint32_t uid;	   /* effective uid, as the host counts */
	struct namespaces namespaces;
	struct namespaces ours;		/* the host's, to join only what differs */
	struct confinement confinement; /* if the request's profile asks for it; else zero */
	struct sock_filter *filter; /* owned; its seccomp filter, if the profile is `app` and it is known */
	size_t filter_count;
	char workdir[4096];
};

/* Finds the one container, image or process that `request->target` names.  `host_proc_fd` stays the caller's.
 * On success the caller frees with target_close; else nothing is kept: 1 with *why set if there is no such
 * thing now, though there may be later; -1 with *why set on any other failure. */
int target_find(struct target *target, const struct request *request, int host_proc_fd, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

static inline bool target_is_at_rest(const struct target *target)
{
	return sighting_is_at_rest(&target->seen);
}

/* Reports everything that can be attached to, running or, with request->is_all, not.  What is reported is a
 * claim: nothing is pinned.  -1 with *why set. */
int target_list(const struct request *request, int host_proc_fd,
		void (*see)(void *context, const struct sighting *seen), void *context, struct fail *why)
    __attribute__((nonnull(1, 3, 5), warn_unused_result));

/* Fills `filter` from the bundle that the runtime made it from; leaves it empty if there is none. */
int target_read_filter(struct target *target, struct fail *why) __attribute__((nonnull, warn_unused_result));

/* Reads `confinement` and `filter` if `profile` asks for it and target_find has not: when the profile depends
 * on what was found. -1 with *why set. */
int target_read_confinement(struct target *target, enum request_profile profile, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* True once the target's process has ended; never for one at rest. */
bool target_is_gone(const struct target *target) __attribute__((nonnull, warn_unused_result));

void target_close(struct target *target) __attribute__((nonnull));

#endif
