/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of the plugin are in the table here; all others are debug's own, known from its table, and
 * travel to the node in one spelling: each a word that begins with `-` and has its value attached.  So no
 * word of theirs can be taken for a target there.
 */
#include "kube_request.h"

#include "kube_options.h"
#include "options.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 200, PARALLEL = 16, TTL = 8 * 3600 };

static const char *show(char shown[SHOWN_MAX], const char *word)
{
	return text_encode(shown, SHOWN_MAX, word, strlen(word));
}

struct words {
	char *const *argv;
	int count, next;
	bool is_plugin; /* else debug's own command line, where -c is another option */
};

static int take_value(const char **value, struct words *words, const char *word, struct fail *why)
{
	char shown[SHOWN_MAX];

	if (*value == NULL && words->next < words->count)
		*value = words->argv[words->next++];
	return *value != NULL ? 0 : fail_set(why, FAIL_TOOL, "option %s needs a value", show(shown, word));
}

/* What is decided here and not on the node; 1 if it is such a one. */
static int set_here(struct kube_request *request, const struct option *option, const char *value,
		    struct fail *why)
{
	const char *name = option->name != NULL ? option->name : "";

	if (strcmp(name, "tty") == 0)
		request->terminal = REQUEST_TERMINAL_ALWAYS;
	else if (strcmp(name, "no-tty") == 0)
		request->terminal = REQUEST_TERMINAL_NEVER;
	else if (strcmp(name, "help") == 0)
		request->verb = KUBE_HELP;
	else if (strcmp(name, "version") == 0)
		request->verb = KUBE_VERSION;
	else if (strcmp(name, "record") == 0)
		request->record = value;
	else if (strcmp(name, "receipt") == 0 && value != NULL)
		return fail_set(why, FAIL_TOOL,
				"option --receipt=FILE is for a session on this host; --receipt alone "
				"says what has changed");
	else if (strcmp(name, "runtime") == 0 || strcmp(name, "all") == 0 || strcmp(name, "json") == 0 ||
		 strcmp(name, "check-config") == 0)
		return fail_set(why, FAIL_TOOL, "option --%s is for this host, and not for pods", name);
	else if (strcmp(name, "interactive") != 0)
		return 0;
	return 1;
}

static int add_debug(struct kube_request *request, const struct option *option, const char *value,
		     struct fail *why)
{
	char before[40];
	const int is_here = set_here(request, option, value, why);

	if (is_here != 0)
		return is_here < 0 ? -1 : 0;
	if (option->name != NULL && strcmp(option->name, "wait") == 0)
		request->is_wait = true;
	if (option->name != NULL && strcmp(option->name, "quiet") == 0)
		request->is_quiet = true;
	if (option->name != NULL && strcmp(option->name, "dry-run") == 0)
		request->is_dry_run = true;
	if (option->name == NULL && value != NULL && value[0] == '\0')
		return fail_set(why, FAIL_TOOL, "option -%c needs a value that is not empty", option->letter);
	if (option->name != NULL)
		(void)snprintf(before, sizeof(before), "--%s%s", option->name, value != NULL ? "=" : "");
	else
		(void)snprintf(before, sizeof(before), "-%c", option->letter);
	return kube_option_add(request, before, value != NULL ? value : "", why);
}

static const struct kube_option *find_own(const struct words *words, const char *name, size_t length,
					  char letter)
{
	for (size_t i = 0; words->is_plugin && i < kube_option_count; i++)
		if (length > 0 ? strlen(kube_options[i].name) == length &&
				     strncmp(kube_options[i].name, name, length) == 0
			       : letter != 0 && kube_options[i].letter == letter)
			return &kube_options[i];
	return NULL;
}

static const struct option *find_debug(const char *name, size_t length, char letter)
{
	for (size_t i = 0; i < option_count; i++)
		if (length > 0 ? options[i].name != NULL && strlen(options[i].name) == length &&
				     strncmp(options[i].name, name, length) == 0
			       : options[i].letter == letter)
			return &options[i];
	return NULL;
}

static int unknown(const char *word, struct fail *why)
{
	char shown[SHOWN_MAX];

	return fail_set(why, FAIL_TOOL, "unknown option `%s`; `kubectl sidecar --help` lists the options",
			show(shown, word));
}

