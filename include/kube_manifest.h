/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of the API server to make, as JSON. */
#ifndef DEBUG_KUBE_MANIFEST_H
#define DEBUG_KUBE_MANIFEST_H

#include "kube_request.h"

#include <stdint.h>

/* Labels by which they are found again. */
#define KUBE_LABEL_RESIDENT "app.kubernetes.io/name=debug-sidecar,app.kubernetes.io/component=resident"
#define KUBE_LABEL_SESSION "app.kubernetes.io/name=debug-sidecar,app.kubernetes.io/component=session"

/* All return a text that the caller frees, or NULL without memory. */

/* A pod for each node, of the session `id`; they end at `expires`, in seconds since 1970. */
char *kube_manifest_pods(const struct kube_request *request, const char *ns, const char *id,
			 const char *const nodes[], size_t node_count, int64_t expires)
    __attribute__((nonnull, warn_unused_result));

/* The namespace, and a pod on every node of it. */
char *kube_manifest_resident(const struct kube_request *request, const char *ns)
    __attribute__((nonnull, warn_unused_result));

/* The roles that a user needs: for the target's namespace, for a resident helper, for one of his own. */
char *kube_manifest_roles(const struct kube_request *request, const char *ns)
    __attribute__((nonnull, warn_unused_result));

/* The name of the session's pod for the node with this number. */
void kube_manifest_pod_name(char *out, size_t capacity, const char *id, size_t number)
    __attribute__((nonnull));

#endif
