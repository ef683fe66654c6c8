/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One session through Kubernetes:
 *
 *   request ─► pod, node, container ─► may the caller enter it? ─► helper pod ─► kubectl exec ─► result
 *
 * The pod is only read.  That the caller may exec into it is asked before anything is made; who has rights on
 * the helper pod could go around that, so it is courtesy and no boundary (kubectl-sidecar(1)).
 */
#include "kube.h"

#include "kube_helper.h"
#include "kube_manifest.h"
#include "kube_pod.h"
#include "kube_session.h"
#include "record_cast.h"
#include "relay.h"
#include "send.h"
#include "terminal.h"
#include "text.h"

#include <bsd/string.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN_MAX = 600, SIGNAL_BASE = 128 };

bool kube_is_plugin(const char *name)
{
	const char *slash = strrchr(name, '/');

	return strcmp(slash != NULL ? slash + 1 : name, "kubectl-sidecar") == 0;
}

static int open_kubectl(struct kubectl *kubectl, const struct kube_request *request, struct fail *why)
{
	*kubectl = (struct kubectl){ .option_count = request->kubectl_count };
	memcpy(kubectl->options, request->kubectl, sizeof(kubectl->options));
	kubectl->signal_fd = relay_block_signals(why);
	return kubectl->signal_fd < 0 ? -1 : kubectl_find(kubectl, why);
}

/* The namespace is left out if it is not said: then it is the context's. */
static void write_words(const char *words[16], const char *const first[], const struct kube_request *request)
{
	size_t count = 0;

	for (; first[count] != NULL; count++)
		words[count] = first[count];
	if (request->ns != NULL) {
		words[count++] = "-n";
		words[count++] = request->ns;
	}
	words[count] = NULL;
}

static int check_answers(const struct kubectl_call calls[2], const struct kube_request *request,
			 struct fail *why)
{
	char shown[SHOWN_MAX];

	if (calls[0].status != 0)
		return fail_set(why, FAIL_TOOL, "pod `%s`: %s", request->pod,
				kubectl_complaint(&calls[0].errors, shown, sizeof(shown)));
	if (calls[1].output != NULL && strncmp(calls[1].output, "yes", 3) == 0)
		return 0;
	if (calls[1].output != NULL && strncmp(calls[1].output, "no", 2) == 0)
		return fail_set(
		    why, FAIL_DENIED,
		    "you may not create pods/exec on pod `%s`, and so not debug it either; ask for a "
		    "role like that of `kubectl sidecar --print-rbac`",
		    request->pod);
	return fail_set(why, FAIL_TOOL, "cannot tell whether you may create pods/exec on pod `%s`: %s",
			request->pod, kubectl_complaint(&calls[1].errors, shown, sizeof(shown)));
}

/* Reads the pod, and asks meanwhile for the right to enter it. */
static int look(struct kube_pods *pods, struct kubectl *kubectl, const struct kube_request *request,
		struct fail *why)
{
	struct kubectl_call calls[2] = { 0 };
	const char *get[16];
	const char *ask[16];
	char object[300];
	int failed;

	(void)snprintf(object, sizeof(object), "pods/%s", request->pod);
	write_words(get, KUBECTL_WORDS("get", "pod", request->pod, "-o", "json", "--request-timeout=30s"),
		    request);
	write_words(
	    ask,
	    KUBECTL_WORDS("auth", "can-i", "create", object, "--subresource=exec", "--request-timeout=30s"),
	    request);
	failed = kubectl_start(&calls[0], kubectl, get, NULL, why);
	if (failed == 0)
		failed = kubectl_start(&calls[1], kubectl, ask, NULL, why);
	if (kubectl_wait(kubectl, calls, 2, why) < 0 || failed < 0)
		failed = -1;
	if (failed == 0)
		failed = check_answers(calls, request, why);
	if (failed == 0)
		failed = kube_pods_read(pods, calls[0].output != NULL ? calls[0].output : "",
					calls[0].output_size, why);
	if (failed == 0 && pods->count != 1) {
		kube_pods_free(pods);
		failed = fail_set(why, FAIL_TOOL, "there is no such pod");
	}
	kubectl_free(&calls[0]);
	kubectl_free(&calls[1]);
	return failed;
}

static void write_start(struct frame_start *start, const struct kube_request *request)
{
	const char *type = getenv("TERM");
	const char *shell = getenv("SHELL");
	const char *slash = shell != NULL ? strrchr(shell, '/') : NULL;
	unsigned short rows;
	unsigned short columns;

	*start = (struct frame_start){ 0 };
	start->has_terminal =
	    request->terminal == REQUEST_TERMINAL_ALWAYS ||
	    (request->terminal == REQUEST_TERMINAL_AUTO && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO));
	start->is_one_output = send_is_one_output();
	terminal_size(&rows, &columns);
	start->rows = rows;
	start->columns = columns;
	if (type != NULL && strlen(type) < sizeof(start->terminal_type))
		(void)strlcpy(start->terminal_type, type, sizeof(start->terminal_type));
	if (slash != NULL && strlen(slash + 1) < sizeof(start->shell) && start->has_terminal &&
	    !kube_request_has_line(request))
		(void)strlcpy(start->shell, slash + 1, sizeof(start->shell));
}

