/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * target + request → grant.  The one profile so far is `general`: root in the target's user
 * namespace with the set a container has by default, what the target has beyond it, and ptrace.
 *
 * Should:  be the only place that decides about power; later stages only carry it out.
 * Mustn't: give anything that reaches around the target: device nodes, handles, modules, mounts.
 */
#include "grant.h"

#include <linux/capability.h>
#include <unistd.h>

#define BIT(capability) (UINT64_C(1) << (capability))

/* What container engines give a container that asks for nothing. */
static const uint64_t container_default =
    BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FSETID) | BIT(CAP_FOWNER) | BIT(CAP_NET_RAW) |
    BIT(CAP_SETGID) | BIT(CAP_SETUID) | BIT(CAP_SETFCAP) | BIT(CAP_SETPCAP) | BIT(CAP_NET_BIND_SERVICE) |
    BIT(CAP_SYS_CHROOT) | BIT(CAP_KILL) | BIT(CAP_AUDIT_WRITE);

/* Never, whatever the target has: each of these reaches the host through a read-only view.
 * DAC_READ_SEARCH opens any file of a filesystem by handle, through a bind of one file of it. */
static const uint64_t never = BIT(CAP_MKNOD) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_SYS_MODULE) |
			      BIT(CAP_SYS_RAWIO) | BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_BOOT) |
			      BIT(CAP_SYS_TIME) | BIT(CAP_BPF) | BIT(CAP_MAC_ADMIN) | BIT(CAP_MAC_OVERRIDE) |
			      BIT(CAP_LINUX_IMMUTABLE);

/* A target that holds all of these has the host's devices already: it is a privileged container. */
static const uint64_t privileged =
    BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_RAWIO) | BIT(CAP_SYS_MODULE) | BIT(CAP_MKNOD) | BIT(CAP_MAC_ADMIN);

uint64_t grant_capabilities(uint64_t target_bounding, bool shares_host_pids)
{
	uint64_t set = container_default | target_bounding;

	/* In the host's pid namespace ptrace would reach the host's own processes. */
	if (!shares_host_pids)
		set |= BIT(CAP_SYS_PTRACE);
	return set & ~never;
}

int grant_check_caller(struct fail *why)
{
	if (geteuid() != 0)
		return fail_set(why, FAIL_DENIED,
				"debug-helper needs root's rights to enter a container; run `sudo debug`");
	if (getuid() != 0)
		return fail_set(why, FAIL_DENIED,
				"debug-helper does not run setuid; run `sudo debug` instead");
	return 0;
}

int grant_decide(struct grant *grant, const struct request *request, const struct target *target,
		 struct fail *why)
{
	const struct namespaces *theirs = &target->namespaces;
	const struct namespaces *ours = &target->ours;
	bool shares_host_pids =
	    !target_is_at_rest(target) && theirs->inode[NAMESPACE_PID] == ours->inode[NAMESPACE_PID];
	bool is_host_user = theirs->inode[NAMESPACE_USER] == ours->inode[NAMESPACE_USER];

	if (grant_check_caller(why) < 0)
		return -1;
	grant->is_write = request->is_write;
	grant->has_devices = is_host_user && (target->bounding & privileged) == privileged;
	grant->capabilities = grant_capabilities(target->bounding, shares_host_pids);
	return 0;
}
