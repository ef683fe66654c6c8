/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes and namespaces as /proc shows them (proc(5), namespaces(7)). */
#ifndef DEBUG_PROC_H
#define DEBUG_PROC_H

#include "fail.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The kinds of namespace, in the order of the table in proc.c. */
enum namespace_kind {
	NAMESPACE_MOUNT,
	NAMESPACE_PID,
	NAMESPACE_NET,
	NAMESPACE_IPC,
	NAMESPACE_UTS,
	NAMESPACE_CGROUP,
	NAMESPACE_USER,
	NAMESPACE_TIME,
	NAMESPACE_COUNT,
};

/* The CLONE_NEW* flag of a kind, and its name as people say it. */
uint32_t namespace_flag(enum namespace_kind kind);
const char *namespace_name(enum namespace_kind kind);

/* Inode numbers identify namespaces (namespaces(7)); 0 where the kernel lacks the kind. */
struct namespaces {
	uint64_t inode[NAMESPACE_COUNT];
};

/* The number of that namespace of the process that `proc_fd` is the directory of; 0 with errno set. */
uint64_t namespace_read(int proc_fd, enum namespace_kind kind) __attribute__((warn_unused_result));

/* Those of the process whose /proc/PID directory is `proc_fd`.  For the pid and time namespaces
 * `of_children` picks the ones its next child will be born in.  -1 with errno set. */
int namespaces_read(struct namespaces *out, int proc_fd, bool of_children)
    __attribute__((nonnull, warn_unused_result));

/* Opens the host's /proc and proves that it is procfs.  Owned by the caller; -1 with *why set. */
int proc_open(struct fail *why) __attribute__((nonnull, warn_unused_result));

/* Opens /proc/PID below it; -1 with errno set. */
int proc_open_pid(int host_proc_fd, pid_t pid) __attribute__((warn_unused_result));

/* The fields of /proc/PID/stat that identify and classify a process. */
struct proc_stat {
	char state;
	pid_t parent;
	uint64_t flags;	     /* PF_*, as in the kernel's sched.h */
	uint64_t start_time; /* clock ticks after boot; with the pid it names a process for good */
};

/* Reads them; the command name may hold any bytes.  -1 with errno set (EBADMSG if unparsable). */
int proc_read_stat(struct proc_stat *out, int proc_fd) __attribute__((nonnull, warn_unused_result));

/* Whether the process is that user's and nobody else's: all four ids of its credentials.  One that runs a
 * setuid program is not, and its arguments are those of who started it. */
bool proc_is_of(int proc_fd, uid_t uid) __attribute__((warn_unused_result));
bool proc_parse_is_of(const char *status, uid_t uid) __attribute__((nonnull, warn_unused_result));

/* Parses the text of such a file; split out for tests.  False if it is not one. */
bool proc_parse_stat(struct proc_stat *out, const char *text) __attribute__((nonnull, warn_unused_result));

/* The capability bounding set and the effective uid in the text of /proc/PID/status; false if they
 * are not there. */
bool proc_parse_rights(uint64_t *bounding, uint32_t *uid, const char *text)
    __attribute__((nonnull, warn_unused_result));

/* How many pid namespaces deep a process is (1: in the outermost one we see), and its number in the
 * innermost, from the text of /proc/PID/status; false if they are not there. */
bool proc_parse_inner_pid(size_t *depth, pid_t *pid, const char *text)
    __attribute__((nonnull, warn_unused_result));

/* Translates an id of the process's user namespace to ours through uid_map or gid_map (`map`).
 * False if it is not mapped or the map cannot be read. */
bool proc_map_id(int proc_fd, const char *map, uint32_t inside, uint32_t *outside)
    __attribute__((nonnull, warn_unused_result));

/* The other way round. */
bool proc_unmap_id(int proc_fd, const char *map, uint32_t outside, uint32_t *inside)
    __attribute__((nonnull, warn_unused_result));

/* The path in a /proc/PID/cgroup of the v1 hierarchy with this controller, or of v2 for ""; false if it has
 * none or leads upwards. */
bool proc_find_cgroup(const char *text, const char *controller, char *path, size_t capacity)
    __attribute__((nonnull, warn_unused_result));

/* Whether the process' own cgroup is frozen, as a paused container's is (cgroups(7), "freezer"). */
bool proc_is_frozen(int proc_fd) __attribute__((warn_unused_result));

#endif
