/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-target/grpc.c"

#include "grpc_script.h"
#include "grpc_server.h"

static void takes_an_answer(void **state)
{
	struct protobuf_bytes message;
	size_t offset = 0;

	(void)state;
	put_good_answer(begin());
	assert_int_equal(call_script(), 0);
	assert_int_equal(answer.status, GRPC_OK);
	assert_int_equal(grpc_next_message(&answer, &offset, &message), 1);
	assert_true(protobuf_is(message, "abc"));
	assert_int_equal(grpc_next_message(&answer, &offset, &message), 1);
	assert_true(protobuf_is(message, ""));
	assert_int_equal(grpc_next_message(&answer, &offset, &message), 0);
	free(answer.bytes);
}

/* As containerd 1.6 says that there is no image `nothing`; the names and the message in Huffman's code. */
static void takes_a_recorded_error(void **state)
{
	static const char recorded[] =
	    "\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00\x40\x00\x00\x00\x00\x04\x01\x00\x00\x00\x00"
	    "\x00\x00\x04\x08\x00\x00\x00\x00\x00\x00\x00\x00\x0e\x00\x00\x08\x06\x00\x00\x00\x00\x00\x02\x04"
	    "\x10\x10\x09\x0e\x07\x07\x00\x00\x3a\x01\x05\x00\x00\x00\x01\x88\x5f\x8b\x1d\x75\xd0\x62\x0d\x26"
	    "\x3d\x4c\x4d\x65\x64\x40\x88\x9a\xca\xc8\xb2\x12\x34\xda\x8f\x01\x35\x40\x89\x9a\xca\xc8\xb5\x25"
	    "\x42\x07\x31\x7f\x94\x35\x23\x98\xaa\x7f\x35\x1d\x33\x9a\xa9\xbf\x9b\x8a\x54\x74\xa9\x29\xed\xaa"
	    "\x4f";

	(void)state;
	assert_int_equal(call_once(recorded, sizeof(recorded) - 1), 0);
	assert_int_equal(answer.status, GRPC_NOT_FOUND);
	assert_string_equal(answer.text, "image \"nothing\": not found");
	assert_int_equal(answer.size, 0);
	/* Each beginning of it is no answer. */
	for (size_t size = 0; size < sizeof(recorded) - 1; size++)
		assert_int_equal(call_once(recorded, size), -1);
}

static void encodes_what_the_service_says(void **state)
{
	(void)state;
	PUT(begin(), FRAME_HEADERS, END_HEADERS | END_STREAM, 1,
	    STATUS_200 TYPE_GRPC GRPC_STATUS("2") "\0\14grpc-message\35"
						  "a%1b[2J%C3%a9 100% %4 %zz %41");
	assert_int_equal(call_script(), 0);
	assert_int_equal(answer.status, 2);
	assert_string_equal(answer.text, "a\\033[2J\\303\\251 100% %4 %zz A");
	free(answer.bytes);
}

static void gives_up_in_time(void **state)
{
	struct protobuf_writer message = { 0 };
	const struct grpc_request request = { .path = "/a.B/C",
					      .message = &message,
					      .answer_max = ANSWER_MAX };
	struct grpc *connection;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(send(pair[1], SETTINGS, sizeof(SETTINGS) - 1, 0), sizeof(SETTINGS) - 1);
	connection = grpc_open(pair[0], "it", &why);
	assert_non_null(connection);
	why = (struct fail){ 0 };
	assert_int_equal(grpc_call(connection, &request, clock_now_ms() + 20, &answer, &why), -1);
	assert_failed(why, FAIL_DEADLINE,
		      "it did not answer in time; attach by process id instead, as in `debug pid://N`");
	grpc_close(connection);
	(void)close(pair[1]);
	/* Nobody there: no signal either. */
	why = (struct fail){ 0 };
	connection = grpc_open(pair[0], "it", &why);
	assert_int_equal(grpc_call(connection, &request, clock_now_ms() + QUICK_MS, &answer, &why), -1);
	assert_int_equal(why.status, FAIL_TOOL);
	grpc_close(connection);
	(void)close(pair[0]);
}

