/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * request → target.  A name becomes a claim ("process 4121"), the claim becomes a pinned process,
 * and the pinned process is compared with the claim.
 *
 * Should:  hold descriptors that name one living process and everything later stages need to know.
 * Mustn't: enter a namespace, follow a path below the target's root, or trust the claim.
 */
#include "target.h"

#include "fd.h"
#include "resolver.h"
#include "text.h"

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	STATUS_TEXT_MAX = 1 << 16,
	CGROUP_TEXT_MAX = 1 << 16,
	ENVIRONMENT_MAX = 6 << 20,  /* what execve(2) accepts at most, near enough */
	KERNEL_THREAD = 0x00200000, /* PF_KTHREAD of the kernel's sched.h */
};

const char *target_runtime_name(enum target_runtime runtime)
{
	return runtime == TARGET_DOCKER ? "docker" : "process";
}

static int find_by_scheme(struct target *target, const char *name, struct fail *why)
{
	static const char process[] = "pid://";
	static const char docker[] = "docker://";
	char shown[160];

	if (strncmp(name, process, strlen(process)) == 0) {
		int64_t pid;

		if (!text_to_number(name + strlen(process), 1, INT_MAX, &pid))
			return fail_set(why, FAIL_TOOL,
					"`%s` does not name a process; write it as pid://4121",
					text_encode(shown, sizeof(shown), name, strlen(name)));
		target->runtime = TARGET_PROCESS;
		target->seen.pid = (int32_t)pid;
		(void)snprintf(target->seen.name, sizeof(target->seen.name), "pid://%d", (int)pid);
		return 0;
	}
	if (strncmp(name, docker, strlen(docker)) == 0)
		name += strlen(docker);
	else if (strstr(name, "://") != NULL)
		return fail_set(why, FAIL_TOOL,
				"`%s` has an unknown scheme; docker://NAME and pid://N are known",
				text_encode(shown, sizeof(shown), name, strlen(name)));
	target->runtime = TARGET_DOCKER;
	return resolver_ask_docker(&target->seen, name, why);
}

static int gone(const struct target *target, struct fail *why)
{
	if (target->runtime == TARGET_PROCESS)
		return fail_set(why, FAIL_TOOL, "there is no process %d", (int)target->seen.pid);
	return fail_set(why, FAIL_TOOL, "container `%s` ended just now (its process %d is gone)",
			target->seen.name, (int)target->seen.pid);
}

