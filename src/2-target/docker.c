/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Docker answers, turned into one struct sighting.
 *
 * Should:  accept exactly the fields it needs, of exactly the right type and range.
 * Mustn't: run with privilege.  Every byte here was written by somebody else.
 */
#include "docker.h"

#include "configured.h"
#include "http.h"
#include "json.h"
#include "text.h"

#include <bsd/string.h>
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INSPECT_MAX = 4 << 20, NAME_MAX_LENGTH = 255 };

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

/* Paths of the API hold slashes; nothing else of a name may change what is asked for. */
bool docker_is_image_name(const char *name)
{
	const size_t length = strlen(name);

	if (length == 0 || length > NAME_MAX_LENGTH || !isalnum((unsigned char)name[0]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) && strchr("_.-/:@", name[i]) == NULL)
			return false;
	return strstr(name, "..") == NULL;
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

/* GraphDriver.Data of the overlay drivers: UpperDir, and LowerDir with what it stands on, uppermost first.
 * The driver vfs has the whole root in one directory, which is not told. */
static void put_layers(struct sighting *seen, const json_t *driver)
{
	const json_t *data = json_object_get(driver, "Data");
	const char *upper = json_text(data, "UpperDir");
	const char *lower = json_text(data, "LowerDir");

	seen->layers_size = 0;
	if (upper == NULL || !sighting_put_layer(seen, upper, strlen(upper)))
		return;
	while (lower != NULL && *lower != '\0') {
		const size_t length = strcspn(lower, ":");

		/* A root that lacks a layer would be another root. */
		if (!sighting_put_layer(seen, lower, length)) {
			seen->layers_size = 0;
			return;
		}
		lower += length + (lower[length] == ':');
	}
}

static int fill_sighting(struct sighting *seen, const json_t *answer, const char *asked, struct fail *why)
{
	const json_t *state = json_object_get(answer, "State");
	const char *id = json_string_value(json_object_get(answer, "Id"));
	const char *name = json_string_value(json_object_get(answer, "Name"));
	const char *image = json_string_value(json_object_get(json_object_get(answer, "Config"), "Image"));
	const json_t *pid = json_object_get(state, "Pid");

	if (!is_container_id(id) || name == NULL || !json_is_boolean(json_object_get(state, "Running")) ||
	    !json_is_integer(pid))
		return fail_set(why, FAIL_TOOL, "Docker's answer about `%s` lacks its id, name, state or pid",
				asked);
	if (!is_asked_for(asked, id, name))
		return fail_set(why, FAIL_TOOL, "Docker answered about another container than `%s`", asked);
	seen->runtime = TARGET_DOCKER;
	seen->state = SIGHTING_STOPPED;
	if (json_is_true(json_object_get(state, "Running")) &&
	    !json_is_true(json_object_get(state, "Restarting"))) {
		if (json_integer_value(pid) < 2 || json_integer_value(pid) > INT_MAX)
			return fail_set(why, FAIL_TOOL, "Docker gave no usable process id for container `%s`",
					asked);
		seen->pid = (int32_t)json_integer_value(pid);
		seen->state =
		    json_is_true(json_object_get(state, "Paused")) ? SIGHTING_PAUSED : SIGHTING_RUNNING;
	}
	(void)strlcpy(seen->id, id, sizeof(seen->id));
	name = plain_name(name);
	text_encode(seen->name, sizeof(seen->name), name, strlen(name));
	if (image != NULL)
		text_encode(seen->image, sizeof(seen->image), image, strlen(image));
	configured_from_image(seen, json_object_get(answer, "Config"));
	sighting_set_digest(seen, json_text(answer, "Image"));
	if (seen->state == SIGHTING_STOPPED)
		put_layers(seen, json_object_get(answer, "GraphDriver"));
	return 0;
}

static int fill_image(struct sighting *seen, const json_t *answer, const char *asked, struct fail *why)
{
	const char *id = json_text(answer, "Id");

	if (id == NULL || strncmp(id, "sha256:", 7) != 0)
		return fail_set(why, FAIL_TOOL, "Docker's answer about image `%s` lacks its id", asked);
	seen->runtime = TARGET_DOCKER;
	seen->state = SIGHTING_IMAGE;
	sighting_set_text(seen->id, sizeof(seen->id), id + 7);
	sighting_set_digest(seen, id);
	sighting_set_text(seen->name, sizeof(seen->name), asked);
	sighting_set_text(seen->image, sizeof(seen->image),
			  json_string_value(json_array_get(json_object_get(answer, "RepoTags"), 0)));
	put_layers(seen, json_object_get(answer, "GraphDriver"));
	configured_from_image(seen, json_object_get(answer, "Config"));
	return 0;
}

typedef int (*fill_function)(struct sighting *seen, const json_t *answer, const char *asked,
			     struct fail *why);

static int parse_answer(struct sighting *seen, fill_function fill, const char *body, size_t size,
			const char *name, struct fail *why)
{
	json_t *answer = json_parse(body, size);
	int failed;

	if (answer == NULL)
		return fail_set(why, FAIL_TOOL, "Docker's answer about `%s` is not valid JSON", name);
	failed = fill(seen, answer, name, why);
	json_decref(answer);
	return failed;
}

int docker_parse_inspect(struct sighting *seen, const char *body, size_t size, const char *name,
			 struct fail *why)
{
	return parse_answer(seen, fill_sighting, body, size, name, why);
}

int docker_parse_image(struct sighting *seen, const char *body, size_t size, const char *name,
		       struct fail *why)
{
	return parse_answer(seen, fill_image, body, size, name, why);
}

static int get(struct sighting *seen, fill_function fill, int socket_fd, const char *kind, const char *name,
	       int64_t deadline_ms, struct fail *why)
{
	struct http_answer answer;
	char path[NAME_MAX_LENGTH + 32];
	int outcome;

	if ((size_t)snprintf(path, sizeof(path), "/%s/%s/json", kind, name) >= sizeof(path))
		return 1;
	if (http_get(&answer, socket_fd, "Docker", path, INSPECT_MAX, deadline_ms, why) < 0)
		return -1;
	if (answer.status == 200)
		outcome = parse_answer(seen, fill, answer.body, answer.body_size, name, why);
	else if (answer.status == 404 || answer.status == 400 || answer.status == 500)
		outcome = 1; /* unknown; or, by version, 400 or 500 for an ambiguous prefix */
	else
		outcome = fail_set(why, FAIL_TOOL, "Docker answered with status %d about `%s`", answer.status,
				   name);
	free(answer.bytes);
	return outcome;
}

int docker_inspect(struct sighting *seen, int socket_fd, const char *name, int64_t deadline_ms,
		   struct fail *why)
{
	return get(seen, fill_sighting, socket_fd, "containers", name, deadline_ms, why);
}

int docker_inspect_image(struct sighting *seen, int socket_fd, const char *name, int64_t deadline_ms,
			 struct fail *why)
{
	return get(seen, fill_image, socket_fd, "images", name, deadline_ms, why);
}
