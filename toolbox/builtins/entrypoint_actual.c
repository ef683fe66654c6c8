/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The running main process, beside what was configured. */
#include "entrypoint.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 256 << 10 };

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
	return bytes;
}

static void split(struct words *words, const char *bytes, size_t size)
{
	memset(words, 0, sizeof(*words));
	for (size_t at = 0; at < size && words->count < ENTRY_WORDS_MAX; at += strlen(bytes + at) + 1)
		words->at[words->count++] = bytes + at;
}

static bool is_same(const struct words *a, const struct words *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->at[i], b->at[i]) != 0)
			return false;
	return true;
}

static void print_link(int pid, const char *label, const char *name)
{
	char path[64];
	char target[PATH_MAX];
	ssize_t size;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	size = readlink(path, target, sizeof(target) - 1);
	target[size > 0 ? size : 0] = '\0';
	printf("  %-12s %s\n", label, size > 0 ? shown(target) : "not permitted to read");
}

/* Lines of a proc file that begin with one of these words, as the kernel prints them. */
static void print_lines(char *text, const char *const names[])
{
	for (char *line = strsep(&text, "\n"); line != NULL; line = strsep(&text, "\n"))
		for (size_t i = 0; names[i] != NULL; i++)
			if (strncmp(line, names[i], strlen(names[i])) == 0)
				printf("  %s\n", line);
}

static const char *find_variable(const struct words *env, const char *assignment)
{
	size_t length = strcspn(assignment, "=") + 1;

	for (size_t i = 0; i < env->count; i++)
		if (strncmp(env->at[i], assignment, length) == 0)
			return env->at[i];
	return NULL;
}

static void print_difference(const struct words *from, const struct words *to, const char *word,
			     bool is_showing_values)
{
	for (size_t i = 0; i < to->count; i++) {
		const char *other = find_variable(from, to->at[i]);
		const char *name = shown(to->at[i]);

		if (other == NULL)
			printf("  env %-8s %.*s\n", word,
			       (int)(is_showing_values ? strlen(name) : strcspn(name, "=")), name);
	}
}

static void print_environment(const struct record *record, const struct words *env, bool is_showing_values)
{
	print_difference(&record->env, env, "added", is_showing_values);
	print_difference(env, &record->env, "removed", is_showing_values);
	for (size_t i = 0; i < env->count; i++) {
		const char *other = find_variable(&record->env, env->at[i]);
		const char *name = shown(env->at[i]);

		if (other != NULL && strcmp(other, env->at[i]) != 0)
			printf("  env changed  %.*s\n",
			       (int)(is_showing_values ? strlen(name) : strcspn(name, "=")), name);
	}
}

void actual_print(const struct record *record, const struct words *argv, bool is_showing_values)
{
	static const char *const status_names[] = { "Uid:",    "Gid:",	      "Groups:",    "CapEff:",
						    "CapBnd:", "NoNewPrivs:", "Seccomp:\t", NULL };
	static const char *const limit_names[] = { "Max open files", "Max processes", "Max core file", NULL };
	static struct words actual, env;
	const char *bytes;
	size_t size;

	if (record->pid == 0)
		return;
	bytes = read_proc(record->pid, "cmdline", &size);
	split(&actual, bytes, size);
	printf("Running as process %d:\n  ", record->pid);
	print_command(&actual);
	if (record->is_known)
		printf("  %s\n",
		       is_same(&actual, argv) ? "as configured" : "DIFFERS from the configured command");
	print_link(record->pid, "executable", "exe");
	print_link(record->pid, "directory", "cwd");
	print_lines(read_proc(record->pid, "status", &size), status_names);
	print_lines(read_proc(record->pid, "limits", &size), limit_names);
	bytes = read_proc(record->pid, "environ", &size);
	split(&env, bytes, size);
	if (size == 0)
		printf("  environment  not permitted to read, or empty\n");
	else if (record->is_known)
		print_environment(record, &env, is_showing_values);
}
