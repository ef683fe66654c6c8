/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * target + request → grant: the profiles, smallest first.
 *
 *              user             capabilities                                 filter      label
 *   app        the target's     the target's sets                            target's*   the target's
 *   restricted the target's**   none                                         container   the target's
 *   baseline   root             what engines give by default                 container   the target's
 *   general    root             that, the target's bounding set, ptrace      session     none
 *   netadmin   root             that, net_admin, net_raw                     session     none
 *   sysadmin   root             all but those that reach around a target     sysadmin    none
 *
 *   *  container if it is not known, session if there is none      ** nobody if that is root
 *
 * For others than root a rule of debug.conf(5) is the bound of that (policy.c).
 *
 * Should:  be the only place that decides about power; later stages only carry it out.
 * Mustn't: give anything that reaches around the target: device nodes, handles, modules.
 */
#include "grant.h"

#include "capabilities.h"

#include <linux/capability.h>

#define BIT(capability) CAPABILITY_BIT(capability)

/* What container engines give a container that asks for nothing. */
static const uint64_t container_default =
    BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FSETID) | BIT(CAP_FOWNER) | BIT(CAP_NET_RAW) |
    BIT(CAP_SETGID) | BIT(CAP_SETUID) | BIT(CAP_SETFCAP) | BIT(CAP_SETPCAP) | BIT(CAP_NET_BIND_SERVICE) |
    BIT(CAP_SYS_CHROOT) | BIT(CAP_KILL) | BIT(CAP_AUDIT_WRITE);

/* Never, whatever the target has and whoever asks: each of these reaches the host through any view.
 * DAC_READ_SEARCH opens any file of a filesystem by handle, through a bind of one file of it. */
static const uint64_t never =
    BIT(CAP_MKNOD) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_SYS_MODULE) | BIT(CAP_SYS_RAWIO);

/* Nor these, which are the whole machine's. */
static const uint64_t machine = BIT(CAP_SYS_BOOT) | BIT(CAP_SYS_TIME) | BIT(CAP_MAC_ADMIN) |
				BIT(CAP_MAC_OVERRIDE) | BIT(CAP_LINUX_IMMUTABLE);

/* Of the rest, only for sysadmin. */
static const uint64_t administrator = BIT(CAP_SYS_ADMIN) | BIT(CAP_BPF);

/* A target that holds all of these has the host's devices already: it is a privileged container. */
static const uint64_t privileged =
    BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_RAWIO) | BIT(CAP_SYS_MODULE) | BIT(CAP_MKNOD) | BIT(CAP_MAC_ADMIN);

uint64_t grant_capabilities(enum request_profile profile, uint64_t target_bounding, bool shares_host_pids)
{
	uint64_t set = container_default | target_bounding;

	/* In the host's pid namespace ptrace would reach the host's own processes. */
	if (!shares_host_pids)
		set |= BIT(CAP_SYS_PTRACE);
	switch (profile) {
	case REQUEST_PROFILE_APP:
		return target_bounding & ~never;
	case REQUEST_PROFILE_RESTRICTED:
	case REQUEST_PROFILE_COUNT:
		return 0;
	case REQUEST_PROFILE_BASELINE:
		return container_default;
	case REQUEST_PROFILE_DEFAULT:
	case REQUEST_PROFILE_GENERAL:
		break;
	case REQUEST_PROFILE_NETADMIN:
		set |= BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW);
		break;
	case REQUEST_PROFILE_SYSADMIN:
		return capability_all & ~(never | machine);
	}
	return set & ~(never | machine | administrator);
}

static enum grant_filter choose_filter(enum request_profile profile, const struct target *target)
{
	switch (profile) {
	case REQUEST_PROFILE_APP:
		return target->filter_count > 0		? GRANT_FILTER_TARGET
		       : target->confinement.has_filter ? GRANT_FILTER_CONTAINER
							: GRANT_FILTER_SESSION;
	case REQUEST_PROFILE_RESTRICTED:
	case REQUEST_PROFILE_BASELINE:
	case REQUEST_PROFILE_COUNT:
		return GRANT_FILTER_CONTAINER;
	case REQUEST_PROFILE_DEFAULT:
	case REQUEST_PROFILE_GENERAL:
	case REQUEST_PROFILE_NETADMIN:
		return GRANT_FILTER_SESSION;
	case REQUEST_PROFILE_SYSADMIN:
		return GRANT_FILTER_SYSADMIN;
	}
	return GRANT_FILTER_CONTAINER;
}

