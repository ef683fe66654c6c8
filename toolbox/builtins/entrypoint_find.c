/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of the target: opened inside its root, searched as execvp(3) does. */
#include "entrypoint.h"

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

static enum find_result examine(int root_fd, const char *path)
{
	struct stat status;
	int fd = target_open(root_fd, path, O_PATH);
	int failed = fd < 0 ? -1 : fstat(fd, &status);

	if (fd >= 0)
		(void)close(fd);
	if (failed < 0)
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
	int size = snprintf(path, PATH_MAX, "%s%s%.*s%s%s", is_relative ? workdir : "",
			    is_relative && strcmp(workdir, "/") != 0 ? "/" : "", (int)length, directory,
			    length > 0 && directory[length - 1] != '/' ? "/" : "", name);

	return size >= 0 && size < PATH_MAX;
}

enum find_result find_program(int root_fd, const char *name, const char *search, const char *workdir,
			      char path[PATH_MAX])
{
	enum find_result best = FIND_MISSING;
	char candidate[PATH_MAX];

	path[0] = '\0';
	if (strchr(name, '/') != NULL) {
		if (name[0] == '/' ? strlen(name) >= PATH_MAX : !join(path, workdir, "", 0, name))
			return FIND_MISSING;
		if (name[0] == '/')
			(void)snprintf(path, PATH_MAX, "%s", name);
		return examine(root_fd, path);
	}
	for (const char *at = search; name[0] != '\0'; at++) {
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
