/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of the host's runtimes, gathered as they are.
 *
 * Should:  open by descriptor, below directories that only their owner may write to; regular files alone, a
 *          bounded part of them, and never wait for a fifo, a device or a mount that somebody made there.
 * Mustn't: understand what they contain: they hold text that users, images and clusters wrote.
 */
#include "evidence.h"

#include "fd.h"
#include "text.h"

#include <bsd/string.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define USERS_DIRECTORY "/run/user"

enum {
	TOTAL_MAX = 48 << 20, /* the resolver's memory is limited to twice that */
	COUNT_MAX = 8192,
	PID_TEXT_MAX = 32,
};

static int open_below(int dir_fd, const char *name, uint64_t flags)
{
	return fd_open_how(dir_fd, name, flags | O_CLOEXEC | O_NOFOLLOW,
			   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
}

int evidence_open_directory(const char *path, uid_t owner)
{
	CLOSE_AT_EXIT int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0 || (status.st_uid != owner && status.st_uid != 0) ||
	    (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return FD_NONE;
	return fd_steal(&fd);
}

int evidence_open_below(int dir_fd, const char *name)
{
	int fd = open_below(dir_fd, name, O_RDONLY | O_DIRECTORY);

	return fd < 0 ? FD_NONE : fd;
}

static bool grow(struct evidence_list *list)
{
	const size_t capacity = list->capacity == 0 ? 32 : 2 * list->capacity;
	struct evidence *all;

	if (list->count < list->capacity)
		return true;
	all = reallocarray(list->all, capacity, sizeof(*all));
	if (all == NULL)
		return false;
	list->all = all;
	list->capacity = capacity;
	return true;
}

int evidence_adopt(struct evidence_list *list, const struct evidence *item, char *bytes, size_t size,
		   struct fail *why)
{
	struct evidence *added;

	/* What users keep leaves room for the system's. */
	if (list->count >= COUNT_MAX || size > TOTAL_MAX - list->size ||
	    (item->owner != 0 &&
	     (list->users_count >= COUNT_MAX / 2 || size > TOTAL_MAX / 2 - list->users_size))) {
		list->is_truncated = true;
		free(bytes);
		return 0;
	}
	if (!grow(list)) {
		free(bytes);
		return fail_errno(why, FAIL_TOOL, ENOMEM, "cannot look at the runtimes' containers");
	}
	added = &list->all[list->count++];
	*added = *item;
	added->bytes = bytes;
	added->size = size;
	list->size += size;
	list->users_count += item->owner != 0;
	list->users_size += item->owner != 0 ? size : 0;
	return 0;
}

int evidence_add(struct evidence_list *list, const struct evidence *item, const char *bytes, size_t size,
		 struct fail *why)
{
	char *copy = malloc(size + 1);

	if (copy == NULL)
		return fail_errno(why, FAIL_TOOL, ENOMEM, "cannot look at the runtimes' containers");
	if (size > 0)
		memcpy(copy, bytes, size);
	copy[size] = '\0';
	return evidence_adopt(list, item, copy, size, why);
}

/* The whole of a regular file, terminated; NULL if it is none, too large, or changes while it is read, and
 * with errno ENOMEM if memory runs out. */
static char *read_regular(int dir_fd, const char *name, size_t *size)
{
	CLOSE_AT_EXIT int fd = open_below(dir_fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	ssize_t length;
	char *bytes;

	errno = 0;
	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size <= 0 ||
	    status.st_size > EVIDENCE_FILE_MAX)
		return NULL;
	bytes = malloc((size_t)status.st_size + 1);
	if (bytes == NULL)
		return NULL;
	length = fd_read_all(fd, bytes, (size_t)status.st_size);
	if (length != status.st_size) {
		free(bytes);
		return NULL;
	}
	bytes[length] = '\0';
	*size = (size_t)length;
	return bytes;
}

int evidence_add_file(struct evidence_list *list, const struct evidence *item, int dir_fd, const char *name,
		      const struct query *query, struct fail *why)
{
	size_t size;
	char *bytes = read_regular(dir_fd, name, &size);
	size_t length = 0;
	const char *needle = query != NULL ? query_needle(query, &length) : "";

	if (bytes == NULL)
		return errno != ENOMEM
			   ? 0
			   : fail_errno(why, FAIL_TOOL, ENOMEM, "cannot look at the runtimes' containers");
	if (memmem(bytes, size, needle, length) == NULL) {
		free(bytes);
		return 0;
	}
	return evidence_adopt(list, item, bytes, size, why);
}

pid_t evidence_read_pid(int dir_fd, const char *name)
{
	CLOSE_AT_EXIT int fd = open_below(dir_fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	char text[PID_TEXT_MAX];
	int64_t pid;
	ssize_t size;

	if (fd < 0)
		return 0;
	size = fd_read_all(fd, text, sizeof(text) - 1);
	if (size <= 0)
		return 0;
	text[size] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text_to_number(text, 2, INT_MAX, &pid) ? (pid_t)pid : 0;
}

int evidence_each(int dir_fd, evidence_visit visit, void *context)
{
	int listing_fd = dir_fd < 0 ? FD_NONE : evidence_open_below(dir_fd, ".");
	DIR *listing = listing_fd < 0 ? NULL : fdopendir(listing_fd);
	const struct dirent *entry;
	int failed = 0;

	if (listing == NULL) {
		fd_close(&listing_fd);
		return 0;
	}
	while (failed >= 0 && (entry = readdir(listing)) != NULL)
		if (entry->d_name[0] != '.')
			failed = visit(context, dir_fd, entry->d_name);
	(void)closedir(listing);
	return failed < 0 ? failed : 0;
}

struct users {
	evidence_visit_user visit;
	void *context;
};

static int visit_user(void *context, int users_fd, const char *name)
{
	const struct users *users = context;
	CLOSE_AT_EXIT int user_fd = FD_NONE;
	struct stat status;
	int64_t uid;

	if (!text_to_number(name, 1, UINT32_MAX - 1L, &uid))
		return 0;
	/* Systemd mounts a filesystem of its own there; what the user mounts below it is not entered. */
	user_fd = openat(users_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (user_fd < 0 || fstat(user_fd, &status) < 0 || status.st_uid != (uid_t)uid)
		return 0;
	return users->visit(users->context, user_fd, (uint32_t)uid);
}

int evidence_each_user(evidence_visit_user visit, void *context)
{
	CLOSE_AT_EXIT int users_fd = evidence_open_directory(USERS_DIRECTORY, 0);
	struct users users = { .visit = visit, .context = context };

	return evidence_each(users_fd, visit_user, &users);
}

bool evidence_set_id(struct evidence *item, const char *id)
{
	return strlcpy(item->id, id, sizeof(item->id)) < sizeof(item->id);
}

int evidence_gather(struct evidence_list *list, const struct query *query, int host_proc_fd, bool is_thorough,
		    struct fail *why)
{
	if (evidence_gather_bundles(list, query, why) < 0 ||
	    evidence_gather_storage(list, query, host_proc_fd, why) < 0)
		return -1;
	if (is_thorough && evidence_gather_processes(list, query, host_proc_fd, why) < 0)
		return -1;
	return evidence_gather_machines(list, query, host_proc_fd, is_thorough, why);
}

void evidence_free(struct evidence_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->all[i].bytes);
	free(list->all);
	*list = (struct evidence_list){ 0 };
}
