/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of a part of a file, uncompressed if they are gzip or zstd. */
#ifndef DEBUG_STREAM_H
#define DEBUG_STREAM_H

#include "fail.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Where something lies. */
struct extent {
	int fd;
	int64_t offset, size;
};

struct stream;

/* Looks at the first bytes for what they are.  Owned by the caller; NULL with *why set. */
struct stream *stream_open(const struct extent *extent, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Fills the buffer, or as much of it as there is until the end.  -1 with *why set. */
ssize_t stream_read(struct stream *stream, void *buffer, size_t size, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Passes over that many bytes; a stream that ends before is an error. */
int stream_skip(struct stream *stream, int64_t size, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* How far in the file it is, if it is not compressed; -1 if it is. */
int64_t stream_offset(const struct stream *stream) __attribute__((nonnull, warn_unused_result));

void stream_close(struct stream *stream);

#endif
