/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `kubectl sidecar doctor`: each right that a session needs, asked of the API server itself, and the helper
 * pod's manifest tried by it without making anything (--dry-run=server), which is also what every admission
 * policy says.
 */
#include "kube.h"

#include "kube_manifest.h"
#include "kube_pod.h"
#include "kube_helper.h"
#include "text.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 600, TEXT_MAX = 800 };

enum verdict { VERDICT_OK, VERDICT_MISSING, VERDICT_UNKNOWN };

static const char *const verdict_names[] = { "ok", "missing", "unknown" };

/* A right, and which way of working needs it. */
struct right {
	const char *verb, *subresource; /* of pods */
	bool is_in_target;		/* namespace; else in the helper's */
	bool is_for_resident, is_for_own;
	const char *why;
};

static const struct right rights[] = {
	{ "get", NULL, true, true, true, "finds the pod's node and container" },
	{ "create", "exec", true, true, true, "is what a session is measured by" },
	{ "list", NULL, true, false, false, "finds pods by labels (-l)" },
	{ "list", NULL, false, true, true, "finds the helper pod" },
	{ "create", "exec", false, true, true, "enters the helper pod" },
	{ "create", NULL, false, false, true, "makes a helper pod where none is resident" },
	{ "delete", NULL, false, false, true, "removes it again" },
};

enum { RIGHT_COUNT = sizeof(rights) / sizeof(rights[0]) };

struct report {
	const struct kube_request *request;
	bool is_resident_possible, is_own_possible, is_resident_there;
	bool is_broken;
};

__attribute__((format(printf, 4, 5))) static void tell(const struct report *report, const char *what,
						       enum verdict verdict, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (report->request->show == KUBE_SHOW_JSON) {
		json_t *object = json_pack("{s:s, s:s, s:s}", "check", what, "state", verdict_names[verdict],
					   "text", text);

		(void)json_dumpf(object, stdout, JSON_COMPACT);
		(void)putchar('\n');
		json_decref(object);
		return;
	}
	(void)printf("%-8s %s%s%s\n", verdict_names[verdict], what, text[0] != '\0' ? ": " : "", text);
}

static int start_right(struct kubectl_call *call, struct kubectl *kubectl, const struct kube_request *request,
		       const struct right *right, struct fail *why)
{
	const char *words[12] = { "auth", "can-i", right->verb, "pods", "--request-timeout=30s" };
	size_t count = 5;

	if (right->subresource != NULL)
		words[count++] = "--subresource=exec";
	if (!right->is_in_target || request->ns != NULL) {
		words[count++] = "-n";
		words[count++] = right->is_in_target ? request->ns : kube_helper_namespace(request);
	}
	return kubectl_start(call, kubectl, words, NULL, why);
}

static void tell_right(struct report *report, const struct right *right, const struct kubectl_call *call)
{
	const char *said = call->output != NULL ? call->output : "";
	const enum verdict verdict = strncmp(said, "yes", 3) == 0  ? VERDICT_OK
				     : strncmp(said, "no", 2) == 0 ? VERDICT_MISSING
								   : VERDICT_UNKNOWN;
	const char *ns = right->is_in_target
			     ? (report->request->ns != NULL ? report->request->ns : "the context's namespace")
			     : kube_helper_namespace(report->request);
	char shown[SHOWN_MAX];
	char what[200];

	(void)snprintf(what, sizeof(what), "%s pods%s%s in %s", right->verb,
		       right->subresource != NULL ? "/" : "",
		       right->subresource != NULL ? right->subresource : "", ns);
	if (verdict != VERDICT_OK && right->is_for_resident)
		report->is_resident_possible = false;
	if (verdict != VERDICT_OK && right->is_for_own)
		report->is_own_possible = false;
	tell(report, what, verdict, "%s%s%s", right->why, verdict == VERDICT_UNKNOWN ? "; kubectl: " : "",
	     verdict == VERDICT_UNKNOWN ? kubectl_complaint(&call->errors, shown, sizeof(shown)) : "");
}

