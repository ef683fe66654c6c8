/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which container of containerd a name means, and what containerd knows of it.
 *
 * Should:  find by what people type: nerdctl's name, Kubernetes' names, an id or its beginning.
 * Mustn't: choose among several that are not the same to Kubernetes.
 */
#include "containerd.h"

#include "configured.h"
#include "containerd_service.h"
#include "text.h"

#include <bsd/string.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CANDIDATES_MAX = 5, SHOWN_MAX = 256, FILTER_MAX = 700, PART_MAX = 256 };

#define LABEL_NERDCTL "nerdctl/name"
#define LABEL_KIND "io.cri-containerd.kind"
#define LABEL_NAMESPACE "io.kubernetes.pod.namespace"
#define LABEL_POD "io.kubernetes.pod.name"
#define LABEL_CONTAINER "io.kubernetes.container.name"

/* How well a name fits; better ones exclude the rest. */
enum fit {
	FIT_NONE,
	FIT_ID_PREFIX,
	FIT_NAME,
	FIT_ID,
};

struct candidate {
	enum fit fit;
	bool is_of_kubernetes;
	uint64_t created; /* seconds */
	char scope[CONTAINERD_SCOPE_MAX];
	char id[CONTAINERD_ID_MAX];
	char shown[SHOWN_MAX]; /* its name: NAMESPACE/POD/CONTAINER, nerdctl's, or the id */
};

struct candidates {
	struct candidate best[CANDIDATES_MAX + 1];
	size_t count;
};

/* Of Container: 2 labels. */
static bool get_label(struct protobuf_bytes container, const char *name, char *out, size_t capacity)
{
	struct protobuf_bytes value;

	return protobuf_get_entry(container, 2, name, &value) >= 0 &&
	       protobuf_to_string(value, out, capacity);
}

/* Whether `name` is the end of NAMESPACE/POD/CONTAINER, from a slash on, or the pod alone. */
static bool is_name_of(const char *name, const char *shown, const char *pod)
{
	size_t size = strlen(name);
	size_t whole = strlen(shown);

	if (strcmp(name, pod) == 0)
		return true;
	return size <= whole && strcmp(shown + whole - size, name) == 0 &&
	       (size == whole || shown[whole - size - 1] == '/');
}

/* Reads what names a container.  False if that is malformed. */
static bool read_names(struct protobuf_bytes container, const char *name, struct candidate *out)
{
	char kind[32];
	char nerdctl[PART_MAX];
	char namespace[PART_MAX];
	char pod[PART_MAX];
	char part[PART_MAX];

	if (!containerd_get_text(container, 1, out->id, sizeof(out->id)) || !containerd_is_name(out->id) ||
	    !get_label(container, LABEL_NERDCTL, nerdctl, sizeof(nerdctl)) ||
	    !get_label(container, LABEL_KIND, kind, sizeof(kind)) ||
	    !get_label(container, LABEL_NAMESPACE, namespace, sizeof(namespace)) ||
	    !get_label(container, LABEL_POD, pod, sizeof(pod)) ||
	    !get_label(container, LABEL_CONTAINER, part, sizeof(part)))
		return false;
	out->is_of_kubernetes = pod[0] != '\0' && part[0] != '\0' && strcmp(kind, "sandbox") != 0;
	if (out->is_of_kubernetes)
		(void)snprintf(out->shown, sizeof(out->shown), "%.80s/%.80s/%.80s", namespace, pod, part);
	else
		(void)snprintf(out->shown, sizeof(out->shown), "%s", nerdctl[0] != '\0' ? nerdctl : out->id);
	if (strcmp(out->id, name) == 0)
		out->fit = FIT_ID;
	else if (out->is_of_kubernetes ? is_name_of(name, out->shown, pod) : strcmp(name, nerdctl) == 0)
		out->fit = FIT_NAME;
	else if (strncmp(out->id, name, strlen(name)) == 0)
		out->fit = FIT_ID_PREFIX;
	return true;
}

