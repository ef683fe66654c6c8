/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first line of a script, read as the kernel reads it (fs/binfmt_script.c). */
#include "entrypoint.h"

#include <stdio.h>
#include <string.h>

/* BINPRM_BUF_SIZE: what the kernel looks at, `#!` included. */
enum { KERNEL_READS = 256 };

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

/* Up to and with `last`, as in the kernel; NULL if there are only blanks. */
static char *skip_blanks(char *first, const char *last)
{
	while (first <= last && is_blank(*first))
		first++;
	return first <= last ? first : NULL;
}

static char *find_end(char *first, const char *last)
{
	while (first <= last && !is_blank(*first) && *first != '\0')
		first++;
	return first <= last ? first : NULL;
}

/* Cuts a carriage return at the end off. */
static bool cut_cr(char *text)
{
	size_t length = strlen(text);

	if (length == 0 || text[length - 1] != '\r')
		return false;
	text[length - 1] = '\0';
	return true;
}

static void parse_line(struct script *script, char line[KERNEL_READS])
{
	char *end = line + strcspn(line, "\n"); /* stops at NUL, as the kernel does */
	char *name, *argument = NULL;

	if (*end != '\n') {
		end = line + KERNEL_READS - 1;
		name = skip_blanks(line + 2, end);
		script->is_too_long = name == NULL || find_end(name, end) == NULL;
		script->is_cut = memchr(line, '\0', KERNEL_READS - 1) == NULL;
	}
	if (script->is_too_long)
		return;
	while (is_blank(end[-1]))
		end--;
	name = skip_blanks(line + 2, end);
	if (name == NULL || name == end)
		return;
	*end = '\0';
	end = find_end(name, end);
	if (end != NULL && *end != '\0') {
		*end = '\0';
		argument = end + 1 + strspn(end + 1, " \t");
	}
	(void)snprintf(script->interpreter, sizeof(script->interpreter), "%s", name);
	(void)snprintf(script->argument, sizeof(script->argument), "%s", argument != NULL ? argument : "");
	script->has_cr = cut_cr(script->argument[0] != '\0' ? script->argument : script->interpreter);
}

void script_parse(struct script *script, const char *bytes, size_t size)
{
	char line[KERNEL_READS + 1] = { 0 };

	memset(script, 0, sizeof(*script));
	if (size >= 5 && memcmp(bytes, "\xef\xbb\xbf#!", 5) == 0) {
		script->has_bom = true;
		bytes += 3;
		size -= 3;
	}
	if (size < 2 || memcmp(bytes, "#!", 2) != 0)
		return;
	script->is_script = true;
	memcpy(line, bytes, size < KERNEL_READS ? size : KERNEL_READS);
	parse_line(script, line);
}

/* After the option -S, alone, among letters, or in its long form; NULL if there is none. */
static const char *split_string(const char *argument)
{
	static const char name[] = "--split-string";
	const char *letter = argument + 1;

	if (strncmp(argument, name, sizeof(name) - 1) == 0) {
		argument += sizeof(name) - 1;
		return *argument == '=' || is_blank(*argument) ? argument + 1 : NULL;
	}
	if (argument[0] != '-')
		return NULL;
	letter += strspn(letter, "iv0");
	return *letter == 'S' ? letter + 1 : NULL;
}

/* The word that -S finds first which is no option and no variable. */
static void split_program(struct script_env *env, const char *at)
{
	while (*(at += strspn(at, " \t")) != '\0') {
		size_t length = strcspn(at, " \t");
		bool takes_word = length == 2 && at[0] == '-' && (at[1] == 'u' || at[1] == 'C');

		if (at[0] != '-' && memchr(at, '=', length) == NULL) {
			if (strcspn(at, "\"'\\$#") >= length) /* no word that it would change */
				(void)snprintf(env->program, sizeof(env->program), "%.*s", (int)length, at);
			return;
		}
		at += length;
		if (takes_word) {
			at += strspn(at, " \t");
			at += strcspn(at, " \t");
		}
	}
}

void script_env(struct script_env *env, const struct script *script)
{
	const char *slash = strrchr(script->interpreter, '/');
	const char *split = split_string(script->argument);

	memset(env, 0, sizeof(*env));
	env->is_env = slash != NULL && strcmp(slash, "/env") == 0;
	if (!env->is_env)
		return;
	if (split != NULL) {
		env->is_split = true;
		split_program(env, split);
	} else if (script->argument[0] != '-' && strchr(script->argument, '=') == NULL) {
		env->has_blank = strpbrk(script->argument, " \t") != NULL;
		(void)snprintf(env->program, sizeof(env->program), "%s", script->argument);
	}
}
