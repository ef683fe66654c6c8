/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One HTTP/2 connection, one call at a time (the document "gRPC over HTTP2" of the gRPC project).  Frames and
 * header compression are libnghttp2's; it works on bytes in memory, and this file moves them.
 *
 * Should:  bound all that a peer can make us keep: headers, answer, time.
 * Mustn't: take a broken or partial answer for a whole one.
 */
#include "grpc.h"

#include "clock.h"
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	PREFIX_SIZE = 5, /* of a message: compressed or not, and its length */
	WINDOW = 1 << 20,
	HEADERS_SIZE_MAX = 16 << 10,
	CHUNK = 16 << 10,
	ACKS_MAX = 100,
	STANDARD_HEADERS = 7,
};

/* The call under way. */
struct call {
	const struct protobuf_writer *message;
	size_t sent; /* of the prefix and the message */
	struct grpc_answer *answer;
	size_t capacity; /* of its bytes */
	size_t most;
	size_t headers_size;
	int32_t stream;
	bool is_grpc;	 /* its content-type says so */
	bool has_status; /* of gRPC */
	bool is_closed;
	const char *trouble; /* why we stopped reading it, or NULL */
	char http_status[4];
};

struct grpc {
	nghttp2_session *session; /* owned */
	int socket_fd;
	bool is_broken;
	const char *who;
	struct call *call; /* or NULL */
};

static int hex_value(char digit)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = digit == '\0' ? NULL : strchr(digits, tolower((unsigned char)digit));

	return at == NULL ? -1 : (int)(at - digits);
}

/* grpc-message is percent-encoded; what does not decode stands for itself. */
static void keep_text(struct grpc_answer *answer, const char *value, size_t size)
{
	char plain[sizeof(answer->text)];
	size_t used = 0;

	for (size_t i = 0; i < size && used < sizeof(plain); i++) {
		if (value[i] == '%' && size - i > 2 && hex_value(value[i + 1]) >= 0 &&
		    hex_value(value[i + 2]) >= 0) {
			plain[used++] = (char)(hex_value(value[i + 1]) * 16 + hex_value(value[i + 2]));
			i += 2;
		} else {
			plain[used++] = value[i];
		}
	}
	text_encode(answer->text, sizeof(answer->text), plain, used);
}

static bool keep_status(struct call *call, const char *value, size_t size)
{
	char digits[3] = "";
	int64_t status;

	if (size >= sizeof(digits) || call->has_status)
		return false;
	memcpy(digits, value, size);
	if (!text_to_number(digits, 0, GRPC_STATUS_MAX, &status))
		return false;
	call->answer->status = (int)status;
	call->has_status = true;
	return true;
}

static bool is_header(const char *name, const uint8_t *bytes, size_t size)
{
	return size == strlen(name) && memcmp(bytes, name, size) == 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
		     size_t name_size, const uint8_t *value, size_t value_size, uint8_t flags, void *user)
{
	static const char type[] = "application/grpc";
	struct call *call = ((struct grpc *)user)->call;
	const char *text = (const char *)value;

	(void)session;
	(void)flags;
	if (call == NULL || frame->hd.stream_id != call->stream)
		return 0;
	call->headers_size += name_size + value_size + 32;
	if (call->headers_size > HEADERS_SIZE_MAX) {
		call->trouble = "its headers are too large to be right";
	} else if (is_header(":status", name, name_size)) {
		(void)snprintf(call->http_status, sizeof(call->http_status), "%.*s", (int)value_size, text);
	} else if (is_header("content-type", name, name_size)) {
		call->is_grpc = value_size >= sizeof(type) - 1 && memcmp(text, type, sizeof(type) - 1) == 0;
	} else if (is_header("grpc-message", name, name_size)) {
		keep_text(call->answer, text, value_size);
	} else if (is_header("grpc-status", name, name_size)) {
		if (!keep_status(call, text, value_size))
			call->trouble = "its status is none";
	}
	return call->trouble == NULL ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes, size_t size,
		   void *user)
{
	struct call *call = ((struct grpc *)user)->call;
	struct grpc_answer *answer;

	(void)session;
	(void)flags;
	if (call == NULL || stream != call->stream)
		return 0;
	answer = call->answer;
	if (size > call->most - answer->size) {
		call->trouble = "it is too large to be right";
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	}
	if (size > call->capacity - answer->size) {
		size_t capacity = (answer->size + size) * 2;
		char *grown = realloc(answer->bytes, capacity);

		if (grown == NULL) {
			call->trouble = "there is no memory for it";
			return NGHTTP2_ERR_CALLBACK_FAILURE;
		}
		answer->bytes = grown;
		call->capacity = capacity;
	}
	memcpy(answer->bytes + answer->size, bytes, size);
	answer->size += size;
	return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t error, void *user)
{
	struct call *call = ((struct grpc *)user)->call;

	(void)session;
	if (call == NULL || stream != call->stream)
		return 0;
	call->is_closed = true;
	if (error != NGHTTP2_NO_ERROR)
		call->trouble = "it was broken off";
	return 0;
}

