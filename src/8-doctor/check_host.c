/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the host puts around a session: control groups, security modules, and the rights that this
 * process was left with.
 */
#include "doctor_checks.h"

#include "cgroup.h"
#include "fd.h"

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define BIT(capability) (UINT64_C(1) << (capability))

enum { LINE_MAX_LENGTH = 200, STATUS_MAX = 16 << 10, DEADLINE_MS = 2000 };

/* Inode numbers of the first namespaces (PROC_*_INIT_INO of the kernel's proc_ns.h). */
static const ino_t first_pid_namespace = 0xEFFFFFFC;
static const ino_t first_user_namespace = 0xEFFFFFFD;

static const char *describe_layout(const struct cgroup *cgroup)
{
	struct statfs status;

	if (statfs("/sys/fs/cgroup", &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC)
		return "v2";
	return cgroup->fd[CGROUP_UNIFIED] != FD_NONE ? "v1 with v2 beside it (hybrid)" : "v1";
}

/* The controllers whose limits a session gets, and those that are not there. */
static void sort_limits(const struct cgroup *cgroup, char *given, char *absent, size_t capacity)
{
	static const struct {
		enum cgroup_hierarchy hierarchy;
		const char *v1, *v2, *what;
	} limits[] = {
		{ CGROUP_MEMORY, "memory.limit_in_bytes", "memory.max", "memory (512 MB)" },
		{ CGROUP_PIDS, "pids.max", "pids.max", "processes (1024)" },
		{ CGROUP_CPU, "cpu.shares", "cpu.weight", "cpu (a small share)" },
	};

	given[0] = absent[0] = '\0';
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		const int v1_fd = cgroup->fd[limits[i].hierarchy];
		const int v2_fd = cgroup->fd[CGROUP_UNIFIED];
		const bool is_there = (v1_fd != FD_NONE && faccessat(v1_fd, limits[i].v1, W_OK, 0) == 0) ||
				      (v2_fd != FD_NONE && faccessat(v2_fd, limits[i].v2, W_OK, 0) == 0);
		char *list = is_there ? given : absent;

		if (list[0] != '\0')
			(void)strlcat(list, ", ", capacity);
		(void)strlcat(list, limits[i].what, capacity);
	}
}

static void check_birth(struct cgroup *cgroup)
{
	int error;

	if (cgroup->fd[CGROUP_UNIFIED] == FD_NONE)
		return;
	error = probe_run(probe_cgroup_birth, &cgroup->fd[CGROUP_UNIFIED], DEADLINE_MS);
	if (error == 0)
		doctor_say(DOCTOR_CGROUP, "birth inside", DOCTOR_OK, DOCTOR_NEEDED | DOCTOR_FOLDED,
			   "clone3 starts a process in a cgroup of v2");
	else
		doctor_say(
		    DOCTOR_CGROUP, "birth inside", DOCTOR_MISSING, DOCTOR_NEEDED,
		    "a process cannot be started in a cgroup of v2 (%s); Linux 5.7 or later can, if no "
		    "seccomp filter refuses clone3",
		    strerrordesc_np(error));
}

void check_cgroup(int host_proc_fd, bool is_root)
{
	struct cgroup cgroup;
	struct fail why = { 0 };
	char given[LINE_MAX_LENGTH];
	char absent[LINE_MAX_LENGTH];

	if (!is_root) {
		doctor_say(DOCTOR_CGROUP, "own cgroup", DOCTOR_UNKNOWN, DOCTOR_NEEDED | DOCTOR_FOLDED,
			   "only root can make one");
		return;
	}
	if (cgroup_create(&cgroup, &(struct cgroup_limits){ 0 }, host_proc_fd, &why) < 0) {
		doctor_say(DOCTOR_CGROUP, "own cgroup", DOCTOR_MISSING, DOCTOR_NEEDED,
			   "%s (is /sys/fs/cgroup mounted, and writable?)", why.text);
		return;
	}
	doctor_say(DOCTOR_CGROUP, "layout", DOCTOR_OK, DOCTOR_FOLDED, "%s", describe_layout(&cgroup));
	sort_limits(&cgroup, given, absent, sizeof(given));
	if (absent[0] == '\0')
		doctor_say(DOCTOR_CGROUP, "own cgroup", DOCTOR_OK, DOCTOR_NEEDED,
			   "cgroup %s; a session's own limits: %s", describe_layout(&cgroup), given);
	else
		doctor_say(DOCTOR_CGROUP, "own cgroup", DOCTOR_LIMITED, DOCTOR_NEEDED,
			   "cgroup %s; a session is not limited in %s: enable the controllers (v2: "
			   "cgroup.subtree_control of the root)",
			   describe_layout(&cgroup), absent);
	check_birth(&cgroup);
	if (!cgroup_destroy(&cgroup))
		doctor_say(
		    DOCTOR_CGROUP, "removal", DOCTOR_LIMITED, 0,
		    "the cgroup made for this check could not be removed; the next session will try again");
}

