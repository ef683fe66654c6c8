/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What confines a process besides ids, capabilities and seccomp: limits, the score by which the kernel picks
 * whom to kill when memory runs out, and the label of AppArmor or SELinux.
 *
 * Should:  write through the host's /proc alone: the target's may be anything (CVE-2019-16884), and read
 * back. Mustn't: leave a session harder to kill than what it looks at.
 */
#include "joiner.h"

#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define APPARMOR_EXEC "self/attr/apparmor/exec"
#define EXEC "self/attr/exec"
#define UNCONFINED "unconfined"

enum { ORDER_MAX = CONFINEMENT_LABEL_MAX + 16 };

/* A hard limit can be raised only as long as the host's rights last. */
static void raise_limits(const struct confinement *confinement)
{
	for (int resource = 0; resource < CONFINEMENT_LIMITS; resource++) {
		const rlim_t wanted = confinement->hard[resource];
		struct rlimit limit;

		if (getrlimit((unsigned int)resource, &limit) == 0 && limit.rlim_max < wanted) {
			limit.rlim_max = wanted;
			/* Without CAP_SYS_RESOURCE it stays lower than the target's: less, not more. */
			(void)setrlimit((unsigned int)resource, &limit);
		}
	}
}

static int set_oom_score(const struct plan *plan, int host_proc_fd, struct fail *why)
{
	CLOSE_AT_EXIT int fd = openat(host_proc_fd, "self/oom_score_adj", O_RDWR | O_CLOEXEC);
	const int wanted = plan->numbers.is_as_target ? plan->numbers.confinement.oom_score_adj : 0;
	char text[16] = "";
	int now = 0;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot read how likely this process is killed");
	if (text[0] == '-')
		now = -1;
	(void)snprintf(text, sizeof(text), "%d", wanted);
	/* A negative score is the caller's, such as sshd's: a session must not have it. */
	if ((now < 0 || plan->numbers.is_as_target) && pwrite(fd, text, strlen(text), 0) < 0 && now < 0)
		return fail_errno(why, FAIL_TOOL, errno,
				  "cannot let the session be killed when memory runs out");
	return 0;
}

/* "docker-default (enforce)" names the profile docker-default; SELinux has no such mode behind a context. */
static size_t length_of_profile(const char *label)
{
	const char *mode = strstr(label, " (");

	return mode != NULL ? (size_t)(mode - label) : strlen(label);
}

/* The kernel changes to it with the next execve(2) of this process, or of a child. */
static int set_label(const char *label, int host_proc_fd, struct fail *why)
{
	const bool is_selinux = strchr(label, ':') != NULL && strchr(label, '(') == NULL;
	const size_t length = length_of_profile(label);
	CLOSE_AT_EXIT int fd = is_selinux ? FD_NONE : openat(host_proc_fd, APPARMOR_EXEC, O_RDWR | O_CLOEXEC);
	char order[ORDER_MAX];
	char now[CONFINEMENT_LABEL_MAX] = "";
	ssize_t size;

	if (label[0] == '\0' || strncmp(label, UNCONFINED, strlen(UNCONFINED)) == 0)
		return 0;
	if (fd < 0)
		fd = openat(host_proc_fd, EXEC, O_RDWR | O_CLOEXEC);
	size = snprintf(order, sizeof(order), "%s%.*s", is_selinux ? "" : "exec ", (int)length, label);
	if (fd < 0 || write(fd, order, (size_t)size) != size)
		return fail_errno(why, FAIL_TOOL, errno,
				  "cannot take over the target's security label; give --profile general");
	size = pread(fd, now, sizeof(now) - 1, 0);
	if (size < (ssize_t)length || strncmp(now, label, length) != 0)
		return fail_set(
		    why, FAIL_TOOL,
		    "the kernel did not take over the target's security label; give --profile general");
	return 0;
}

int confine_outside(const struct plan *plan, const struct joiner_descriptors *fds, struct fail *why)
{
	const struct confinement *confinement = &plan->numbers.confinement;

	if (plan->numbers.is_as_target)
		raise_limits(confinement);
	if (set_oom_score(plan, fds->host_proc, why) < 0)
		return -1;
	return plan->numbers.has_label ? set_label(confinement->label, fds->host_proc, why) : 0;
}

void confine_command(const struct plan *plan)
{
	const struct confinement *confinement = &plan->numbers.confinement;
	struct rlimit limit;

	/* A program that crashes in a session leaves no core where the target would find it. */
	if (!plan->numbers.is_as_target && getrlimit(RLIMIT_CORE, &limit) == 0) {
		limit.rlim_cur = 0;
		(void)setrlimit(RLIMIT_CORE, &limit);
	}
	for (int resource = 0; plan->numbers.is_as_target && resource < CONFINEMENT_LIMITS; resource++) {
		if (getrlimit((unsigned int)resource, &limit) < 0)
			continue;
		limit.rlim_max = limit.rlim_max < confinement->hard[resource] ? limit.rlim_max
									      : confinement->hard[resource];
		limit.rlim_cur = limit.rlim_max < confinement->soft[resource] ? limit.rlim_max
									      : confinement->soft[resource];
		(void)setrlimit((unsigned int)resource, &limit);
	}
}