/* The request's body: the prefix, then the message. */
static ssize_t read_body(nghttp2_session *session, int32_t stream, uint8_t *out, size_t capacity,
			 uint32_t *flags, nghttp2_data_source *source, void *user)
{
	struct call *call = source->ptr;
	const struct protobuf_writer *message = call->message;
	uint8_t prefix[PREFIX_SIZE] = { 0 };
	size_t used = 0;

	(void)session;
	(void)stream;
	(void)user;
	for (size_t i = 0; i < 4; i++)
		prefix[PREFIX_SIZE - 1 - i] = (uint8_t)(message->size >> (8 * i));
	while (used < capacity && call->sent < PREFIX_SIZE + message->size) {
		out[used++] =
		    call->sent < PREFIX_SIZE ? prefix[call->sent] : message->bytes[call->sent - PREFIX_SIZE];
		call->sent++;
	}
	if (call->sent == PREFIX_SIZE + message->size)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)used;
}

static int make_session(struct grpc *connection)
{
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HEADERS_SIZE_MAX },
	};
	nghttp2_session_callbacks *callbacks = NULL;
	nghttp2_option *option = NULL;
	int error = NGHTTP2_ERR_NOMEM;

	if (nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0) {
		nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
		nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
		nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
		nghttp2_option_set_max_outbound_ack(option, ACKS_MAX);
		error = nghttp2_session_client_new2(&connection->session, callbacks, connection, option);
	}
	nghttp2_option_del(option);
	nghttp2_session_callbacks_del(callbacks);
	if (error == 0)
		error = nghttp2_submit_settings(connection->session, NGHTTP2_FLAG_NONE, settings,
						sizeof(settings) / sizeof(settings[0]));
	if (error == 0)
		error =
		    nghttp2_session_set_local_window_size(connection->session, NGHTTP2_FLAG_NONE, 0, WINDOW);
	return error;
}

struct grpc *grpc_open(int socket_fd, const char *who, struct fail *why)
{
	struct grpc *connection = calloc(1, sizeof(*connection));

	if (connection != NULL) {
		connection->socket_fd = socket_fd;
		connection->who = who;
		if (make_session(connection) == 0)
			return connection;
		grpc_close(connection);
	}
	(void)fail_set(why, FAIL_TOOL, "there is no memory to ask %s", who);
	return NULL;
}

void grpc_close(struct grpc *connection)
{
	if (connection == NULL)
		return;
	nghttp2_session_del(connection->session);
	free(connection);
}

static int late(const struct grpc *connection, struct fail *why)
{
	return fail_set(why, FAIL_DEADLINE,
			"%s did not answer in time; attach by process id instead, as in `debug pid://N`",
			connection->who);
}

static int send_all(struct grpc *connection, int64_t deadline_ms, struct fail *why)
{
	const uint8_t *bytes;
	ssize_t size;

	while ((size = nghttp2_session_mem_send(connection->session, &bytes)) > 0) {
		while (size > 0) {
			ssize_t n;

			if (!clock_wait(connection->socket_fd, POLLOUT, deadline_ms))
				return late(connection, why);
			n = send(connection->socket_fd, bytes, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT);
			if (n < 0 && errno != EAGAIN && errno != EINTR)
				return fail_errno(why, FAIL_TOOL, errno, "cannot send a request to %s",
						  connection->who);
			if (n > 0) {
				bytes += n;
				size -= n;
			}
		}
	}
	if (size < 0)
		return fail_set(why, FAIL_TOOL, "the connection to %s broke: %s", connection->who,
				nghttp2_strerror((int)size));
	return 0;
}

static int receive_some(struct grpc *connection, int64_t deadline_ms, struct fail *why)
{
	uint8_t bytes[CHUNK];
	ssize_t taken;
	ssize_t n;

	if (!clock_wait(connection->socket_fd, POLLIN, deadline_ms))
		return late(connection, why);
	n = recv(connection->socket_fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0)
		return fail_errno(why, FAIL_TOOL, errno, "the connection to %s broke", connection->who);
	if (n == 0)
		return fail_set(why, FAIL_TOOL, "%s closed the connection before it answered",
				connection->who);
	taken = nghttp2_session_mem_recv(connection->session, bytes, (size_t)n);
	if (taken == n)
		return 0;
	if (connection->call->trouble != NULL)
		return fail_set(why, FAIL_TOOL, "the answer of %s cannot be used: %s", connection->who,
				connection->call->trouble);
	return fail_set(why, FAIL_TOOL, "%s did not answer in HTTP/2: %s", connection->who,
			nghttp2_strerror((int)taken));
}

