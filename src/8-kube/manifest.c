/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The helper pod, and what belongs to it.  Every manifest is a tree that jansson writes.
 *
 * The pod is privileged, and in the node's pid namespace.  Less would enter most containers, but its devices
 * would be the pod's (the toolbox needs a loop device before Linux 6.12), a session could not be given a
 * right of its target's that the pod lacks, and no policy tells the two apart: both violate `baseline`.
 * Beyond that it has nothing: no volume, no path of the host's, no network, no IPC of the host's, no service
 * account's token, a read-only root.
 */
#include "kube_manifest.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OWNER_MAX = 63, IDLE_SECONDS = 60 };

void kube_manifest_pod_name(char *out, size_t capacity, const char *id, size_t number)
{
	(void)snprintf(out, capacity, "debug-sidecar-%s-%zu", id, number);
}

static json_t *labels(const char *component)
{
	return json_pack("{s:s, s:s, s:s}", "app.kubernetes.io/name", "debug-sidecar",
			 "app.kubernetes.io/component", component, "app.kubernetes.io/managed-by",
			 "kubectl-sidecar");
}

/* As root, or as the user for whom debug.conf(5) has a rule; the program is set-user-id then. */
static json_t *container(const struct kube_request *request, bool is_resident)
{
	const int64_t user = request->policy_user != NULL && is_resident
				 ? (int64_t)strtoll(request->policy_user, NULL, 10)
				 : 0;
	char idle[16];
	json_t *command;

	(void)snprintf(idle, sizeof(idle), "%d", IDLE_SECONDS);
	command = is_resident ? json_pack("[s, s]", "/bin/debug-node", "keep")
			      : json_pack("[s, s, s, s]", "/bin/debug-node", "keep", "--idle", idle);
	return json_pack("{s:s, s:s, s:s, s:o, s:{s:b, s:b, s:I, s:I}, s:{s:{s:s, s:s}, s:{s:s, s:s}}}",
			 "name", "debug", "image", request->image, "imagePullPolicy", "IfNotPresent",
			 "command", command, "securityContext", "privileged", 1, "readOnlyRootFilesystem", 1,
			 "runAsUser", (json_int_t)user, "runAsGroup", (json_int_t)user, "resources",
			 "requests", "cpu", "10m", "memory", "32Mi", "limits", "cpu", "1", "memory", "512Mi");
}

static json_t *pod_spec(const struct kube_request *request, bool is_resident)
{
	json_t *spec = json_pack("{s:b, s:b, s:b, s:s, s:I, s:[{s:s}], s:[o]}", "hostPID", 1,
				 "automountServiceAccountToken", 0, "enableServiceLinks", 0, "dnsPolicy",
				 "Default", "terminationGracePeriodSeconds", (json_int_t)10, "tolerations",
				 "operator", "Exists", "containers", container(request, is_resident));

	if (request->pull_secret != NULL)
		(void)json_object_set_new(spec, "imagePullSecrets",
					  json_pack("[{s:s}]", "name", request->pull_secret));
	return spec;
}

/* The caller's name as far as a label can hold it. */
static void write_owner(char owner[OWNER_MAX + 1])
{
	const char *name = getenv("USER");
	size_t used = 0;

	for (; name != NULL && *name != '\0' && used < OWNER_MAX; name++) {
		const bool is_plain = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
				      (*name >= '0' && *name <= '9');

		if (is_plain || (used > 0 && strchr("._-", *name) != NULL))
			owner[used++] = *name;
	}
	while (used > 0 && strchr("._-", owner[used - 1]) != NULL)
		used--;
	owner[used] = '\0';
}

