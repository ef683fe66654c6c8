/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apt, the unpacking and the relocation run from the toolbox itself, so that any distribution can be
 * the host.  They parse what a network and package authors wrote; so they run in a root of their
 * own, in which there is nothing but the toolbox, the user's packages and what names the archive:
 *
 *   /dev             as in a session, but /dev/toolbox is writable: the user's layer
 *   /base            the image without the layer, read-only
 *   /state           the user's directory below /var/lib/debug
 *   /etc             resolv.conf and hosts of the host; /etc/debug of the host, read-only
 *   /host            /etc/apt and os-release of the host, read-only
 *   /mirror          a directory of the host with packages, if one was named
 *   /tmp, /proc      its own
 *
 * The network is the host's.  No target is involved: neither its namespaces, nor its cgroup.
 *
 * Should:  end with its first process, whatever it started (pid namespace).
 * Mustn't: keep a capability: that it owns the files as root is enough to write them.
 */
#include "installer.h"

#include "clock.h"
#include "fd.h"
#include "filters.h"
#include "joiner.h"
#include "layer.h"
#include "scratch.h"
#include "toolbox.h"
#include "wire.h"

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "/dev/toolbox/libexec/packages"

enum { COPY_MAX = 64 << 10, NUMBER_TEXT = 16, FILES_FIRST = 3, ARGUMENTS_FIXED = 5 };

/* What the new root is made of, opened with the host's rights before it is entered. */
struct parts {
	struct toolbox toolbox;
	int root_fd, devices_fd, state_fd;
};

static const char *const verb_names[PACKAGES_VERB_COUNT] = {
	[PACKAGES_INSTALL] = "install", [PACKAGES_UNINSTALL] = "uninstall", [PACKAGES_SEARCH] = "search",
	[PACKAGES_UPGRADE] = "upgrade", [PACKAGES_BUILD] = "build",
};

bool installer_accepts(const char *word)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	static const char more[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.:~=_";
	const size_t length = strlen(word);

	/* apt takes "name-" for a removal. */
	return length > 0 && length < 128 && strchr(first, word[0]) != NULL && strspn(word, more) == length &&
	       word[length - 1] != '-';
}

