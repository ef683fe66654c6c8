/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * argv → struct request, by the table of options.  Options may stand before or
 * after TARGET, as docker and kubectl users type them; the first word after TARGET that is not an
 * option, or "--", begins the command, and nothing behind it is ours.
 */
#include "request.h"

#include "options.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_MAX = 200 };

static const struct option *find_long(const char *name, size_t length)
{
	for (size_t i = 0; i < option_count; i++)
		if (options[i].name != NULL && strlen(options[i].name) == length &&
		    strncmp(options[i].name, name, length) == 0)
			return &options[i];
	return NULL;
}

static const struct option *find_letter(char letter)
{
	for (size_t i = 0; i < option_count; i++)
		if (options[i].letter == letter)
			return &options[i];
	return NULL;
}

static int unknown_option(const char *word, struct fail *why)
{
	char shown[WORD_MAX];

	return fail_set(why, FAIL_TOOL, "unknown option `%s`; `debug --help` lists the options",
			text_encode(shown, sizeof(shown), word, strlen(word)));
}

/* argv with a cursor. */
struct words {
	char *const *argv;
	int count;
	int next;
};

static int set_option(struct request *request, const struct option *option, const char *attached,
		      struct words *words, struct fail *why)
{
	const char *value = attached;

	if (option->argument == NULL && attached != NULL)
		return fail_set(why, FAIL_TOOL, "option --%s takes no value", option->name);
	if (option->argument != NULL && option->argument[0] != OPTION_OPTIONAL && value == NULL) {
		if (words->next >= words->count) {
			if (option->name == NULL)
				return fail_set(why, FAIL_TOOL, "option -%c needs %s", option->letter,
						option->argument);
			return fail_set(why, FAIL_TOOL, "option --%s needs %s", option->name,
					option->argument);
		}
		value = words->argv[words->next++];
	}
	if (option->set != NULL)
		return option->set(request, value, why);
	*(bool *)((char *)request + option->flag) = true;
	return 0;
}

/* "-it", "-u0", "-u 0": letters until one takes the rest as its value. */
static int parse_letters(struct request *request, const char *word, struct words *words, struct fail *why)
{
	for (const char *letter = word + 1; *letter != '\0'; letter++) {
		const struct option *option = find_letter(*letter);

		if (option == NULL)
			return unknown_option(word, why);
		if (option->argument != NULL)
			return set_option(request, option, letter[1] != '\0' ? letter + 1 : NULL, words, why);
		if (set_option(request, option, NULL, words, why) < 0)
			return -1;
	}
	return 0;
}

static int parse_option(struct request *request, const char *word, struct words *words, struct fail *why)
{
	const struct option *option;
	const char *equals;
	size_t length;

	if (word[1] != '-')
		return parse_letters(request, word, words, why);
	equals = strchr(word, '=');
	length = equals != NULL ? (size_t)(equals - word) - 2 : strlen(word) - 2;
	option = find_long(word + 2, length);
	if (option == NULL)
		return unknown_option(word, why);
	return set_option(request, option, equals != NULL ? equals + 1 : NULL, words, why);
}

static int parse_words(struct request *request, struct words *words, struct fail *why)
{
	while (words->next < words->count) {
		const char *word = words->argv[words->next++];

		/* After "--" nothing is an option, whatever it begins with; the target may still come. */
		if (strcmp(word, "--") == 0) {
			if (request->target != NULL || words->next >= words->count)
				break;
			request->target = words->argv[words->next++];
			if (words->next < words->count && strcmp(words->argv[words->next], "--") == 0)
				words->next++;
			break;
		}
		if (word[0] == '-' && word[1] != '\0') {
			if (parse_option(request, word, words, why) < 0)
				return -1;
			if (request->action == REQUEST_HELP || request->action == REQUEST_VERSION)
				return 0;
		} else if (request->target == NULL && strcmp(word, "toolbox") == 0) {
			return request_parse_toolbox(request, words->count, words->argv, words->next, why);
		} else if (request->action == REQUEST_SESSION && request->target == NULL &&
			   strcmp(word, "ls") == 0) {
			request->action = REQUEST_LS;
		} else if (request->action == REQUEST_SESSION && request->target == NULL &&
			   strcmp(word, "doctor") == 0) {
			request->action = REQUEST_DOCTOR;
		} else if (request->target == NULL) {
			request->target = word;
		} else {
			words->next--;
			break;
		}
	}
	while (words->next < words->count)
		request->command[request->command_count++] = words->argv[words->next++];
	return 0;
}

