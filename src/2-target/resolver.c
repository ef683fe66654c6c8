/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * query → the one sighting.
 *
 *   1. Docker is asked for the one name; what the other runtimes keep on disk is searched for it
 *   2. if Docker did not answer, or nothing was found: also what Docker keeps on disk, and whatever costs
 *      something to look at
 *   3. containerd is asked for one that does not run; then all for images of that name
 *   4. a sentence about what may have been meant
 *
 * Should:  give the same answer whether engines answer or hang.
 * Mustn't: prefer one of several that fit.
 */
#include "resolver.h"

#include "containerd.h"
#include "engines.h"
#include "evidence.h"
#include "fd.h"
#include "membership.h"
#include "proc.h"

#include <bsd/string.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOCKER_CONTAINERS "/var/lib/docker/containers"

enum { SHOWN_MAX = 5, REFERENCE_MAX = 400 };

/* Once more without what users keep: a file that the resolver cannot bear is then only its owner's loss. */
static int ask_of_system(struct findings *findings, const struct inquiry *inquiry, struct fail *why)
{
	const struct evidence_list *all = inquiry->evidence;
	struct evidence_list own = { .all = reallocarray(NULL, all->count, sizeof(*own.all)) };
	struct inquiry other = *inquiry;
	int failed;

	if (own.all == NULL)
		return fail_errno(why, FAIL_TOOL, ENOMEM, "cannot look at the runtimes' containers");
	for (size_t i = 0; i < all->count; i++)
		if (all->all[i].owner == 0)
			own.all[own.count++] = all->all[i];
	other.evidence = &own;
	*why = (struct fail){ 0 };
	failed = inquiry_ask(findings, &other, why);
	/* What it lists stays the other list's. */
	free(own.all);
	return failed;
}

static int ask(struct findings *findings, enum question question, const struct query *query,
	       const struct evidence_list *evidence, const struct engines *engines, struct fail *why)
{
	const struct inquiry inquiry = {
		.question = question,
		.query = query,
		.evidence = evidence,
		.engines = engines->all,
		.engine_count = engines->count,
	};

	/* Nothing to understand: no process is needed for that. */
	if (evidence->count == 0 && engines->count == 0 && question != QUESTION_SUGGESTION)
		return 0;
	if (inquiry_ask(findings, &inquiry, why) == 0)
		return 0;
	return evidence->users_count > 0 ? ask_of_system(findings, &inquiry, why) : -1;
}

static int look(struct findings *findings, const struct resolver *resolver, const struct query *query,
		struct fail *why)
{
	struct evidence_list evidence = { 0 };
	struct engines engines = { 0 };
	int failed;

	engines_connect_docker(&engines, query, resolver->docker_socket);
	findings->is_silent = engines.is_silent;
	failed = evidence_gather(&evidence, query, resolver->host_proc_fd, false, why);
	if (failed == 0)
		failed = ask(findings, QUESTION_CONTAINERS, query, &evidence, &engines, why);
	engines_close(&engines);
	evidence_free(&evidence);
	return failed;
}

/* Where each Docker keeps its containers: the bundle of any that runs tells.  Without one, where the
 * system's does by default. */
static int gather_docker(struct evidence_list *evidence, const struct query *query, struct fail *why)
{
	const struct engines none = { 0 };
	struct evidence_list bundles = { 0 };
	struct findings places = { 0 };
	bool is_system_found = false;
	int failed = evidence_gather_docker_bundles(&bundles, query, why);

	if (failed == 0)
		failed = ask(&places, QUESTION_CONTAINERS, query, &bundles, &none, why);
	for (size_t i = 0; i < places.count && failed == 0; i++) {
		const struct sighting *place = &places.all[i];

		if (place->layers_size == 0 || place->layers_size > EVIDENCE_PATH_MAX)
			continue;
		is_system_found = is_system_found || place->owner == 0;
		failed = evidence_gather_docker(evidence, query, place->layers, place->owner, why);
	}
	if (failed == 0 && !is_system_found)
		failed = evidence_gather_docker(evidence, query, DOCKER_CONTAINERS, 0, why);
	findings_free(&places);
	evidence_free(&bundles);
	return failed;
}

