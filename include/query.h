/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a target's name asks for: `web`, `docker://web`, `containerd://default/web`, `pod://ns/pod/app`. */
#ifndef DEBUG_QUERY_H
#define DEBUG_QUERY_H

#include "fail.h"
#include "sighting.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct query {
	uint32_t runtimes; /* where to look, one bit for each enum target_runtime */
	bool is_image;	   /* image://REF: no container is meant */
	bool is_pod;	   /* pod://NAMESPACE/POD[/CONTAINER] */
	bool is_listing;   /* everything is wanted, `name` is empty */
	char scope[96];	   /* containerd's namespace, or "" for any */
	char name[256];
};

/* From a target's name and --runtime, which may be NULL.  -1 with *why set if it can be no name. */
int query_parse(struct query *query, const char *target, const char *runtime, struct fail *why)
    __attribute__((nonnull(1, 2, 4), warn_unused_result));

/* For a listing: all runtimes, or the one. */
int query_all(struct query *query, const char *runtime, struct fail *why)
    __attribute__((nonnull(1, 3), warn_unused_result));

bool query_wants(const struct query *query, enum target_runtime runtime) __attribute__((nonnull));

/* How well a container fits: exactly by name or id; by a part that people use for it (the beginning of its
 * id, or of NAMESPACE/POD/CONTAINER the pod, the container, or both); not at all. */
enum query_fit { QUERY_EXACT, QUERY_PARTIAL, QUERY_OTHER };

enum query_fit query_fit(const struct query *query, const struct sighting *seen)
    __attribute__((nonnull, warn_unused_result));

/* `*length` bytes that occur in whatever an engine keeps about a container of that name; none in a listing.
 */
const char *query_needle(const struct query *query, size_t *length) __attribute__((nonnull, returns_nonnull));

/* Whether the id could be meant: it is the name, or begins with it. */
bool query_may_mean_id(const struct query *query, const char *id) __attribute__((nonnull));

/* SCHEME://... which names this container and no other; always terminated. */
void query_write_reference(char *out, size_t capacity, const struct sighting *seen) __attribute__((nonnull));

#endif
