/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `debug` alone: the list with numbers, and a line to answer on.
 *
 * The terminal stays as it is, line by line: whatever happens, there is nothing to restore, Ctrl-C is the
 * kernel's, and a window may change its size as it likes.
 */
#include "list.h"

#include "terminal.h"
#include "text.h"

#include <bsd/string.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ANSWER_MAX = 4096, /* what a terminal hands over as a line at most (termios(3)) */
	WORD_MAX = 256,
	ROWS_AROUND = 4, /* headings, what was left out, the question, and the line of the answer */
	ROWS_LEAST = 3,
};

enum choice {
	CHOICE_ONE,    /* `index` is meant */
	CHOICE_FILTER, /* show those that match */
	CHOICE_ALL,    /* show all again */
	CHOICE_LEAVE,
	CHOICE_STRANGE, /* control characters: an arrow key, most likely */
};

static bool is_match(const struct list_entry *entry, const char *part)
{
	return part[0] == '\0' || strcasestr(entry->name, part) != NULL ||
	       strcasestr(entry->image, part) != NULL || strncasecmp(entry->id, part, strlen(part)) == 0 ||
	       strcasecmp(entry->runtime, part) == 0;
}

/* How many match, and the last of them. */
static size_t count_matches(const struct listing *listing, const char *part, size_t *last)
{
	size_t count = 0;

	for (size_t i = 0; i < listing->count; i++) {
		if (is_match(&listing->all[i], part)) {
			*last = i;
			count++;
		}
	}
	return count;
}

/* The only one with exactly this name. */
static bool find_name(const struct listing *listing, const char *name, size_t *index)
{
	size_t count = 0;

	for (size_t i = 0; i < listing->count; i++) {
		if (strcmp(listing->all[i].name, name) == 0) {
			*index = i;
			count++;
		}
	}
	return count == 1;
}

/* Blanks around it taken off, and encoded as the names that it is compared with are. */
static bool read_word(char word[WORD_MAX], const char *line)
{
	size_t length;

	line += strspn(line, " \t");
	length = strcspn(line, "\n");
	while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\t'))
		length--;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			return false;
	(void)text_encode(word, WORD_MAX, line, length);
	return true;
}

/* A number is that of a row, unless there is no such row: then it is a part of a name as well. */
static enum choice parse_choice(char word[WORD_MAX], const char *line, const struct listing *listing,
				const char *filter, size_t *index)
{
	int64_t number;

	if (!read_word(word, line))
		return CHOICE_STRANGE;
	if (word[0] == '\0')
		return filter[0] == '\0' && listing->count == 1 ? (*index = 0, CHOICE_ONE) : CHOICE_ALL;
	if (strcmp(word, "q") == 0)
		return CHOICE_LEAVE;
	if (text_to_number(word, 1, (int64_t)listing->count, &number)) {
		*index = (size_t)number - 1;
		return CHOICE_ONE;
	}
	if (find_name(listing, word, index) || count_matches(listing, word, index) == 1)
		return CHOICE_ONE;
	return CHOICE_FILTER;
}

/* Those that match, with the numbers they have in the whole list, as many as the screen holds. */
static void print_matches(const struct listing *listing, const char *filter)
{
	struct list_widths widths;
	char line[LIST_LINE_MAX];
	unsigned short rows;
	unsigned short columns;
	size_t most;
	size_t count = 0;

	terminal_size(&rows, &columns);
	most = rows > ROWS_AROUND + ROWS_LEAST ? (size_t)rows - ROWS_AROUND : ROWS_LEAST;
	/* In the last column some terminals wrap already. */
	columns = columns > 1 ? (unsigned short)(columns - 1) : columns;
	list_fit(&widths, listing, columns, false, true);
	(void)dprintf(STDERR_FILENO, "%s\n", list_line(line, &widths, NULL, 0, columns));
	for (size_t i = 0; i < listing->count; i++) {
		if (!is_match(&listing->all[i], filter))
			continue;
		if (count++ < most)
			(void)dprintf(STDERR_FILENO, "%s\n",
				      list_line(line, &widths, &listing->all[i], i + 1, columns));
	}
	if (count > most)
		(void)dprintf(STDERR_FILENO, "... and %zu more\n", count - most);
}

/* A whole line; false at the end of input.  What does not fit is dropped, not taken for another answer. */
static bool read_line(char line[ANSWER_MAX])
{
	size_t used = 0;
	char next = '\0';

	while (next != '\n') {
		const ssize_t size = read(STDIN_FILENO, &next, 1);

		if (size < 0 && errno == EINTR)
			continue;
		if (size <= 0)
			return false;
		/* A terminal hands on no NUL by itself; one that was typed is no part of a name. */
		if (used < ANSWER_MAX - 1)
			line[used++] = next != '\0' ? next : '\1';
	}
	line[used] = '\0';
	return true;
}

int list_choose(char target[LIST_TARGET_MAX], const struct listing *listing, struct fail *why)
{
	char filter[WORD_MAX] = "";
	char word[WORD_MAX];
	char line[ANSWER_MAX];
	size_t index = 0;

	target[0] = '\0';
	if (listing->count == 0)
		return fail_set(why, FAIL_TOOL,
				LIST_NONE "; start one, or name a process as in `debug pid://N`", "");
	print_matches(listing, filter);
	for (;;) {
		(void)dprintf(STDERR_FILENO, "number, or part of a name (q leaves): ");
		if (!read_line(line)) {
			(void)dprintf(STDERR_FILENO, "\n");
			return 0;
		}
		switch (parse_choice(word, line, listing, filter, &index)) {
		case CHOICE_ONE:
			(void)list_target(target, &listing->all[index]);
			return 0;
		case CHOICE_LEAVE:
			return 0;
		case CHOICE_STRANGE:
			(void)dprintf(STDERR_FILENO, "Type the number before a name, and Enter.\n");
			continue;
		case CHOICE_ALL:
			filter[0] = '\0';
			break;
		case CHOICE_FILTER:
			if (count_matches(listing, word, &index) == 0) {
				(void)dprintf(STDERR_FILENO, "`%s` is in none of these names.\n", word);
				continue;
			}
			(void)strlcpy(filter, word, sizeof(filter));
			break;
		}
		print_matches(listing, filter);
	}
}
