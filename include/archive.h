/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An image in a file or a directory: a `docker save` archive, or an OCI layout, plain or as an archive. */
#ifndef DEBUG_ARCHIVE_H
#define DEBUG_ARCHIVE_H

#include "fail.h"
#include "stream.h"

#include <jansson.h>
#include <stddef.h>

struct archive_member {
	char *name; /* owned */
	char *link; /* owned; the name that it stands for, or NULL */
	int64_t offset, size;
};

struct archive {
	int dir_fd;  /* owned; of a layout that is a directory, or FD_NONE */
	int file_fd; /* owned; of an archive, uncompressed, or FD_NONE */
	struct archive_member *members;
	size_t count, capacity;
};

/* `path` is a file or a directory; an archive that is compressed is uncompressed into `room_fd`'s filesystem.
 * -1 with *why set and nothing to close. */
int archive_open(struct archive *archive, const char *path, int room_fd, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Where the member lies.  1 if there is none of that name; -1 with *why set.  The descriptor of *extent is
 * the caller's, to close. */
int archive_find(const struct archive *archive, const char *name, struct extent *extent, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* The same, checked against the digest that it is named after, "sha256:...". */
int archive_find_blob(const struct archive *archive, const char *digest, struct extent *extent,
		      struct fail *why) __attribute__((nonnull, warn_unused_result));
int archive_check(const struct extent *extent, const char *digest, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Parsed; NULL with *why set. */
json_t *archive_parse(const struct extent *extent, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

void archive_close(struct archive *archive) __attribute__((nonnull));

#endif
