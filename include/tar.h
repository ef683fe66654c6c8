/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tar archives, as images are made of: ustar, pax and GNU's long names (tar(5)). */
#ifndef DEBUG_TAR_H
#define DEBUG_TAR_H

#include "fail.h"
#include "stream.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum { TAR_ATTRIBUTES_MAX = 16 };

enum tar_type {
	TAR_FILE = '0',
	TAR_HARD_LINK = '1',
	TAR_LINK = '2',
	TAR_CHARACTER = '3',
	TAR_BLOCK = '4',
	TAR_DIRECTORY = '5',
	TAR_FIFO = '6',
};

struct tar_attribute {
	const char *name;
	const char *value;
	size_t size;
};

struct tar_entry {
	char type; /* enum tar_type */
	char name[PATH_MAX];
	char link[PATH_MAX];
	int64_t size; /* of the contents, which follow in the stream */
	uint32_t mode, uid, gid;
	struct timespec time;
	struct tar_attribute attributes[TAR_ATTRIBUTES_MAX]; /* lent until the next entry */
	size_t attribute_count;
};

struct tar {
	struct stream *stream; /* owned */
	int64_t left;	       /* of the contents, with the padding */
	char *extension;       /* owned; the pax records of this entry */
	struct tar_entry entry;
};

/* -1 with *why set; else the caller ends with tar_close. */
int tar_open(struct tar *tar, const struct extent *extent, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* 1 with tar->entry filled, 0 at the end, -1 with *why set. */
int tar_next(struct tar *tar, struct fail *why) __attribute__((nonnull, warn_unused_result));

/* Reads from the contents of the entry, at most `size` bytes of them. */
ssize_t tar_read(struct tar *tar, void *buffer, size_t size, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

void tar_close(struct tar *tar) __attribute__((nonnull));

#endif
