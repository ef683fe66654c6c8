/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The session's own control group: it is neither charged to the target nor able to starve it, and
 * can be ended as a whole (cgroups(7)). */
#ifndef DEBUG_CGROUP_H
#define DEBUG_CGROUP_H

#include "fail.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The hierarchies we use: v2, and for v1 the controllers that limit. */
enum cgroup_hierarchy {
	CGROUP_UNIFIED,
	CGROUP_MEMORY,
	CGROUP_PIDS,
	CGROUP_CPU,
	CGROUP_COUNT,
};

struct cgroup {
	char name[64];		   /* debug-<pid of the helper>-<its start time> */
	int root_fd[CGROUP_COUNT]; /* owned; FD_NONE where the host lacks the hierarchy */
	int fd[CGROUP_COUNT];	   /* owned; the session's own directory in it */
	uint64_t memory_limit;	   /* bytes; 0 if the host sets none */
};

/* What a session may use; 0: as much as any. */
struct cgroup_limits {
	uint64_t memory; /* bytes */
	uint32_t processes;
};

/* Moves this process to the root of every hierarchy: out of the group of a caller, who may freeze, kill or
 * starve what is in there.  Takes some 10 ms.  -1 with *why set. */
int cgroup_leave(struct fail *why) __attribute__((nonnull, warn_unused_result));

/* Makes it, empty, with limits, in every hierarchy that the host has.  On failure nothing is left. */
int cgroup_create(struct cgroup *cgroup, const struct cgroup_limits *limits, int host_proc_fd,
		  struct fail *why) __attribute__((nonnull, warn_unused_result));

/* A detached mount of one of its directories, read-only.  A file that is opened below it can be read and no
 * more, also by who gets hold of the descriptor and opens it again (proc_pid_fd(5)): with the list of members
 * one could else put processes into the group.  Owned by the caller; -1 with errno set. */
int cgroup_show(const struct cgroup *cgroup) __attribute__((nonnull, warn_unused_result));

/* Opens the file that kills every member, whoever writes to it; FD_NONE if there is none (before Linux 5.14,
 * or without v2).  Owned by the caller. */
int cgroup_open_kill(const struct cgroup *cgroup) __attribute__((nonnull));

/* From now on no member can fork, where the host limits processes. */
void cgroup_forbid_forks(const struct cgroup *cgroup) __attribute__((nonnull));

/* For v1 hierarchy `index` the file that a process writes "0" to to enter; FD_NONE otherwise. */
int cgroup_open_tasks(const struct cgroup *cgroup, enum cgroup_hierarchy index) __attribute__((nonnull));

/* Whether the process is in it, and not in one below it or of the same name elsewhere. */
bool cgroup_has_member(const struct cgroup *cgroup, int host_proc_fd, pid_t pid)
    __attribute__((nonnull, warn_unused_result));

/* Kills every member and removes it; waits a second at most.  False if something is left. */
bool cgroup_destroy(struct cgroup *cgroup) __attribute__((nonnull));

/* Destroys the groups of helpers that were killed before they could do it.  Returns how many. */
unsigned int cgroup_collect(int host_proc_fd);

#endif