static void refuses_messages_that_are_none(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} cases[] = {
		{ "\0", 1 },	      { "\0\0\0\0", 4 }, { "\0\0\0\0\1", 5 }, { "\0\xff\xff\xff\xff", 5 },
		{ "\1\0\0\0\0", 5 }, /* compressed */
		{ "\0\1\0\0\0x", 6 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char bytes[8];
		struct grpc_answer broken = { .bytes = bytes, .size = cases[i].size };
		struct protobuf_bytes message;
		size_t offset = 0;

		memcpy(bytes, cases[i].bytes, cases[i].size);
		assert_int_equal(grpc_next_message(&broken, &offset, &message), -1);
	}
}

/* Several calls on one connection, one of them with an answer larger than a window, and in both directions.
 */
static void makes_several_calls(void **state)
{
	enum { LARGE = 3 << 20 };
	char *large = calloc(1, LARGE + 5);
	const struct grpc_row rows[] = {
		{ "a/B", "", "", 0, 0, "\0\0\0\0\1x", 6 },
		{ "a/B", "here", "\12\4name", 6, 0, "\0\0\0\0\1y", 6 },
		{ "a/C", "here", NULL, SIZE_MAX, 0, large, LARGE + 5 },
		{ "a/D", "", NULL, SIZE_MAX, 6, "", 0 },
	};
	struct protobuf_writer name = { 0 };
	struct protobuf_writer none = { 0 };
	struct protobuf_writer full = { 0 };
	struct grpc_server server;
	struct grpc *connection;
	struct grpc_request request = { .path = "/containerd.services.a/B",
					.message = &none,
					.answer_max = 4 << 20,
					.metadata = { { "containerd-namespace", "here" } } };
	int64_t deadline_ms = clock_now_ms() + QUICK_MS;

	(void)state;
	assert_non_null(large);
	large[2] = LARGE >> 16;
	protobuf_put_string(&name, 1, "name");
	while (!full.is_full && full.size < 3900)
		protobuf_put_string(&full, 1, "a longer request than one frame of headers");
	server = grpc_server_start(rows, COUNT(rows));
	connection = grpc_open(server.client_fd, "it", &why);
	assert_non_null(connection);
	assert_int_equal(grpc_call(connection, &request, deadline_ms, &answer, &why), 0);
	assert_int_equal(answer.bytes[5], 'x');
	free(answer.bytes);
	request.metadata_count = 1;
	request.message = &name;
	assert_int_equal(grpc_call(connection, &request, deadline_ms, &answer, &why), 0);
	assert_int_equal(answer.bytes[5], 'y');
	free(answer.bytes);
	request.message = &full;
	assert_int_equal(grpc_call(connection, &request, deadline_ms, &answer, &why), 0);
	assert_int_equal(answer.status, GRPC_UNIMPLEMENTED);
	assert_string_equal(answer.text, "said the server\\012");
	free(answer.bytes);
	request.path = "/containerd.services.a/C";
	assert_int_equal(grpc_call(connection, &request, deadline_ms, &answer, &why), 0);
	assert_int_equal(answer.size, LARGE + 5);
	free(answer.bytes);
	request.path = "/containerd.services.a/D";
	request.metadata_count = 0;
	assert_int_equal(grpc_call(connection, &request, deadline_ms, &answer, &why), 0);
	assert_int_equal(answer.status, GRPC_ALREADY_EXISTS);
	grpc_close(connection);
	assert_string_equal(grpc_server_stop(&server), "a/B\na/B\na/B\na/C\na/D\n");
	free(large);
}

static void sends_no_cut_message(void **state)
{
	struct protobuf_writer message = { .is_full = true };
	const struct grpc_request request = { .path = "/a.B/C",
					      .message = &message,
					      .answer_max = ANSWER_MAX };
	struct grpc *connection = grpc_open(0, "it", &why);

	(void)state;
	why = (struct fail){ 0 };
	assert_non_null(connection);
	assert_int_equal(grpc_call(connection, &request, clock_now_ms() + QUICK_MS, &answer, &why), -1);
	assert_non_null(strstr(why.text, "cannot put the question to it"));
	grpc_close(connection);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_an_answer),
		cmocka_unit_test(takes_a_recorded_error),
		cmocka_unit_test(encodes_what_the_service_says),
		cmocka_unit_test(gives_up_in_time),
		cmocka_unit_test(refuses_messages_that_are_none),
		cmocka_unit_test(makes_several_calls),
		cmocka_unit_test(sends_no_cut_message),
	};

	return cmocka_run_group_tests_name("grpc", tests, NULL, NULL);
}