static int parse_long(struct kube_request *request, struct words *words, const char *word, struct fail *why)
{
	const size_t length = strcspn(word + 2, "=");
	const struct kube_option *mine = find_own(words, word + 2, length, 0);
	const struct option *debugs = mine == NULL ? find_debug(word + 2, length, 0) : NULL;
	const char *value = word[2 + length] == '=' ? word + 2 + length + 1 : NULL;
	const char *argument = mine != NULL ? mine->argument : debugs != NULL ? debugs->argument : NULL;

	if (length == 0 || (mine == NULL && debugs == NULL))
		return unknown(word, why);
	if (argument == NULL && value != NULL)
		return fail_set(why, FAIL_TOOL, "option --%s takes no value",
				mine != NULL ? mine->name : debugs->name);
	if (argument != NULL && argument[0] != OPTION_OPTIONAL && take_value(&value, words, word, why) < 0)
		return -1;
	return mine != NULL ? kube_option_set(request, mine, value, why)
			    : add_debug(request, debugs, value, why);
}

static int parse_letters(struct kube_request *request, struct words *words, const char *word,
			 struct fail *why)
{
	for (const char *letter = word + 1; *letter != '\0'; letter++) {
		const struct kube_option *mine = find_own(words, "", 0, *letter);
		const struct option *debugs = mine == NULL ? find_debug("", 0, *letter) : NULL;
		const char *argument = mine != NULL	? mine->argument
				       : debugs != NULL ? debugs->argument
							: NULL;
		const char *value = argument != NULL && letter[1] != '\0' ? letter + 1 : NULL;

		if (mine == NULL && debugs == NULL)
			return unknown(word, why);
		if (argument != NULL && take_value(&value, words, word, why) < 0)
			return -1;
		if ((mine != NULL ? kube_option_set(request, mine, value, why)
				  : add_debug(request, debugs, value, why)) < 0)
			return -1;
		if (argument != NULL)
			break;
	}
	return 0;
}

/* The first word that is no option: a verb, or the pod. */
static int take_pod(struct kube_request *request, const char *word, struct fail *why)
{
	static const struct {
		const char *word;
		enum kube_verb verb;
	} verbs[] = { { "install", KUBE_INSTALL },
		      { "uninstall", KUBE_UNINSTALL },
		      { "gc", KUBE_GC },
		      { "doctor", KUBE_DOCTOR } };
	const char *slash = strchr(word, '/');

	for (size_t i = 0; request->verb == KUBE_ATTACH && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(word, verbs[i].word) == 0) {
			request->verb = verbs[i].verb;
			return 0;
		}
	if (strncmp(word, "pod/", 4) == 0 || strncmp(word, "pods/", 5) == 0)
		word = slash + 1;
	return kube_option_name(&request->pod, word, false, "a pod", why);
}

static int parse_words(struct kube_request *request, struct words *words, struct fail *why)
{
	bool has_target = false;

	while (words->next < words->count) {
		const char *word = words->argv[words->next++];
		int failed = 0;

		if (strcmp(word, "--") == 0) {
			/* As debug has it: a target may still come. */
			if (!words->is_plugin && !has_target && words->next < words->count) {
				words->next++;
				if (words->next < words->count && strcmp(words->argv[words->next], "--") == 0)
					words->next++;
			}
			break;
		}
		if (word[0] == '-' && word[1] == '-')
			failed = parse_long(request, words, word, why);
		else if (word[0] == '-' && word[1] != '\0')
			failed = parse_letters(request, words, word, why);
		else if (words->is_plugin && request->pod == NULL && request->selector == NULL)
			failed = take_pod(request, word, why);
		else if (!words->is_plugin && !has_target)
			has_target = true;
		else {
			words->next--;
			break;
		}
		if (failed < 0)
			return -1;
	}
	request->command = (const char *const *)(words->argv + words->next);
	request->command_count = words->count > words->next ? (size_t)(words->count - words->next) : 0;
	return 0;
}

const char *kube_helper_namespace(const struct kube_request *request)
{
	return request->helper_namespace != NULL ? request->helper_namespace : KUBE_NAMESPACE;
}

bool kube_request_has_line(const struct kube_request *request)
{
	for (size_t i = 0; i < request->option_count; i++) {
		if (strncmp(request->options[i], "-c", 2) == 0)
			return true;
	}
	return false;
}

