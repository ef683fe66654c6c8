/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each option does.  One table is the parser and the help text. */
#include "options.h"

#include "capabilities.h"
#include "text.h"

#include <stddef.h>
#include <string.h>

enum { WORD_MAX = 200 };

#define FLAG(member) NULL, offsetof(struct request, member)

static int set_shell_line(struct request *request, const char *value, struct fail *why)
{
	(void)why;
	request->shell_line = value;
	return 0;
}

static int set_user(struct request *request, const char *value, struct fail *why)
{
	if (value[0] == '\0' || value[0] == ':')
		return fail_set(why, FAIL_TOOL,
				"option --user needs a user name or number, as in --user 1000:1000");
	request->user = value;
	return 0;
}

static int set_workdir(struct request *request, const char *value, struct fail *why)
{
	if (value[0] != '/')
		return fail_set(why, FAIL_TOOL, "option --workdir needs an absolute path inside the target");
	request->workdir = value;
	return 0;
}

static int set_shell(struct request *request, const char *value, struct fail *why)
{
	if (value[0] == '\0')
		return fail_set(why, FAIL_TOOL,
				"option --shell needs the name of a shell, as in --shell bash");
	request->shell = strcmp(value, "auto") == 0 ? NULL : value;
	return 0;
}

static int set_environment(struct request *request, const char *value, struct fail *why)
{
	char word[WORD_MAX];

	if (value[0] == '=' || strchr(value, '=') == NULL)
		return fail_set(why, FAIL_TOOL, "option --env needs NAME=VALUE, not `%s`",
				text_encode(word, sizeof(word), value, strlen(value)));
	request->environment[request->environment_count++] = value;
	return 0;
}

static int set_terminal(struct request *request, const char *value, struct fail *why)
{
	(void)value;
	(void)why;
	request->terminal = REQUEST_TERMINAL_ALWAYS;
	return 0;
}

static int set_no_terminal(struct request *request, const char *value, struct fail *why)
{
	(void)value;
	(void)why;
	request->terminal = REQUEST_TERMINAL_NEVER;
	return 0;
}

static int set_nothing(struct request *request, const char *value, struct fail *why)
{
	(void)request;
	(void)value;
	(void)why;
	return 0;
}

static int set_runtime(struct request *request, const char *value, struct fail *why)
{
	if (value[0] == '\0')
		return fail_set(why, FAIL_TOOL, "option --runtime needs a name, as in --runtime podman");
	request->runtime = value;
	return 0;
}

static int set_reason(struct request *request, const char *value, struct fail *why)
{
	(void)why;
	request->reason = value;
	return 0;
}

static int set_network(struct request *request, const char *value, struct fail *why)
{
	char word[WORD_MAX];

	if (strcmp(value, "host") == 0)
		request->network = REQUEST_NETWORK_HOST;
	else if (strcmp(value, "none") == 0)
		request->network = REQUEST_NETWORK_NONE;
	else
		return fail_set(why, FAIL_TOOL, "option --network takes host or none, not `%s`",
				text_encode(word, sizeof(word), value, strlen(value)));
	return 0;
}

static int set_profile(struct request *request, const char *value, struct fail *why)
{
	char word[WORD_MAX];

	for (int i = REQUEST_PROFILE_APP; i < REQUEST_PROFILE_COUNT; i++) {
		if (strcmp(value, request_profile_name((enum request_profile)i)) == 0) {
			request->profile = (enum request_profile)i;
			return 0;
		}
	}
	return fail_set(why, FAIL_TOOL,
			"option --profile takes app, restricted, baseline, general, netadmin or sysadmin, "
			"not `%s`",
			text_encode(word, sizeof(word), value, strlen(value)));
}

static int set_capabilities(uint64_t *set, const char *option, const char *value, struct fail *why)
{
	char word[WORD_MAX];

	if (capability_parse(set, value))
		return 0;
	return fail_set(why, FAIL_TOOL,
			"option --%s needs names of capabilities, as in --%s NET_ADMIN,SYS_NICE, not `%s`",
			option, option, text_encode(word, sizeof(word), value, strlen(value)));
}

static int set_cap_add(struct request *request, const char *value, struct fail *why)
{
	return set_capabilities(&request->cap_add, "cap-add", value, why);
}

