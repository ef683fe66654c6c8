/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * entrypoint: shows, checks or runs what ENTRYPOINT and CMD make of a container.
 *
 * It runs in a session, with no more rights than that.  What the engine was told lies in a record that
 * the session's start left (src/6-join/record.c); what runs, it reads from /proc; and files it examines
 * in the container's own root.  All three are foreign.
 */
#include "entrypoint.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD_PATH "/dev/toolbox/run/.configured"

enum mode { MODE_ALL, MODE_PRINT, MODE_LINT, MODE_RUN };
enum { STATUS_FINDINGS = 1, STATUS_MISUSE = 125, STATUS_NOT_EXECUTABLE = 126, STATUS_NOT_FOUND = 127 };

struct options {
	enum mode mode;
	bool is_json, is_showing_values;
};

static const char help[] =
    "Usage: entrypoint [--print | --lint | --run] [--json] [--show-values] [-- WORD...]\n"
    "Shows what ENTRYPOINT and CMD make of this container, checks it, and compares it with what runs.\n"
    "\n"
    "  --print        print the command line that starts the container, and nothing else\n"
    "  --lint         check it, and nothing else; with WORD..., check that command instead\n"
    "  --run          run it here; WORD... stands in place of CMD\n"
    "  --json         print for programs\n"
    "  --show-values  show values of environment variables, which may be secret\n"
    "\n"
    "Exit status: 0 nothing found, 1 something found, 125 wrong use; with --run the command's own.\n";

static int run(const struct record *record, const struct words *argv, const struct report *report)
{
	if (report->exec_status != 0 || report->program[0] == '\0') {
		for (size_t i = 0; i < report->count; i++)
			(void)fprintf(stderr, "entrypoint: %s\n", report->findings[i].text);
		return report->exec_status != 0 ? report->exec_status : STATUS_NOT_FOUND;
	}
	if (record->workdir != NULL && record->workdir[0] != '\0' && chdir(record->workdir) < 0) {
		(void)fprintf(stderr, "entrypoint: cannot enter `%s`: %s\n", shown(record->workdir),
			      strerror(errno));
		return STATUS_NOT_EXECUTABLE;
	}
	(void)execve(report->program, (char *const *)(uintptr_t)argv->at,
		     (char *const *)(uintptr_t)record->env.at);
	(void)fprintf(stderr, "entrypoint: cannot execute `%s`: %s\n", shown(report->program),
		      strerror(errno));
	return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
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

/* Of a process that no engine was asked about, what it runs is all there is to check. */
static void take_actual(struct record *record, const struct actual *actual)
{
	record->cmd = actual->argv;
	record->env = actual->env;
	record->user = actual->uids;
	record->workdir = actual->directory[0] == '/' ? actual->directory : NULL;
	/* A process may call itself anything. */
	if (actual->executable[0] == '/')
		record->program = actual->executable;
}

static void show(const struct options *options, const struct record *record, const struct words *argv,
		 const struct report *report, const struct actual *actual)
{
	if (options->is_json) {
		show_json(record, argv, report, actual, options->is_showing_values);
		return;
	}
	if (options->mode == MODE_PRINT) {
		show_command(argv);
		return;
	}
	if (options->mode == MODE_ALL)
		show_configured(record, argv, report);
	show_findings(report);
	if (options->mode == MODE_LINT && report->count == 0)
		printf("no problem found\n");
	if (options->mode == MODE_ALL && actual != NULL)
		show_actual(actual, record, argv, options->is_showing_values);
}

int main(int argc, char *arguments[])
{
	static struct record record;
	static struct words argv;
	static struct report report;
	static struct actual actual;
	struct options options = { 0 };
	const int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool is_given, is_running;

	parse(&options, argc, arguments);
	if (!record_read(&record, RECORD_PATH) || root_fd < 0) {
		(void)fprintf(stderr,
			      "entrypoint: cannot read " RECORD_PATH "; this works in a session only\n");
		return STATUS_MISUSE;
	}
	is_running = actual_read(&actual, record.pid);
	is_given = optind < argc;
	if (!record.is_known && is_running)
		take_actual(&record, &actual);
	if (is_given)
		record.program = NULL;
	if (is_given && options.mode != MODE_RUN)
		record.entrypoint.count = 0;
	compose(&argv, &record, arguments + optind, (size_t)(argc - optind));
	if (!is_given && record.is_known)
		lint_forms(&report, &record);
	lint_command(&report, &record, root_fd, &argv);
	actual.is_script = strncmp(report.kind, "script", strlen("script")) == 0;
	if (options.mode == MODE_RUN)
		return run(&record, &argv, &report);
	show(&options, &record, &argv, &report, is_running ? &actual : NULL);
	return report.count > 0 && options.mode != MODE_PRINT ? STATUS_FINDINGS : 0;
}
