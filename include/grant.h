/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a session may do, decided from who asks, what was asked and what the target itself may do. */
#ifndef DEBUG_GRANT_H
#define DEBUG_GRANT_H

#include "caller.h"
#include "fail.h"
#include "policy.h"
#include "request.h"
#include "target.h"

#include <stdbool.h>
#include <stdint.h>

/* Which system calls a session is refused, besides what its capabilities refuse. */
enum grant_filter {
	GRANT_FILTER_SESSION,	/* what no debugging tool needs */
	GRANT_FILTER_CONTAINER, /* what engines refuse a container by default */
	GRANT_FILTER_TARGET,	/* what the target's own filter refuses, besides the session's */
	GRANT_FILTER_SYSADMIN,	/* the session's, but for tools that look into the kernel */
	GRANT_FILTER_COUNT,
};

struct grant {
	bool is_write;
	bool has_devices;   /* may open every device node that the target has in /dev */
	bool is_as_target;  /* ids, sets of capabilities and limits are those of the target's process */
	bool is_never_root; /* whoever the user is */
	bool has_label;	    /* the target's security label (AppArmor, SELinux) is taken over */
	enum grant_filter filter;
	uint64_t capabilities;	/* the session's bounding set, one bit per CAP_* */
	bool may_install;	/* packages into the toolbox of root, whom the session is run by */
	bool must_record;	/* the helper keeps what passes */
	uint32_t max_seconds;	/* then it ends; 0: no limit */
	uint32_t max_sessions;	/* that the caller may have at one time; 0: no limit */
	uint32_t max_processes; /* 0: as many as any session */
	uint64_t max_memory;	/* bytes; 0: as much as any session */
	unsigned int rule;	/* line of the policy that permits it; 0: root needs none */
};

/* Pure.  `rule` is what permits the caller this target (policy_find), or NULL for root.  -1 with *why set if
 * the session may not be had as it is asked for. */
int grant_decide(struct grant *grant, const struct request *request, const struct target *target,
		 const struct policy_rule *rule, struct fail *why)
    __attribute__((nonnull(1, 2, 3, 5), warn_unused_result));

/* The caller's part of it alone, before anything is looked up: so that a user without rights
 * learns nothing about which containers exist.  `policy` is NULL if there is none. */
int grant_check_caller(const struct caller *caller, const struct policy *policy, struct fail *why)
    __attribute__((nonnull(1, 3), warn_unused_result));

/* What of a request is root's alone, whatever a rule permits: files of the caller's choice are mounted or
 * connected to with root's rights. */
int grant_check_request(const struct request *request, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* The capability set of a profile for a target with these properties; split out for tests. */
uint64_t grant_capabilities(enum request_profile profile, uint64_t target_bounding, bool shares_host_pids);

#endif