/* All that is on disk. */
static int gather_all(struct evidence_list *evidence, const struct resolver *resolver,
		      const struct query *query, struct fail *why)
{
	if (evidence_gather(evidence, query, resolver->host_proc_fd, true, why) < 0)
		return -1;
	return query_wants(query, TARGET_DOCKER) ? gather_docker(evidence, query, why) : 0;
}

/* A root directory on disk is that of a container which may run. */
static void drop_shadows(struct findings *findings)
{
	size_t kept = 0;

	for (size_t i = 0; i < findings->count; i++) {
		const struct sighting *seen = &findings->all[i];
		bool is_shadow = false;

		for (size_t j = 0; j < findings->count && !is_shadow && seen->pid == 0; j++)
			is_shadow = findings->all[j].pid != 0 && findings->all[j].runtime == seen->runtime &&
				    (seen->runtime == TARGET_LXC || seen->runtime == TARGET_NSPAWN) &&
				    strcmp(findings->all[j].name, seen->name) == 0;
		if (!is_shadow && kept++ != i)
			findings->all[kept - 1] = findings->all[i];
	}
	findings->count = kept;
}

static int look_thoroughly(struct findings *findings, const struct resolver *resolver, enum question question,
			   const struct query *query, struct fail *why)
{
	const struct engines none = { 0 };
	struct evidence_list evidence = { 0 };
	int failed = gather_all(&evidence, resolver, query, why);

	if (failed == 0)
		failed = ask(findings, question, query, &evidence, &none, why);
	evidence_free(&evidence);
	drop_shadows(findings);
	return failed;
}

/* Whether a container runs can stand elsewhere than its name; and a pid file stays when its process ends. */
static void complete(struct sighting *seen, int host_proc_fd)
{
	const bool is_storage = seen->runtime == TARGET_PODMAN || seen->runtime == TARGET_CRIO;
	CLOSE_AT_EXIT int proc_fd = FD_NONE;

	if ((seen->runtime == TARGET_DOCKER && seen->owner == 0) || seen->state == SIGHTING_IMAGE)
		return;
	if (seen->pid == 0 && is_storage)
		seen->pid = evidence_pid_of_storage(seen->id, seen->owner);
	proc_fd = seen->pid == 0 ? FD_NONE : proc_open_pid(host_proc_fd, seen->pid);
	if (proc_fd < 0 || !membership_check(host_proc_fd, proc_fd, seen->id, seen->owner))
		seen->pid = 0;
	if (seen->pid == 0 || seen->state != SIGHTING_PAUSED)
		seen->state = seen->pid != 0 ? SIGHTING_RUNNING : SIGHTING_STOPPED;
}

/* What it was told to start stands in a file of its own. */
static int add_details(struct sighting *seen, const struct query *query, struct fail *why)
{
	const struct engines none = { 0 };
	struct evidence_list evidence = { 0 };
	struct findings details = { 0 };
	struct query any = *query;
	int failed = evidence_gather_details(&evidence, seen, why);

	any.is_listing = true;
	any.scope[0] = '\0';
	any.runtimes = ~0U;
	if (failed == 0 && evidence.count > 0)
		failed = ask(&details, QUESTION_CONTAINERS, &any, &evidence, &none, why);
	if (failed == 0 && details.count > 0) {
		memcpy(seen->configured, details.all[0].configured, sizeof(seen->configured));
		seen->configured_size = details.all[0].configured_size;
		seen->has_labels = details.all[0].has_labels;
	}
	findings_free(&details);
	evidence_free(&evidence);
	return failed;
}

