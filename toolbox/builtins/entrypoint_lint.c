/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What would keep a command line from starting, or from behaving. */
#include "entrypoint.h"

#include "text.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#if defined(__x86_64__)
static const char our_architecture[] = "amd64";
#elif defined(__aarch64__)
static const char our_architecture[] = "arm64";
#else
static const char our_architecture[] = "";
#endif

enum { SHEBANG_SIZE = 256 };

const char *shown(const char *text)
{
	static char buffers[4][400];
	static unsigned int next;
	char *buffer = buffers[next++ % 4];

	return text_encode(buffer, sizeof(buffers[0]), text, strlen(text));
}

void report_add(struct report *report, enum finding_level level, const char *check, const char *format, ...)
{
	struct finding *finding = &report->findings[report->count];
	va_list arguments;

	if (report->count == ENTRY_FINDINGS_MAX) {
		report->left_out++;
		return;
	}
	report->count++;
	finding->level = level;
	(void)snprintf(finding->check, sizeof(finding->check), "%s", check);
	va_start(arguments, format);
	(void)vsnprintf(finding->text, sizeof(finding->text), format, arguments);
	va_end(arguments);
}

static void cannot_run(struct report *report, int status)
{
	if (report->exec_status == 0)
		report->exec_status = status;
}

static bool is_shell_form(const struct words *words)
{
	return words->count >= 3 && strcmp(words->at[1], "-c") == 0 &&
	       (strcmp(words->at[0], "/bin/sh") == 0 || strcmp(words->at[0], "/bin/bash") == 0);
}

static void lint_form(struct report *report, const char *from, const struct words *words)
{
	if (!is_shell_form(words))
		return;
	if (words->at[2][strspn(words->at[2], " ")] == '[' && strchr(words->at[2], '\'') == NULL)
		report_add(
		    report, LEVEL_ERROR, "json",
		    "%s looks like a list but was not valid JSON, so a shell gets it as text: %s; use double "
		    "quotes and commas",
		    from, shown(words->at[2]));
	else if (words->at[2][strspn(words->at[2], " ")] == '[')
		report_add(
		    report, LEVEL_ERROR, "json",
		    "%s is a list with single quotes, so a shell gets it as text: %s; JSON wants double "
		    "quotes",
		    from, shown(words->at[2]));
	else if (strncmp(words->at[2], "exec ", 5) != 0)
		report_add(
		    report, LEVEL_WARNING, "shell-form",
		    "%s is in shell form: `%s` is the main process and need not pass signals on, so stopping may take "
		    "until the engine kills; write it as a list, or begin it with `exec`",
		    from, shown(words->at[0]));
}

void lint_forms(struct report *report, const struct record *record)
{
	if (record->entrypoint.count == 0 && record->cmd.count == 0) {
		report_add(report, LEVEL_ERROR, "empty",
			   "neither ENTRYPOINT nor CMD is set; set one, or give a command to `docker run`");
		cannot_run(report, 127);
		return;
	}
	lint_form(report, "ENTRYPOINT", &record->entrypoint);
	if (record->entrypoint.count == 0)
		lint_form(report, "CMD", &record->cmd);
	else if (is_shell_form(&record->entrypoint) && record->cmd.count > 0)
		report_add(report, LEVEL_WARNING, "cmd-ignored",
			   "CMD is ignored, because ENTRYPOINT is in shell form; write ENTRYPOINT as a list");
	else if (is_shell_form(&record->cmd))
		report_add(
		    report, LEVEL_WARNING, "cmd-shell-form",
		    "CMD is in shell form, so ENTRYPOINT gets `%s` and `-c` as its first arguments; write CMD "
		    "as a list",
		    shown(record->cmd.at[0]));
}

static void lint_workdir(struct report *report, int root_fd, const char *workdir)
{
	int fd = target_open(root_fd, workdir, O_PATH | O_DIRECTORY);

	if (fd < 0)
		report_add(report, LEVEL_ERROR, "workdir",
			   "the working directory `%s` cannot be opened; create it", shown(workdir));
	else
		(void)close(fd);
}

static void lint_words(struct report *report, const struct words *argv)
{
	static const char *const shell[] = { "&&", "||", "|", ";", ">", "<" };

	for (size_t i = 0; i < argv->count && !is_shell_form(argv); i++) {
		if (argv->at[i][0] == '$')
			report_add(
			    report, LEVEL_WARNING, "variable",
			    "`%s` is passed as it stands, because no shell replaces variables in a list",
			    shown(argv->at[i]));
		for (size_t j = 0; j < sizeof(shell) / sizeof(shell[0]); j++)
			if (strcmp(argv->at[i], shell[j]) == 0)
				report_add(report, LEVEL_WARNING, "shell-syntax",
					   "`%s` is an argument here, because no shell reads the list",
					   shell[j]);
	}
}

