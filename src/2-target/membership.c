/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A claim "process 4121 is container X" held against what the kernel knows about the process.
 *
 * Should:  accept under every cgroup driver and layout: each names a container's cgroup after its id.  Where
 * there is none (--cgroups=disabled, users on cgroup v1), the monitor that is its parent has the id among its
 * arguments. Mustn't: let a user's engine name a process that is not that user's.
 */
#include "membership.h"

#include "fd.h"
#include "proc.h"

#include <ctype.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

enum { TEXT_MAX = 64 << 10, DEPTH_MAX = 32 };

bool membership_has_word(const char *text, size_t size, const char *id)
{
	const size_t length = strlen(id);
	const char *end = text + size;
	const char *at = text;

	while (length > 0 && (at = memmem(at, (size_t)(end - at), id, length)) != NULL) {
		if ((at == text || !isalnum((unsigned char)at[-1])) &&
		    (at + length == end || !isalnum((unsigned char)at[length])))
			return true;
		at++;
	}
	return false;
}

/* File `name` of a process has the id. */
static bool has_id(int proc_fd, const char *name, const char *id)
{
	char *text = malloc(TEXT_MAX);
	ssize_t size = text == NULL ? -1 : fd_read_file_at(proc_fd, name, text, TEXT_MAX);
	const bool answer = size > 0 && membership_has_word(text, (size_t)size, id);

	free(text);
	return answer;
}

static bool has_monitor(int host_proc_fd, int proc_fd, const char *id)
{
	CLOSE_AT_EXIT int parent_fd = FD_NONE;
	struct proc_stat stat;

	if (proc_read_stat(&stat, proc_fd) < 0)
		return false;
	parent_fd = proc_open_pid(host_proc_fd, stat.parent);
	return parent_fd >= 0 && proc_is_of(parent_fd, 0) && has_id(parent_fd, "cmdline", id);
}

/* The user namespace, or one that it lies in, was made by the user. */
static bool is_owned_by(int proc_fd, uint32_t owner)
{
	CLOSE_AT_EXIT int namespace_fd = openat(proc_fd, "ns/user", O_RDONLY | O_CLOEXEC);

	for (int depth = 0; namespace_fd >= 0 && depth < DEPTH_MAX; depth++) {
		uid_t uid;
		int parent_fd;

		if (ioctl(namespace_fd, NS_GET_OWNER_UID, &uid) == 0 && uid == owner)
			return true;
		/* EPERM at the outermost one. */
		parent_fd = ioctl(namespace_fd, NS_GET_PARENT);
		fd_close(&namespace_fd);
		namespace_fd = parent_fd;
	}
	return false;
}

bool membership_check(int host_proc_fd, int proc_fd, const char *id, uint32_t owner)
{
	if (owner != 0)
		return is_owned_by(proc_fd, owner);
	return has_id(proc_fd, "cgroup", id) || has_monitor(host_proc_fd, proc_fd, id);
}
