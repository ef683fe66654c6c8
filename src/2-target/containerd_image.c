/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image of containerd: its name leads to an index or a manifest, that to a configuration, and the digests
 * of layers in that to a snapshot (OCI image specification; "chain identifier").
 *
 *   name ─► index ─► manifest ─► configuration ─► chain identifier ─► snapshot ─► directories
 *
 * Should:  compare each document with the digest that it was asked for by.
 */
#include "containerd.h"

#include "configured.h"
#include "containerd_service.h"
#include "text.h"

#include <bsd/string.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGEST_PREFIX "sha256:"
#define SNAPSHOT_LABEL "containerd.io/gc.ref.snapshot."
#define SNAPSHOTTER_DEFAULT "overlayfs"

#if defined(__x86_64__)
#define ARCHITECTURE "amd64"
#elif defined(__aarch64__)
#define ARCHITECTURE "arm64"
#else
#error "what do images call this architecture?"
#endif

enum {
	DIGEST_SIZE = sizeof(DIGEST_PREFIX) - 1 + 64,
	DIGEST_MAX = DIGEST_SIZE + 1,
	REFERENCE_MAX = 320,
	BLOB_MAX = 4 << 20,
	INDEX_DEPTH_MAX = 3,
	LAYERS_MAX = 512,
	SNAPSHOTTERS_MAX = 4,
};

static bool is_digest(const char *text)
{
	return text != NULL && strlen(text) == DIGEST_SIZE &&
	       strncmp(text, DIGEST_PREFIX, strlen(DIGEST_PREFIX)) == 0 &&
	       strspn(text + strlen(DIGEST_PREFIX), "0123456789abcdef") == 64;
}

static void make_digest(char digest[DIGEST_MAX], const void *bytes, size_t size)
{
	(void)strlcpy(digest, DIGEST_PREFIX, DIGEST_MAX);
	SHA256Data(bytes, size, digest + strlen(DIGEST_PREFIX));
}

/* A name as Docker completes it: `web` is docker.io/library/web:latest. */
static void complete(char *out, size_t capacity, const char *reference)
{
	const char *slash = strchr(reference, '/');
	const char *last = strrchr(reference, '/');
	const char *domain = "docker.io/";
	const char *library = "library/";
	const char *tag =
	    strchr(last == NULL ? reference : last, ':') == NULL && strchr(reference, '@') == NULL ? ":latest"
												   : "";

	if (slash != NULL) {
		size_t size = (size_t)(slash - reference);

		library = "";
		/* A first part that is a host has a dot or a port, or is localhost. */
		if (memchr(reference, '.', size) != NULL || memchr(reference, ':', size) != NULL ||
		    (size == strlen("localhost") && strncmp(reference, "localhost", size) == 0))
			domain = "";
	}
	(void)snprintf(out, capacity, "%s%s%s%s", domain, library, reference, tag);
}

/* Appends a piece of a document; the pieces are in order and without gaps. */
static int append_piece(struct protobuf_bytes piece, char **bytes, size_t *size)
{
	struct protobuf_field offset;
	struct protobuf_field data;
	char *grown;

	if (protobuf_get(piece, 1, PROTOBUF_VARINT, &offset) < 0 || offset.value != *size ||
	    protobuf_get(piece, 2, PROTOBUF_BYTES, &data) < 0 || data.bytes.size > BLOB_MAX - *size)
		return -1;
	if (data.bytes.size == 0)
		return 0;
	grown = realloc(*bytes, *size + data.bytes.size);
	if (grown == NULL)
		return -1;
	*bytes = grown;
	memcpy(grown + *size, data.bytes.at, data.bytes.size);
	*size += data.bytes.size;
	return 0;
}

/* Of ReadContentRequest: 1 digest, 3 size; of each ReadContentResponse of a stream: 1 offset, 2 data. */
static int read_blob(struct containerd *daemon, const char *digest, char **bytes, size_t *size,
		     struct fail *why)
{
	struct protobuf_writer message = { 0 };
	struct grpc_answer answer;
	struct protobuf_bytes piece;
	char actual[DIGEST_MAX];
	size_t offset = 0;
	int outcome;
	int more;

