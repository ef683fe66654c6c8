/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * OCI bundles of containerd and of what is built on it: Kubernetes' CRI, k3s, nerdctl, Docker.
 *
 *   STATE/io.containerd.runtime.v2.task/NAMESPACE/ID/config.json   annotations name pod and container
 *                                                    init.pid      while it runs
 */
#include "evidence.h"

#include "fd.h"

#include <bsd/string.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define DOCKER_NAMESPACE "moby"

static const char *const states[] = {
	"/run/containerd",
	"/run/docker/containerd/daemon",
	"/run/k3s/containerd",
	"/run/k0s/containerd",
	"/var/snap/microk8s/common/run/containerd",
};

/* Below /run/user/UID. */
static const char *const states_of_user[] = { "containerd", "docker/containerd/daemon" };

static const char *const tasks[] = { "io.containerd.runtime.v2.task", "io.containerd.runtime.v1.linux" };

enum {
	STATE_COUNT = sizeof(states) / sizeof(states[0]),
	STATE_OF_USER_COUNT = sizeof(states_of_user) / sizeof(states_of_user[0]),
	TASK_COUNT = sizeof(tasks) / sizeof(tasks[0]),
};

struct search {
	struct evidence_list *list;
	const struct query *query;
	struct evidence item;	    /* what holds for all that is found at the place */
	const struct sighting *one; /* only the bundle of this container; or NULL */
	struct fail *why;
};

static int add_bundle(void *context, int namespace_fd, const char *id)
{
	struct search *search = context;
	const struct query *query = search->query;
	CLOSE_AT_EXIT int bundle_fd = FD_NONE;
	bool is_meant = query_may_mean_id(query, id) || search->item.kind == EVIDENCE_DOCKER_BUNDLE;

	if (search->one != NULL &&
	    (strcmp(id, search->one->id) != 0 || search->item.owner != search->one->owner))
		return 0;
	bundle_fd = evidence_open_below(namespace_fd, id);
	/* One of a Docker's tells as much as all of them. */
	if (search->item.kind == EVIDENCE_DOCKER_BUNDLE && search->list->count > 0 &&
	    search->list->all[search->list->count - 1].owner == search->item.owner)
		return 0;
	if (bundle_fd < 0 || !evidence_set_id(&search->item, id))
		return 0;
	search->item.pid = evidence_read_pid(bundle_fd, "init.pid");
	return evidence_add_file(search->list, &search->item, bundle_fd, "config.json",
				 is_meant ? NULL : query, search->why);
}

static bool is_wanted(const struct search *search, const char *namespace)
{
	const bool is_docker = strcmp(namespace, DOCKER_NAMESPACE) == 0;

	if (search->item.kind == EVIDENCE_DOCKER_BUNDLE || search->item.runtime == TARGET_DOCKER)
		return is_docker;
	return !is_docker && strlen(namespace) < sizeof(search->item.scope) &&
	       (search->query->scope[0] == '\0' || strcmp(search->query->scope, namespace) == 0);
}

static int add_namespace(void *context, int tasks_fd, const char *name)
{
	struct search *search = context;
	CLOSE_AT_EXIT int namespace_fd =
	    is_wanted(search, name) ? evidence_open_below(tasks_fd, name) : FD_NONE;

	if (namespace_fd < 0)
		return 0;
	(void)strlcpy(search->item.scope, name, sizeof(search->item.scope));
	return evidence_each(namespace_fd, add_bundle, search);
}

static int search_tasks(struct search *search, int state_fd)
{
	int failed = 0;

	for (size_t i = 0; failed == 0 && i < TASK_COUNT; i++) {
		CLOSE_AT_EXIT int tasks_fd = evidence_open_below(state_fd, tasks[i]);

		failed = evidence_each(tasks_fd, add_namespace, search);
	}
	return failed;
}

static int search_user(void *context, int user_fd, uint32_t owner)
{
	struct search *search = context;
	int failed = 0;

	search->item.owner = owner;
	for (size_t i = 0; failed == 0 && i < STATE_OF_USER_COUNT; i++) {
		CLOSE_AT_EXIT int state_fd = evidence_open_below(user_fd, states_of_user[i]);

		if (state_fd >= 0)
			failed = search_tasks(search, state_fd);
	}
	return failed;
}

static int search_all(struct search *search)
{
	int failed = 0;

	for (size_t i = 0; failed == 0 && i < STATE_COUNT; i++) {
		CLOSE_AT_EXIT int state_fd = evidence_open_directory(states[i], 0);

		if (state_fd >= 0)
			failed = search_tasks(search, state_fd);
	}
	return failed < 0 ? -1 : evidence_each_user(search_user, search);
}

int evidence_gather_bundles(struct evidence_list *list, const struct query *query, struct fail *why)
{
	struct search search = {
		.list = list,
		.query = query,
		.why = why,
		.item = { .kind = EVIDENCE_BUNDLE, .runtime = TARGET_CONTAINERD },
	};

	return query_wants(query, TARGET_CONTAINERD) ? search_all(&search) : 0;
}

int evidence_gather_docker_bundles(struct evidence_list *list, const struct query *query, struct fail *why)
{
	struct search search = {
		.list = list,
		.query = query,
		.why = why,
		.item = { .kind = EVIDENCE_DOCKER_BUNDLE, .runtime = TARGET_DOCKER },
	};

	return search_all(&search);
}

int evidence_gather_bundle(struct evidence_list *list, const struct sighting *seen, struct fail *why)
{
	struct query query = { .is_listing = true };
	struct search search = {
		.list = list,
		.query = &query,
		.why = why,
		.item = { .kind = EVIDENCE_BUNDLE, .runtime = seen->runtime },
		.one = seen,
	};

	if (seen->runtime == TARGET_PODMAN || seen->runtime == TARGET_CRIO)
		return evidence_gather_details(list, seen, why);
	if (seen->runtime != TARGET_DOCKER && seen->runtime != TARGET_CONTAINERD)
		return 0;
	(void)strlcpy(query.scope, seen->scope, sizeof(query.scope));
	return search_all(&search);
}
