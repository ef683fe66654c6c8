/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `debug ls`, the helper's side: what engines claim, completed by what the kernel says about each process,
 * and sent to `debug`, one message each.
 */
#include "list.h"

#include "fd.h"
#include "proc.h"
#include "target.h"
#include "wire.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Containers beyond the first are listed without an answer whether they have a shell: each takes a
 * descriptor. */
enum { SHELLS_MAX = 512, SEEN_MAX = 1 << 14 };

struct seen {
	struct list_entry *all; /* owned */
	size_t count, capacity;
	bool is_failed;
	const struct caller *caller;
	const struct policy *policy; /* or NULL: everything may be seen */
};

static void copy_claim(struct list_entry *entry, const struct sighting *seen)
{
	*entry = (struct list_entry){ .state = seen->state, .pid = seen->pid, .owner = seen->owner };
	if (seen->runtime < TARGET_RUNTIME_COUNT)
		(void)strlcpy(entry->runtime, runtime_name((enum target_runtime)seen->runtime),
			      sizeof(entry->runtime));
	memcpy(entry->id, seen->id, sizeof(entry->id));
	memcpy(entry->scope, seen->scope, sizeof(entry->scope));
	memcpy(entry->name, seen->name, sizeof(entry->name));
	memcpy(entry->image, seen->image, sizeof(entry->image));
}

static void see(void *context, const struct sighting *claim)
{
	struct seen *seen = context;

	if (seen->policy != NULL && policy_find(seen->policy, seen->caller, claim) == NULL)
		return;
	if (seen->count == seen->capacity && !seen->is_failed) {
		const size_t capacity = seen->capacity == 0 ? 64 : 2 * seen->capacity;
		struct list_entry *all =
		    capacity > SEEN_MAX ? NULL : reallocarray(seen->all, capacity, sizeof(*all));

		seen->is_failed = all == NULL;
		if (all == NULL)
			return;
		seen->all = all;
		seen->capacity = capacity;
	}
	if (!seen->is_failed)
		copy_claim(&seen->all[seen->count++], claim);
}

/* Leaves out what has ended meanwhile. */
static void complete(struct seen *seen, int host_proc_fd, int *proc_fds, uint8_t *shells)
{
	size_t kept = 0;

	for (size_t i = 0; i < seen->count; i++) {
		struct list_entry *entry = &seen->all[i];
		CLOSE_AT_EXIT int proc_fd = FD_NONE;

		if (entry->state == SIGHTING_RUNNING || entry->state == SIGHTING_PAUSED) {
			proc_fd = list_look_at_process(entry, host_proc_fd);
			if (proc_fd < 0)
				continue;
		}
		proc_fds[kept] = kept < SHELLS_MAX ? fd_steal(&proc_fd) : FD_NONE;
		seen->all[kept++] = *entry;
	}
	seen->count = kept;
	list_look_for_shells(shells, proc_fds, kept);
	for (size_t i = 0; i < kept; i++) {
		seen->all[i].shell = shells[i];
		fd_close(&proc_fds[i]);
	}
}

static void reply(const struct seen *seen, const char *sentences)
{
	struct reply message = { .version = WIRE_VERSION, .kind = REPLY_SEEN };

	for (size_t i = 0; i < seen->count; i++) {
		message.with.seen = seen->all[i];
		/* `debug` is gone, and with it who would read the rest. */
		if (wire_send(TALK_FD, &message, sizeof(message), NULL, 0) < 0)
			return;
	}
	message = (struct reply){ .version = WIRE_VERSION, .kind = REPLY_TEXT };
	(void)strlcpy(message.with.text, sentences, sizeof(message.with.text));
	if (sentences[0] != '\0')
		(void)wire_send(TALK_FD, &message, sizeof(message), NULL, 0);
	message = (struct reply){ .version = WIRE_VERSION,
				  .kind = REPLY_ENDED,
				  .with.result = { .kind = RESULT_EXITED } };
	(void)wire_send(TALK_FD, &message, sizeof(message), NULL, 0);
}

static int serve(struct seen *seen, const struct request *request, int host_proc_fd, struct fail *why)
{
	struct fail silent = { 0 };
	uint8_t *shells;
	int *proc_fds;

	if (target_list(request, host_proc_fd, see, seen, &silent) < 0) {
		*why = silent;
		return -1;
	}
	proc_fds = calloc(seen->count + 1, sizeof(*proc_fds));
	shells = calloc(seen->count + 1, sizeof(*shells));
	if (seen->is_failed || proc_fds == NULL || shells == NULL) {
		free(proc_fds);
		free(shells);
		return fail_set(
		    why, FAIL_TOOL,
		    "these are too many containers for one list; ask for one engine's with --runtime");
	}
	complete(seen, host_proc_fd, proc_fds, shells);
	free(proc_fds);
	free(shells);
	reply(seen, silent.text);
	return 0;
}

int list_serve(const struct request *request, const struct caller *caller, const struct policy *policy,
	       struct fail *why)
{
	CLOSE_AT_EXIT int host_proc_fd = proc_open(why);
	struct seen seen = { .caller = caller, .policy = policy };
	int failed = host_proc_fd < 0 ? -1 : serve(&seen, request, host_proc_fd, why);

	free(seen.all);
	return failed;
}