	*bytes = NULL;
	*size = 0;
	protobuf_put_string(&message, 1, digest);
	outcome = containerd_ask(daemon, "content.v1.Content/Read", &message, &answer, why);
	if (outcome > 0)
		return fail_set(why, FAIL_TOOL, "containerd does not have all of that image; pull it again");
	if (outcome < 0)
		return -1;
	while ((more = grpc_next_message(&answer, &offset, &piece)) > 0)
		if (append_piece(piece, bytes, size) < 0)
			break;
	free(answer.bytes);
	make_digest(actual, *bytes == NULL ? "" : *bytes, *size);
	if (more == 0 && strcmp(actual, digest) == 0)
		return 0;
	free(*bytes);
	return containerd_refuse(why, "an image");
}

static int read_json(struct containerd *daemon, const char *digest, json_t **out, struct fail *why)
{
	json_error_t error;
	char *bytes;
	size_t size;

	if (read_blob(daemon, digest, &bytes, &size, why) < 0)
		return -1;
	*out = json_loadb(bytes == NULL ? "" : bytes, size, JSON_REJECT_DUPLICATES, &error);
	free(bytes);
	if (*out == NULL)
		return fail_set(why, FAIL_TOOL, "the description of that image is not valid JSON");
	return 0;
}

static bool is_text(const json_t *object, const char *member, const char *text)
{
	const char *value = json_string_value(json_object_get(object, member));

	return value != NULL && strcmp(value, text) == 0;
}

/* The manifest of an index that is for this machine, best without a variant; or the only one. */
static const char *choose_manifest(const json_t *manifests)
{
	const char *chosen = NULL;
	size_t i;
	json_t *item;

	json_array_foreach(manifests, i, item)
	{
		const json_t *platform = json_object_get(item, "platform");
		const char *digest = json_string_value(json_object_get(item, "digest"));

		if (!is_text(platform, "os", "linux") || !is_text(platform, "architecture", ARCHITECTURE))
			continue;
		if (json_object_get(platform, "variant") == NULL || is_text(platform, "variant", "v8"))
			return digest;
		if (chosen == NULL)
			chosen = digest;
	}
	item = json_array_get(manifests, 0);
	if (chosen == NULL && json_array_size(manifests) == 1 && json_object_get(item, "platform") == NULL)
		chosen = json_string_value(json_object_get(item, "digest"));
	return chosen;
}

/* Follows the digest of an image to that of its configuration. */
static int find_configuration(struct containerd *daemon, char digest[DIGEST_MAX], struct fail *why)
{
	for (int depth = 0; depth < INDEX_DEPTH_MAX; depth++) {
		const json_t *manifests;
		const char *next;
		json_t *document;
		bool is_whole;

		if (read_json(daemon, digest, &document, why) < 0)
			return -1;
		manifests = json_object_get(document, "manifests");
		next =
		    manifests != NULL
			? choose_manifest(manifests)
			: json_string_value(json_object_get(json_object_get(document, "config"), "digest"));
		is_whole = is_digest(next);
		if (is_whole)
			(void)strlcpy(digest, next, DIGEST_MAX);
		json_decref(document);
		if (!is_whole && manifests != NULL)
			return fail_set(why, FAIL_TOOL, "that image has nothing for linux/" ARCHITECTURE);
		if (!is_whole)
			return fail_set(why, FAIL_TOOL, "the manifest of that image names no configuration");
		if (manifests == NULL)
			return 0;
	}
	return fail_set(why, FAIL_TOOL, "the index of that image is nested too deeply");
}

/* sha256("CHAIN-BELOW DIGEST-OF-LAYER") for each layer but the lowest, which is its own.  Returns the
 * number of layers, or -1. */
