/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What would keep a command line from starting, or from behaving. */
#include "entrypoint.h"

#include "text.h"

#include <elf.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#if defined(__x86_64__)
enum { OUR_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { OUR_MACHINE = EM_AARCH64 };
#else
enum { OUR_MACHINE = EM_NONE };
#endif

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

	if (report->count == ENTRY_FINDINGS_MAX)
		return;
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

/* The fields of a passwd entry by name or number; false if there is none. */
static bool find_user(int root_fd, const char *user, unsigned int *uid, unsigned int *gid)
{
	int fd = target_open(root_fd, "/etc/passwd", O_RDONLY);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	char line[1024];
	bool is_found = false;

	while (file != NULL && !is_found && fgets(line, sizeof(line), file) != NULL) {
		char name[256];
		char number[16];

		if (sscanf(line, "%255[^:]:%*[^:]:%u:%u", name, uid, gid) != 3)
			continue;
		(void)snprintf(number, sizeof(number), "%u", *uid);
		is_found = strcmp(name, user) == 0 || strcmp(number, user) == 0;
	}
	if (file != NULL)
		(void)fclose(file);
	return is_found;
}

static bool lint_user(struct report *report, const struct record *record, int root_fd, unsigned int *uid,
		      unsigned int *gid)
{
	char user[256];
	bool is_number;

	*uid = *gid = 0;
	if (record->user == NULL || record->user[0] == '\0')
		return true;
	(void)snprintf(user, sizeof(user), "%.*s", (int)strcspn(record->user, ":"), record->user);
	is_number = user[strspn(user, "0123456789")] == '\0';
	if (find_user(root_fd, user, uid, gid))
		return true;
	*uid = is_number ? (unsigned int)strtoul(user, NULL, 10) : 0;
	*gid = 0;
	if (is_number)
		report_add(
		    report, LEVEL_WARNING, "user",
		    "USER %s has no entry in /etc/passwd, so programs that ask for its name or home get none",
		    shown(user));
	else
		report_add(report, LEVEL_ERROR, "user",
			   "USER `%s` is not in the container's /etc/passwd; add it, or use a number",
			   shown(user));
	return is_number;
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

static bool can_execute(int root_fd, const char *path, unsigned int uid, unsigned int gid)
{
	struct stat status;
	int fd = target_open(root_fd, path, O_PATH);
	bool is_read = fd >= 0 && fstat(fd, &status) == 0;

	if (fd >= 0)
		(void)close(fd);
	if (!is_read || uid == 0)
		return is_read;
	return (status.st_mode & (status.st_uid == uid ? 0100U : status.st_gid == gid ? 0010U : 0001U)) != 0;
}

static void lint_elf(struct report *report, const struct record *record, int root_fd, const struct elf *elf)
{
	const char *library_path = record_env(record, "LD_LIBRARY_PATH");
	bool is_musl = elf->interpreter != NULL && strstr(elf->interpreter, "ld-musl") != NULL;

	(void)snprintf(report->kind, sizeof(report->kind), "%s program for %s%s%s",
		       elf->is_64 ? "64-bit" : "32-bit", elf_machine_name(elf->machine),
		       elf->interpreter == NULL ? ", static" : ", loader ",
		       elf->interpreter == NULL ? "" : shown(elf->interpreter));
	if (OUR_MACHINE != EM_NONE && elf->machine != OUR_MACHINE &&
	    !(OUR_MACHINE == EM_X86_64 && elf->machine == EM_386)) {
		cannot_run(report, 126);
		report_add(
		    report, LEVEL_ERROR, "architecture",
		    "`%s` is for %s but this host is %s; pull the image for this platform, or set up qemu "
		    "with binfmt_misc",
		    shown(report->program), elf_machine_name(elf->machine), elf_machine_name(OUR_MACHINE));
		return;
	}
	if (elf->interpreter != NULL && !file_exists(root_fd, elf->interpreter)) {
		cannot_run(report, 127);
		report_add(
		    report, LEVEL_ERROR, "loader",
		    "`%s` needs the loader `%s`, which does not exist%s, so it fails with \"no such file\"; "
		    "build it statically or use the image that it was built for",
		    shown(report->program), shown(elf->interpreter),
		    is_musl ? " (a musl program in an image without musl)"
			    : " (a glibc program in an image without glibc)");
		return;
	}
	libraries_check(report, root_fd, elf, report->program, library_path);
}

static void lint_interpreter(struct report *report, const struct record *record, int root_fd,
			     const struct script *script, const char *workdir)
{
	const char *search = record_env(record, "PATH");
	const char *name = script->argument;
	char path[PATH_MAX];

	if (!file_exists(root_fd, script->interpreter)) {
		cannot_run(report, 127);
		report_add(
		    report, LEVEL_ERROR, "interpreter",
		    "the script `%s` wants the interpreter `%s`, which does not exist; add it to the image",
		    shown(report->program), shown(script->interpreter));
		return;
	}
	if (strlen(script->interpreter) < 4 ||
	    strcmp(script->interpreter + strlen(script->interpreter) - 4, "/env") != 0)
		return;
	name += strncmp(name, "-S ", 3) == 0 ? 3 : 0;
	(void)snprintf(path, sizeof(path), "%.*s", (int)strcspn(name, " \t"), name);
	if (path[0] != '\0') {
		char found[PATH_MAX];

		if (find_program(root_fd, path, search != NULL ? search : DEFAULT_PATH, workdir, found) ==
		    FIND_OK)
			return;
		cannot_run(report, 127);
		report_add(report, LEVEL_ERROR, "interpreter",
			   "the script `%s` wants `%s`, which is not on PATH", shown(report->program),
			   shown(path));
	}
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

static void lint_bytes(struct report *report, const struct record *record, int root_fd, const char *bytes,
		       size_t size, const char *workdir)
{
	static struct elf elf;
	struct script script;
	enum elf_result result = elf_parse(&elf, bytes, size);

	script_parse(&script, bytes, size);
	if (result == ELF_OK) {
		lint_elf(report, record, root_fd, &elf);
	} else if (result == ELF_BROKEN) {
		cannot_run(report, 126);
		report_add(report, LEVEL_ERROR, "elf", "`%s` is a damaged or cut off program; copy it again",
			   shown(report->program));
	} else if (script.is_script) {
		lint_script(report, record, root_fd, &script, workdir);
	} else {
		cannot_run(report, 126);
		report_add(
		    report, LEVEL_ERROR, "format",
		    "`%s` is neither a program nor a script with `#!` in its first line, so it fails with "
		    "\"exec format error\"",
		    shown(report->program));
	}
}

static void lint_file(struct report *report, const struct record *record, int root_fd, const char *workdir)
{
	int fd = target_open(root_fd, report->program, O_RDONLY);
	struct stat status;
	void *bytes = MAP_FAILED;

	if (fd < 0 || fstat(fd, &status) < 0) {
		report_add(report, LEVEL_WARNING, "unreadable", "`%s` cannot be read, so it was not examined",
			   shown(report->program));
	} else if (status.st_size == 0) {
		cannot_run(report, 126);
		report_add(report, LEVEL_ERROR, "empty-file", "`%s` is empty", shown(report->program));
	} else {
		bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (bytes != MAP_FAILED)
			lint_bytes(report, record, root_fd, bytes, (size_t)status.st_size, workdir);
	}
	if (fd >= 0)
		(void)close(fd);
}

void lint_command(struct report *report, const struct record *record, int root_fd, const struct words *argv)
{
	const char *workdir = record->workdir != NULL && record->workdir[0] == '/' ? record->workdir : "/";
	const char *search = record_env(record, "PATH");
	unsigned int uid, gid;
	bool is_user = lint_user(report, record, root_fd, &uid, &gid);
	enum find_result found;

	lint_workdir(report, root_fd, workdir);
	if (argv->count == 0)
		return;
	lint_words(report, argv);
	found = find_program(root_fd, argv->at[0], search != NULL ? search : DEFAULT_PATH, workdir,
			     report->program);
	if (found == FIND_MISSING) {
		report_missing(report, root_fd, argv->at[0], report->program, workdir);
		return;
	}
	if (found != FIND_OK || (is_user && !can_execute(root_fd, report->program, uid, gid))) {
		cannot_run(report, 126);
		report_add(report, LEVEL_ERROR, "not-executable", "`%s` %s", shown(report->program),
			   found == FIND_DIRECTORY ? "is a directory"
			   : found == FIND_OK	   ? "may not be executed by the configured USER; chmod a+x"
						   : "is not executable; chmod +x before it is copied");
	}
	if (found != FIND_DIRECTORY)
		lint_file(report, record, root_fd, workdir);
}
