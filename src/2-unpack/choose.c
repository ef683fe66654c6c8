/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * manifest.json says it for `docker save` and `podman save`, index.json for an OCI layout.  An archive of
 * Docker 25 or newer has both; the first is simpler.
 */
#include "choose.h"

#include "fd.h"
#include "text.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

enum { NAMES_CAPACITY = 600, DEPTH_MAX = 4 };

static const char blobs[] = "blobs/sha256/";

/* "web" asks for "web:latest", "docker.io/library/web:latest" and "registry/x/web:latest". */
static bool is_named(const char *name, const char *asked)
{
	const size_t length = strlen(asked);
	const char *slash = strrchr(asked, '/');
	const bool has_tag = strchr(slash != NULL ? slash : asked, ':') != NULL;

	for (const char *at = name; at != NULL; at = strchr(at, '/')) {
		at += *at == '/';
		if (strcmp(at, asked) == 0 ||
		    (!has_tag && strncmp(at, asked, length) == 0 && strcmp(at + length, ":latest") == 0))
			return true;
	}
	return false;
}

static void add_name(char names[NAMES_CAPACITY], const char *name)
{
	const size_t used = strlen(names);
	char shown[200];

	text_encode(shown, sizeof(shown), name, strlen(name));
	(void)snprintf(names + used, NAMES_CAPACITY - used, "%s`%s`", used > 0 ? ", " : "", shown);
}

static int refuse_choice(size_t matched, const char *asked, const char *names, struct fail *why)
{
	char shown[200];

	text_encode(shown, sizeof(shown), asked, strlen(asked));
	if (asked[0] != '\0' && matched == 0)
		return fail_set(why, FAIL_TOOL, "the archive has no image `%s`; it has %s", shown,
				names[0] != '\0' ? names : "none with a name");
	if (matched == 0)
		return fail_set(why, FAIL_TOOL, "the archive holds no image");
	return fail_set(why, FAIL_TOOL,
			"the archive holds several images: %s; say which, as in `debug ./FILE.tar:NAME`",
			names[0] != '\0' ? names : "none of them has a name");
}

static int add_layer(struct chosen *chosen, const struct extent *extent, struct fail *why)
{
	if (chosen->layer_count == CHOSEN_LAYERS_MAX)
		return fail_set(why, FAIL_TOOL, "the image has more than %d layers", CHOSEN_LAYERS_MAX);
	chosen->layers[chosen->layer_count++] = *extent;
	return 0;
}

/* A member that manifest.json names; checked if its name is a digest. */
static int find_member(const struct archive *archive, const json_t *name, struct extent *extent,
		       struct fail *why)
{
	const char *text = json_string_value(name);
	char digest[sizeof(blobs) + 72];
	char shown[200];
	int outcome = text == NULL ? 1 : archive_find(archive, text, extent, why);

	if (outcome > 0)
		return fail_set(why, FAIL_TOOL, "the archive lacks its part `%s`; fetch it again",
				text_encode(shown, sizeof(shown), text != NULL ? text : "?",
					    text != NULL ? strlen(text) : 1));
	if (outcome < 0 || strncmp(text, blobs, strlen(blobs)) != 0 || strlen(text) != strlen(blobs) + 64)
		return outcome;
	(void)snprintf(digest, sizeof(digest), "sha256:%s", text + strlen(blobs));
	if (archive_check(extent, digest, why) < 0) {
		fd_close(&extent->fd);
		return -1;
	}
	return 0;
}

static int take_saved(struct chosen *chosen, const struct archive *archive, const json_t *image,
		      struct fail *why)
{
	const json_t *layers = json_object_get(image, "Layers");
	struct extent extent;
	const json_t *layer;
	size_t i;

