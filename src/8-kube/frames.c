/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A frame: its kind, its stream, two bytes of zero, its size in 32 bits, the least first, and its bytes.
 *
 * Mustn't: believe a size or a number.  Either end may be hostile to the other.
 */
#include "kube_frames.h"

#include <bsd/string.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { START_FIXED = 8, WRITER_LEAST = 4096 };

static void write_number(uint8_t *to, uint32_t number, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = (uint8_t)(number >> (8 * i));
}

static uint32_t read_number(const uint8_t *from, size_t size)
{
	uint32_t number = 0;

	for (size_t i = 0; i < size; i++)
		number |= (uint32_t)from[i] << (8 * i);
	return number;
}

uint8_t *frame_reader_room(struct frame_reader *reader, size_t *size)
{
	/* At most one frame less a byte is kept, so there is always room for a whole one behind it. */
	if (reader->start > 0) {
		memmove(reader->buffer, reader->buffer + reader->start, reader->end - reader->start);
		reader->end -= reader->start;
		reader->start = 0;
	}
	*size = sizeof(reader->buffer) - reader->end;
	return reader->buffer + reader->end;
}

void frame_reader_add(struct frame_reader *reader, size_t size)
{
	reader->end += size;
}

int frame_reader_next(struct frame_reader *reader, struct frame *frame)
{
	const uint8_t *at = reader->buffer + reader->start;
	const size_t there = reader->end - reader->start;
	size_t size;

	if (there < FRAME_HEADER)
		return 0;
	size = read_number(at + 4, 4);
	if (at[0] == 0 || at[0] >= FRAME_KIND_COUNT || at[2] != 0 || at[3] != 0 || size > FRAME_BYTES_MAX)
		return -1;
	if (there - FRAME_HEADER < size)
		return 0;
	*frame = (struct frame){
		.kind = (enum frame_kind)at[0], .stream = at[1], .size = size, .bytes = at + FRAME_HEADER
	};
	reader->start += FRAME_HEADER + size;
	return 1;
}

static bool make_room(struct frame_writer *writer, size_t size)
{
	size_t capacity = writer->capacity == 0 ? WRITER_LEAST : writer->capacity;
	uint8_t *bytes;

	if (writer->start > 0) {
		memmove(writer->bytes, writer->bytes + writer->start, writer->end - writer->start);
		writer->end -= writer->start;
		writer->start = 0;
	}
	while (capacity - writer->end < size)
		capacity *= 2;
	if (capacity == writer->capacity)
		return true;
	bytes = realloc(writer->bytes, capacity);
	if (bytes == NULL)
		return false;
	writer->bytes = bytes;
	writer->capacity = capacity;
	return true;
}

void frame_put(struct frame_writer *writer, enum frame_kind kind, uint8_t stream, const void *bytes,
	       size_t size)
{
	uint8_t *to;

	if (writer->is_broken)
		return;
	if (size > FRAME_BYTES_MAX || !make_room(writer, FRAME_HEADER + size)) {
		writer->is_broken = true;
		return;
	}
	to = writer->bytes + writer->end;
	to[0] = (uint8_t)kind;
	to[1] = stream;
	to[2] = 0;
	to[3] = 0;
	write_number(to + 4, (uint32_t)size, 4);
	if (size > 0)
		memcpy(to + FRAME_HEADER, bytes, size);
	writer->end += FRAME_HEADER + size;
}

void frame_put_number(struct frame_writer *writer, enum frame_kind kind, uint8_t stream, uint32_t number)
{
	uint8_t bytes[4];

	write_number(bytes, number, sizeof(bytes));
	frame_put(writer, kind, stream, bytes, sizeof(bytes));
}

bool frame_number(const struct frame *frame, uint32_t *number)
{
	if (frame->size != 4)
		return false;
	*number = read_number(frame->bytes, 4);
	return true;
}

void frame_put_start(struct frame_writer *writer, const struct frame_start *start)
{
	uint8_t bytes[START_FIXED + sizeof(start->terminal_type) + sizeof(start->shell)] = { 0 };

	bytes[0] = FRAME_VERSION;
	bytes[1] = start->has_terminal;
	bytes[2] = start->is_one_output;
	write_number(bytes + 4, start->rows, 2);
	write_number(bytes + 6, start->columns, 2);
	(void)strlcpy((char *)bytes + START_FIXED, start->terminal_type, sizeof(start->terminal_type));
	(void)strlcpy((char *)bytes + START_FIXED + sizeof(start->terminal_type), start->shell,
		      sizeof(start->shell));
	frame_put(writer, FRAME_START, 0, bytes, sizeof(bytes));
}

bool frame_start(const struct frame *frame, struct frame_start *start)
{
	const char *texts = (const char *)frame->bytes + START_FIXED;

	if (frame->size != START_FIXED + sizeof(start->terminal_type) + sizeof(start->shell) ||
	    frame->bytes[0] != FRAME_VERSION)
		return false;
	start->has_terminal = frame->bytes[1] != 0;
	start->is_one_output = frame->bytes[2] != 0;
	start->rows = (uint16_t)read_number(frame->bytes + 4, 2);
	start->columns = (uint16_t)read_number(frame->bytes + 6, 2);
	memcpy(start->terminal_type, texts, sizeof(start->terminal_type));
	memcpy(start->shell, texts + sizeof(start->terminal_type), sizeof(start->shell));
	return memchr(start->terminal_type, 0, sizeof(start->terminal_type)) != NULL &&
	       memchr(start->shell, 0, sizeof(start->shell)) != NULL;
}

void frame_writer_flush(struct frame_writer *writer, int fd)
{
	while (!frame_writer_is_empty(writer)) {
		ssize_t n = write(fd, writer->bytes + writer->start, writer->end - writer->start);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			writer->is_broken = writer->is_broken || errno != EAGAIN;
			return;
		}
		writer->start += (size_t)n;
	}
}

bool frame_writer_is_empty(const struct frame_writer *writer)
{
	return writer->is_broken || writer->start == writer->end;
}

void frame_writer_free(struct frame_writer *writer)
{
	free(writer->bytes);
	*writer = (struct frame_writer){ 0 };
}

bool frame_flow_add(struct frame_flow *flow, const void *bytes, size_t size)
{
	if (flow->bytes == NULL)
		flow->bytes = malloc(2 * FRAME_WINDOW);
	if (flow->bytes == NULL || flow->has_ended || size > FRAME_WINDOW - (flow->end - flow->start))
		return false;
	if (size > 2 * FRAME_WINDOW - flow->end) {
		memmove(flow->bytes, flow->bytes + flow->start, flow->end - flow->start);
		flow->end -= flow->start;
		flow->start = 0;
	}
	memcpy(flow->bytes + flow->end, bytes, size);
	flow->end += size;
	return true;
}

bool frame_flow_is_empty(const struct frame_flow *flow)
{
	return flow->start == flow->end;
}

long frame_flow_write(struct frame_flow *flow, int fd)
{
	size_t size = flow->end - flow->start;
	ssize_t n;

	/* poll(2) says that a pipe is ready if it takes as much as this; more could block. */
	if (size > PIPE_BUF)
		size = PIPE_BUF;
	n = write(fd, flow->bytes + flow->start, size);
	if (n > 0)
		flow->start += (size_t)n;
	if (flow->start == flow->end)
		flow->start = flow->end = 0;
	return n;
}

void frame_flow_free(struct frame_flow *flow)
{
	free(flow->bytes);
	*flow = (struct frame_flow){ 0 };
}
