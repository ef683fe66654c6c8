/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbolic links: each that names something of the toolbox becomes relative.
 *
 * A package's link speaks of a tree in which /usr is a directory.  Here its content is one level
 * higher, so "../../etc/ssl" in /usr/lib would leave the toolbox.  Resolving the link by its text,
 * with ".." at the top staying at the top as in a root directory, gives the right place in both
 * cases.
 */
#include "relocate.h"

#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char temporary[] = ".relocate-link";

/* Appends the components of `more` to the normal path `path`.  Returns false if they do not fit. */
static bool path_append(char path[static PATH_MAX], const char *more)
{
	size_t length = strlen(path);

	while (*more != '\0') {
		const size_t component = strcspn(more, "/");

		if (component == 2 && memcmp(more, "..", 2) == 0) {
			const char *slash = strrchr(path, '/');

			length = slash == NULL ? 0 : (size_t)(slash - path);
		} else if (component > 0 && !(component == 1 && *more == '.')) {
			if (length + 1 + component >= PATH_MAX)
				return false;
			if (length > 0)
				path[length++] = '/';
			memcpy(path + length, more, component);
			length += component;
		}
		path[length] = '\0';
		more += component;
		more += strspn(more, "/");
	}
	return true;
}

/* Where a link leads, relative to the top of the tree. */
static bool link_destination(const char *path, const char *text, char destination[static PATH_MAX])
{
	destination[0] = '\0';
	if (text[0] != '/' && (!path_append(destination, path) || !path_append(destination, "..")))
		return false;
	if (!path_append(destination, text))
		return false;
	if (strncmp(destination, "usr/", 4) == 0)
		memmove(destination, destination + 4, strlen(destination + 4) + 1);
	return true;
}

/* The text by which a link at `path` names `destination`. */
static bool link_text(const char *path, const char *destination, char text[static PATH_MAX])
{
	size_t common = 0;
	size_t length = 0;

	for (size_t i = 0; path[i] != '\0' && path[i] == destination[i]; i++) {
		if (path[i] == '/')
			common = i + 1;
	}
	for (const char *rest = path + common; (rest = strchr(rest, '/')) != NULL; rest++) {
		if (length + sizeof("../") > PATH_MAX)
			return false;
		memcpy(text + length, "../", 3);
		length += 3;
	}
	return (size_t)snprintf(text + length, PATH_MAX - length, "%s", destination + common) <
	       PATH_MAX - length;
}

static bool is_in_toolbox(const struct toolbox *toolbox, const char *path)
{
	struct stat status;

	if (fstatat(toolbox->tree_fd, path, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	return toolbox->base_fd >= 0 && fstatat(toolbox->base_fd, path, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

int relocate_link(struct toolbox *toolbox, const char *path)
{
	char old[PATH_MAX];
	char new[PATH_MAX];
	char destination[PATH_MAX];
	ssize_t length = readlinkat(toolbox->tree_fd, path, old, sizeof(old) - 1);

	if (length < 0) {
		warn("%s", path);
		return -1;
	}
	old[length] = '\0';
	if (!link_destination(path, old, destination) || !link_text(path, destination, new)) {
		warnx("%s: the link is too long", path);
		return -1;
	}
	if (destination[0] == '\0' || strcmp(old, new) == 0)
		return 0;
	/* /proc/mounts, /run/x: the target's. */
	if (old[0] == '/' && !is_in_toolbox(toolbox, destination))
		return 0;

	if (symlinkat(new, toolbox->tree_fd, temporary) != 0 ||
	    renameat(toolbox->tree_fd, temporary, toolbox->tree_fd, path) != 0) {
		warn("%s", path);
		return -1;
	}
	toolbox->tally[RULE_LINK]++;
	return 0;
}
