/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One target: what it is, what a session in it would be, and what would not work there.
 *
 * Should:  look below its root only in a child with a deadline: a dead FUSE server answers nobody.
 * Mustn't: enter it, change an access time, or believe more of its files than that they are there.
 */
#include "doctor_checks.h"

#include "capabilities.h"
#include "cgroup.h"
#include "fd.h"
#include "grant.h"
#include "plan.h"
#include "target.h"
#include "text.h"

#include <bsd/string.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#define BIT(capability) (UINT64_C(1) << (capability))

enum {
	LOOK_MS = 500,
	LIST_MAX = 400,
	TEXT_MAX = 4 << 20,
	MANY_MOUNTS = 1000,
	LINE_SIZE = 200,
	MACHINE_END = offsetof(Elf64_Ehdr, e_machine) + sizeof(uint16_t)
};

/* What the child saw; in memory that both share. */
struct look {
	int proc_fd;
	int dev_error; /* 0: there is a directory /dev */
	char shell[24];
	uint16_t machine;
};

static int open_below(int root_fd, const char *path, int flags)
{
	return fd_open_how(root_fd, path, (uint64_t)(O_PATH | O_CLOEXEC | flags),
			   RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

static int look_below(void *context)
{
	static const char *const shells[] = { "/bin/bash", "/bin/sh", "/bin/ash", "/bin/busybox",
					      "/usr/bin/sh" };
	struct look *look = context;
	CLOSE_AT_EXIT int root_fd = openat(look->proc_fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLOSE_AT_EXIT int dev_fd =
	    root_fd < 0 ? FD_NONE : open_below(root_fd, "/dev", O_DIRECTORY | O_NOFOLLOW);

	if (root_fd < 0)
		return errno;
	look->dev_error = dev_fd < 0 ? errno : 0;
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]) && look->shell[0] == '\0'; i++) {
		CLOSE_AT_EXIT int shell_fd = open_below(root_fd, shells[i], 0);

		if (shell_fd >= 0)
			(void)strlcpy(look->shell, shells[i], sizeof(look->shell));
	}
	return 0;
}

/* Two bytes at a fixed place, and nothing else of the program. */
static int look_at_program(void *context)
{
	struct look *look = context;
	CLOSE_AT_EXIT int fd = openat(look->proc_fd, "exe", O_RDONLY | O_CLOEXEC | O_NOATIME | O_NONBLOCK);
	unsigned char header[MACHINE_END];

	if (fd < 0 || fd_read_all(fd, header, sizeof(header)) != (ssize_t)sizeof(header))
		return errno != 0 ? errno : ENOEXEC;
	memcpy(&look->machine, header + offsetof(Elf64_Ehdr, e_machine), sizeof(look->machine));
	return 0;
}

static void tell_look(const struct look *look, int error)
{
	if (error != 0) {
		doctor_say(
		    DOCTOR_TARGET, "root", DOCTOR_LIMITED, 0,
		    "its root directory cannot be looked into within %d ms (%s): if it lies on a dead network "
		    "or FUSE filesystem, a session hangs there too",
		    LOOK_MS, strerrordesc_np(error));
		return;
	}
	if (look->dev_error == 0)
		doctor_say(DOCTOR_TARGET, "/dev", DOCTOR_OK, DOCTOR_NEEDED | DOCTOR_FOLDED,
			   "there is one, for the toolbox to lie on in the session's view");
	else if (look->dev_error == ENOENT)
		doctor_say(DOCTOR_TARGET, "/dev", DOCTOR_OK, DOCTOR_NEEDED | DOCTOR_FOLDED,
			   "there is none; a session has one in its own view, and none is made in the target");
	else if (look->dev_error == ENOSYS || look->dev_error == EPERM)
		doctor_say(DOCTOR_TARGET, "/dev", DOCTOR_UNKNOWN, 0, "cannot be told without openat2");
	else
		doctor_say(DOCTOR_TARGET, "/dev", DOCTOR_MISSING, DOCTOR_NEEDED,
			   "it is no directory (%s), and so the toolbox cannot lie on it in the session's view",
			   strerrordesc_np(look->dev_error));
	doctor_say(DOCTOR_TARGET, "own shell", DOCTOR_OK, 0, "%s",
		   look->shell[0] != '\0' ? look->shell : "none; the toolbox has bash, zsh and fish");
}

static void tell_program(const struct look *look)
{
	const char *name = status_machine_name(look->machine);
	struct utsname system;

	if (look->machine == 0 || name == NULL || uname(&system) < 0)
		doctor_say(DOCTOR_TARGET, "program", DOCTOR_UNKNOWN, DOCTOR_FOLDED,
			   "its architecture cannot be told");
	else if (strcmp(name, system.machine) == 0)
		doctor_say(DOCTOR_TARGET, "program", DOCTOR_OK, DOCTOR_FOLDED, "built for %s, like the host",
			   name);
	else
		doctor_say(DOCTOR_TARGET, "program", DOCTOR_LIMITED, 0,
			   "built for %s on a host that is %s: gdb and strace may not understand it", name,
			   system.machine);
}