/* Of Container: 8 created_at; of Timestamp: 1 seconds. */
static bool read_age(struct protobuf_bytes container, struct candidate *out)
{
	struct protobuf_field field;

	if (protobuf_get(container, 8, PROTOBUF_BYTES, &field) < 0 ||
	    protobuf_get(field.bytes, 1, PROTOBUF_VARINT, &field) < 0)
		return false;
	out->created = field.value;
	return true;
}

/* Kubernetes makes a new container for each attempt, and keeps the last ones. */
static bool is_other_attempt(const struct candidate *one, const struct candidate *other)
{
	return one->is_of_kubernetes && other->is_of_kubernetes && strcmp(one->shown, other->shown) == 0 &&
	       strcmp(one->scope, other->scope) == 0;
}

static void consider(struct candidates *all, const struct candidate *next)
{
	if (next->fit == FIT_NONE || (all->count > 0 && all->best[0].fit > next->fit))
		return;
	if (all->count > 0 && all->best[0].fit < next->fit)
		all->count = 0;
	for (size_t i = 0; i < all->count; i++) {
		if (next->fit == FIT_NAME && is_other_attempt(&all->best[i], next)) {
			if (all->best[i].created <= next->created)
				all->best[i] = *next;
			return;
		}
	}
	if (all->count <= CANDIDATES_MAX)
		all->best[all->count++] = *next;
}

/* The filters are alternatives; in each, commas mean `and`.  The names consist of what needs no escape; a
 * dot in the regular expression may let more through, which is checked again. */
static void put_filters(struct protobuf_writer *message, const char *name)
{
	char filter[FILTER_MAX];
	const char *last = strrchr(name, '/');

	if (last != NULL) {
		size_t before = (size_t)(last - name);
		const char *pod = memrchr(name, '/', before);

		pod = pod == NULL ? name : pod + 1;
		(void)snprintf(filter, sizeof(filter),
			       "labels.\"" LABEL_POD "\"==\"%.*s\",labels.\"" LABEL_CONTAINER "\"==\"%s\"",
			       (int)(last - pod), pod, last + 1);
		protobuf_put_string(message, 1, filter);
		return;
	}
	(void)snprintf(filter, sizeof(filter), "id~=\"^%s\"", name);
	protobuf_put_string(message, 1, filter);
	(void)snprintf(filter, sizeof(filter), "labels.\"" LABEL_NERDCTL "\"==\"%s\"", name);
	protobuf_put_string(message, 1, filter);
	(void)snprintf(filter, sizeof(filter), "labels.\"" LABEL_CONTAINER "\"==\"%s\"", name);
	protobuf_put_string(message, 1, filter);
	(void)snprintf(filter, sizeof(filter), "labels.\"" LABEL_POD "\"==\"%s\"", name);
	protobuf_put_string(message, 1, filter);
}

/* Of ListContainersRequest: 1 filters; of ListContainersResponse: 1 containers. */
static int collect(struct containerd *daemon, const char *name, struct candidates *all, struct fail *why)
{
	struct protobuf_writer message = { 0 };
	struct grpc_answer answer;
	struct protobuf_bytes list;
	struct protobuf_field item;
	int outcome;
	int more = 0;

	put_filters(&message, name);
	outcome = containerd_ask(daemon, "containers.v1.Containers/List", &message, &answer, why);
	if (outcome != 0)
		return outcome > 0 ? 0 : -1;
	outcome = containerd_get_message(&answer, &list, why);
	while (outcome == 0 && (more = protobuf_next(&list, &item)) > 0) {
		struct candidate next = { 0 };

		if (item.number != 1)
			continue;
		(void)strlcpy(next.scope, daemon->scope, sizeof(next.scope));
		if (item.kind != PROTOBUF_BYTES || !read_names(item.bytes, name, &next) ||
		    !read_age(item.bytes, &next))
			outcome = containerd_refuse(why, "its containers");
		else
			consider(all, &next);
	}
	if (more < 0)
		outcome = containerd_refuse(why, "its containers");
	free(answer.bytes);
	return outcome;
}

