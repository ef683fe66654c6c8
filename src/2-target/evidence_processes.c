/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Monitors of containers, found among all processes: the last resort for containers in a storage directory
 * that only their monitor knows of, and for machines that nobody registered.
 *
 *   conmon ... -c ID -n NAME ...    Podman's and CRI-O's; its child is the container's first process
 *   systemd-nspawn -M NAME ...      the same
 *
 * Should:  note whose process it is: its arguments are believed no further than that user reaches.
 */
#include "evidence.h"

#include "fd.h"
#include "proc.h"
#include "text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { STATUS_MAX = 8192, MEMBERS_MAX = 64 << 10, ARGUMENTS_MAX = 64 << 10, COMMAND_MAX = 32 };

/* What identifies a process as the first of a container that we look at from outside. */
static bool is_init(int host_proc_fd, pid_t pid, pid_t *parent)
{
	CLOSE_AT_EXIT int proc_fd = proc_open_pid(host_proc_fd, pid);
	struct proc_stat stat;
	char text[STATUS_MAX];
	pid_t inner;
	size_t depth;

	if (proc_fd < 0 || fd_read_file_at(proc_fd, "status", text, sizeof(text)) < 0 ||
	    !proc_parse_inner_pid(&depth, &inner, text) || depth != 2 || inner != 1 ||
	    proc_read_stat(&stat, proc_fd) < 0)
		return false;
	*parent = stat.parent;
	return true;
}

pid_t evidence_find_init(int host_proc_fd, int dir_fd, const char *name, pid_t *parent)
{
	static char text[MEMBERS_MAX];
	char *at = text;

	if (fd_read_file_at(dir_fd, name, text, sizeof(text)) < 0)
		return 0;
	while (*at != '\0') {
		char *end;
		const long pid = strtol(at, &end, 10);

		if (end == at)
			break;
		if (pid > 1 && is_init(host_proc_fd, (pid_t)pid, parent))
			return (pid_t)pid;
		at = end + strspn(end, " \n");
	}
	return 0;
}

size_t evidence_read_arguments(int host_proc_fd, pid_t pid, uid_t owner, char *arguments, size_t capacity)
{
	CLOSE_AT_EXIT int proc_fd = proc_open_pid(host_proc_fd, pid);
	ssize_t size;

	if (proc_fd < 0 || !proc_is_of(proc_fd, owner))
		return 0;
	size = fd_read_file_at(proc_fd, "cmdline", arguments, capacity);
	return size < 0 ? 0 : (size_t)size;
}

/* conmon has no other child but for an exec; with --pid=host even the first process is no init. */
static pid_t first_number(int dir_fd, const char *name)
{
	char text[MEMBERS_MAX];
	long pid;

	if (fd_read_file_at(dir_fd, name, text, sizeof(text)) < 0)
		return 0;
	pid = strtol(text, NULL, 10);
	return pid > 1 ? (pid_t)pid : 0;
}

struct search {
	struct evidence_list *list;
	const struct query *query;
	struct fail *why;
};

static int add_monitor(void *context, int host_proc_fd, const char *name)
{
	static char arguments[ARGUMENTS_MAX];
	const struct search *search = context;
	CLOSE_AT_EXIT int proc_fd = FD_NONE;
	struct evidence item = { 0 };
	char command[COMMAND_MAX];
	char children[64];
	struct stat status;
	int64_t pid;
	size_t size;
	pid_t parent;

	if (!text_to_number(name, 2, INT_MAX, &pid))
		return 0;
	proc_fd = proc_open_pid(host_proc_fd, (pid_t)pid);
	if (proc_fd < 0 || fd_read_file_at(proc_fd, "comm", command, sizeof(command)) < 0 ||
	    fstat(proc_fd, &status) < 0)
		return 0;
	(void)snprintf(children, sizeof(children), "task/%d/children", (int)pid);
	item.owner = status.st_uid;
	if (strcmp(command, "conmon\n") == 0 && query_wants(search->query, TARGET_PODMAN)) {
		item.kind = EVIDENCE_CONMON;
		item.runtime = TARGET_PODMAN;
		item.pid = first_number(proc_fd, children);
	} else if (strcmp(command, "systemd-nspawn\n") == 0 && query_wants(search->query, TARGET_NSPAWN)) {
		item.kind = EVIDENCE_NSPAWN;
		item.runtime = TARGET_NSPAWN;
		item.pid = evidence_find_init(host_proc_fd, proc_fd, children, &parent);
	}
	if (item.pid == 0)
		return 0;
	size = evidence_read_arguments(host_proc_fd, (pid_t)pid, item.owner, arguments, sizeof(arguments));
	return size == 0 ? 0 : evidence_add(search->list, &item, arguments, size, search->why);
}

int evidence_gather_processes(struct evidence_list *list, const struct query *query, int host_proc_fd,
			      struct fail *why)
{
	struct search search = { .list = list, .query = query, .why = why };

	if (!query_wants(query, TARGET_PODMAN) && !query_wants(query, TARGET_NSPAWN))
		return 0;
	return evidence_each(host_proc_fd, add_monitor, &search);
}
