/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Docker Engine API, as far as naming a container needs it.  Runs in the resolver process. */
#ifndef DEBUG_DOCKER_H
#define DEBUG_DOCKER_H

#include "fail.h"
#include "sighting.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether `name` could be a container's name, id or id prefix; anything else is never sent. */
bool docker_is_name(const char *name) __attribute__((nonnull, warn_unused_result));

/* GET /containers/NAME/json on the connected socket.  Returns 0 with *seen filled, 1 if no single
 * container has that name (or several, if it is the beginning of an id), -1 with *why set. */
int docker_inspect(struct sighting *seen, int socket_fd, const char *name, int64_t deadline_ms,
		   struct fail *why) __attribute__((nonnull, warn_unused_result));

/* The same for an image's name (REPOSITORY[:TAG|@DIGEST], or an id), and GET /images/NAME/json. */
bool docker_is_image_name(const char *name) __attribute__((nonnull, warn_unused_result));
int docker_inspect_image(struct sighting *seen, int socket_fd, const char *name, int64_t deadline_ms,
			 struct fail *why) __attribute__((nonnull, warn_unused_result));

/* The same on an answer's body; split out for tests. */
int docker_parse_inspect(struct sighting *seen, const char *body, size_t size, const char *name,
			 struct fail *why) __attribute__((nonnull, warn_unused_result));
int docker_parse_image(struct sighting *seen, const char *body, size_t size, const char *name,
		       struct fail *why) __attribute__((nonnull, warn_unused_result));

#endif
