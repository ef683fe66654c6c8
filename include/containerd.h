/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gRPC API of containerd, as far as finding a container or an image needs it.  Runs in the resolver
 * process, on a fresh connection to one of containerd_sockets for each question.
 *
 * `scope` is a namespace of containerd; with "" all are asked but Docker's, whose names Docker knows.
 * All return 0 with *seen filled, 1 if there is nothing of that name, -1 with *why set. */
#ifndef DEBUG_CONTAINERD_H
#define DEBUG_CONTAINERD_H

#include "fail.h"
#include "sighting.h"

#include <stdbool.h>
#include <stdint.h>

/* The namespace of Docker's containers. */
#define CONTAINERD_SCOPE_DOCKER "moby"

/* Where a containerd may listen: its own place, then Docker's, K3s', K0s' and MicroK8s'; ends with NULL. */
extern const char *const containerd_sockets[];

/* Whether `name` could be a container's name or id, or be POD/CONTAINER or NAMESPACE/POD/CONTAINER;
 * whether `reference` could be an image's, whether `scope` could be a namespace's or is "".  Anything else
 * is never sent. */
bool containerd_is_name(const char *name) __attribute__((nonnull, warn_unused_result));
bool containerd_is_reference(const char *reference) __attribute__((nonnull, warn_unused_result));
bool containerd_is_scope(const char *scope) __attribute__((nonnull, warn_unused_result));

/* A container: its id, a unique beginning of that, its name for nerdctl, or for Kubernetes.  Of several that
 * Kubernetes made for one name it is the newest.  If it does not run, its layers come along. */
int containerd_find_container(struct sighting *seen, int socket_fd, const char *scope, const char *name,
			      int64_t deadline_ms, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* An image: as it is named in containerd, or as Docker abbreviates that.  seen->id is the digest of what the
 * name stands for, without `sha256:`.
 *
 * Its layers are learnt from a container that uses them.  If none does, from a view made for that purpose,
 * which is removed again before this returns; should we not get that far, containerd removes it an hour later
 * at the latest, since a lease holds it.  The layers themselves are kept by the image, and by nothing of
 * ours: who removes the image takes them from a session, as with every other engine. */
int containerd_find_image(struct sighting *seen, int socket_fd, const char *scope, const char *reference,
			  int64_t deadline_ms, struct fail *why) __attribute__((nonnull, warn_unused_result));

/* Adds to *seen, which is about a container that does not run, the layers of one snapshot.  Docker's are
 * found so if containerd keeps its images: then `snapshotter` is the name of its storage driver, and `key`
 * the id of the container. */
int containerd_find_layers(struct sighting *seen, int socket_fd, const char *scope, const char *snapshotter,
			   const char *key, int64_t deadline_ms, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

#endif
