/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding, making and removing helper pods.
 *
 * A pod of a session's own ends in any case: it is deleted at the session's end, on a signal too; if this
 * program is killed, debug-node leaves by itself when it was idle for a minute, and at the latest
 * activeDeadlineSeconds ends it.
 */
#include "kube_helper.h"

#include "clock.h"
#include "kube_manifest.h"
#include "kube_pod.h"
#include "text.h"

#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { READY_MS = 120000, PAUSE_MS = 150, SHOWN_MAX = 600, ID_LENGTH = 10 };

#define FALLBACK_NAMESPACE "kube-system"

const char *const *kube_helper_namespaces(const struct kube_request *request, const char *few[3])
{
	few[0] = kube_helper_namespace(request);
	few[1] = request->helper_namespace != NULL ? NULL : FALLBACK_NAMESPACE;
	few[2] = NULL;
	return few;
}

static void write_id(char id[16])
{
	static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";

	for (int i = 0; i < ID_LENGTH; i++)
		id[i] = letters[arc4random_uniform(sizeof(letters) - 1)];
	id[ID_LENGTH] = '\0';
}

static struct kube_helper *find_node(struct kube_helpers *helpers, const char *node)
{
	for (size_t i = 0; i < helpers->count; i++)
		if (strcmp(helpers->all[i].node, node) == 0)
			return &helpers->all[i];
	return NULL;
}

static size_t count_without(const struct kube_helpers *helpers)
{
	size_t count = 0;

	for (size_t i = 0; i < helpers->count; i++)
		count += helpers->all[i].pod[0] == '\0';
	return count;
}

/* An answer that is an error is no list. */
int kube_helper_list(struct kube_pods *pods, struct kubectl *kubectl, const char *ns, const char *labels,
		     const char *fields, struct fail *why)
{
	struct kubectl_call call = { 0 };
	int failed = kubectl_run(&call, kubectl,
				 KUBECTL_WORDS("get", "pods", "-n", ns, "-l", labels, "--field-selector",
					       fields, "--request-timeout=30s", "-o", "json"),
				 NULL, why);
	char shown[SHOWN_MAX];

	*pods = (struct kube_pods){ 0 };
	if (failed == 0 && call.status != 0)
		failed = fail_set(why, FAIL_DENIED, "the helper pods in `%s` cannot be listed: %s", ns,
				  kubectl_complaint(&call.errors, shown, sizeof(shown)));
	else if (failed == 0)
		failed = kube_pods_read(pods, call.output != NULL ? call.output : "", call.output_size, why);
	kubectl_free(&call);
	return failed;
}

static int find_resident(struct kube_helpers *helpers, struct kubectl *kubectl,
			 const struct kube_request *request, struct fail *why)
{
	const char *ns = kube_helper_namespace(request);
	struct fail ignored = { 0 };
	struct kube_pods pods;
	char fields[300];

	(void)snprintf(fields, sizeof(fields), "status.phase=Running%s%s",
		       helpers->count == 1 ? ",spec.nodeName=" : "",
		       helpers->count == 1 ? helpers->all[0].node : "");
	if (kube_helper_list(&pods, kubectl, ns, KUBE_LABEL_RESIDENT, fields, &ignored) < 0) {
		/* Whoever may not list may still be allowed to make one. */
		if (kubectl->killed_by != 0)
			*why = ignored;
		return kubectl->killed_by != 0 ? -1 : 0;
	}
	for (size_t i = 0; i < pods.count; i++) {
		struct kube_helper *helper = find_node(helpers, pods.all[i].node);

		if (helper == NULL || helper->pod[0] != '\0' || !pods.all[i].is_ready ||
		    pods.all[i].is_deleted)
			continue;
		(void)strlcpy(helper->ns, pods.all[i].ns, sizeof(helper->ns));
		(void)strlcpy(helper->pod, pods.all[i].name, sizeof(helper->pod));
		helper->is_ready = true;
	}
	kube_pods_free(&pods);
	return 0;
}

/* "pod/NAME" for each that was made. */
static bool take_made(struct kube_helpers *helpers, const char *ns, const struct kubectl_call *call)
{
	bool is_any = false;

	for (size_t i = 0; i < helpers->count; i++) {
		struct kube_helper *helper = &helpers->all[i];
		char name[80];
		char line[100];

		if (helper->pod[0] != '\0')
			continue;
		kube_manifest_pod_name(name, sizeof(name), helpers->id, i);
		(void)snprintf(line, sizeof(line), "pod/%s\n", name);
		if (call->output == NULL || strstr(call->output, line) == NULL)
			continue;
		(void)strlcpy(helper->pod, name, sizeof(helper->pod));
		(void)strlcpy(helper->ns, ns, sizeof(helper->ns));
		helper->is_own = true;
		is_any = true;
	}
	return is_any;
}