static nghttp2_nv make_header(const char *name, const char *value)
{
	/* libnghttp2 copies them and takes no constants. */
	return (nghttp2_nv){ .name = (uint8_t *)(uintptr_t)name,
			     .value = (uint8_t *)(uintptr_t)value,
			     .namelen = strlen(name),
			     .valuelen = strlen(value),
			     .flags = NGHTTP2_NV_FLAG_NONE };
}

static int submit(struct grpc *connection, const struct grpc_request *request, struct call *call,
		  int64_t deadline_ms)
{
	const nghttp2_data_provider body = { .source.ptr = call, .read_callback = read_body };
	nghttp2_nv headers[STANDARD_HEADERS + GRPC_METADATA_MAX];
	size_t count = 0;
	char timeout[16];

	if (request->message->is_full || request->metadata_count > GRPC_METADATA_MAX)
		return NGHTTP2_ERR_INVALID_ARGUMENT;
	(void)snprintf(timeout, sizeof(timeout), "%dm", clock_left_ms(deadline_ms) % 100000000);
	headers[count++] = make_header(":method", "POST");
	headers[count++] = make_header(":scheme", "http");
	headers[count++] = make_header(":path", request->path);
	headers[count++] = make_header(":authority", "localhost");
	headers[count++] = make_header("content-type", "application/grpc");
	headers[count++] = make_header("te", "trailers");
	headers[count++] = make_header("grpc-timeout", timeout);
	for (size_t i = 0; i < request->metadata_count; i++)
		headers[count++] = make_header(request->metadata[i].name, request->metadata[i].value);
	return nghttp2_submit_request(connection->session, NULL, headers, count, &body, NULL);
}

static int exchange(struct grpc *connection, const struct grpc_request *request, struct call *call,
		    int64_t deadline_ms, struct fail *why)
{
	call->stream = submit(connection, request, call, deadline_ms);
	if (call->stream < 0)
		return fail_set(why, FAIL_TOOL, "cannot put the question to %s: %s", connection->who,
				nghttp2_strerror(call->stream));
	while (!call->is_closed) {
		if (send_all(connection, deadline_ms, why) < 0)
			return -1;
		if (call->is_closed)
			break;
		/* It broke the rules: libnghttp2 has told it so, and reads nothing more. */
		if (nghttp2_session_want_read(connection->session) == 0)
			return fail_set(why, FAIL_TOOL, "%s did not answer in HTTP/2", connection->who);
		if (receive_some(connection, deadline_ms, why) < 0)
			return -1;
	}
	if (call->trouble != NULL)
		return fail_set(why, FAIL_TOOL, "the answer of %s cannot be used: %s", connection->who,
				call->trouble);
	if (strcmp(call->http_status, "200") != 0 || !call->is_grpc || !call->has_status)
		return fail_set(why, FAIL_TOOL,
				"%s did not answer in gRPC; is something else listening there?",
				connection->who);
	return 0;
}

int grpc_call(struct grpc *connection, const struct grpc_request *request, int64_t deadline_ms,
	      struct grpc_answer *answer, struct fail *why)
{
	struct call call = { .message = request->message, .answer = answer, .most = request->answer_max };
	int failed;

	*answer = (struct grpc_answer){ 0 };
	if (connection->is_broken)
		return fail_set(why, FAIL_TOOL, "the connection to %s broke", connection->who);
	connection->call = &call;
	failed = exchange(connection, request, &call, deadline_ms, why);
	connection->call = NULL;
	if (failed < 0) {
		connection->is_broken = true;
		free(answer->bytes);
		*answer = (struct grpc_answer){ 0 };
	}
	return failed;
}

int grpc_next_message(const struct grpc_answer *answer, size_t *offset, struct protobuf_bytes *message)
{
	const char *at = answer->bytes + *offset;
	size_t left = answer->size - *offset;
	size_t size = 0;

	*message = (struct protobuf_bytes){ 0 };
	if (left == 0)
		return 0;
	/* Nothing was said of compressions that we take, so none may be used. */
	if (left < PREFIX_SIZE || at[0] != 0)
		return -1;
	for (size_t i = 1; i < PREFIX_SIZE; i++)
		size = size << 8 | (uint8_t)at[i];
	if (size > left - PREFIX_SIZE)
		return -1;
	*message = (struct protobuf_bytes){ at + PREFIX_SIZE, size };
	*offset += PREFIX_SIZE + size;
	return 1;
}
