/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a user has installed: an overlay over the toolbox image, kept below /var/lib/debug. */
#ifndef DEBUG_LAYER_H
#define DEBUG_LAYER_H

#include "fail.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The directory of the users' toolboxes. */
#define LAYER_STATE "/var/lib/debug/toolbox"

enum { LAYER_DIGEST_LENGTH = 16, LAYER_NAME_MAX = 48 };

/* The name of a user's overlay among the shared mounts.  `digest` is the image's, in hexadecimal; what was
 * installed over one image is not shown over another. */
void layer_name(char name[LAYER_NAME_MAX], uid_t uid, const char *digest) __attribute__((nonnull));

/* Opens the directory of a user's toolbox, making it if need be, and proves that it is root's alone.
 * Owned by the caller; -1 with *why set. */
int layer_open_state(uid_t uid, struct fail *why) __attribute__((nonnull, warn_unused_result));

/* Whether the user's list of packages has any. */
bool layer_has_packages(uid_t uid);

/* Mounts the overlay: `base_fd` is the image's mount, attached somewhere in this mount namespace (overlayfs
 * does not take a detached one before Linux 6.15).  A detached mount, owned by the caller; -1 with *why set.
 */
int layer_mount(int base_fd, int state_fd, const char *digest, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Removes, below a state directory, the overlays of other images, and what apt can fetch again.  Returns the
 * bytes freed. */
int64_t layer_forget_others(int state_fd, const char *digest) __attribute__((nonnull));

#endif
