/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last act with rights: giving them up.  The order is forced: the bounding set needs
 * CAP_SETPCAP, ids need CAP_SETUID, and an id change clears capabilities.
 *
 * Should:  end with exactly the plan's capabilities in every set, and prove it.
 * Mustn't: go on if any drop fails or does not read back.
 */
#include "joiner.h"

#include "filters.h"

#include <errno.h>
#include <grp.h>
#include <sys/capability.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

static bool has_bit(uint64_t set, int capability)
{
	return capability < 64 && (set & (UINT64_C(1) << capability)) != 0;
}

/* libcap asks the kernel about every capability before and after each drop; the same in one call
 * each, which is most of the cost of this file. */
static int drop_bounding(uint64_t kept, struct fail *why)
{
	const int count = (int)cap_max_bits();

	for (int capability = 0; capability < count; capability++)
		if (!has_bit(kept, capability) && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			return fail_errno(why, FAIL_TOOL, errno, "cannot drop capability %d", capability);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot drop the ambient capabilities");
	return 0;
}

static int become(const struct identity *identity, struct fail *why)
{
	gid_t groups[IDENTITY_GROUPS_MAX];
	uid_t uid[3];

	for (uint32_t i = 0; i < identity->group_count; i++)
		groups[i] = identity->groups[i];
	if (identity->group_count > 0 && setgroups(identity->group_count, groups) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot take the groups of user %u", identity->uid);
	if (setresgid(identity->gid, identity->gid, identity->gid) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot become group %u", identity->gid);
	if (setresuid(identity->uid, identity->uid, identity->uid) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot become user %u", identity->uid);
	if (getresuid(&uid[0], &uid[1], &uid[2]) < 0 || uid[0] != identity->uid || uid[1] != identity->uid ||
	    uid[2] != identity->uid)
		return fail_set(why, FAIL_TOOL, "the change to user %u did not take", identity->uid);
	return 0;
}

/* Permitted and effective: the plan's set for root, nothing for anybody else; inheritable: nothing. */
static int set_capabilities(uint64_t set, struct fail *why)
{
	const int count = (int)cap_max_bits();
	cap_t wanted = cap_init();
	cap_t now = NULL;
	int failed = wanted == NULL ? -1 : 0;

	for (int capability = 0; failed == 0 && capability < count; capability++) {
		const cap_value_t value = (cap_value_t)capability;

		/* The host itself may lack one, and what is not ours cannot be kept. */
		if (!has_bit(set, capability) || cap_get_bound(value) != 1)
			continue;
		if (cap_set_flag(wanted, CAP_PERMITTED, 1, &value, CAP_SET) < 0 ||
		    cap_set_flag(wanted, CAP_EFFECTIVE, 1, &value, CAP_SET) < 0)
			failed = -1;
	}
	if (failed == 0)
		failed = cap_set_proc(wanted);
	if (failed == 0) {
		now = cap_get_proc();
		failed = now == NULL || cap_compare(now, wanted) != 0 ? -1 : 0;
	}
	(void)cap_free(wanted);
	(void)cap_free(now);
	if (failed < 0)
		return fail_set(why, FAIL_TOOL, "cannot reduce the session's capabilities");
	return 0;
}

static int check_bounding(uint64_t kept, struct fail *why)
{
	const int count = (int)cap_max_bits();

	for (int capability = 0; capability < count; capability++)
		if (!has_bit(kept, capability) && cap_get_bound((cap_value_t)capability) != 0)
			return fail_set(why, FAIL_TOOL, "capability %d could not be dropped", capability);
	return 0;
}

int strip(const struct plan *plan, const struct identity *identity, struct fail *why)
{
	const uint64_t kept = plan->numbers.capabilities;

	if (drop_bounding(kept, why) < 0 || become(identity, why) < 0 ||
	    set_capabilities(identity->uid == 0 ? kept : 0, why) < 0 || check_bounding(kept, why) < 0)
		return -1;
	if (chdir("/") < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot enter the session's root");
	/* Changing ids made us dumpable again; the init must not be read by its like (ptrace(2)). */
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter_session) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot load the session's seccomp filter");
	return 0;
}
