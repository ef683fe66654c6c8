/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fresh mount of the image per session would be easy and leave nothing behind, but its page cache
 * would be cold each time: every `ls` would be decompressed again.  So the first session mounts the
 * image at /run/debug/<identity of the image file>, and the user's layer beside it; the following
 * ones clone those mounts.
 *
 * Should:  mount only a file that is root's and whose digest is the one recorded when it was built.
 * Mustn't: fail a session because nothing can be installed on this host.
 */
#include "toolbox.h"

#include "clock.h"
#include "fd.h"
#include "image.h"
#include "layer.h"
#include "shared_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <unistd.h>

enum { LOCK_DEADLINE_MS = 30000, LOCK_PAUSE_MS = 2 }; /* an image takes seconds to verify */

/* Whom the mounts serve. */
struct opening {
	struct image image;
	char digest[IMAGE_DIGEST_MAX];
	char layer[LAYER_NAME_MAX];
	uid_t uid;
	int shared_fd;
	int target_proc_fd; /* or FD_NONE: no target may see anything, because there is none */
};

static int set_attributes(int mount_fd, bool is_writable, struct fail *why)
{
	const unsigned int always = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOATIME;
	struct mount_attr attributes = {
		.attr_set = is_writable ? always : always | MOUNT_ATTR_RDONLY,
		.attr_clr = is_writable ? MOUNT_ATTR__ATIME | MOUNT_ATTR_RDONLY : MOUNT_ATTR__ATIME,
		.propagation = MS_PRIVATE,
	};

	if (mount_setattr(mount_fd, "", AT_EMPTY_PATH, &attributes, sizeof(attributes)) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot set the attributes of the toolbox's mount");
	return 0;
}

static bool may_share(const struct opening *opening)
{
	return opening->target_proc_fd == FD_NONE ||
	       !shared_is_seen_by(opening->shared_fd, opening->target_proc_fd);
}

/* Of many first sessions one mounts; the others wait here and then find its mount. */
static int lock_shared(const struct opening *opening, struct fail *why)
{
	CLOSE_AT_EXIT int lock_fd = openat(opening->shared_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const int64_t deadline_ms = clock_now_ms() + LOCK_DEADLINE_MS;

	if (lock_fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open /run/debug");
	/* Who has it may have been stopped. */
	while (flock(lock_fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK || clock_left_ms(deadline_ms) == 0)
			return fail_errno(why, errno == EWOULDBLOCK ? FAIL_DEADLINE : FAIL_TOOL, errno,
					  "cannot lock /run/debug");
		(void)poll(NULL, 0, LOCK_PAUSE_MS);
	}
	return fd_steal(&lock_fd);
}

/* The slow way, once per boot and image: verify, mount, share. */
static int mount_base(const struct opening *opening, struct fail *why)
{
	CLOSE_AT_EXIT int lock_fd = lock_shared(opening, why);
	CLOSE_AT_EXIT int mount_fd = FD_NONE;
	const struct image *image = &opening->image;
	char layer_key[LAYER_DIGEST_LENGTH + 1];

	(void)snprintf(layer_key, sizeof(layer_key), "%.*s", LAYER_DIGEST_LENGTH, opening->digest);
	if (lock_fd < 0)
		return -1;
	mount_fd = shared_clone(opening->shared_fd, image->key, 0);
	if (mount_fd >= 0)
		return fd_steal(&mount_fd);
	if (image_verify(image, why) < 0)
		return -1;
	mount_fd = image_mount(image, why);
	if (mount_fd < 0 || set_attributes(mount_fd, false, why) < 0)
		return -1;
	if (!may_share(opening) || !shared_attach(mount_fd, opening->shared_fd, image->key))
		return fd_steal(&mount_fd);
	/* What any user has installed over this image stays. */
	shared_forget_others(opening->shared_fd, image->key, layer_key);
	fd_close(&mount_fd);
	mount_fd = shared_clone(opening->shared_fd, image->key, 0);
	if (mount_fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot clone the toolbox's mount");
	return fd_steal(&mount_fd);
}

/* The user's layer, once per boot, image and user. */
static int mount_layer(const struct opening *opening, struct fail *why)
{
	CLOSE_AT_EXIT int lock_fd = lock_shared(opening, why);
	CLOSE_AT_EXIT int base_fd = shared_find(opening->shared_fd, opening->image.key);
	CLOSE_AT_EXIT int state_fd = FD_NONE;
	CLOSE_AT_EXIT int mount_fd = FD_NONE;

	if (lock_fd < 0)
		return -1;
	mount_fd = shared_clone(opening->shared_fd, opening->layer, OVERLAYFS_SUPER_MAGIC);
	if (mount_fd >= 0)
		return fd_steal(&mount_fd);
	if (base_fd < 0 || !may_share(opening))
		return fail_set(
		    why, FAIL_TOOL,
		    "packages cannot be installed while the toolbox is mounted for one session alone");
	state_fd = layer_open_state(opening->uid, why);
	mount_fd = state_fd < 0 ? FD_NONE : layer_mount(base_fd, state_fd, opening->digest, why);
	if (mount_fd < 0 || set_attributes(mount_fd, false, why) < 0)
		return -1;
	if (!shared_attach(mount_fd, opening->shared_fd, opening->layer))
		return fail_errno(why, FAIL_TOOL, errno,
				  "cannot attach the user's packages below /run/debug");
	fd_close(&mount_fd);
	mount_fd = shared_clone(opening->shared_fd, opening->layer, OVERLAYFS_SUPER_MAGIC);
	if (mount_fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot clone the mount of the user's packages");
	return fd_steal(&mount_fd);
}

static int open_base(struct toolbox *toolbox, struct opening *opening, struct fail *why)
{
	toolbox->base_fd = FD_NONE;
	toolbox->view_fd = FD_NONE;
	if (image_read_digest(&opening->image, opening->digest, why) < 0)
		return -1;
	layer_name(opening->layer, opening->uid, opening->digest);
	opening->shared_fd = shared_open(why);
	if (opening->shared_fd < 0)
		return -1;
	toolbox->base_fd = shared_clone(opening->shared_fd, opening->image.key, 0);
	if (toolbox->base_fd < 0)
		toolbox->base_fd = mount_base(opening, why);
	return toolbox->base_fd < 0 ? -1 : set_attributes(toolbox->base_fd, false, why);
}

static int open_layer(struct toolbox *toolbox, struct opening *opening, bool is_writable, struct fail *why)
{
	toolbox->view_fd = shared_clone(opening->shared_fd, opening->layer, OVERLAYFS_SUPER_MAGIC);
	if (toolbox->view_fd < 0)
		toolbox->view_fd = mount_layer(opening, why);
	return toolbox->view_fd < 0 ? -1 : set_attributes(toolbox->view_fd, is_writable, why);
}

/* Two lookups; only who has no package of this image costs the second. */
static bool has_pending(const struct toolbox *toolbox, uid_t uid)
{
	return faccessat(toolbox->view_fd, "share/toolbox/installed", F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	       layer_has_packages(uid);
}

static void end(struct opening *opening)
{
	fd_close(&opening->shared_fd);
	image_close(&opening->image);
}

int toolbox_open(struct toolbox *toolbox, int target_proc_fd, uid_t uid, struct fail *why)
{
	struct opening opening = { .uid = uid, .shared_fd = FD_NONE, .target_proc_fd = target_proc_fd };
	struct fail no_layer = { 0 };
	int failed;

	if (image_find(&opening.image, why) < 0)
		return -1;
	failed = open_base(toolbox, &opening, why);
	if (failed == 0 && open_layer(toolbox, &opening, false, &no_layer) < 0) {
		fd_close(&toolbox->view_fd);
		toolbox->view_fd = fcntl(toolbox->base_fd, F_DUPFD_CLOEXEC, 3);
		if (toolbox->view_fd < 0)
			failed = fail_errno(why, FAIL_TOOL, errno, "cannot open the toolbox's mount");
	}
	toolbox->has_pending = failed == 0 && has_pending(toolbox, uid);
	end(&opening);
	if (failed < 0)
		toolbox_close(toolbox);
	return failed;
}

int toolbox_open_writable(struct toolbox *toolbox, uid_t uid, struct fail *why)
{
	struct opening opening = { .uid = uid, .shared_fd = FD_NONE, .target_proc_fd = FD_NONE };
	int failed;

	if (image_find(&opening.image, why) < 0)
		return -1;
	failed = open_base(toolbox, &opening, why);
	if (failed == 0)
		failed = open_layer(toolbox, &opening, true, why);
	end(&opening);
	if (failed < 0)
		toolbox_close(toolbox);
	return failed;
}

void toolbox_close(struct toolbox *toolbox)
{
	fd_close(&toolbox->base_fd);
	fd_close(&toolbox->view_fd);
}
