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
#include "membership.h"
#include "query.h"
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

#define PROCESS "pid://"

enum {
	STATUS_TEXT_MAX = 1 << 16,
	KERNEL_THREAD = 0x00200000, /* PF_KTHREAD of the kernel's sched.h */
};

static int find_process(struct sighting *seen, const char *name, struct fail *why)
{
	char shown[160];
	int64_t pid;

	if (!text_to_number(name + strlen(PROCESS), 1, INT_MAX, &pid))
		return fail_set(why, FAIL_TOOL, "`%s` does not name a process; write it as pid://4121",
				text_encode(shown, sizeof(shown), name, strlen(name)));
	seen->runtime = TARGET_PROCESS;
	seen->pid = (int32_t)pid;
	(void)snprintf(seen->name, sizeof(seen->name), PROCESS "%d", (int)pid);
	return 0;
}

static int find(struct sighting *seen, const struct request *request, int host_proc_fd, struct fail *why)
{
	const struct resolver resolver = { .host_proc_fd = host_proc_fd,
					   .docker_socket = request->docker_socket,
					   .is_running_only = request->is_wait };
	struct query query;

	if (strncmp(request->target, PROCESS, strlen(PROCESS)) == 0)
		return find_process(seen, request->target, why);
	if (query_parse(&query, request->target, request->runtime, why) < 0)
		return -1;
	if (query.is_image && request->is_wait)
		return fail_set(why, FAIL_TOOL, "an image never starts; leave --wait out");
	return resolver_find(seen, &resolver, &query, why);
}

static int gone(const struct target *target, struct fail *why)
{
	if (target->seen.runtime == TARGET_PROCESS)
		(void)fail_set(why, FAIL_TOOL, "there is no process %d", (int)target->seen.pid);
	else
		(void)fail_set(why, FAIL_TOOL, "container `%s` ended just now (its process %d is gone)",
			       target->seen.name, (int)target->seen.pid);
	return 1;
}

/* It has a number still: nobody has waited for it, or other threads of it live on. */
static int has_ended(const struct target *target, struct fail *why)
{
	if (target->seen.runtime != TARGET_PROCESS)
		return gone(target, why);
	(void)fail_set(
	    why, FAIL_TOOL,
	    "process %d has ended, or its first thread has, and with that its namespaces; name another "
	    "process of the container",
	    (int)target->seen.pid);
	return 1;
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
		return has_ended(target, why);
	if (namespaces_read(&target->namespaces, target->proc_fd, false) < 0)
		return errno == ESRCH
			   ? gone(target, why)
			   : fail_errno(why, FAIL_TOOL, errno, "cannot read the namespaces of process %d",
					(int)target->seen.pid);
	target->start_time = stat.start_time;
	if (proc_is_frozen(target->proc_fd))
		target->seen.state = SIGHTING_PAUSED;
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

/* What was claimed, held against the kernel's word. */
static int check_claim(const struct target *target, int host_proc_fd, struct fail *why)
{
	const struct sighting *seen = &target->seen;
	const char *runtime = runtime_name((enum target_runtime)seen->runtime);

	if (seen->runtime == TARGET_PROCESS)
		return 0;
	if (target->namespaces.inode[NAMESPACE_MOUNT] == target->ours.inode[NAMESPACE_MOUNT])
		return fail_set(why, FAIL_TOOL,
				"%s says that process %d is container `%s`, but it is a process of the host",
				runtime, (int)seen->pid, seen->name);
	if (!membership_check(host_proc_fd, target->proc_fd, seen->id, seen->owner))
		return fail_set(why, FAIL_TOOL,
				"%s says that process %d is container `%s`, but it belongs to another",
				runtime, (int)seen->pid, seen->name);
	return 0;
}

/* Containers that do not run can still be looked at, if it is known what their root is made of. */
static int check_rest(const struct target *target, struct fail *why)
{
	if (target->seen.layers_size > 0)
		return 0;
	(void)fail_set(
	    why, FAIL_TOOL,
	    "container `%s` (%s) is not running, and its layers are not known; start it, or give --wait",
	    target->seen.name, runtime_name((enum target_runtime)target->seen.runtime));
	return 1;
}

/* Whatever could not be read or did not fit: the process has ended meanwhile. */
static int forget(const struct target *target, struct fail *why)
{
	*why = (struct fail){ 0 };
	return gone(target, why);
}

static int pin(struct target *target, const struct request *request, int host_proc_fd, struct fail *why)
{
	int outcome;

	target->pid_fd = pidfd_open(target->seen.pid, 0);
	if (target->pid_fd < 0)
		return errno == ESRCH || errno == EINVAL
			   ? gone(target, why)
			   : fail_errno(why, FAIL_TOOL, errno, "cannot pin process %d",
					(int)target->seen.pid);
	target->proc_fd = proc_open_pid(host_proc_fd, target->seen.pid);
	if (target->proc_fd < 0)
		return gone(target, why);
	outcome = read_identity(target, host_proc_fd, why);
	if (outcome != 0)
		return outcome;
	if (read_rights(target, why) < 0 || check_claim(target, host_proc_fd, why) < 0 ||
	    target_read_confinement(target, request->profile, why) < 0)
		return target_is_gone(target) ? forget(target, why) : -1;
	read_workdir(target);
	/* Alive after the last read: so the pid was not reused between any two of them. */
	return target_is_gone(target) ? gone(target, why) : 0;
}

int target_find(struct target *target, const struct request *request, int host_proc_fd, struct fail *why)
{
	int outcome;

	memset(target, 0, sizeof(*target));
	target->pid_fd = FD_NONE;
	target->proc_fd = FD_NONE;
	target->files_fd = FD_NONE;
	outcome = find(&target->seen, request, host_proc_fd, why);
	if (outcome != 0)
		return outcome;
	outcome =
	    target_is_at_rest(target) ? check_rest(target, why) : pin(target, request, host_proc_fd, why);
	if (outcome != 0)
		target_close(target);
	return outcome;
}

int target_read_confinement(struct target *target, enum request_profile profile, struct fail *why)
{
	if (!request_profile_is_confined(profile) || target->proc_fd == FD_NONE)
		return 0;
	if (confinement_read(&target->confinement, target->proc_fd, why) < 0)
		return -1;
	return profile == REQUEST_PROFILE_APP && target->confinement.has_filter
		   ? target_read_filter(target, why)
		   : 0;
}

bool target_is_gone(const struct target *target)
{
	struct pollfd process = { .fd = target->pid_fd, .events = POLLIN };

	/* Without a process poll(2) waits for nothing and finds nothing. */
	return poll(&process, 1, 0) != 0;
}

void target_close(struct target *target)
{
	fd_close(&target->pid_fd);
	fd_close(&target->proc_fd);
	fd_close(&target->files_fd);
	free(target->filter);
	target->filter = NULL;
	target->filter_count = 0;
}

int target_list(const struct request *request, int host_proc_fd,
		void (*see)(void *context, const struct sighting *seen), void *context, struct fail *why)
{
	const struct resolver resolver = { .host_proc_fd = host_proc_fd,
					   .docker_socket = request->docker_socket };
	struct findings findings = { 0 };
	struct query query;
	int failed = query_all(&query, request->runtime, why);

	if (failed == 0)
		failed = resolver_list(&findings, &resolver, &query, why);
	for (size_t i = 0; failed == 0 && i < findings.count; i++)
		if (request->is_all || !sighting_is_at_rest(&findings.all[i]))
			see(context, &findings.all[i]);
	findings_free(&findings);
	return failed;
}
