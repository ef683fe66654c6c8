/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON of the API server → struct kube_pod.  Whoever may create pods wrote most of it.
 *
 * Mustn't: keep a name that is none, or an id that could be anything but one: both become words of commands.
 */
#include "kube_pod.h"

#include "json.h"
#include "kube_request.h"
#include "text.h"

#include <bsd/string.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTAINERS_MAX = 256, PODS_MAX = 20000 };

static const json_t *at(const json_t *object, const char *key)
{
	return json_object_get(object, key);
}

static void keep_shown(char *out, size_t capacity, const char *text)
{
	(void)text_encode(out, capacity, text != NULL ? text : "", text != NULL ? strlen(text) : 0);
}

static bool keep_name(char *out, size_t capacity, const char *name, bool is_label)
{
	return name != NULL && (is_label ? kube_is_label(name) : kube_is_name(name)) &&
	       strlcpy(out, name, capacity) < capacity;
}

/* "containerd://0123abcd" */
static void keep_id(char *out, size_t capacity, const char *id)
{
	static const char *const runtimes[] = { "containerd://", "cri-o://", "docker://" };

	for (size_t i = 0; id != NULL && i < sizeof(runtimes) / sizeof(runtimes[0]); i++) {
		const size_t length = strlen(runtimes[i]);

		if (strncmp(id, runtimes[i], length) == 0 && strlen(id) - length >= 12 &&
		    strspn(id + length, "0123456789abcdef") == strlen(id) - length && strlen(id) < capacity)
			(void)strlcpy(out, id, capacity);
	}
}

static void read_state(struct kube_container *container, const json_t *status)
{
	const json_t *state = at(status, "state");
	const json_t *waiting = at(state, "waiting");
	const json_t *ended = at(state, "terminated");

	keep_id(container->id, sizeof(container->id), json_text(status, "containerID"));
	if (container->id[0] == '\0')
		keep_id(container->id, sizeof(container->id),
			json_text(at(at(status, "lastState"), "terminated"), "containerID"));
	if (at(state, "running") != NULL)
		container->state = KUBE_STATE_RUNNING;
	else if (ended != NULL)
		container->state = KUBE_STATE_ENDED;
	else if (waiting != NULL)
		container->state = KUBE_STATE_WAITING;
	keep_shown(container->reason, sizeof(container->reason),
		   json_text(ended != NULL ? ended : waiting, "reason"));
}

static const json_t *find_status(const json_t *statuses, const char *name)
{
	for (size_t i = 0; i < json_array_size(statuses); i++) {
		const json_t *status = json_array_get(statuses, i);
		const char *its = json_text(status, "name");

		if (its != NULL && strcmp(its, name) == 0)
			return status;
	}
	return NULL;
}

static int read_containers(struct kube_pod *pod, const json_t *root, const char *list,
			   const char *status_list, enum kube_kind kind)
{
	const json_t *containers = at(at(root, "spec"), list);
	const json_t *statuses = at(at(root, "status"), status_list);

	for (size_t i = 0; i < json_array_size(containers) && pod->container_count < CONTAINERS_MAX; i++) {
		const json_t *spec = json_array_get(containers, i);
		const char *restarts = json_text(spec, "restartPolicy");
		struct kube_container *container = &pod->containers[pod->container_count];

		if (!keep_name(container->name, sizeof(container->name), json_text(spec, "name"), true))
			return -1;
		container->kind = (uint8_t)kind;
		if (kind == KUBE_INIT && restarts != NULL && strcmp(restarts, "Always") == 0)
			container->kind = KUBE_SIDECAR;
		read_state(container, find_status(statuses, container->name));
		pod->container_count++;
	}
	return 0;
}

/* Why it is not ready, as well as it says: a container's reason tells more than the pod's. */
static void read_reason(struct kube_pod *pod, const json_t *root)
{
	const json_t *statuses = at(at(root, "status"), "containerStatuses");
	const char *reason = json_text(at(root, "status"), "reason");
	const char *message = json_text(at(root, "status"), "message");
	char text[600];

	for (size_t i = 0; i < json_array_size(statuses); i++) {
		const json_t *waiting = at(at(json_array_get(statuses, i), "state"), "waiting");

		if (json_text(waiting, "reason") != NULL) {
			reason = json_text(waiting, "reason");
			message = json_text(waiting, "message");
			break;
		}
	}
	(void)snprintf(text, sizeof(text), "%s%s%s", reason != NULL ? reason : "",
		       message != NULL ? ": " : "", message != NULL ? message : "");
	keep_shown(pod->reason, sizeof(pod->reason), text);
}

static bool is_ready(const json_t *root)
{
	const json_t *conditions = at(at(root, "status"), "conditions");

	for (size_t i = 0; i < json_array_size(conditions); i++) {
		const char *type = json_text(json_array_get(conditions, i), "type");
		const char *status = json_text(json_array_get(conditions, i), "status");

		if (type != NULL && status != NULL && strcmp(type, "Ready") == 0)
			return strcmp(status, "True") == 0;
	}
	return false;
}

/* No fewer than read_containers will find. */
static size_t count_containers(const json_t *root)
{
	const json_t *spec = at(root, "spec");
	const size_t count = json_array_size(at(spec, "containers")) +
			     json_array_size(at(spec, "initContainers")) +
			     json_array_size(at(spec, "ephemeralContainers"));

	return count < CONTAINERS_MAX ? count : CONTAINERS_MAX;
}

