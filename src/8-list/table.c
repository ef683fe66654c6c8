/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of containers: which columns, how wide, and the text of a line.  All text is printable ASCII by
 * now, but for the sign that something was cut, which is one column and three bytes.
 */
#include "list.h"

#include "sighting.h"
#include "text.h"

#include <bsd/string.h>
#include <stdio.h>
#include <string.h>

enum column {
	COLUMN_RUNTIME,
	COLUMN_NAME,
	COLUMN_IMAGE,
	COLUMN_PID,
	COLUMN_UP,
	COLUMN_USER,
	COLUMN_ROOT,
	COLUMN_SHELL,
	COLUMN_STATE,
};

enum { GAP = 2, LEAST_IMAGE = 8, LEAST_NAME = 8 };

static const char *const headings[LIST_COLUMNS] = { "RUNTIME", "NAME", "IMAGE", "PID",	"UP",
						    "USER",    "ROOT", "SHELL", "STATE" };
static const char cut_sign[] = "…";

const char *list_target(char out[LIST_TARGET_MAX], const struct list_entry *entry)
{
	const bool has_scope = entry->scope[0] != '\0' && strcmp(entry->runtime, "containerd") == 0;

	(void)snprintf(out, LIST_TARGET_MAX, "%s://%s%s%s", entry->runtime, has_scope ? entry->scope : "",
		       has_scope ? "/" : "", entry->id[0] != '\0' ? entry->id : entry->name);
	return out;
}

const char *list_state(const struct list_entry *entry)
{
	switch ((enum sighting_state)entry->state) {
	case SIGHTING_RUNNING:
		return "running";
	case SIGHTING_PAUSED:
		return "paused";
	case SIGHTING_STOPPED:
		return "stopped";
	case SIGHTING_IMAGE:
		return "image";
	}
	return "?";
}

static const char *fact(uint8_t of, const char *no, const char *yes)
{
	if (of == LIST_UNKNOWN)
		return "?";
	return of == LIST_NO ? no : yes;
}

/* What stands in a column. */
static void fill(char cell[LIST_CELL_MAX], const struct list_entry *entry, enum column column)
{
	const bool has_process = entry->pid > 0;

	(void)strlcpy(cell, "-", LIST_CELL_MAX);
	if (column == COLUMN_RUNTIME)
		(void)strlcpy(cell, entry->runtime, LIST_CELL_MAX);
	else if (column == COLUMN_NAME)
		(void)strlcpy(cell, entry->name[0] != '\0' ? entry->name : entry->id, LIST_CELL_MAX);
	else if (column == COLUMN_IMAGE && entry->image[0] != '\0')
		(void)strlcpy(cell, entry->image, LIST_CELL_MAX);
	else if (column == COLUMN_STATE)
		(void)strlcpy(cell, list_state(entry), LIST_CELL_MAX);
	else if (column == COLUMN_PID && has_process)
		(void)snprintf(cell, LIST_CELL_MAX, "%d", (int)entry->pid);
	else if (column == COLUMN_UP && has_process)
		text_describe_age(cell, LIST_CELL_MAX, entry->up_seconds);
	else if (column == COLUMN_USER && has_process)
		(void)snprintf(cell, LIST_CELL_MAX, "%u", entry->uid);
	else if (column == COLUMN_ROOT && has_process)
		(void)strlcpy(cell, fact(entry->writable, "ro", "rw"), LIST_CELL_MAX);
	else if (column == COLUMN_SHELL && has_process)
		(void)strlcpy(cell, fact(entry->shell, "no", "yes"), LIST_CELL_MAX);
}

static size_t total(const struct list_widths *widths)
{
	size_t sum = widths->number > 0 ? widths->number + GAP : 0;
	bool is_first = true;

	for (int i = 0; i < LIST_COLUMNS; i++) {
		if (widths->of[i] == 0)
			continue;
		sum += widths->of[i] + (is_first ? 0 : GAP);
		is_first = false;
	}
	return sum;
}

