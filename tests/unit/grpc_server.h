/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A gRPC server of tables: a child process that answers each request with the row that fits it.  What the
 * client may do to it is libnghttp2's to check, as it is in no way ours. */
#ifndef DEBUG_GRPC_SERVER_H
#define DEBUG_GRPC_SERVER_H

#include "unit.h"

#include "protobuf.h"

#include <nghttp2/nghttp2.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* Sizes are those of the bytes; a literal's own NUL does not count. */
struct grpc_row {
	const char *method; /* after /containerd.services. */
	const char *scope;  /* containerd-namespace; "" for none */
	const char *request;
	size_t request_size; /* SIZE_MAX: any request fits */
	int status;
	const char *answer; /* messages with their prefixes */
	size_t answer_size;
};

enum { GRPC_SERVER_CALLS_MAX = 32, GRPC_SERVER_METHOD_MAX = 128 };

struct grpc_server {
	int client_fd; /* the caller's end */
	pid_t child;
	int calls_fd; /* the names of the methods that were called, one a line */
};

struct grpc_server_call {
	char path[GRPC_SERVER_METHOD_MAX];
	char scope[GRPC_SERVER_METHOD_MAX];
	char body[8192];
	size_t body_size;
	const struct grpc_row *row;
	size_t sent;
};

struct grpc_server_state {
	const struct grpc_row *rows;
	size_t count;
	int calls_fd;
	struct grpc_server_call calls[GRPC_SERVER_CALLS_MAX]; /* by stream */
};

static inline struct grpc_server_call *grpc_server_call_of(struct grpc_server_state *state, int32_t stream)
{
	if (stream <= 0 || stream / 2 >= GRPC_SERVER_CALLS_MAX)
		_exit(10);
	return &state->calls[stream / 2];
}

static inline int grpc_server_on_header(nghttp2_session *session, const nghttp2_frame *frame,
					const uint8_t *name, size_t name_size, const uint8_t *value,
					size_t value_size, uint8_t flags, void *user)
{
	struct grpc_server_call *call = grpc_server_call_of(user, frame->hd.stream_id);

	(void)session;
	(void)flags;
	if (value_size >= sizeof(call->path))
		_exit(11);
	if (name_size == 5 && memcmp(name, ":path", 5) == 0)
		memcpy(call->path, value, value_size + 1);
	if (name_size == 20 && memcmp(name, "containerd-namespace", 20) == 0)
		memcpy(call->scope, value, value_size + 1);
	return 0;
}

static inline int grpc_server_on_data(nghttp2_session *session, uint8_t flags, int32_t stream,
				      const uint8_t *bytes, size_t size, void *user)
{
	struct grpc_server_call *call = grpc_server_call_of(user, stream);

	(void)session;
	(void)flags;
	if (size > sizeof(call->body) - call->body_size)
		_exit(12);
	memcpy(call->body + call->body_size, bytes, size);
	call->body_size += size;
	return 0;
}

static inline nghttp2_nv grpc_server_header(const char *name, const char *value)
{
	return (nghttp2_nv){ .name = (uint8_t *)(uintptr_t)name,
			     .value = (uint8_t *)(uintptr_t)value,
			     .namelen = strlen(name),
			     .valuelen = strlen(value) };
}

static inline ssize_t grpc_server_read(nghttp2_session *session, int32_t stream, uint8_t *out,
				       size_t capacity, uint32_t *flags, nghttp2_data_source *source,
				       void *user)
{
	struct grpc_server_call *call = source->ptr;
	size_t size = call->row->answer_size - call->sent;
	char status[16];
	nghttp2_nv trailers[2];

	(void)user;
	size = size < capacity ? size : capacity;
	if (size > 0)
		memcpy(out, call->row->answer + call->sent, size);
	call->sent += size;
	if (call->sent == call->row->answer_size) {
		*flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
		(void)snprintf(status, sizeof(status), "%d", call->row->status);
		trailers[0] = grpc_server_header("grpc-status", status);
		trailers[1] = grpc_server_header("grpc-message", "said%20the server%0a");
		if (nghttp2_submit_trailer(session, stream, trailers, 2) != 0)
			_exit(13);
	}
	return (ssize_t)size;
}