/* Keeps those that fit best.  What fits exactly is what was meant, as with docker. */
static void keep_best(struct findings *findings, const struct query *query)
{
	enum query_fit best = QUERY_OTHER;
	size_t kept = 0;

	for (size_t i = 0; i < findings->count; i++) {
		const enum query_fit fit = query_fit(query, &findings->all[i]);

		best = fit < best ? fit : best;
	}
	for (size_t i = 0; i < findings->count; i++)
		if (query_fit(query, &findings->all[i]) == best)
			findings->all[kept++] = findings->all[i];
	findings->count = kept;
}

/* With which two of one name can be told apart, and pid://N taken instead. */
static const char *describe_process(char *out, size_t capacity, const struct sighting *seen)
{
	if (seen->pid != 0)
		(void)snprintf(out, capacity, "process %d", (int)seen->pid);
	else
		(void)snprintf(out, capacity, "%s", seen->state == SIGHTING_IMAGE ? "image" : "not running");
	return out;
}

static int refuse_several(const struct findings *findings, const struct query *query, struct fail *why)
{
	char names[SHOWN_MAX * REFERENCE_MAX];
	size_t used = 0;

	for (size_t i = 0; i < findings->count && i < SHOWN_MAX && used < sizeof(names); i++) {
		const struct sighting *seen = &findings->all[i];
		char reference[REFERENCE_MAX];
		char process[32];

		query_write_reference(reference, sizeof(reference), seen);
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s`%s` (%.60s, %s)",
					 i == 0 ? "" : ", ", reference, seen->name,
					 describe_process(process, sizeof(process), seen));
	}
	return fail_set(why, FAIL_TOOL, "`%s` fits several: %.700s%s; say which", query->name, names,
			findings->count > SHOWN_MAX ? " and more" : "");
}

static int explain_missing(const struct findings *findings, const struct resolver *resolver,
			   const struct query *query, struct fail *why)
{
	struct findings suggestion = { 0 };
	struct query everything = *query;
	int failed;

	everything.is_listing = true;
	failed = look_thoroughly(&suggestion, resolver, QUESTION_SUGGESTION, &everything, why);
	if (failed == 0 && findings->is_silent)
		(void)fail_set(why, FAIL_DEADLINE, "%.400s, and on disk %.500s",
			       findings->why.status == FAIL_DEADLINE ? findings->why.text
								     : "an engine takes no connection",
			       suggestion.why.text);
	else if (failed == 0)
		*why = suggestion.why;
	findings_free(&suggestion);
	return failed < 0 ? -1 : 1;
}

/* What does not run leaves nothing on disk that is not containerd's database: it must be asked itself. */
static int ask_containerd(struct findings *findings, enum question question, const struct query *query,
			  struct fail *why)
{
	struct evidence_list evidence = { 0 };
	struct engines engines = { 0 };
	int failed;

	engines_connect_containerd(&engines);
	findings->is_silent = findings->is_silent || engines.is_silent;
	failed = ask(findings, question, query, &evidence, &engines, why);
	engines_close(&engines);
	return failed;
}

static int look_for_images(struct findings *findings, const struct resolver *resolver,
			   const struct query *query, struct fail *why)
{
	struct evidence_list evidence = { 0 };
	struct engines engines = { 0 };
	int failed = 0;

	engines_connect_docker(&engines, query, resolver->docker_socket);
	if (query_wants(query, TARGET_CONTAINERD))
		engines_connect_containerd(&engines);
	if (query_wants(query, TARGET_PODMAN))
		failed = evidence_gather_images(&evidence, why);
	if (failed == 0)
		failed = ask(findings, QUESTION_IMAGES, query, &evidence, &engines, why);
	engines_close(&engines);
	evidence_free(&evidence);
	return failed;
}

