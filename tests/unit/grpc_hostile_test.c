/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a broken or a hostile server may send. */
#include "../../src/2-target/grpc.c"

#include "grpc_script.h"

static void takes_no_part_for_the_whole(void **state)
{
	struct script *whole = begin();
	static char bytes[4096];
	size_t size;

	(void)state;
	put_good_answer(whole);
	size = whole->size;
	memcpy(bytes, whole->bytes, size);
	for (size_t part = 0; part < size; part++) {
		assert_int_equal(call_once(bytes, part), -1);
		assert_string_equal(why.text, "it closed the connection before it answered");
	}
}

/* Whatever a byte is changed to, there is an answer or a reason; nothing hangs, leaks or is read beyond. */
static void survives_damage(void **state)
{
	static char bytes[4096];
	size_t size;
	int fds = unit_count_fds();

	(void)state;
	put_good_answer(begin());
	size = script.size;
	memcpy(bytes, script.bytes, size);
	for (size_t i = 0; i < size; i++) {
		for (int bit = 0; bit < 8; bit++) {
			bytes[i] = (char)(bytes[i] ^ 1 << bit);
			if (call_once(bytes, size) == 0)
				free(answer.bytes);
			bytes[i] = (char)(bytes[i] ^ 1 << bit);
		}
	}
	assert_int_equal(unit_count_fds(), fds);
}

static void refuses_what_is_not_grpc(void **state)
{
	static const char other[] = "it did not answer in gRPC; is something else listening there?";

	(void)state;
	PUT(begin(), FRAME_HEADERS, END_HEADERS | END_STREAM, 1, STATUS_200 TYPE_GRPC);
	assert_int_equal(call_script(), -1);
	assert_failed(why, FAIL_TOOL, other);
	PUT(begin(), FRAME_HEADERS, END_HEADERS | END_STREAM, 1, STATUS_200 GRPC_STATUS("0"));
	assert_int_equal(call_script(), -1);
	assert_failed(why, FAIL_TOOL, other);
	/* 404, 200 by name but with text. */
	PUT(begin(), FRAME_HEADERS, END_HEADERS | END_STREAM, 1, "\x8d" TYPE_GRPC GRPC_STATUS("0"));
	assert_int_equal(call_script(), -1);
	assert_failed(why, FAIL_TOOL, other);
	PUT(begin(), FRAME_HEADERS, END_HEADERS | END_STREAM, 1,
	    STATUS_200 "\0\14content-type\11text/html" GRPC_STATUS("0"));
	assert_int_equal(call_script(), -1);
	assert_failed(why, FAIL_TOOL, other);
	/* Not HTTP/2 at all. */
	assert_int_equal(call_once("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", 46), -1);
	assert_non_null(strstr(why.text, "it did not answer in HTTP/2"));
}

static void refuses_statuses_that_are_none(void **state)
{
	(void)state;
	PUT(begin(), FRAME_HEADERS, END_HEADERS | END_STREAM, 1, STATUS_200 TYPE_GRPC "\0\13grpc-status\0");
	assert_int_equal(call_script(), -1);
	assert_failed(why, FAIL_TOOL, "the answer of it cannot be used: its status is none");
	PUT(begin(), FRAME_HEADERS, END_HEADERS | END_STREAM, 1, STATUS_200 TYPE_GRPC GRPC_STATUS("x"));
	assert_int_equal(call_script(), -1);
	PUT(begin(), FRAME_HEADERS, END_HEADERS | END_STREAM, 1,
	    STATUS_200 TYPE_GRPC "\0\13grpc-status\2"
				 "17");
	assert_int_equal(call_script(), -1);
	PUT(begin(), FRAME_HEADERS, END_HEADERS | END_STREAM, 1,
	    STATUS_200 TYPE_GRPC "\0\13grpc-status\3"
				 "000");
	assert_int_equal(call_script(), -1);
	PUT(begin(), FRAME_HEADERS, END_HEADERS | END_STREAM, 1,
	    STATUS_200 TYPE_GRPC GRPC_STATUS("5") GRPC_STATUS("0"));
	assert_int_equal(call_script(), -1);
}

static void bounds_the_answer(void **state)
{
	char data[ANSWER_MAX + 1] = { 0 };

	(void)state;
	PUT(begin(), FRAME_HEADERS, END_HEADERS, 1, STATUS_200 TYPE_GRPC);
	put_frame(&script, FRAME_DATA, 0, 1, data, ANSWER_MAX);
	PUT(&script, FRAME_HEADERS, END_HEADERS | END_STREAM, 1, GRPC_STATUS("0"));
	assert_int_equal(call_script(), 0);
	assert_int_equal(answer.size, ANSWER_MAX);
	free(answer.bytes);
	PUT(begin(), FRAME_HEADERS, END_HEADERS, 1, STATUS_200 TYPE_GRPC);
	put_frame(&script, FRAME_DATA, 0, 1, data, ANSWER_MAX);
	put_frame(&script, FRAME_DATA, 0, 1, data, 1);
	PUT(&script, FRAME_HEADERS, END_HEADERS | END_STREAM, 1, GRPC_STATUS("0"));
	assert_int_equal(call_script(), -1);
	assert_failed(why, FAIL_TOOL, "the answer of it cannot be used: it is too large to be right");
}

