/* SPDX-License-Identifier: GPL-2.0-or-later */
/* argv of `kubectl sidecar`, or of `debug pod://...` → what is wanted of a cluster. */
#ifndef DEBUG_KUBE_REQUEST_H
#define DEBUG_KUBE_REQUEST_H

#include "fail.h"
#include "kubectl.h"
#include "request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where helper pods run, unless somebody says otherwise. */
#define KUBE_NAMESPACE "debug-sidecar"
#define KUBE_IMAGE "localhost/debug-sidecar:" DEBUG_VERSION

enum kube_verb {
	KUBE_ATTACH,  /* POD, or every one that -l selects */
	KUBE_INSTALL, /* a helper pod on every node */
	KUBE_UNINSTALL,
	KUBE_GC,     /* helper pods that were left */
	KUBE_DOCTOR, /* [POD] */
	KUBE_PRINT_RBAC,
	KUBE_HELP,
	KUBE_VERSION,
};

enum kube_show {
	KUBE_SHOW_PREFIXED, /* each line behind its container's name */
	KUBE_SHOW_GROUPED,
	KUBE_SHOW_JSON,
};

/* Strings are lent by argv, or by `owned`. */
struct kube_request {
	enum kube_verb verb;
	const char *pod, *container, *ns, *selector; /* or NULL */
	bool is_all_namespaces;
	bool is_wait;
	bool is_quiet;
	bool is_print;
	bool is_all; /* gc: running ones, too */
	bool is_dry_run;
	enum kube_show show;
	int64_t parallel;
	int64_t ttl_seconds;
	const char *helper_namespace; /* or NULL: what there is */
	const char *image;
	const char *pull_secret; /* or NULL */
	const char *policy_user; /* install: the user that the node's policy is for; or NULL */
	const char *kubectl[KUBECTL_OPTIONS_MAX];
	size_t kubectl_count;
	const char **options; /* of debug, as debug-node wants them; owned array */
	size_t option_count;
	const char *const *command;
	size_t command_count;
	enum request_terminal terminal;
	const char *record;
	char **owned; /* owned, with what is in it */
	size_t owned_count;
};

/* Of `kubectl-sidecar`.  On failure nothing is kept. */
int kube_request_parse(struct kube_request *request, int argc, char *const argv[], struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Of `debug` with a target pod://NAMESPACE/POD[/CONTAINER], which request_parse has taken. */
int kube_request_from_debug(struct kube_request *request, const struct request *asked, int argc,
			    char *const argv[], struct fail *why)
    __attribute__((nonnull, warn_unused_result));

void kube_request_free(struct kube_request *request) __attribute__((nonnull));
void kube_request_print_help(void);

/* Where the helper pods of this request run first: the namespace asked for, or KUBE_NAMESPACE.  Borrowed. */
const char *kube_helper_namespace(const struct kube_request *request)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));

/* Whether the options of debug carry a line for the shell, `-c LINE`. */
bool kube_request_has_line(const struct kube_request *request) __attribute__((nonnull, warn_unused_result));

/* Names as the API server takes them: a label of DNS (a namespace, a container), or several with dots between
 * (a pod, a node).  Neither can be an option or a path. */
bool kube_is_label(const char *name) __attribute__((nonnull, warn_unused_result));
bool kube_is_name(const char *name) __attribute__((nonnull, warn_unused_result));

#endif
