/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line of JSON for the header and one for each event, each handed to the kernel as soon as it is made:
 * whatever kills us, the lines that are there are whole.
 *
 * Should:  hold what the terminal got, and only that; what is typed may be passwords.  Mustn't: follow a
 * link, write to what is there already, keep anything in memory, or disturb the session when the disk is
 * full.
 *
 * Control characters are escaped, those of C1 too, so that looking at the file does nothing to a terminal.
 */
#include "record_cast.h"

#include "clock.h"
#include "fd.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	SLICE_SIZE = 8 << 10, /* of output in one event */
	ESCAPE_SIZE = 6,      /* "\u001b": what a byte becomes at most */
	LINE_SIZE = SLICE_SIZE * ESCAPE_SIZE + 128,
	TITLE_SIZE = 1024,
	SHOWN_SIZE = 400,
};

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

struct line {
	size_t used;
	char bytes[LINE_SIZE];
};

/* LINE_SIZE has room for every event: a byte adds one escape, or the replacement of a sequence before it
 * whose bytes added nothing.  The check is for what that reasoning may have missed. */
static void put(struct line *line, const void *bytes, size_t size)
{
	if (size > sizeof(line->bytes) - line->used)
		return;
	memcpy(line->bytes + line->used, bytes, size);
	line->used += size;
}

static void put_text(struct line *line, const char *text)
{
	put(line, text, strlen(text));
}

static void put_escape(struct line *line, unsigned int character)
{
	char escape[ESCAPE_SIZE + 1];

	(void)snprintf(escape, sizeof(escape), "\\u%04x", character & 0xffff);
	put(line, escape, ESCAPE_SIZE);
}

/* One character, as valid UTF-8. */
static void put_character(struct line *line, const unsigned char *bytes, size_t size)
{
	if (size == 1 && (bytes[0] < ' ' || bytes[0] == 0x7f)) {
		put_escape(line, bytes[0]);
	} else if (size == 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0) {
		put_escape(line, bytes[1]);
	} else {
		if (bytes[0] == '"' || bytes[0] == '\\')
			put_text(line, "\\");
		put(line, bytes, size);
	}
}

/* Printable ASCII after text_encode. */
static void put_quoted(struct line *line, const char *text)
{
	char shown[TITLE_SIZE];

	(void)text_encode(shown, sizeof(shown), text, strlen(text));
	put_text(line, "\"");
	for (const char *at = shown; *at != '\0'; at++)
		put_character(line, (const unsigned char *)at, 1);
	put_text(line, "\"");
}

/* The first byte of a sequence: table 3-7 of the Unicode Standard, so that no overlong form, surrogate or
 * number beyond U+10FFFF passes. */
static void begin_character(struct record_stream *stream, struct line *line, unsigned char byte)
{
	if (byte < 0x80) {
		put_character(line, &byte, 1);
		return;
	}
	if (byte < 0xc2 || byte > 0xf4) {
		put_text(line, replacement);
		return;
	}
	stream->missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
	stream->least = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
	stream->most = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
	stream->pending[0] = byte;
	stream->pending_count = 1;
}

static void give_up_character(struct record_stream *stream, struct line *line)
{
	if (stream->missing > 0)
		put_text(line, replacement);
	stream->missing = 0;
}

static void put_byte(struct record_stream *stream, struct line *line, unsigned char byte)
{
	if (stream->missing == 0 || byte < stream->least || byte > stream->most) {
		give_up_character(stream, line);
		begin_character(stream, line, byte);
		return;
	}
	stream->pending[stream->pending_count++] = byte;
	stream->least = 0x80;
	stream->most = 0xbf;
	if (--stream->missing == 0)
		put_character(line, stream->pending, stream->pending_count);
}

static bool is_recording(const struct record_cast *record)
{
	return record->fd != FD_NONE && record->error == 0;
}

/* The line or nothing of it. */
static void write_line(struct record_cast *record, const struct line *line)
{
	size_t done = 0;

	while (done < line->used) {
		ssize_t n = write(record->fd, line->bytes + done, line->used - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			record->error = n < 0 ? errno : ENOSPC;
			record->stopped_ms = clock_now_ms() - record->start_ms;
			(void)!ftruncate(record->fd, record->size);
			return;
		}
		done += (size_t)n;
	}
	record->size += (off_t)line->used;
}

static void begin_event(const struct record_cast *record, struct line *line, char kind)
{
	const int64_t now_ms = clock_now_ms() - record->start_ms;
	char start[64];

	line->used = 0;
	(void)snprintf(start, sizeof(start), "[%" PRId64 ".%03d, \"%c\", \"", now_ms / 1000,
		       (int)(now_ms % 1000), kind);
	put_text(line, start);
}

static void end_event(struct record_cast *record, struct line *line)
{
	put_text(line, "\"]\n");
	write_line(record, line);
}

