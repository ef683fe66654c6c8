/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `debug` and debug-node say to each other through `kubectl exec`: frames on the two streams of a
 * session without terminal.
 *
 *   debug                                    debug-node
 *                                          ◄ READY
 *   WORD ..., START                        ►
 *   INPUT ..., INPUT_END, SIZE, SIGNAL     ►
 *                                          ◄ OUTPUT ..., OUTPUT_END
 *   TAKEN                                  ◄► TAKEN
 *   ALIVE                                  ◄► ALIVE
 *                                          ◄ RESULT | FAILED
 *   BYE                                    ►
 *
 * Bytes of a stream may be sent as far as FRAME_WINDOW bytes ahead of what the other side has TAKEN, so that
 * a stream that nobody reads never holds up what is said beside it.
 */
#ifndef DEBUG_KUBE_FRAMES_H
#define DEBUG_KUBE_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FRAME_VERSION = 1,
	FRAME_HEADER = 8,
	FRAME_BYTES_MAX = 256 << 10, /* a word of a command line may be half as long (execve(2)) */
	FRAME_CHUNK = 32 << 10,	     /* of a stream, at once */
	FRAME_WINDOW = 1 << 20,
	FRAME_ALIVE_MS = 2000,	  /* how often each side says that it lives */
	FRAME_SILENCE_MS = 10000, /* after which the other one does not */
};

enum frame_kind {
	FRAME_READY = 1, /* the version of debug-node's package */
	FRAME_WORD,	 /* stream 0: an option of debug; 1: a word of the command */
	FRAME_START,	 /* struct frame_start */
	FRAME_INPUT,
	FRAME_INPUT_END,
	FRAME_SIZE,   /* rows and columns, 16 bits each */
	FRAME_SIGNAL, /* stream: its number */
	FRAME_CLOSED, /* nobody reads the stream any more */
	FRAME_PAUSE,  /* nothing will be said for a while: `debug` is being stopped */
	FRAME_OUTPUT,
	FRAME_OUTPUT_END,
	FRAME_TAKEN, /* stream: of which; 32 bits: how many bytes */
	FRAME_ALIVE,
	FRAME_RESULT, /* stream: the exit status */
	FRAME_FAILED, /* stream: the exit status; a sentence */
	FRAME_BYE,
	FRAME_KIND_COUNT,
};

/* Streams, as descriptors are numbered. */
enum { FRAME_STDIN, FRAME_STDOUT, FRAME_STDERR, FRAME_STREAM_COUNT };

struct frame {
	enum frame_kind kind;
	uint8_t stream;
	size_t size;
	const uint8_t *bytes; /* until the reader is used again */
};

/* What a session is told at its beginning. */
struct frame_start {
	bool has_terminal;
	bool is_one_output; /* both outputs are one open file */
	uint16_t rows, columns;
	char terminal_type[64]; /* or "" */
	char shell[16];		/* the caller's, or "" */
};

struct frame_reader {
	size_t start, end;
	uint8_t buffer[2 * (FRAME_HEADER + FRAME_BYTES_MAX)];
};

/* Where the next bytes are to be read to, and how many at most; never none. */
uint8_t *frame_reader_room(struct frame_reader *reader, size_t *size)
    __attribute__((nonnull, returns_nonnull));
void frame_reader_add(struct frame_reader *reader, size_t size) __attribute__((nonnull));

/* 1 with *frame set, 0 if it is not complete yet, -1 if it can be none. */
int frame_reader_next(struct frame_reader *reader, struct frame *frame)
    __attribute__((nonnull, warn_unused_result));

/* Frames on their way; it grows with what the windows allow, and no further. */
struct frame_writer {
	uint8_t *bytes; /* owned */
	size_t start, end, capacity;
	bool is_broken; /* there was no memory, or nobody listens */
};

void frame_put(struct frame_writer *writer, enum frame_kind kind, uint8_t stream, const void *bytes,
	       size_t size) __attribute__((nonnull(1)));
void frame_put_number(struct frame_writer *writer, enum frame_kind kind, uint8_t stream, uint32_t number)
    __attribute__((nonnull));
void frame_put_start(struct frame_writer *writer, const struct frame_start *start) __attribute__((nonnull));

/* Writes what `fd` takes without waiting. */
void frame_writer_flush(struct frame_writer *writer, int fd) __attribute__((nonnull));
bool frame_writer_is_empty(const struct frame_writer *writer) __attribute__((nonnull));
void frame_writer_free(struct frame_writer *writer) __attribute__((nonnull));

/* False if the frame has another size than such a one. */
bool frame_number(const struct frame *frame, uint32_t *number) __attribute__((nonnull, warn_unused_result));
bool frame_start(const struct frame *frame, struct frame_start *start)
    __attribute__((nonnull, warn_unused_result));

/* Bytes between a stream and the frames: what was received and is not written out yet. */
struct frame_flow {
	uint8_t *bytes; /* owned, made when the first comes; twice the window, so that they seldom move */
	size_t start, end;
	bool has_ended; /* no more will come */
};

/* False if the other side has sent more than it may, or there is no memory. */
bool frame_flow_add(struct frame_flow *flow, const void *bytes, size_t size)
    __attribute__((nonnull, warn_unused_result));
bool frame_flow_is_empty(const struct frame_flow *flow) __attribute__((nonnull));

/* Writes once, no more than a pipe that is ready certainly takes.  How many bytes, or -1 with errno set. */
long frame_flow_write(struct frame_flow *flow, int fd) __attribute__((nonnull, warn_unused_result));
void frame_flow_free(struct frame_flow *flow) __attribute__((nonnull));

#endif
