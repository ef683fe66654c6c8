/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A server of raw bytes, for tests of grpc.c: all that it says lies in the socket before the call is made. */
#ifndef DEBUG_GRPC_SCRIPT_H
#define DEBUG_GRPC_SCRIPT_H

#include "unit.h"

#include "clock.h"
#include "grpc.h"

#include <sys/socket.h>

enum { FRAME_DATA, FRAME_HEADERS, FRAME_RESET = 3, FRAME_SETTINGS, FRAME_PUSH, FRAME_PING, FRAME_GOAWAY };
enum { FRAME_CONTINUATION = 9, END_STREAM = 1, END_HEADERS = 4, ANSWER_MAX = 1000, QUICK_MS = 5000 };

#define OPAQUE "12345678"
/* Its own, and that it has seen ours. */
#define SETTINGS "\0\0\0\4\0\0\0\0\0\0\0\0\4\1\0\0\0\0"
/* Header fields as literals that are not indexed. */
#define STATUS_200 "\x88"
#define TYPE_GRPC "\0\14content-type\20application/grpc"
#define GRPC_STATUS(value) "\0\13grpc-status\1" value
#define PUT(script, type, flags, stream, literal) \
	put_frame(script, type, flags, stream, literal, sizeof(literal) - 1)

/* What a server says. */
struct script {
	size_t size;
	char bytes[256 << 10];
};

static struct script script;
static struct grpc_answer answer;
static struct fail why;

static inline void put_bytes(struct script *to, const void *bytes, size_t size)
{
	assert_true(size <= sizeof(to->bytes) - to->size);
	memcpy(to->bytes + to->size, bytes, size);
	to->size += size;
}

static inline void put_frame(struct script *to, int type, int flags, uint32_t stream, const void *bytes,
			     size_t size)
{
	const uint8_t head[9] = { (uint8_t)(size >> 16),   (uint8_t)(size >> 8),   (uint8_t)size,
				  (uint8_t)type,	   (uint8_t)flags,	   (uint8_t)(stream >> 24),
				  (uint8_t)(stream >> 16), (uint8_t)(stream >> 8), (uint8_t)stream };

	put_bytes(to, head, sizeof(head));
	put_bytes(to, bytes, size);
}

static inline struct script *begin(void)
{
	script.size = 0;
	put_bytes(&script, SETTINGS, sizeof(SETTINGS) - 1);
	return &script;
}

/* Calls once; the server says what `bytes` are and hangs up. */
static inline int call_once(const void *bytes, size_t size)
{
	struct protobuf_writer message = { 0 };
	const struct grpc_request request = { .path = "/a.B/C",
					      .message = &message,
					      .answer_max = ANSWER_MAX };
	struct grpc *connection;
	struct fail ignored = { 0 };
	int big = 1 << 20;
	int outcome;
	int pair[2];

	why = (struct fail){ 0 };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &big, sizeof(big)), 0);
	assert_int_equal(send(pair[1], bytes, size, MSG_DONTWAIT), size);
	assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
	connection = grpc_open(pair[0], "it", &why);
	assert_non_null(connection);
	outcome = grpc_call(connection, &request, clock_now_ms() + QUICK_MS, &answer, &why);
	if (outcome < 0) {
		assert_null(answer.bytes);
		assert_int_equal(answer.size, 0);
		assert_int_not_equal(why.status, FAIL_NONE);
		assert_int_equal(
		    grpc_call(connection, &request, clock_now_ms() + QUICK_MS, &answer, &ignored), -1);
	}
	grpc_close(connection);
	(void)close(pair[0]);
	(void)close(pair[1]);
	return outcome;
}

static inline int call_script(void)
{
	return call_once(script.bytes, script.size);
}

static inline void put_good_answer(struct script *to)
{
	PUT(to, FRAME_HEADERS, END_HEADERS, 1, STATUS_200 TYPE_GRPC);
	PUT(to, FRAME_DATA, 0, 1, "\0\0\0\0\3a");
	PUT(to, FRAME_DATA, 0, 1, "bc\0\0\0\0\0");
	PUT(to, FRAME_HEADERS, END_HEADERS | END_STREAM, 1, GRPC_STATUS("0"));
}

#endif