static int say_ambiguous(const struct candidates *all, const char *name, struct fail *why)
{
	char list[700] = "";
	size_t used = 0;

	for (size_t i = 0; i < all->count && i < CANDIDATES_MAX && used < sizeof(list); i++) {
		const struct candidate *one = &all->best[i];
		char shown[96];

		text_encode(shown, sizeof(shown), one->shown, strlen(one->shown));
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s`%.12s` (%s in %.32s)",
					 i == 0 ? "" : ", ", one->id, shown, one->scope);
	}
	return fail_set(why, FAIL_TOOL, "`%s` means several containers: %s%s; give the beginning of an id",
			name, list, all->count > CANDIDATES_MAX ? " and more" : "");
}

/* Of Any: 2 value, JSON. */
static void read_spec(struct protobuf_bytes spec, struct sighting *seen)
{
	struct protobuf_field value;
	const char *image;
	json_error_t error;
	json_t *root;

	if (protobuf_get(spec, 2, PROTOBUF_BYTES, &value) != 1)
		return;
	root = json_loadb(value.bytes.at, value.bytes.size, JSON_REJECT_DUPLICATES, &error);
	configured_from_spec(seen, root);
	/* What Kubernetes calls the image; containerd may have a digest there. */
	image = json_string_value(
	    json_object_get(json_object_get(root, "annotations"), "io.kubernetes.cri.image-name"));
	if (image != NULL)
		text_encode(seen->image, sizeof(seen->image), image, strlen(image));
	json_decref(root);
}

/* Of GetRequest: 1 container_id; of GetResponse: 1 process; of Process: 3 pid, 4 status. */
static int read_task(struct containerd *daemon, struct sighting *seen, struct fail *why)
{
	enum { RUNNING = 2, PAUSED = 4, PAUSING = 5 };
	struct protobuf_writer message = { 0 };
	struct protobuf_bytes body;
	struct protobuf_field process;
	struct protobuf_field pid;
	struct protobuf_field status;
	struct grpc_answer answer;
	int outcome;

	seen->state = SIGHTING_STOPPED;
	protobuf_put_string(&message, 1, seen->id);
	outcome = containerd_ask(daemon, "tasks.v1.Tasks/Get", &message, &answer, why);
	if (outcome != 0)
		return outcome > 0 ? 0 : -1;
	outcome = containerd_get_message(&answer, &body, why);
	if (outcome == 0 && (protobuf_get(body, 1, PROTOBUF_BYTES, &process) != 1 ||
			     protobuf_get(process.bytes, 3, PROTOBUF_VARINT, &pid) < 0 ||
			     protobuf_get(process.bytes, 4, PROTOBUF_VARINT, &status) < 0))
		outcome = containerd_refuse(why, "a task");
	free(answer.bytes);
	if (outcome < 0 || (status.value != RUNNING && status.value != PAUSED && status.value != PAUSING))
		return outcome;
	if (pid.value < 2 || pid.value > INT_MAX)
		return fail_set(why, FAIL_TOOL, "containerd gave no usable process id for container `%s`",
				seen->id);
	seen->pid = (int32_t)pid.value;
	seen->state = status.value == RUNNING ? SIGHTING_RUNNING : SIGHTING_PAUSED;
	return 0;
}

/* Of Container: 3 image, 5 spec, 6 snapshotter, 7 snapshot_key. */
static int describe(struct containerd *daemon, struct sighting *seen, struct protobuf_bytes container,
		    struct fail *why)
{
	char snapshotter[CONTAINERD_SCOPE_MAX];
	char key[CONTAINERD_KEY_MAX];
	struct protobuf_field field;
	int outcome;

