/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the members of a fleet say: line by line behind their names, as a piece, or as JSON. */
#include "kube_fleet.h"

#include "text.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LINE_MOST = 64 << 10, /* a line that is longer is cut in two */
	KEPT_MOST = 8 << 20,  /* of one container's output, for --group and --json */
};

static void print_label(FILE *out, const struct fleet_member *member)
{
	(void)fprintf(out, "%s/%s/%s", member->pod->ns, member->pod->name, member->container->name);
}

void fleet_clear_progress(const struct fleet *fleet)
{
	if (fleet->has_progress)
		(void)dprintf(STDERR_FILENO, "\r\033[K");
}

void fleet_show_progress(const struct fleet *fleet)
{
	if (fleet->has_progress)
		(void)dprintf(STDERR_FILENO, "\r\033[K%zu of %zu done, %zu failed, %zu running", fleet->done,
			      fleet->count, fleet->failed, fleet->running);
}

static void print_line(const struct fleet *fleet, const struct fleet_member *member, uint8_t stream,
		       const char *bytes, size_t size)
{
	FILE *out = stream == FRAME_STDERR ? stderr : stdout;

	fleet_clear_progress(fleet);
	print_label(out, member);
	(void)fputs(": ", out);
	(void)fwrite(bytes, 1, size, out);
	(void)fputc('\n', out);
	(void)fflush(out);
}

static void append(struct fleet_text *text, const void *bytes, size_t size, size_t most)
{
	char *grown;

	if (text->size + size > most)
		text->is_cut = true;
	if (text->is_cut)
		return;
	grown = realloc(text->bytes, text->size + size + 1);
	if (grown == NULL) {
		text->is_cut = true;
		return;
	}
	text->bytes = grown;
	memcpy(grown + text->size, bytes, size);
	text->size += size;
	grown[text->size] = '\0';
}

/* Whole lines go out behind their label; the rest is kept. */
static void pass_lines(const struct fleet *fleet, struct fleet_member *member, uint8_t stream, bool is_end)
{
	struct fleet_text *text = &member->output[stream];
	size_t start = 0;

	while (start < text->size) {
		const char *line = text->bytes + start;
		const char *end = memchr(line, '\n', text->size - start);
		const size_t size = end != NULL ? (size_t)(end - line) : text->size - start;

		if (end == NULL && !is_end && size < LINE_MOST)
			break;
		print_line(fleet, member, stream, line, size);
		start += size + (end != NULL);
	}
	if (start > 0) {
		memmove(text->bytes, text->bytes + start, text->size - start);
		text->size -= start;
	}
}

void fleet_take_output(const struct fleet *fleet, struct fleet_member *member, uint8_t stream)
{
	struct frame_flow *flow = &member->remote.output[stream];
	const size_t size = flow->end - flow->start;

	if (size == 0)
		return;
	append(&member->output[stream], flow->bytes + flow->start, size,
	       fleet->request->show == KUBE_SHOW_PREFIXED ? FRAME_WINDOW + LINE_MOST : KEPT_MOST);
	flow->start = flow->end = 0;
	kube_remote_taken(&member->remote, stream, size);
	if (fleet->request->show == KUBE_SHOW_PREFIXED)
		pass_lines(fleet, member, stream, false);
}

/* Text as it is if that is UTF-8, else encoded. */
static json_t *to_json(const struct fleet_text *text)
{
	json_t *string = json_stringn(text->bytes != NULL ? text->bytes : "", text->size);
	char *encoded;

	if (string != NULL)
		return string;
	encoded = malloc(4 * text->size + 1);
	if (encoded == NULL)
		return json_null();
	string = json_string(text_encode(encoded, 4 * text->size + 1, text->bytes, text->size));
	free(encoded);
	return string;
}

static void print_json(const struct fleet_member *member)
{
	json_t *object =
	    json_pack("{s:s, s:s, s:s, s:s, s:i, s:o, s:o, s:b, s:s?}", "namespace", member->pod->ns, "pod",
		      member->pod->name, "container", member->container->name, "node", member->pod->node,
		      "status", member->status, "stdout", to_json(&member->output[FRAME_STDOUT]), "stderr",
		      to_json(&member->output[FRAME_STDERR]), "is_cut",
		      member->output[FRAME_STDOUT].is_cut || member->output[FRAME_STDERR].is_cut, "error",
		      member->why.status != FAIL_NONE ? member->why.text : NULL);

	if (object != NULL)
		(void)json_dumpf(object, stdout, JSON_COMPACT);
	(void)putchar('\n');
	json_decref(object);
}

static void print_group(const struct fleet_member *member)
{
	(void)printf("== ");
	print_label(stdout, member);
	(void)printf(" on %s: exit status %d\n", member->pod->node, member->status);
	for (int i = FRAME_STDOUT; i < FRAME_STREAM_COUNT; i++) {
		const struct fleet_text *text = &member->output[i];

		(void)fwrite(text->bytes != NULL ? text->bytes : "", 1, text->size, stdout);
		if (text->size > 0 && text->bytes[text->size - 1] != '\n')
			(void)putchar('\n');
		if (text->is_cut)
			(void)printf("(more was said than can be kept)\n");
	}
}

void fleet_show_end(const struct fleet *fleet, struct fleet_member *member)
{
	for (uint8_t i = FRAME_STDOUT; i < FRAME_STREAM_COUNT && fleet->request->show == KUBE_SHOW_PREFIXED;
	     i++)
		pass_lines(fleet, member, i, true);
	fleet_clear_progress(fleet);
	if (member->why.status != FAIL_NONE && fleet->request->show != KUBE_SHOW_JSON) {
		(void)fprintf(stderr, "debug: ");
		print_label(stderr, member);
		(void)fprintf(stderr, ": %s\n", member->why.text);
	}
	if (fleet->request->show == KUBE_SHOW_JSON)
		print_json(member);
	else if (fleet->request->show == KUBE_SHOW_GROUPED)
		print_group(member);
	(void)fflush(stdout);
	for (int i = 0; i < FRAME_STREAM_COUNT; i++) {
		free(member->output[i].bytes);
		member->output[i] = (struct fleet_text){ 0 };
	}
}