static int check_rights(struct report *report, struct kubectl *kubectl, struct fail *why)
{
	struct kubectl_call calls[RIGHT_COUNT] = { 0 };
	int failed = 0;

	for (size_t i = 0; i < RIGHT_COUNT && failed == 0; i++)
		failed = start_right(&calls[i], kubectl, report->request, &rights[i], why);
	if (kubectl_wait(kubectl, calls, RIGHT_COUNT, why) < 0)
		failed = -1;
	for (size_t i = 0; i < RIGHT_COUNT; i++) {
		if (failed == 0)
			tell_right(report, &rights[i], &calls[i]);
		kubectl_free(&calls[i]);
	}
	return failed;
}

/* 0 with the answer read as JSON, or NULL if there is none. */
static int ask(json_t **root, struct kubectl_call *call, struct kubectl *kubectl, const char *const words[],
	       struct fail *why)
{
	*root = NULL;
	if (kubectl_run(call, kubectl, words, NULL, why) < 0)
		return -1;
	if (call->status == 0 && call->output != NULL)
		*root = json_loadb(call->output, call->output_size, 0, NULL);
	return 0;
}

static int check_server(struct report *report, struct kubectl *kubectl, struct fail *why)
{
	struct kubectl_call call = { 0 };
	char shown[SHOWN_MAX];
	json_t *root;
	const char *server;
	int failed =
	    ask(&root, &call, kubectl, KUBECTL_WORDS("version", "-o", "json", "--request-timeout=30s"), why);

	if (failed == 0) {
		server =
		    json_string_value(json_object_get(json_object_get(root, "serverVersion"), "gitVersion"));
		tell(report, "API server", server != NULL ? VERDICT_OK : VERDICT_MISSING, "%s by %s",
		     server != NULL ? text_encode(shown, sizeof(shown), server, strlen(server))
				    : kubectl_complaint(&call.errors, shown, sizeof(shown)),
		     kubectl->path);
		report->is_broken = report->is_broken || server == NULL;
	}
	json_decref(root);
	kubectl_free(&call);
	return failed;
}

/* The label that Pod Security goes by; a cluster may have another default than `privileged`. */
static int check_namespace(struct report *report, struct kubectl *kubectl, struct fail *why)
{
	const char *ns = kube_helper_namespace(report->request);
	struct kubectl_call call = { 0 };
	char shown[SHOWN_MAX];
	json_t *root;
	int failed = ask(&root, &call, kubectl,
			 KUBECTL_WORDS("get", "namespace", ns, "-o", "json", "--request-timeout=30s"), why);

	if (failed == 0) {
		const json_t *its = json_object_get(json_object_get(root, "metadata"), "labels");
		const char *level =
		    json_string_value(json_object_get(its, "pod-security.kubernetes.io/enforce"));
		const bool is_fit = level == NULL || strcmp(level, "privileged") == 0;

		if (root == NULL)
			tell(report, "pod security", VERDICT_UNKNOWN, "namespace `%s`: %s", ns,
			     kubectl_complaint(&call.errors, shown, sizeof(shown)));
		else
			tell(report, "pod security", is_fit ? VERDICT_OK : VERDICT_MISSING,
			     "namespace `%s` enforces %s%s", ns,
			     level != NULL ? text_encode(shown, sizeof(shown), level, strlen(level))
					   : "the cluster's default",
			     is_fit ? "" : "; label it pod-security.kubernetes.io/enforce=privileged");
	}
	json_decref(root);
	kubectl_free(&call);
	return failed;
}

static int check_resident(struct report *report, struct kubectl *kubectl, struct fail *why)
{
	const char *ns = kube_helper_namespace(report->request);
	struct kubectl_call call = { 0 };
	struct fail ignored = { 0 };
	struct kube_pods pods = { 0 };
	size_t ready = 0;
	int failed = kubectl_run(&call, kubectl,
				 KUBECTL_WORDS("get", "pods", "-n", ns, "-l", KUBE_LABEL_RESIDENT, "-o",
					       "json", "--request-timeout=30s"),
				 NULL, why);

	if (failed == 0 && call.status == 0 && call.output != NULL &&
	    kube_pods_read(&pods, call.output, call.output_size, &ignored) == 0) {
		for (size_t i = 0; i < pods.count; i++)
			ready += pods.all[i].is_ready;
		report->is_resident_there = ready > 0;
		tell(report, "resident helper", ready > 0 ? VERDICT_OK : VERDICT_MISSING,
		     "%zu of %zu pods are ready%s", ready, pods.count,
		     pods.count == 0 ? "; without one each session makes its own (`kubectl sidecar install`)"
				     : "");
	} else if (failed == 0) {
		tell(report, "resident helper", VERDICT_UNKNOWN, "its pods cannot be listed");
	}
	kube_pods_free(&pods);
	kubectl_free(&call);
	return failed;
}

