/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One command in many containers: all pods with some labels, on all their nodes, a number of sessions at a
 * time.
 *
 * One that fails is told of like one that succeeds, and never keeps another one from running.  The exit
 * status is 0 if all commands said so, else the greatest that was said.
 */
#include "kube.h"

#include "clock.h"
#include "kube_fleet.h"

#include <bsd/string.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
	SHOWN_MAX = 600,
	PARALLEL_MOST = 64,
	SIGNAL_BASE = 128,
	END_MS = 8000,
};

static int find_pods(struct fleet *fleet, struct fail *why)
{
	const struct kube_request *request = fleet->request;
	struct kubectl_call call = { 0 };
	char selector[2048];
	char shown[SHOWN_MAX];
	int failed;

	if ((size_t)snprintf(selector, sizeof(selector), "--selector=%s", request->selector) >=
	    sizeof(selector))
		return fail_set(why, FAIL_TOOL, "--selector is too long");
	if (request->is_all_namespaces)
		failed = kubectl_run(&call, fleet->kubectl,
				     KUBECTL_WORDS("get", "pods", selector, "-A", "-o", "json"), NULL, why);
	else if (request->ns != NULL)
		failed = kubectl_run(&call, fleet->kubectl,
				     KUBECTL_WORDS("get", "pods", selector, "-n", request->ns, "-o", "json"),
				     NULL, why);
	else
		failed = kubectl_run(&call, fleet->kubectl,
				     KUBECTL_WORDS("get", "pods", selector, "-o", "json"), NULL, why);
	if (failed == 0 && call.status != 0)
		failed = fail_set(why, FAIL_TOOL, "the pods cannot be listed: %s",
				  kubectl_complaint(&call.errors, shown, sizeof(shown)));
	if (failed == 0)
		failed = kube_pods_read(&fleet->pods, call.output != NULL ? call.output : "",
					call.output_size, why);
	kubectl_free(&call);
	return failed;
}

static bool is_meant(const struct fleet *fleet, const struct kube_pod *pod,
		     const struct kube_container *container)
{
	if (pod->is_deleted || pod->node[0] == '\0' || container->state != KUBE_STATE_RUNNING ||
	    container->id[0] == '\0')
		return false;
	return fleet->request->container == NULL || strcmp(fleet->request->container, container->name) == 0;
}

static int choose(struct fleet *fleet, struct fail *why)
{
	size_t most = 0;

	for (size_t i = 0; i < fleet->pods.count; i++)
		most += fleet->pods.all[i].container_count;
	fleet->members = calloc(most + 1, sizeof(*fleet->members));
	if (fleet->members == NULL)
		return fail_errno(why, FAIL_TOOL, errno, "cannot keep the list of containers");
	for (size_t i = 0; i < fleet->pods.count; i++) {
		const struct kube_pod *pod = &fleet->pods.all[i];

		for (size_t j = 0; j < pod->container_count; j++)
			if (is_meant(fleet, pod, &pod->containers[j])) {
				struct fleet_member *member = &fleet->members[fleet->count++];

				member->pod = pod;
				member->container = &pod->containers[j];
			}
	}
	return fleet->count > 0 ? 0
				: fail_set(why, FAIL_TOOL, "no container runs in %zu pods with these labels",
					   fleet->pods.count);
}

static int may_enter(struct fleet *fleet, const char *object, const char *ns, struct fail *why)
{
	struct kubectl_call call = { 0 };
	int answer = kubectl_run(
	    &call, fleet->kubectl,
	    KUBECTL_WORDS("auth", "can-i", "create", object, "--subresource=exec", "-n", ns), NULL, why);

	if (answer == 0)
		answer = call.output != NULL && strncmp(call.output, "yes", 3) == 0;
	kubectl_free(&call);
	return answer;
}

/* One question for each namespace, and only where the answer is no one for each pod.  A container that the
 * caller may not enter is refused, and not the rest. */
