/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which Docker the caller's docker(1) would ask: by DOCKER_HOST, DOCKER_CONTEXT, or the context that is in
 * use. */
#ifndef DEBUG_DOCKER_CONTEXT_H
#define DEBUG_DOCKER_CONTEXT_H

#include "fail.h"
#include "request.h"

/* As long as a Unix socket's path can be (unix(7)), and its end. */
enum { DOCKER_SOCKET_MAX = 108 };

enum docker_context {
	DOCKER_CONTEXT_USUAL,	/* nothing else is named */
	DOCKER_CONTEXT_SOCKET,	/* the path was stored */
	DOCKER_CONTEXT_WARNING, /* what the caller wrote is damaged, and docker would go on without; *why says
				   so */
	DOCKER_CONTEXT_REMOTE,	/* it cannot be asked from here; *why says why */
};

/* `name` is the container, for advice what to run elsewhere. */
enum docker_context docker_context_find(char socket[DOCKER_SOCKET_MAX], const char *name, struct fail *why)
    __attribute__((nonnull));

/* Lets `request` ask there, with `socket` as the room for the path.  -1 with *why set if Docker was asked for
 * and is not here; if it was not, that does not matter. */
int docker_context_apply(struct request *request, char socket[DOCKER_SOCKET_MAX], struct fail *why)
    __attribute__((nonnull, warn_unused_result));

#endif
