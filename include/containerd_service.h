/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of containerd's client share: one question to one of its services, and snapshots. */
#ifndef DEBUG_CONTAINERD_SERVICE_H
#define DEBUG_CONTAINERD_SERVICE_H

#include "fail.h"
#include "grpc.h"
#include "protobuf.h"
#include "sighting.h"

#include <stddef.h>
#include <stdint.h>

enum {
	CONTAINERD_SCOPE_MAX = 96, /* as sighting.scope */
	CONTAINERD_ID_MAX = 128,   /* as sighting.id */
	CONTAINERD_KEY_MAX = 256,  /* of snapshots; chain identifiers are shorter */
	CONTAINERD_ANSWER_MAX = 16 << 20,
	CONTAINERD_SCOPES_MAX = 64,
};

/* A connection to one containerd. */
struct containerd {
	struct grpc *connection; /* owned */
	int64_t deadline_ms;
	const char *lease; /* that what is made now belongs to, or NULL */
	char scope[CONTAINERD_SCOPE_MAX];
};

int containerd_open(struct containerd *daemon, int socket_fd, int64_t deadline_ms, struct fail *why)
    __attribute__((nonnull, warn_unused_result));
void containerd_close(struct containerd *daemon) __attribute__((nonnull));

/* Calls /containerd.services.METHOD.  Returns 0 with *answer, whose bytes the caller frees; 1 if there is no
 * such thing; -1 with *why set. */
int containerd_ask(struct containerd *daemon, const char *method, const struct protobuf_writer *message,
		   struct grpc_answer *answer, struct fail *why) __attribute__((nonnull, warn_unused_result));

/* The only message of an answer; -1 with *why set if it is not one. */
int containerd_get_message(const struct grpc_answer *answer, struct protobuf_bytes *message, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* "The answer of containerd about WHAT cannot be used"; returns -1. */
int containerd_refuse(struct fail *why, const char *what) __attribute__((nonnull));

/* The namespaces to look in: daemon's own if it has one.  Returns how many, or -1 with *why set. */
int containerd_list_scopes(struct containerd *daemon,
			   char scopes[CONTAINERD_SCOPES_MAX][CONTAINERD_SCOPE_MAX], struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* A text field.  False if it is there and no string that fits. */
bool containerd_get_text(struct protobuf_bytes message, uint32_t number, char *out, size_t capacity)
    __attribute__((nonnull, warn_unused_result));

/* The layers of a container's snapshot, uppermost first, into *seen.  0, 1 if there is no such snapshot, or
 * -1 with *why set. */
int containerd_read_snapshot(struct containerd *daemon, struct sighting *seen, const char *snapshotter,
			     const char *key, struct fail *why) __attribute__((nonnull, warn_unused_result));

/* The layers of an image, given the chain identifier and number of them.  As above; 1 if that snapshotter
 * does not have them. */
int containerd_read_chain(struct containerd *daemon, struct sighting *seen, const char *snapshotter,
			  const char *chain, size_t count, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

#endif
