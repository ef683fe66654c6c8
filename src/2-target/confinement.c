/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a process is confined, as /proc/PID shows it: status, limits, attr/current, uid_map, gid_map.  Only
 * text that the kernel formats is parsed; a label, which policies name, is carried as bytes.
 *
 * A seccomp filter itself cannot be read without stopping the process: only that there is one is known.
 */
#include "confinement.h"

#include "fd.h"
#include "proc.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { TEXT_MAX = 64 << 10, LIMIT_NAME_COLUMNS = 26 };

/* Behind "\nNAME:"; the Name line escapes its newlines. */
static const char *find_line(const char *text, const char *name)
{
	const char *line = strstr(text, name);

	return line != NULL ? line + strlen(name) : NULL;
}

static bool parse_set(uint64_t *set, const char *text, const char *name)
{
	const char *line = find_line(text, name);
	char *end;

	if (line == NULL)
		return false;
	*set = strtoull(line, &end, 16);
	return end != line && *end == '\n';
}

/* Real, effective, saved, and the one for filesystems, which follows the effective. */
static bool parse_ids(uint32_t ids[CONFINEMENT_IDS], const char *text, const char *name)
{
	const char *at = find_line(text, name);
	char *end;

	for (size_t i = 0; at != NULL && i < CONFINEMENT_IDS; i++) {
		const unsigned long long id = strtoull(at, &end, 10);

		if (end == at || id > UINT32_MAX)
			return false;
		ids[i] = (uint32_t)id;
		at = end;
	}
	return at != NULL;
}

/* All of them, or it is not the same process: one too many is no success. */
static bool parse_groups(struct confinement *confinement, const char *text)
{
	const char *at = find_line(text, "\nGroups:\t");
	char *end;

	confinement->group_count = 0;
	/* Each has a blank behind it, and none at all is a blank, too. */
	while (at != NULL && *(at += strspn(at, " ")) != '\n') {
		const unsigned long long id = strtoull(at, &end, 10);

		if (end == at || id > UINT32_MAX || confinement->group_count == CONFINEMENT_GROUPS_MAX)
			return false;
		confinement->groups[confinement->group_count++] = (uint32_t)id;
		at = end;
	}
	return at != NULL;
}

bool confinement_parse_status(struct confinement *confinement, const char *text)
{
	const char *seccomp = find_line(text, "\nSeccomp:\t");
	const char *no_new_privs = find_line(text, "\nNoNewPrivs:\t");

	/* A kernel without seccomp has no such line. */
	confinement->has_filter = seccomp != NULL && *seccomp != '0';
	confinement->has_no_new_privs = no_new_privs != NULL && *no_new_privs == '1';
	return parse_ids(confinement->uid, text, "\nUid:\t") &&
	       parse_ids(confinement->gid, text, "\nGid:\t") && parse_groups(confinement, text) &&
	       parse_set(&confinement->inheritable, text, "\nCapInh:\t") &&
	       parse_set(&confinement->permitted, text, "\nCapPrm:\t") &&
	       parse_set(&confinement->effective, text, "\nCapEff:\t") &&
	       parse_set(&confinement->bounding, text, "\nCapBnd:\t") &&
	       parse_set(&confinement->ambient, text, "\nCapAmb:\t");
}

static const struct {
	int resource;
	const char *name;
} limits[CONFINEMENT_LIMITS] = {
	{ RLIMIT_CPU, "Max cpu time" },
	{ RLIMIT_FSIZE, "Max file size" },
	{ RLIMIT_DATA, "Max data size" },
	{ RLIMIT_STACK, "Max stack size" },
	{ RLIMIT_CORE, "Max core file size" },
	{ RLIMIT_RSS, "Max resident set" },
	{ RLIMIT_NPROC, "Max processes" },
	{ RLIMIT_NOFILE, "Max open files" },
	{ RLIMIT_MEMLOCK, "Max locked memory" },
	{ RLIMIT_AS, "Max address space" },
	{ RLIMIT_LOCKS, "Max file locks" },
	{ RLIMIT_SIGPENDING, "Max pending signals" },
	{ RLIMIT_MSGQUEUE, "Max msgqueue size" },
	{ RLIMIT_NICE, "Max nice priority" },
	{ RLIMIT_RTPRIO, "Max realtime priority" },
	{ RLIMIT_RTTIME, "Max realtime timeout" },
};