static int make_chain(const json_t *configuration, char chain[DIGEST_MAX], struct fail *why)
{
	const json_t *layers = json_object_get(json_object_get(configuration, "rootfs"), "diff_ids");
	char both[2 * DIGEST_MAX];
	size_t i;
	json_t *layer;

	if (json_array_size(layers) == 0 || json_array_size(layers) > LAYERS_MAX)
		return fail_set(why, FAIL_TOOL, "that image has no layers, or too many");
	json_array_foreach(layers, i, layer)
	{
		const char *digest = json_string_value(layer);

		if (!is_digest(digest))
			return fail_set(why, FAIL_TOOL, "the layers of that image are not named by SHA-256");
		if (i == 0) {
			(void)strlcpy(chain, digest, DIGEST_MAX);
		} else {
			(void)snprintf(both, sizeof(both), "%s %s", chain, digest);
			make_digest(chain, both, strlen(both));
		}
	}
	return (int)i;
}

/* Of InfoResponse: 1 info; of Info: 5 labels.  Whoever unpacks an image notes on its configuration by which
 * snapshotter.  Returns how many there are; without any the usual one is tried. */
static size_t list_snapshotters(struct containerd *daemon, const char *configuration,
				char names[SNAPSHOTTERS_MAX][CONTAINERD_SCOPE_MAX])
{
	struct protobuf_writer message = { 0 };
	struct grpc_answer answer;
	struct protobuf_bytes body = { 0 };
	struct protobuf_field info = { 0 };
	struct protobuf_field label;
	struct fail ignored = { 0 };
	size_t count = 0;

	protobuf_put_string(&message, 1, configuration);
	if (containerd_ask(daemon, "content.v1.Content/Info", &message, &answer, &ignored) == 0) {
		if (containerd_get_message(&answer, &body, &ignored) < 0 ||
		    protobuf_get(body, 1, PROTOBUF_BYTES, &info) < 0)
			info.bytes.size = 0;
		while (count < SNAPSHOTTERS_MAX && protobuf_next(&info.bytes, &label) > 0) {
			char key[CONTAINERD_SCOPE_MAX + sizeof(SNAPSHOT_LABEL)];

			if (label.number != 5 || label.kind != PROTOBUF_BYTES ||
			    !containerd_get_text(label.bytes, 1, key, sizeof(key)) ||
			    strncmp(key, SNAPSHOT_LABEL, strlen(SNAPSHOT_LABEL)) != 0 ||
			    !containerd_is_scope(key + strlen(SNAPSHOT_LABEL)))
				continue;
			(void)strlcpy(names[count++], key + strlen(SNAPSHOT_LABEL), CONTAINERD_SCOPE_MAX);
		}
		free(answer.bytes);
	}
	if (count == 0)
		(void)strlcpy(names[count++], SNAPSHOTTER_DEFAULT, CONTAINERD_SCOPE_MAX);
	return count;
}

static int read_layers(struct containerd *daemon, struct sighting *seen, const char *configuration,
		       const char *chain, size_t layers, struct fail *why)
{
	char names[SNAPSHOTTERS_MAX][CONTAINERD_SCOPE_MAX];
	size_t count = list_snapshotters(daemon, configuration, names);
	int outcome = 1;

	for (size_t i = 0; i < count && outcome != 0; i++)
		outcome = containerd_read_chain(daemon, seen, names[i], chain, layers, why);
	if (outcome > 0)
		return fail_set(why, FAIL_TOOL,
				"image `%s` is not unpacked in containerd's namespace `%s`; make "
				"a container from it once",
				seen->name, daemon->scope);
	return outcome;
}

static int describe(struct containerd *daemon, struct sighting *seen, const char *target, struct fail *why)
{
	char digest[DIGEST_MAX];
	char chain[DIGEST_MAX];
	json_t *configuration;
	int layers;

	(void)strlcpy(digest, target, sizeof(digest));
	if (find_configuration(daemon, digest, why) < 0 || read_json(daemon, digest, &configuration, why) < 0)
		return -1;
	sighting_set_digest(seen, digest);
	layers = make_chain(configuration, chain, why);
	configured_from_image(seen, json_object_get(configuration, "config"));
	json_decref(configuration);
	return layers < 0 ? -1 : read_layers(daemon, seen, digest, chain, (size_t)layers, why);
}

/* Of GetImageRequest: 1 name; of GetImageResponse: 1 image; of Image: 1 name, 3 target; of Descriptor: 2
 * digest. */