	if (find_member(archive, json_object_get(image, "Config"), &extent, why) < 0)
		return -1;
	chosen->config = archive_parse(&extent, why);
	fd_close(&extent.fd);
	if (chosen->config == NULL)
		return -1;
	json_array_foreach(layers, i, layer)
	{
		if (find_member(archive, layer, &extent, why) < 0 || add_layer(chosen, &extent, why) < 0)
			return -1;
	}
	return 0;
}

static int choose_saved(struct chosen *chosen, const struct archive *archive, const json_t *manifest,
			const char *asked, struct fail *why)
{
	const json_t *found = NULL;
	char names[NAMES_CAPACITY] = "";
	size_t matched = 0;
	const json_t *image;
	size_t i;

	json_array_foreach(manifest, i, image)
	{
		const json_t *tags = json_object_get(image, "RepoTags");
		bool is_match = asked[0] == '\0';
		const json_t *tag;
		size_t j;

		json_array_foreach(tags, j, tag)
		{
			const char *name = json_string_value(tag);

			if (name == NULL)
				continue;
			add_name(names, name);
			if (asked[0] != '\0' && is_named(name, asked))
				is_match = true;
			if (is_match && (chosen->name[0] == '\0' || is_named(name, asked)))
				text_encode(chosen->name, sizeof(chosen->name), name, strlen(name));
		}
		if (is_match) {
			matched++;
			found = image;
		}
	}
	if (matched != 1)
		return refuse_choice(matched, asked, names, why);
	return take_saved(chosen, archive, found, why);
}

static const char *machine(void)
{
	static struct utsname names;

	if (uname(&names) < 0)
		return "";
	return strcmp(names.machine, "x86_64") == 0    ? "amd64"
	       : strcmp(names.machine, "aarch64") == 0 ? "arm64"
						       : names.machine;
}

/* What a descriptor says about itself: an image for this machine, for another one, or none at all. */
static bool is_image(const json_t *descriptor)
{
	const char *os = json_string_value(json_object_get(json_object_get(descriptor, "platform"), "os"));
	const json_t *notes = json_object_get(descriptor, "annotations");

	return json_object_get(notes, "vnd.docker.reference.type") == NULL &&
	       (os == NULL || strcmp(os, "linux") == 0);
}

static bool is_for_this_machine(const json_t *descriptor)
{
	const json_t *platform = json_object_get(descriptor, "platform");
	const char *architecture = json_string_value(json_object_get(platform, "architecture"));

	return architecture == NULL || strcmp(architecture, machine()) == 0;
}

static const char *name_of(const json_t *descriptor)
{
	static const char *const keys[] = { "io.containerd.image.name", "org.opencontainers.image.ref.name" };
	const json_t *notes = json_object_get(descriptor, "annotations");
	const char *name = NULL;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && name == NULL; i++)
		name = json_string_value(json_object_get(notes, keys[i]));
	return name;
}

static const json_t *choose_descriptor(struct chosen *chosen, const json_t *index, const char *asked,
				       struct fail *why)
{
	const json_t *list = json_object_get(index, "manifests");
	size_t matched[2] = { 0, 0 }; /* all, and those for this machine */
	const json_t *found[2] = { NULL, NULL };
	char names[NAMES_CAPACITY] = "";
	const json_t *descriptor;
	size_t i;

	json_array_foreach(list, i, descriptor)
	{
		const char *name = name_of(descriptor);

		if (!is_image(descriptor))
			continue;
		if (name != NULL)
			add_name(names, name);
		if (asked[0] != '\0' && (name == NULL || !is_named(name, asked)))
			continue;
		found[0] = descriptor;
		matched[0]++;
		if (is_for_this_machine(descriptor)) {
			found[1] = descriptor;
			matched[1]++;
		}
	}
	i = matched[1] == 1;
	if (matched[i] != 1) {
		(void)refuse_choice(matched[0], asked, names, why);
		return NULL;
	}
	if (name_of(found[i]) != NULL)
		text_encode(chosen->name, sizeof(chosen->name), name_of(found[i]), strlen(name_of(found[i])));
	return found[i];
}

