/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two snapshots → what changed.
 *
 * The target lives on while a session looks at it: what it did itself shows here as well.  A session that
 * could not write is not the cause of what changed in files, and the sentence says so; of processes, those of
 * the session are known by their control group.
 *
 * Should:  say what was not compared, and why.
 * Mustn't: call something unchanged that was not looked at both times.
 */
#include "receipt.h"

#include "text.h"

#include <bsd/string.h>
#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LISTED_MAX = 10000, SUMMARY_NAMES = 3, SHOWN_MAX = 4 * PATH_MAX };

struct counts {
	size_t files, processes;
	bool is_mounts_changed, is_limits_changed, is_namespaces_changed;
	char first[256]; /* the first of the files */
};

static const char *kind_of(const struct snapshot_file *old, const struct snapshot_file *new)
{
	/* How an overlay notes that a file of the image is gone (kernel documentation, overlayfs). */
	const bool is_whiteout = new != NULL && (new->mode & 0170000) == 0020000 && new->device == 0;

	if (new == NULL)
		return "removed";
	if (is_whiteout)
		return "removed";
	return old == NULL && !new->is_copied ? "added" : "changed";
}

static bool is_same(const struct snapshot_file *a, const struct snapshot_file *b)
{
	return a->inode == b->inode && a->size == b->size && a->modified_ns == b->modified_ns &&
	       a->changed_ns == b->changed_ns && a->mode == b->mode && a->uid == b->uid && a->gid == b->gid &&
	       a->device == b->device;
}

/* Foreign bytes are written as vis(3) does. */
static json_t *encoded(const char *text)
{
	static char shown[SHOWN_MAX];

	return json_string(text_encode(shown, sizeof(shown), text, strlen(text)));
}

static void add_file(json_t *list, struct counts *counts, const struct snapshot_file *old,
		     const struct snapshot_file *new)
{
	const char *path = new != NULL ? new->path : old->path;
	json_t *item;

	if (counts->files++ == 0)
		(void)text_encode(counts->first, sizeof(counts->first), path, strlen(path));
	if (json_array_size(list) >= LISTED_MAX)
		return;
	item = json_object();
	(void)json_object_set_new(item, "path", encoded(path));
	(void)json_object_set_new(item, "change", json_string(kind_of(old, new)));
	(void)json_array_append_new(list, item);
}

static json_t *compare_files(struct counts *counts, const struct snapshot_files *before,
			     const struct snapshot_files *after)
{
	json_t *list = json_array();
	size_t i = 0, j = 0;

	while (i < before->count || j < after->count) {
		const struct snapshot_file *old = i < before->count ? &before->all[i] : NULL;
		const struct snapshot_file *new = j < after->count ? &after->all[j] : NULL;
		const int order = old == NULL ? 1 : new == NULL ? -1 : strcmp(old->path, new->path);

		if (order < 0)
			add_file(list, counts, old, NULL);
		else if (order > 0)
			add_file(list, counts, NULL, new);
		else if (!is_same(old, new))
			add_file(list, counts, old, new);
		i += order <= 0;
		j += order >= 0;
	}
	return list;
}

static void add_process(json_t *list, struct counts *counts, const struct snapshot_process *process,
			const char *change)
{
	json_t *item = json_object();

	counts->processes++;
	(void)json_object_set_new(item, "pid", json_integer(process->pid));
	(void)json_object_set_new(item, "change", json_string(change));
	(void)json_object_set_new(item, "of_a_session", json_boolean(process->is_of_session));
	(void)json_array_append_new(list, item);
}

static bool has_process(const struct snapshot_processes *all, const struct snapshot_process *process)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->all[i].pid == process->pid && all->all[i].start_time == process->start_time)
			return true;
	return false;
}