/* Where it can be made, if anywhere; and what each refusal says. */
static int check_admission(struct report *report, struct kubectl *kubectl, struct fail *why)
{
	static const char *const nodes[] = { "debug-sidecar-doctor" };
	const char *few[3];
	bool is_admitted = false;

	for (const char *const *ns = kube_helper_namespaces(report->request, few);
	     *ns != NULL && !is_admitted; ns++) {
		struct kubectl_call call = { 0 };
		char *manifest = kube_manifest_pods(report->request, *ns, "doctor", nodes, 1, 0);
		char shown[SHOWN_MAX];
		char what[120];

		if (kubectl_run(&call, kubectl,
				KUBECTL_WORDS("create", "--dry-run=server", "--validate=false", "-n", *ns,
					      "-o", "name", "-f", "-", "--request-timeout=30s"),
				manifest, why) < 0) {
			kubectl_free(&call);
			return -1;
		}
		is_admitted = call.status == 0;
		(void)snprintf(what, sizeof(what), "helper pod in %s", *ns);
		tell(report, what, is_admitted ? VERDICT_OK : VERDICT_MISSING, "%s",
		     is_admitted ? "the API server would make it (tried with --dry-run=server)"
				 : kubectl_complaint(&call.errors, shown, sizeof(shown)));
		kubectl_free(&call);
	}
	report->is_own_possible = report->is_own_possible && is_admitted;
	return 0;
}

static int check_pod(struct report *report, struct kubectl *kubectl, struct fail *why)
{
	const struct kube_request *request = report->request;
	const char *words[12] = { "get", "pod", request->pod, "-o", "json" };
	struct kubectl_call call = { 0 };
	struct fail ignored = { 0 };
	struct kube_pods pods = { 0 };
	char target[KUBE_TARGET_MAX];
	char shown[SHOWN_MAX];
	int failed;

	if (request->pod == NULL)
		return 0;
	if (request->ns != NULL) {
		words[5] = "-n";
		words[6] = request->ns;
	}
	failed = kubectl_run(&call, kubectl, words, NULL, why);
	if (failed == 0 && (call.status != 0 || call.output == NULL)) {
		tell(report, "pod", VERDICT_MISSING, "%s",
		     kubectl_complaint(&call.errors, shown, sizeof(shown)));
		report->is_broken = true;
	} else if (failed == 0 && kube_pods_read(&pods, call.output, call.output_size, &ignored) == 0) {
		const struct kube_container *container =
		    kube_pod_choose(&pods.all[0], request->container, &ignored);
		const bool is_there = container != NULL && kube_pod_target(target, &pods.all[0], container,
									   request->is_wait, &ignored) == 0;

		tell(report, "pod", is_there ? VERDICT_OK : VERDICT_MISSING, "%s%s%s",
		     is_there ? pods.all[0].node : ignored.text, is_there ? ", " : "",
		     is_there ? target : "");
		report->is_broken = report->is_broken || !is_there;
	}
	kube_pods_free(&pods);
	kubectl_free(&call);
	return failed;
}

int kube_doctor(struct kubectl *kubectl, const struct kube_request *request, struct fail *why)
{
	struct report report = { .request = request, .is_resident_possible = true, .is_own_possible = true };
	bool is_possible;

	if (check_server(&report, kubectl, why) < 0)
		return -1;
	if (report.is_broken)
		return 1;
	if (check_rights(&report, kubectl, why) < 0 || check_namespace(&report, kubectl, why) < 0 ||
	    check_resident(&report, kubectl, why) < 0 || check_admission(&report, kubectl, why) < 0 ||
	    check_pod(&report, kubectl, why) < 0)
		return -1;
	is_possible = !report.is_broken &&
		      ((report.is_resident_there && report.is_resident_possible) || report.is_own_possible);
	tell(&report, "a session", is_possible ? VERDICT_OK : VERDICT_MISSING, "%s",
	     !is_possible ? "would not work; `kubectl sidecar --print-rbac` prints roles that suffice"
	     : report.is_resident_there ? "would use the resident helper"
					: "would make a helper pod and remove it");
	return is_possible ? 0 : 1;
}