static void check_modules(void)
{
	char line[LINE_MAX_LENGTH];

	if (check_read_line("/sys/kernel/security/lsm", line, sizeof(line)))
		doctor_say(DOCTOR_SECURITY, "modules", DOCTOR_OK, 0, "%s", line);
	else
		doctor_say(
		    DOCTOR_SECURITY, "modules", DOCTOR_UNKNOWN, 0,
		    "cannot be told: securityfs is not mounted at /sys/kernel/security, or is not shown to us");
	if (check_read_line("/sys/module/apparmor/parameters/enabled", line, sizeof(line)) && line[0] == 'Y')
		doctor_say(
		    DOCTOR_SECURITY, "AppArmor", DOCTOR_OK, 0,
		    "active; a session is not put under the target's profile, so it does not show refusals "
		    "that come from it");
	else
		doctor_say(DOCTOR_SECURITY, "AppArmor", DOCTOR_OK, DOCTOR_FOLDED, "not active");
	if (!check_read_line("/sys/fs/selinux/enforce", line, sizeof(line)))
		doctor_say(DOCTOR_SECURITY, "SELinux", DOCTOR_OK, DOCTOR_FOLDED, "not active");
	else if (line[0] == '1')
		doctor_say(
		    DOCTOR_SECURITY, "SELinux", DOCTOR_LIMITED, 0,
		    "enforcing; a session keeps the caller's label: run it from an unconfined one, and "
		    "see `ausearch -m avc` if something is refused");
	else
		doctor_say(DOCTOR_SECURITY, "SELinux", DOCTOR_OK, DOCTOR_FOLDED, "permissive");
}

static void check_tracing(void)
{
	char line[LINE_MAX_LENGTH];
	char chosen[LINE_MAX_LENGTH];

	if (!check_read_line("/proc/sys/kernel/yama/ptrace_scope", line, sizeof(line)) || line[0] == '0')
		doctor_say(DOCTOR_SECURITY, "yama", DOCTOR_OK, DOCTOR_FOLDED, "does not restrict tracing");
	else if (line[0] == '3')
		doctor_say(
		    DOCTOR_SECURITY, "yama", DOCTOR_LIMITED, 0,
		    "ptrace_scope is 3: nothing can be traced, so strace and gdb do not work until a boot "
		    "without it");
	else
		doctor_say(DOCTOR_SECURITY, "yama", DOCTOR_OK, 0,
			   "ptrace_scope is %c: a session may trace as root, not with --user", line[0]);
	if (!check_read_line("/sys/kernel/security/lockdown", line, sizeof(line)) ||
	    strcmp(status_pick_chosen(line, chosen, sizeof(chosen)), "none") == 0)
		doctor_say(DOCTOR_SECURITY, "lockdown", DOCTOR_OK, DOCTOR_FOLDED, "none");
	else
		doctor_say(DOCTOR_SECURITY, "lockdown", DOCTOR_OK, 0,
			   "%s: sessions work; perf and bpftrace may not see the kernel", chosen);
}

void check_security(void)
{
	check_modules();
	check_tracing();
}

/* What fails without it.  What a session itself may do comes out of the same set. */
static const struct {
	int capability;
	bool is_needed;
	const char *name;
	const char *without;
} capabilities[] = {
	{ CAP_SYS_ADMIN, true, "CAP_SYS_ADMIN", "nothing can be mounted and no namespace joined" },
	{ CAP_SYS_PTRACE, true, "CAP_SYS_PTRACE", "other processes' namespaces and roots cannot be opened" },
	{ CAP_SYS_CHROOT, true, "CAP_SYS_CHROOT", "mount namespaces cannot be joined" },
	{ CAP_SETPCAP, true, "CAP_SETPCAP", "a session's capabilities cannot be limited" },
	{ CAP_SETUID, true, "CAP_SETUID", "a session cannot be another user" },
	{ CAP_SETGID, true, "CAP_SETGID", "a session cannot have other groups" },
	{ CAP_MKNOD, false, "CAP_MKNOD", "/dev of a session lacks its nodes" },
	{ CAP_DAC_OVERRIDE, false, "CAP_DAC_OVERRIDE", "files of other users cannot be opened" },
	{ CAP_DAC_READ_SEARCH, false, "CAP_DAC_READ_SEARCH", "directories of other users may be closed" },
	{ CAP_CHOWN, false, "CAP_CHOWN", "scratch space cannot be given to the session's user" },
	{ CAP_FOWNER, false, "CAP_FOWNER", "files of other users cannot be changed with --write" },
	{ CAP_KILL, false, "CAP_KILL", "processes of a session under another user cannot be ended" },
	{ CAP_NET_RAW, false, "CAP_NET_RAW", "ping and tcpdump do not work in sessions" },
	{ CAP_NET_ADMIN, false, "CAP_NET_ADMIN", "no session can change routes or filters" },
};

