/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths in scripts and other text.
 *
 * Text obeys the same rules as data, and keeps its length by them.  Scripts and configuration also
 * name programs of /bin; those four bytes have no room for PREFIX, so it is inserted before them
 * ("/dev" "/bin/cat").
 */
#include "relocate.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool is_text(const char *text, size_t size)
{
	return memchr(text, '\0', size) == NULL;
}

static bool is_script(const char *path, const char *text, size_t size)
{
	return (size > 2 && memcmp(text, "#!", 2) == 0) || strncmp(path, "etc/", 4) == 0;
}

/* Copies text with PREFIX inserted where RULE_SCRIPT says so, or only counts if `to` is NULL.
 * Returns how often. */
static size_t insert_prefixes(const struct toolbox *toolbox, const char *text, size_t size, char *to)
{
	size_t count = 0;

	for (size_t at = 0; at < size; at++) {
		if (text[at] == '/' && rule_of_path(toolbox, text, size, at) == RULE_SCRIPT) {
			if (to != NULL)
				memcpy(to + at + count * PREFIX_LENGTH, PREFIX, PREFIX_LENGTH);
			count++;
		}
		if (to != NULL)
			to[at + count * PREFIX_LENGTH] = text[at];
	}
	return count;
}

static int write_whole(const struct toolbox *toolbox, int fd, const char *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t written = pwrite(fd, bytes + done, size - done, (off_t)done);

		if (written < 0) {
			warn("%s", toolbox->path);
			return -1;
		}
		done += (size_t)written;
	}
	return 0;
}

int relocate_text(struct toolbox *toolbox, int fd, const char *text, size_t size)
{
	size_t insertions = 0;
	size_t new_size;
	char *copy;
	int status = 0;

	if (is_script(toolbox->path, text, size))
		insertions = insert_prefixes(toolbox, text, size, NULL);
	new_size = size + insertions * PREFIX_LENGTH;
	copy = malloc(new_size);
	if (copy == NULL) {
		warn("%s", toolbox->path);
		return -1;
	}
	if (insertions == 0)
		memcpy(copy, text, size);
	else
		(void)insert_prefixes(toolbox, text, size, copy);
	toolbox->tally[RULE_SCRIPT] += insertions;

	if (rules_apply(toolbox, copy, new_size) + insertions != 0)
		status = write_whole(toolbox, fd, copy, new_size);
	free(copy);
	return status;
}
