/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debug-helper is installed without the setuid bit.  Where an administrator has set it, everything that a
 * user hands to a process at execve(2) is hostile:
 *
 *   the file it is started from   its directory is where the toolbox is looked for, so a hard link elsewhere
 *                                 must not run; nor a file that others may write to
 *   real uid                      whose owner may signal the process
 *   environment                   emptied before anything could read it
 *   resource limits               too low, they make a write stop in its middle; raised, or refused
 *   timers, signals               an alarm would kill it, an ignored SIGCHLD hide its children's ends
 *   a user namespace              has its own idea of who is root
 *
 * Descriptors, umask and working directory are put right for every caller (debug-helper.c).
 *
 * Should:  keep nothing of the caller but the numbers in struct caller.
 * Mustn't: go on with rights that could not be made whole.
 */
#include "caller.h"

#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

enum { OPEN_FILES_LEAST = 256, STACK_LEAST = 1 << 20 };

static int read_ids(struct caller *caller, struct fail *why)
{
	const int count = getgroups(CALLER_GROUPS_MAX, caller->groups);

	caller->uid = getuid();
	caller->gid = getgid();
	/* A group that is left out could be one that is denied. */
	if (count < 0)
		return fail_errno(why, FAIL_DENIED, errno, "cannot tell which groups user %u is in",
				  (unsigned int)caller->uid);
	caller->group_count = (size_t)count;
	return 0;
}

/* The toolbox is looked for beside the file.  A link to it can be gone again before it is counted. */
static int check_place(struct fail *why)
{
	CLOSE_AT_EXIT int fd = fd_open_own_directory();
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0 || status.st_uid != 0 ||
	    (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return fail_set(
		    why, FAIL_DENIED,
		    "the directory of debug-helper must be root's and not for others to write to; "
		    "install debug again");
	return 0;
}

static int check_file(struct fail *why)
{
	CLOSE_AT_EXIT int fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return fail_errno(why, FAIL_DENIED, errno, "cannot look at debug-helper's own file");
	if (status.st_uid != 0 || (status.st_mode & (S_ISGID | S_IWGRP | S_IWOTH)) != 0 ||
	    (status.st_mode & S_ISUID) == 0)
		return fail_set(
		    why, FAIL_DENIED,
		    "debug-helper must be root's, setuid, not setgid, and not for others to write "
		    "to; chown root and chmod 4750 it");
	if (status.st_nlink != 1)
		return fail_set(why, FAIL_DENIED,
				"debug-helper is a file with another link to it, and does not run setuid "
				"from a place that a user chose; remove the link");
	return 0;
}

/* In another user namespace root is somebody else, who may be the caller. */
static int check_user_namespace(struct fail *why)
{
	static const char whole[] = "         0          0 4294967295\n";
	char map[sizeof(whole) + 1];
	CLOSE_AT_EXIT int proc_fd = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (proc_fd < 0 || fd_read_file_at(proc_fd, "uid_map", map, sizeof(map)) < 0 ||
	    strcmp(map, whole) != 0)
		return fail_set(
		    why, FAIL_DENIED,
		    "debug-helper does not run setuid in a user namespace; run `debug` outside of it");
	return 0;
}

/* As far as the hard limit allows, or beyond it with CAP_SYS_RESOURCE; -1 if that is less than `least`. */
static int raise_limit(int resource, rlim_t least)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit limit;

	if (setrlimit((__rlimit_resource_t)resource, &all) == 0)
		return 0;
	if (getrlimit((__rlimit_resource_t)resource, &limit) < 0)
		return -1;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit((__rlimit_resource_t)resource, &limit) < 0 || limit.rlim_max < least)
		return -1;
	return 0;
}

static int reset_limits(struct fail *why)
{
	static const struct {
		int resource;
		rlim_t least;
		const char *name;
	} limits[] = {
		{ RLIMIT_AS, RLIM_INFINITY, "address space" },
		{ RLIMIT_CPU, RLIM_INFINITY, "processor time" },
		{ RLIMIT_DATA, RLIM_INFINITY, "data size" },
		{ RLIMIT_FSIZE, RLIM_INFINITY, "file size" },
		{ RLIMIT_RTTIME, RLIM_INFINITY, "real-time processor time" },
		{ RLIMIT_STACK, STACK_LEAST, "stack size" },
	};
	const struct rlimit no_core = { 0, 0 };
	struct rlimit files;

	if (setrlimit(RLIMIT_CORE, &no_core) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot turn core dumps off");
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (raise_limit(limits[i].resource, limits[i].least) < 0)
			return fail_set(why, FAIL_TOOL,
					"the limit of %s is too low to enter a container; raise it (ulimit)",
					limits[i].name);
	/* The number of files has no infinity: what the caller has is kept if it is enough. */
	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot read the limit of open files");
	if (files.rlim_cur < OPEN_FILES_LEAST) {
		files.rlim_cur = OPEN_FILES_LEAST;
		files.rlim_max = files.rlim_max < OPEN_FILES_LEAST ? OPEN_FILES_LEAST : files.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &files) < 0)
			return fail_set(why, FAIL_TOOL,
					"the limit of open files is too low to enter a container; raise it "
					"(ulimit)");
	}
	return 0;
}

static void reset_signals(void)
{
	static const int timers[] = { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };
	const struct itimerval off = { 0 };
	sigset_t none;

	for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++)
		(void)setitimer((__itimer_which_t)timers[i], &off, NULL);
	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Privileged: after this nothing tells the process from one that root started.  The ids are read back, as a
 * filter of the caller's could have answered for the kernel (seccomp(2)). */
static int become_root(struct fail *why)
{
	uid_t real, effective, saved;
	gid_t groups[3];

	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0 ||
	    getresuid(&real, &effective, &saved) < 0 || getresgid(&groups[0], &groups[1], &groups[2]) < 0 ||
	    real != 0 || effective != 0 || saved != 0 || groups[0] != 0 || groups[1] != 0 || groups[2] != 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot become root entirely");
	return 0;
}

/* A filter outlives execve(2) and setuid only with no_new_privs, under which there is no setuid; but one who
 * has CAP_SYS_ADMIN in this user namespace needs neither, and no setuid program. */
int caller_identify(struct caller *caller, struct fail *why)
{
	*caller = (struct caller){ 0 };
	if (clearenv() != 0)
		return fail_set(why, FAIL_TOOL, "cannot leave the caller's environment behind");
	if (read_ids(caller, why) < 0)
		return -1;
	caller->has_rights = geteuid() == 0;
	if (caller->uid == 0 || !caller->has_rights)
		return 0;
	reset_signals();
	if (reset_limits(why) == 0 && check_file(why) == 0 && check_place(why) == 0 &&
	    check_user_namespace(why) == 0 && become_root(why) == 0)
		return 0;
	caller->has_rights = false;
	if (!caller_become(caller))
		_exit(FAIL_TOOL);
	return -1;
}

bool caller_become(const struct caller *caller)
{
	return setgroups(caller->group_count, caller->groups) == 0 &&
	       setresgid(caller->gid, caller->gid, caller->gid) == 0 &&
	       setresuid(caller->uid, caller->uid, caller->uid) == 0 &&
	       (caller->uid == 0 || setresuid((uid_t)-1, 0, (uid_t)-1) < 0) && prctl(PR_SET_DUMPABLE, 0) == 0;
}
