/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "entrypoint.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD_PATH "/dev/toolbox/run/.configured"

enum mode { MODE_ALL, MODE_PRINT, MODE_LINT, MODE_RUN };
enum { STATUS_FINDINGS = 1, STATUS_MISUSE = 125 };

struct options {
	enum mode mode;
	bool is_json, is_showing_values;
};

static const char help[] =
    "Usage: entrypoint [--print | --lint | --run] [--json] [--show-values] [-- WORD...]\n"
    "Shows what ENTRYPOINT and CMD make of this container, and checks it.\n"
    "\n"
    "  --print        print the default command line, and nothing else\n"
    "  --lint         check it; with WORD..., check that command instead\n"
    "  --run          run it here; WORD... stands in place of CMD\n"
    "  --json         print for programs\n"
    "  --show-values  print values of environment variables, which may be secret\n"
    "\n"
    "Exit status: 0 nothing found, 1 something found, 125 wrong use; with --run the command's own.\n";

static void print_word(const char *word)
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

void print_command(const struct words *argv)
{
	for (size_t i = 0; i < argv->count; i++) {
		if (i > 0)
			(void)putchar(' ');
		print_word(argv->at[i]);
	}
	(void)putchar('\n');
}

static void print_setting(const char *label, const struct words *words)
{
	printf("%-12s ", label);
	if (words->count == 0)
		printf("not set\n");
	else
		print_command(words);
}

static void print_findings(const struct report *report)
{
	if (report->program[0] != '\0')
		printf("Program      %s%s%s%s\n", shown(report->program), report->kind[0] != '\0' ? " (" : "",
		       report->kind, report->kind[0] != '\0' ? ")" : "");
	for (size_t i = 0; i < report->count; i++)
		printf("%s %s [%s]\n", report->findings[i].level == LEVEL_ERROR ? "ERROR  " : "WARNING",
		       report->findings[i].text, report->findings[i].check);
	if (report->count == 0)
		printf("PASS    nothing was found that would keep it from starting\n");
}

static json_t *json_words(const struct words *words)
{
	json_t *list = json_array();

	for (size_t i = 0; i < words->count; i++) {
		json_t *word = json_string(words->at[i]);

		json_array_append_new(list, word != NULL ? word : json_string(shown(words->at[i])));
	}
	return list;
}

static void print_json(const struct record *record, const struct words *argv, const struct report *report)
{
	json_t *findings = json_array();
	json_t *all;

	for (size_t i = 0; i < report->count; i++)
		json_array_append_new(
		    findings,
		    json_pack("{s:s, s:s, s:s}", "level",
			      report->findings[i].level == LEVEL_ERROR ? "error" : "warning", "check",
			      report->findings[i].check, "text", report->findings[i].text));
	all = json_pack("{s:b, s:o, s:o, s:o, s:s, s:i, s:o}", "configured", record->is_known, "entrypoint",
			json_words(&record->entrypoint), "cmd", json_words(&record->cmd), "command",
			json_words(argv), "program", shown(report->program), "pid", record->pid, "findings",
			findings);
	if (all != NULL)
		(void)json_dumpf(all, stdout, JSON_INDENT(2));
	(void)putchar('\n');
	json_decref(all);
}

static int run(const struct record *record, const struct words *argv, const struct report *report)
{
	if (report->exec_status != 0 || report->program[0] == '\0') {
		for (size_t i = 0; i < report->count; i++)
			(void)fprintf(stderr, "entrypoint: %s\n", report->findings[i].text);
		return report->exec_status != 0 ? report->exec_status : 127;
	}
	if (record->workdir != NULL && record->workdir[0] != '\0' && chdir(record->workdir) < 0) {
		(void)fprintf(stderr, "entrypoint: cannot enter `%s`: %s\n", shown(record->workdir),
			      strerror(errno));
		return 126;
	}
	(void)execve(report->program, (char *const *)(uintptr_t)argv->at,
		     (char *const *)(uintptr_t)record->env.at);
	(void)fprintf(stderr, "entrypoint: cannot execute `%s`: %s\n", shown(report->program),
		      strerror(errno));
	return errno == ENOENT ? 127 : 126;
}

static void parse(struct options *options, int argc, char *argv[])
{
	static const struct option table[] = {
		{ "print", no_argument, NULL, 'p' },
		{ "lint", no_argument, NULL, 'l' },
		{ "run", no_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "show-values", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "+h", table, NULL)) != -1) {
		if (letter == 'p')
			options->mode = MODE_PRINT;
		else if (letter == 'l')
			options->mode = MODE_LINT;
		else if (letter == 'r')
			options->mode = MODE_RUN;
		else if (letter == 'j')
			options->is_json = true;
		else if (letter == 'v')
			options->is_showing_values = true;
		else if (letter == 'h')
			exit(fputs(help, stdout) < 0);
		else
			exit(STATUS_MISUSE);
	}
}

static void show(const struct options *options, const struct record *record, const struct words *argv,
		 const struct report *report)
{
	if (options->is_json) {
		print_json(record, argv, report);
		return;
	}
	if (options->mode == MODE_PRINT) {
		print_command(argv);
		return;
	}
	if (options->mode == MODE_ALL && record->is_known) {
		print_setting("ENTRYPOINT", &record->entrypoint);
		print_setting("CMD", &record->cmd);
		print_setting("Started with", argv);
	}
	if (record->is_known || argv->count > 0)
		print_findings(report);
	else
		printf("No engine was asked about this process, so there is no configuration.\n");
	if (record->is_incomplete)
		printf("NOTE    the configuration is too large; part of its environment is missing here\n");
	if (options->mode == MODE_ALL)
		actual_print(record, argv, options->is_showing_values);
}

int main(int argc, char *arguments[])
{
	static struct record record;
	static struct words argv;
	static struct report report;
	struct options options = { 0 };
	int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool is_given;

	parse(&options, argc, arguments);
	if (!record_read(&record, RECORD_PATH) || root_fd < 0) {
		(void)fprintf(stderr,
			      "entrypoint: cannot read " RECORD_PATH "; this works in a session only\n");
		return STATUS_MISUSE;
	}
	is_given = optind < argc;
	if (is_given && options.mode != MODE_RUN)
		record.entrypoint.count = 0;
	compose(&argv, &record, arguments + optind, (size_t)(argc - optind));
	if (!is_given && record.is_known)
		lint_forms(&report, &record);
	lint_command(&report, &record, root_fd, &argv);
	if (options.mode == MODE_RUN)
		return run(&record, &argv, &report);
	show(&options, &record, &argv, &report);
	return report.count > 0 && options.mode != MODE_PRINT ? STATUS_FINDINGS : 0;
}