static int run_recorded(struct kubectl *kubectl, const struct kube_request *request,
			const struct kube_place *place, struct fail *why)
{
	struct record_cast record = { .fd = -1, .directory_fd = -1 };
	const struct kube_words words = { request->options, request->option_count, request->command,
					  request->command_count };
	struct frame_start start;
	struct fail of_record = { 0 };
	int status;

	write_start(&start, request);
	if (request->record != NULL) {
		const struct record_header header = { place->label, start.terminal_type, start.rows,
						      start.columns };

		if (!start.has_terminal)
			return fail_set(why, FAIL_TOOL,
					"--record is for a session with a terminal; -t gives it one");
		if (record_cast_open(&record, request->record, &header, why) < 0)
			return -1;
	}
	status = kube_session(kubectl, place, &words, &start, &record, why);
	if (record_cast_close(&record, &of_record) < 0)
		(void)dprintf(STDERR_FILENO, "debug: %s\n", of_record.text);
	return status;
}

static int enter(struct kubectl *kubectl, const struct kube_request *request, const struct kube_pod *pod,
		 struct fail *why)
{
	const struct kube_container *container = kube_pod_choose(pod, request->container, why);
	struct kube_helpers helpers = { 0 };
	char label[KUBE_TARGET_MAX];
	char target[KUBE_TARGET_MAX];
	int status = -1;

	if (container == NULL || kube_pod_target(target, pod, container, request->is_wait, why) < 0)
		return -1;
	if (container->state != KUBE_STATE_RUNNING && !request->is_wait && !request->is_quiet)
		(void)dprintf(STDERR_FILENO,
			      "debug: container `%s` does not run%s%s%s; these are the files of its last run "
			      "(--wait attaches to the next)\n",
			      container->name, container->reason[0] != '\0' ? " (" : "", container->reason,
			      container->reason[0] != '\0' ? ")" : "");
	helpers.all = calloc(1, sizeof(*helpers.all));
	if (helpers.all == NULL)
		return fail_errno(why, FAIL_TOOL, errno, "cannot ask for a helper pod");
	helpers.count = 1;
	(void)strlcpy(helpers.all[0].node, pod->node, sizeof(helpers.all[0].node));
	if (kube_helpers_get(&helpers, kubectl, request, why) == 0) {
		const struct kube_place place = { helpers.all[0].ns, helpers.all[0].pod,
						  kube_pod_label(label, pod, container), target };

		status = run_recorded(kubectl, request, &place, why);
	}
	kube_helpers_end(&helpers, kubectl);
	return status;
}

static int attach(struct kubectl *kubectl, const struct kube_request *request, struct fail *why)
{
	struct kube_pods pods = { 0 };
	int status = -1;

	if (look(&pods, kubectl, request, why) == 0)
		status = enter(kubectl, request, &pods.all[0], why);
	kube_pods_free(&pods);
	return status;
}

static int print_roles(const struct kube_request *request, struct fail *why)
{
	char *roles = kube_manifest_roles(request, request->ns != NULL ? request->ns : "default");
	const bool is_printed = roles != NULL && printf("%s\n", roles) > 0;

	free(roles);
	return is_printed ? 0 : fail_set(why, FAIL_TOOL, "cannot print the roles");
}

static int run(struct kubectl *kubectl, const struct kube_request *request, struct fail *why)
{
	switch (request->verb) {
	case KUBE_ATTACH:
		return request->selector != NULL ? kube_fleet(kubectl, request, why)
						 : attach(kubectl, request, why);
	case KUBE_INSTALL:
		return kube_helper_install(kubectl, request, why);
	case KUBE_UNINSTALL:
		return kube_helper_uninstall(kubectl, request, why);
	case KUBE_GC:
		return kube_helper_gc(kubectl, request, why);
	case KUBE_DOCTOR:
		return kube_doctor(kubectl, request, why);
	case KUBE_PRINT_RBAC:
	case KUBE_HELP:
	case KUBE_VERSION:
		break;
	}
	return 0;
}

static int run_with_kubectl(const struct kube_request *request, struct fail *why)
{
	struct kubectl kubectl;
	int status;

	if (open_kubectl(&kubectl, request, why) < 0)
		return -1;
	status = run(&kubectl, request, why);
	return status < 0 && kubectl.killed_by != 0 ? SIGNAL_BASE + kubectl.killed_by : status;
}

int kube_main(int argc, char *argv[], struct fail *why)
{
	struct kube_request request;
	int status = 0;

	if (kube_request_parse(&request, argc, argv, why) < 0)
		return -1;
	if (request.verb == KUBE_HELP)
		kube_request_print_help();
	else if (request.verb == KUBE_VERSION)
		(void)printf("kubectl-sidecar %s\n", DEBUG_VERSION);
	else if (request.verb == KUBE_PRINT_RBAC)
		status = print_roles(&request, why);
	else if (request.verb == KUBE_INSTALL && request.is_print)
		status = kube_helper_install(&(struct kubectl){ 0 }, &request, why);
	else
		status = run_with_kubectl(&request, why);
	kube_request_free(&request);
	return status;
}

int kube_attach(const struct request *asked, int argc, char *argv[], struct fail *why)
{
	struct kube_request request;
	int status;

	if (kube_request_from_debug(&request, asked, argc, argv, why) < 0)
		return -1;
	status = run_with_kubectl(&request, why);
	kube_request_free(&request);
	return status;
}
