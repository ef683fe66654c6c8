/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contents of the session's /dev, made after the target's: what `ls /dev` shows there it shows
 * here, plus the toolbox and a handful of links into it.
 *
 * Should:  make the standard nodes itself, by number, and bind everything else from the target.
 * Mustn't: make a node because the target's /dev has one.  A container may create any node there
 *          and is only kept from opening it by its device cgroup, which the session is not in; so
 *          what is not standard is bound from the view, where nodes do not open (nodev).
 */
#include "joiner.h"

#include "fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* A container can fill its /dev with anything; a listing longer than this is cut. */
enum { ENTRIES_MAX = 1024 };

static const struct {
	const char *name;
	unsigned int major, minor;
} standard_nodes[] = {
	{ "null", 1, 3 },   { "zero", 1, 5 },	 { "full", 1, 7 },
	{ "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 },
};

static const struct {
	const char *name, *to;
} standard_links[] = {
	{ "ptmx", "pts/ptmx" },		 { "fd", "/proc/self/fd" },	  { "stdin", "/proc/self/fd/0" },
	{ "stdout", "/proc/self/fd/1" }, { "stderr", "/proc/self/fd/2" },
};

enum {
	NODE_COUNT = sizeof(standard_nodes) / sizeof(standard_nodes[0]),
	LINK_COUNT = sizeof(standard_links) / sizeof(standard_links[0]),
};

static int make_standard(int new_fd)
{
	for (size_t i = 0; i < NODE_COUNT; i++)
		if (mknodat(new_fd, standard_nodes[i].name, S_IFCHR | 0666,
			    makedev(standard_nodes[i].major, standard_nodes[i].minor)) < 0)
			return -1;
	for (size_t i = 0; i < LINK_COUNT; i++)
		if (symlinkat(standard_links[i].to, new_fd, standard_links[i].name) < 0)
			return -1;
	return 0;
}

/* A symbolic link is data: copying it opens nothing. */
static int copy_link(int new_fd, int old_fd, const char *name)
{
	char to[PATH_MAX];
	ssize_t length = readlinkat(old_fd, name, to, sizeof(to) - 1);

	if (length < 0)
		return -1;
	to[length] = '\0';
	return symlinkat(to, new_fd, name);
}

static int copy_node(int new_fd, const char *name, const struct stat *status)
{
	if (mknodat(new_fd, name, status->st_mode, status->st_rdev) < 0)
		return -1;
	return fchownat(new_fd, name, status->st_uid, status->st_gid, AT_SYMLINK_NOFOLLOW);
}

/* Shows the target's own entry: its shared memory, message queues, log socket, odd files. */
static int bind_entry(int new_fd, int old_fd, const char *name, bool is_directory)
{
	CLOSE_AT_EXIT int tree_fd =
	    open_tree(old_fd, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);
	CLOSE_AT_EXIT int on_fd = FD_NONE;

	if (tree_fd < 0)
		return -1;
	if (is_directory) {
		if (mkdirat(new_fd, name, 0755) < 0)
			return -1;
		on_fd = openat(new_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	} else {
		on_fd = openat(new_fd, name, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	}
	if (on_fd < 0)
		return -1;
	return move_mount(tree_fd, "", on_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/* What the directory itself says of an entry is enough, unless its filesystem keeps no types. */
static int copy_entry(int new_fd, int old_fd, const struct dirent *entry, bool has_devices)
{
	const bool is_node = entry->d_type == DT_CHR || entry->d_type == DT_BLK;
	struct stat status = { .st_mode = (mode_t)DTTOIF(entry->d_type) };

	if ((entry->d_type == DT_UNKNOWN || (has_devices && is_node)) &&
	    fstatat(old_fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (S_ISLNK(status.st_mode))
		return copy_link(new_fd, old_fd, entry->d_name);
	if (has_devices && (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)))
		return copy_node(new_fd, entry->d_name, &status);
	return bind_entry(new_fd, old_fd, entry->d_name, S_ISDIR(status.st_mode));
}

/* One entry that vanished or that the kernel refuses is not worth the session: the target may be
 * changing the directory while we read it. */
static int copy_entries(int new_fd, int old_fd, bool has_devices)
{
	int listing_fd = openat(old_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = listing_fd < 0 ? NULL : fdopendir(listing_fd);
	const struct dirent *entry;

	if (listing == NULL) {
		fd_close(&listing_fd);
		return -1;
	}
	for (int i = 0; i < ENTRIES_MAX && (entry = readdir(listing)) != NULL; i++) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		/* What is ours already stays ours: EEXIST. */
		if (faccessat(new_fd, entry->d_name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		(void)copy_entry(new_fd, old_fd, entry, has_devices);
	}
	(void)closedir(listing);
	return 0;
}

int entries_show(int new_fd, int old_fd)
{
	return copy_entries(new_fd, old_fd, false);
}

/* The toolbox says which links it needs in /dev: its programs have paths such as /dev/lib compiled
 * in.  The image's builder refuses names that devices have. */
static int copy_aliases(int new_fd)
{
	int alias_fd = openat(new_fd, "toolbox/alias", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *listing = alias_fd < 0 ? NULL : fdopendir(alias_fd);
	const struct dirent *entry;
	int failed = 0;

	if (listing == NULL) {
		fd_close(&alias_fd);
		return -1;
	}
	while (failed == 0 && (entry = readdir(listing)) != NULL)
		if (entry->d_type == DT_LNK)
			failed = copy_link(new_fd, alias_fd, entry->d_name);
	(void)closedir(listing);
	return failed;
}

int devices_fill(int new_fd, int old_fd, bool has_devices, struct fail *why)
{
	if (make_standard(new_fd) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make the session's device nodes");
	if (copy_aliases(new_fd) < 0)
		return fail_errno(why, FAIL_TOOL, errno,
				  "cannot make the toolbox's links in /dev; rebuild the toolbox");
	if (old_fd != FD_NONE && copy_entries(new_fd, old_fd, has_devices) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot show the target's /dev");
	return 0;
}
