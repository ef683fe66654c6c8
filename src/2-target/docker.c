/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Docker answers, turned into one struct sighting.
 *
 * Should:  accept exactly the fields it needs, of exactly the right type and range.
 * Mustn't: run with privilege.  Every byte here was written by somebody else.
 */
#include "docker.h"

#include "http.h"
#include "text.h"

#include <ctype.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { INSPECT_MAX = 4 << 20, LIST_MAX = 16 << 20, SUGGESTIONS_MAX = 5, NAME_MAX_LENGTH = 255 };

bool docker_is_name(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > NAME_MAX_LENGTH || !isalnum((unsigned char)name[0]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) && strchr("_.-", name[i]) == NULL)
			return false;
	return true;
}

static json_t *parse(const char *body, size_t size)
{
	json_error_t error;

	return json_loadb(body, size, JSON_REJECT_DUPLICATES, &error);
}

static bool is_container_id(const char *id)
{
	return id != NULL && strlen(id) == 64 && strspn(id, "0123456789abcdef") == 64;
}

/* Docker's names begin with a slash that nobody types. */
static const char *plain_name(const char *name)
{
	return name != NULL && name[0] == '/' ? name + 1 : name;
}

/* An answer about another container than the one asked for is never used: a daemon that confuses
 * them is not to be trusted with the rest. */
static bool is_asked_for(const char *asked, const char *id, const char *name)
{
	return strcmp(asked, plain_name(name)) == 0 || strncmp(id, asked, strlen(asked)) == 0;
}

/* Appends one record, whole or not at all; room is kept for `incomplete`. */
static bool put_record(struct sighting *seen, const char *key, const char *value)
{
	static const char mark[] = "incomplete=1";
	size_t left = sizeof(seen->configured) - sizeof(mark) - seen->configured_size;
	size_t size = strlen(key) + 1 + strlen(value) + 1;

	if (size > left)
		return false;
	(void)snprintf(seen->configured + seen->configured_size, size, "%s=%s", key, value);
	seen->configured_size += (uint32_t)size;
	return true;
}

/* A string, or a list of strings; null and anything else is what Docker calls unset. */
static bool put_setting(struct sighting *seen, const char *key, const json_t *setting)
{
	bool is_whole = true;
	size_t i;
	json_t *item;

	if (json_is_string(setting))
		return put_record(seen, key, json_string_value(setting));
	json_array_foreach(setting, i, item)
	{
		if (json_is_string(item) && !put_record(seen, key, json_string_value(item)))
			is_whole = false;
	}
	return is_whole;
}

/* The environment last: it alone is ever so large that it does not fit. */
static void fill_configured(struct sighting *seen, const json_t *config)
{
	static const char *const settings[][2] = {
		{ "entrypoint", "Entrypoint" },
		{ "cmd", "Cmd" },
		{ "user", "User" },
		{ "workdir", "WorkingDir" },
		{ "stopsignal", "StopSignal" },
		{ "env", "Env" },
	};
	bool is_whole = true;

	seen->configured_size = 0;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		is_whole =
		    put_setting(seen, settings[i][0], json_object_get(config, settings[i][1])) && is_whole;
	if (is_whole)
		return;
	memcpy(seen->configured + seen->configured_size, "incomplete=1", sizeof("incomplete=1"));
	seen->configured_size += (uint32_t)sizeof("incomplete=1");
}

static int fill_sighting(struct sighting *seen, const json_t *answer, const char *asked, struct fail *why)
{
	const json_t *state = json_object_get(answer, "State");
	const char *id = json_string_value(json_object_get(answer, "Id"));
	const char *name = json_string_value(json_object_get(answer, "Name"));
	const char *image = json_string_value(json_object_get(json_object_get(answer, "Config"), "Image"));
	const char *status = json_string_value(json_object_get(state, "Status"));
	const json_t *pid = json_object_get(state, "Pid");
	char word[64];

	if (!is_container_id(id) || name == NULL || !json_is_boolean(json_object_get(state, "Running")) ||
	    !json_is_integer(pid))
		return fail_set(why, FAIL_TOOL, "Docker's answer about `%s` lacks its id, name, state or pid",
				asked);
	if (!is_asked_for(asked, id, name))
		return fail_set(why, FAIL_TOOL, "Docker answered about another container than `%s`", asked);
	if (!json_is_true(json_object_get(state, "Running")) ||
	    json_is_true(json_object_get(state, "Restarting")))
		return fail_set(
		    why, FAIL_TOOL,
		    "container `%s` is not running (Docker says: %s); start it, then debug it", asked,
		    status != NULL ? text_encode(word, sizeof(word), status, strlen(status)) : "stopped");
	if (json_integer_value(pid) < 2 || json_integer_value(pid) > INT_MAX)
		return fail_set(why, FAIL_TOOL, "Docker gave no usable process id for container `%s`", asked);
	seen->pid = (int32_t)json_integer_value(pid);
	seen->is_paused = json_is_true(json_object_get(state, "Paused"));
	memcpy(seen->id, id, sizeof(seen->id));
	name = plain_name(name);
	text_encode(seen->name, sizeof(seen->name), name, strlen(name));
	if (image != NULL)
		text_encode(seen->image, sizeof(seen->image), image, strlen(image));
	fill_configured(seen, json_object_get(answer, "Config"));
	return 0;
}

