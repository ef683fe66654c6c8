/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Helper pods that stay, and those that were left. */
#include "kube_helper.h"

#include "kube_manifest.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SHOWN_MAX = 600 };

/* A call whose output is for the user. */
static int tell(struct kubectl *kubectl, const char *const words[], char *input, const char *what,
		struct fail *why)
{
	struct kubectl_call call = { 0 };
	int failed = kubectl_run(&call, kubectl, words, input, why);
	char shown[SHOWN_MAX];

	if (failed == 0 && call.output_size > 0)
		(void)fwrite(call.output, 1, call.output_size, stdout);
	if (failed == 0 && call.status != 0)
		failed = fail_set(why, FAIL_TOOL, "%s: %s", what,
				  kubectl_complaint(&call.errors, shown, sizeof(shown)));
	kubectl_free(&call);
	return failed;
}

static const char *install_namespace(const struct kube_request *request)
{
	if (request->helper_namespace != NULL)
		return request->helper_namespace;
	return request->ns != NULL ? request->ns : KUBE_NAMESPACE;
}

int kube_helper_install(struct kubectl *kubectl, const struct kube_request *request, struct fail *why)
{
	char *manifest = kube_manifest_resident(request, install_namespace(request));
	int failed;

	if (manifest == NULL)
		return fail_errno(why, FAIL_TOOL, ENOMEM, "cannot write the manifests");
	if (!request->is_print)
		return tell(kubectl, KUBECTL_WORDS("apply", "--validate=false", "-f", "-"), manifest,
			    "the helper cannot be installed", why);
	failed = printf("%s\n", manifest) < 0 ? fail_errno(why, FAIL_TOOL, errno, "cannot print") : 0;
	free(manifest);
	return failed;
}

int kube_helper_uninstall(struct kubectl *kubectl, const struct kube_request *request, struct fail *why)
{
	const char *ns = install_namespace(request);

	if (tell(kubectl,
		 KUBECTL_WORDS("delete", "daemonsets", "-n", ns, "-l", KUBE_LABEL_RESIDENT,
			       "--ignore-not-found"),
		 NULL, "the helper cannot be removed", why) < 0)
		return -1;
	/* Only that of our own name, and only if `install` has marked it. */
	if (strcmp(ns, KUBE_NAMESPACE) != 0)
		return 0;
	return tell(kubectl,
		    KUBECTL_WORDS("delete", "namespaces", "-l",
				  "app.kubernetes.io/managed-by=kubectl-sidecar", "--field-selector",
				  "metadata.name=" KUBE_NAMESPACE, "--ignore-not-found"),
		    NULL, "the helper's namespace cannot be removed", why);
}

static bool is_left(const struct kube_pod *pod, const struct kube_request *request)
{
	int64_t expires = 0;

	if (pod->is_deleted)
		return false;
	if (request->is_all || strcmp(pod->phase, "Failed") == 0 || strcmp(pod->phase, "Succeeded") == 0)
		return true;
	return text_to_number(pod->expires, 0, INT64_MAX, &expires) && expires < (int64_t)time(NULL);
}

int kube_helper_gc(struct kubectl *kubectl, const struct kube_request *request, struct fail *why)
{
	const char *few[3];
	int failed = 0;

	for (const char *const *ns = kube_helper_namespaces(request, few); *ns != NULL && failed == 0; ns++) {
		struct kube_pods pods;

		failed =
		    kube_helper_list(&pods, kubectl, *ns, KUBE_LABEL_SESSION, "metadata.name!=none", why);
		for (size_t i = 0; failed == 0 && i < pods.count; i++)
			if (is_left(&pods.all[i], request))
				failed = tell(kubectl,
					      KUBECTL_WORDS("delete", "pod", "-n", *ns, "--wait=false",
							    "--grace-period=1", "--ignore-not-found", "--",
							    pods.all[i].name),
					      NULL, "a helper pod cannot be removed", why);
		kube_pods_free(&pods);
	}
	return failed;
}
