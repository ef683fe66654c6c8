/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence (evidence.h) understood: bytes → struct sighting.  Runs in the resolver process. */
#ifndef DEBUG_CLAIMS_H
#define DEBUG_CLAIMS_H

#include "evidence.h"
#include "query.h"
#include "sighting.h"

/* Told of each container or image that fits; `seen` is lent for the call. */
struct claims {
	const struct query *query;
	void (*see)(void *context, const struct sighting *seen);
	void *context;
	struct sighting
	    *scratch; /* room for one; its `configured` and `layers` are sent only if sizes say so */
};

/* Reports every container in the evidence that fits the query.  Damaged pieces are left out. */
void claims_make(struct claims *claims, const struct evidence_list *list) __attribute__((nonnull));

/* One piece each; for claims_make. */
void claims_of_bundle(struct claims *claims, const struct evidence *piece) __attribute__((nonnull));
void claims_of_docker(struct claims *claims, const struct evidence *piece) __attribute__((nonnull));
void claims_of_storage(struct claims *claims, const struct evidence_list *list, const struct evidence *piece)
    __attribute__((nonnull));
void claims_of_conmon(struct claims *claims, const struct evidence_list *list, const struct evidence *piece)
    __attribute__((nonnull));
void claims_of_images(struct claims *claims, const struct evidence *piece) __attribute__((nonnull));
void claims_of_image_config(struct claims *claims, const struct evidence *piece) __attribute__((nonnull));

/* Reports a sighting of each of Docker's bundles whose only layer is the directory where Docker keeps its
 * containers: "/var/lib/docker/containers". */
void claims_of_docker_bundle(struct claims *claims, const struct evidence *piece) __attribute__((nonnull));

/* *claims->scratch, emptied and filled with what the place of the piece says. */
struct sighting *claims_begin(struct claims *claims, const struct evidence *piece)
    __attribute__((nonnull, returns_nonnull));

/* Reports *claims->scratch if it fits. */
void claims_report(struct claims *claims) __attribute__((nonnull));

#endif
