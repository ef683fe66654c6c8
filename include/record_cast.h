/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recording of what a session prints: an asciicast v2 file.  SIGXFSZ must not end the process that makes
 * it. */
#ifndef DEBUG_RECORD_CAST_H
#define DEBUG_RECORD_CAST_H

#include "fail.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What the first line says.  Strings may hold any bytes; `terminal_type` may be NULL. */
struct record_header {
	const char *title;
	const char *terminal_type;
	unsigned short rows, columns;
};

/* One of the streams that are recorded.  Each has its own UTF-8 sequences. */
struct record_stream {
	/* The beginning of a sequence whose end was not read yet. */
	unsigned char pending[4];
	size_t pending_count, missing;
	unsigned char least, most; /* what its next byte may be */
};

/* Without a file (FD_NONE) all functions but record_cast_open do nothing. */
struct record_cast {
	int fd;
	int directory_fd; /* where its name is; FD_NONE: the file stays in any case */
	const char *path; /* lent */
	int64_t start_ms;
	off_t size;	    /* of the lines that are whole */
	int error;	    /* errno of what ended it before the session's end, or 0 */
	int64_t stopped_ms; /* when that was, counted from the start */
	bool has_begun;
	unsigned short rows, columns;
	struct record_stream output, error_output, input;
};

/* Makes the file with the caller's own rights, which must not exist, and writes its header.  -1 with *why set
 * and nothing left if it cannot. */
int record_cast_open(struct record_cast *record, const char *path, const struct record_header *header,
		     struct fail *why) __attribute__((nonnull, warn_unused_result));

/* The same with a new, empty file that is open; `fd` becomes the recording's, also on failure. */
int record_cast_adopt(struct record_cast *record, int fd, const char *path,
		      const struct record_header *header, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* The session has begun: times count from here, and the file is kept. */
void record_cast_begin(struct record_cast *record) __attribute__((nonnull));

/* What its terminal or its standard output, its standard error, and its input got. */
void record_cast_output(struct record_cast *record, const void *bytes, size_t size) __attribute__((nonnull));
void record_cast_error_output(struct record_cast *record, const void *bytes, size_t size)
    __attribute__((nonnull));
void record_cast_input(struct record_cast *record, const void *bytes, size_t size) __attribute__((nonnull));

/* An event if the size is another than before. */
void record_cast_resize(struct record_cast *record, unsigned short rows, unsigned short columns)
    __attribute__((nonnull));

/* Ends the recording, and removes the file if no session began.  -1 with *why set if it is not complete. */
int record_cast_close(struct record_cast *record, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

#endif