static int check(const struct kube_request *request, struct fail *why)
{
	const bool has_command = request->command_count > 0;
	const bool has_line = kube_request_has_line(request);

	if (request->verb != KUBE_ATTACH)
		return has_command ? fail_set(why, FAIL_TOOL, "this takes no command") : 0;
	if (request->pod == NULL && request->selector == NULL)
		return fail_set(why, FAIL_TOOL,
				"no pod given; say which, as in `kubectl sidecar web-0` "
				"(`kubectl sidecar --help` shows more)");
	if (request->pod != NULL && request->selector != NULL)
		return fail_set(why, FAIL_TOOL, "a pod and --selector exclude each other; give one of them");
	if (has_line && has_command)
		return fail_set(why, FAIL_TOOL, "--command and a command exclude each other");
	if (has_command && request->command[0][0] == '\0')
		return fail_set(why, FAIL_TOOL, "the command is an empty word; name a program");
	if (request->selector != NULL && !has_command && !has_line)
		return fail_set(why, FAIL_TOOL,
				"--selector needs a command, as in `kubectl sidecar -l app=web -- ss -s`");
	if (request->selector == NULL && (request->is_all_namespaces || request->show != KUBE_SHOW_PREFIXED))
		return fail_set(why, FAIL_TOOL, "--all-namespaces, --group and --json go with --selector");
	if (request->selector != NULL && request->is_wait)
		return fail_set(why, FAIL_TOOL, "--wait is for one pod");
	return 0;
}

static const char *from_environment(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

static int begin(struct kube_request *request, int argc, struct fail *why)
{
	const char *image = from_environment("DEBUG_SIDECAR_IMAGE");
	const char *ns = from_environment("DEBUG_SIDECAR_NAMESPACE");

	*request = (struct kube_request){ .parallel = PARALLEL, .ttl_seconds = TTL, .image = KUBE_IMAGE };
	request->options = calloc((size_t)argc + 1, sizeof(*request->options));
	request->owned = calloc(2 * (size_t)argc + 4, sizeof(*request->owned));
	if (request->options == NULL || request->owned == NULL)
		return fail_errno(why, FAIL_TOOL, ENOMEM, "cannot read the command line");
	if (image != NULL && kube_option_image(request, image, why) < 0)
		return -1;
	return ns != NULL ? kube_option_name(&request->helper_namespace, ns, true, "a namespace", why) : 0;
}

int kube_request_parse(struct kube_request *request, int argc, char *const argv[], struct fail *why)
{
	struct words words = { .argv = argv, .count = argc, .next = 1, .is_plugin = true };

	if (begin(request, argc, why) == 0 && parse_words(request, &words, why) == 0 &&
	    (request->verb == KUBE_HELP || check(request, why) == 0))
		return 0;
	kube_request_free(request);
	return -1;
}

/* "pod://NAMESPACE/POD/CONTAINER"; the last may be left out. */
static int take_target(struct kube_request *request, const char *target, struct fail *why)
{
	char *names = kube_option_own(request, strdup(target + strlen("pod://")));
	char *pod = names != NULL ? strchr(names, '/') : NULL;
	char *container = pod != NULL ? strchr(pod + 1, '/') : NULL;

	if (pod == NULL)
		return fail_set(why, FAIL_TOOL, "write a pod as pod://NAMESPACE/POD/CONTAINER");
	*pod++ = '\0';
	if (container != NULL)
		*container++ = '\0';
	if (kube_option_name(&request->ns, names, true, "a namespace", why) < 0 ||
	    kube_option_name(&request->pod, pod, false, "a pod", why) < 0)
		return -1;
	return container != NULL ? kube_option_name(&request->container, container, true, "a container", why)
				 : 0;
}

int kube_request_from_debug(struct kube_request *request, const struct request *asked, int argc,
			    char *const argv[], struct fail *why)
{
	struct words words = { .argv = argv, .count = argc, .next = 1 };

	if (begin(request, argc, why) == 0 && parse_words(request, &words, why) == 0 &&
	    take_target(request, asked->target, why) == 0)
		return 0;
	kube_request_free(request);
	return -1;
}

void kube_request_free(struct kube_request *request)
{
	for (size_t i = 0; request->owned != NULL && i < request->owned_count; i++)
		free(request->owned[i]);
	free(request->owned);
	free(request->options);
	*request = (struct kube_request){ 0 };
}
