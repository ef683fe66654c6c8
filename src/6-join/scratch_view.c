/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --scratch: an overlay over the target's root, in the session's private copy of its mount namespace, with
 * the mounts below it shown again on top, read-only.
 *
 * Should:  leave the target's filesystems as they are: the overlay's lower layer is the sealed copy.
 * Mustn't: leave a mount of the target out without a word, or follow a link on the way to one.
 */
#include "joiner.h"

#include "fd.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOUNTINFO_MAX = 8 << 20, SHOWN_MAX = 300 };

/* Spaces and the like stand as \040 in mountinfo (proc_pid_mountinfo(5)).  In place. */
static void unescape(char *path)
{
	char *out = path;

	for (const char *at = path; *at != '\0'; out++) {
		if (at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && at[2] >= '0' && at[2] <= '7' &&
		    at[3] >= '0' && at[3] <= '7') {
			*out = (char)((at[1] - '0') * 64 + (at[2] - '0') * 8 + (at[3] - '0'));
			at += 4;
		} else {
			*out = *at++;
		}
	}
	*out = '\0';
}

/* ID PARENT MAJOR:MINOR ROOT POINT ...: the mount point of a mount that lies directly on `parent`, as a path
 * below `/`, cut out of the line; NULL for all others. */
static char *point_on(char *line, uint64_t parent)
{
	char *at = NULL;
	char *end;

	(void)strtoull(line, &at, 10);
	if (*at != ' ' || strtoull(at + 1, &at, 10) != parent)
		return NULL;
	for (int field = 0; field < 2; field++) {
		at = strchr(at + 1, ' ');
		if (at == NULL)
			return NULL;
	}
	at++;
	end = strchr(at, ' ');
	if (end == NULL || at[0] != '/' || end == at + 1)
		return NULL;
	*end = '\0';
	unescape(at);
	return at + 1;
}

static int open_below(int root_fd, const char *path)
{
	return fd_open_how(root_fd, path, O_PATH | O_CLOEXEC,
			   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

static int show_again(int old_fd, int new_fd, const char *path, struct fail *why)
{
	CLOSE_AT_EXIT int from_fd = open_below(old_fd, path);
	CLOSE_AT_EXIT int on_fd = from_fd < 0 ? FD_NONE : open_below(new_fd, path);
	CLOSE_AT_EXIT int tree_fd = FD_NONE;
	char shown[SHOWN_MAX];

	/* Its mount point was removed meanwhile: for the target it is not there either. */
	if (on_fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return 0;
	if (on_fd >= 0)
		tree_fd = open_tree(from_fd, "",
				    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH);
	if (tree_fd < 0 ||
	    move_mount(tree_fd, "", on_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot show the target's mount `/%s` over the copy",
				  text_encode(shown, sizeof(shown), path, strlen(path)));
	return 0;
}

static char *read_mounts(const struct joiner_descriptors *fds)
{
	CLOSE_AT_EXIT int fd = openat(fds->host_proc, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	char *text = fd < 0 ? NULL : malloc(MOUNTINFO_MAX);
	ssize_t size = text == NULL ? -1 : fd_read_all(fd, text, MOUNTINFO_MAX);

	if (size < 0 || size == MOUNTINFO_MAX) {
		free(text);
		return NULL;
	}
	text[size] = '\0';
	return text;
}

static int show_mounts_again(char *mounts, int old_fd, int new_fd, struct fail *why)
{
	struct statx root;
	char *line = mounts;
	int failed = 0;

	if (statx(old_fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &root) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot look at the target's root");
	while (failed == 0 && *line != '\0') {
		char *next = line + strcspn(line, "\n");
		const char *path;

		if (*next == '\n')
			*next++ = '\0';
		path = point_on(line, root.stx_mnt_id);
		if (path != NULL)
			failed = show_again(old_fd, new_fd, path, why);
		line = next;
	}
	return failed;
}

static int make_copy(const struct joiner_descriptors *fds, int root_fd, struct fail *why)
{
	CLOSE_AT_EXIT int lower_fd =
	    open_tree(root_fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	int fd;

	/* What another user namespace has mounted may not be uncovered, so there is no root without it. */
	if (lower_fd < 0 && errno == EINVAL)
		return fail_set(
		    why, FAIL_TOOL,
		    "--scratch is not possible here: the target has a user namespace of its own, and "
		    "the kernel lays no overlay over its root; without --scratch the view is read-only");
	if (lower_fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot copy the target's root mount");
	fd = overlay_make(fds->changes, &lower_fd, 1, false, why);
	if (fd >= 0)
		return fd;
	why->status = FAIL_NONE;
	return fail_errno(
	    why, FAIL_TOOL, errno,
	    "--scratch is not possible here: the kernel lays no overlay over the target's root (is it "
	    "an overlay on an overlay?); without --scratch the view is read-only");
}

int scratch_cover(const struct joiner_descriptors *fds, int root_fd, struct fail *why)
{
	CLOSE_AT_EXIT int overlay_fd = make_copy(fds, root_fd, why);
	char *mounts;
	int failed;

	if (overlay_fd < 0)
		return -1;
	mounts = read_mounts(fds);
	if (mounts == NULL)
		return fail_errno(why, FAIL_TOOL, errno, "cannot list the target's mounts");
	failed =
	    move_mount(overlay_fd, "", root_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0 ||
		    fchdir(overlay_fd) < 0 || chroot(".") < 0
		? fail_errno(why, FAIL_TOOL, errno, "cannot enter the copy of the target's root")
		: show_mounts_again(mounts, root_fd, overlay_fd, why);
	free(mounts);
	return failed;
}