static int attach_at(int mount_fd, int root_fd, const char *name, struct fail *why)
{
	CLOSE_AT_EXIT int on_fd = FD_NONE;

	if (mkdirat(root_fd, name, 0755) < 0 && errno != EEXIST)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make `%s` for the installer", name);
	on_fd = openat(root_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (on_fd < 0 ||
	    move_mount(mount_fd, "", on_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot mount `%s` for the installer", name);
	return 0;
}

/* Shows a directory of the host, read-only.  One that the host does not have is not shown. */
static int show(const char *path, int root_fd, const char *name, struct fail *why)
{
	struct mount_attr attributes = {
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
		.propagation = MS_PRIVATE,
	};
	CLOSE_AT_EXIT int tree_fd =
	    open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (tree_fd < 0)
		return errno == ENOENT ? 0 : fail_errno(why, FAIL_TOOL, errno, "cannot open `%s`", path);
	if (mount_setattr(tree_fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof(attributes)) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot show `%s` to the installer", path);
	return attach_at(tree_fd, root_fd, name, why);
}

/* A copy, because the host's may be a link to anywhere. */
static int copy_file(const char *path, int root_fd, const char *name, struct fail *why)
{
	CLOSE_AT_EXIT int to_fd = openat(root_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	CLOSE_AT_EXIT int from_fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *bytes = malloc(COPY_MAX);
	ssize_t size = from_fd < 0 || bytes == NULL ? 0 : fd_read_all(from_fd, bytes, COPY_MAX);
	int failed = to_fd < 0 || size < 0 ? -1 : fd_write_all(to_fd, bytes, (size_t)size);

	free(bytes);
	return failed == 0 ? 0 : fail_errno(why, FAIL_TOOL, errno, "cannot copy %s for the installer", path);
}

static int make_directories(int root_fd, struct fail *why)
{
	static const char *const names[] = { "etc", "host", "tmp", "none" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (mkdirat(root_fd, names[i], 0755) < 0)
			return fail_errno(why, FAIL_TOOL, errno, "cannot make the installer's directories");
	return 0;
}

static int build_devices(struct parts *parts, struct fail *why)
{
	CLOSE_AT_EXIT int none_fd = openat(parts->root_fd, "none", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (none_fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open the installer's directories");
	if (attach_at(parts->devices_fd, parts->root_fd, "dev", why) < 0 ||
	    attach_at(parts->toolbox.view_fd, parts->devices_fd, "toolbox", why) < 0)
		return -1;
	return devices_fill(parts->devices_fd, none_fd, false, why);
}

static int build_root(struct parts *parts, const char *mirror, struct fail *why)
{
	CLOSE_AT_EXIT int proc_fd = FD_NONE;
	const int root_fd = parts->root_fd;

	if (make_directories(root_fd, why) < 0 || build_devices(parts, why) < 0 ||
	    attach_at(parts->toolbox.base_fd, root_fd, "base", why) < 0 ||
	    attach_at(parts->state_fd, root_fd, "state", why) < 0)
		return -1;
	proc_fd = scratch_proc(why);
	if (proc_fd < 0 || attach_at(proc_fd, root_fd, "proc", why) < 0)
		return -1;
	if (copy_file("/etc/resolv.conf", root_fd, "etc/resolv.conf", why) < 0 ||
	    copy_file("/etc/hosts", root_fd, "etc/hosts", why) < 0 ||
	    copy_file("/etc/os-release", root_fd, "host/os-release", why) < 0)
		return -1;
	if (show("/etc/debug", root_fd, "etc/debug", why) < 0 ||
	    show("/etc/apt", root_fd, "host/apt", why) < 0)
		return -1;
	return mirror != NULL && mirror[0] == '/' ? show(mirror, root_fd, "mirror", why) : 0;
}

/* The host's mounts are gone from this namespace afterwards, so no path leads back to them. */
static int enter_root(int root_fd, struct fail *why)
{
	CLOSE_AT_EXIT int on_fd = open("/run/debug", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (on_fd < 0 ||
	    move_mount(root_fd, "", on_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0 ||
	    fchdir(root_fd) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 ||
	    chdir("/") < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot enter the installer's root");
	return 0;
}

static int drop_rights(struct fail *why)
{
	const struct rlimit no_core = { 0, 0 };
	const int count = (int)cap_max_bits();
	cap_t none = cap_init();
	int failed = none == NULL ? -1 : 0;

	for (int capability = 0; failed == 0 && capability < count; capability++)
		failed = prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
	if (failed == 0)
		failed = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (failed == 0)
		failed = cap_set_proc(none);
	(void)cap_free(none);
	if (failed < 0 || setrlimit(RLIMIT_CORE, &no_core) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter_session) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot give up the installer's rights");
	return 0;
}

/* Output to 1 and 2, and the package files to 3 and following; nothing else stays open. */
static int arrange_descriptors(const struct installer_order *order, struct fail *why)
{
	const int free_fd = FILES_FIRST + (int)order->file_count;
	const int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int failed = null_fd < 0 ? -1 : dup2(null_fd, STDIN_FILENO);
	int held[WIRE_FDS_MAX];
	int output_fd;
	int error_fd;

	/* First out of each other's way. */
	output_fd = fcntl(order->output_fd, F_DUPFD_CLOEXEC, free_fd);
	error_fd = fcntl(order->error_fd, F_DUPFD_CLOEXEC, free_fd);
	for (size_t i = 0; i < order->file_count; i++)
		held[i] = fcntl(order->file_fds[i], F_DUPFD_CLOEXEC, free_fd);
	for (size_t i = 0; failed >= 0 && i < order->file_count; i++)
		failed = dup2(held[i], FILES_FIRST + (int)i);
	if (failed < 0 || dup2(output_fd, STDOUT_FILENO) < 0 || dup2(error_fd, STDERR_FILENO) < 0 ||
	    close_range((unsigned int)free_fd, ~0U, 0) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot set up the installer's streams");
	return 0;
}

__attribute__((noreturn)) static void execute(const struct installer_order *order)
{
	static const char *const environment[] = { "PATH=/dev/toolbox/bin:/dev/toolbox/sbin",
						   "HOME=/tmp",
						   "TMPDIR=/tmp",
						   "LANG=C.UTF-8",
						   "LC_ALL=C.UTF-8",
						   NULL };
	const char *argv[ARGUMENTS_FIXED + PACKAGES_WORDS_MAX + 1] = { PROGRAM, verb_names[order->verb] };
	char columns[NUMBER_TEXT];
	char files[NUMBER_TEXT];
	size_t count = 2;

	(void)snprintf(columns, sizeof(columns), "%u", order->columns);
	(void)snprintf(files, sizeof(files), "%zu", order->file_count);
	argv[count++] = columns;
	argv[count++] = files;
	argv[count++] = order->mirror != NULL ? order->mirror : "";
	for (size_t i = 0; i < order->word_count; i++)
		argv[count++] = order->words[i];
	(void)execve(PROGRAM, (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)environment);
	(void)dprintf(STDERR_FILENO, "debug: cannot run %s: %s; install the toolbox again\n", PROGRAM,
		      strerror(errno));
	_exit(FAIL_TOOL);
}

/* The child, first process of its pid namespace. */
__attribute__((noreturn)) static void run(struct parts *parts, const struct installer_order *order)
{
	struct mount_attr private = { .propagation = MS_PRIVATE };
	struct fail why = { 0 };
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &private, sizeof(private)) < 0)
		(void)fail_errno(&why, FAIL_TOOL, errno, "cannot make the installer's mounts private");
	else if (build_root(parts, order->mirror, &why) == 0 && enter_root(parts->root_fd, &why) == 0 &&
		 arrange_descriptors(order, &why) == 0 && drop_rights(&why) == 0)
		execute(order);
	(void)dprintf(order->error_fd, "debug: %s\n", why.text);
	_exit(FAIL_TOOL);
}

static int open_parts(struct parts *parts, uid_t uid, struct fail *why)
{
	const int state_fd = layer_open_state(uid, why);

	parts->state_fd = FD_NONE;
	if (state_fd < 0 || toolbox_open_writable(&parts->toolbox, uid, why) < 0)
		return -1;
	parts->state_fd = open_tree(state_fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	(void)close(state_fd);
	if (parts->state_fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open the user's toolbox");
	parts->root_fd = scratch_run(why);
	parts->devices_fd = parts->root_fd < 0 ? FD_NONE : scratch_devices(why);
	return parts->devices_fd < 0 ? -1 : 0;
}

static void close_parts(struct parts *parts)
{
	toolbox_close(&parts->toolbox);
	fd_close(&parts->root_fd);
	fd_close(&parts->devices_fd);
	fd_close(&parts->state_fd);
}

int installer_start(struct installer *installer, const struct installer_order *order, struct fail *why)
{
	struct parts parts = { { FD_NONE, FD_NONE, false }, FD_NONE, FD_NONE, FD_NONE };
	int pid_fd = FD_NONE;
	const struct clone_args arguments = {
		.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pid_fd,
		.exit_signal = SIGCHLD,
	};
	long child = -1;

	if (open_parts(&parts, order->uid, why) == 0) {
		child = syscall(SYS_clone3, &arguments, sizeof(arguments));
		if (child == 0)
			run(&parts, order);
		if (child < 0)
			(void)fail_errno(why, FAIL_TOOL, errno, "cannot start the installer");
	}
	close_parts(&parts);
	*installer = (struct installer){ .pid = (pid_t)child, .pid_fd = pid_fd };
	return child < 0 ? -1 : 0;
}

int installer_end(struct installer *installer)
{
	int how = 0;

	if (installer->pid_fd == FD_NONE)
		return FAIL_TOOL;
	(void)pidfd_send_signal(installer->pid_fd, SIGKILL, NULL, 0);
	while (waitpid(installer->pid, &how, 0) < 0 && errno == EINTR)
		;
	fd_close(&installer->pid_fd);
	return WIFEXITED(how) ? WEXITSTATUS(how) : FAIL_TOOL;
}