/* One entry of 4 KB in the table of the header compression, and a byte for each further use of it. */
static void bounds_the_headers(void **state)
{
	static char block[16384];
	size_t used = 0;

	(void)state;
	block[used++] = (char)0x88;
	memcpy(block + used, "\x40\1x\x7f\xa1\x1e", 6); /* literal, indexed: `x`, 4000 bytes */
	used += 6;
	memset(block + used, 'v', 4000);
	used += 4000;
	memset(block + used, 0x80 | 62, sizeof(block) - used);
	put_frame(begin(), FRAME_HEADERS, END_HEADERS | END_STREAM, 1, block, sizeof(block));
	assert_int_equal(call_script(), -1);
	assert_failed(why, FAIL_TOOL,
		      "the answer of it cannot be used: its headers are too large to be right");
	/* The same without end: frames that continue a block. */
	PUT(begin(), FRAME_HEADERS, 0, 1, STATUS_200);
	for (int i = 0; i < 1000; i++)
		PUT(&script, FRAME_CONTINUATION, 0, 1, "");
	PUT(&script, FRAME_CONTINUATION, END_HEADERS, 1, TYPE_GRPC);
	PUT(&script, FRAME_HEADERS, END_HEADERS | END_STREAM, 1, GRPC_STATUS("0"));
	assert_int_equal(call_script(), -1);
}

static void refuses_broken_http(void **state)
{
	/* Each is sent where an answer is due, and followed by a good one. */
	static const struct {
		int type;
		int flags;
		uint32_t stream;
		const char *bytes;
		size_t size;
	} cases[] = {
		{ FRAME_DATA, 0, 1, "x", 1 },			  /* before the headers */
		{ FRAME_HEADERS, END_HEADERS, 3, STATUS_200, 1 }, /* nobody asked */
		{ FRAME_HEADERS, END_HEADERS, 2, STATUS_200, 1 },
		{ FRAME_HEADERS, END_HEADERS, 0, STATUS_200, 1 },
		{ FRAME_HEADERS, END_HEADERS, 1, "\xff\xff\xff\xff\xff\xff\xff", 7 }, /* no such index */
		{ FRAME_HEADERS, END_HEADERS, 1, "\xbe", 1 },			      /* the table is empty */
		{ FRAME_HEADERS, END_HEADERS, 1, "\x80", 1 },			      /* index 0 */
		{ FRAME_HEADERS, END_HEADERS, 1, "\x3f\xff\xff\xff\x07", 5 },	      /* a larger table */
		{ FRAME_HEADERS, END_HEADERS, 1, "\x88\0\1x\x81\xff", 6 },	      /* ends within a code */
		{ FRAME_HEADERS, END_HEADERS, 1, "\0\7:status\3200", 13 - 1 },
		{ FRAME_PUSH, END_HEADERS, 1, "\0\0\0\2\x88", 5 },
		{ FRAME_RESET, 0, 1, "\0\0\0\2", 4 },
		{ FRAME_GOAWAY, 0, 0, "\0\0\0\0\0\0\0\2", 8 },
		{ FRAME_SETTINGS, 0, 0, "\0\4\xff\xff\xff\xff", 6 }, /* a window of 2^32-1 */
		{ FRAME_SETTINGS, 0, 0, "\0\4\0", 3 },
		{ FRAME_SETTINGS, 0, 1, "", 0 },
		{ FRAME_PING, 0, 0, "1234567", 7 },
		{ FRAME_CONTINUATION, END_HEADERS, 1, STATUS_200, 1 },
	};
	static const char large[16385];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		put_frame(begin(), cases[i].type, cases[i].flags, cases[i].stream, cases[i].bytes,
			  cases[i].size);
		put_good_answer(&script);
		if (call_script() == 0)
			fail_msg("case %zu was taken for an answer", i);
	}
	put_frame(begin(), FRAME_DATA, 0, 1, large, sizeof(large));
	assert_int_equal(call_script(), -1);
}

static void refuses_floods(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 5000; i++)
		PUT(&script, FRAME_PING, 0, 0, OPAQUE);
	put_good_answer(&script);
	assert_int_equal(call_script(), -1);
	assert_non_null(strstr(why.text, "it did not answer in HTTP/2"));
	begin();
	for (int i = 0; i < 5000; i++)
		PUT(&script, FRAME_SETTINGS, 0, 0, "");
	put_good_answer(&script);
	assert_int_equal(call_script(), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_no_part_for_the_whole),
		cmocka_unit_test(survives_damage),
		cmocka_unit_test(refuses_what_is_not_grpc),
		cmocka_unit_test(refuses_statuses_that_are_none),
		cmocka_unit_test(bounds_the_answer),
		cmocka_unit_test(bounds_the_headers),
		cmocka_unit_test(refuses_broken_http),
		cmocka_unit_test(refuses_floods),
	};

	return cmocka_run_group_tests_name("grpc_hostile", tests, NULL, NULL);
}
