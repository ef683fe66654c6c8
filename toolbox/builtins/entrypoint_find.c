/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of the target: opened inside its root, searched as execvp(3) does. */
#include "entrypoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int target_open(int root_fd, const char *path, int flags)
{
	/* Not blocking: the path may name a pipe that nobody writes to. */
	const struct open_how how = {
		.flags =
		    (unsigned int)(flags | O_CLOEXEC | ((flags & O_PATH) != 0 ? 0 : O_NONBLOCK | O_NOCTTY)),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
}

static bool status_of(int root_fd, const char *path, struct stat *status)
{
	int fd = target_open(root_fd, path, O_PATH);
	bool is_read = fd >= 0 && fstat(fd, status) == 0;
	int error = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = error;
	return is_read;
}

int target_open_file(int root_fd, const char *path, uint64_t *size)
{
	struct stat before, status;
	int fd;

	/* To open a device may already do something, so the type is asked first. */
	if (!status_of(root_fd, path, &before))
		return -1;
	if (!S_ISREG(before.st_mode)) {
		errno = S_ISDIR(before.st_mode) ? EISDIR : ENXIO;
		return -1;
	}
	fd = target_open(root_fd, path, O_RDONLY);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size < 0) {
		(void)close(fd);
		errno = ENXIO;
		return -1;
	}
	*size = (uint64_t)status.st_size;
	return fd;
}

static enum find_result examine(int root_fd, const char *path)
{
	struct stat status;

	if (!status_of(root_fd, path, &status))
		return FIND_MISSING;
	if (S_ISDIR(status.st_mode))
		return FIND_DIRECTORY;
	return S_ISREG(status.st_mode) && (status.st_mode & 0111) != 0 ? FIND_OK : FIND_NOT_EXECUTABLE;
}

/* Joins a directory, relative ones below `workdir`, and a name; false if that is too long. */
static bool join(char path[PATH_MAX], const char *workdir, const char *directory, size_t length,
		 const char *name)
{
	bool is_relative = length == 0 || directory[0] != '/';
	size_t workdir_length = is_relative ? strlen(workdir) : 0;
	bool needs_slash = workdir_length > 0 && workdir[workdir_length - 1] != '/';
	int size;

	if (length >= PATH_MAX)
		return false;
	size = snprintf(path, PATH_MAX, "%s%s%.*s%s%s", is_relative ? workdir : "", needs_slash ? "/" : "",
			(int)length, directory, length > 0 && directory[length - 1] != '/' ? "/" : "", name);
	if (size >= 0 && size < PATH_MAX)
		return true;
	path[0] = '\0';
	return false;
}

enum find_result find_program(int root_fd, const char *name, const char *search, const char *workdir,
			      char path[PATH_MAX])
{
	enum find_result best = FIND_MISSING;
	char candidate[PATH_MAX];

	path[0] = '\0';
	if (strchr(name, '/') != NULL)
		return join(path, name[0] == '/' ? "" : workdir, "", 0, name) ? examine(root_fd, path)
									      : FIND_MISSING;
	if (name[0] == '\0' || strlen(name) > NAME_MAX)
		return FIND_MISSING;
	for (const char *at = search;; at++) {
		size_t length = strcspn(at, ":");
		enum find_result found =
		    join(candidate, workdir, at, length, name) ? examine(root_fd, candidate) : FIND_MISSING;

		if (found == FIND_OK || (found != FIND_MISSING && best == FIND_MISSING)) {
			best = found;
			memcpy(path, candidate, sizeof(candidate));
		}
		at += length;
		if (best == FIND_OK || *at == '\0')
			break;
	}
	return best;
}