static int read_pod(struct kube_pod *pod, const json_t *root)
{
	const json_t *metadata = at(root, "metadata");
	const json_t *annotations = at(metadata, "annotations");
	const char *node = json_text(at(root, "spec"), "nodeName");
	const char *expires = json_text(annotations, "debug.sidecar/expires");

	pod->containers = calloc(count_containers(root) + 1, sizeof(*pod->containers));
	if (pod->containers == NULL ||
	    !keep_name(pod->name, sizeof(pod->name), json_text(metadata, "name"), false) ||
	    !keep_name(pod->ns, sizeof(pod->ns), json_text(metadata, "namespace"), true) ||
	    (node != NULL && node[0] != '\0' && !keep_name(pod->node, sizeof(pod->node), node, false)) ||
	    read_containers(pod, root, "containers", "containerStatuses", KUBE_CONTAINER) < 0 ||
	    read_containers(pod, root, "initContainers", "initContainerStatuses", KUBE_INIT) < 0 ||
	    read_containers(pod, root, "ephemeralContainers", "ephemeralContainerStatuses", KUBE_EPHEMERAL) <
		0)
		return -1;
	if (!keep_name(pod->default_container, sizeof(pod->default_container),
		       json_text(annotations, "kubectl.kubernetes.io/default-container"), true))
		pod->default_container[0] = '\0';
	if (expires != NULL && strspn(expires, "0123456789") == strlen(expires))
		(void)strlcpy(pod->expires, expires, sizeof(pod->expires));
	keep_shown(pod->phase, sizeof(pod->phase), json_text(at(root, "status"), "phase"));
	read_reason(pod, root);
	pod->is_ready = is_ready(root);
	pod->is_deleted = at(metadata, "deletionTimestamp") != NULL;
	return 0;
}

int kube_pods_read(struct kube_pods *pods, const char *json, size_t size, struct fail *why)
{
	json_t *root = json_parse(json, size);
	const json_t *items = at(root, "items");
	const size_t count = items != NULL ? json_array_size(items) : 1;
	int failed = root == NULL || !json_is_object(root) || count > PODS_MAX;

	*pods = (struct kube_pods){ 0 };
	if (!failed)
		pods->all = calloc(count + 1, sizeof(*pods->all));
	failed = failed || pods->all == NULL;
	for (size_t i = 0; !failed && i < count; i++) {
		failed = read_pod(&pods->all[i], items != NULL ? json_array_get(items, i) : root) < 0;
		pods->count = i + 1;
	}
	json_decref(root);
	if (!failed)
		return 0;
	kube_pods_free(pods);
	return fail_set(why, FAIL_TOOL, "what the API server says of pods cannot be understood");
}

void kube_pods_free(struct kube_pods *pods)
{
	for (size_t i = 0; i < pods->count; i++)
		free(pods->all[i].containers);
	free(pods->all);
	*pods = (struct kube_pods){ 0 };
}

static const struct kube_container *find(const struct kube_pod *pod, const char *name)
{
	for (size_t i = 0; i < pod->container_count; i++)
		if (strcmp(pod->containers[i].name, name) == 0)
			return &pod->containers[i];
	return NULL;
}

const struct kube_container *kube_pod_choose(const struct kube_pod *pod, const char *name, struct fail *why)
{
	const struct kube_container *found;
	char names[600] = "";

	if (name == NULL && pod->container_count > 0) {
		found = find(pod, pod->default_container);
		return found != NULL ? found : &pod->containers[0];
	}
	found = name != NULL ? find(pod, name) : NULL;
	if (found != NULL)
		return found;
	for (size_t i = 0; i < pod->container_count; i++) {
		if (i > 0)
			(void)strlcat(names, ", ", sizeof(names));
		(void)strlcat(names, pod->containers[i].name, sizeof(names));
	}
	(void)fail_set(why, FAIL_TOOL, "pod `%s` has no container `%s`; it has %s", pod->name,
		       name != NULL ? name : "", names);
	return NULL;
}

const char *kube_pod_label(char label[KUBE_TARGET_MAX], const struct kube_pod *pod,
			   const struct kube_container *container)
{
	(void)snprintf(label, KUBE_TARGET_MAX, "%s/%s/%s", pod->ns, pod->name, container->name);
	return label;
}

int kube_pod_target(char target[KUBE_TARGET_MAX], const struct kube_pod *pod,
		    const struct kube_container *container, bool is_wait, struct fail *why)
{
	const bool is_running = container->state == KUBE_STATE_RUNNING;

	if (pod->node[0] == '\0')
		return fail_set(why, FAIL_TOOL, "pod `%s` is on no node yet%s%s", pod->name,
				pod->reason[0] != '\0' ? ": " : "", pod->reason);
	/* Its next start will have another id. */
	if (is_wait && !is_running)
		(void)snprintf(target, KUBE_TARGET_MAX, "pod://%s/%s/%s", pod->ns, pod->name,
			       container->name);
	else
		(void)strlcpy(target, container->id, KUBE_TARGET_MAX);
	if (target[0] != '\0')
		return 0;
	return fail_set(
	    why, FAIL_TOOL, "container `%s` of pod `%s` has not been started%s%s; --wait waits for that",
	    container->name, pod->name, container->reason[0] != '\0' ? ": " : "", container->reason);
}
