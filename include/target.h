/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which process is meant: what a runtime claims, and the process pinned and checked against it. */
#ifndef DEBUG_TARGET_H
#define DEBUG_TARGET_H

#include "fail.h"
#include "proc.h"
#include "request.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum target_runtime {
	TARGET_PROCESS, /* pid://N: no runtime was asked */
	TARGET_DOCKER,
};

enum { SIGHTING_CONFIGURED_MAX = 32 << 10 };

/* A runtime's claim.  Plain data of fixed size: it is the whole answer of the resolver process.
 * The strings are terminated and encoded for print (text.h).
 *
 * `configured` is what the engine was told to start: `configured_size` bytes of records KEY=VALUE, each
 * terminated, KEY one of entrypoint, cmd, user, workdir, stopsignal, env (lists repeat it), or
 * incomplete if something did not fit.  It is foreign, not encoded, and carried unread to the session's
 * scratch space. */
struct sighting {
	int32_t pid;
	uint8_t is_paused;
	char id[65]; /* 64 hexadecimal digits, or "" */
	char name[128];
	char image[256];
	uint32_t configured_size;
	char configured[SIGHTING_CONFIGURED_MAX];
};

/* A process that cannot be confused with another any more. */
struct target {
	enum target_runtime runtime;
	struct sighting seen;
	int pid_fd;  /* owned; PIDFD of the process */
	int proc_fd; /* owned; its directory in the host's /proc */
	uint64_t start_time;
	uint64_t bounding; /* capability bounding set */
	uint32_t uid;	   /* effective uid, as the host counts */
	struct namespaces namespaces;
	struct namespaces ours; /* the host's, to join only what differs */
	char workdir[4096];
	char *environment; /* owned; K=V strings, each NUL-terminated */
	size_t environment_size;
};

const char *target_runtime_name(enum target_runtime runtime);

/* Finds the one process that `request->target` names.  `host_proc_fd` stays the caller's.  On
 * success the caller frees with target_close; on failure nothing is kept. */
int target_find(struct target *target, const struct request *request, int host_proc_fd, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* True once the target's process has ended. */
bool target_is_gone(const struct target *target) __attribute__((nonnull, warn_unused_result));

void target_close(struct target *target) __attribute__((nonnull));

#endif