static int get_target(struct containerd *daemon, const char *name, char digest[DIGEST_MAX], struct fail *why)
{
	struct protobuf_writer message = { 0 };
	struct protobuf_bytes body;
	struct protobuf_field image;
	struct protobuf_field target;
	struct grpc_answer answer;
	int outcome;

	protobuf_put_string(&message, 1, name);
	outcome = containerd_ask(daemon, "images.v1.Images/Get", &message, &answer, why);
	if (outcome != 0)
		return outcome;
	outcome = containerd_get_message(&answer, &body, why);
	if (outcome == 0 && (protobuf_get(body, 1, PROTOBUF_BYTES, &image) != 1 ||
			     protobuf_get(image.bytes, 3, PROTOBUF_BYTES, &target) != 1 ||
			     !containerd_get_text(target.bytes, 2, digest, DIGEST_MAX) || !is_digest(digest)))
		outcome = containerd_refuse(why, "an image");
	free(answer.bytes);
	return outcome;
}

/* Fills what tells the image, as named in the first namespace that has it; refuses a name that is
 * another image in another. */
static int choose_scope(struct containerd *daemon, struct sighting *seen, const char *name,
			char target[DIGEST_MAX], struct fail *why)
{
	char scopes[CONTAINERD_SCOPES_MAX][CONTAINERD_SCOPE_MAX];
	int count = containerd_list_scopes(daemon, scopes, why);
	char digest[DIGEST_MAX];

	if (count < 0)
		return -1;
	for (int i = 0; i < count; i++) {
		int outcome;

		(void)strlcpy(daemon->scope, scopes[i], sizeof(daemon->scope));
		outcome = get_target(daemon, name, digest, why);
		if (outcome < 0)
			return -1;
		if (outcome > 0)
			continue;
		if (seen->scope[0] != '\0' && strcmp(digest, target) != 0)
			return fail_set(why, FAIL_TOOL,
					"`%s` is one image in containerd's namespace `%s` and another in "
					"`%s`; say which one is meant",
					name, seen->scope, daemon->scope);
		if (seen->scope[0] != '\0')
			continue;
		(void)strlcpy(seen->scope, daemon->scope, sizeof(seen->scope));
		(void)strlcpy(target, digest, DIGEST_MAX);
	}
	(void)strlcpy(daemon->scope, seen->scope, sizeof(daemon->scope));
	return seen->scope[0] == '\0' ? 1 : 0;
}

static int find(struct containerd *daemon, struct sighting *seen, const char *reference, struct fail *why)
{
	char names[2][REFERENCE_MAX];
	char scope[CONTAINERD_SCOPE_MAX];
	char target[DIGEST_MAX];
	int outcome = 1;

	(void)strlcpy(scope, daemon->scope, sizeof(scope));
	(void)strlcpy(names[0], reference, sizeof(names[0]));
	complete(names[1], sizeof(names[1]), reference);
	for (size_t i = 0; i < 2 && outcome == 1; i++) {
		(void)strlcpy(daemon->scope, scope, sizeof(daemon->scope));
		outcome = choose_scope(daemon, seen, names[i], target, why);
		text_encode(seen->name, sizeof(seen->name), names[i], strlen(names[i]));
	}
	if (outcome != 0)
		return outcome;
	(void)strlcpy(seen->image, seen->name, sizeof(seen->image));
	(void)strlcpy(seen->id, target + strlen(DIGEST_PREFIX), sizeof(seen->id));
	seen->runtime = TARGET_CONTAINERD;
	seen->state = SIGHTING_IMAGE;
	return describe(daemon, seen, target, why);
}

int containerd_find_image(struct sighting *seen, int socket_fd, const char *scope, const char *reference,
			  int64_t deadline_ms, struct fail *why)
{
	struct containerd daemon;
	int outcome;

	memset(seen, 0, sizeof(*seen));
	if (!containerd_is_reference(reference) || !containerd_is_scope(scope))
		return 1;
	if (containerd_open(&daemon, socket_fd, deadline_ms, why) < 0)
		return -1;
	(void)strlcpy(daemon.scope, scope, sizeof(daemon.scope));
	outcome = find(&daemon, seen, reference, why);
	containerd_close(&daemon);
	return outcome;
}