static int check_added(const struct request *request, struct fail *why)
{
	const uint64_t refused = request->cap_add & (never | machine);
	char names[CAPABILITY_NAMES_MAX];

	if (request->cap_add == 0)
		return 0;
	if (request->cap_add == capability_all)
		return fail_set(why, FAIL_DENIED,
				"not all capabilities can be added; --profile sysadmin has what can be had");
	if (refused != 0)
		return fail_set(why, FAIL_DENIED,
				"%s is never given, since it reaches around the container; leave it out",
				capability_list(refused, names, sizeof(names)));
	if ((request->cap_add & administrator) != 0 && request->profile != REQUEST_PROFILE_SYSADMIN)
		return fail_set(why, FAIL_DENIED, "%s comes with --profile sysadmin only",
				capability_list(request->cap_add & administrator, names, sizeof(names)));
	if (request->profile == REQUEST_PROFILE_APP || request->profile == REQUEST_PROFILE_RESTRICTED)
		return fail_set(
		    why, FAIL_TOOL,
		    "--profile %s has no more rights than the target itself; leave --cap-add out, "
		    "or give --profile baseline",
		    request_profile_name(request->profile));
	return 0;
}

static int check_profile(const struct request *request, const struct target *target, struct fail *why)
{
	if (request->profile != REQUEST_PROFILE_APP)
		return 0;
	if (target_is_at_rest(target))
		return fail_set(why, FAIL_TOOL,
				"--profile app is what a running process has, and `%s` does not run; "
				"--profile restricted is near",
				target->seen.name);
	if (request->user != NULL)
		return fail_set(why, FAIL_TOOL,
				"--profile app is the target's own user; leave --user out, or give --profile "
				"restricted");
	return 0;
}

int grant_check_caller(const struct caller *caller, const struct policy *policy, struct fail *why)
{
	if (!caller->has_rights)
		return fail_set(why, FAIL_DENIED,
				"debug-helper needs root's rights to enter a container; run `sudo debug`");
	if (caller->uid == 0)
		return 0;
	if (policy == NULL)
		return fail_set(why, FAIL_DENIED,
				"debug-helper is for root alone as long as there is no " POLICY_DIRECTORY
				"/" POLICY_FILE " (debug.conf(5)); run `sudo debug`");
	if (!policy_knows(policy, caller))
		return fail_set(why, FAIL_DENIED,
				POLICY_DIRECTORY
				"/" POLICY_FILE
				" permits user %u nothing; ask who keeps it, or run `sudo debug`",
				(unsigned int)caller->uid);
	return 0;
}

int grant_check_request(const struct request *request, struct fail *why)
{
	if (request->action == REQUEST_TOOLBOX)
		return fail_set(why, FAIL_DENIED,
				"only root may change or look into the toolbox; run `sudo debug toolbox`");
	if (request->docker_socket != NULL)
		return fail_set(
		    why, FAIL_DENIED,
		    "only root may name a socket of Docker's; unset DOCKER_HOST and DOCKER_CONTEXT, "
		    "or run `sudo debug`");
	if (request->action == REQUEST_SESSION && request_is_path(request->target))
		return fail_set(
		    why, FAIL_DENIED,
		    "only root may look into an image or a directory by its path; run `sudo debug`");
	return 0;
}

/* In the order of the enumeration each profile has what the one before it has, but for `app`: that is as much
 * as the target has. */
static bool is_profile_within(enum request_profile asked, enum request_profile greatest)
{
	if (asked == REQUEST_PROFILE_DEFAULT)
		asked = REQUEST_PROFILE_GENERAL;
	if (asked == REQUEST_PROFILE_APP)
		return greatest == REQUEST_PROFILE_APP || greatest >= REQUEST_PROFILE_GENERAL;
	return greatest != REQUEST_PROFILE_APP && asked <= greatest;
}

static bool has_host_network(const struct target *target)
{
	return !target_is_at_rest(target) &&
	       target->namespaces.inode[NAMESPACE_USER] == target->ours.inode[NAMESPACE_USER] &&
	       target->namespaces.inode[NAMESPACE_NET] == target->ours.inode[NAMESPACE_NET];
}