static json_t *get_blob(const struct archive *archive, const json_t *descriptor, struct fail *why)
{
	const char *digest = json_string_value(json_object_get(descriptor, "digest"));
	struct extent extent;
	json_t *parsed;

	if (digest == NULL) {
		(void)fail_set(why, FAIL_TOOL, "the image's description lacks a digest");
		return NULL;
	}
	if (archive_find_blob(archive, digest, &extent, why) < 0)
		return NULL;
	parsed = archive_parse(&extent, why);
	fd_close(&extent.fd);
	return parsed;
}

static int take_manifest(struct chosen *chosen, const struct archive *archive, const json_t *manifest,
			 struct fail *why)
{
	const json_t *layers = json_object_get(manifest, "layers");
	const json_t *layer;
	size_t i;

	chosen->config = get_blob(archive, json_object_get(manifest, "config"), why);
	if (chosen->config == NULL)
		return -1;
	json_array_foreach(layers, i, layer)
	{
		const char *digest = json_string_value(json_object_get(layer, "digest"));
		struct extent extent;

		if (digest == NULL)
			return fail_set(why, FAIL_TOOL, "the image's description lacks a digest");
		if (archive_find_blob(archive, digest, &extent, why) < 0 ||
		    add_layer(chosen, &extent, why) < 0)
			return -1;
	}
	return 0;
}

/* An index can hold an index: one for each architecture. */
static int choose_indexed(struct chosen *chosen, const struct archive *archive, const json_t *index,
			  const char *asked, int depth, struct fail *why)
{
	const json_t *descriptor = choose_descriptor(chosen, index, asked, why);
	json_t *document = descriptor == NULL ? NULL : get_blob(archive, descriptor, why);
	int failed;

	if (document == NULL)
		return -1;
	if (json_object_get(document, "manifests") == NULL)
		failed = take_manifest(chosen, archive, document, why);
	else if (depth == DEPTH_MAX)
		failed = fail_set(why, FAIL_TOOL, "the image's index holds too many others");
	else
		failed = choose_indexed(chosen, archive, document, "", depth + 1, why);
	json_decref(document);
	return failed;
}

/* manifest.json or index.json; *is_index says which. */
static json_t *get_top(const struct archive *archive, bool *is_index, struct fail *why)
{
	struct extent extent;
	json_t *parsed;
	int outcome;

	*is_index = false;
	outcome = archive_find(archive, "manifest.json", &extent, why);
	if (outcome > 0) {
		*is_index = true;
		outcome = archive_find(archive, "index.json", &extent, why);
	}
	if (outcome > 0)
		(void)fail_set(
		    why, FAIL_TOOL,
		    "this is no image: it has neither manifest.json (`docker save`) nor index.json (an OCI "
		    "layout); unpack it and give the directory: `debug ./DIRECTORY`");
	if (outcome != 0)
		return NULL;
	parsed = archive_parse(&extent, why);
	fd_close(&extent.fd);
	return parsed;
}

int choose(struct chosen *chosen, const struct archive *archive, const char *asked, struct fail *why)
{
	bool is_index;
	json_t *top = get_top(archive, &is_index, why);
	int failed;

	memset(chosen, 0, sizeof(*chosen));
	if (top == NULL)
		return -1;
	failed = is_index ? choose_indexed(chosen, archive, top, asked, 0, why)
			  : choose_saved(chosen, archive, top, asked, why);
	json_decref(top);
	if (failed == 0 && chosen->layer_count == 0)
		failed = fail_set(why, FAIL_TOOL, "the image has no layer");
	if (failed < 0)
		chosen_close(chosen);
	return failed;
}

void chosen_close(struct chosen *chosen)
{
	json_decref(chosen->config);
	for (size_t i = 0; i < chosen->layer_count; i++)
		fd_close(&chosen->layers[i].fd);
	chosen->config = NULL;
	chosen->layer_count = 0;
}