static int check_rights(struct fleet *fleet, struct fail *why)
{
	for (size_t i = 0; i < fleet->count; i++) {
		struct fleet_member *member = &fleet->members[i];
		const struct fleet_member *before = NULL;
		char object[300];
		int answer;

		for (size_t j = 0; j < i; j++)
			if (strcmp(fleet->members[j].pod->ns, member->pod->ns) == 0)
				before = &fleet->members[j];
		answer =
		    before != NULL ? before->may_enter_all : may_enter(fleet, "pods", member->pod->ns, why);
		member->may_enter_all = answer > 0;
		if (answer == 0) {
			(void)snprintf(object, sizeof(object), "pods/%s", member->pod->name);
			answer = may_enter(fleet, object, member->pod->ns, why);
		}
		if (answer < 0)
			return -1;
		if (answer == 0)
			(void)fail_set(&member->why, FAIL_DENIED, "you may not create pods/exec on this pod");
	}
	return 0;
}

static int get_helpers(struct fleet *fleet, struct fail *why)
{
	struct kube_helpers *helpers = &fleet->helpers;

	helpers->all = calloc(fleet->count, sizeof(*helpers->all));
	if (helpers->all == NULL)
		return fail_errno(why, FAIL_TOOL, errno, "cannot ask for helper pods");
	for (size_t i = 0; i < fleet->count; i++) {
		const char *node = fleet->members[i].pod->node;
		bool is_there = fleet->members[i].why.status != FAIL_NONE;

		for (size_t j = 0; j < helpers->count && !is_there; j++)
			is_there = strcmp(helpers->all[j].node, node) == 0;
		if (!is_there)
			(void)strlcpy(helpers->all[helpers->count++].node, node,
				      sizeof(helpers->all[0].node));
	}
	/* Without any the members say why, each. */
	if (helpers->count > 0 && kube_helpers_get(helpers, fleet->kubectl, fleet->request, why) < 0) {
		if (fleet->kubectl->killed_by != 0)
			return -1;
		helpers->why = *why;
		*why = (struct fail){ 0 };
	}
	return 0;
}

static void finish(struct fleet *fleet, struct fleet_member *member)
{
	member->stage = STAGE_IS_DONE;
	fleet->done++;
	fleet->failed += member->status != 0;
	fleet_show_end(fleet, member);
	fleet_show_progress(fleet);
}

static void begin(struct fleet *fleet, struct fleet_member *member)
{
	const struct kube_request *request = fleet->request;
	const struct kube_words words = { request->options, request->option_count, request->command,
					  request->command_count };
	const struct frame_start start = { .rows = 24, .columns = 80 };
	const struct kube_helper *helper = NULL;
	char label[KUBE_TARGET_MAX];

	for (size_t i = 0; i < fleet->helpers.count; i++)
		if (strcmp(fleet->helpers.all[i].node, member->pod->node) == 0 &&
		    fleet->helpers.all[i].is_ready)
			helper = &fleet->helpers.all[i];
	if (member->why.status == FAIL_NONE && helper == NULL)
		(void)fail_set(&member->why, FAIL_TOOL, "node `%s` has no helper pod: %s", member->pod->node,
			       fleet->helpers.why.text);
	if (member->why.status == FAIL_NONE) {
		const struct kube_place place = { helper->ns, helper->pod,
						  kube_pod_label(label, member->pod, member->container),
						  member->container->id };

		if (kube_remote_start(&member->remote, fleet->kubectl, &place, &words, &start,
				      &member->why) == 0) {
			frame_put(&member->remote.writer, FRAME_INPUT_END, FRAME_STDIN, NULL, 0);
			member->stage = STAGE_RUNS;
			fleet->running++;
			return;
		}
	}
	member->status = member->why.status;
	finish(fleet, member);
}

