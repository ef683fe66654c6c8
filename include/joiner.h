/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What debug-helper hands to the joiner, and what comes back.
 *
 *   debug-helper                   joiner (P3)            session init (P4)
 *   descriptors + plan, exec ────►
 *                                ◄ JOINER_FAILED                                  and it is over
 *                                ◄ JOINER_JOINED (pid of P4), exit
 *                                                       ◄ INIT_NOT_EXECUTED       the command cannot run
 *   INIT_SIGNAL, INIT_END ──────────────────────────────►
 *                                                       ◄ INIT_KILLS              what did not end when asked
 *                                                       ◄ INIT_ENDED (wait status), exit
 */
#ifndef DEBUG_JOINER_H
#define DEBUG_JOINER_H

#include "fail.h"
#include "plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Instead of orders, the argument on which a joiner only exits, with its WIRE_VERSION. */
#define JOINER_ASK_VERSION "--version"
/* And the one on which it says what COMMAND, its second argument, may have been refused. */
#define JOINER_EXPLAIN "--explain"

/* Descriptors by number in the joiner; FD_NONE where there is none.  All are close-on-exec in the
 * helper but inherited by this one exec. */
struct joiner_descriptors {
	int32_t control;      /* SOCK_SEQPACKET to the helper */
	int32_t target;	      /* pidfd */
	int32_t host_proc;    /* /proc of the host */
	int32_t root;	      /* the target's root directory, O_PATH; or, PLAN_ROOT_OWN, a detached mount */
	int32_t changes;      /* tmpfs, PLAN_ROOT_SCRATCH: what the session writes; else FD_NONE */
	int32_t toolbox;      /* detached mounts, all made on the host's side */
	int32_t devices;      /* tmpfs that covers /dev */
	int32_t run;	      /* tmpfs, the session's scratch space */
	int32_t terminals;    /* devpts */
	int32_t standard[3];  /* the session's 0, 1 and 2: its terminal, or pipes */
	int32_t cgroup;	      /* the session's cgroup, read-only */
	int32_t cgroup_procs; /* opened below that: the list of members */
	int32_t cgroup_kill;  /* ends them all at once, or FD_NONE (before Linux 5.14, or without v2) */
	int32_t tasks[4];     /* cgroup v1: files to write "0" to */
};

enum joiner_message_kind {
	JOINER_FAILED,
	JOINER_JOINED,
	INIT_NOT_EXECUTED,
	INIT_KILLS, /* and asks for nobody to be born meanwhile */
	INIT_ENDED,
};

struct joiner_message {
	uint32_t kind;
	int32_t number; /* JOINER_JOINED: host pid of P4; INIT_ENDED: status of waitpid(2) */
	struct fail fail;
};

enum init_order_kind {
	INIT_SIGNAL,
	INIT_END,
};

struct init_order {
	uint32_t kind;
	int32_t signal;
};

/* The joiner's steps, in order; each returns -1 with *why set.  See src/5-attach. */

/* Enters the target's mount namespace, makes a private copy of it and takes away writing. */
int view_enter(const struct plan *plan, const struct joiner_descriptors *fds, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Covers /dev with our own, and puts devices, terminals, toolbox and scratch space there. */
int view_build(const struct plan *plan, const struct joiner_descriptors *fds, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* PLAN_ROOT_OWN, in place of view_enter: namespaces of the session's own, of which this process is the first,
 * and nothing of the host in them. */
int own_enter(const struct plan *plan, const struct joiner_descriptors *fds, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* PLAN_ROOT_SCRATCH, at the end of view_enter: covers the root, which is `root_fd`, with a copy that takes
 * what is written, and enters it. */
int scratch_cover(const struct joiner_descriptors *fds, int root_fd, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* A detached mount of a new filesystem, nosuid, nodev and with the attributes, that is the caller's; `mode`
 * of its root, or NULL.  -1 with errno set. */
int filesystem_make(const char *type, const char *mode, unsigned int attributes)
    __attribute__((nonnull(1), warn_unused_result));

/* An overlay over `count` detached mounts, the uppermost first, that keeps what changes in `tmpfs_fd`, a
 * detached tmpfs that is empty.  `is_users`: the layers were made without root's rights.  The caller must be
 * in a mount namespace of its own.  Returns a detached mount that is the caller's, or -1 with *why set. */
int overlay_make(int tmpfs_fd, const int *layer_fds, size_t count, bool is_users, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* For a session in a pid namespace of its own, by the first process of it, before /dev is read-only: lets
 * what asks for itself in the target's /proc find itself. */
int stealth_cover_proc(const struct joiner_descriptors *fds, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Leaves in the scratch space, for the builtin `entrypoint`, what the runtime was told to start. */
int record_write(const struct plan *plan, const struct joiner_descriptors *fds, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Fills /dev (an empty tmpfs, `new_fd`) after the target's own (`old_fd`), if there is one. */
int devices_fill(int new_fd, int old_fd, bool has_devices, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Shows in the directory `new_fd` every entry of `old_fd` that it has not: links copied, all else bound.
 * Nothing is asked of the entries themselves, one of which may be a mount that hangs. */
int entries_show(int new_fd, int old_fd) __attribute__((warn_unused_result));

enum { IDENTITY_GROUPS_MAX = CONFINEMENT_GROUPS_MAX };

/* Who the session is, in the target's user namespace. */
struct identity {
	uint32_t uid, gid;
	uint32_t group_count;
	uint32_t groups[IDENTITY_GROUPS_MAX];
};

/* From the plan or, for names, from the target's /etc/passwd and /etc/group, read by a child that
 * has no rights. */
int identity_find(struct identity *identity, const struct plan *plan, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Fills the plan's target_environment; it lives until the process ends.  Empty for what does not run. */
int environment_read(struct plan *plan, const struct joiner_descriptors *fds, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* While the host's rights last: the score of the kernel's out-of-memory killer and the label, both of which
 * children inherit, and room for the target's limits. */
int confine_outside(const struct plan *plan, const struct joiner_descriptors *fds, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* By the command itself, last: its limits. */
void confine_command(const struct plan *plan) __attribute__((nonnull));

/* Joins the remaining namespaces, the user namespace last; proves that they are the planned ones. */
int namespaces_join(const struct plan *plan, const struct joiner_descriptors *fds,
		    const struct identity *identity, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Takes every right that the plan does not name, and reads back that it is gone. */
int strip(const struct plan *plan, const struct identity *identity, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* The descriptors that survive into the session init. */
enum init_fd {
	INIT_CONTROL = 3,
	INIT_CGROUP_PROCS = 4,
	INIT_CGROUP_KILL = 5,
	INIT_FD_COUNT = 6,
};

/* The life of P4.  Starts the command and returns only to end the process. */
void init_run(const struct plan *plan) __attribute__((nonnull));

/* P5's first step: the directory in which the command starts.  It may be on a filesystem that never answers.
 * Tells and exits if it is one that was asked for and cannot be entered. */
void launch_enter_directory(const struct plan *plan) __attribute__((nonnull));

/* Becomes the command (P5), or tells why not and exits. */
void launch(const struct plan *plan) __attribute__((nonnull, noreturn));

#endif
