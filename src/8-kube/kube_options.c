/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each of the plugin's own options does. */
#include "kube_options.h"

#include "options.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 200, PARALLEL_MOST = 60, TTL_MOST = 7 * 86400 };

const struct kube_option kube_options[] = {
	{ 'c', "container", "NAME", "this container of the pod", OWN_CONTAINER },
	{ 'n', "namespace", "NAME", "the pod's namespace (default: the context's)", OWN_NAMESPACE },
	{ 'l', "selector", "LABELS", "run COMMAND in every container of the pods with these labels",
	  OWN_SELECTOR },
	{ 'A', "all-namespaces", NULL, "with -l: in all namespaces", OWN_ALL_NAMESPACES },
	{ 0, "command", "STRING", "run STRING in the toolbox's shell", OWN_COMMAND },
	{ 0, "parallel", "N", "with -l: as many at once (default 16)", OWN_PARALLEL },
	{ 0, "group", NULL, "with -l: the output of each container as one piece", OWN_GROUP },
	{ 0, "json", NULL, "with -l and for doctor: one object of JSON a line", OWN_JSON },
	{ 0, "image", "IMAGE", "of the helper pod (default $DEBUG_SIDECAR_IMAGE, " KUBE_IMAGE ")",
	  OWN_IMAGE },
	{ 0, "image-pull-secret", "NAME", "a secret in the helper's namespace to pull it with",
	  OWN_PULL_SECRET },
	{ 0, "helper-namespace", "NAME", "where the helper pod is, or is made", OWN_HELPER_NAMESPACE },
	{ 0, "ttl", "SECONDS", "how long a helper pod may live (default 28800)", OWN_TTL },
	{ 0, "print", NULL, "install: print the manifests, and do nothing", OWN_PRINT },
	{ 0, "policy-user", "UID", "install: sessions are of this user, so that debug.conf(5) decides",
	  OWN_POLICY_USER },
	{ 0, "print-rbac", NULL, "print the smallest roles for users of the plugin", OWN_PRINT_RBAC },
	{ 0, "all", NULL, "gc: helper pods that still run, too", OWN_ALL },
	{ 0, "context", "NAME", "as kubectl has it; so --kubeconfig, --cluster, --server, --as, --as-group",
	  OWN_KUBECTL },
	{ 0, "kubeconfig", "FILE", NULL, OWN_KUBECTL },
	{ 0, "cluster", "NAME", NULL, OWN_KUBECTL },
	{ 0, "server", "URL", NULL, OWN_KUBECTL },
	{ 0, "as", "USER", NULL, OWN_KUBECTL },
	{ 0, "as-group", "GROUP", NULL, OWN_KUBECTL },
};

const size_t kube_option_count = sizeof(kube_options) / sizeof(kube_options[0]);

static const char *show(char shown[SHOWN_MAX], const char *word)
{
	return text_encode(shown, SHOWN_MAX, word, strlen(word));
}

char *kube_option_own(struct kube_request *request, char *text)
{
	if (text != NULL)
		request->owned[request->owned_count++] = text;
	return text;
}

/* BEFORE + VALUE as a new word; NULL without memory. */
static const char *join(struct kube_request *request, const char *before, const char *value)
{
	const size_t size = strlen(before) + strlen(value) + 1;
	char *text = malloc(size);

	if (text != NULL)
		(void)snprintf(text, size, "%s%s", before, value);
	return kube_option_own(request, text);
}

int kube_option_name(const char **to, const char *value, bool is_label, const char *what, struct fail *why)
{
	char shown[SHOWN_MAX];

	if (is_label ? !kube_is_label(value) : !kube_is_name(value))
		return fail_set(why, FAIL_TOOL, "`%s` cannot be the name of %s", show(shown, value), what);
	*to = value;
	return 0;
}

static int set_number(int64_t *to, const char *value, const char *option, int64_t most, struct fail *why)
{
	char shown[SHOWN_MAX];

	if (text_to_number(value, 1, most, to))
		return 0;
	return fail_set(why, FAIL_TOOL, "option --%s takes a number up to %lld, not `%s`", option,
			(long long)most, show(shown, value));
}

int kube_option_add(struct kube_request *request, const char *before, const char *value, struct fail *why)
{
	const char *word = join(request, before, value);

	if (word == NULL)
		return fail_errno(why, FAIL_TOOL, ENOMEM, "cannot read the command line");
	request->options[request->option_count++] = word;
	return 0;
}

static int add_kubectl(struct kube_request *request, const char *name, const char *value, struct fail *why)
{
	char before[32];
	const char *word;

	(void)snprintf(before, sizeof(before), "--%s=", name);
	word = join(request, before, value);
	if (word == NULL || request->kubectl_count == KUBECTL_OPTIONS_MAX)
		return fail_set(why, FAIL_TOOL, "there are too many options for kubectl");
	request->kubectl[request->kubectl_count++] = word;
	return 0;
}

