/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plugin's own options: a table that parses and is printed as help. */
#ifndef DEBUG_KUBE_OPTIONS_H
#define DEBUG_KUBE_OPTIONS_H

#include "kube_request.h"

#include <stdbool.h>
#include <stddef.h>

enum kube_option_kind {
	OWN_CONTAINER,
	OWN_NAMESPACE,
	OWN_SELECTOR,
	OWN_ALL_NAMESPACES,
	OWN_ALL,
	OWN_PRINT,
	OWN_PRINT_RBAC,
	OWN_GROUP,
	OWN_JSON,
	OWN_PARALLEL,
	OWN_TTL,
	OWN_HELPER_NAMESPACE,
	OWN_IMAGE,
	OWN_PULL_SECRET,
	OWN_POLICY_USER,
	OWN_COMMAND,
	OWN_KUBECTL,
};

struct kube_option {
	char letter;
	const char *name;
	const char *argument; /* or NULL */
	const char *help;     /* or NULL */
	enum kube_option_kind kind;
};

extern const struct kube_option kube_options[];
extern const size_t kube_option_count;

int kube_option_set(struct kube_request *request, const struct kube_option *option, const char *value,
		    struct fail *why) __attribute__((nonnull(1, 2, 4), warn_unused_result));

/* The name of a pod and the like, or -1 with *why set. */
int kube_option_name(const char **to, const char *value, bool is_label, const char *what, struct fail *why)
    __attribute__((nonnull, warn_unused_result));
int kube_option_image(struct kube_request *request, const char *value, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* BEFORE + VALUE as a word of debug's on the node. */
int kube_option_add(struct kube_request *request, const char *before, const char *value, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* The request frees it; NULL stays NULL. */
char *kube_option_own(struct kube_request *request, char *text) __attribute__((nonnull(1)));

#endif