	if (protobuf_get(container, 3, PROTOBUF_BYTES, &field) < 0 ||
	    !containerd_get_text(container, 6, snapshotter, sizeof(snapshotter)) ||
	    !containerd_get_text(container, 7, key, sizeof(key)))
		return containerd_refuse(why, "a container");
	text_encode(seen->image, sizeof(seen->image), field.bytes.at == NULL ? "" : field.bytes.at,
		    field.bytes.size);
	if (protobuf_get(container, 5, PROTOBUF_BYTES, &field) < 0)
		return containerd_refuse(why, "a container");
	read_spec(field.bytes, seen);
	if (read_task(daemon, seen, why) < 0)
		return -1;
	if (seen->state != SIGHTING_STOPPED)
		return 0;
	outcome = key[0] == '\0' ? 1 : containerd_read_snapshot(daemon, seen, snapshotter, key, why);
	if (outcome > 0)
		return fail_set(why, FAIL_TOOL,
				"container `%s` does not run, and containerd has no files of it", seen->id);
	return outcome;
}

/* Of GetContainerRequest: 1 id; of GetContainerResponse: 1 container. */
static int get_chosen(struct containerd *daemon, struct sighting *seen, const struct candidate *chosen,
		      struct fail *why)
{
	struct protobuf_writer message = { 0 };
	struct grpc_answer answer;
	struct protobuf_bytes body;
	struct protobuf_field container;
	char id[CONTAINERD_ID_MAX];
	int outcome;

	(void)strlcpy(daemon->scope, chosen->scope, sizeof(daemon->scope));
	protobuf_put_string(&message, 1, chosen->id);
	outcome = containerd_ask(daemon, "containers.v1.Containers/Get", &message, &answer, why);
	if (outcome != 0)
		return outcome;
	seen->runtime = TARGET_CONTAINERD;
	(void)strlcpy(seen->id, chosen->id, sizeof(seen->id));
	(void)strlcpy(seen->scope, chosen->scope, sizeof(seen->scope));
	text_encode(seen->name, sizeof(seen->name), chosen->shown, strlen(chosen->shown));
	outcome = containerd_get_message(&answer, &body, why);
	if (outcome == 0 &&
	    (protobuf_get(body, 1, PROTOBUF_BYTES, &container) != 1 ||
	     !containerd_get_text(container.bytes, 1, id, sizeof(id)) || strcmp(id, chosen->id) != 0))
		outcome = containerd_refuse(why, "a container");
	if (outcome == 0)
		outcome = describe(daemon, seen, container.bytes, why);
	free(answer.bytes);
	return outcome;
}

static int find(struct containerd *daemon, struct sighting *seen, const char *name, struct fail *why)
{
	char scopes[CONTAINERD_SCOPES_MAX][CONTAINERD_SCOPE_MAX];
	struct candidates all = { 0 };
	int count = containerd_list_scopes(daemon, scopes, why);

	if (count < 0)
		return -1;
	for (int i = 0; i < count; i++) {
		(void)strlcpy(daemon->scope, scopes[i], sizeof(daemon->scope));
		if (collect(daemon, name, &all, why) < 0)
			return -1;
	}
	if (all.count == 0)
		return 1;
	if (all.count > 1)
		return say_ambiguous(&all, name, why);
	return get_chosen(daemon, seen, &all.best[0], why);
}

int containerd_find_container(struct sighting *seen, int socket_fd, const char *scope, const char *name,
			      int64_t deadline_ms, struct fail *why)
{
	struct containerd daemon;
	int outcome;

	memset(seen, 0, sizeof(*seen));
	if (!containerd_is_name(name) || !containerd_is_scope(scope))
		return 1;
	if (containerd_open(&daemon, socket_fd, deadline_ms, why) < 0)
		return -1;
	(void)strlcpy(daemon.scope, scope, sizeof(daemon.scope));
	outcome = find(&daemon, seen, name, why);
	containerd_close(&daemon);
	return outcome;
}
