/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record that the joiner left, and the command line that it makes. */
#include "entrypoint.h"

#include "text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RECORD_MAX = 64 << 10 };

static void add(struct words *words, const char *word)
{
	if (words->count < ENTRY_WORDS_MAX)
		words->at[words->count++] = word;
}

static void take(struct record *record, const char *key, const char *value)
{
	if (strcmp(key, "pid") == 0) {
		int64_t number;

		if (text_to_number(value, 0, INT_MAX, &number))
			record->pid = (int)number;
		return;
	}
	record->is_known = true;
	if (strcmp(key, "entrypoint") == 0)
		add(&record->entrypoint, value);
	else if (strcmp(key, "cmd") == 0)
		add(&record->cmd, value);
	else if (strcmp(key, "env") == 0)
		add(&record->env, value);
	else if (strcmp(key, "user") == 0)
		record->user = value;
	else if (strcmp(key, "workdir") == 0)
		record->workdir = value;
	else if (strcmp(key, "stopsignal") == 0)
		record->stopsignal = value;
	else if (strcmp(key, "incomplete") == 0)
		record->is_incomplete = true;
}

bool record_parse(struct record *record, char *bytes, size_t size)
{
	char *end = bytes + size;

	memset(record, 0, sizeof(*record));
	if (size > 0 && end[-1] != '\0')
		return false;
	while (bytes < end) {
		char *next = bytes + strlen(bytes) + 1;
		char *equals = strchr(bytes, '=');

		if (equals == NULL)
			return false;
		*equals = '\0';
		take(record, bytes, equals + 1);
		bytes = next;
	}
	return true;
}

bool record_read(struct record *record, const char *path)
{
	char *bytes = malloc(RECORD_MAX);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd >= 0 && bytes != NULL ? read(fd, bytes, RECORD_MAX) : -1;

	if (fd >= 0)
		(void)close(fd);
	if (size < 0 || !record_parse(record, bytes, (size_t)size)) {
		free(bytes);
		return false;
	}
	record->bytes = bytes;
	return true;
}

const char *record_env(const struct record *record, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < record->env.count; i++)
		if (strncmp(record->env.at[i], name, length) == 0 && record->env.at[i][length] == '=')
			return record->env.at[i] + length + 1;
	return NULL;
}

void compose(struct words *argv, const struct record *record, char *const extra[], size_t extra_count)
{
	memset(argv, 0, sizeof(*argv));
	for (size_t i = 0; i < record->entrypoint.count; i++)
		add(argv, record->entrypoint.at[i]);
	for (size_t i = 0; i < extra_count; i++)
		add(argv, extra[i]);
	for (size_t i = 0; extra_count == 0 && i < record->cmd.count; i++)
		add(argv, record->cmd.at[i]);
}
