/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wire format of protocol buffers: fields one after another, each a number and a value. */
#ifndef DEBUG_PROTOBUF_H
#define DEBUG_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a field may hold; the values are those of the format.  Groups (3 and 4) are refused. */
enum protobuf_kind {
	PROTOBUF_VARINT = 0,
	PROTOBUF_FIXED64 = 1,
	PROTOBUF_BYTES = 2, /* bytes, a string, or a message within */
	PROTOBUF_FIXED32 = 5,
};

/* Part of what was received; never terminated. */
struct protobuf_bytes {
	const char *at;
	size_t size;
};

struct protobuf_field {
	uint32_t number;
	enum protobuf_kind kind;
	uint64_t value;		     /* of all kinds but PROTOBUF_BYTES */
	struct protobuf_bytes bytes; /* of that one; a part of the message that was read */
};

/* Takes the next field off the front of *message.  Returns 1, or 0 at its end, or -1 if the rest is none.
 * A field of any number is returned, so the caller skips what it does not know; nothing is ever read
 * recursively, so the depth is the caller's. */
int protobuf_next(struct protobuf_bytes *message, struct protobuf_field *field)
    __attribute__((nonnull, warn_unused_result));

/* The one field of that number and kind.  Returns 1, or 0 with *field all zero if there is none, or -1 if it
 * is there twice or of another kind, or the message is broken anywhere. */
int protobuf_get(struct protobuf_bytes message, uint32_t number, enum protobuf_kind kind,
		 struct protobuf_field *field) __attribute__((nonnull, warn_unused_result));

/* The value of `key` in the map<string, string> that is the repeated field `number`.  As protobuf_get. */
int protobuf_get_entry(struct protobuf_bytes message, uint32_t number, const char *key,
		       struct protobuf_bytes *value) __attribute__((nonnull, warn_unused_result));

bool protobuf_is(struct protobuf_bytes bytes, const char *text) __attribute__((nonnull, warn_unused_result));

/* As a terminated string.  False if it has a NUL inside or does not fit. */
bool protobuf_to_string(struct protobuf_bytes bytes, char *out, size_t capacity)
    __attribute__((nonnull, warn_unused_result));

enum { PROTOBUF_WRITER_MAX = 4096 };

/* A message under construction; starts as all zero. */
struct protobuf_writer {
	size_t size;
	bool is_full; /* something did not fit: it must not be sent */
	uint8_t bytes[PROTOBUF_WRITER_MAX];
};

void protobuf_put_string(struct protobuf_writer *writer, uint32_t number, const char *text)
    __attribute__((nonnull));
void protobuf_put_number(struct protobuf_writer *writer, uint32_t number, uint64_t value)
    __attribute__((nonnull));
/* One entry of a map<string, string>. */
void protobuf_put_entry(struct protobuf_writer *writer, uint32_t number, const char *key, const char *value)
    __attribute__((nonnull));

#endif
