/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a target is like at one moment, for a comparison with another: without changing it, not even a time of
 * access. */
#ifndef DEBUG_SNAPSHOT_H
#define DEBUG_SNAPSHOT_H

#include "proc.h"
#include "target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SNAPSHOT_REASON_MAX = 128 };

/* A file by its metadata: whoever changes its content, owner or mode moves the time of change, which nobody
 * but who sets the clock can set back. */
struct snapshot_file {
	char *path; /* owned; below the root, with a slash; foreign */
	uint64_t inode, size;
	int64_t modified_ns, changed_ns;
	uint32_t mode, uid, gid;
	uint64_t device; /* of a device node */
	bool is_copied;	 /* an overlay made it of a file of the image, which it hides */
};

struct snapshot_files {
	struct snapshot_file *all; /* owned; sorted by path */
	size_t count, capacity;
	char reason[SNAPSHOT_REASON_MAX]; /* why they are not all, or none; "" if they are */
	bool is_upper;			  /* those that the container has changed itself, not its image's */
};

struct snapshot_process {
	int32_t pid;
	uint64_t start_time;
	bool is_of_session; /* in the control group of a session */
};

struct snapshot_processes {
	struct snapshot_process *all; /* owned; sorted by pid */
	size_t count, capacity;
};

struct snapshot {
	bool is_taken; /* the process was there from the first look to the last */
	char *mounts;  /* owned: its mountinfo */
	char *limits;  /* owned: its limits, control group, ids, capabilities, OOM score */
	struct namespaces namespaces;
	struct snapshot_files files;
	struct snapshot_processes processes;
};

/* Looks at most for `milliseconds`; what that does not do for has a reason.  Whatever fails, the caller frees
 * with snapshot_free. */
void snapshot_take(struct snapshot *snapshot, const struct target *target, int host_proc_fd,
		   int64_t milliseconds) __attribute__((nonnull));
void snapshot_free(struct snapshot *snapshot) __attribute__((nonnull));

/* The files below a directory and on its filesystem; the descriptor stays the caller's.  Split out for tests.
 */
void snapshot_walk(struct snapshot_files *files, int root_fd, int64_t deadline_ms) __attribute__((nonnull));

/* Where an overlay keeps what is written to it, from a line of the host's mountinfo with that device; false
 * if there is none.  Split out for tests. */
bool snapshot_find_upper(char *upper, size_t capacity, const char *mountinfo, uint64_t device)
    __attribute__((nonnull, warn_unused_result));

#endif