static int make_in(struct kube_helpers *helpers, struct kubectl *kubectl, const struct kube_request *request,
		   const char *ns, const char *const nodes[], struct fail *why)
{
	struct kubectl_call call = { 0 };
	char *manifest = kube_manifest_pods(request, ns, helpers->id, nodes, helpers->count,
					    (int64_t)time(NULL) + request->ttl_seconds);
	char shown[SHOWN_MAX];
	int failed;

	if (manifest == NULL)
		return fail_errno(why, FAIL_TOOL, ENOMEM, "cannot write the helper pod's manifest");
	/* From here on there may be pods, whatever we hear of them. */
	(void)strlcpy(helpers->ns, ns, sizeof(helpers->ns));
	kubectl->is_patient = true;
	failed = kubectl_run(&call, kubectl,
			     KUBECTL_WORDS("create", "--validate=false", "-n", ns, "--request-timeout=30s",
					   "-o", "name", "-f", "-"),
			     manifest, why);
	kubectl->is_patient = false;
	if (failed == 0 && !take_made(helpers, ns, &call))
		helpers->ns[0] = '\0';
	if (failed == 0 && call.status != 0)
		failed = fail_set(why, FAIL_DENIED, "no helper pod can be made in namespace `%s`: %s", ns,
				  kubectl_complaint(&call.errors, shown, sizeof(shown)));
	kubectl_free(&call);
	return failed;
}

/* What all namespaces answered, in one sentence. */
static void add_reason(struct fail *whole, const struct fail *one)
{
	if (whole->status == FAIL_NONE) {
		*whole = *one;
		return;
	}
	(void)strlcat(whole->text, "; ", sizeof(whole->text));
	(void)strlcat(whole->text, one->text, sizeof(whole->text));
}

static int make_own(struct kube_helpers *helpers, struct kubectl *kubectl, const struct kube_request *request,
		    struct fail *why)
{
	const char **nodes = calloc(helpers->count + 1, sizeof(*nodes));
	const char *few[3];
	const char *const *namespaces = kube_helper_namespaces(request, few);
	struct fail whole = { 0 };

	if (nodes == NULL)
		return fail_errno(why, FAIL_TOOL, ENOMEM, "cannot ask for helper pods");
	for (size_t i = 0; i < helpers->count; i++)
		nodes[i] = helpers->all[i].pod[0] == '\0' ? helpers->all[i].node : NULL;
	for (; *namespaces != NULL; namespaces++) {
		struct fail one = { 0 };
		const int failed = make_in(helpers, kubectl, request, *namespaces, nodes, &one);

		if (failed < 0)
			add_reason(&whole, &one);
		if (failed == 0 || helpers->ns[0] != '\0' || kubectl->killed_by != 0)
			break;
	}
	free(nodes);
	/* Some were refused, or all. */
	if (count_without(helpers) > 0)
		helpers->why = whole;
	if (helpers->ns[0] != '\0' && kubectl->killed_by == 0)
		return 0;
	*why = whole;
	if (kubectl->killed_by == 0)
		(void)strlcat(why->text, "; `kubectl sidecar doctor` tells what is missing",
			      sizeof(why->text));
	return -1;
}

/* The kubelet tries again and again, which helps in none of these cases. */
static bool is_hopeless(const struct kube_pod *pod)
{
	static const char *const reasons[] = {
		"ErrImagePull",	     "ImagePullBackOff",	   "InvalidImageName",
		"ErrImageNeverPull", "CreateContainerConfigError", "CreateContainerError",
		"RunContainerError"
	};

	if (strcmp(pod->phase, "Failed") == 0 || strcmp(pod->phase, "Succeeded") == 0)
		return true;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strncmp(pod->reason, reasons[i], strlen(reasons[i])) == 0)
			return true;
	return false;
}

static void explain_hopeless(struct kube_helpers *helpers, const struct kube_pod *pod, const char *image)
{
	const bool is_image = strstr(pod->reason, "Image") != NULL;
	struct fail one = { 0 };

	(void)fail_set(
	    &one, FAIL_TOOL, "the helper pod on node `%s` does not start: %s%s%s%s", pod->node,
	    pod->reason[0] != '\0' ? pod->reason : pod->phase,
	    is_image ? "; load the image on the node (kubectl-sidecar(1) tells how), or give --image, not `"
		     : "",
	    is_image ? image : "", is_image ? "`" : "");
	helpers->why = one;
}

