/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The name of a target, taken apart; nothing is looked up here.
 *
 * Should:  never let one name stand for two things: what fits exactly is preferred to what fits in part,
 *          as docker does, and nothing else is preferred to anything.
 * Mustn't: let a byte through that no engine uses in names: names are sent and searched for.
 */
#include "query.h"

#include "text.h"

#include <bsd/string.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The container of a pod that keeps its namespaces. */
#define SANDBOX "POD"

enum { SHOWN_MAX = 160 };

#define ALL_RUNTIMES (((1U << TARGET_FILES) - 1) & ~(1U << TARGET_PROCESS))

static int refuse(const char *target, const char *reason, struct fail *why)
{
	char shown[SHOWN_MAX];

	return fail_set(why, FAIL_TOOL, "`%s` %s", text_encode(shown, sizeof(shown), target, strlen(target)),
			reason);
}

static bool is_name(const char *name, const char *others)
{
	if (!isalnum((unsigned char)name[0]) && name[0] != '_')
		return false;
	for (size_t i = 0; name[i] != '\0'; i++)
		if (!isalnum((unsigned char)name[i]) && strchr(others, name[i]) == NULL)
			return false;
	/* Names are parts of paths, for some engines. */
	return strstr(name, "/.") == NULL;
}

int query_all(struct query *query, const char *runtime, struct fail *why)
{
	enum target_runtime wanted;

	memset(query, 0, sizeof(*query));
	query->is_listing = true;
	query->runtimes = ALL_RUNTIMES;
	if (runtime == NULL)
		return 0;
	if (!runtime_find(runtime, &wanted))
		return refuse(
		    runtime,
		    "is no runtime that is known; it is docker, podman, containerd, cri-o, lxc or nspawn",
		    why);
	query->runtimes = 1U << wanted;
	return 0;
}

/* containerd://NAMESPACE/ID, or without a namespace, as Kubernetes prints it.  NULL if it is neither. */
static const char *split_scope(struct query *query, const char *name)
{
	const char *slash = strchr(name, '/');

	if (slash == NULL)
		return name;
	if ((size_t)(slash - name) >= sizeof(query->scope))
		return NULL;
	memcpy(query->scope, name, (size_t)(slash - name));
	return is_name(query->scope, "_.-") ? slash + 1 : NULL;
}

/* A pod alone is its sandbox, which engines call POD. */
static void complete_pod(struct query *query)
{
	const char *slash = strchr(query->name, '/');

	if (query->is_pod && slash != NULL && strchr(slash + 1, '/') == NULL)
		(void)strlcat(query->name, "/" SANDBOX, sizeof(query->name));
}

static int set_scheme(struct query *query, const char *target, size_t length, struct fail *why)
{
	enum target_runtime runtime;
	char scheme[16];

	if (length >= sizeof(scheme))
		return refuse(target, "has an unknown scheme; `debug --help` lists them", why);
	memcpy(scheme, target, length);
	scheme[length] = '\0';
	query->is_image = strcmp(scheme, "image") == 0;
	query->is_pod = strcmp(scheme, "pod") == 0;
	if (query->is_pod)
		query->runtimes &= (1U << TARGET_CONTAINERD) | (1U << TARGET_CRIO);
	if (query->is_image || query->is_pod)
		return 0;
	if (!runtime_find(scheme, &runtime))
		return refuse(target, "has an unknown scheme; `debug --help` lists them", why);
	query->runtimes &= 1U << runtime;
	return 0;
}

int query_parse(struct query *query, const char *target, const char *runtime, struct fail *why)
{
	const char *name = target;
	const char *colon = strstr(target, "://");

	if (query_all(query, runtime, why) < 0)
		return -1;
	query->is_listing = false;
	if (colon != NULL) {
		if (set_scheme(query, target, (size_t)(colon - target), why) < 0)
			return -1;
		name = colon + 3;
		if (query->runtimes == 0)
			return refuse(target, "and --runtime contradict each other; give one of them", why);
		if (query->runtimes == 1U << TARGET_CONTAINERD && !query->is_pod && !query->is_image)
			name = split_scope(query, name);
	}
	if (name == NULL)
		return refuse(target, "names no container; write it as containerd://NAMESPACE/ID", why);
	if (strlcpy(query->name, name, sizeof(query->name)) >= sizeof(query->name))
		return refuse(target, "is too long for a container's name", why);
	if (!is_name(query->name, query->is_pod ? "_.-/" : "_.-/:@+"))
		return refuse(
		    target, "cannot be a container's name: letters, digits, `_`, `.`, `-` and `/` only", why);
	complete_pod(query);
	return 0;
}

bool query_wants(const struct query *query, enum target_runtime runtime)
{
	return (query->runtimes & (1U << runtime)) != 0;
}

/* Of "ns/pod/container": "pod", "container", "pod/container", "ns/pod". */
static bool is_part(const char *part, const char *whole)
{
	const size_t length = strlen(part);

	for (const char *at = whole; at != NULL; at = strchr(at, '/')) {
		at += *at == '/';
		/* The namespace alone is no name for what is in it. */
		if (strncmp(at, part, length) == 0 && (at[length] == '\0' || at[length] == '/') &&
		    (at != whole || strchr(part, '/') != NULL))
			return true;
	}
	return false;
}

enum query_fit query_fit(const struct query *query, const struct sighting *seen)
{
	const bool is_in_pod = strchr(seen->name, '/') != NULL;

	if (!query_wants(query, (enum target_runtime)seen->runtime) ||
	    (query->scope[0] != '\0' && strcmp(query->scope, seen->scope) != 0))
		return QUERY_OTHER;
	if (query->is_listing || strcmp(query->name, seen->name) == 0)
		return QUERY_EXACT;
	if (!query->is_pod && strcmp(query->name, seen->id) == 0)
		return QUERY_EXACT;
	if (is_in_pod && is_part(query->name, seen->name))
		return QUERY_PARTIAL;
	if (!query->is_pod && strncmp(query->name, seen->id, strlen(query->name)) == 0 &&
	    strspn(seen->id, "0123456789abcdef") == strlen(seen->id))
		return QUERY_PARTIAL;
	return QUERY_OTHER;
}

/* The longest part between slashes: an engine may keep them apart. */
const char *query_needle(const struct query *query, size_t *length)
{
	const char *best = query->name;

	*length = 0;
	if (query->is_listing)
		return best;
	for (const char *at = query->name; *at != '\0'; at += at[0] == '/') {
		const size_t size = strcspn(at, "/");

		if (size > *length && strncmp(at, SANDBOX, size) != 0) {
			best = at;
			*length = size;
		}
		at += size;
	}
	return best;
}

bool query_may_mean_id(const struct query *query, const char *id)
{
	return query->is_listing || strncmp(id, query->name, strlen(query->name)) == 0;
}

void query_write_reference(char *out, size_t capacity, const struct sighting *seen)
{
	const bool has_scope = seen->scope[0] != '\0' && seen->runtime == TARGET_CONTAINERD;

	(void)snprintf(out, capacity, "%s://%s%s%s", runtime_name((enum target_runtime)seen->runtime),
		       has_scope ? seen->scope : "", has_scope ? "/" : "",
		       seen->id[0] != '\0' && seen->state != SIGHTING_IMAGE ? seen->id : seen->name);
}
