/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists of containers/storage and the arguments of its monitors.
 *
 *   containers.json   [{ "id", "names": [...], "layer", "metadata": "{...}" }, ...]
 *   images.json       [{ "id", "names": [...], "layer" }, ...]
 *   conmon            ... -c ID ... -n NAME ...
 *
 * CRI-O names a container k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT; none of these parts can hold a `_`.
 */
#include "claims.h"

#include "json.h"
#include "text.h"

#include <bsd/string.h>
#include <stdio.h>
#include <string.h>

enum { PART_MAX = 80, PATH_CAPACITY = 512 };

/* Turns "k8s_app_web_demo_..." into "demo/web/app"; false if it is not such a name. */
static bool set_pod_name(struct sighting *seen, const char *name)
{
	static const char prefix[] = "k8s_";
	char part[3][PART_MAX];
	char whole[3 * PART_MAX];

	if (strncmp(name, prefix, strlen(prefix)) != 0)
		return false;
	name += strlen(prefix);
	for (size_t i = 0; i < 3; i++) {
		const size_t length = strcspn(name, "_");

		if (length == 0 || length >= PART_MAX || name[length] != '_')
			return false;
		memcpy(part[i], name, length);
		part[i][length] = '\0';
		name += length + 1;
	}
	(void)snprintf(whole, sizeof(whole), "%s/%s/%s", part[2], part[1], part[0]);
	sighting_set_text(seen->name, sizeof(seen->name), whole);
	seen->runtime = TARGET_CRIO;
	return true;
}

static void set_name(struct sighting *seen, const char *name)
{
	if (name != NULL && !set_pod_name(seen, name))
		sighting_set_text(seen->name, sizeof(seen->name), name);
}

static const char *first_name(const json_t *item)
{
	return json_string_value(json_array_get(json_object_get(item, "names"), 0));
}

/* The directory of a layer under a driver's directory; what it stands on is found by whoever may look. */
static void put_layer(struct sighting *seen, const char *driver_directory, const char *layer)
{
	const char *slash = strrchr(driver_directory, '/');
	const bool is_vfs = slash != NULL && strcmp(slash, "/vfs") == 0;
	char path[PATH_CAPACITY];
	int length;

	seen->layers_size = 0;
	if (layer == NULL || strlen(layer) != 64 || strspn(layer, "0123456789abcdef") != 64)
		return;
	length = snprintf(path, sizeof(path), "%s%s/%s", driver_directory, is_vfs ? "/dir" : "", layer);
	if (length > 0 && (size_t)length < sizeof(path))
		(void)sighting_put_layer(seen, path, (size_t)length);
}

/* JSON in a string: written by the engine, but with names that users chose. */
static void set_image(struct sighting *seen, const json_t *item)
{
	const char *text = json_text(item, "metadata");
	json_t *metadata = text == NULL ? NULL : json_parse(text, strlen(text));

	sighting_set_text(seen->image, sizeof(seen->image), json_text(metadata, "image-name"));
	json_decref(metadata);
}

/* Anybody may keep a pid file under anybody's id: it counts for the containers of whom it is. */
static const struct evidence *find_running(const struct evidence_list *list, uint32_t owner, const char *id)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->all[i].kind == EVIDENCE_CONMON && list->all[i].owner == owner &&
		    strcmp(list->all[i].id, id) == 0)
			return &list->all[i];
	return NULL;
}

void claims_of_storage(struct claims *claims, const struct evidence_list *list, const struct evidence *piece)
{
	json_t *containers = json_parse(piece->bytes, piece->size);
	size_t i;
	json_t *item;

	json_array_foreach(containers, i, item)
	{
		struct sighting *seen = claims_begin(claims, piece);
		const char *id = json_text(item, "id");
		const struct evidence *running = id == NULL ? NULL : find_running(list, piece->owner, id);

		if (id == NULL || strlen(id) >= sizeof(seen->id))
			continue;
		sighting_set_text(seen->id, sizeof(seen->id), id);
		sighting_set_text(seen->name, sizeof(seen->name), id);
		set_name(seen, first_name(item));
		if (query_fit(claims->query, seen) == QUERY_OTHER)
			continue;
		if (running != NULL) {
			seen->pid = running->pid;
			seen->state = SIGHTING_RUNNING;
		}
		set_image(seen, item);
		sighting_set_digest(seen, json_text(item, "image"));
		put_layer(seen, piece->place, json_text(item, "layer"));
		claims->see(claims->context, seen);
	}
	json_decref(containers);
}

