/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contents of the session's /dev, made after the target's: what `ls /dev` shows there it shows
 * here, plus the toolbox and a handful of links into it.
 *
 * Should:  make the standard nodes itself, by number, and bind everything else from the target.
 * Mustn't: make a node because the target's /dev has one.  A container may create any node there
 *          and is only kept from opening it by its device cgroup, which the session is not in; so
 *          what is not standard is bound from the view, where nodes do not open (nodev).
 *          Show a file that the toolbox's programs would take for theirs: what Debian's look for in
 *          /etc and /usr/local they look for in /dev, and /dev/gitconfig names programs to run.
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

/* Of what can be read or searched, these are devices' names and never settings'.  The rest shows if it is a
 * mount, as shm and mqueue are: root of a container cannot make one. */
static const char *const device_names[] = {
	"accel", "block",     "bus",	"char",	   "console", "core", "cpu",  "dma_heap",     "disk",	"dri",
	"dvb",	 "hugepages", "hvc0",	"initctl", "input",   "kfd",  "log",  "mapper",	      "mqueue", "net",
	"ptmx",	 "rtc",	      "serial", "shm",	   "snd",     "usb",  "vfio", "virtio-ports",
};

enum {
	NAME_COUNT = sizeof(device_names) / sizeof(device_names[0]),
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

static bool is_device_name(const char *name)
{
	for (size_t i = 0; i < NAME_COUNT; i++)
		if (strcmp(device_names[i], name) == 0)
			return true;
	return false;
}

/* DONT_SYNC: a mount that hangs is not asked. */
static bool is_mount(int dir_fd, const char *name)
{
	struct statx status;

	return statx(dir_fd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_TYPE,
		     &status) == 0 &&
	       (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/* Devices, which do not open, and sockets, which cannot be opened.  Of what was taken hold of: a name may
 * stand for something else by now. */
static bool is_without_contents(int tree_fd)
{
	struct statx status;

	return statx(tree_fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &status) == 0 &&
	       (S_ISCHR(status.stx_mode) || S_ISBLK(status.stx_mode) || S_ISSOCK(status.stx_mode));
}

/* Shows the target's own entry: its shared memory, message queues, log socket; any other only if
 * `may_have_contents`.
 */
static int bind_entry(int new_fd, int old_fd, const char *name, bool is_directory, bool may_have_contents)
{
	CLOSE_AT_EXIT int tree_fd =
	    open_tree(old_fd, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);
	CLOSE_AT_EXIT int on_fd = FD_NONE;

	if (tree_fd < 0 || (!may_have_contents && !is_without_contents(tree_fd)))
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
static int copy_entry(int new_fd, int old_fd, const struct dirent *entry, bool has_devices, bool is_all)
{
	const bool may_have_contents =
	    is_all || is_device_name(entry->d_name) || is_mount(old_fd, entry->d_name);
	const bool is_node = entry->d_type == DT_CHR || entry->d_type == DT_BLK;
	struct stat status = { .st_mode = (mode_t)DTTOIF(entry->d_type) };

	if ((entry->d_type == DT_UNKNOWN || (has_devices && is_node)) &&
	    fstatat(old_fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (S_ISLNK(status.st_mode))
		return may_have_contents ? copy_link(new_fd, old_fd, entry->d_name) : -1;
	if (has_devices && (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)))
		return copy_node(new_fd, entry->d_name, &status);
	return bind_entry(new_fd, old_fd, entry->d_name, S_ISDIR(status.st_mode), may_have_contents);
}

/* One entry that vanished or that the kernel refuses is not worth the session: the target may be
 * changing the directory while we read it. */
static int copy_entries(int new_fd, int old_fd, bool has_devices, bool is_all)
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
		(void)copy_entry(new_fd, old_fd, entry, has_devices, is_all);
	}
	(void)closedir(listing);
	return 0;
}

int entries_show(int new_fd, int old_fd)
{
	return copy_entries(new_fd, old_fd, false, true);
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
	if (old_fd != FD_NONE && copy_entries(new_fd, old_fd, has_devices, false) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot show the target's /dev");
	return 0;
}