static void write_header(struct record_cast *record, const struct record_header *header)
{
	static struct line line;
	char start[128];

	line.used = 0;
	(void)snprintf(start, sizeof(start),
		       "{\"version\": 2, \"width\": %d, \"height\": %d, \"timestamp\": %" PRId64
		       ", \"title\": ",
		       (int)header->columns, (int)header->rows, (int64_t)time(NULL));
	put_text(&line, start);
	put_quoted(&line, header->title);
	put_text(&line, ", \"env\": {");
	if (header->terminal_type != NULL) {
		put_text(&line, "\"TERM\": ");
		put_quoted(&line, header->terminal_type);
	}
	put_text(&line, "}}\n");
	write_line(record, &line);
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* The directory stays open, so that only the name that was made there can be removed again. */
static int open_directory(const char *path)
{
	char directory[PATH_MAX];
	const size_t length = (size_t)(name_of(path) - path);

	if (length >= sizeof(directory)) {
		errno = ENAMETOOLONG;
		return FD_NONE;
	}
	memcpy(directory, path, length);
	directory[length] = '\0';
	return open(length > 0 ? directory : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Unless another file has the name by now. */
static void remove_file(const struct record_cast *record)
{
	struct stat ours;
	struct stat named;

	if (fstat(record->fd, &ours) == 0 &&
	    fstatat(record->directory_fd, name_of(record->path), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	    ours.st_dev == named.st_dev && ours.st_ino == named.st_ino)
		(void)unlinkat(record->directory_fd, name_of(record->path), 0);
}

static int fail_open(const char *path, int error, struct fail *why)
{
	char shown[SHOWN_SIZE];

	(void)text_encode(shown, sizeof(shown), path, strlen(path));
	if (error == EEXIST)
		return fail_set(why, FAIL_TOOL,
				"there is already something at `%s`; give --record the name of a new file",
				shown);
	return fail_errno(why, FAIL_TOOL, error, "cannot make the recording `%s`", shown);
}

static void clear(struct record_cast *record, const char *path, const struct record_header *header)
{
	*record = (struct record_cast){ .fd = FD_NONE,
					.directory_fd = FD_NONE,
					.path = path,
					.start_ms = clock_now_ms(),
					.rows = header->rows,
					.columns = header->columns };
}

int record_cast_adopt(struct record_cast *record, int fd, const char *path,
		      const struct record_header *header, struct fail *why)
{
	clear(record, path, header);
	record->fd = fd;
	write_header(record, header);
	if (record->error == 0)
		return 0;
	fd_close(&record->fd);
	return fail_open(path, record->error, why);
}

int record_cast_open(struct record_cast *record, const char *path, const struct record_header *header,
		     struct fail *why)
{
	clear(record, path, header);
	record->directory_fd = open_directory(path);
	if (record->directory_fd < 0)
		return fail_open(path, errno, why);
	record->fd = openat(record->directory_fd, name_of(path),
			    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);
	if (record->fd < 0) {
		(void)fail_open(path, errno, why);
		fd_close(&record->directory_fd);
		return -1;
	}
	write_header(record, header);
	if (record->error == 0)
		return 0;
	(void)fail_open(path, record->error, why);
	remove_file(record);
	fd_close(&record->fd);
	fd_close(&record->directory_fd);
	return -1;
}

void record_cast_begin(struct record_cast *record)
{
	record->has_begun = true;
	record->start_ms = clock_now_ms();
}

static void put_events(struct record_cast *record, struct record_stream *stream, char kind, const void *bytes,
		       size_t size)
{
	static struct line line;
	const unsigned char *from = bytes;

	for (size_t done = 0; done < size && is_recording(record);) {
		const size_t end = size - done > SLICE_SIZE ? done + SLICE_SIZE : size;
		size_t empty;

		begin_event(record, &line, kind);
		empty = line.used;
		for (; done < end; done++)
			put_byte(stream, &line, from[done]);
		if (line.used > empty)
			end_event(record, &line);
	}
}

void record_cast_output(struct record_cast *record, const void *bytes, size_t size)
{
	put_events(record, &record->output, 'o', bytes, size);
}

void record_cast_error_output(struct record_cast *record, const void *bytes, size_t size)
{
	put_events(record, &record->error_output, 'o', bytes, size);
}

void record_cast_input(struct record_cast *record, const void *bytes, size_t size)
{
	put_events(record, &record->input, 'i', bytes, size);
}

void record_cast_resize(struct record_cast *record, unsigned short rows, unsigned short columns)
{
	static struct line line;
	char size[32];

	if (!is_recording(record) || rows == 0 || columns == 0 ||
	    (rows == record->rows && columns == record->columns))
		return;
	record->rows = rows;
	record->columns = columns;
	begin_event(record, &line, 'r');
	(void)snprintf(size, sizeof(size), "%dx%d", (int)columns, (int)rows);
	put_text(&line, size);
	end_event(record, &line);
}

/* The session ended in the middle of a character. */
static void end_stream(struct record_cast *record, struct record_stream *stream, char kind)
{
	static struct line line;

	if (!is_recording(record) || stream->missing == 0)
		return;
	begin_event(record, &line, kind);
	give_up_character(stream, &line);
	end_event(record, &line);
}

int record_cast_close(struct record_cast *record, struct fail *why)
{
	char shown[SHOWN_SIZE];

	if (record->fd == FD_NONE)
		return 0;
	end_stream(record, &record->output, 'o');
	end_stream(record, &record->error_output, 'o');
	end_stream(record, &record->input, 'i');
	if (!record->has_begun && record->directory_fd != FD_NONE)
		remove_file(record);
	/* A filesystem on the network may say only now that it is full. */
	if (close(fd_steal(&record->fd)) < 0 && record->error == 0) {
		record->error = errno;
		record->stopped_ms = clock_now_ms() - record->start_ms;
	}
	fd_close(&record->directory_fd);
	if (record->error == 0 || !record->has_begun)
		return 0;
	return fail_errno(why, FAIL_TOOL, record->error,
			  "the recording `%s` ends %" PRId64 ".%03d s after the session began",
			  text_encode(shown, sizeof(shown), record->path, strlen(record->path)),
			  record->stopped_ms / 1000, (int)(record->stopped_ms % 1000));
}
