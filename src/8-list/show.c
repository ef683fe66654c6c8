/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `debug ls`, the front's side: prints the list for people or for programs. */
#include "list.h"

#include "sighting.h"
#include "terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* Of printable ASCII, JSON wants these two escaped. */
static void print_string(FILE *out, const char *key, const char *text)
{
	(void)fprintf(out, ",\"%s\":\"", key);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			(void)fputc('\\', out);
		(void)fputc(*text, out);
	}
	(void)fputc('"', out);
}

static void print_number(FILE *out, const char *key, int64_t number, bool is_known)
{
	if (is_known)
		(void)fprintf(out, ",\"%s\":%" PRId64, key, number);
	else
		(void)fprintf(out, ",\"%s\":null", key);
}

static void print_fact(FILE *out, const char *key, uint8_t of, const char *no, const char *yes)
{
	const char *known = of == LIST_NO ? no : yes;

	(void)fprintf(out, ",\"%s\":%s", key, of == LIST_UNKNOWN ? "null" : known);
}

static void print_entry(FILE *out, const struct list_entry *entry)
{
	const bool has_process = entry->pid > 0;
	char target[LIST_TARGET_MAX];

	(void)fprintf(out, "{\"runtime\":\"%s\"", entry->runtime);
	print_string(out, "name", entry->name);
	print_string(out, "id", entry->id);
	print_string(out, "scope", entry->scope);
	print_string(out, "target", list_target(target, entry));
	print_string(out, "image", entry->image);
	print_string(out, "state", list_state(entry));
	print_number(out, "pid", entry->pid, has_process);
	print_number(out, "up_seconds", entry->up_seconds, has_process);
	print_number(out, "uid", entry->uid, has_process);
	print_number(out, "owner", entry->owner, true);
	print_fact(out, "root", entry->writable, "\"ro\"", "\"rw\"");
	print_fact(out, "shell", entry->shell, "false", "true");
	(void)fputc('}', out);
}

static void print_json(FILE *out, const struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++) {
		(void)fputs(i == 0 ? "[" : ",\n ", out);
		print_entry(out, &listing->all[i]);
	}
	(void)fputs(listing->count == 0 ? "[]\n" : "]\n", out);
}

static void print_table(FILE *out, const struct listing *listing, bool has_state, size_t columns)
{
	struct list_widths widths;
	char line[LIST_LINE_MAX];

	list_fit(&widths, listing, columns, has_state, false);
	(void)fprintf(out, "%s\n", list_line(line, &widths, NULL, 0, columns));
	for (size_t i = 0; i < listing->count; i++)
		(void)fprintf(out, "%s\n", list_line(line, &widths, &listing->all[i], 0, columns));
}

static void print_targets(FILE *out, const struct listing *listing)
{
	char target[LIST_TARGET_MAX];

	for (size_t i = 0; i < listing->count; i++)
		(void)fprintf(out, "%s\n", list_target(target, &listing->all[i]));
}

static size_t columns_of_output(void)
{
	unsigned short rows;
	unsigned short columns;

	if (!isatty(STDOUT_FILENO))
		return 0;
	terminal_size(&rows, &columns);
	return columns;
}

int list_show(const struct listing *listing, const struct request *request, struct fail *why)
{
	if (request->is_json)
		print_json(stdout, listing);
	else if (request->is_quiet)
		print_targets(stdout, listing);
	else if (listing->count > 0)
		print_table(stdout, listing, request->is_all, columns_of_output());
	else
		(void)dprintf(STDERR_FILENO, LIST_NONE "\n",
			      request->is_all ? "" : "; `debug ls -a` shows stopped ones, too");
	if (fflush(stdout) != 0 || ferror(stdout) != 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot write to standard output");
	return 0;
}