int kube_option_image(struct kube_request *request, const char *value, struct fail *why)
{
	char shown[SHOWN_MAX];

	if (value[0] == '\0' || value[0] == '-' || strlen(value) > 500 ||
	    strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@") !=
		strlen(value))
		return fail_set(why, FAIL_TOOL, "`%s` cannot be the name of an image", show(shown, value));
	request->image = value;
	return 0;
}

int kube_option_set(struct kube_request *request, const struct kube_option *option, const char *value,
		    struct fail *why)
{
	int64_t number;

	switch (option->kind) {
	case OWN_CONTAINER:
		return kube_option_name(&request->container, value, true, "a container", why);
	case OWN_NAMESPACE:
		return kube_option_name(&request->ns, value, true, "a namespace", why);
	case OWN_HELPER_NAMESPACE:
		return kube_option_name(&request->helper_namespace, value, true, "a namespace", why);
	case OWN_PULL_SECRET:
		return kube_option_name(&request->pull_secret, value, false, "a secret", why);
	case OWN_POLICY_USER:
		if (set_number(&number, value, option->name, 4294967294, why) < 0)
			return -1;
		request->policy_user = value;
		return 0;
	case OWN_IMAGE:
		return kube_option_image(request, value, why);
	case OWN_PARALLEL:
		return set_number(&request->parallel, value, option->name, PARALLEL_MOST, why);
	case OWN_TTL:
		return set_number(&request->ttl_seconds, value, option->name, TTL_MOST, why);
	case OWN_COMMAND:
		if (value[0] == '\0')
			return fail_set(why, FAIL_TOOL, "the command is empty");
		return kube_option_add(request, "-c", value, why);
	case OWN_KUBECTL:
		return add_kubectl(request, option->name, value, why);
	case OWN_SELECTOR:
		request->selector = value;
		return 0;
	case OWN_ALL_NAMESPACES:
		request->is_all_namespaces = true;
		return 0;
	case OWN_ALL:
		request->is_all = true;
		return 0;
	case OWN_PRINT:
		request->is_print = true;
		return 0;
	case OWN_PRINT_RBAC:
		request->verb = KUBE_PRINT_RBAC;
		return 0;
	case OWN_GROUP:
		request->show = KUBE_SHOW_GROUPED;
		return 0;
	case OWN_JSON:
		request->show = KUBE_SHOW_JSON;
		return 0;
	}
	return -1;
}

static bool is_own(const char *name)
{
	for (size_t i = 0; i < kube_option_count; i++)
		if (strcmp(kube_options[i].name, name) == 0)
			return true;
	return false;
}

static void print_option(char letter, const char *name, const char *argument, const char *help)
{
	char left[48];

	(void)snprintf(
	    left, sizeof(left), "%c%c%s%s%s%s%s", letter != 0 ? '-' : ' ', letter != 0 ? letter : ' ',
	    letter != 0 && name != NULL ? ", " : "  ", name != NULL ? "--" : "", name != NULL ? name : "",
	    argument != NULL && argument[0] != OPTION_OPTIONAL ? " " : "", argument != NULL ? argument : "");
	(void)printf("  %-28s %s\n", left, help);
}

void kube_request_print_help(void)
{
	(void)printf(
	    "Usage: kubectl sidecar [OPTIONS] POD [-c CONTAINER] [--] [COMMAND [ARGUMENT...]]\n"
	    "       kubectl sidecar [OPTIONS] -l LABELS [-A] -- COMMAND [ARGUMENT...]\n"
	    "       kubectl sidecar install [--print] | uninstall | gc [--all]\n"
	    "       kubectl sidecar doctor [POD] | --print-rbac\n\n"
	    "A shell with tools in a container of a pod that has none; neither the container nor the pod\n"
	    "changes.  Works through a privileged helper pod on the pod's node, resident (install) or made\n"
	    "for the session.  kubectl-sidecar(1) is the reference.\n\nOptions:\n");
	for (size_t i = 0; i < kube_option_count; i++)
		if (kube_options[i].help != NULL)
			print_option(kube_options[i].letter, kube_options[i].name, kube_options[i].argument,
				     kube_options[i].help);
	(void)printf("\nOptions for the session, as in debug(1):\n");
	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &options[i];

		if (option->help == NULL || option->name == NULL || strcmp(option->name, "runtime") == 0 ||
		    strcmp(option->name, "check-config") == 0 || is_own(option->name))
			continue;
		print_option(option->letter, option->name, option->argument, option->help);
	}
	(void)printf("\nExamples:\n"
		     "  kubectl sidecar web-0                      a shell in its first container\n"
		     "  kubectl sidecar web-0 -c app -- ss -tlnp   one command\n"
		     "  kubectl sidecar web-0 --wait               its next start, if it crashes\n"
		     "  kubectl sidecar -l app=web -- ss -s        in every container of every such pod\n");
}