int docker_parse_inspect(struct sighting *seen, const char *body, size_t size, const char *name,
			 struct fail *why)
{
	json_t *answer = parse(body, size);
	int failed;

	if (answer == NULL)
		return fail_set(why, FAIL_TOOL, "Docker's answer about `%s` is not valid JSON", name);
	failed = fill_sighting(seen, answer, name, why);
	json_decref(answer);
	return failed;
}

int docker_inspect(struct sighting *seen, int socket_fd, const char *name, int64_t deadline_ms,
		   struct fail *why)
{
	struct http_answer answer;
	char path[NAME_MAX_LENGTH + 32];
	int outcome;

	(void)snprintf(path, sizeof(path), "/containers/%s/json", name);
	if (http_get(&answer, socket_fd, "Docker", path, INSPECT_MAX, deadline_ms, why) < 0)
		return -1;
	if (answer.status == 200)
		outcome = docker_parse_inspect(seen, answer.body, answer.body_size, name, why);
	else if (answer.status == 404 || answer.status == 400 || answer.status == 500)
		outcome = 1; /* unknown; or, by version, 400 or 500 for an ambiguous prefix */
	else
		outcome = fail_set(why, FAIL_TOOL, "Docker answered with status %d about `%s`", answer.status,
				   name);
	free(answer.bytes);
	return outcome;
}

struct suggestion {
	char name[64];
	size_t distance;
};

/* Keeps the closest few, closest first. */
static void suggest(struct suggestion *best, size_t *count, const char *name, size_t distance)
{
	size_t at = *count;

	while (at > 0 && best[at - 1].distance > distance)
		at--;
	if (at >= SUGGESTIONS_MAX)
		return;
	if (*count < SUGGESTIONS_MAX)
		(*count)++;
	memmove(&best[at + 1], &best[at], (*count - at - 1) * sizeof(best[0]));
	best[at].distance = distance;
	text_encode(best[at].name, sizeof(best[at].name), name, strlen(name));
}

static size_t closeness(const char *asked, const char *name)
{
	size_t limit = strlen(asked) / 3;
	size_t distance = text_distance(asked, name);

	if (strcasestr(name, asked) != NULL)
		return 1;
	return distance <= limit ? distance : SIZE_MAX;
}

/* Which containers an answer lists that match the prefix, or else are spelled alike. */
static void collect(const json_t *list, const char *asked, struct suggestion *same, size_t *same_count,
		    struct suggestion *alike, size_t *alike_count)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
	{
		const char *id = json_string_value(json_object_get(item, "Id"));
		const char *name =
		    plain_name(json_string_value(json_array_get(json_object_get(item, "Names"), 0)));
		size_t distance;

		if (!is_container_id(id) || name == NULL)
			continue;
		if (strncmp(id, asked, strlen(asked)) == 0) {
			char both[sizeof(same->name)];

			(void)snprintf(both, sizeof(both), "%.12s (%.40s)", id, name);
			suggest(same, same_count, both, 0);
		}
		distance = closeness(asked, name);
		if (distance != SIZE_MAX)
			suggest(alike, alike_count, name, distance);
	}
}

static void join(char *out, size_t capacity, const struct suggestion *names, size_t count)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < count && used < capacity; i++)
		used += (size_t)snprintf(out + used, capacity - used, "%s`%s`", i == 0 ? "" : ", ",
					 names[i].name);
}

int docker_parse_list(const char *body, size_t size, const char *name, struct fail *why)
{
	struct suggestion same[SUGGESTIONS_MAX + 1];
	struct suggestion alike[SUGGESTIONS_MAX + 1];
	size_t same_count = 0;
	size_t alike_count = 0;
	char names[512];
	json_t *list = parse(body, size);

	if (json_is_array(list))
		collect(list, name, same, &same_count, alike, &alike_count);
	json_decref(list);
	if (same_count > 1) {
		join(names, sizeof(names), same, same_count);
		return fail_set(why, FAIL_TOOL, "`%s` is the beginning of several ids: %s%s; give more of it",
				name, names, same_count == SUGGESTIONS_MAX ? " and perhaps more" : "");
	}
	if (alike_count > 0) {
		join(names, sizeof(names), alike, alike_count);
		return fail_set(why, FAIL_TOOL, "no container is named `%s`; did you mean %s?", name, names);
	}
	return fail_set(why, FAIL_TOOL, "no container is named `%s`; `docker ps -a` lists what there is",
			name);
}

int docker_explain_missing(int socket_fd, const char *name, int64_t deadline_ms, struct fail *why)
{
	struct http_answer answer;
	struct fail ignored = { 0 };

	if (http_get(&answer, socket_fd, "Docker", "/containers/json?all=1", LIST_MAX, deadline_ms,
		     &ignored) < 0)
		return fail_set(why, FAIL_TOOL, "no container is named `%s`", name);
	(void)docker_parse_list(answer.body, answer.status == 200 ? answer.body_size : 0, name, why);
	free(answer.bytes);
	return -1;
}
