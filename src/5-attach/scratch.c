/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Made with the host's rights and never attached in the host's namespace, so nobody sees them come
 * or go, and a kill at any moment leaves nothing.
 */
#include "scratch.h"

#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/vfs.h>

struct option {
	const char *name, *value;
};

enum { OPTIONS_MAX = 4 };

static int make(const char *type, const struct option options[OPTIONS_MAX], unsigned int attributes)
{
	CLOSE_AT_EXIT int context_fd = fsopen(type, FSOPEN_CLOEXEC);

	if (context_fd < 0)
		return -1;
	for (size_t i = 0; i < OPTIONS_MAX && options[i].name != NULL; i++)
		if (fsconfig(context_fd, FSCONFIG_SET_STRING, options[i].name, options[i].value, 0) < 0)
			return -1;
	if (fsconfig(context_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return fsmount(context_fd, FSMOUNT_CLOEXEC, attributes);
}

int scratch_devices(struct fail *why)
{
	/* The one mount of a session on which device nodes work; read-only once it is filled. */
	static const struct option options[OPTIONS_MAX] = { { "mode", "0755" },
							    { "size", "1m" },
							    { "nr_inodes", "4k" } };
	int fd = make("tmpfs", options, MOUNT_ATTR_NOSUID);

	return fd >= 0 ? fd : fail_errno(why, FAIL_TOOL, errno, "cannot make a tmpfs for the session's /dev");
}

int scratch_run(struct fail *why)
{
	static const struct option options[OPTIONS_MAX] = { { "mode", "0700" }, { "size", "256m" } };
	int fd = make("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);

	return fd >= 0
		   ? fd
		   : fail_errno(why, FAIL_TOOL, errno, "cannot make a tmpfs for the session's scratch space");
}

int scratch_changes(struct fail *why)
{
	/* It is charged to the session's cgroup, whose limit is a little above: full is better than killed.
	 */
	static const struct option options[OPTIONS_MAX] = { { "mode", "0700" }, { "size", "384m" } };
	int fd = make("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOATIME);

	return fd >= 0
		   ? fd
		   : fail_errno(why, FAIL_TOOL, errno, "cannot make a tmpfs for what the session changes");
}

int scratch_terminals(struct fail *why)
{
	static const struct option options[OPTIONS_MAX] = { { "ptmxmode", "0666" },
							    { "mode", "0620" },
							    { "gid", "5" } };
	int fd = make("devpts", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);

	return fd >= 0
		   ? fd
		   : fail_errno(why, FAIL_TOOL, errno, "cannot make a devpts for the session's terminals");
}

int scratch_proc(struct fail *why)
{
	static const struct option options[OPTIONS_MAX] = { { NULL, NULL } };
	int fd = make("proc", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);

	return fd >= 0 ? fd : fail_errno(why, FAIL_TOOL, errno, "cannot make a /proc");
}

int scratch_listen(int run_fd, const char *name, struct fail *why)
{
	CLOSE_AT_EXIT int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", run_fd, name);
	/* Whoever may enter the directory may connect; who that is, the directory's owner and mode say. */
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(address.sun_path, 0666) < 0 || listen(fd, 1) < 0)
		return fail_errno(why, FAIL_TOOL, errno,
				  "cannot make a socket in the session's scratch space");
	return fd_steal(&fd);
}

int scratch_open_terminal(int terminals_fd, unsigned short rows, unsigned short columns, int *master_fd,
			  int *slave_fd, struct fail *why)
{
	const struct winsize size = { .ws_row = rows, .ws_col = columns };
	CLOSE_AT_EXIT int master = openat(terminals_fd, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	CLOSE_AT_EXIT int slave = FD_NONE;
	struct statfs status;
	int unlocked = 0;

	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlocked) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open a terminal for the session");
	/* By descriptor: no path, so no other filesystem's idea of /dev/pts/0 (TIOCGPTPEER, Linux 4.13). */
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || fstatfs(slave, &status) < 0 || status.f_type != DEVPTS_SUPER_MAGIC)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open a terminal for the session");
	if (rows > 0 && columns > 0 && ioctl(master, TIOCSWINSZ, &size) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot set the size of the session's terminal");
	*master_fd = fd_steal(&master);
	*slave_fd = fd_steal(&slave);
	return 0;
}
