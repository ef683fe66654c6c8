/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Docker Engine API, as far as naming a container needs it.  Runs in the resolver process. */
#ifndef DEBUG_DOCKER_H
#define DEBUG_DOCKER_H

#include "fail.h"
#include "target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether `name` could be a container's name, id or id prefix; anything else is never sent. */
bool docker_is_name(const char *name) __attribute__((nonnull, warn_unused_result));

/* GET /containers/NAME/json on the connected socket.  Returns 0 with *seen filled, 1 if no single
 * container has that name (ask docker_explain_missing), -1 with *why set. */
int docker_inspect(struct sighting *seen, int socket_fd, const char *name, int64_t deadline_ms,
		   struct fail *why) __attribute__((nonnull, warn_unused_result));

/* Asks for the list of containers and says in *why which ones the name may have meant.  Always
 * returns -1. */
int docker_explain_missing(int socket_fd, const char *name, int64_t deadline_ms, struct fail *why)
    __attribute__((nonnull));

/* The two above on an answer's body; split out for tests. */
int docker_parse_inspect(struct sighting *seen, const char *body, size_t size, const char *name,
			 struct fail *why) __attribute__((nonnull, warn_unused_result));
int docker_parse_list(const char *body, size_t size, const char *name, struct fail *why)
    __attribute__((nonnull));

#endif
