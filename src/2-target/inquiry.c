/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The resolver process.
 *
 *   helper (root)                      resolver (nobody, seccomp, no file system)
 *   connect engines, gather evidence
 *   start the sandbox ──────────────►  ask, read, parse JSON
 *   wait, at most the deadline
 *   ◄───────────────────────────────   struct answer, one for each sighting
 *   ◄───────────────────────────────   struct answer: done
 *
 * Should:  leave the child with nothing but sockets, bytes, and system calls that move bytes.
 * Mustn't: let the parent see anything foreign but the fixed structures.
 */
#include "inquiry.h"

#include "claims.h"
#include "clock.h"
#include "containerd.h"
#include "docker.h"
#include "fd.h"
#include "filters.h"
#include "suggest.h"
#include "text.h"
#include "wire.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
	DEADLINE_MS = 5000,
	ENGINE_DEADLINE_MS = 1000, /* then what it keeps on disk has to do */
	GRACE_MS = 250,		   /* for a resolver that is about to say itself that time is up */
	MEMORY_MAX = 256 << 20,	   /* five times the evidence at its largest */
	FINDINGS_MAX = 4096,
};

enum answer_kind { ANSWER_SEEN, ANSWER_DONE };

/* `seen` last: of a sighting without configuration and layers only the beginning is sent. */
struct answer {
	uint32_t version;
	uint32_t kind;
	uint32_t is_silent;
	struct fail why;
	struct sighting seen;
};

/* What containerd uses unless it is told otherwise, as Docker does not. */
#define CONTAINERD_SNAPSHOTTER "overlayfs"

#define ANSWER_HEAD (offsetof(struct answer, seen) + offsetof(struct sighting, configured))

/* Text for which memory ran out must not pass for text that is damaged: that would be left out, and a
 * container with it.  The parent then reports a resolver without an answer. */
static void *allocate(size_t size)
{
	void *memory = malloc(size);

	if (memory == NULL)
		_exit(1);
	return memory;
}

/* jansson would open /dev/urandom for its seed after the filter is in place. */
static bool prepare(const void *context)
{
	unsigned int seed = 1;

	(void)context;
	(void)!getrandom(&seed, sizeof(seed), GRND_NONBLOCK);
	json_object_seed(seed | 1);
	json_set_alloc_funcs(allocate, free);
	return true;
}

int inquiry_start(struct sandbox *sandbox, const int *kept, size_t count, void (*work)(const void *context),
		  const void *context, struct fail *why)
{
	const struct sandbox_rules rules = {
		.filter = &filter_resolver, .memory_max = MEMORY_MAX, .prepare = prepare, .work = work
	};

	return sandbox_start(sandbox, &rules, kept, count, context, why);
}

/* In the child: what has been seen goes to the parent at once. */
static void send_seen(void *context, const struct sighting *seen)
{
	struct answer *answer = context;
	const bool is_small = seen->configured_size == 0 && seen->layers_size == 0;

	answer->kind = ANSWER_SEEN;
	if (seen != &answer->seen)
		memcpy(&answer->seen, seen, is_small ? offsetof(struct sighting, configured) : sizeof(*seen));
	(void)wire_send(SANDBOX_ANSWER_FD, answer, is_small ? ANSWER_HEAD : sizeof(*answer), NULL, 0);
}

static int ask_docker(struct sighting *seen, enum question question, const char *name, int fd,
		      int64_t deadline_ms, struct fail *why)
{
	if (question == QUESTION_IMAGES && docker_is_image_name(name))
		return docker_inspect_image(seen, fd, name, deadline_ms, why);
	if (question == QUESTION_CONTAINERS && docker_is_name(name))
		return docker_inspect(seen, fd, name, deadline_ms, why);
	return 1;
}

static int ask_containerd(struct sighting *seen, enum question question, const struct query *query, int fd,
			  int64_t deadline_ms, struct fail *why)
{
	seen->runtime = TARGET_CONTAINERD;
	if (question == QUESTION_LAYERS)
		return containerd_find_layers(seen, fd, query->scope, CONTAINERD_SNAPSHOTTER, query->name,
					      deadline_ms, why);
	if (question == QUESTION_IMAGES && containerd_is_reference(query->name))
		return containerd_find_image(seen, fd, query->scope, query->name, deadline_ms, why);
	if (question == QUESTION_CONTAINERS && containerd_is_name(query->name))
		return containerd_find_container(seen, fd, query->scope, query->name, deadline_ms, why);
	return 1;
}

static void ask_engine(struct answer *answer, const struct inquiry *inquiry, size_t index)
{
	const struct engine *engine = &inquiry->engines[index];
	const struct query *query = inquiry->query;
	const int64_t deadline_ms = clock_now_ms() + ENGINE_DEADLINE_MS;
	const int fd = SANDBOX_FD_FIRST + (int)index;
	struct fail why = { 0 };
	int outcome;

	memset(&answer->seen, 0, offsetof(struct sighting, configured));
	if (engine->kind == ENGINE_DOCKER)
		outcome = ask_docker(&answer->seen, inquiry->question, query->name, fd, deadline_ms, &why);
	else
		outcome = ask_containerd(&answer->seen, inquiry->question, query, fd, deadline_ms, &why);
	if (outcome == 0) {
		answer->seen.owner = engine->uid;
		send_seen(answer, &answer->seen);
	} else if (outcome < 0) {
		answer->is_silent |= why.status == FAIL_DEADLINE;
		answer->why = why;
	}
}

