/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy on disk.
 *
 * Should:  check what it has opened, not what a path said; and the directory, in which a file can be
 * replaced. Mustn't: follow a link, or wait for a fifo.
 */
#include "policy.h"

#include "fd.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define POLICY_PATH POLICY_DIRECTORY "/" POLICY_FILE

enum { OPEN_FLAGS = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };

static bool is_roots_alone(const struct stat *status)
{
	return status->st_uid == 0 && (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* FD_NONE with *why unset if there is none. */
static int open_installed(struct fail *why)
{
	CLOSE_AT_EXIT int directory_fd =
	    open(POLICY_DIRECTORY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	CLOSE_AT_EXIT int fd = FD_NONE;
	struct stat status;

	if (directory_fd >= 0)
		fd = openat(directory_fd, POLICY_FILE, OPEN_FLAGS | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return FD_NONE;
	if (fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open " POLICY_PATH);
	if (fstat(directory_fd, &status) < 0 || !is_roots_alone(&status))
		return fail_set(why, FAIL_TOOL,
				POLICY_DIRECTORY " can be changed by others than root; chown and chmod it");
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || !is_roots_alone(&status) ||
	    status.st_nlink != 1)
		return fail_set(why, FAIL_TOOL,
				POLICY_PATH " is not a file with one name that only root may write to; chown "
					    "and chmod it");
	return fd_steal(&fd);
}

static int read_text(struct policy *policy, const char *path, int fd, struct fail *why)
{
	/* A byte more than there may be, which tells that there are more. */
	char *text = malloc(POLICY_TEXT_MAX + 1);
	const ssize_t size = text == NULL ? -1 : fd_read_all(fd, text, POLICY_TEXT_MAX + 1);
	int failed = -1;

	if (size < 0)
		(void)fail_errno(why, FAIL_TOOL, errno, "cannot read %s", path);
	else
		failed = policy_parse(policy, path, text, (size_t)size, &policy_names_of_host, why);
	free(text);
	return failed;
}

int policy_load(struct policy *policy, struct fail *why)
{
	CLOSE_AT_EXIT int fd = open_installed(why);

	*policy = (struct policy){ 0 };
	if (fd < 0)
		return why->status == FAIL_NONE ? 1 : -1;
	return read_text(policy, POLICY_PATH, fd, why);
}

static int read_draft(struct policy *policy, const char *path, struct fail *why)
{
	CLOSE_AT_EXIT int fd = open(path, OPEN_FLAGS);
	char shown[PATH_MAX];

	*policy = (struct policy){ 0 };
	(void)text_encode(shown, sizeof(shown), path, strlen(path));
	if (fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open `%.512s`", shown);
	return read_text(policy, shown, fd, why);
}

int policy_check(const char *path, char *summary, size_t capacity, struct fail *why)
{
	struct policy policy;
	const int outcome = path == NULL ? policy_load(&policy, why) : read_draft(&policy, path, why);

	if (outcome == 0)
		(void)snprintf(summary, capacity, "%zu rule%s%s", policy.count, policy.count == 1 ? "" : "s",
			       policy.is_audit_required ? "; audit is required" : "");
	else if (outcome > 0)
		(void)fail_set(why, FAIL_TOOL,
			       "there is no " POLICY_PATH "; debug.conf(5) says what stands in it");
	policy_free(&policy);
	return outcome == 0 ? 0 : -1;
}