static inline const struct grpc_row *grpc_server_find(const struct grpc_server_state *state,
						      const struct grpc_server_call *call)
{
	static const struct grpc_row unimplemented = { .status = 12 };
	const char *method = call->path + strlen("/containerd.services.");

	for (size_t i = 0; i < state->count; i++) {
		const struct grpc_row *row = &state->rows[i];

		if (strcmp(row->method, method) == 0 && strcmp(row->scope, call->scope) == 0 &&
		    (row->request_size == SIZE_MAX ||
		     (row->request_size == call->body_size - 5 &&
		      memcmp(row->request, call->body + 5, row->request_size) == 0)))
			return row;
	}
	return &unimplemented;
}

static inline int grpc_server_on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct grpc_server_state *state = user;
	struct grpc_server_call *call;
	nghttp2_nv headers[2] = { grpc_server_header(":status", "200"),
				  grpc_server_header("content-type", "application/grpc") };
	nghttp2_data_provider provider = { .read_callback = grpc_server_read };

	if (frame->hd.type != NGHTTP2_DATA || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
		return 0;
	call = grpc_server_call_of(state, frame->hd.stream_id);
	if (call->body_size < 5 || strncmp(call->path, "/containerd.services.", 21) != 0)
		_exit(14);
	(void)dprintf(state->calls_fd, "%s\n", call->path + 21);
	call->row = grpc_server_find(state, call);
	provider.source.ptr = call;
	return nghttp2_submit_response(session, frame->hd.stream_id, headers, 2, &provider);
}

__attribute__((noreturn)) static inline void grpc_server_serve(struct grpc_server_state *state, int fd)
{
	nghttp2_session_callbacks *callbacks;
	nghttp2_session *session;
	uint8_t bytes[4096];
	ssize_t n;

	if (nghttp2_session_callbacks_new(&callbacks) != 0)
		_exit(15);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, grpc_server_on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, grpc_server_on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, grpc_server_on_frame);
	if (nghttp2_session_server_new(&session, callbacks, state) != 0 ||
	    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, NULL, 0) != 0)
		_exit(15);
	while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0) {
		const uint8_t *out;
		ssize_t size;

		if (nghttp2_session_mem_recv(session, bytes, (size_t)n) != n)
			_exit(16);
		while ((size = nghttp2_session_mem_send(session, &out)) > 0)
			if (send(fd, out, (size_t)size, MSG_NOSIGNAL) != size)
				_exit(0);
	}
	_exit(0);
}

static inline struct grpc_server grpc_server_start(const struct grpc_row *rows, size_t count)
{
	struct grpc_server server;
	int pair[2];
	int calls[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(pipe(calls), 0);
	server.child = fork();
	assert_true(server.child >= 0);
	if (server.child == 0) {
		struct grpc_server_state *state = calloc(1, sizeof(*state));

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)close(pair[0]);
		(void)close(calls[0]);
		if (state == NULL)
			_exit(15);
		state->rows = rows;
		state->count = count;
		state->calls_fd = calls[1];
		grpc_server_serve(state, pair[1]);
	}
	(void)close(pair[1]);
	(void)close(calls[1]);
	server.client_fd = pair[0];
	server.calls_fd = calls[0];
	return server;
}

/* Ends it and returns the methods that were called, one a line.  Valid until the next one. */
static inline const char *grpc_server_stop(struct grpc_server *server)
{
	static char calls[4096];
	size_t used = 0;
	ssize_t n;

	(void)close(server->client_fd);
	while ((n = read(server->calls_fd, calls + used, sizeof(calls) - 1 - used)) > 0)
		used += (size_t)n;
	calls[used] = '\0';
	(void)close(server->calls_fd);
	assert_int_equal(unit_wait(server->child), 0);
	return calls;
}

#endif