static void resolve(const void *context)
{
	const struct inquiry *inquiry = context;
	static struct answer answer;
	static struct sighting scratch;
	struct suggestions suggestions = { .asked = inquiry->query->name };
	struct claims claims = {
		.query = inquiry->query, .see = send_seen, .context = &answer, .scratch = &scratch
	};
	struct query everything = *inquiry->query;

	answer.version = WIRE_VERSION;
	if (inquiry->question == QUESTION_SUGGESTION) {
		everything.is_listing = true;
		claims.query = &everything;
		claims.see = suggest_add;
		claims.context = &suggestions;
	}
	claims_make(&claims, inquiry->evidence);
	for (size_t i = 0; inquiry->question != QUESTION_SUGGESTION && i < inquiry->engine_count; i++)
		ask_engine(&answer, inquiry, i);
	if (inquiry->question == QUESTION_SUGGESTION)
		suggest_explain(&suggestions, &answer.why);
	answer.kind = ANSWER_DONE;
	(void)wire_send(SANDBOX_ANSWER_FD, &answer, ANSWER_HEAD, NULL, 0);
}

static bool is_sound_sighting(const struct sighting *seen)
{
	const bool is_terminated =
	    (seen->configured_size == 0 || (seen->configured_size <= sizeof(seen->configured) &&
					    seen->configured[seen->configured_size - 1] == '\0')) &&
	    (seen->layers_size == 0 ||
	     (seen->layers_size <= sizeof(seen->layers) && seen->layers[seen->layers_size - 1] == '\0'));

	return is_terminated && seen->runtime < TARGET_RUNTIME_COUNT && seen->state <= SIGHTING_IMAGE &&
	       seen->pid >= 0 && seen->pid != 1 && text_is_encoded(seen->id, sizeof(seen->id)) &&
	       text_is_encoded(seen->scope, sizeof(seen->scope)) &&
	       text_is_encoded(seen->name, sizeof(seen->name)) &&
	       text_is_encoded(seen->image, sizeof(seen->image)) &&
	       text_is_encoded(seen->digest, sizeof(seen->digest));
}

/* The child may have been taken over by what it parsed: check form and range once more. */
static bool is_sound(const struct answer *answer)
{
	if (answer->version != WIRE_VERSION || !text_is_encoded(answer->why.text, sizeof(answer->why.text)))
		return false;
	if (answer->kind == ANSWER_SEEN)
		return is_sound_sighting(&answer->seen);
	return answer->kind == ANSWER_DONE &&
	       (answer->why.status == FAIL_NONE ||
		(answer->why.status >= FAIL_DEADLINE && answer->why.status <= FAIL_NOT_FOUND));
}

int findings_add(struct findings *findings, const struct sighting *seen, struct fail *why)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct sighting *other = &findings->all[i];

		if (other->runtime == seen->runtime && other->owner == seen->owner && seen->id[0] != '\0' &&
		    strcmp(other->id, seen->id) == 0 && strcmp(other->scope, seen->scope) == 0)
			return 0;
	}
	if (findings->count >= FINDINGS_MAX) {
		findings->is_truncated = true;
		return 0;
	}
	if (findings->count == findings->capacity) {
		const size_t capacity = findings->capacity == 0 ? 4 : 2 * findings->capacity;
		struct sighting *all = reallocarray(findings->all, capacity, sizeof(*all));

		if (all == NULL)
			return fail_errno(why, FAIL_TOOL, ENOMEM, "cannot keep what the runtimes say");
		findings->all = all;
		findings->capacity = capacity;
	}
	findings->all[findings->count++] = *seen;
	return 0;
}

void findings_free(struct findings *findings)
{
	free(findings->all);
	*findings = (struct findings){ 0 };
}

/* One message of the child's: 1 if more follow, 0 after the last. */
static int receive_answer(struct findings *findings, int answer_fd, int64_t deadline_ms, struct fail *why)
{
	static struct answer answer;
	size_t fd_count;
	ssize_t size;

	if (!clock_wait(answer_fd, POLLIN, deadline_ms + GRACE_MS))
		return fail_set(why, FAIL_DEADLINE,
				"the lookup did not end in time; attach by process id instead, as in "
				"`debug pid://N`");
	answer.seen.configured_size = 0;
	answer.seen.layers_size = 0;
	size = wire_receive(answer_fd, &answer, sizeof(answer), NULL, 0, &fd_count);
	if ((size != sizeof(answer) && size != (ssize_t)ANSWER_HEAD) || !is_sound(&answer) ||
	    (size == (ssize_t)ANSWER_HEAD &&
	     (answer.seen.configured_size != 0 || answer.seen.layers_size != 0) &&
	     answer.kind == ANSWER_SEEN))
		return fail_set(why, FAIL_TOOL, "the resolver process ended without an answer");
	if (answer.kind == ANSWER_SEEN)
		return findings_add(findings, &answer.seen, why) < 0 ? -1 : 1;
	findings->is_silent = findings->is_silent || answer.is_silent != 0;
	if (answer.why.status != FAIL_NONE)
		findings->why = answer.why;
	return 0;
}

int inquiry_ask(struct findings *findings, const struct inquiry *inquiry, struct fail *why)
{
	const int64_t deadline_ms = clock_now_ms() + DEADLINE_MS;
	struct sandbox sandbox;
	int fds[ENGINES_MAX];
	int outcome;

	for (size_t i = 0; i < inquiry->engine_count; i++)
		fds[i] = inquiry->engines[i].fd;
	if (inquiry_start(&sandbox, fds, inquiry->engine_count, resolve, inquiry, why) < 0)
		return -1;
	while ((outcome = receive_answer(findings, sandbox.answer_fd, deadline_ms, why)) > 0)
		;
	sandbox_end(&sandbox);
	return outcome;
}
