/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Output: the verdict first, then what it rests on.  Every word of the container is encoded. */
#include "entrypoint.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>

static void show_word(const char *word)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@%+,-";
	bool is_text = true;

	for (const char *at = word; *at != '\0'; at++)
		is_text = is_text && *at >= ' ' && *at <= '~';
	if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
		(void)fputs(word, stdout);
		return;
	}
	(void)fputs(is_text ? "'" : "$'", stdout);
	for (const char *at = word; *at != '\0'; at++) {
		if (is_text && *at == '\'')
			(void)fputs("'\\''", stdout);
		else if (!is_text && (*at < ' ' || *at > '~' || *at == '\'' || *at == '\\'))
			printf("\\%03o", (unsigned int)(unsigned char)*at);
		else
			(void)putchar(*at);
	}
	(void)putchar('\'');
}

void show_command(const struct words *argv)
{
	for (size_t i = 0; i < argv->count; i++) {
		if (i > 0)
			(void)putchar(' ');
		show_word(argv->at[i]);
	}
	(void)putchar('\n');
}

static void show_setting(const char *label, const struct words *words)
{
	printf("%-13s", label);
	if (words->count == 0)
		printf("not set\n");
	else
		show_command(words);
}

static const char *colour(const char *code)
{
	return isatty(STDOUT_FILENO) ? code : "";
}

void show_configured(const struct record *record, const struct words *argv, const struct report *report)
{
	const size_t problems = report->count + report->left_out;

	if (problems == 0)
		printf("%sno problem found%s\n\n", colour("\033[32m"), colour("\033[0m"));
	else
		printf("%s%zu problem%s found%s\n\n", colour("\033[31m"), problems, problems == 1 ? "" : "s",
		       colour("\033[0m"));
	if (!record->is_known) {
		printf(
		    "No engine was asked about this process: this is how it runs, not what was configured.\n");
	} else {
		show_setting("ENTRYPOINT", &record->entrypoint);
		show_setting("CMD", &record->cmd);
	}
	show_setting("starts as", argv);
	if (report->program[0] != '\0')
		printf("%-13s%s%s%s%s\n", "program", shown(report->program),
		       report->kind[0] != '\0' ? ", " : "", report->kind, "");
	if (record->is_known)
		printf("%-13s%s as user %s%s\n", "in", record->workdir != NULL ? shown(record->workdir) : "/",
		       record->user != NULL && record->user[0] != '\0' ? shown(record->user)
								       : "root (USER is not set)",
		       report->is_user_nameless ? " (no entry in /etc/passwd)" : "");
	if (record->is_incomplete)
		printf("%-13sthe configuration is too large; a part of it is missing here\n", "note");
}

void show_findings(const struct report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		const bool is_error = report->findings[i].level == LEVEL_ERROR;

		printf("%s%s%s %s [%s]\n", colour(is_error ? "\033[31m" : "\033[33m"),
		       is_error ? "ERROR  " : "WARNING", colour("\033[0m"), report->findings[i].text,
		       report->findings[i].check);
	}
	if (report->left_out > 0)
		printf("        and %zu more\n", report->left_out);
}

static void show_capabilities(uint64_t set)
{
	const int count = (int)cap_max_bits();
	int named = 0;

	for (int capability = 0; capability < count && capability < 64; capability++) {
		char *name = (set >> capability & 1) != 0 ? cap_to_name((cap_value_t)capability) : NULL;

		if (name == NULL)
			continue;
		printf("%s%s", named++ == 0 ? "" : ",", strncmp(name, "cap_", 4) == 0 ? name + 4 : name);
		(void)cap_free(name);
	}
	if (named == 0)
		printf("none");
}

static void show_names(const char *label, const struct words *words, bool is_showing_values)
{
	printf(", %zu %s", words->count, label);
	for (size_t i = 0; i < words->count && i < 6; i++) {
		const char *text = shown(words->at[i]);

		printf("%s%.*s", i == 0 ? " (" : ", ",
		       (int)(is_showing_values ? strlen(text) : strcspn(text, "=")), text);
	}
	if (words->count > 0)
		printf("%s)", words->count > 6 ? ", ..." : "");
}

static void show_environment(const struct actual *actual, const struct record *record, bool is_showing_values)
{
	static struct environment_difference difference;

	if (actual->is_renamed) {
		printf("  environment  cannot be compared: the title may lie over it\n");
		return;
	}
	if (actual->env.count == 0) {
		printf("  environment  empty, or not permitted to read\n");
		return;
	}
	environment_compare(&difference, &record->env, &actual->env);
	printf("  environment  %zu as configured",
	       actual->env.count - difference.added.count - difference.changed.count);
	show_names("added", &difference.added, is_showing_values);
	show_names("changed", &difference.changed, is_showing_values);
	show_names("removed", &difference.removed, is_showing_values);
	(void)putchar('\n');
}

/* "1024  4096  files" in two words. */
static void show_limit(const char *label, const char *limit)
{
	const size_t soft = strcspn(limit, " ");
	const char *hard = limit + soft + strspn(limit + soft, " ");

	printf("%s %.*s", label, (int)soft, limit);
	if (strncmp(limit, hard, soft + 1) != 0)
		printf(" (up to %.*s)", (int)strcspn(hard, " "), hard);
}

