/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debug.conf(5): who but root may have a session with what, if an administrator has made debug-helper setuid.
 */
#ifndef DEBUG_POLICY_H
#define DEBUG_POLICY_H

#include "caller.h"
#include "fail.h"
#include "request.h"
#include "sighting.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICY_DIRECTORY "/etc/debug"
#define POLICY_FILE "debug.conf"

enum { POLICY_TEXT_MAX = 64 << 10 };

/* What a pattern is held against. */
enum policy_key {
	POLICY_RUNTIME,
	POLICY_NAME,
	POLICY_IMAGE,
	POLICY_NAMESPACE, /* of Kubernetes for a pod's container, else containerd's */
	POLICY_LABEL,	  /* the pattern is KEY=PATTERN */
	POLICY_KEY_COUNT,
};

struct policy_rule {
	unsigned int line;
	bool is_permit;
	bool is_group; /* `id` is a group's */
	uint32_t id;
	enum request_profile profile; /* the greatest */
	bool may_write, may_network, may_privileged;
	bool must_record;
	uint32_t max_seconds;			/* 0: no limit */
	uint32_t max_sessions;			/* at one time; never 0 */
	uint32_t max_processes;			/* 0: as many as any session */
	uint64_t max_memory;			/* bytes; 0: as much as any session */
	const char *patterns[POLICY_KEY_COUNT]; /* into the policy's text; or NULL: any */
};

struct policy {
	struct policy_rule *rules; /* owned */
	size_t count, capacity;
	char *text; /* owned */
	bool is_audit_required;
};

/* Numbers of names; false if there is none of that name. */
struct policy_names {
	bool (*find_user)(const char *name, uint32_t *uid);
	bool (*find_group)(const char *name, uint32_t *gid);
};

/* From /etc/passwd and /etc/group alone: what answers for other sources would be loaded code. */
extern const struct policy_names policy_names_of_host;

/* Understands the whole text or refuses it: -1 with *why set, which names `path` and the line.  The caller
 * frees with policy_free in any case. */
int policy_parse(struct policy *policy, const char *path, const char *text, size_t size,
		 const struct policy_names *names, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* /etc/debug/debug.conf, which must be root's alone to write to, as its directory.  1 if there is none; -1
 * with *why set. */
int policy_load(struct policy *policy, struct fail *why) __attribute__((nonnull, warn_unused_result));

/* Reads that file, or the draft at `path` if that is not NULL, which may be anybody's; and says in `summary`
 * what is in it.  -1 with *why set. */
int policy_check(const char *path, char *summary, size_t capacity, struct fail *why)
    __attribute__((nonnull(2, 4), warn_unused_result));

/* Whether any rule permits the caller anything: known before a target is looked for. */
bool policy_knows(const struct policy *policy, const struct caller *caller) __attribute__((nonnull));

/* The rule that lets the caller have a session with that container: the last that fits both, if it is one
 * that permits.  NULL: there is none.  Only what the system's own engines run is ever permitted. */
const struct policy_rule *policy_find(const struct policy *policy, const struct caller *caller,
				      const struct sighting *seen) __attribute__((nonnull));

void policy_free(struct policy *policy) __attribute__((nonnull));

#endif
