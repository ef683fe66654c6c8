/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The toolbox image as a file: where it is, whether it is whole, how to mount it. */
#ifndef DEBUG_IMAGE_H
#define DEBUG_IMAGE_H

#include "fail.h"

#include <stdbool.h>
#include <stddef.h>

#define IMAGE_KEY_PREFIX "toolbox-"

enum { IMAGE_DIGEST_MAX = 65 };

struct image {
	int dir_fd;   /* owned; where it lies, beside the helper */
	int fd;	      /* owned; the image, open for reading */
	char key[96]; /* changes whenever the file does: device, inode, change time */
	bool is_directory;
};

/* Opens toolbox.erofs in the directory of the running helper or, if there is none, the directory toolbox.
 * It must be root's and writable by nobody else.  On success the caller closes with image_close. */
int image_find(struct image *image, struct fail *why) __attribute__((nonnull, warn_unused_result));

/* The SHA-256 recorded when it was built, in hexadecimal; not compared with anything. */
int image_read_digest(const struct image *image, char digest[IMAGE_DIGEST_MAX], struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Where it lies, for messages. */
const char *image_path(const struct image *image, char *out, size_t capacity) __attribute__((nonnull));

/* Compares its SHA-256 with the one recorded in toolbox.erofs.sha256 when it was built; or its fs-verity
 * digest with that in toolbox.erofs.verity, without reading it.  A directory has neither. */
int image_verify(const struct image *image, struct fail *why) __attribute__((nonnull, warn_unused_result));

/* A new detached mount of it, owned by the caller: straight from the file on Linux 6.12 and later, through
 * a loop device that releases itself before; from the directory toolbox if this kernel has no erofs.  Only
 * after image_verify: a filesystem driver is no place for bytes of unknown origin. */
int image_mount(const struct image *image, struct fail *why) __attribute__((nonnull, warn_unused_result));

void image_close(struct image *image) __attribute__((nonnull));

#endif