/* A session in what reaches the host is one on the host. */
static bool reaches_host(const struct target *target, uint64_t capabilities)
{
	const uint64_t strong = (never | machine | administrator) & ~BIT(CAP_MKNOD);
	const struct namespaces *theirs = &target->namespaces;
	const struct namespaces *ours = &target->ours;

	if (target_is_at_rest(target))
		return false;
	/* In a user namespace of its own a capability reaches no further than that. */
	if (theirs->inode[NAMESPACE_USER] == ours->inode[NAMESPACE_USER] && (target->bounding & strong) != 0)
		return true;
	/* To change the host's network, or to read all that goes over it. */
	if (has_host_network(target) && (capabilities & (BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW))) != 0)
		return true;
	return theirs->inode[NAMESPACE_PID] == ours->inode[NAMESPACE_PID] ||
	       theirs->inode[NAMESPACE_MOUNT] == ours->inode[NAMESPACE_MOUNT];
}

static int check_rule(const struct request *request, const struct target *target,
		      const struct policy_rule *rule, uint64_t capabilities, struct fail *why)
{
	char names[CAPABILITY_NAMES_MAX];
	const bool shares_host_pids = !target_is_at_rest(target) && target->namespaces.inode[NAMESPACE_PID] ==
									target->ours.inode[NAMESPACE_PID];
	const uint64_t beyond = request->cap_add & capabilities &
				~grant_capabilities(rule->profile, target->bounding, shares_host_pids);

	if (!is_profile_within(request->profile, rule->profile))
		return fail_set(why, FAIL_DENIED,
				"you may have --profile %s here, and not %s; give that, or run `sudo debug`",
				request_profile_name(rule->profile), request_profile_name(request->profile));
	if (beyond != 0)
		return fail_set(
		    why, FAIL_DENIED,
		    "--profile %s, the most that you may have here, has no %s; leave --cap-add out",
		    request_profile_name(rule->profile), capability_list(beyond, names, sizeof(names)));
	if (request->is_write && !rule->may_write)
		return fail_set(why, FAIL_DENIED,
				"you may look at `%s`, but not write to it; leave --write out, or try "
				"--scratch",
				target->seen.name);
	if (request->network == REQUEST_NETWORK_HOST && !rule->may_network)
		return fail_set(why, FAIL_DENIED,
				"you may not have the host's network; leave --network host out");
	if (!rule->may_privileged && reaches_host(target, capabilities))
		return fail_set(
		    why, FAIL_DENIED,
		    "`%s` is a privileged container or has the host's processes, so that a session "
		    "in it would reach the host; run `sudo debug`",
		    target->seen.name);
	return 0;
}

int grant_decide(struct grant *grant, const struct request *request, const struct target *target,
		 const struct policy_rule *rule, struct fail *why)
{
	const struct namespaces *theirs = &target->namespaces;
	const struct namespaces *ours = &target->ours;
	bool shares_host_pids =
	    !target_is_at_rest(target) && theirs->inode[NAMESPACE_PID] == ours->inode[NAMESPACE_PID];
	const enum request_profile profile = request->profile;
	bool is_host_user = theirs->inode[NAMESPACE_USER] == ours->inode[NAMESPACE_USER];

	if (check_added(request, why) < 0 || check_profile(request, target, why) < 0)
		return -1;
	*grant = (struct grant){
		.is_write = request->is_write,
		.is_as_target = profile == REQUEST_PROFILE_APP,
		.is_never_root = profile == REQUEST_PROFILE_RESTRICTED,
		.has_label = request_profile_is_confined(profile),
		.may_install = rule == NULL,
		.filter = choose_filter(profile, target),
		.capabilities =
		    (grant_capabilities(profile, target->bounding, shares_host_pids) | request->cap_add) &
		    ~request->cap_drop,
	};
	grant->has_devices = is_host_user && (target->bounding & privileged) == privileged &&
			     (grant->is_as_target || !grant->has_label);
	if (rule == NULL)
		return 0;
	grant->rule = rule->line;
	grant->max_seconds = rule->max_seconds;
	grant->max_sessions = rule->max_sessions;
	grant->max_processes = rule->max_processes;
	grant->max_memory = rule->max_memory;
	grant->must_record = rule->must_record;
	/* Most tools do without, so that a session is not refused for what nobody has asked for. */
	if (!rule->may_privileged && !grant->is_as_target && has_host_network(target))
		grant->capabilities &= ~BIT(CAP_NET_RAW) | request->cap_add;
	return check_rule(request, target, rule, grant->capabilities, why);
}
