/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The helper pods of a session: one on each node that it needs, resident ones or its own. */
#ifndef DEBUG_KUBE_HELPER_H
#define DEBUG_KUBE_HELPER_H

#include "fail.h"
#include "kube_pod.h"
#include "kube_request.h"
#include "kubectl.h"

#include <stdbool.h>
#include <stddef.h>

struct kube_helper {
	char node[254];
	char ns[64], pod[254]; /* or "": there is none */
	bool is_own, is_ready;
};

struct kube_helpers {
	struct kube_helper *all; /* owned */
	size_t count;
	char id[16];	 /* of the session, in the names of pods of its own */
	char ns[64];	 /* where these were made, or "" */
	struct fail why; /* why some have none, if so */
};

/* `helpers->all[i].node` says where; finds or makes the pods and waits until they run.  -1 with *why set if
 * there is none at all.  In any case kube_helpers_end is to be called. */
int kube_helpers_get(struct kube_helpers *helpers, struct kubectl *kubectl,
		     const struct kube_request *request, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Removes those that were made; a pod that could not be is told of. */
void kube_helpers_end(struct kube_helpers *helpers, struct kubectl *kubectl) __attribute__((nonnull));

/* The pods with these labels and fields.  -1 with *why set; else the caller frees them. */
int kube_helper_list(struct kube_pods *pods, struct kubectl *kubectl, const char *ns, const char *labels,
		     const char *fields, struct fail *why) __attribute__((nonnull, warn_unused_result));

/* `install`, `uninstall` and `gc`.  0, or -1 with *why set. */
int kube_helper_install(struct kubectl *kubectl, const struct kube_request *request, struct fail *why)
    __attribute__((nonnull, warn_unused_result));
int kube_helper_uninstall(struct kubectl *kubectl, const struct kube_request *request, struct fail *why)
    __attribute__((nonnull, warn_unused_result));
int kube_helper_gc(struct kubectl *kubectl, const struct kube_request *request, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Where helper pods of a session's own are tried to be made, in this order; NULL behind the last.
 * Not the target's namespace: whoever may exec into pods there would be root on the node through ours. */
const char *const *kube_helper_namespaces(const struct kube_request *request, const char *few[3])
    __attribute__((nonnull, returns_nonnull));

#endif