static int check_session(const struct request *request, struct fail *why)
{
	if (request->action == REQUEST_SESSION && request->target[0] == '\0')
		return fail_set(
		    why, FAIL_TOOL,
		    "no target given; say which container, as in `debug web` (`debug --help` shows more)");
	if (request->shell_line != NULL && request->command_count > 0)
		return fail_set(why, FAIL_TOOL,
				"-c STRING and a command exclude each other; give one of them");
	if (request->command_count > 0 && request->command[0][0] == '\0')
		return fail_set(why, FAIL_TOOL, "the command is an empty word; name a program");
	if (request->is_write && request->is_scratch)
		return fail_set(why, FAIL_TOOL,
				"--write changes the target and --scratch a copy; give one of them");
	if (request->is_all || request->is_json)
		return fail_set(why, FAIL_TOOL, "option --%s is for `debug ls`",
				request->is_all ? "all" : "json");
	return 0;
}

/* Without any word a session is with the container that the user picks from the list. */
static int check_whole(struct request *request, struct fail *why)
{
	if (request->action == REQUEST_SESSION && request->target == NULL && request->command_count == 0)
		request->action = REQUEST_CHOOSE;
	if (request->action == REQUEST_SESSION || request->action == REQUEST_CHOOSE)
		return check_session(request, why);
	if (request->record != NULL || request->is_receipt)
		return fail_set(why, FAIL_TOOL, "option --%s is for a session",
				request->record != NULL ? "record" : "receipt");
	if (request->action == REQUEST_LS && (request->target != NULL || request->command_count > 0))
		return fail_set(
		    why, FAIL_TOOL,
		    "`debug ls` takes no further words; a container of that name is `docker://ls`");
	if (request->action == REQUEST_CHECK_CONFIG && request->command_count > 0)
		return fail_set(why, FAIL_TOOL, "--check-config takes one FILE and no command");
	if (request->action == REQUEST_DOCTOR && request->command_count > 0)
		return fail_set(why, FAIL_TOOL, "`debug doctor` takes one TARGET and no command");
	return 0;
}

int request_parse(struct request *request, int argc, char *const argv[], struct fail *why)
{
	struct words words = { .argv = argv, .count = argc, .next = 1 };

	*request = (struct request){ 0 };
	request->environment = calloc((size_t)argc + 1, sizeof(*request->environment));
	request->command = calloc((size_t)argc + 1, sizeof(*request->command));
	if (request->environment == NULL || request->command == NULL) {
		request_free(request);
		return fail_errno(why, FAIL_TOOL, ENOMEM, "cannot read the command line");
	}
	if (parse_words(request, &words, why) < 0 || check_whole(request, why) < 0) {
		request_free(request);
		return -1;
	}
	return 0;
}

void request_print_help(void)
{
	(void)printf(
	    "Usage: debug [OPTIONS] TARGET [--] [COMMAND [ARGUMENT...]]\n"
	    "       debug ls [-aq] [--json] [--runtime NAME]\n"
	    "       debug doctor [--json] [TARGET]\n"
	    "       debug toolbox VERB ...          (`debug toolbox --help`)\n\n"
	    "A shell with tools inside a running container that has none; nothing in it changes.\n\n"
	    "TARGET is a container's name, id or unique id prefix; RUNTIME://NAME (docker, podman, containerd,\n"
	    "cri-o, lxc, nspawn); pod://NAMESPACE/POD/CONTAINER; image://NAME; pid://N; or a path:\n"
	    "./image.tar[:NAME], an OCI layout, or a root directory.\n"
	    "Without COMMAND the session is an interactive shell; without TARGET you choose from a list.\n\n"
	    "Options:\n");
	for (size_t i = 0; i < option_count; i++) {
		char left[48];
		const struct option *option = &options[i];

		if (option->help == NULL)
			continue;
		(void)snprintf(left, sizeof(left), "%c%c%s%s%s%s%s", option->letter != 0 ? '-' : ' ',
			       option->letter != 0 ? option->letter : ' ',
			       option->letter != 0 && option->name != NULL ? ", " : "  ",
			       option->name != NULL ? "--" : "", option->name != NULL ? option->name : "",
			       option->argument != NULL && option->argument[0] != OPTION_OPTIONAL ? " " : "",
			       option->argument != NULL ? option->argument : "");
		(void)printf("  %-24s %s\n", left, option->help);
	}
	(void)printf(
	    "\nInside, the toolbox is at /dev/toolbox and / is the target's own live root, read-only\n"
	    "unless --write is given.\n\n"
	    "Exit status: the command's own; 128+n if signal n ended it; 124 deadline passed;\n"
	    "125 debug failed; 126 not permitted or not executable; 127 command not found.\n\n"
	    "Examples:\n"
	    "  debug web                          a shell in the container `web`\n"
	    "  debug web -- strace -fp 1          one command\n"
	    "  debug web -c 'ss -tlnp | sort'     one line of shell\n"
	    "  debug web -- tar c /app > app.tar  binary-safe streams\n");
}