static bool parse_limit(uint64_t *limit, const char **at)
{
	static const char unlimited[] = "unlimited";
	char *end;

	*at += strspn(*at, " ");
	if (strncmp(*at, unlimited, strlen(unlimited)) == 0) {
		*limit = RLIM_INFINITY;
		*at += strlen(unlimited);
		return true;
	}
	*limit = strtoull(*at, &end, 10);
	if (end == *at || *end != ' ')
		return false;
	*at = end;
	return true;
}

bool confinement_parse_limits(struct confinement *confinement, const char *text)
{
	for (size_t i = 0; i < CONFINEMENT_LIMITS; i++) {
		const char *at = strstr(text, limits[i].name);

		/* The name fills 25 columns and a blank. */
		if (at == NULL || strnlen(at, LIMIT_NAME_COLUMNS) < LIMIT_NAME_COLUMNS)
			return false;
		at += LIMIT_NAME_COLUMNS - 1;
		if (!parse_limit(&confinement->soft[limits[i].resource], &at) ||
		    !parse_limit(&confinement->hard[limits[i].resource], &at))
			return false;
	}
	return true;
}

static bool read_oom_score_adj(struct confinement *confinement, int proc_fd)
{
	char text[32];
	int64_t number;

	if (fd_read_file_at(proc_fd, "oom_score_adj", text, sizeof(text)) < 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	if (!text_to_number(text, -1000, 1000, &number))
		return false;
	confinement->oom_score_adj = (int32_t)number;
	return true;
}

/* There is no label where no such module runs: EINVAL then. */
static bool read_label(struct confinement *confinement, int proc_fd)
{
	char *label = confinement->label;
	const ssize_t size = fd_read_file_at(proc_fd, "attr/current", label, CONFINEMENT_LABEL_MAX);

	if (size < 0) {
		label[0] = '\0';
		return errno == EINVAL || errno == ENOENT;
	}
	label[strcspn(label, "\n")] = '\0';
	return size < CONFINEMENT_LABEL_MAX - 1;
}

static bool count_inside(struct confinement *confinement, int proc_fd)
{
	for (size_t i = 0; i < CONFINEMENT_IDS; i++)
		if (!proc_unmap_id(proc_fd, "uid_map", confinement->uid[i], &confinement->uid[i]) ||
		    !proc_unmap_id(proc_fd, "gid_map", confinement->gid[i], &confinement->gid[i]))
			return false;
	for (size_t i = 0; i < confinement->group_count; i++)
		if (!proc_unmap_id(proc_fd, "gid_map", confinement->groups[i], &confinement->groups[i]))
			return false;
	return true;
}

int confinement_read(struct confinement *confinement, int proc_fd, struct fail *why)
{
	char *text = malloc(TEXT_MAX);
	bool is_read;

	*confinement = (struct confinement){ 0 };
	if (text == NULL)
		return fail_errno(why, FAIL_TOOL, ENOMEM, "cannot read how the target is confined");
	is_read = fd_read_file_at(proc_fd, "status", text, TEXT_MAX) >= 0 &&
		  confinement_parse_status(confinement, text) &&
		  fd_read_file_at(proc_fd, "limits", text, TEXT_MAX) >= 0 &&
		  confinement_parse_limits(confinement, text) && read_oom_score_adj(confinement, proc_fd) &&
		  read_label(confinement, proc_fd);
	free(text);
	if (!is_read)
		return fail_set(why, FAIL_TOOL,
				"cannot read how the target is confined; give another --profile");
	if (!count_inside(confinement, proc_fd))
		return fail_set(
		    why, FAIL_TOOL,
		    "the target runs as a user or group that its own user namespace does not map; "
		    "give another --profile");
	return 0;
}
