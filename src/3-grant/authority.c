/* SPDX-License-Identifier: GPL-2.0-or-later */
/* caller + policy → the rule that a grant is bounded by. */
#include "authority.h"

#include "grant.h"
#include "text.h"

#include <string.h>

enum { SHOWN_MAX = 256 };

int authority_check(struct authority *authority, const struct request *request, struct fail *why)
{
	int outcome;

	if (!authority->caller.has_rights)
		return grant_check_caller(&authority->caller, NULL, why);
	outcome = policy_load(&authority->policy, why);
	if (outcome < 0)
		return -1;
	authority->has_policy = outcome == 0;
	if (grant_check_caller(&authority->caller, authority->has_policy ? &authority->policy : NULL, why) <
	    0)
		return -1;
	return authority->caller.uid == 0 ? 0 : grant_check_request(request, why);
}

int authority_hide(const struct request *request, struct fail *why)
{
	char shown[SHOWN_MAX];

	*why = (struct fail){ 0 };
	(void)fail_set(
	    why, FAIL_DENIED,
	    "`%s` is no container that you may debug; `debug ls` lists those, and " POLICY_DIRECTORY
	    "/" POLICY_FILE " says which they are",
	    text_encode(shown, sizeof(shown), request->target, strlen(request->target)));
	return 1;
}

int authority_apply(const struct authority *authority, struct request *request, struct target *target,
		    const struct policy_rule **rule, struct fail *why)
{
	*rule = NULL;
	if (authority->caller.uid == 0)
		return 0;
	*rule = policy_find(&authority->policy, &authority->caller, &target->seen);
	if (*rule == NULL)
		return authority_hide(request, why);
	if (request->profile != REQUEST_PROFILE_DEFAULT || (*rule)->profile >= REQUEST_PROFILE_GENERAL)
		return 0;
	request->profile = (*rule)->profile;
	return target_read_confinement(target, request->profile, why);
}

void authority_free(struct authority *authority)
{
	policy_free(&authority->policy);
	authority->has_policy = false;
}
