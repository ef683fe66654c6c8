/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /proc/PID/mountinfo says of one mount point.  Pure: no system calls. */
#include "mountinfo.h"

#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 6 };

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

static bool is_read_only(const char *options)
{
	return strncmp(options, "ro", 2) == 0 && (options[2] == ',' || options[2] == '\0');
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
	facts->is_proc = strncmp(type, "proc ", 5) == 0;
	type = strchr(type, ' ');
	type = type != NULL ? strchr(type + 1, ' ') : NULL;
	/* Of the mount, and of the filesystem whoever mounts it. */
	facts->is_read_only = is_read_only(fields[5]) || (type != NULL && is_read_only(type + 1));
	facts->hidepid = type != NULL ? parse_hidepid(type + 1) : 0;
}

struct mount_facts mountinfo_find(const char *mountinfo, const char *point)
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
