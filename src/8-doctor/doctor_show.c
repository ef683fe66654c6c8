/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report of `debug doctor`, for people and for programs.
 *
 * JSON is written here, not by jansson: all that comes here is printable ASCII (text_encode), of which two
 * characters need a backslash, and the front stays without a library that is made to parse.
 */
#include "doctor.h"

#include "text.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

enum { GROUP_WIDTH = 10, STATE_WIDTH = 9, LINE_MAX_LENGTH = 4096, SHOWN_MAX = 200 };

static const char *const state_names[DOCTOR_STATE_COUNT] = {
	[DOCTOR_OK] = "ok",
	[DOCTOR_LIMITED] = "limited",
	[DOCTOR_MISSING] = "missing",
	[DOCTOR_UNKNOWN] = "unknown",
};

static const char *const group_names[DOCTOR_GROUP_COUNT] = {
	[DOCTOR_PROGRAM] = "program", [DOCTOR_KERNEL] = "kernel", [DOCTOR_CGROUP] = "cgroup",
	[DOCTOR_SECURITY] = "lsm",    [DOCTOR_RIGHTS] = "rights", [DOCTOR_TOOLBOX] = "toolbox",
	[DOCTOR_ENGINES] = "engines", [DOCTOR_TARGET] = "target", [DOCTOR_SESSION] = "session",
};

static const char *show_target(const struct doctor_report *report, char shown[SHOWN_MAX])
{
	return text_encode(shown, SHOWN_MAX, report->target, strlen(report->target));
}

enum doctor_state doctor_judge(const struct doctor_report *report, char *sentence, size_t capacity)
{
	const struct doctor_check *first = NULL;
	char shown[SHOWN_MAX];
	char where[SHOWN_MAX + 16] = "here";
	size_t missing = 0;
	size_t limited = 0;

	for (size_t i = 0; i < report->count; i++) {
		const struct doctor_check *check = &report->checks[i];

		if (check->state == DOCTOR_MISSING && check->is_needed && missing++ == 0)
			first = check;
		limited +=
		    check->state == DOCTOR_LIMITED || (check->state == DOCTOR_UNKNOWN && check->is_needed);
	}
	if (report->target != NULL)
		(void)snprintf(where, sizeof(where), "in `%s`", show_target(report, shown));
	if (first != NULL)
		(void)snprintf(sentence, capacity, "A session %s would not work: see %s, %s below.", where,
			       group_names[first->group], first->name);
	else if (limited > 0)
		(void)snprintf(sentence, capacity, "A session %s would work, with limits: %zu below.", where,
			       limited);
	else
		(void)snprintf(sentence, capacity, "A session %s would work.", where);
	return first != NULL ? DOCTOR_MISSING : limited > 0 ? DOCTOR_LIMITED : DOCTOR_OK;
}

struct page {
	FILE *out;
	unsigned int columns;
	const char *last_group;
};

/* Words of `text` in lines beside the group, which stands in its first line only, and the state. */
static void put_wrapped(struct page *page, const char *group, const char *state, const char *text)
{
	const size_t room = page->columns - GROUP_WIDTH - STATE_WIDTH;
	const bool is_same = page->last_group != NULL && strcmp(page->last_group, group) == 0;

	(void)fprintf(page->out, "%-*s%-*s", GROUP_WIDTH, is_same ? "" : group, STATE_WIDTH, state);
	page->last_group = group;
	for (;;) {
		size_t length = strlen(text);

		if (length > room) {
			length = room;
			while (length > 0 && text[length] != ' ')
				length--;
			/* One word longer than the line: it breaks the line's length, not itself. */
			if (length == 0)
				length = strcspn(text, " ");
		}
		(void)fprintf(page->out, "%.*s\n", (int)length, text);
		text += length;
		text += strspn(text, " ");
		if (*text == '\0')
			return;
		(void)fprintf(page->out, "%*s", GROUP_WIDTH + STATE_WIDTH, "");
	}
}

