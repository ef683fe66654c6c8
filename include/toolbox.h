/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The toolbox: the image beside the helper, and over it what the user has installed. */
#ifndef DEBUG_TOOLBOX_H
#define DEBUG_TOOLBOX_H

#include "fail.h"

#include <stdbool.h>
#include <sys/types.h>

/* Detached mounts, nosuid, nodev and read-only, which disappear with their last descriptor or namespace. */
struct toolbox {
	int base_fd;	  /* owned; the image */
	int view_fd;	  /* owned; the image with the user's packages over it, or the image */
	bool has_pending; /* the user installed packages over another image, and none over this */
};

/* `target_proc_fd` is the target's /proc directory: no shared mount is made where the target would see it
 * appear.  Packages that cannot be shown are no failure.  -1 with *why set; the caller closes with
 * toolbox_close. */
int toolbox_open(struct toolbox *toolbox, int target_proc_fd, uid_t uid, struct fail *why)
    __attribute__((warn_unused_result, nonnull));

/* The same for the installer: the view is writable, and it is a failure if there can be none. */
int toolbox_open_writable(struct toolbox *toolbox, uid_t uid, struct fail *why)
    __attribute__((warn_unused_result, nonnull));

void toolbox_close(struct toolbox *toolbox) __attribute__((nonnull));

#endif