static void report_missing(struct report *report, int root_fd, const char *name, const char *path,
			   const char *workdir)
{
	const char *base = strrchr(name, '/') != NULL ? strrchr(name, '/') + 1 : name;
	char near[PATH_MAX];

	cannot_run(report, 127);
	if (strpbrk(name, " \t") != NULL)
		report_add(
		    report, LEVEL_ERROR, "not-found",
		    "there is no program named `%s`, spaces included; make each word its own list element",
		    shown(name));
	else if (find_program(root_fd, base, DEFAULT_PATH ":/app:/opt:/:/usr/local/app", workdir, near) ==
		 FIND_OK)
		report_add(report, LEVEL_ERROR, "not-found",
			   "`%s` does not exist%s, but `%s` does; use that path",
			   shown(path[0] != '\0' ? path : name), strchr(name, '/') != NULL ? "" : " on PATH",
			   shown(near));
	else
		report_add(report, LEVEL_ERROR, "not-found",
			   "`%s` does not exist%s; was it copied into the image?",
			   shown(path[0] != '\0' ? path : name), strchr(name, '/') != NULL ? "" : " on PATH");
}

static bool file_exists(int root_fd, const char *path)
{
	int fd = target_open(root_fd, path, O_PATH);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

static const char *about_loader(enum elf_loader loader)
{
	if (loader == LOADER_MUSL)
		return " (it was built for musl, and this image has none: is it Debian or glibc based?)";
	if (loader == LOADER_GLIBC)
		return " (it was built for glibc, and this image has none: is it Alpine, scratch or static?)";
	return "";
}

static bool is_ours(const struct elf *elf)
{
	const char *architecture = elf_architecture(elf);

	return our_architecture[0] == '\0' || strcmp(architecture, our_architecture) == 0 ||
	       (strcmp(our_architecture, "amd64") == 0 && elf->machine == EM_386);
}

static void lint_elf(struct report *report, const struct record *record, int root_fd, const struct elf *elf)
{
	(void)snprintf(report->kind, sizeof(report->kind), "%s%s%s", elf_architecture(elf),
		       elf->interpreter == NULL ? ", static" : ", loader ",
		       elf->interpreter == NULL ? "" : shown(elf->interpreter));
	if (!is_ours(elf)) {
		cannot_run(report, 126);
		report_add(
		    report, LEVEL_ERROR, "architecture",
		    "`%s` is for %s but this host is %s, so it fails with \"exec format error\"; use the image for this "
		    "platform, or set up qemu with binfmt_misc",
		    shown(report->program), elf_architecture(elf), our_architecture);
		return;
	}
	if (elf->interpreter != NULL && !file_exists(root_fd, elf->interpreter)) {
		cannot_run(report, 127);
		report_add(
		    report, LEVEL_ERROR, "loader",
		    "`%s` needs the loader `%s`, which does not exist%s, so it fails with \"no such file\"; "
		    "build it statically or use the image that it was built for",
		    shown(report->program), shown(elf->interpreter), about_loader(elf_loader(elf)));
		return;
	}
	libraries_check(report, root_fd, elf, report->program, record_env(record, "LD_LIBRARY_PATH"));
}

/* The program that `#!/usr/bin/env NAME` names. */
static void lint_env(struct report *report, const struct record *record, int root_fd,
		     const struct script *script, const char *workdir)
{
	const char *search = record_env(record, "PATH");
	struct script_env env;
	char found[PATH_MAX];

	script_env(&env, script);
	if (!env.is_env || env.program[0] == '\0')
		return;
	if (env.has_blank) {
		cannot_run(report, 127);
		report_add(
		    report, LEVEL_ERROR, "interpreter",
		    "the script `%s` asks env for one program named `%s`, blanks included; write `env -S`",
		    shown(report->program), shown(env.program));
	} else if (find_program(root_fd, env.program, search != NULL ? search : DEFAULT_PATH, workdir,
				found) != FIND_OK) {
		cannot_run(report, 127);
		report_add(report, LEVEL_ERROR, "interpreter",
			   "the script `%s` wants `%s`, which is not on PATH; add it to the image",
			   shown(report->program), shown(env.program));
	}
}

static void lint_interpreter(struct report *report, const struct record *record, int root_fd,
			     const struct script *script, const char *workdir)
{
	if (script->interpreter[0] == '\0' || !file_exists(root_fd, script->interpreter)) {
		cannot_run(report, script->interpreter[0] == '\0' ? 126 : 127);
		report_add(
		    report, LEVEL_ERROR, "interpreter",
		    script->interpreter[0] == '\0'
			? "the script `%s` names no interpreter after `#!`%s; name one"
			: "the script `%s` wants the interpreter `%s`, which does not exist; add it to the image",
		    shown(report->program), shown(script->interpreter));
		return;
	}
	lint_env(report, record, root_fd, script, workdir);
}

static void lint_script(struct report *report, const struct record *record, int root_fd,
			const struct script *script, const char *workdir)
{
	(void)snprintf(report->kind, sizeof(report->kind), "script for %s", shown(script->interpreter));
	if (script->has_bom || script->has_cr || script->is_too_long) {
		cannot_run(report, script->has_cr ? 127 : 126);
		report_add(
		    report, LEVEL_ERROR, "shebang", "the first line of `%s` %s", shown(report->program),
		    script->has_bom  ? "begins with a byte order mark, so it is no script to the kernel; "
				       "save it as UTF-8 without BOM"
		    : script->has_cr ? "ends with a carriage return, so an interpreter with that in its name "
				       "is searched; convert the file with dos2unix"
				     : "is longer than the 255 bytes that the kernel reads; shorten it");
		return;
	}
	lint_interpreter(report, record, root_fd, script, workdir);
}

/* A file that is neither a program nor a script: the kernel refuses it, and a shell would read it. */
static void lint_other(struct report *report, uint64_t size)
{
	cannot_run(report, 126);
	if (size == 0)
		report_add(report, LEVEL_ERROR, "empty-file", "`%s` is empty; was it copied?",
			   shown(report->program));
	else
		report_add(
		    report, LEVEL_ERROR, "format",
		    "`%s` is neither a program nor a script with `#!` in its first line, so it fails with "
		    "\"exec format error\"; give it a first line such as `#!/bin/sh`",
		    shown(report->program));
}

static void lint_content(struct report *report, const struct record *record, int root_fd, int fd,
			 uint64_t size, const char *workdir)
{
	static struct elf elf;
	struct script script;
	char bytes[SHEBANG_SIZE];
	const ssize_t got = pread(fd, bytes, sizeof(bytes), 0);

	script_parse(&script, bytes, got > 0 ? (size_t)got : 0);
	switch (elf_read(&elf, fd)) {
	case ELF_OK:
		lint_elf(report, record, root_fd, &elf);
		break;
	case ELF_BROKEN:
		cannot_run(report, 126);
		report_add(report, LEVEL_ERROR, "elf", "`%s` is a program that %s; copy it again",
			   shown(report->program), elf.problem);
		break;
	case ELF_UNREADABLE:
		report_add(report, LEVEL_WARNING, "unreadable", "`%s` cannot be read, so it was not examined",
			   shown(report->program));
		break;
	case ELF_NOT:
		if (script.is_script || script.has_bom)
			lint_script(report, record, root_fd, &script, workdir);
		else
			lint_other(report, size);
		break;
	}
}

static void lint_file(struct report *report, const struct record *record, int root_fd, const char *workdir)
{
	uint64_t size = 0;
	int fd = target_open_file(root_fd, report->program, &size);

	if (fd < 0 && errno == ENXIO) {
		cannot_run(report, 126);
		report_add(report, LEVEL_ERROR, "no-file", "`%s` is a pipe, socket or device; name a program",
			   shown(report->program));
	} else if (fd < 0) {
		report_add(report, LEVEL_WARNING, "unreadable",
			   "`%s` cannot be read (%s), so it was not examined", shown(report->program),
			   strerror(errno));
	} else {
		lint_content(report, record, root_fd, fd, size, workdir);
		(void)close(fd);
	}
}

void lint_command(struct report *report, const struct record *record, int root_fd, const struct words *argv)
{
	const char *workdir = record->workdir != NULL && record->workdir[0] == '/' ? record->workdir : "/";
	const char *search = record_env(record, "PATH");
	struct entry_user user;
	enum find_result found;

	lint_user(report, record, root_fd, &user);
	lint_workdir(report, root_fd, workdir);
	if (argv->count == 0)
		return;
	lint_words(report, argv);
	found = find_program(root_fd, record->program != NULL ? record->program : argv->at[0],
			     search != NULL ? search : DEFAULT_PATH, workdir, report->program);
	if (found == FIND_MISSING && record->program != NULL) {
		report_add(
		    report, LEVEL_WARNING, "replaced",
		    "`%s` runs, but its file has been deleted or replaced since; a restart will not run the same",
		    shown(record->program));
		cannot_run(report, 127);
		return;
	}
	if (found == FIND_MISSING) {
		report_missing(report, root_fd, argv->at[0], report->program, workdir);
		return;
	}
	if (found != FIND_OK || (user.is_known && !user_may_execute(root_fd, report->program, &user))) {
		cannot_run(report, 126);
		report_add(report, LEVEL_ERROR, "not-executable", "`%s` %s", shown(report->program),
			   found == FIND_DIRECTORY ? "is a directory"
			   : found == FIND_OK	   ? "may not be executed by the configured USER; chmod a+x"
						   : "is not executable; chmod +x before it is copied");
	}
	if (found != FIND_DIRECTORY)
		lint_file(report, record, root_fd, workdir);
}
