/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words after `debug toolbox`.  A container of that name is reached as docker://toolbox or
 * after "--".
 */
#include "request.h"

#include "text.h"

#include <stdio.h>
#include <string.h>

enum { WORD_SHOWN = 200 };

struct verb {
	const char *name;
	const char *arguments; /* as shown in the help */
	const char *help;
	bool takes_words, needs_words;
};

static const struct verb verbs[TOOLBOX_VERB_COUNT] = {
	[TOOLBOX_LS] = { "ls", "[--json]", "list the packages, the image's and your own", false, false },
	[TOOLBOX_INFO] = { "info", "[--json]", "say which image is in use, and what is kept where", false,
			   false },
	[TOOLBOX_SBOM] = { "sbom", "", "print the image's bill of materials (CycloneDX)", false, false },
	[TOOLBOX_VERIFY] = { "verify", "", "read the whole image and compare it with its digest", false,
			     false },
	[TOOLBOX_INSTALL] = { "install", "PACKAGE|FILE.deb...", "add packages to your toolbox", true, false },
	[TOOLBOX_UNINSTALL] = { "uninstall", "PACKAGE...", "remove them again", true, true },
	[TOOLBOX_SEARCH] = { "search", "WORD...", "look for packages", true, true },
	[TOOLBOX_UPGRADE] = { "upgrade", "", "take newer versions of the image's packages", false, false },
	[TOOLBOX_BUILD] = { "build", "--output FILE", "make an image of the toolbox as it is for you", false,
			    false },
	[TOOLBOX_GC] = { "gc", "", "remove what no present toolbox uses", false, false },
};

static bool find_verb(const char *word, enum toolbox_verb *verb)
{
	for (size_t i = 0; i < TOOLBOX_VERB_COUNT; i++) {
		if (strcmp(verbs[i].name, word) == 0) {
			*verb = (enum toolbox_verb)i;
			return true;
		}
	}
	return false;
}

/* The value of "--name=value" or "--name value", or NULL if `word` is another option. */
static const char *value_of(const char *name, char *const argv[], int argc, int *at)
{
	const size_t length = strlen(name);
	const char *word = argv[*at];

	if (strncmp(word, name, length) != 0)
		return NULL;
	if (word[length] == '=')
		return word + length + 1;
	return word[length] == '\0' && *at + 1 < argc ? argv[++*at] : NULL;
}

static int set_option(struct request *request, char *const argv[], int argc, int *at, struct fail *why)
{
	char shown[WORD_SHOWN];
	const char *word = argv[*at];
	const char *value;

	if (strcmp(word, "--json") == 0) {
		request->is_json = true;
		return 0;
	}
	value = value_of("--mirror", argv, argc, at);
	if (value != NULL) {
		request->mirror = value;
		return 0;
	}
	value = value_of("--output", argv, argc, at);
	if (value == NULL)
		value = value_of("-o", argv, argc, at);
	if (value != NULL) {
		request->output = value;
		return 0;
	}
	return fail_set(why, FAIL_TOOL,
			"unknown option `%s`, or one without its value; see `debug toolbox --help`",
			text_encode(shown, sizeof(shown), word, strlen(word)));
}

static int check(const struct request *request, struct fail *why)
{
	const struct verb *verb = &verbs[request->verb];
	const bool changes = request->verb == TOOLBOX_INSTALL || request->verb == TOOLBOX_SEARCH ||
			     request->verb == TOOLBOX_UPGRADE;

	if (request->command_count > 0 && !verb->takes_words)
		return fail_set(why, FAIL_TOOL, "`debug toolbox %s` takes no further words", verb->name);
	if (request->command_count == 0 && verb->needs_words)
		return fail_set(why, FAIL_TOOL, "`debug toolbox %s` needs %s", verb->name, verb->arguments);
	if (request->mirror != NULL && !changes)
		return fail_set(why, FAIL_TOOL, "option --mirror is for install, search and upgrade");
	if ((request->output != NULL) != (request->verb == TOOLBOX_BUILD))
		return fail_set(why, FAIL_TOOL, "%s",
				request->output == NULL
				    ? "say where to write the image: `debug toolbox build --output FILE`"
				    : "option --output is for build");
	return 0;
}

int request_parse_toolbox(struct request *request, int argc, char *const argv[], int first, struct fail *why)
{
	char shown[WORD_SHOWN];

	request->action = REQUEST_TOOLBOX;
	if (first >= argc || strcmp(argv[first], "--help") == 0 || strcmp(argv[first], "-h") == 0 ||
	    strcmp(argv[first], "help") == 0) {
		request->action = REQUEST_TOOLBOX_HELP;
		return 0;
	}
	if (!find_verb(argv[first], &request->verb))
		return fail_set(
		    why, FAIL_TOOL,
		    "`debug toolbox` has no verb `%s`; `debug toolbox --help` lists them, and a container "
		    "of that name is `docker://toolbox`",
		    text_encode(shown, sizeof(shown), argv[first], strlen(argv[first])));
	for (int at = first + 1; at < argc; at++) {
		if (argv[at][0] != '-')
			request->command[request->command_count++] = argv[at];
		else if (set_option(request, argv, argc, &at, why) < 0)
			return -1;
	}
	return check(request, why);
}

void request_print_toolbox_help(void)
{
	(void)printf(
	    "Usage: debug toolbox VERB ...\n\n"
	    "The tools of your sessions: one image for the host, and over it the packages you install.\n\n");
	for (size_t i = 0; i < TOOLBOX_VERB_COUNT; i++) {
		char left[40];

		(void)snprintf(left, sizeof(left), "%s %s", verbs[i].name, verbs[i].arguments);
		(void)printf("  %-30s %s\n", left, verbs[i].help);
	}
	(void)printf(
	    "\nOptions of install, search and upgrade:\n"
	    "  --mirror URI|DIRECTORY         a Debian archive to use instead of the configured one\n");
}
