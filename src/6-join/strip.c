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
#include <string.h>
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

/* The kernel keeps groups in an order of its own. */
static bool has_groups(const struct identity *identity)
{
	gid_t now[IDENTITY_GROUPS_MAX];
	const int count = getgroups(IDENTITY_GROUPS_MAX, now);

	if (count < 0 || (uint32_t)count != identity->group_count)
		return false;
	for (int i = 0; i < count; i++) {
		bool is_meant = false;

		for (uint32_t j = 0; j < identity->group_count; j++)
			is_meant = is_meant || now[i] == identity->groups[j];
		if (!is_meant)
			return false;
	}
	return true;
}

static int become(const struct identity *identity, const uint32_t uid[CONFINEMENT_IDS],
		  const uint32_t gid[CONFINEMENT_IDS], struct fail *why)
{
	gid_t groups[IDENTITY_GROUPS_MAX];
	uid_t now[CONFINEMENT_IDS];
	gid_t now_gid[CONFINEMENT_IDS];

	for (uint32_t i = 0; i < identity->group_count; i++)
		groups[i] = identity->groups[i];
	if (identity->group_count > 0 && setgroups(identity->group_count, groups) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot take the groups of user %u", identity->uid);
	if (setresgid(gid[0], gid[1], gid[2]) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot become group %u", gid[1]);
	if (setresuid(uid[0], uid[1], uid[2]) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot become user %u", uid[1]);
	if (getresgid(&now_gid[0], &now_gid[1], &now_gid[2]) < 0 ||
	    memcmp(now_gid, gid, sizeof(now_gid)) != 0 || !has_groups(identity))
		return fail_set(why, FAIL_TOOL, "the change to the groups of user %u did not take", uid[1]);
	if (getresuid(&now[0], &now[1], &now[2]) < 0 || memcmp(now, uid, sizeof(now)) != 0)
		return fail_set(why, FAIL_TOOL, "the change to user %u did not take", uid[1]);
	return 0;
}

struct sets {
	uint64_t permitted, effective, inheritable, ambient;
};

static int flag(cap_t wanted, cap_flag_t kind, uint64_t set)
{
	const int count = (int)cap_max_bits();
	int failed = 0;

	for (int capability = 0; failed == 0 && capability < count; capability++) {
		const cap_value_t value = (cap_value_t)capability;

		/* The host itself may lack one, and what is not ours cannot be kept. */
		if (has_bit(set, capability) && cap_get_bound(value) == 1)
			failed = cap_set_flag(wanted, kind, 1, &value, CAP_SET);
	}
	return failed;
}

static int raise_ambient(uint64_t set)
{
	const int count = (int)cap_max_bits();

	for (int capability = 0; capability < count; capability++)
		if (has_bit(set, capability) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
			return -1;
	return 0;
}

static int set_capabilities(const struct sets *sets, struct fail *why)
{
	cap_t wanted = cap_init();
	cap_t now = NULL;
	int failed = wanted == NULL || flag(wanted, CAP_PERMITTED, sets->permitted) < 0 ||
			     flag(wanted, CAP_EFFECTIVE, sets->effective) < 0 ||
			     flag(wanted, CAP_INHERITABLE, sets->inheritable) < 0
			 ? -1
			 : cap_set_proc(wanted);

	if (failed == 0) {
		now = cap_get_proc();
		failed = now == NULL || cap_compare(now, wanted) != 0 ? -1 : raise_ambient(sets->ambient);
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

/* The plan's set for root, nothing for anybody else; or all as the target has them, within that set. */
static struct sets choose_sets(const struct plan *plan, const struct identity *identity)
{
	const struct confinement *target = &plan->numbers.confinement;
	const uint64_t kept = plan->numbers.capabilities;
	const uint64_t held = identity->uid == 0 ? kept : 0;

	if (!plan->numbers.is_as_target)
		return (struct sets){ .permitted = held, .effective = held };
	return (struct sets){
		.permitted = target->permitted & kept,
		.effective = target->effective & kept,
		.inheritable = target->inheritable & kept,
		.ambient = target->ambient & kept,
	};
}

static int load_filter(const struct sock_fprog *filter, struct fail *why)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot load the session's seccomp filter");
	return 0;
}

/* The strictest answer of all that are loaded counts (seccomp(2)). */
static int load_filters(enum grant_filter filter, struct fail *why)
{
	switch (filter) {
	case GRANT_FILTER_SYSADMIN:
		return load_filter(&filter_sysadmin, why);
	case GRANT_FILTER_TARGET: /* the command loads that itself: it may refuse what is still to be done */
	case GRANT_FILTER_SESSION:
		return load_filter(&filter_session, why);
	case GRANT_FILTER_CONTAINER:
		return load_filter(&filter_session, why) < 0 ? -1 : load_filter(&filter_container, why);
	case GRANT_FILTER_COUNT:
		break;
	}
	return fail_set(why, FAIL_TOOL, "the plan names no seccomp filter");
}

/* As with ids and capabilities, what was asked for is not taken for what is. */
static int check_sealed(struct fail *why)
{
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && prctl(PR_GET_DUMPABLE) == 0 &&
	    prctl(PR_GET_SECCOMP) == SECCOMP_MODE_FILTER)
		return 0;
	return fail_set(why, FAIL_TOOL, "the seal of the session's first process did not take hold");
}

int strip(const struct plan *plan, const struct identity *identity, struct fail *why)
{
	const struct plan_numbers *numbers = &plan->numbers;
	const struct sets sets = choose_sets(plan, identity);
	const uint32_t uid[] = { identity->uid, identity->uid, identity->uid };
	const uint32_t gid[] = { identity->gid, identity->gid, identity->gid };
	const bool is_exact = numbers->is_as_target;

	if (drop_bounding(numbers->capabilities, why) < 0)
		return -1;
	/* What the target's user keeps without being root must outlive the change of ids. */
	if (prctl(PR_SET_KEEPCAPS, sets.permitted != 0, 0, 0, 0) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot keep the session's capabilities");
	if (become(identity, is_exact ? numbers->confinement.uid : uid,
		   is_exact ? numbers->confinement.gid : gid, why) < 0 ||
	    set_capabilities(&sets, why) < 0 || check_bounding(numbers->capabilities, why) < 0)
		return -1;
	if (chdir("/") < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot enter the session's root");
	/* Changing ids made us dumpable again; the init must not be read by its like (ptrace(2)). */
	if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot seal the session's first process");
	return load_filters((enum grant_filter)numbers->filter, why) < 0 ? -1 : check_sealed(why);
}
