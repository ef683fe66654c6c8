/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gRPC calls, one after another, on a connected stream socket.  Runs in the resolver process. */
#ifndef DEBUG_GRPC_H
#define DEBUG_GRPC_H

#include "fail.h"
#include "protobuf.h"

#include <stddef.h>
#include <stdint.h>

/* The statuses of gRPC that mean something here; there are 17. */
enum grpc_status {
	GRPC_OK = 0,
	GRPC_NOT_FOUND = 5,
	GRPC_ALREADY_EXISTS = 6,
	GRPC_FAILED_PRECONDITION = 9,
	GRPC_UNIMPLEMENTED = 12,
	GRPC_STATUS_MAX = 16,
};

enum { GRPC_METADATA_MAX = 4 };

/* A header of the request.  Names are lower case; a value holds visible ASCII only. */
struct grpc_metadata {
	const char *name;
	const char *value;
};

struct grpc_request {
	const char *path; /* /package.Service/Method */
	struct grpc_metadata metadata[GRPC_METADATA_MAX];
	size_t metadata_count;
	const struct protobuf_writer *message;
	size_t answer_max; /* more bytes than that in answer to it are an error */
};

/* What came back; `bytes` is freed by the caller. */
struct grpc_answer {
	int status;	/* enum grpc_status, of the service */
	char text[256]; /* what it says about that, encoded for print */
	char *bytes;	/* owned; messages with their prefixes: see grpc_next_message */
	size_t size;
};

struct grpc;

/* Begins HTTP/2 on the socket, which stays the caller's and must be fresh; `who` is for messages.  NULL with
 * *why set, else the caller frees with grpc_close. */
struct grpc *grpc_open(int socket_fd, const char *who, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Makes one call and waits for all of its answer.  Returns 0 if the service answered, be it with an error;
 * -1 with *why set if not, and then the connection is of no further use. */
int grpc_call(struct grpc *connection, const struct grpc_request *request, int64_t deadline_ms,
	      struct grpc_answer *answer, struct fail *why) __attribute__((nonnull, warn_unused_result));

/* Takes the next message off an answer, *offset saying how far that got.  Returns 1, or 0 at the end, or -1
 * if what is left is none. */
int grpc_next_message(const struct grpc_answer *answer, size_t *offset, struct protobuf_bytes *message)
    __attribute__((nonnull, warn_unused_result));

void grpc_close(struct grpc *connection);

#endif
