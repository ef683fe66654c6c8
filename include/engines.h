/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections to the engines that can be asked. */
#ifndef DEBUG_ENGINES_H
#define DEBUG_ENGINES_H

#include "inquiry.h"
#include "query.h"

#include <stdbool.h>
#include <stddef.h>

struct engines {
	struct engine all[ENGINES_MAX]; /* descriptors owned */
	size_t count;
	bool is_silent; /* one does not even take a connection */
};

/* Adds Docker's sockets, if the query wants Docker: `docker_socket`, or if that is NULL the system's and
 * those of users.  Who listens there must be who may: root at the system's, the user at theirs.  Never waits.
 */
void engines_connect_docker(struct engines *engines, const struct query *query, const char *docker_socket)
    __attribute__((nonnull(1, 2)));

/* The same with containerd's, all of which are root's. */
void engines_connect_containerd(struct engines *engines) __attribute__((nonnull));

void engines_close(struct engines *engines) __attribute__((nonnull));

#endif