/* Another session in the same target is none of the target's processes, unless it is one that stays. */
static json_t *compare_processes(struct counts *counts, const struct snapshot_processes *before,
				 const struct snapshot_processes *after)
{
	json_t *list = json_array();

	for (size_t i = 0; i < before->count; i++)
		if (!before->all[i].is_of_session && !has_process(after, &before->all[i]))
			add_process(list, counts, &before->all[i], "ended");
	for (size_t i = 0; i < after->count; i++)
		if (!has_process(before, &after->all[i]))
			add_process(list, counts, &after->all[i], "began");
	return list;
}

static bool has_line(const char *text, const char *line, size_t length)
{
	for (const char *at = text; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n')
		if (strcspn(at, "\n") == length && strncmp(at, line, length) == 0)
			return true;
	return false;
}

static void add_lines(json_t *list, const char *from, const char *without, const char *change)
{
	for (const char *at = from; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n') {
		char line[1024];
		json_t *item;

		if (has_line(without, at, strcspn(at, "\n")))
			continue;
		(void)strlcpy(line, at,
			      strcspn(at, "\n") + 1 < sizeof(line) ? strcspn(at, "\n") + 1 : sizeof(line));
		item = json_object();
		(void)json_object_set_new(item, "line", encoded(line));
		(void)json_object_set_new(item, "change", json_string(change));
		(void)json_array_append_new(list, item);
	}
}

static json_t *compare_text(bool *is_changed, const char *before, const char *after)
{
	json_t *list = json_array();

	*is_changed = strcmp(before, after) != 0;
	if (*is_changed) {
		add_lines(list, before, after, "removed");
		add_lines(list, after, before, "added");
	}
	return list;
}

static json_t *part(json_t *changes, size_t looked_at, const char *reason)
{
	json_t *object = json_object();

	(void)json_object_set_new(object, "compared", json_boolean(reason == NULL || reason[0] == '\0'));
	if (reason != NULL && reason[0] != '\0')
		(void)json_object_set_new(object, "reason", json_string(reason));
	(void)json_object_set_new(object, "looked_at", json_integer((json_int_t)looked_at));
	(void)json_object_set_new(object, "changes", changes);
	return object;
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += *text == '\n';
	return count;
}

/* snprintf that appends and, when full, stays full. */
__attribute__((format(printf, 3, 4))) static void append(char *out, size_t capacity, const char *format, ...)
{
	const size_t used = strlen(out);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(out + used, capacity - used, format, arguments);
	va_end(arguments);
}

static const char *files_reason(const struct snapshot *before, const struct snapshot *after)
{
	return before->files.reason[0] != '\0' ? before->files.reason : after->files.reason;
}

static void summarize(char *summary, size_t capacity, const struct receipt_subject *subject,
		      const struct counts *counts, const struct snapshot *before,
		      const struct snapshot *after)
{
	const char *reason = files_reason(before, after);
	const char *separator = "";

	summary[0] = '\0';
	if (!before->is_taken || !after->is_taken) {
		(void)strlcpy(summary,
			      subject->pid == 0
				  ? "nothing was compared: the target does not run, and the session "
				    "had a copy of its files"
				  : "nothing was compared, as the target has ended",
			      capacity);
		return;
	}
	if (counts->files > 0) {
		append(summary, capacity, "%zu file%s changed (%s%s)%s", counts->files,
		       counts->files == 1 ? "" : "s", counts->first, counts->files == 1 ? "" : ", ...",
		       subject->could_write ? "" : ", not by the session, which could not write");
		separator = "; ";
	}
	if (counts->processes > 0) {
		append(summary, capacity, "%s%zu process%s began or ended", separator, counts->processes,
		       counts->processes == 1 ? "" : "es");
		separator = "; ";
	}
	if (counts->is_mounts_changed || counts->is_limits_changed || counts->is_namespaces_changed) {
		append(summary, capacity, "%sits %s%s%schanged", separator,
		       counts->is_mounts_changed ? "mounts " : "", counts->is_limits_changed ? "limits " : "",
		       counts->is_namespaces_changed ? "namespaces " : "");
		separator = "; ";
	}
	if (separator[0] == '\0') {
		append(summary, capacity, "nothing changed: %zu mounts, %zu process%s, ",
		       count_lines(before->mounts), before->processes.count,
		       before->processes.count == 1 ? "" : "es");
		if (reason[0] == '\0')
			append(summary, capacity, "%zu file%s%s, ", before->files.count,
			       before->files.count == 1 ? "" : "s",
			       before->files.is_upper ? " beyond the image's" : "");
		append(summary, capacity, "namespaces, limits");
	}
	if (reason[0] != '\0')
		append(summary, capacity, "; files were not all compared: %s", reason);
}

static json_t *describe(struct counts *counts, const struct snapshot *before, const struct snapshot *after)
{
	json_t *parts = json_object();
	json_t *list;

	list = compare_text(&counts->is_mounts_changed, before->mounts, after->mounts);
	(void)json_object_set_new(parts, "mounts", part(list, count_lines(before->mounts), NULL));
	list = compare_files(counts, &before->files, &after->files);
	(void)json_object_set_new(parts, "files",
				  part(list, before->files.count, files_reason(before, after)));
	list = compare_processes(counts, &before->processes, &after->processes);
	(void)json_object_set_new(parts, "processes", part(list, before->processes.count, NULL));
	list = compare_text(&counts->is_limits_changed, before->limits, after->limits);
	(void)json_object_set_new(parts, "limits", part(list, count_lines(before->limits), NULL));
	list = json_array();
	for (int kind = 0; kind < NAMESPACE_COUNT; kind++)
		if (before->namespaces.inode[kind] != after->namespaces.inode[kind])
			(void)json_array_append_new(list,
						    json_string(namespace_name((enum namespace_kind)kind)));
	counts->is_namespaces_changed = json_array_size(list) > 0;
	(void)json_object_set_new(parts, "namespaces", part(list, NAMESPACE_COUNT, NULL));
	return parts;
}

char *receipt_write(char *summary, size_t capacity, const struct receipt_subject *subject,
		    const struct snapshot *before, const struct snapshot *after)
{
	static const char *const never[] = {
		"contents of files whose metadata is the same",
		"volumes and other mounts below its root",
		"memory, descriptors and environment of its processes",
		"network, IPC objects and the state of devices",
	};
	const bool is_compared = before->is_taken && after->is_taken;
	struct counts counts = { 0 };
	json_t *receipt = json_object();
	json_t *not_compared = json_array();
	char *text;
	char *line;

	(void)json_object_set_new(receipt, "runtime", json_string(subject->runtime));
	(void)json_object_set_new(receipt, "name", json_string(subject->name));
	(void)json_object_set_new(receipt, "id", json_string(subject->id));
	(void)json_object_set_new(receipt, "pid", json_integer(subject->pid));
	(void)json_object_set_new(receipt, "could_write", json_boolean(subject->could_write));
	(void)json_object_set_new(receipt, "compared",
				  is_compared ? describe(&counts, before, after) : json_null());
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		(void)json_array_append_new(not_compared, json_string(never[i]));
	(void)json_object_set_new(receipt, "not_compared", not_compared);
	summarize(summary, capacity, subject, &counts, before, after);
	(void)json_object_set_new(receipt, "is_unchanged",
				  json_boolean(is_compared && counts.files == 0 && counts.processes == 0 &&
					       !counts.is_mounts_changed && !counts.is_limits_changed &&
					       !counts.is_namespaces_changed &&
					       files_reason(before, after)[0] == '\0'));
	(void)json_object_set_new(receipt, "summary", json_string(summary));
	text = json_dumps(receipt, JSON_INDENT(1) | JSON_ENSURE_ASCII);
	json_decref(receipt);
	line = text == NULL ? NULL : realloc(text, strlen(text) + 2);
	if (line == NULL)
		free(text);
	else
		(void)strlcat(line, "\n", strlen(line) + 2);
	return line;
}