static void shrink(struct list_widths *widths, enum column column, size_t least, size_t columns)
{
	const size_t sum = total(widths);
	size_t *width = &widths->of[column];

	if (sum <= columns || *width <= least)
		return;
	*width = sum - columns < *width - least ? *width - (sum - columns) : least;
}

static size_t digits(size_t number)
{
	size_t count = 1;

	while (number >= 10) {
		number /= 10;
		count++;
	}
	return count;
}

void list_fit(struct list_widths *widths, const struct listing *listing, size_t columns, bool has_state,
	      bool has_numbers)
{
	for (size_t i = 0; i < listing->count; i++)
		has_state = has_state || listing->all[i].state != SIGHTING_RUNNING;
	*widths = (struct list_widths){ .number = has_numbers ? digits(listing->count) : 0 };
	for (int column = 0; column < LIST_COLUMNS; column++) {
		size_t *width = &widths->of[column];

		if (column == COLUMN_STATE && !has_state)
			continue;
		*width = strlen(headings[column]);
		for (size_t i = 0; i < listing->count; i++) {
			char cell[LIST_CELL_MAX];
			size_t length;

			fill(cell, &listing->all[i], (enum column)column);
			length = strlen(cell);
			*width = length > *width ? length : *width;
		}
	}
	if (columns == 0)
		return;
	shrink(widths, COLUMN_IMAGE, LEAST_IMAGE, columns);
	shrink(widths, COLUMN_NAME, LEAST_NAME, columns);
}

/* Of an image the end says most, of everything else the beginning. */
static void put_cell(char *out, size_t capacity, const char *cell, size_t width, bool keeps_end)
{
	const size_t length = strlen(cell);

	if (length <= width)
		(void)snprintf(out, capacity, "%-*s", (int)width, cell);
	else if (keeps_end)
		(void)snprintf(out, capacity, "%s%s", cut_sign, cell + length - (width - 1));
	else
		(void)snprintf(out, capacity, "%.*s%s", (int)width - 1, cell, cut_sign);
}

static void trim(char *line)
{
	size_t length = strlen(line);

	while (length > 0 && line[length - 1] == ' ')
		line[--length] = '\0';
}

/* Even the narrowest table may not fit; a line that wraps would be harder to read than one that is cut. */
static void cut(char *line, size_t columns)
{
	for (; *line != '\0'; line++) {
		/* The bytes after the first of a character are no columns. */
		if (((unsigned char)*line & 0xc0) == 0x80)
			continue;
		if (columns == 0) {
			*line = '\0';
			return;
		}
		columns--;
	}
}

const char *list_line(char out[LIST_LINE_MAX], const struct list_widths *widths,
		      const struct list_entry *entry, size_t number, size_t columns)
{
	size_t used = 0;

	out[0] = '\0';
	if (widths->number > 0 && entry != NULL)
		used = (size_t)snprintf(out, LIST_LINE_MAX, "%*zu", (int)widths->number, number);
	else if (widths->number > 0)
		used = (size_t)snprintf(out, LIST_LINE_MAX, "%*s", (int)widths->number, "");
	for (int column = 0; column < LIST_COLUMNS; column++) {
		char cell[LIST_CELL_MAX];

		if (widths->of[column] == 0)
			continue;
		if (entry == NULL)
			(void)strlcpy(cell, headings[column], sizeof(cell));
		else
			fill(cell, entry, (enum column)column);
		if (used > 0)
			used += (size_t)snprintf(out + used, LIST_LINE_MAX - used, "%*s", GAP, "");
		put_cell(out + used, LIST_LINE_MAX - used, cell, widths->of[column], column == COLUMN_IMAGE);
		used += strlen(out + used);
	}
	trim(out);
	if (columns > 0)
		cut(out, columns);
	return out;
}