static void show_rights(const struct actual *actual)
{
	printf("  user         %s, group %s", actual->uids, actual->gids);
	if (actual->groups[0] != '\0')
		printf(", groups %s", shown(actual->groups));
	printf("\n  capabilities ");
	show_capabilities(actual->capabilities);
	printf("%s%s\n", strcmp(actual->no_new_privs, "1") == 0 ? "; no_new_privs" : "",
	       strcmp(actual->seccomp, "2") == 0 ? "; seccomp filter" : "; no seccomp filter");
	printf("  limits       ");
	show_limit("open files", actual->open_files);
	show_limit("; processes", actual->processes);
	show_limit("; core", actual->core);
	(void)putchar('\n');
}

/* An init says little; what matters is what it started. */
static void show_child(const struct actual *actual)
{
	static struct actual child;
	const int pid = actual_first_child(actual);

	printf("  init         it reaps and passes on signals");
	if (pid > 0 && actual_read(&child, pid)) {
		printf("; its child %d is ", pid);
		show_command(&child.argv);
	} else {
		(void)putchar('\n');
	}
}

static bool is_same_directory(const char *a, const char *b)
{
	size_t length = strlen(b);

	while (length > 1 && b[length - 1] == '/')
		length--;
	return strlen(a) == length && strncmp(a, b, length) == 0;
}

void show_actual(const struct actual *actual, const struct record *record, const struct words *argv,
		 bool is_showing_values)
{
	const char *workdir = record->workdir != NULL && record->workdir[0] != '\0' ? record->workdir : "/";

	printf("\nrunning as process %d: ", actual->pid);
	show_command(&actual->argv);
	if (record->is_known)
		printf("  command      %s\n", started_sentence(actual_compare(actual, argv)));
	if (actual_is_init(actual))
		show_child(actual);
	printf("  executable   %s\n",
	       actual->executable[0] != '\0' ? shown(actual->executable) : "not permitted to read");
	printf("  directory    %s%s\n",
	       actual->directory[0] != '\0' ? shown(actual->directory) : "not permitted to read",
	       !record->is_known || actual->directory[0] == '\0' ? ""
	       : is_same_directory(actual->directory, workdir)	 ? ", as configured"
								 : ", not the configured one");
	show_rights(actual);
	if (record->is_known)
		show_environment(actual, record, is_showing_values);
}

static json_t *json_word(const char *word)
{
	json_t *exact = json_string(word);

	return exact != NULL ? exact : json_string(shown(word));
}

static json_t *json_words(const struct words *words, bool is_whole)
{
	json_t *list = json_array();

	for (size_t i = 0; i < words->count; i++) {
		if (is_whole)
			json_array_append_new(list, json_word(words->at[i]));
		else
			json_array_append_new(list, json_stringn(words->at[i], strcspn(words->at[i], "=")));
	}
	return list;
}

static json_t *json_findings(const struct report *report)
{
	json_t *findings = json_array();

	for (size_t i = 0; i < report->count; i++)
		json_array_append_new(
		    findings,
		    json_pack("{s:s, s:s, s:s}", "level",
			      report->findings[i].level == LEVEL_ERROR ? "error" : "warning", "check",
			      report->findings[i].check, "text", report->findings[i].text));
	return findings;
}

/* Where a title may lie over the environment, a piece of a value could look like a name. */
static json_t *json_names(const struct actual *actual, const struct words *words, bool is_showing_values)
{
	return actual->is_renamed || actual->env.count == 0 ? json_null()
							    : json_words(words, is_showing_values);
}

static json_t *json_actual(const struct actual *actual, const struct record *record, const struct words *argv,
			   bool is_showing_values)
{
	static struct environment_difference difference;
	char capabilities[32];

	if (actual == NULL)
		return json_null();
	environment_compare(&difference, &record->env, &actual->env);
	(void)snprintf(capabilities, sizeof(capabilities), "%016llx",
		       (unsigned long long)actual->capabilities);
	return json_pack(
	    "{s:i, s:o, s:s, s:b, s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o}",
	    "pid", actual->pid, "command", json_words(&actual->argv, true), "started",
	    started_sentence(actual_compare(actual, argv)), "init", actual_is_init(actual), "executable",
	    json_word(actual->executable), "directory", json_word(actual->directory), "uid", actual->uids,
	    "gid", actual->gids, "groups", actual->groups, "capabilities", capabilities, "no_new_privs",
	    actual->no_new_privs, "seccomp", actual->seccomp, "open_files", actual->open_files, "processes",
	    actual->processes, "core", actual->core, "env_added",
	    json_names(actual, &difference.added, is_showing_values), "env_changed",
	    json_names(actual, &difference.changed, is_showing_values), "env_removed",
	    json_names(actual, &difference.removed, is_showing_values));
}

void show_json(const struct record *record, const struct words *argv, const struct report *report,
	       const struct actual *actual, bool is_showing_values)
{
	json_t *all = json_pack("{s:b, s:o, s:o, s:o, s:o, s:s, s:o, s:I, s:o}", "configured",
				record->is_known, "entrypoint", json_words(&record->entrypoint, true), "cmd",
				json_words(&record->cmd, true), "command", json_words(argv, true), "program",
				json_word(report->program), "kind", report->kind, "findings",
				json_findings(report), "findings_left_out", (json_int_t)report->left_out,
				"running", json_actual(actual, record, argv, is_showing_values));

	if (all != NULL)
		(void)json_dumpf(all, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	(void)putchar('\n');
	json_decref(all);
}
