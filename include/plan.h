/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What will be done, as pure data: made by the helper, printed by --dry-run, carried out by the
 * joiner. */
#ifndef DEBUG_PLAN_H
#define DEBUG_PLAN_H

#include "fail.h"
#include "grant.h"
#include "proc.h"
#include "request.h"
#include "target.h"
#include "wire.h"

#include <stdint.h>

#define PLAN_TOOLBOX "/dev/toolbox"

/* What `/` of the session is. */
enum plan_root {
	PLAN_ROOT_LIVE,	   /* the target's own root mount */
	PLAN_ROOT_SCRATCH, /* an overlay over it; what is written ends with the session */
	PLAN_ROOT_OWN,	   /* an overlay of layers that no container has mounted; own namespaces */
};

/* The part of fixed size, which crosses to the joiner byte for byte. */
struct plan_numbers {
	uint32_t version;
	int32_t target_pid;
	uint32_t joined;		      /* CLONE_NEW* of the namespaces to join; pid last, user apart */
	uint64_t namespaces[NAMESPACE_COUNT]; /* the ones to end up in, or 0 */
	uint64_t capabilities;
	uint32_t uid, gid;    /* inside the target's user namespace */
	uint8_t filter;	      /* enum grant_filter */
	uint8_t is_as_target; /* ids, sets and limits of `confinement`; uid and gid say nothing */
	uint8_t is_never_root;
	uint8_t has_label;     /* that of `confinement` */
	uint8_t is_user_named; /* `user` must be looked up in the target's passwd */
	uint8_t root;	       /* enum plan_root */
	uint8_t is_stealth;
	uint8_t is_network_host; /* PLAN_ROOT_OWN */
	uint8_t is_write;
	uint8_t has_devices;
	uint8_t has_terminal;
	uint8_t may_install;
	uint8_t is_recorded; /* by the helper */
	uint16_t rows, columns;
	uint64_t memory_max; /* bytes; 0: as much as any session */
	uint32_t processes_max;
	uint32_t max_seconds; /* the session ends then; 0: when it likes */
	uint32_t environment_count;
	uint32_t command_count;
	uint32_t target_environment_size;
	uint32_t configured_size;
	uint32_t filter_count;
	struct confinement confinement; /* struct target's */
};

/* All pointers are lent, from the request, the target, or a mapping. */
struct plan {
	struct plan_numbers numbers;
	const char *target_name;
	const char *user; /* NAME, NAME:GROUP, 0:GROUP, ... if is_user_named, else NULL */
	const char *workdir;
	const char *fallback_workdir; /* the target's own, used when `workdir` is NULL */
	const char *shell;	      /* the one to use, or NULL */
	const char *caller_shell;     /* the one to use then, if the toolbox has it; or NULL */
	const char *shell_line;
	const char *terminal_type;
	const char **environment;
	const char **command;
	const char *target_environment;		 /* read by the joiner alone (environment_read) */
	const char *configured;			 /* struct sighting says what */
	const struct sock_filter *target_filter; /* filter_count instructions, for GRANT_FILTER_TARGET */
};

/* Pure: no system calls. */
int plan_make(struct plan *plan, const struct request *request, const struct target *target,
	      const struct grant *grant, struct fail *why) __attribute__((nonnull, warn_unused_result));

/* Text for people, one step per line, into `out`; always terminated. */
void plan_describe(const struct plan *plan, char *out, size_t capacity) __attribute__((nonnull));

/* To and from a sealed memfd.  After plan_get the strings point into the reader's mapping and the
 * arrays are allocated for the life of the process. */
void plan_put(const struct plan *plan, struct wire_writer *writer) __attribute__((nonnull));
int plan_get(struct plan *plan, struct wire_reader *reader) __attribute__((nonnull, warn_unused_result));

#endif
