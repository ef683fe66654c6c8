/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layers are only named by an engine, and the process that read its answer may have been taken over
 * by it.  So what is named must look like a layer and lie where nobody but root, or the user whose engine
 * it is, could have put it: never a directory of the host such as /root.
 *
 * Should:  mount in a child with a mount namespace of its own: the host's never holds any of it.
 * Mustn't: follow a link that anybody but root made.
 */
#include "layers.h"

#include "fd.h"
#include "joiner.h"
#include "scratch.h"
#include "text.h"
#include "wire.h"

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	LAYERS_MAX = 500, /* the kernel's own limit for one overlay */
	LINKS_MAX = 8,
	SHOWN_MAX = 400,
};

/* On the way to a directory: where we are, and what of the path is still to go. */
struct walk {
	int fd; /* owned */
	char rest[PATH_MAX];
	unsigned int links;
};

struct layers {
	int fds[LAYERS_MAX]; /* owned */
	size_t count;
};

/* Cuts the next component off, or returns false at the end. */
static bool next_component(struct walk *walk, char name[NAME_MAX + 1])
{
	const char *start = walk->rest + strspn(walk->rest, "/");
	const size_t length = strcspn(start, "/");

	if (length == 0 || length > NAME_MAX)
		return false;
	memcpy(name, start, length);
	name[length] = '\0';
	memmove(walk->rest, start + length, strlen(start + length) + 1);
	return true;
}

static bool is_last(const struct walk *walk)
{
	return walk->rest[strspn(walk->rest, "/")] == '\0';
}

/* Whether nobody but root and `owner` decides what a name in this directory means.  In one with the
 * sticky bit, as /tmp, that holds for what they own; the caller looks at that in the next step. */
static bool is_theirs(const struct stat *status, uid_t owner, bool is_sticky_enough)
{
	return S_ISDIR(status->st_mode) && (status->st_uid == 0 || status->st_uid == owner) &&
	       ((status->st_mode & 022) == 0 || (is_sticky_enough && (status->st_mode & S_ISVTX) != 0));
}

static bool restart(struct walk *walk, int link_fd)
{
	char path[PATH_MAX];
	ssize_t length = readlinkat(link_fd, "", path, sizeof(path) - 1);

	if (length <= 0 || ++walk->links > LINKS_MAX)
		return false;
	path[length] = '\0';
	if (strlcat(path, "/", sizeof(path)) >= sizeof(path) ||
	    strlcat(path, walk->rest, sizeof(path)) >= sizeof(path))
		return false;
	memcpy(walk->rest, path, sizeof(path));
	if (path[0] != '/')
		return true;
	fd_close(&walk->fd);
	walk->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return walk->fd >= 0;
}

/* One component further; false if it must not be gone. */
static bool step(struct walk *walk, const char *name, uid_t owner)
{
	CLOSE_AT_EXIT int next_fd = FD_NONE;
	struct stat status;

	errno = EPERM;
	if (strcmp(name, "..") == 0 || fstat(walk->fd, &status) < 0 ||
	    !is_theirs(&status, owner, !is_last(walk)))
		return false;
	next_fd = openat(walk->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (next_fd < 0 || fstat(next_fd, &status) < 0)
		return false;
	errno = EPERM;
	if (S_ISLNK(status.st_mode))
		return status.st_uid == 0 && restart(walk, next_fd);
	if (!S_ISDIR(status.st_mode))
		return false;
	fd_close(&walk->fd);
	walk->fd = fd_steal(&next_fd);
	return true;
}

static bool is_one_of(const char *const *words, size_t count, const char *start, size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(words[i]) == length && strncmp(words[i], start, length) == 0)
			return true;
	return false;
}

/* Engines keep layers in directories with these names, or below one with those. */
static bool looks_like_layer(const char *path)
{
	static const char *const names[] = { "diff", "fs", "rootfs" };
	static const char *const parents[] = { "dir", "subvolumes", "machines" };
	const char *name = strrchr(path, '/');
	const char *parent = name;

	if (path[0] != '/' || name == path)
		return false;
	while (parent > path && parent[-1] != '/')
		parent--;
	return is_one_of(names, sizeof(names) / sizeof(names[0]), name + 1, strlen(name + 1)) ||
	       is_one_of(parents, sizeof(parents) / sizeof(parents[0]), parent, (size_t)(name - parent));
}

static int open_layer(const char *path, uid_t owner)
{
	struct walk walk = { .fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) };
	char name[NAME_MAX + 1];
	bool is_allowed = walk.fd >= 0 && looks_like_layer(path) &&
			  strlcpy(walk.rest, path, sizeof(walk.rest)) < sizeof(walk.rest);

	if (!is_allowed)
		errno = EPERM;
	while (is_allowed && next_component(&walk, name))
		if (strcmp(name, ".") != 0)
			is_allowed = step(&walk, name, owner);
	if (!is_allowed)
		fd_close(&walk.fd);
	return walk.fd;
}