static json_t *session_pod(const struct kube_request *request, const char *ns, const char *id, size_t number,
			   const char *node, int64_t expires)
{
	char owner[OWNER_MAX + 1];
	char ends[24];
	char name[80];
	json_t *its_labels = labels("session");
	json_t *spec = pod_spec(request, false);

	write_owner(owner);
	(void)snprintf(ends, sizeof(ends), "%lld", (long long)expires);
	kube_manifest_pod_name(name, sizeof(name), id, number);
	(void)json_object_set_new(its_labels, "debug.sidecar/session", json_string(id));
	if (owner[0] != '\0')
		(void)json_object_set_new(its_labels, "debug.sidecar/owner", json_string(owner));
	/* Straight to the node: a scheduler that is full, or down, has no say. */
	(void)json_object_set_new(spec, "nodeName", json_string(node));
	(void)json_object_set_new(spec, "restartPolicy", json_string("Never"));
	(void)json_object_set_new(spec, "activeDeadlineSeconds", json_integer(request->ttl_seconds));
	return json_pack("{s:s, s:s, s:{s:s, s:s, s:o, s:{s:s}}, s:o}", "apiVersion", "v1", "kind", "Pod",
			 "metadata", "name", name, "namespace", ns, "labels", its_labels, "annotations",
			 "debug.sidecar/expires", ends, "spec", spec);
}

static char *write_list(json_t *items)
{
	json_t *list = json_pack("{s:s, s:s, s:o}", "apiVersion", "v1", "kind", "List", "items", items);
	char *text = list != NULL ? json_dumps(list, JSON_INDENT(2)) : NULL;

	json_decref(list);
	return text;
}

char *kube_manifest_pods(const struct kube_request *request, const char *ns, const char *id,
			 const char *const nodes[], size_t node_count, int64_t expires)
{
	json_t *items = json_array();

	for (size_t i = 0; i < node_count; i++)
		if (nodes[i] != NULL)
			(void)json_array_append_new(items,
						    session_pod(request, ns, id, i, nodes[i], expires));
	return write_list(items);
}

char *kube_manifest_resident(const struct kube_request *request, const char *ns)
{
	json_t *spec = pod_spec(request, true);
	json_t *space;
	json_t *set;

	(void)json_object_set_new(spec, "nodeSelector", json_pack("{s:s}", "kubernetes.io/os", "linux"));
	space =
	    json_pack("{s:s, s:s, s:{s:s, s:{s:s, s:s, s:s, s:s, s:s}}}", "apiVersion", "v1", "kind",
		      "Namespace", "metadata", "name", ns, "labels", "app.kubernetes.io/name",
		      "debug-sidecar", "app.kubernetes.io/managed-by", "kubectl-sidecar",
		      "pod-security.kubernetes.io/enforce", "privileged", "pod-security.kubernetes.io/audit",
		      "privileged", "pod-security.kubernetes.io/warn", "privileged");
	set = json_pack("{s:s, s:s, s:{s:s, s:s, s:o}, s:{s:{s:{s:s, s:s}}, s:{s:{s:o}, s:o}}}", "apiVersion",
			"apps/v1", "kind", "DaemonSet", "metadata", "name", "debug-sidecar", "namespace", ns,
			"labels", labels("resident"), "spec", "selector", "matchLabels",
			"app.kubernetes.io/name", "debug-sidecar", "app.kubernetes.io/component", "resident",
			"template", "metadata", "labels", labels("resident"), "spec", spec);
	return write_list(json_pack("[o, o]", space, set));
}

static json_t *rule(const char *resource, json_t *verbs)
{
	return json_pack("{s:[s], s:[s], s:o}", "apiGroups", "", "resources", resource, "verbs", verbs);
}

static json_t *role(const char *name, const char *ns, json_t *rules)
{
	return json_pack("{s:s, s:s, s:{s:s, s:s}, s:o}", "apiVersion", "rbac.authorization.k8s.io/v1",
			 "kind", "Role", "metadata", "name", name, "namespace", ns, "rules", rules);
}

char *kube_manifest_roles(const struct kube_request *request, const char *ns)
{
	const char *helper = kube_helper_namespace(request);
	json_t *exec = rule("pods/exec", json_pack("[s]", "create"));
	json_t *look = rule("pods", json_pack("[s, s]", "get", "list"));
	json_t *make = rule("pods", json_pack("[s, s, s, s]", "get", "list", "create", "delete"));
	json_t *items =
	    json_pack("[o, o, o]", role("debug-sidecar-target", ns, json_pack("[O, O]", look, exec)),
		      role("debug-sidecar-resident", helper, json_pack("[O, O]", look, exec)),
		      role("debug-sidecar-session", helper, json_pack("[O, O]", make, exec)));

	json_decref(exec);
	json_decref(look);
	json_decref(make);
	return write_list(items);
}
