/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The running main process, as /proc shows it (proc(5)), and how it compares with what was configured. */
#include "entrypoint.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 256 << 10 };

static const char *const inits[] = { "tini",	  "tini-static", "dumb-init", "docker-init", "catatonit",
				     "s6-svscan", "runsvdir",	 "runit",     "supervisord", "systemd" };

/* A process that gives itself a title writes it over its arguments and fills the rest with NUL. */
static void cut_title(struct actual *actual)
{
	struct words *argv = &actual->argv;
	size_t empty = 0;

	actual->argc_before_cut = argv->count;
	while (argv->count > 1 && argv->at[argv->count - 1][0] == '\0') {
		argv->count--;
		empty++;
	}
	actual->is_renamed = empty > 1 || (argv->count == 1 && strchr(argv->at[0], ' ') != NULL);
}

/* The whole of a file of the process, terminated; owned by the caller.  NULL if it may not be read. */
static char *read_proc(int pid, const char *name, size_t *size)
{
	char *bytes = calloc(1, FILE_MAX + 1);
	char path[64];
	ssize_t got = 0;
	int fd;

	*size = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (bytes != NULL && fd >= 0 && *size < FILE_MAX &&
	       (got = read(fd, bytes + *size, FILE_MAX - *size)) > 0)
		*size += (size_t)got;
	if (fd >= 0)
		(void)close(fd);
	if (fd < 0 || got < 0) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

/* The words point into memory that stays for the life of the process. */
static void read_words(struct words *words, int pid, const char *name)
{
	size_t size;
	const char *bytes = read_proc(pid, name, &size);

	memset(words, 0, sizeof(*words));
	for (size_t at = 0; bytes != NULL && at < size && words->count < ENTRY_WORDS_MAX;
	     at += strlen(bytes + at) + 1)
		words->at[words->count++] = bytes + at;
}

static void read_link(int pid, const char *name, char out[PATH_MAX])
{
	char path[64];
	ssize_t size;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	size = readlink(path, out, PATH_MAX - 1);
	out[size > 0 ? size : 0] = '\0';
}

/* The text after `name` on its line, without blanks around it; "" if there is no such line. */
static void read_field(const char *text, const char *name, char *out, size_t capacity)
{
	const char *line = text;
	size_t length;

	out[0] = '\0';
	while (line != NULL && strncmp(line, name, strlen(name)) != 0) {
		line = strchr(line, '\n');
		line += line != NULL;
	}
	if (line == NULL)
		return;
	line += strlen(name);
	line += strspn(line, " \t");
	length = strcspn(line, "\n");
	while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\t'))
		length--;
	(void)snprintf(out, capacity, "%.*s", (int)length, line);
}

static void read_status(struct actual *actual, const char *status)
{
	char capabilities[32];

	read_field(status, "Uid:", actual->uids, sizeof(actual->uids));
	read_field(status, "Gid:", actual->gids, sizeof(actual->gids));
	read_field(status, "Groups:", actual->groups, sizeof(actual->groups));
	read_field(status, "CapEff:", capabilities, sizeof(capabilities));
	read_field(status, "NoNewPrivs:", actual->no_new_privs, sizeof(actual->no_new_privs));
	read_field(status, "Seccomp:", actual->seccomp, sizeof(actual->seccomp));
	actual->capabilities = strtoull(capabilities, NULL, 16);
	/* Real, effective, saved and filesystem: the effective one decides. */
	actual->uids[strcspn(actual->uids, "\t")] = '\0';
	actual->gids[strcspn(actual->gids, "\t")] = '\0';
}

bool actual_read(struct actual *actual, int pid)
{
	size_t size;
	char *status;
	char *limits;

	memset(actual, 0, sizeof(*actual));
	actual->pid = pid;
	if (pid == 0 || (status = read_proc(pid, "status", &size)) == NULL)
		return false;
	read_status(actual, status);
	free(status);
	limits = read_proc(pid, "limits", &size);
	if (limits != NULL) {
		read_field(limits, "Max open files", actual->open_files, sizeof(actual->open_files));
		read_field(limits, "Max processes", actual->processes, sizeof(actual->processes));
		read_field(limits, "Max core file size", actual->core, sizeof(actual->core));
	}
	free(limits);
	read_words(&actual->argv, pid, "cmdline");
	cut_title(actual);
	read_words(&actual->env, pid, "environ");
	read_link(pid, "exe", actual->executable);
	read_link(pid, "cwd", actual->directory);
	return true;
}

static bool ends_with(const struct words *all, const struct words *tail)
{
	if (tail->count == 0 || tail->count > all->count)
		return false;
	for (size_t i = 0; i < tail->count; i++)
		if (strcmp(all->at[all->count - tail->count + i], tail->at[i]) != 0)
			return false;
	return true;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* "INTERPRETER [ARGUMENT] SCRIPT WORD...", as the kernel starts a script: the words after the first are
 * the configured ones, and the script's path ends as configured. */
static bool is_script_of(const struct words *running, const struct words *configured)
{
	struct words after = { .count = configured->count - 1 };
	size_t at = running->count - configured->count;

	if (running->count <= configured->count || running->count > configured->count + 2)
		return false;
	memcpy(after.at, configured->at + 1, after.count * sizeof(after.at[0]));
	return (after.count == 0 || ends_with(running, &after)) &&
	       strcmp(base_name(running->at[at]), base_name(configured->at[0])) == 0;
}

/* Whether a line of shell has this name as a word or the end of a path. */
static bool has_name(const char *line, const char *name)
{
	static const char in_names[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-";
	const size_t length = strlen(name);

	for (const char *at = line; length > 0 && (at = strstr(at, name)) != NULL; at++) {
		const bool is_begin = at == line || strchr(in_names, at[-1]) == NULL;

		if (is_begin && (at[length] == '\0' || strchr(in_names, at[length]) == NULL))
			return true;
	}
	return false;
}

static bool is_same(const struct actual *actual, const struct words *configured)
{
	if (actual->argc_before_cut != configured->count)
		return false;
	for (size_t i = 0; i < configured->count; i++)
		if (strcmp(actual->argv.at[i], configured->at[i]) != 0)
			return false;
	return true;
}

static bool is_shell(const struct words *words)
{
	return words->count >= 3 && strcmp(words->at[1], "-c") == 0;
}

enum started actual_compare(const struct actual *actual, const struct words *configured)
{
	const struct words *running = &actual->argv;

	if (running->count == 0 || configured->count == 0)
		return STARTED_UNKNOWN;
	if (is_same(actual, configured))
		return STARTED_SAME;
	if (actual_is_init(actual))
		return STARTED_BY_INIT;
	if (actual->is_renamed)
		return STARTED_RENAMED;
	if (actual->is_script && is_script_of(running, configured))
		return STARTED_BY_INTERPRETER;
	if (ends_with(configured, running))
		return STARTED_REPLACED;
	if (is_shell(configured) && has_name(configured->at[2], base_name(running->at[0])))
		return STARTED_BY_SHELL;
	return STARTED_OTHERWISE;
}

const char *started_sentence(enum started started)
{
	static const char *const sentences[] = {
		[STARTED_UNKNOWN] = "cannot be compared",
		[STARTED_SAME] = "as configured",
		[STARTED_BY_INIT] = "by an init, which starts what is configured",
		[STARTED_BY_INTERPRETER] = "as configured, by the interpreter that the script names",
		[STARTED_REPLACED] = "as configured: ENTRYPOINT has replaced itself by what follows it",
		[STARTED_BY_SHELL] = "as configured: the shell has replaced itself by its command",
		[STARTED_RENAMED] = "cannot be compared: the process has written a title over its arguments",
		[STARTED_OTHERWISE] = "DIFFERS: what was configured has replaced itself by this",
	};

	return sentences[started];
}

bool actual_is_init(const struct actual *actual)
{
	for (size_t i = 0; i < sizeof(inits) / sizeof(inits[0]); i++)
		if (strcmp(base_name(actual->executable), inits[i]) == 0)
			return true;
	return false;
}

/* The first child, for an init that says little by itself; 0 if there is none or /proc does not tell. */
int actual_first_child(const struct actual *actual)
{
	char name[64];
	size_t size;
	char *children;
	int64_t child = 0;

	(void)snprintf(name, sizeof(name), "task/%d/children", actual->pid);
	children = read_proc(actual->pid, name, &size);
	if (children == NULL)
		return 0;
	children[strcspn(children, " \n")] = '\0';
	(void)!text_to_number(children, 1, INT_MAX, &child);
	free(children);
	return (int)child;
}

static const char *find_variable(const struct words *env, const char *assignment)
{
	size_t length = strcspn(assignment, "=") + 1;

	for (size_t i = 0; i < env->count; i++)
		if (strncmp(env->at[i], assignment, length) == 0)
			return env->at[i];
	return NULL;
}

void environment_compare(struct environment_difference *difference, const struct words *configured,
			 const struct words *running)
{
	memset(difference, 0, sizeof(*difference));
	for (size_t i = 0; i < running->count; i++) {
		const char *other = find_variable(configured, running->at[i]);

		/* A process can write over its environment: what is no NAME=VALUE says nothing. */
		if (strchr(running->at[i], '=') == NULL)
			continue;
		if (other == NULL)
			difference->added.at[difference->added.count++] = running->at[i];
		else if (strcmp(other, running->at[i]) != 0)
			difference->changed.at[difference->changed.count++] = running->at[i];
	}
	for (size_t i = 0; i < configured->count; i++)
		if (find_variable(running, configured->at[i]) == NULL)
			difference->removed.at[difference->removed.count++] = configured->at[i];
}
