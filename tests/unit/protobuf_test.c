/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-target/protobuf.c"

#include "unit.h"

#define BYTES(literal) ((struct protobuf_bytes){ (literal), sizeof(literal) - 1 })

/* How many fields a message has, or -1. */
static int count_fields(struct protobuf_bytes message)
{
	struct protobuf_field field;
	int count = 0;
	int more;

	while ((more = protobuf_next(&message, &field)) > 0)
		count++;
	return more < 0 ? -1 : count;
}

static void reads_each_kind(void **state)
{
	const struct {
		struct protobuf_bytes message;
		uint32_t number;
		enum protobuf_kind kind;
		uint64_t value;
	} cases[] = {
		{ BYTES("\x08\x00"), 1, PROTOBUF_VARINT, 0 },
		{ BYTES("\x08\x96\x01"), 1, PROTOBUF_VARINT, 150 },
		{ BYTES("\x08\x96\x80\x00"), 1, PROTOBUF_VARINT, 22 },
		{ BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), 1, PROTOBUF_VARINT, UINT64_MAX },
		{ BYTES("\x11\x01\x00\x00\x00\x00\x00\x00\x80"), 2, PROTOBUF_FIXED64,
		  UINT64_C(0x8000000000000001) },
		{ BYTES("\x1d\xff\x00\x00\x80"), 3, PROTOBUF_FIXED32, 0x800000ff },
		{ BYTES("\xf8\xff\xff\xff\x0f\x07"), 0x1fffffff, PROTOBUF_VARINT, 7 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct protobuf_bytes message = cases[i].message;
		struct protobuf_field field;

		assert_int_equal(protobuf_next(&message, &field), 1);
		assert_int_equal(field.number, cases[i].number);
		assert_int_equal(field.kind, cases[i].kind);
		assert_true(field.value == cases[i].value);
		assert_int_equal(protobuf_next(&message, &field), 0);
	}
}

static void refuses_what_is_none(void **state)
{
	const struct protobuf_bytes cases[] = {
		BYTES("\x08"),					       /* no value */
		BYTES("\x80"),					       /* half a tag */
		BYTES("\x08\x80"),				       /* half a value */
		BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), /* 65 bits */
		BYTES("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
		BYTES("\x00\x01"),		   /* field 0 */
		BYTES("\x02\x01x"),		   /* field 0 */
		BYTES("\x80\x80\x80\x80\x10\x01"), /* field 2^29 */
		BYTES("\x0b\x0c"),		   /* a group */
		BYTES("\x0c"),			   /* the end of one */
		BYTES("\x0e\x01"),		   /* kinds that there are not */
		BYTES("\x0f\x01"),
		BYTES("\x0a\x02x"),					/* one byte short */
		BYTES("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x"), /* 2^64-1 bytes */
		BYTES("\x0a\xff\xff\xff\xff\x07x"),			/* 2^31-1 bytes */
		BYTES("\x09\x01\x02\x03\x04\x05\x06\x07"),
		BYTES("\x0d\x01\x02\x03"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct protobuf_field field;
		struct protobuf_bytes value;

		assert_int_equal(count_fields(cases[i]), -1);
		assert_int_equal(protobuf_get(cases[i], 9, PROTOBUF_VARINT, &field), -1);
		assert_int_equal(protobuf_get_entry(cases[i], 9, "k", &value), -1);
	}
}

static void gets_one_field_of_a_number(void **state)
{
	struct protobuf_bytes message = BYTES("\x12\x03two\x18\x07\x22\x00\x2d....");
	struct protobuf_field field;

	(void)state;
	assert_int_equal(protobuf_get(message, 2, PROTOBUF_BYTES, &field), 1);
	assert_true(protobuf_is(field.bytes, "two"));
	assert_int_equal(protobuf_get(message, 3, PROTOBUF_VARINT, &field), 1);
	assert_int_equal(field.value, 7);
	assert_int_equal(protobuf_get(message, 4, PROTOBUF_BYTES, &field), 1);
	assert_true(protobuf_is(field.bytes, ""));
	assert_int_equal(protobuf_get(message, 1, PROTOBUF_BYTES, &field), 0);
	assert_int_equal(field.bytes.size, 0);
	/* Of another kind; twice; broken only after it. */
	assert_int_equal(protobuf_get(message, 2, PROTOBUF_VARINT, &field), -1);
	assert_int_equal(protobuf_get(message, 5, PROTOBUF_VARINT, &field), -1);
	assert_int_equal(protobuf_get(BYTES("\x08\x01\x08\x01"), 1, PROTOBUF_VARINT, &field), -1);
	assert_int_equal(protobuf_get(BYTES("\x08\x01\x12\x05x"), 1, PROTOBUF_VARINT, &field), -1);
}

static void gets_entries_of_maps(void **state)
{
	struct protobuf_bytes message = BYTES("\x12\x06\x0a\x01"
					      "a\x12\x01"
					      "1\x12\x06\x0a\x01"
					      "b\x12\x01"
					      "2\x12\x03\x0a\x01"
					      "c\x12\x00");
	struct protobuf_bytes value;

	(void)state;
	assert_int_equal(protobuf_get_entry(message, 2, "a", &value), 1);
	assert_true(protobuf_is(value, "1"));
	assert_int_equal(protobuf_get_entry(message, 2, "b", &value), 1);
	assert_true(protobuf_is(value, "2"));
	/* An entry without a value, and one without anything, as encoders leave out what is empty. */
	assert_int_equal(protobuf_get_entry(message, 2, "c", &value), 1);
	assert_int_equal(value.size, 0);
	assert_int_equal(protobuf_get_entry(message, 2, "", &value), 1);
	assert_int_equal(protobuf_get_entry(message, 2, "d", &value), 0);
	assert_int_equal(protobuf_get_entry(message, 3, "a", &value), 0);
	/* The same key twice; a key, a value and an entry of other kinds. */
	assert_int_equal(protobuf_get_entry(BYTES("\x12\x03\x0a\x01"
						  "a\x12\x03\x0a\x01"
						  "a"),
					    2, "a", &value),
			 -1);
	assert_int_equal(protobuf_get_entry(BYTES("\x12\x02\x08\x01"), 2, "a", &value), -1);
	assert_int_equal(protobuf_get_entry(BYTES("\x12\x05\x0a\x01"
						  "a\x10\x01"),
					    2, "a", &value),
			 -1);
	assert_int_equal(protobuf_get_entry(BYTES("\x10\x01"), 2, "a", &value), -1);
}

/* Each message within holds but another: taking one apart costs no more than what is asked for. */
static void does_not_recurse(void **state)
{
	enum { DEPTH = 100000 };
	uint8_t *bytes = malloc(DEPTH * 6);
	size_t at = DEPTH * 6;
	struct protobuf_field field;

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < DEPTH; i++) {
		struct protobuf_writer head = { 0 };

		put_tag(&head, 1, PROTOBUF_BYTES);
		put_varint(&head, DEPTH * 6 - at);
		at -= head.size;
		memcpy(bytes + at, head.bytes, head.size);
	}
	assert_int_equal(protobuf_get((struct protobuf_bytes){ (char *)bytes + at, DEPTH * 6 - at }, 1,
				      PROTOBUF_BYTES, &field),
			 1);
	assert_int_equal(protobuf_get(field.bytes, 1, PROTOBUF_BYTES, &field), 1);
	free(bytes);
}

