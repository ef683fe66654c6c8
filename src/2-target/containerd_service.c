/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to containerd, and what may be put into them. */
#include "containerd_service.h"

#include "containerd.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { METHOD_MAX = 96, NAME_SIZE_MAX = 255, NAME_PARTS_MAX = 3 };

const char *const containerd_sockets[] = {
	"/run/containerd/containerd.sock",
	"/run/docker/containerd/containerd.sock",
	"/run/k3s/containerd/containerd.sock",
	"/run/k0s/containerd.sock",
	"/var/snap/microk8s/common/run/containerd.sock",
	NULL,
};

static bool is_made_of(const char *text, const char *others, size_t size_max)
{
	size_t size = strlen(text);

	if (size == 0 || size > size_max || !isalnum((unsigned char)text[0]))
		return false;
	for (size_t i = 0; i < size; i++)
		if (!isalnum((unsigned char)text[i]) && strchr(others, text[i]) == NULL)
			return false;
	return true;
}

bool containerd_is_name(const char *name)
{
	size_t parts = 1;

	if (!is_made_of(name, "_.-/", NAME_SIZE_MAX))
		return false;
	for (; *name != '\0'; name++) {
		if (*name != '/')
			continue;
		parts++;
		if (!isalnum((unsigned char)name[1]))
			return false;
	}
	return parts <= NAME_PARTS_MAX;
}

bool containerd_is_reference(const char *reference)
{
	return is_made_of(reference, "_.-/:@+", NAME_SIZE_MAX);
}

bool containerd_is_scope(const char *scope)
{
	return scope[0] == '\0' || is_made_of(scope, "_.-", CONTAINERD_SCOPE_MAX - 1);
}

int containerd_open(struct containerd *daemon, int socket_fd, int64_t deadline_ms, struct fail *why)
{
	*daemon = (struct containerd){ .deadline_ms = deadline_ms };
	daemon->connection = grpc_open(socket_fd, "containerd", why);
	return daemon->connection == NULL ? -1 : 0;
}

void containerd_close(struct containerd *daemon)
{
	grpc_close(daemon->connection);
	daemon->connection = NULL;
}

int containerd_ask(struct containerd *daemon, const char *method, const struct protobuf_writer *message,
		   struct grpc_answer *answer, struct fail *why)
{
	char path[METHOD_MAX];
	struct grpc_request request = { .path = path,
					.message = message,
					.answer_max = CONTAINERD_ANSWER_MAX };

	(void)snprintf(path, sizeof(path), "/containerd.services.%s", method);
	if (daemon->scope[0] != '\0')
		request.metadata[request.metadata_count++] =
		    (struct grpc_metadata){ "containerd-namespace", daemon->scope };
	if (daemon->lease != NULL)
		request.metadata[request.metadata_count++] =
		    (struct grpc_metadata){ "containerd-lease", daemon->lease };
	if (grpc_call(daemon->connection, &request, daemon->deadline_ms, answer, why) < 0)
		return -1;
	if (answer->status == GRPC_OK)
		return 0;
	free(answer->bytes);
	answer->bytes = NULL;
	if (answer->status == GRPC_NOT_FOUND)
		return 1;
	return fail_set(why, FAIL_TOOL, "containerd refused %s: %s", method, answer->text);
}

int containerd_refuse(struct fail *why, const char *what)
{
	return fail_set(why, FAIL_TOOL, "the answer of containerd about %s cannot be used: it is malformed",
			what);
}

int containerd_get_message(const struct grpc_answer *answer, struct protobuf_bytes *message, struct fail *why)
{
	struct protobuf_bytes another;
	size_t offset = 0;

	if (grpc_next_message(answer, &offset, message) != 1 ||
	    grpc_next_message(answer, &offset, &another) != 0)
		return fail_set(why, FAIL_TOOL, "the answer of containerd is not one message");
	return 0;
}

bool containerd_get_text(struct protobuf_bytes message, uint32_t number, char *out, size_t capacity)
{
	struct protobuf_field field;

	return protobuf_get(message, number, PROTOBUF_BYTES, &field) >= 0 &&
	       protobuf_to_string(field.bytes, out, capacity);
}

/* Of ListNamespacesResponse: 1 namespaces; of Namespace: 1 name. */
static int collect_scopes(struct protobuf_bytes list,
			  char scopes[CONTAINERD_SCOPES_MAX][CONTAINERD_SCOPE_MAX], struct fail *why)
{
	struct protobuf_field item;
	int count = 0;
	int more;

	while ((more = protobuf_next(&list, &item)) > 0) {
		char *scope = scopes[count];

		if (item.number != 1)
			continue;
		if (count == CONTAINERD_SCOPES_MAX - 1)
			return fail_set(why, FAIL_TOOL,
					"containerd has more than %d namespaces; say which one is meant",
					CONTAINERD_SCOPES_MAX - 1);
		if (item.kind != PROTOBUF_BYTES ||
		    !containerd_get_text(item.bytes, 1, scope, CONTAINERD_SCOPE_MAX) || scope[0] == '\0' ||
		    !containerd_is_scope(scope))
			return containerd_refuse(why, "its namespaces");
		if (strcmp(scope, CONTAINERD_SCOPE_DOCKER) != 0)
			count++;
	}
	return more < 0 ? containerd_refuse(why, "its namespaces") : count;
}

int containerd_list_scopes(struct containerd *daemon,
			   char scopes[CONTAINERD_SCOPES_MAX][CONTAINERD_SCOPE_MAX], struct fail *why)
{
	const struct protobuf_writer nothing = { 0 };
	struct grpc_answer answer;
	struct protobuf_bytes list;
	int count;

	if (daemon->scope[0] != '\0') {
		memcpy(scopes[0], daemon->scope, CONTAINERD_SCOPE_MAX);
		return 1;
	}
	count = containerd_ask(daemon, "namespaces.v1.Namespaces/List", &nothing, &answer, why);
	if (count != 0)
		return count > 0 ? 0 : -1;
	count = containerd_get_message(&answer, &list, why);
	if (count == 0)
		count = collect_scopes(list, scopes, why);
	free(answer.bytes);
	return count;
}
