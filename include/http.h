/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One HTTP/1.0 GET over a connected stream socket: enough to ask a container engine, no more. */
#ifndef DEBUG_HTTP_H
#define DEBUG_HTTP_H

#include "fail.h"

#include <stddef.h>
#include <stdint.h>

struct http_answer {
	int status;
	char *body; /* points into `bytes` */
	size_t body_size;
	char *bytes; /* owned; free(3) */
};

/* Sends GET `path` and reads the answer to its end, at most `most` bytes of it, before the
 * deadline.  `who` names the other side in *why.  Redirects, chunks and upgrades are refused. */
int http_get(struct http_answer *answer, int socket_fd, const char *who, const char *path, size_t most,
	     int64_t deadline_ms, struct fail *why) __attribute__((nonnull, warn_unused_result));

/* Splits head from body in answer->bytes[0 .. size); false if it is not one whole, consistent
 * HTTP/1.x answer.  Split out for tests. */
int http_parse(struct http_answer *answer, size_t size) __attribute__((nonnull, warn_unused_result));

#endif