static bool is_listed(const struct evidence_list *list, uint32_t owner, const char *id)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct evidence *other = &list->all[i];

		if (other->kind == EVIDENCE_STORAGE && other->owner == owner &&
		    memmem(other->bytes, other->size, id, strlen(id)) != NULL)
			return true;
	}
	return false;
}

/* The word behind `option`, for conmon(8), which writes each as a word of its own. */
static const char *find_argument(const struct evidence *piece, const char *option)
{
	const char *end = piece->bytes + piece->size;

	for (const char *word = piece->bytes; word < end; word += strlen(word) + 1) {
		const char *next = word + strlen(word) + 1;

		if (strcmp(word, option) == 0)
			return next < end ? next : NULL;
	}
	return NULL;
}

/* A piece from a directory named after the id, or from a process, which alone knows it. */
void claims_of_conmon(struct claims *claims, const struct evidence_list *list, const struct evidence *piece)
{
	struct sighting *seen = claims_begin(claims, piece);
	const char *told = find_argument(piece, "-c");
	const char *id = piece->id[0] != '\0' ? piece->id : told;

	if (id == NULL || strlen(id) >= sizeof(seen->id) || is_listed(list, piece->owner, id))
		return;
	sighting_set_text(seen->id, sizeof(seen->id), id);
	sighting_set_text(seen->name, sizeof(seen->name), id);
	if (told != NULL && strcmp(told, id) == 0)
		set_name(seen, find_argument(piece, "-n"));
	claims_report(claims);
}

/* "localhost/web:latest" may be asked for as `web`, `web:latest`, `localhost/web`. */
static bool is_reference(const char *asked, const char *name)
{
	static const char *const prefixes[] = { "", "localhost/", "docker.io/library/", "docker.io/" };
	char whole[PATH_CAPACITY];

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		(void)snprintf(whole, sizeof(whole), "%s%s", prefixes[i], asked);
		if (strcmp(whole, name) == 0)
			return true;
		(void)strlcat(whole, ":latest", sizeof(whole));
		if (strcmp(whole, name) == 0)
			return true;
	}
	return false;
}

static bool is_asked_for(const char *asked, const json_t *item)
{
	const char *id = json_text(item, "id");
	size_t i;
	json_t *name;

	/* As long as a short id, or it would take `cafe` for one. */
	if (id != NULL && strlen(asked) >= 12 && strncmp(id, asked, strlen(asked)) == 0)
		return true;
	json_array_foreach(json_object_get(item, "names"), i, name)
	{
		if (json_is_string(name) && is_reference(asked, json_string_value(name)))
			return true;
	}
	return false;
}

void claims_of_images(struct claims *claims, const struct evidence *piece)
{
	json_t *images = json_parse(piece->bytes, piece->size);
	size_t i;
	json_t *item;

	json_array_foreach(images, i, item)
	{
		struct sighting *seen = claims_begin(claims, piece);

		if (!is_asked_for(claims->query->name, item))
			continue;
		seen->state = SIGHTING_IMAGE;
		sighting_set_text(seen->id, sizeof(seen->id), json_text(item, "id"));
		sighting_set_text(seen->name, sizeof(seen->name), claims->query->name);
		sighting_set_text(seen->image, sizeof(seen->image), first_name(item));
		sighting_set_digest(seen, json_text(item, "id"));
		put_layer(seen, piece->place, json_text(item, "layer"));
		claims->see(claims->context, seen);
	}
	json_decref(images);
}