/* What is heard of one of ours: whether there is still something to wait for. */
static bool take_state(struct kube_helpers *helpers, const struct kube_pod *pod,
		       const struct kube_request *request)
{
	for (size_t i = 0; i < helpers->count; i++) {
		struct kube_helper *helper = &helpers->all[i];

		if (!helper->is_own || strcmp(helper->pod, pod->name) != 0 || helper->is_ready)
			continue;
		helper->is_ready = pod->container_count > 0 && pod->containers[0].state == KUBE_STATE_RUNNING;
		if (helper->is_ready || !is_hopeless(pod))
			return !helper->is_ready;
		explain_hopeless(helpers, pod, request->image);
		helper->pod[0] = '\0';
		return false;
	}
	return false;
}

static int pause_for(struct kubectl *kubectl, int milliseconds)
{
	struct pollfd waited = { kubectl->signal_fd, POLLIN, 0 };

	return poll(&waited, 1, milliseconds);
}

static int await(struct kube_helpers *helpers, struct kubectl *kubectl, const struct kube_request *request,
		 struct fail *why)
{
	const int64_t deadline_ms = clock_now_ms() + READY_MS;
	char labels[160];
	bool is_waiting = true;

	(void)snprintf(labels, sizeof(labels), KUBE_LABEL_SESSION ",debug.sidecar/session=%s", helpers->id);
	while (is_waiting) {
		struct kube_pods pods;

		/* A signal is seen by the next call. */
		(void)pause_for(kubectl, PAUSE_MS);
		if (kube_helper_list(&pods, kubectl, helpers->ns, labels, "metadata.name!=none", why) < 0)
			return -1;
		is_waiting = false;
		for (size_t i = 0; i < pods.count; i++)
			is_waiting = take_state(helpers, &pods.all[i], request) || is_waiting;
		kube_pods_free(&pods);
		if (is_waiting && clock_left_ms(deadline_ms) == 0)
			return fail_set(why, FAIL_DEADLINE,
					"the helper pod in namespace `%s` does not start in time",
					helpers->ns);
	}
	return 0;
}

int kube_helpers_get(struct kube_helpers *helpers, struct kubectl *kubectl,
		     const struct kube_request *request, struct fail *why)
{
	size_t ready = 0;

	write_id(helpers->id);
	if (find_resident(helpers, kubectl, request, why) < 0)
		return -1;
	if (count_without(helpers) > 0) {
		const int failed = make_own(helpers, kubectl, request, why);

		if (failed < 0 && (kubectl->killed_by != 0 || count_without(helpers) == helpers->count))
			return -1;
		/* Some nodes have a helper; the sessions on the others will say why they have none. */
		*why = (struct fail){ 0 };
		if (failed == 0 && await(helpers, kubectl, request, why) < 0)
			return -1;
	}
	for (size_t i = 0; i < helpers->count; i++)
		ready += helpers->all[i].is_ready;
	if (ready > 0)
		return 0;
	*why = helpers->why;
	return why->status != FAIL_NONE ? -1 : fail_set(why, FAIL_TOOL, "no helper pod runs");
}

void kube_helpers_end(struct kube_helpers *helpers, struct kubectl *kubectl)
{
	struct kubectl_call call = { 0 };
	struct fail why = { 0 };
	char labels[160];
	char shown[SHOWN_MAX];

	if (helpers->ns[0] != '\0') {
		(void)snprintf(labels, sizeof(labels), KUBE_LABEL_SESSION ",debug.sidecar/session=%s",
			       helpers->id);
		if (kubectl_run(&call, kubectl,
				KUBECTL_WORDS("delete", "pods", "-n", helpers->ns, "-l", labels,
					      "--wait=false", "--grace-period=1", "--ignore-not-found",
					      "--request-timeout=30s"),
				NULL, &why) < 0 ||
		    call.status != 0)
			(void)dprintf(
			    STDERR_FILENO,
			    "debug: the helper pod in namespace `%s` is left, and ends by itself: %s; "
			    "`kubectl sidecar gc` removes it\n",
			    helpers->ns,
			    why.status != FAIL_NONE ? why.text
						    : kubectl_complaint(&call.errors, shown, sizeof(shown)));
		kubectl_free(&call);
	}
	free(helpers->all);
	*helpers = (struct kube_helpers){ 0 };
}
