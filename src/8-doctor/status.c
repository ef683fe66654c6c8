/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text of /proc and /sys, as the kernel formats it.  Pure: no system calls.
 */
#include "doctor_checks.h"

#include <bsd/string.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>

enum { FIELDS_MAX = 6 };

/* What stands behind "\nNAME:\t"; NULL if there is no such line. */
static const char *find_field(const char *text, const char *name)
{
	const char *line = strstr(text, name);

	return line != NULL ? line + strlen(name) : NULL;
}

bool status_parse(struct status_facts *facts, const char *text)
{
	const char *state = find_field(text, "\nState:\t");
	const char *bounding = find_field(text, "\nCapBnd:\t");
	const char *effective = find_field(text, "\nCapEff:\t");
	const char *seccomp = find_field(text, "\nSeccomp:\t");
	const char *no_new_privs = find_field(text, "\nNoNewPrivs:\t");

	if (state == NULL || bounding == NULL || effective == NULL)
		return false;
	facts->state = state[0];
	facts->bounding = strtoull(bounding, NULL, 16);
	facts->effective = strtoull(effective, NULL, 16);
	facts->seccomp = seccomp != NULL ? (int)strtol(seccomp, NULL, 10) : -1;
	facts->no_new_privs = no_new_privs != NULL && no_new_privs[0] == '1';
	return true;
}

/* Whether `word` stands in a list with commas. */
static const char *find_option(const char *options, const char *word)
{
	const size_t length = strlen(word);

	while (*options != '\0') {
		if (strncmp(options, word, length) == 0)
			return options + length;
		options += strcspn(options, ",");
		options += *options == ',';
	}
	return NULL;
}

static int parse_hidepid(const char *options)
{
	static const struct {
		const char *word;
		int value;
	} words[] = { { "off", 0 }, { "noaccess", 1 }, { "invisible", 2 }, { "ptraceable", 4 } };
	const char *value = find_option(options, "hidepid=");

	if (value == NULL)
		return 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncmp(value, words[i].word, strlen(words[i].word)) == 0)
			return words[i].value;
	return (int)strtol(value, NULL, 10);
}

/* "id parent major:minor root point options [tag...] - type source options", proc_pid_mountinfo(5). */
static void take_mount(struct mount_facts *facts, char *line, const char *point)
{
	char *fields[FIELDS_MAX];
	char *rest = line;
	const char *type;

	for (size_t i = 0; i < FIELDS_MAX; i++)
		if ((fields[i] = strsep(&rest, " ")) == NULL)
			return;
	if (strcmp(fields[4], point) != 0 || rest == NULL)
		return;
	/* Without optional tags the separator comes at once. */
	type = strncmp(rest, "- ", 2) == 0 ? rest - 1 : strstr(rest, " - ");
	if (type == NULL)
		return;
	type += 3;
	facts->is_there = true;
	facts->is_read_only =
	    strncmp(fields[5], "ro", 2) == 0 && (fields[5][2] == ',' || fields[5][2] == '\0');
	facts->is_proc = strncmp(type, "proc ", 5) == 0;
	type = strchr(type, ' ');
	type = type != NULL ? strchr(type + 1, ' ') : NULL;
	facts->hidepid = type != NULL ? parse_hidepid(type + 1) : 0;
}

struct mount_facts status_find_mount(const char *mountinfo, const char *point)
{
	struct mount_facts facts = { 0 };
	char *text = strdup(mountinfo);
	char *rest = text;
	char *line;

	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL)
		take_mount(&facts, line, point);
	free(text);
	return facts;
}

bool status_find_cgroup(const char *text, const char *controller, char *path, size_t capacity)
{
	for (const char *line = text; line != NULL && *line != '\0';) {
		const char *controllers = strchr(line, ':');
		const char *at = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
		const char *end = strchrnul(line, '\n');
		const size_t wanted = strlen(controller);
		const char *item = controllers != NULL ? controllers + 1 : NULL;

		while (at != NULL && item <= at) {
			const size_t length = strcspn(item, ",:");

			if (length == wanted && strncmp(item, controller, wanted) == 0) {
				(void)snprintf(path, capacity, "%.*s", (int)(end - at - 1), at + 1);
				return (size_t)(end - at - 1) < capacity && strstr(path, "/..") == NULL;
			}
			item += length + 1;
		}
		line = *end == '\n' ? end + 1 : NULL;
	}
	return false;
}

const char *status_list_capabilities(uint64_t set, char *out, size_t capacity)
{
	out[0] = '\0';
	for (int capability = 0; capability <= CAP_LAST_CAP; capability++) {
		char *name;

		if ((set & (UINT64_C(1) << capability)) == 0)
			continue;
		name = cap_to_name((cap_value_t)capability);
		if (name == NULL)
			continue;
		if (out[0] != '\0')
			(void)strlcat(out, " ", capacity);
		(void)strlcat(out, strncmp(name, "cap_", 4) == 0 ? name + 4 : name, capacity);
		(void)cap_free(name);
	}
	if (out[0] == '\0')
		(void)strlcpy(out, "none", capacity);
	return out;
}

const char *status_pick_chosen(const char *line, char *out, size_t capacity)
{
	const char *open = strchr(line, '[');
	const char *close = open != NULL ? strchr(open, ']') : NULL;

	if (close == NULL)
		(void)strlcpy(out, line, capacity);
	else
		(void)snprintf(out, capacity, "%.*s", (int)(close - open - 1), open + 1);
	return out;
}

const char *status_machine_name(uint16_t machine)
{
	switch (machine) {
	case EM_X86_64:
		return "x86_64";
	case EM_386:
		return "i686";
	case EM_AARCH64:
		return "aarch64";
	case EM_ARM:
		return "arm";
	case EM_RISCV:
		return "riscv64";
	case EM_PPC64:
		return "ppc64";
	case EM_S390:
		return "s390x";
	default:
		return NULL;
	}
}
