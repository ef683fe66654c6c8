/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `debug ls`, the front's side: asks the helper, and keeps what it answers in order. */
#include "list.h"

#include "fd.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int send_request(const struct request *asked, int talk_fd, struct fail *why)
{
	const struct order order = { .version = WIRE_VERSION, .kind = ORDER_REQUEST };
	struct request request = *asked;
	CLOSE_AT_EXIT int memory_fd = FD_NONE;

	request.action = REQUEST_LS;
	memory_fd = request_seal(&request, why);
	if (memory_fd < 0)
		return -1;
	if (wire_send(talk_fd, &order, sizeof(order), &memory_fd, 1) < 0)
		return fail_set(why, FAIL_TOOL, "debug-helper ended at once; install debug again");
	return 0;
}

/* Terminated, and printable: it was encoded before, and this is where it would do harm. */
static void clean(char *text, size_t capacity)
{
	text[capacity - 1] = '\0';
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

int listing_add(struct listing *listing, const struct list_entry *seen)
{
	struct list_entry *entry;

	if (listing->count == listing->capacity) {
		const size_t capacity = listing->capacity == 0 ? 64 : 2 * listing->capacity;
		struct list_entry *all = reallocarray(listing->all, capacity, sizeof(*all));

		if (all == NULL)
			return -1;
		listing->all = all;
		listing->capacity = capacity;
	}
	entry = &listing->all[listing->count++];
	*entry = *seen;
	clean(entry->runtime, sizeof(entry->runtime));
	clean(entry->id, sizeof(entry->id));
	clean(entry->scope, sizeof(entry->scope));
	clean(entry->name, sizeof(entry->name));
	clean(entry->image, sizeof(entry->image));
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct list_entry *first = a;
	const struct list_entry *second = b;
	int order = strcmp(first->runtime, second->runtime);

	if (order == 0)
		order = strcmp(first->name, second->name);
	if (order == 0)
		order = strcmp(first->scope, second->scope);
	return order != 0 ? order : strcmp(first->id, second->id);
}

void listing_sort(struct listing *listing)
{
	if (listing->count > 0)
		qsort(listing->all, listing->count, sizeof(*listing->all), compare);
}

void listing_free(struct listing *listing)
{
	free(listing->all);
	*listing = (struct listing){ 0 };
}

static void print_sentences(char *text, size_t capacity)
{
	char *rest = text;
	char *line;

	text[capacity - 1] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
		clean(line, strlen(line) + 1);
		if (line[0] != '\0')
			(void)dprintf(STDERR_FILENO, "debug: %s\n", line);
	}
}

int listing_ask(struct listing *listing, const struct request *request, int talk_fd, struct fail *why)
{
	struct reply reply;
	size_t fd_count;

	*listing = (struct listing){ 0 };
	if (send_request(request, talk_fd, why) < 0)
		return -1;
	for (;;) {
		if (wire_receive(talk_fd, &reply, sizeof(reply), NULL, 0, &fd_count) != sizeof(reply) ||
		    reply.version != WIRE_VERSION)
			return fail_set(why, FAIL_TOOL,
					"debug-helper ended without a word; install debug again");
		if (reply.kind == REPLY_TEXT) {
			print_sentences(reply.with.text, sizeof(reply.with.text));
		} else if (reply.kind == REPLY_SEEN) {
			if (listing_add(listing, &reply.with.seen) < 0)
				return fail_set(why, FAIL_TOOL, "there is not enough memory for the list");
		} else {
			break;
		}
	}
	if (reply.kind != REPLY_ENDED) {
		reply.with.fail.text[sizeof(reply.with.fail.text) - 1] = '\0';
		*why = reply.with.fail;
		return -1;
	}
	listing_sort(listing);
	return 0;
}