static void check_files(const struct target *target)
{
	struct look *look =
	    mmap(NULL, sizeof(*look), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (look == MAP_FAILED)
		return;
	look->proc_fd = target->proc_fd;
	tell_look(look, probe_run(look_below, look, LOOK_MS));
	if (probe_run(look_at_program, look, LOOK_MS) != 0)
		look->machine = 0;
	tell_program(look);
	(void)munmap(look, sizeof(*look));
}

static void check_mounts(const struct target *target, bool is_write)
{
	char *text = malloc(TEXT_MAX);
	struct mount_facts root;
	struct mount_facts proc;
	size_t count = 0;

	if (text == NULL || fd_read_file_at(target->proc_fd, "mountinfo", text, TEXT_MAX) < 0) {
		free(text);
		doctor_say(DOCTOR_TARGET, "mounts", DOCTOR_UNKNOWN, 0, "its mount table cannot be read");
		return;
	}
	root = mountinfo_find(text, "/");
	proc = mountinfo_find(text, "/proc");
	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		count++;
	free(text);
	if (root.is_read_only)
		doctor_say(DOCTOR_TARGET, "root", is_write ? DOCTOR_LIMITED : DOCTOR_OK, 0,
			   "read-only by itself: --write cannot write to it, --scratch writes to a copy");
	else
		doctor_say(DOCTOR_TARGET, "root", DOCTOR_OK, DOCTOR_FOLDED,
			   "writable; sessions see it read-only unless --write");
	if (!proc.is_proc)
		doctor_say(DOCTOR_TARGET, "/proc", DOCTOR_LIMITED, 0,
			   "it has none: ps, ss, lsof and gdb see no process");
	else if (proc.hidepid != 0)
		doctor_say(DOCTOR_TARGET, "/proc", DOCTOR_OK, 0,
			   "hidepid=%d: with --user, other users' processes do not show", proc.hidepid);
	else
		doctor_say(DOCTOR_TARGET, "/proc", DOCTOR_OK, DOCTOR_FOLDED, "shows its processes");
	doctor_say(DOCTOR_TARGET, "mounts", DOCTOR_OK, count < MANY_MOUNTS ? DOCTOR_FOLDED : 0, "%zu; %s",
		   count, count < MANY_MOUNTS ? "few" : "so many that an attach takes milliseconds more");
}

static void check_namespaces(const struct target *target)
{
	char own[LIST_MAX] = "";
	char shared[LIST_MAX] = "";
	uint32_t outside;

	for (int kind = 0; kind < NAMESPACE_COUNT; kind++) {
		const bool is_own = target->namespaces.inode[kind] != target->ours.inode[kind];
		char *list = is_own ? own : shared;

		if (target->namespaces.inode[kind] == 0)
			continue;
		(void)strlcat(list, list[0] != '\0' ? " " : "", LIST_MAX);
		(void)strlcat(list, namespace_name((enum namespace_kind)kind), LIST_MAX);
	}
	doctor_say(DOCTOR_TARGET, "namespaces",
		   target->namespaces.inode[NAMESPACE_MOUNT] == target->ours.inode[NAMESPACE_MOUNT]
		       ? DOCTOR_LIMITED
		       : DOCTOR_OK,
		   0, "own: %s; the host's: %s%s", own[0] != '\0' ? own : "none",
		   shared[0] != '\0' ? shared : "none",
		   target->namespaces.inode[NAMESPACE_MOUNT] == target->ours.inode[NAMESPACE_MOUNT]
		       ? " (it is a process of the host, whose files a session sees)"
		       : "");
	if (target->namespaces.inode[NAMESPACE_USER] == target->ours.inode[NAMESPACE_USER])
		doctor_say(DOCTOR_TARGET, "ids", DOCTOR_OK, DOCTOR_FOLDED, "user numbers are the host's");
	else if (proc_map_id(target->proc_fd, "uid_map", 0, &outside))
		doctor_say(
		    DOCTOR_TARGET, "ids", DOCTOR_OK, 0,
		    "user namespace: its root is user %u of the host, and a session has no more rights than that",
		    outside);
	else
		doctor_say(
		    DOCTOR_TARGET, "ids", DOCTOR_MISSING, DOCTOR_NEEDED,
		    "user namespace without a root: no user 0 is mapped; choose a mapped one with --user N");
}

/* The limit of the group it is in; the hierarchies as in cgroup.c. */
static bool read_memory_limit(const struct target *target, char *line, size_t capacity)
{
	static const char *const places[][3] = {
		{ "", "/sys/fs/cgroup", "memory.max" },
		{ "memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes" },
	};
	char text[8192];
	char path[2048];
	char file[4096];

	if (fd_read_file_at(target->proc_fd, "cgroup", text, sizeof(text)) < 0)
		return false;
	for (size_t i = 0; i < 2; i++) {
		if (!proc_find_cgroup(text, places[i][0], path, sizeof(path)))
			continue;
		(void)snprintf(file, sizeof(file), "%s%s/%s", places[i][1], path, places[i][2]);
		if (check_read_line(file, line, capacity))
			return true;
	}
	return false;
}

static void check_limits(const struct target *target)
{
	char line[LINE_SIZE];
	int64_t bytes;
	/* v1 says "none" as the largest number of pages. */
	const bool is_read = read_memory_limit(target, line, sizeof(line));

	if (is_read && text_to_number(line, 0, INT64_C(1) << 50, &bytes))
		doctor_say(DOCTOR_TARGET, "memory", DOCTOR_OK, DOCTOR_FOLDED,
			   "limited to %lld MB; a session is charged to its own 512 MB instead",
			   (long long)(bytes >> 20));
	else
		doctor_say(DOCTOR_TARGET, "memory", is_read ? DOCTOR_OK : DOCTOR_UNKNOWN, DOCTOR_FOLDED, "%s",
			   is_read ? "not limited; a session is, to 512 MB of its own"
				   : "its limit cannot be told");
}

static void check_confinement(const struct target *target, const struct status_facts *facts)
{
	static const char *const modes[] = { "none", "strict", "filter" };
	char line[LINE_SIZE];
	ssize_t size;

	doctor_say(DOCTOR_TARGET, "seccomp", DOCTOR_OK, DOCTOR_FOLDED,
		   "%s%s; a session has a filter of its own, so it does not show refusals of the target's",
		   facts->seccomp >= 0 && facts->seccomp < 3 ? modes[facts->seccomp] : "unknown",
		   facts->no_new_privs ? ", no_new_privs" : "");
	size = fd_read_file_at(target->proc_fd, "attr/current", line, sizeof(line));
	if (size > 0 && strncmp(line, "unconfined", 10) != 0) {
		char shown[LINE_SIZE];

		line[strcspn(line, "\n")] = '\0';
		doctor_say(DOCTOR_TARGET, "label", DOCTOR_OK, 0, "%s; a session does not take it over",
			   text_encode(shown, sizeof(shown), line, strlen(line)));
	} else {
		doctor_say(DOCTOR_TARGET, "label", DOCTOR_OK, DOCTOR_FOLDED, "none");
	}
}

/* Tools that need a capability, where it counts: in the user namespace that owns what they work on. */
static void check_tools(const struct target *target, uint64_t granted)
{
	const struct namespaces *theirs = &target->namespaces;
	const bool is_own_user = theirs->inode[NAMESPACE_USER] != target->ours.inode[NAMESPACE_USER];
	const bool is_host_net = theirs->inode[NAMESPACE_NET] == target->ours.inode[NAMESPACE_NET];
	char scope[LINE_SIZE];

	if ((granted & BIT(CAP_SYS_PTRACE)) == 0)
		doctor_say(
		    DOCTOR_SESSION, "strace, gdb", DOCTOR_LIMITED, 0,
		    "cannot trace it as root: it shares the host's process ids, where tracing would reach the "
		    "host; as its own user, with --user %u, they can",
		    target->uid);
	else if (check_read_line("/proc/sys/kernel/yama/ptrace_scope", scope, sizeof(scope)) &&
		 scope[0] == '3')
		doctor_say(DOCTOR_SESSION, "strace, gdb", DOCTOR_LIMITED, 0,
			   "cannot trace anything on this host (yama's ptrace_scope is 3)");
	else
		doctor_say(DOCTOR_SESSION, "strace, gdb", DOCTOR_OK, DOCTOR_FOLDED,
			   "can trace its processes");
	if (is_own_user && is_host_net)
		doctor_say(
		    DOCTOR_SESSION, "tcpdump, ping", DOCTOR_LIMITED, 0,
		    "cannot open raw sockets: the network is the host's, and the user namespace is not; run "
		    "them on the host");
	else
		doctor_say(DOCTOR_SESSION, "tcpdump, ping",
			   (granted & BIT(CAP_NET_RAW)) != 0 ? DOCTOR_OK : DOCTOR_LIMITED, DOCTOR_FOLDED,
			   "raw sockets in its network");
	if ((granted & BIT(CAP_NET_ADMIN)) != 0)
		doctor_say(DOCTOR_SESSION, "ip, nft", DOCTOR_OK, DOCTOR_FOLDED, "can change its network");
	else
		doctor_say(
		    DOCTOR_SESSION, "ip, nft", DOCTOR_OK, 0,
		    "show its network but cannot change it, as the target has no net_admin: --profile netadmin "
		    "can");
}

static void check_plan(const struct request *request, const struct target *target)
{
	struct request session = *request;
	struct fail why = { 0 };
	struct grant grant;
	struct plan plan;
	char joined[LIST_MAX] = "";
	char more[LIST_MAX];
	char less[LIST_MAX];

	session.action = REQUEST_SESSION;
	if (grant_decide(&grant, &session, target, NULL, &why) < 0 ||
	    plan_make(&plan, &session, target, &grant, &why) < 0) {
		doctor_say(DOCTOR_SESSION, "plan", DOCTOR_MISSING, DOCTOR_NEEDED, "%s", why.text);
		return;
	}
	for (int kind = 0; kind < NAMESPACE_COUNT; kind++) {
		if ((plan.numbers.joined & namespace_flag((enum namespace_kind)kind)) == 0)
			continue;
		(void)strlcat(joined, " ", sizeof(joined));
		(void)strlcat(joined, namespace_name((enum namespace_kind)kind), sizeof(joined));
	}
	doctor_say(DOCTOR_SESSION, "plan", DOCTOR_OK, DOCTOR_NEEDED,
		   "joins%s; %s view; user %u:%u; `debug --dry-run` tells all",
		   joined[0] != '\0' ? joined : " nothing",
		   plan.numbers.root == PLAN_ROOT_SCRATCH ? "scratch"
		   : grant.is_write			  ? "writable"
							  : "read-only",
		   plan.numbers.uid, plan.numbers.gid);
	if (target_is_at_rest(target))
		return;
	doctor_say(DOCTOR_SESSION, "capabilities", DOCTOR_OK, 0,
		   "beyond the target's: %s; of the target's, not given: %s",
		   capability_list(grant.capabilities & ~target->bounding, more, sizeof(more)),
		   capability_list(target->bounding & ~grant.capabilities, less, sizeof(less)));
	check_tools(target, grant.capabilities);
}

static void tell_found(const struct target *target, const struct status_facts *facts)
{
	const struct sighting *seen = &target->seen;
	const char *runtime = runtime_name((enum target_runtime)seen->runtime);

	if (target_is_at_rest(target))
		doctor_say(DOCTOR_TARGET, "process", DOCTOR_OK, DOCTOR_NEEDED,
			   "%s (%s) does not run: a session is among its files, in namespaces of its own",
			   seen->name, runtime);
	else if (seen->state == SIGHTING_PAUSED)
		doctor_say(
		    DOCTOR_TARGET, "process", DOCTOR_OK, DOCTOR_NEEDED,
		    "%s (%s), process %d, paused: a session works, the target's own processes stay frozen",
		    seen->name, runtime, (int)seen->pid);
	else if (facts->state == 'T' || facts->state == 't')
		doctor_say(DOCTOR_TARGET, "process", DOCTOR_OK, DOCTOR_NEEDED,
			   "%s (%s), process %d, stopped or traced by somebody: another tracer is refused",
			   seen->name, runtime, (int)seen->pid);
	else
		doctor_say(DOCTOR_TARGET, "process", DOCTOR_OK, DOCTOR_NEEDED,
			   "%s (%s), process %d, user %u, running", seen->name, runtime, (int)seen->pid,
			   target->uid);
}

static bool read_status(const struct target *target, struct status_facts *facts)
{
	char text[16 << 10];

	return fd_read_file_at(target->proc_fd, "status", text, sizeof(text)) >= 0 &&
	       status_parse(facts, text);
}

void check_target(const struct request *request, int host_proc_fd)
{
	struct status_facts facts = { .seccomp = -1 };
	struct fail why = { 0 };
	struct target target;

	if (target_find(&target, request, host_proc_fd, &why) != 0) {
		doctor_say(DOCTOR_TARGET, "process", DOCTOR_MISSING, DOCTOR_NEEDED, "%s", why.text);
		return;
	}
	if (!target_is_at_rest(&target) && !read_status(&target, &facts))
		doctor_say(DOCTOR_TARGET, "process", DOCTOR_MISSING, DOCTOR_NEEDED, "%s ended just now",
			   target.seen.name);
	else
		tell_found(&target, &facts);
	if (!target_is_at_rest(&target)) {
		check_namespaces(&target);
		check_mounts(&target, request->is_write);
		check_files(&target);
		check_limits(&target);
		check_confinement(&target, &facts);
	}
	check_plan(request, &target);
	target_close(&target);
}