static int find(struct findings *findings, const struct resolver *resolver, const struct query *query,
		struct fail *why)
{
	if (!query->is_image && look(findings, resolver, query, why) < 0)
		return -1;
	if (!query->is_image && (findings->count == 0 || findings->is_silent) &&
	    look_thoroughly(findings, resolver, QUESTION_CONTAINERS, query, why) < 0)
		return -1;
	if (!query->is_image && !resolver->is_running_only && findings->count == 0 &&
	    query_wants(query, TARGET_CONTAINERD) &&
	    ask_containerd(findings, QUESTION_CONTAINERS, query, why) < 0)
		return -1;
	keep_best(findings, query);
	if (findings->count > 0 || query->is_pod || query->scope[0] != '\0' || resolver->is_running_only)
		return 0;
	return look_for_images(findings, resolver, query, why);
}

/* What Docker does not tell if containerd keeps its images, nor a bundle of what has ended. */
static int add_layers(struct sighting *seen, struct fail *why)
{
	const bool is_docker = seen->runtime == TARGET_DOCKER;
	const bool is_image = seen->state == SIGHTING_IMAGE;
	struct query query = { .runtimes = 1U << TARGET_CONTAINERD };
	struct findings findings = { 0 };
	int failed;

	(void)strlcpy(query.scope, is_docker ? CONTAINERD_SCOPE_DOCKER : seen->scope, sizeof(query.scope));
	(void)strlcpy(query.name, is_image && seen->image[0] != '\0' ? seen->image : seen->id,
		      sizeof(query.name));
	failed = ask_containerd(&findings,
				is_image    ? QUESTION_IMAGES
				: is_docker ? QUESTION_LAYERS
					    : QUESTION_CONTAINERS,
				&query, why);
	if (failed == 0 && findings.count > 0) {
		memcpy(seen->layers, findings.all[0].layers, sizeof(seen->layers));
		seen->layers_size = findings.all[0].layers_size;
	}
	findings_free(&findings);
	return failed;
}

/* What a name does not tell: whether it runs, what it was told to start, what its root is made of. */
static int fill(struct sighting *seen, const struct resolver *resolver, const struct query *query,
		struct fail *why)
{
	/* Docker's pid is checked when it is joined, where more can be said about it. */
	if (seen->runtime != TARGET_DOCKER)
		complete(seen, resolver->host_proc_fd);
	if (resolver->is_running_only && seen->pid == 0)
		return 0;
	if (add_details(seen, query, why) < 0)
		return -1;
	if (seen->pid != 0)
		seen->layers_size = 0;
	else if ((seen->runtime == TARGET_DOCKER || seen->runtime == TARGET_CONTAINERD) &&
		 seen->layers_size == 0)
		return add_layers(seen, why);
	else if ((seen->runtime == TARGET_PODMAN || seen->runtime == TARGET_CRIO) &&
		 !evidence_expand_layers(seen))
		seen->layers_size = 0;
	return 0;
}

int resolver_find(struct sighting *seen, const struct resolver *resolver, const struct query *query,
		  struct fail *why)
{
	struct findings findings = { 0 };
	int failed = find(&findings, resolver, query, why);

	if (failed == 0 && findings.count == 0 && resolver->is_running_only)
		failed = ((void)fail_set(why, FAIL_TOOL, "no container named `%s` runs", query->name), 1);
	else if (failed == 0 && findings.count == 0)
		failed = findings.why.status != FAIL_NONE && !findings.is_silent
			     ? (*why = findings.why, -1)
			     : explain_missing(&findings, resolver, query, why);
	else if (failed == 0 && findings.count > 1)
		failed = refuse_several(&findings, query, why);
	if (failed == 0) {
		*seen = findings.all[0];
		failed = fill(seen, resolver, query, why);
	}
	findings_free(&findings);
	return failed;
}

int resolver_list(struct findings *findings, const struct resolver *resolver, const struct query *query,
		  struct fail *why)
{
	if (look_thoroughly(findings, resolver, QUESTION_CONTAINERS, query, why) < 0)
		return -1;
	for (size_t i = 0; i < findings->count; i++)
		complete(&findings->all[i], resolver->host_proc_fd);
	return 0;
}