static void makes_strings(void **state)
{
	char out[4];

	(void)state;
	assert_true(protobuf_to_string(BYTES("abc"), out, sizeof(out)));
	assert_string_equal(out, "abc");
	assert_true(protobuf_to_string((struct protobuf_bytes){ NULL, 0 }, out, sizeof(out)));
	assert_string_equal(out, "");
	assert_false(protobuf_to_string(BYTES("abcd"), out, sizeof(out)));
	assert_false(protobuf_to_string(BYTES("a\0b"), out, sizeof(out)));
	assert_false(protobuf_is(BYTES("a\0b"), "a"));
	assert_false(protobuf_is(BYTES("ab"), "a"));
}

static void reads_what_it_wrote(void **state)
{
	static const uint64_t numbers[] = { 0, 1, 127, 128, 16383, 16384, UINT32_MAX, UINT64_MAX };
	struct protobuf_writer writer = { 0 };
	struct protobuf_bytes message;
	struct protobuf_bytes value;
	struct protobuf_field field;

	(void)state;
	protobuf_put_string(&writer, 1, "name");
	protobuf_put_entry(&writer, 3, "key", "value");
	protobuf_put_string(&writer, 16, "");
	for (size_t i = 0; i < COUNT(numbers); i++)
		protobuf_put_number(&writer, 100 + (uint32_t)i, numbers[i]);
	assert_false(writer.is_full);
	message = (struct protobuf_bytes){ (char *)writer.bytes, writer.size };
	assert_int_equal(protobuf_get(message, 1, PROTOBUF_BYTES, &field), 1);
	assert_true(protobuf_is(field.bytes, "name"));
	assert_int_equal(protobuf_get(message, 16, PROTOBUF_BYTES, &field), 1);
	assert_int_equal(protobuf_get_entry(message, 3, "key", &value), 1);
	assert_true(protobuf_is(value, "value"));
	for (size_t i = 0; i < COUNT(numbers); i++) {
		assert_int_equal(protobuf_get(message, 100 + (uint32_t)i, PROTOBUF_VARINT, &field), 1);
		assert_true(field.value == numbers[i]);
	}
}

static void says_when_it_is_full(void **state)
{
	struct protobuf_writer writer = { 0 };
	char text[PROTOBUF_WRITER_MAX + 1];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[PROTOBUF_WRITER_MAX - 3] = '\0';
	protobuf_put_string(&writer, 1, text);
	assert_false(writer.is_full);
	assert_int_equal(writer.size, PROTOBUF_WRITER_MAX);
	protobuf_put_number(&writer, 2, 0);
	assert_true(writer.is_full);
	writer = (struct protobuf_writer){ 0 };
	protobuf_put_entry(&writer, 1, "k", text);
	assert_true(writer.is_full);
}

/* Nothing but its own bytes is read, whatever they are: run it under ASan or valgrind to see. */
static void survives_noise(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t size = unit_random(&seed) % 40;
		char *bytes = malloc(size + 1);
		struct protobuf_bytes message = { bytes, size };
		struct protobuf_field field;

		assert_non_null(bytes);
		for (size_t i = 0; i < size; i++)
			bytes[i] = (char)unit_random(&seed);
		while (protobuf_next(&message, &field) > 0) {
			assert_true(field.bytes.size <= size);
			assert_true(
			    field.bytes.size == 0 ||
			    (field.bytes.at >= bytes && field.bytes.at + field.bytes.size <= bytes + size));
		}
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_each_kind),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(gets_one_field_of_a_number),
		cmocka_unit_test(gets_entries_of_maps),
		cmocka_unit_test(does_not_recurse),
		cmocka_unit_test(makes_strings),
		cmocka_unit_test(reads_what_it_wrote),
		cmocka_unit_test(says_when_it_is_full),
		cmocka_unit_test(survives_noise),
	};

	return cmocka_run_group_tests_name("protobuf", tests, NULL, NULL);
}
