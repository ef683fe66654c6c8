/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the API server says of pods: names, the node, and each container's state. */
#ifndef DEBUG_KUBE_POD_H
#define DEBUG_KUBE_POD_H

#include "fail.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kube_state {
	KUBE_STATE_UNKNOWN, /* the kubelet has not said anything yet */
	KUBE_STATE_WAITING,
	KUBE_STATE_RUNNING,
	KUBE_STATE_ENDED,
};

enum kube_kind {
	KUBE_CONTAINER,
	KUBE_INIT,
	KUBE_SIDECAR, /* an init container that is restarted: it runs beside the others */
	KUBE_EPHEMERAL,
};

struct kube_container {
	char name[64];
	char id[160];	 /* RUNTIME://ID, of the last one that was started; or "" */
	char reason[64]; /* why it does not run, encoded for print; or "" */
	uint8_t state;	 /* enum kube_state */
	uint8_t kind;	 /* enum kube_kind */
};

struct kube_pod {
	char name[254], ns[64], node[254]; /* the node is "" before it is scheduled */
	char phase[16];
	char reason[200]; /* of its own or of its first container that waits, encoded for print; or "" */
	char default_container[64]; /* kubectl.kubernetes.io/default-container, or "" */
	char expires[24];	    /* of a helper pod: when, in seconds since 1970; or "" */
	bool is_ready, is_deleted;
	struct kube_container *containers; /* owned; in the order of the spec, init containers last */
	size_t container_count;
};

struct kube_pods {
	struct kube_pod *all; /* owned */
	size_t count;
};

/* From the answer of `kubectl get -o json`: one pod, or a list.  -1 with *why set if it can be neither. */
int kube_pods_read(struct kube_pods *pods, const char *json, size_t size, struct fail *why)
    __attribute__((nonnull, warn_unused_result));
void kube_pods_free(struct kube_pods *pods) __attribute__((nonnull));

/* The one that is named; without a name the default, as kubectl has it.  NULL with *why set. */
const struct kube_container *kube_pod_choose(const struct kube_pod *pod, const char *name, struct fail *why)
    __attribute__((nonnull(1, 3), warn_unused_result));

enum { KUBE_TARGET_MAX = 400 };

/* What `debug` on the node is to be asked for.  -1 with *why set if there is nothing that it could show. */
int kube_pod_target(char target[KUBE_TARGET_MAX], const struct kube_pod *pod,
		    const struct kube_container *container, bool is_wait, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* NAMESPACE/POD/CONTAINER */
const char *kube_pod_label(char label[KUBE_TARGET_MAX], const struct kube_pod *pod,
			   const struct kube_container *container) __attribute__((nonnull, returns_nonnull));

#endif