static void check_capabilities(const struct status_facts *own)
{
	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++) {
		const int flags = capabilities[i].is_needed ? DOCTOR_NEEDED : 0;
		const uint64_t bit = BIT(capabilities[i].capability);

		if ((own->bounding & own->effective & bit) != 0)
			doctor_say(DOCTOR_RIGHTS, capabilities[i].name, DOCTOR_OK, flags | DOCTOR_FOLDED,
				   "without it: %s", capabilities[i].without);
		else if ((own->bounding & bit) != 0)
			doctor_say(DOCTOR_RIGHTS, capabilities[i].name, DOCTOR_UNKNOWN, flags | DOCTOR_FOLDED,
				   "not held now, but root here can have it; without it: %s",
				   capabilities[i].without);
		else
			doctor_say(
			    DOCTOR_RIGHTS, capabilities[i].name,
			    capabilities[i].is_needed ? DOCTOR_MISSING : DOCTOR_LIMITED, flags,
			    "even root does not have it here (not in the bounding set): %s; run debug on "
			    "the host itself, or give it to the container that debug runs in",
			    capabilities[i].without);
	}
}

static void check_namespace(const char *name, const char *link, ino_t first, const char *otherwise)
{
	struct stat status;

	if (stat(link, &status) < 0)
		doctor_say(DOCTOR_RIGHTS, name, DOCTOR_UNKNOWN, DOCTOR_FOLDED, "cannot be told (%s)",
			   strerrordesc_np(errno));
	else if (status.st_ino == first)
		doctor_say(DOCTOR_RIGHTS, name, DOCTOR_OK, DOCTOR_FOLDED, "the host's");
	else
		doctor_say(DOCTOR_RIGHTS, name, DOCTOR_LIMITED, 0, "%s", otherwise);
}

/* Paths of engines mean what they mean to process 1; in a container they may be anything. */
static void check_mounts(void)
{
	struct stat own;
	struct stat first;

	if (stat("/proc/self/ns/mnt", &own) < 0 || stat("/proc/1/ns/mnt", &first) < 0)
		doctor_say(DOCTOR_RIGHTS, "host's mounts", DOCTOR_UNKNOWN, DOCTOR_FOLDED, "cannot be told");
	else if (own.st_ino == first.st_ino)
		doctor_say(DOCTOR_RIGHTS, "host's mounts", DOCTOR_OK, DOCTOR_FOLDED,
			   "seen as process 1 does");
	else
		doctor_say(
		    DOCTOR_RIGHTS, "host's mounts", DOCTOR_LIMITED, 0,
		    "we see other mounts than process 1: engines whose sockets and state are not shown "
		    "here are not found; pid://N works");
}

void check_rights(void)
{
	struct status_facts own;
	char text[STATUS_MAX];

	if (fd_read_file_at(AT_FDCWD, "/proc/self/status", text, sizeof(text)) < 0 ||
	    !status_parse(&own, text)) {
		doctor_say(DOCTOR_RIGHTS, "capabilities", DOCTOR_UNKNOWN, 0,
			   "/proc/self/status cannot be read");
		return;
	}
	check_capabilities(&own);
	check_namespace(
	    "host's processes", "/proc/self/ns/pid", first_pid_namespace,
	    "debug runs inside a container: it sees the processes of that alone; in a Kubernetes pod "
	    "set hostPID: true");
	check_namespace("host's ids", "/proc/self/ns/user", first_user_namespace,
			"debug runs in a user namespace: only containers made inside it can be joined");
	check_mounts();
	if (own.no_new_privs)
		doctor_say(DOCTOR_RIGHTS, "no_new_privs", DOCTOR_OK, 0,
			   "set on the caller: sudo does not work below it");
	else
		doctor_say(DOCTOR_RIGHTS, "no_new_privs off", DOCTOR_OK, DOCTOR_FOLDED, "not set");
	if (own.seccomp > 0)
		doctor_say(
		    DOCTOR_RIGHTS, "seccomp", DOCTOR_LIMITED, 0,
		    "the caller is under a seccomp filter, as in a container: what it refuses is missing "
		    "above, and a session's processes inherit it");
	else
		doctor_say(DOCTOR_RIGHTS, "no seccomp filter", DOCTOR_OK, DOCTOR_FOLDED,
			   "no filter is on the caller");
}
