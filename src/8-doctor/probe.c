/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each thing that a session needs of the kernel, tried.
 *
 * Should:  do what a session does, with the least that shows whether it works.
 * Mustn't: outlive the child that it runs in: mounts are attached nowhere or in a mount namespace of its own.
 */
#include "doctor_checks.h"

#include "clock.h"
#include "fd.h"
#include "filters.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* An empty directory is not needed: only this process sees what is mounted on it. */
#define PLACE "/proc"

enum { DYING_MS = 250 };

int probe_run(int (*attempt)(void *context), void *context, int deadline_ms)
{
	siginfo_t info = { 0 };
	CLOSE_AT_EXIT int child_fd = FD_NONE;
	const pid_t child = fork();

	if (child < 0)
		return errno;
	if (child == 0)
		_exit(attempt(context));
	child_fd = pidfd_open(child, 0);
	/* Without pidfd_open there is nothing to wait with; no attempt that could hang is made then. */
	if (child_fd >= 0 && !clock_wait(child_fd, POLLIN, clock_now_ms() + deadline_ms)) {
		(void)pidfd_send_signal(child_fd, SIGKILL, NULL, 0);
		if (clock_wait(child_fd, POLLIN, clock_now_ms() + DYING_MS))
			(void)waitid(P_PID, (id_t)child, &info, WEXITED);
		return ETIMEDOUT;
	}
	while (waitid(P_PID, (id_t)child, &info, WEXITED) < 0 && errno == EINTR)
		;
	return info.si_code == CLD_EXITED ? info.si_status : ENOSYS;
}

static int make_mount(const char *type)
{
	CLOSE_AT_EXIT int context_fd = fsopen(type, FSOPEN_CLOEXEC);

	if (context_fd < 0 || fsconfig(context_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return fsmount(context_fd, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

int probe_mount_api(void *unused)
{
	(void)unused;
	if (make_mount("tmpfs") < 0 || open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC) < 0)
		return errno;
	return 0;
}

int probe_mount_setattr(void *unused)
{
	struct mount_attr attributes = { .attr_set = MOUNT_ATTR_RDONLY, .propagation = MS_PRIVATE };
	CLOSE_AT_EXIT int tree_fd = open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	(void)unused;
	if (tree_fd < 0 ||
	    mount_setattr(tree_fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof(attributes)) < 0)
		return errno;
	return 0;
}

/* A tmpfs that this process alone sees; its directory, or -1 with errno set. */
static int attach_privately(void)
{
	CLOSE_AT_EXIT int mount_fd = FD_NONE;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	mount_fd = make_mount("tmpfs");
	if (mount_fd < 0 || move_mount(mount_fd, "", AT_FDCWD, PLACE, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return -1;
	return open(PLACE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int probe_move_mount(void *unused)
{
	(void)unused;
	return attach_privately() < 0 ? errno : 0;
}

int probe_setns(void *unused)
{
	CLOSE_AT_EXIT int own_fd = pidfd_open(getpid(), 0);

	(void)unused;
	if (own_fd < 0 || setns(own_fd, CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET) < 0)
		return errno;
	return 0;
}

int probe_seccomp(void *unused)
{
	(void)unused;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter_session) < 0)
		return errno;
	return 0;
}

int probe_user_namespace(void *unused)
{
	(void)unused;
	return unshare(CLONE_NEWUSER) < 0 ? errno : 0;
}

static int overlay(bool is_one_by_one)
{
	static const char *const layers[] = { PLACE "/a", PLACE "/b" };
	CLOSE_AT_EXIT int place_fd = attach_privately();
	CLOSE_AT_EXIT int context_fd = FD_NONE;

	if (place_fd < 0 || mkdir(layers[0], 0700) < 0 || mkdir(layers[1], 0700) < 0)
		return errno;
	context_fd = fsopen("overlay", FSOPEN_CLOEXEC);
	if (context_fd < 0)
		return errno;
	if (!is_one_by_one &&
	    fsconfig(context_fd, FSCONFIG_SET_STRING, "lowerdir", PLACE "/a:" PLACE "/b", 0) < 0)
		return errno;
	for (size_t i = 0; is_one_by_one && i < 2; i++)
		if (fsconfig(context_fd, FSCONFIG_SET_STRING, "lowerdir+", layers[i], 0) < 0)
			return errno;
	if (fsconfig(context_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ||
	    fsmount(context_fd, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY) < 0)
		return errno;
	return 0;
}

int probe_overlay(void *unused)
{
	(void)unused;
	return overlay(false);
}

int probe_overlay_layers(void *unused)
{
	(void)unused;
	return overlay(true);
}

int probe_erofs(void *image_fd)
{
	CLOSE_AT_EXIT int context_fd = fsopen("erofs", FSOPEN_CLOEXEC);
	char source[48];

	(void)snprintf(source, sizeof(source), "/proc/self/fd/%d", *(const int *)image_fd);
	if (context_fd < 0 || fsconfig(context_fd, FSCONFIG_SET_STRING, "source", source, 0) < 0 ||
	    fsconfig(context_fd, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0 ||
	    fsconfig(context_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return errno;
	return 0;
}

int probe_cgroup_birth(void *cgroup_fd)
{
	struct clone_args arguments = { .flags = CLONE_INTO_CGROUP,
					.exit_signal = SIGCHLD,
					.cgroup = (unsigned int)*(const int *)cgroup_fd };
	const long child = syscall(SYS_clone3, &arguments, sizeof(arguments));

	if (child == 0)
		_exit(0);
	if (child < 0)
		return errno;
	while (waitpid((pid_t)child, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}