static int set_cap_drop(struct request *request, const char *value, struct fail *why)
{
	return set_capabilities(&request->cap_drop, "cap-drop", value, why);
}

static int set_check_config(struct request *request, const char *value, struct fail *why)
{
	(void)value;
	(void)why;
	request->action = REQUEST_CHECK_CONFIG;
	return 0;
}

static int set_record(struct request *request, const char *value, struct fail *why)
{
	(void)why;
	request->record = value;
	return 0;
}

static int set_receipt(struct request *request, const char *value, struct fail *why)
{
	if (value != NULL && value[0] == '\0')
		return fail_set(why, FAIL_TOOL, "option --receipt needs a file name behind its `=`");
	request->is_receipt = true;
	request->receipt = value;
	return 0;
}

static int set_help(struct request *request, const char *value, struct fail *why)
{
	(void)value;
	(void)why;
	request->action = REQUEST_HELP;
	return 0;
}

static int set_version(struct request *request, const char *value, struct fail *why)
{
	(void)value;
	(void)why;
	request->action = REQUEST_VERSION;
	return 0;
}

const struct option options[] = {
	{ 'c', NULL, "STRING", "run STRING in the toolbox's shell", set_shell_line, 0 },
	{ 'e', "env", "NAME=VALUE", "set a variable for the session; may be repeated", set_environment, 0 },
	{ 'i', "interactive", NULL, NULL, set_nothing, 0 },
	{ 'q', "quiet", NULL, "say nothing but errors; for `debug ls`: print targets only", FLAG(is_quiet) },
	{ 't', "tty", NULL, "give the session a terminal even if input or output is none", set_terminal, 0 },
	{ 'T', "no-tty", NULL, "give it none: three separate, binary-safe streams", set_no_terminal, 0 },
	{ 'u', "user", "USER[:GROUP]", "be this user, a number or a name of the target's (default root)",
	  set_user, 0 },
	{ 'w', "workdir", "DIR", "start in DIR instead of the target's working directory", set_workdir, 0 },
	{ 0, "shell", "SHELL", "the toolbox's shell to start: bash, zsh, fish, or auto, yours (default)",
	  set_shell, 0 },
	{ 0, "write", NULL, "let the session write to the target's files, live", FLAG(is_write) },
	{ 0, "scratch", NULL, "let it write to a copy of them that ends with the session", FLAG(is_scratch) },
	{ 0, "stealth", NULL, "show no process of the session in the target", FLAG(is_stealth) },
	{ 0, "profile", "NAME", "app, restricted, baseline, general (default), netadmin or sysadmin",
	  set_profile, 0 },
	{ 0, "cap-add", "CAP,...", "capabilities beyond the profile's", set_cap_add, 0 },
	{ 0, "cap-drop", "CAP,...", "capabilities of the profile's that it shall not have", set_cap_drop, 0 },
	{ 0, "wait", NULL, "if the container does not run, attach to its next start", FLAG(is_wait) },
	{ 0, "runtime", "NAME", "look only at docker, podman, containerd, cri-o, lxc or nspawn", set_runtime,
	  0 },
	{ 0, "network", "host|none", "for an image or a stopped container (default none)", set_network, 0 },
	{ 0, "reason", "TEXT", "why, for the audit trail", set_reason, 0 },
	{ 0, "record", "FILE", "record what the terminal shows in FILE, as an asciicast", set_record, 0 },
	{ 0, "receipt", "[=FILE]", "say at the end what of the target has changed", set_receipt, 0 },
	{ 'a', "all", NULL, "for `debug ls`: stopped containers too", FLAG(is_all) },
	{ 0, "json", NULL, "for `debug ls` and `debug doctor`: for programs to read", FLAG(is_json) },
	{ 0, "dry-run", NULL, "print what would be done, and do nothing", FLAG(is_dry_run) },
	{ 0, "check-config", NULL, "check /etc/debug/debug.conf, or the file named, and do nothing else",
	  set_check_config, 0 },
	{ 'h', "help", NULL, "show this help", set_help, 0 },
	{ 'V', "version", NULL, "show the version", set_version, 0 },
};

const size_t option_count = sizeof(options) / sizeof(options[0]);