static int clone_read_only(int fd)
{
	struct mount_attr attributes = {
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOATIME,
		.attr_clr = MOUNT_ATTR__ATIME,
		.propagation = MS_PRIVATE,
	};
	CLOSE_AT_EXIT int tree_fd = open_tree(fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	if (tree_fd < 0 || mount_setattr(tree_fd, "", AT_EMPTY_PATH, &attributes, sizeof(attributes)) < 0)
		return -1;
	return fd_steal(&tree_fd);
}

static int add_layer(struct layers *layers, const char *path, uid_t owner, struct fail *why)
{
	CLOSE_AT_EXIT int fd = FD_NONE;
	char shown[SHOWN_MAX];

	text_encode(shown, sizeof(shown), path, strlen(path));
	if (layers->count == LAYERS_MAX)
		return fail_set(why, FAIL_TOOL,
				"it has more than %d layers, which is more than the kernel takes",
				LAYERS_MAX);
	fd = open_layer(path, owner);
	if (fd < 0 && errno == EPERM)
		return fail_set(
		    why, FAIL_DENIED,
		    "the engine names `%s` as a layer, but others than root decide what is there, or it is "
		    "no place for layers; look at it as a directory instead",
		    shown);
	if (fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open the layer `%s`", shown);
	layers->fds[layers->count] = clone_read_only(fd);
	if (layers->fds[layers->count] < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot mount the layer `%s` read-only", shown);
	layers->count++;
	return 0;
}

static int collect_named(struct layers *layers, const struct sighting *seen, struct fail *why)
{
	const char *const end = seen->layers + seen->layers_size;

	if (seen->layers_size == 0 || seen->layers_size > sizeof(seen->layers) || end[-1] != '\0')
		return fail_set(
		    why, FAIL_TOOL,
		    "the engine does not say where the layers of `%s` lie (is its storage driver overlay?); "
		    "export it and give the file: `debug ./FILE.tar`",
		    seen->name);
	for (const char *path = seen->layers; path < end; path += strlen(path) + 1)
		if (add_layer(layers, path, seen->owner, why) < 0)
			return -1;
	return 0;
}

static int collect(struct layers *layers, const struct target *target, struct fail *why)
{
	if (target->files_fd == FD_NONE)
		return collect_named(layers, &target->seen, why);
	/* What was unpacked is a mount already. */
	layers->fds[0] = target->is_unpacked ? fcntl(target->files_fd, F_DUPFD_CLOEXEC, 3)
					     : clone_read_only(target->files_fd);
	if (layers->fds[0] < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot mount `%s` read-only", target->seen.name);
	layers->count = 1;
	return 0;
}

/* In the child: its answer is a failure, or none and the mount. */
__attribute__((noreturn)) static void mount_and_send(const struct layers *layers, int tmpfs_fd, bool is_users,
						     int answer_fd)
{
	struct mount_attr private = { .propagation = MS_PRIVATE };
	struct fail why = { 0 };
	int fd = FD_NONE;

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &private, sizeof(private)) < 0)
		(void)fail_errno(&why, FAIL_TOOL, errno, "cannot make a mount namespace for the layers");
	else
		fd = overlay_make(tmpfs_fd, layers->fds, layers->count, is_users, &why);
	(void)wire_send(answer_fd, &why, sizeof(why), &fd, fd < 0 ? 0 : 1);
	_exit(0);
}

static int mount_in_child(const struct layers *layers, bool is_users, struct fail *why)
{
	CLOSE_AT_EXIT int tmpfs_fd = scratch_changes(why);
	struct fail answer = { 0 };
	int mount_fd = FD_NONE;
	size_t fd_count = 0;
	ssize_t size = -1;
	int pair[2];
	pid_t child;

	if (tmpfs_fd < 0)
		return -1;
	if (wire_pair(pair) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make a socket pair");
	child = fork();
	if (child == 0)
		mount_and_send(layers, tmpfs_fd, is_users, pair[1]);
	(void)close(pair[1]);
	if (child > 0) {
		size = wire_receive(pair[0], &answer, sizeof(answer), &mount_fd, 1, &fd_count);
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	(void)close(pair[0]);
	if (size == sizeof(answer) && answer.status == FAIL_NONE && fd_count == 1)
		return mount_fd;
	if (size == sizeof(answer) && answer.status != FAIL_NONE)
		*why = answer;
	else
		(void)fail_set(why, FAIL_TOOL, "the process that mounts the layers ended without a word");
	return -1;
}

int layers_mount(const struct target *target, struct fail *why)
{
	struct layers layers = { .count = 0 };
	int mount_fd = -1;

	if (collect(&layers, target, why) == 0)
		mount_fd = mount_in_child(&layers, target->seen.owner != 0, why);
	for (size_t i = 0; i < layers.count; i++)
		fd_close(&layers.fds[i]);
	return mount_fd;
}
