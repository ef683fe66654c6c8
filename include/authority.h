/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who asks, and what the policy lets that user have: all there is to decide for others than root. */
#ifndef DEBUG_AUTHORITY_H
#define DEBUG_AUTHORITY_H

#include "caller.h"
#include "fail.h"
#include "policy.h"
#include "request.h"
#include "target.h"

#include <stdbool.h>

struct authority {
	struct caller caller;
	struct policy policy;
	bool has_policy;
};

/* Reads the policy, of which for root only counts whether sessions must be audited.  -1 with *why set if the
 * caller may nothing, or not this, whatever the target.  The caller of this function ends with
 * authority_free. */
int authority_check(struct authority *authority, const struct request *request, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* What the caller may have of this target: 0 with *rule (NULL for root), and in a request without a profile
 * the greatest that is allowed; 1 with *why set, as if it were not there; -1 with *why set on failure. */
int authority_apply(const struct authority *authority, struct request *request, struct target *target,
		    const struct policy_rule **rule, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* All that somebody who is not root is told of what may not be entered, whether it is there or not.
 * Returns 1. */
int authority_hide(const struct request *request, struct fail *why) __attribute__((nonnull));

void authority_free(struct authority *authority) __attribute__((nonnull));

#endif