static void end(struct fleet *fleet, struct fleet_member *member)
{
	member->status = kube_remote_end(&member->remote, &member->why);
	if (member->status < 0)
		member->status = member->why.status;
	fleet->running--;
	finish(fleet, member);
}

/* Ctrl-C ends all sessions, and those that have not begun. */
static void take_signals(struct fleet *fleet)
{
	struct signalfd_siginfo received;

	while (read(fleet->kubectl->signal_fd, &received, sizeof(received)) == sizeof(received)) {
		const int number = (int)received.ssi_signo;

		if (number != SIGINT && number != SIGTERM && number != SIGHUP && number != SIGQUIT)
			continue;
		fleet->killed_by = number;
		fleet->end_ms = clock_now_ms() + END_MS;
		fleet->next = fleet->count;
		for (size_t i = 0; i < fleet->count; i++)
			if (fleet->members[i].stage == STAGE_RUNS)
				frame_put(&fleet->members[i].remote.writer, FRAME_SIGNAL, SIGTERM, NULL, 0);
	}
}

static void step(struct fleet *fleet)
{
	struct pollfd waited[REMOTE_FDS * PARALLEL_MOST + 1];
	struct fleet_member *running[PARALLEL_MOST];
	size_t count = 0;

	for (size_t i = 0; i < fleet->count && count < PARALLEL_MOST; i++)
		if (fleet->members[i].stage == STAGE_RUNS) {
			kube_remote_prepare(&fleet->members[i].remote, &waited[REMOTE_FDS * count]);
			running[count++] = &fleet->members[i];
		}
	waited[REMOTE_FDS * count] = (struct pollfd){ fleet->kubectl->signal_fd, POLLIN, 0 };
	if (poll(waited, REMOTE_FDS * count + 1, FRAME_ALIVE_MS / 4) < 0)
		return;
	if (waited[REMOTE_FDS * count].revents != 0)
		take_signals(fleet);
	for (size_t i = 0; i < count; i++) {
		kube_remote_handle(&running[i]->remote, &waited[REMOTE_FDS * i]);
		fleet_take_output(fleet, running[i], FRAME_STDOUT);
		fleet_take_output(fleet, running[i], FRAME_STDERR);
		if (kube_remote_is_done(&running[i]->remote) ||
		    (fleet->killed_by != 0 && clock_left_ms(fleet->end_ms) == 0))
			end(fleet, running[i]);
	}
}

static int run_all(struct fleet *fleet)
{
	int worst = 0;

	fleet_show_progress(fleet);
	while (fleet->next < fleet->count || fleet->running > 0) {
		while (fleet->next < fleet->count && fleet->running < (size_t)fleet->request->parallel)
			begin(fleet, &fleet->members[fleet->next++]);
		if (fleet->running > 0)
			step(fleet);
	}
	fleet_clear_progress(fleet);
	if (fleet->failed > 0 && !fleet->request->is_quiet)
		(void)dprintf(STDERR_FILENO, "debug: %zu of %zu failed\n", fleet->failed, fleet->count);
	for (size_t i = 0; i < fleet->count; i++)
		worst = fleet->members[i].status > worst ? fleet->members[i].status : worst;
	return fleet->killed_by != 0 ? SIGNAL_BASE + fleet->killed_by : worst;
}

int kube_fleet(struct kubectl *kubectl, const struct kube_request *request, struct fail *why)
{
	struct fleet fleet = { .kubectl = kubectl, .request = request };
	int status = -1;

	fleet.has_progress = isatty(STDERR_FILENO) && !request->is_quiet;
	if (find_pods(&fleet, why) == 0 && choose(&fleet, why) == 0 && check_rights(&fleet, why) == 0 &&
	    get_helpers(&fleet, why) == 0)
		status = run_all(&fleet);
	kube_helpers_end(&fleet.helpers, kubectl);
	free(fleet.members);
	kube_pods_free(&fleet.pods);
	return status;
}