/* The names of what is folded, in one piece. */
static void put_folded(struct page *page, const struct doctor_report *report, int group, int state)
{
	char line[LINE_MAX_LENGTH] = "";

	for (size_t i = 0; i < report->count; i++) {
		const struct doctor_check *check = &report->checks[i];

		if (!check->is_folded || check->group != group || check->state != state)
			continue;
		if (line[0] != '\0')
			(void)strlcat(line, ", ", sizeof(line));
		(void)strlcat(line, check->name, sizeof(line));
	}
	if (line[0] != '\0')
		put_wrapped(page, group_names[group], state_names[state], line);
}

static void put_single(struct page *page, const struct doctor_report *report, int group,
		       enum doctor_state state)
{
	char sentence[LINE_MAX_LENGTH];

	for (size_t i = 0; i < report->count; i++) {
		const struct doctor_check *check = &report->checks[i];

		if (check->is_folded || check->group != group || check->state != state)
			continue;
		(void)snprintf(sentence, sizeof(sentence), "%s: %s", check->name, check->text);
		put_wrapped(page, group_names[group], state_names[state], sentence);
	}
}

void doctor_show(const struct doctor_report *report, unsigned int columns, FILE *out)
{
	/* What is wrong stands first. */
	static const enum doctor_state order[DOCTOR_STATE_COUNT] = { DOCTOR_MISSING, DOCTOR_LIMITED,
								     DOCTOR_UNKNOWN, DOCTOR_OK };
	struct page page = { .out = out, .columns = columns };
	char sentence[LINE_MAX_LENGTH];

	(void)doctor_judge(report, sentence, sizeof(sentence));
	(void)fprintf(out, "%s\n\n", sentence);
	for (int group = 0; group < DOCTOR_GROUP_COUNT; group++) {
		for (size_t i = 0; i < DOCTOR_STATE_COUNT; i++)
			put_single(&page, report, group, order[i]);
		for (int state = 0; state < DOCTOR_STATE_COUNT; state++)
			put_folded(&page, report, group, state);
	}
}

static void put_string(FILE *out, const char *text)
{
	(void)fputc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			(void)fputc('\\', out);
		(void)fputc(*text, out);
	}
	(void)fputc('"', out);
}

static void put_checks(FILE *out, const struct doctor_report *report, bool is_target)
{
	const char *separator = "";

	(void)fputc('[', out);
	for (size_t i = 0; i < report->count; i++) {
		const struct doctor_check *check = &report->checks[i];

		if ((check->group >= DOCTOR_TARGET) != is_target)
			continue;
		(void)fprintf(out, "%s{\"group\":\"%s\",\"name\":", separator, group_names[check->group]);
		put_string(out, check->name);
		(void)fprintf(out, ",\"state\":\"%s\",\"needed\":%s,\"text\":", state_names[check->state],
			      check->is_needed ? "true" : "false");
		put_string(out, check->text);
		(void)fputc('}', out);
		separator = ",\n";
	}
	(void)fputc(']', out);
}

void doctor_show_json(const struct doctor_report *report, FILE *out)
{
	char sentence[LINE_MAX_LENGTH];
	char shown[SHOWN_MAX];
	const enum doctor_state state = doctor_judge(report, sentence, sizeof(sentence));

	(void)fprintf(out, "{\"version\":\"%s\",\"verdict\":\"%s\",\"summary\":", DEBUG_VERSION,
		      state_names[state]);
	put_string(out, sentence);
	(void)fputs(",\n\"host\":", out);
	put_checks(out, report, false);
	(void)fputs(",\n\"target\":", out);
	if (report->target == NULL) {
		(void)fputs("null}\n", out);
		return;
	}
	(void)fputs("{\"name\":", out);
	put_string(out, show_target(report, shown));
	(void)fputs(",\"checks\":", out);
	put_checks(out, report, true);
	(void)fputs("}}\n", out);
}
