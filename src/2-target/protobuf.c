/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wire format of protocol buffers (protobuf.dev, "Encoding"), as much of it as gRPC services need.
 *
 * Should:  accept what an encoder writes, and refuse the rest: lengths beyond the end, numbers of more than
 *          64 bits, fields numbered 0, groups, and a second value where there is one.
 * Mustn't: recurse, allocate or copy; what is returned lies inside what was received.
 */
#include "protobuf.h"

#include <string.h>

enum { VARINT_BYTES_MAX = 10, FIELD_NUMBER_MAX = 0x1fffffff };

static bool take_varint(struct protobuf_bytes *message, uint64_t *value)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < VARINT_BYTES_MAX && i < message->size; i++) {
		uint8_t byte = (uint8_t)message->at[i];

		/* The tenth byte has room for the topmost bit alone. */
		if (i == VARINT_BYTES_MAX - 1 && byte > 1)
			return false;
		sum |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (byte < 0x80) {
			message->at += i + 1;
			message->size -= i + 1;
			*value = sum;
			return true;
		}
	}
	return false;
}

static bool take_bytes(struct protobuf_bytes *message, uint64_t size, struct protobuf_bytes *taken)
{
	if (size > message->size)
		return false;
	*taken = (struct protobuf_bytes){ message->at, (size_t)size };
	message->at += size;
	message->size -= (size_t)size;
	return true;
}

static bool take_fixed(struct protobuf_bytes *message, size_t size, uint64_t *value)
{
	struct protobuf_bytes taken;

	if (!take_bytes(message, size, &taken))
		return false;
	for (size_t i = 0; i < size; i++)
		*value |= (uint64_t)(uint8_t)taken.at[i] << (8 * i);
	return true;
}

int protobuf_next(struct protobuf_bytes *message, struct protobuf_field *field)
{
	uint64_t tag;
	uint64_t size;
	bool is_valid = false;

	*field = (struct protobuf_field){ 0 };
	if (message->size == 0)
		return 0;
	if (!take_varint(message, &tag) || tag >> 3 == 0 || tag >> 3 > FIELD_NUMBER_MAX)
		return -1;
	field->number = (uint32_t)(tag >> 3);
	switch (tag & 7) {
	case PROTOBUF_VARINT:
		field->kind = PROTOBUF_VARINT;
		is_valid = take_varint(message, &field->value);
		break;
	case PROTOBUF_FIXED64:
		field->kind = PROTOBUF_FIXED64;
		is_valid = take_fixed(message, 8, &field->value);
		break;
	case PROTOBUF_BYTES:
		field->kind = PROTOBUF_BYTES;
		is_valid = take_varint(message, &size) && take_bytes(message, size, &field->bytes);
		break;
	case PROTOBUF_FIXED32:
		field->kind = PROTOBUF_FIXED32;
		is_valid = take_fixed(message, 4, &field->value);
		break;
	default:
		break;
	}
	return is_valid ? 1 : -1;
}

int protobuf_get(struct protobuf_bytes message, uint32_t number, enum protobuf_kind kind,
		 struct protobuf_field *field)
{
	struct protobuf_field next;
	int found = 0;
	int more;

	*field = (struct protobuf_field){ 0 };
	while ((more = protobuf_next(&message, &next)) > 0) {
		if (next.number != number)
			continue;
		if (found > 0 || next.kind != kind)
			return -1;
		*field = next;
		found = 1;
	}
	return more < 0 ? -1 : found;
}

int protobuf_get_entry(struct protobuf_bytes message, uint32_t number, const char *key,
		       struct protobuf_bytes *value)
{
	struct protobuf_field entry;
	struct protobuf_field field;
	int found = 0;
	int more;

	*value = (struct protobuf_bytes){ "", 0 };
	while ((more = protobuf_next(&message, &entry)) > 0) {
		if (entry.number != number)
			continue;
		if (entry.kind != PROTOBUF_BYTES || protobuf_get(entry.bytes, 1, PROTOBUF_BYTES, &field) < 0)
			return -1;
		if (!protobuf_is(field.bytes, key))
			continue;
		if (found > 0 || protobuf_get(entry.bytes, 2, PROTOBUF_BYTES, &field) < 0)
			return -1;
		*value = field.bytes;
		found = 1;
	}
	return more < 0 ? -1 : found;
}

bool protobuf_is(struct protobuf_bytes bytes, const char *text)
{
	return bytes.size == strlen(text) && (bytes.size == 0 || memcmp(bytes.at, text, bytes.size) == 0);
}

bool protobuf_to_string(struct protobuf_bytes bytes, char *out, size_t capacity)
{
	if (bytes.size >= capacity || (bytes.size > 0 && memchr(bytes.at, '\0', bytes.size) != NULL))
		return false;
	if (bytes.size > 0)
		memcpy(out, bytes.at, bytes.size);
	out[bytes.size] = '\0';
	return true;
}

static void put(struct protobuf_writer *writer, const void *bytes, size_t size)
{
	if (size > sizeof(writer->bytes) - writer->size)
		writer->is_full = true;
	if (writer->is_full)
		return;
	memcpy(writer->bytes + writer->size, bytes, size);
	writer->size += size;
}

static void put_varint(struct protobuf_writer *writer, uint64_t value)
{
	uint8_t bytes[VARINT_BYTES_MAX];
	size_t size = 0;

	do {
		bytes[size] = (uint8_t)(value & 0x7f);
		value >>= 7;
		if (value != 0)
			bytes[size] |= 0x80;
		size++;
	} while (value != 0);
	put(writer, bytes, size);
}

static void put_tag(struct protobuf_writer *writer, uint32_t number, enum protobuf_kind kind)
{
	put_varint(writer, (uint64_t)number << 3 | kind);
}

void protobuf_put_string(struct protobuf_writer *writer, uint32_t number, const char *text)
{
	put_tag(writer, number, PROTOBUF_BYTES);
	put_varint(writer, strlen(text));
	put(writer, text, strlen(text));
}

void protobuf_put_number(struct protobuf_writer *writer, uint32_t number, uint64_t value)
{
	put_tag(writer, number, PROTOBUF_VARINT);
	put_varint(writer, value);
}

void protobuf_put_entry(struct protobuf_writer *writer, uint32_t number, const char *key, const char *value)
{
	struct protobuf_writer entry = { 0 };

	protobuf_put_string(&entry, 1, key);
	protobuf_put_string(&entry, 2, value);
	put_tag(writer, number, PROTOBUF_BYTES);
	put_varint(writer, entry.size);
	put(writer, entry.bytes, entry.size);
	writer->is_full = writer->is_full || entry.is_full;
}