static int read_identity(struct target *target, int host_proc_fd, struct fail *why)
{
	CLOSE_AT_EXIT int own_proc_fd = openat(host_proc_fd, "self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct proc_stat stat;

	if (own_proc_fd < 0 || namespaces_read(&target->ours, own_proc_fd, false) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot read our own namespaces");
	if (proc_read_stat(&stat, target->proc_fd) < 0)
		return gone(target, why);
	if ((stat.flags & KERNEL_THREAD) != 0)
		return fail_set(why, FAIL_TOOL, "process %d is a thread of the kernel, not a container's",
				(int)target->seen.pid);
	if (stat.state == 'Z' || stat.state == 'X')
		return gone(target, why);
	if (namespaces_read(&target->namespaces, target->proc_fd, false) < 0)
		return errno == ESRCH
			   ? gone(target, why)
			   : fail_errno(why, FAIL_TOOL, errno, "cannot read the namespaces of process %d",
					(int)target->seen.pid);
	target->start_time = stat.start_time;
	return 0;
}

static int read_rights(struct target *target, struct fail *why)
{
	char *text = malloc(STATUS_TEXT_MAX);
	bool is_read;

	if (text == NULL)
		return fail_errno(why, FAIL_TOOL, ENOMEM, "cannot read the target's status");
	is_read = fd_read_file_at(target->proc_fd, "status", text, STATUS_TEXT_MAX) >= 0 &&
		  proc_parse_rights(&target->bounding, &target->uid, text);
	free(text);
	if (!is_read)
		return fail_set(why, FAIL_TOOL, "cannot read the capabilities of process %d",
				(int)target->seen.pid);
	return 0;
}

/* Copied as bytes; only the session, which has no rights, looks inside. */
static int read_environment(struct target *target, struct fail *why)
{
	CLOSE_AT_EXIT int fd = openat(target->proc_fd, "environ", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t capacity = 16 << 10;
	size_t used = 0;

	if (fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot read the environment of process %d",
				  (int)target->seen.pid);
	for (;;) {
		char *grown = realloc(target->environment, capacity);
		ssize_t n;

		if (grown == NULL)
			return fail_errno(why, FAIL_TOOL, ENOMEM, "cannot copy the target's environment");
		target->environment = grown;
		n = fd_read_all(fd, grown + used, capacity - used);
		if (n < 0)
			return fail_errno(why, FAIL_TOOL, errno, "cannot read the environment of process %d",
					  (int)target->seen.pid);
		used += (size_t)n;
		if (used < capacity || capacity >= ENVIRONMENT_MAX)
			break;
		capacity *= 4;
	}
	target->environment_size = used;
	return 0;
}

/* As the target sees it: for a process in a chroot, /proc shows both links from outside. */
static void read_workdir(struct target *target)
{
	char root[sizeof(target->workdir)];
	char directory[sizeof(target->workdir)];
	ssize_t root_length = readlinkat(target->proc_fd, "root", root, sizeof(root) - 1);
	ssize_t length = readlinkat(target->proc_fd, "cwd", directory, sizeof(directory) - 1);
	const char *below = directory;

	target->workdir[0] = '\0';
	/* Not absolute: "(unreachable)/..." or the like.  The session then starts in the root. */
	if (length <= 0 || root_length <= 0 || directory[0] != '/')
		return;
	directory[length] = '\0';
	root[root_length] = '\0';
	if (root_length > 1) {
		below = strncmp(directory, root, (size_t)root_length) == 0 ? directory + root_length : "";
		/* "/srv/a" does not hold "/srv/ab"; and what lies outside has no name inside. */
		if (below[0] != '/')
			below = "/";
	}
	(void)strlcpy(target->workdir, below, sizeof(target->workdir));
}

/* The cgroup path is the kernel's word about which container a process belongs to; Docker names
 * it after the full id under every driver and layout. */
static int check_claim(const struct target *target, struct fail *why)
{
	char *text;
	bool is_member;

	if (target->runtime == TARGET_PROCESS)
		return 0;
	if (target->namespaces.inode[NAMESPACE_MOUNT] == target->ours.inode[NAMESPACE_MOUNT])
		return fail_set(
		    why, FAIL_TOOL,
		    "Docker says that process %d is container `%s`, but it is a process of the host",
		    (int)target->seen.pid, target->seen.name);
	text = malloc(CGROUP_TEXT_MAX);
	if (text == NULL)
		return fail_errno(why, FAIL_TOOL, ENOMEM, "cannot read the target's cgroup");
	is_member = fd_read_file_at(target->proc_fd, "cgroup", text, CGROUP_TEXT_MAX) >= 0 &&
		    strstr(text, target->seen.id) != NULL;
	free(text);
	if (!is_member)
		return fail_set(why, FAIL_TOOL,
				"Docker says that process %d is container `%s`, but its cgroup is another's",
				(int)target->seen.pid, target->seen.name);
	return 0;
}

static int pin(struct target *target, int host_proc_fd, struct fail *why)
{
	target->pid_fd = pidfd_open(target->seen.pid, 0);
	if (target->pid_fd < 0)
		return errno == ESRCH || errno == EINVAL
			   ? gone(target, why)
			   : fail_errno(why, FAIL_TOOL, errno, "cannot pin process %d",
					(int)target->seen.pid);
	target->proc_fd = proc_open_pid(host_proc_fd, target->seen.pid);
	if (target->proc_fd < 0)
		return gone(target, why);
	if (read_identity(target, host_proc_fd, why) < 0 || read_rights(target, why) < 0 ||
	    read_environment(target, why) < 0 || check_claim(target, why) < 0)
		return -1;
	read_workdir(target);
	/* Alive after the last read: so the pid was not reused between any two of them. */
	return target_is_gone(target) ? gone(target, why) : 0;
}

int target_find(struct target *target, const struct request *request, int host_proc_fd, struct fail *why)
{
	memset(target, 0, sizeof(*target));
	target->pid_fd = FD_NONE;
	target->proc_fd = FD_NONE;
	if (find_by_scheme(target, request->target, why) < 0 || pin(target, host_proc_fd, why) < 0) {
		target_close(target);
		return -1;
	}
	return 0;
}

bool target_is_gone(const struct target *target)
{
	struct pollfd process = { .fd = target->pid_fd, .events = POLLIN };

	return poll(&process, 1, 0) != 0;
}

void target_close(struct target *target)
{
	fd_close(&target->pid_fd);
	fd_close(&target->proc_fd);
	free(target->environment);
	target->environment = NULL;
	target->environment_size = 0;
}
