/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is claimed about a container, put together with care for the room there is. */
#include "sighting.h"

#include "text.h"

#include <stdio.h>
#include <string.h>

enum { ENCODED_BYTE_MAX = 4 };

/* As users write them, and as Kubernetes prints a containerID. */
static const char *const names[TARGET_RUNTIME_COUNT] = {
	[TARGET_PROCESS] = "process",	    [TARGET_DOCKER] = "docker", [TARGET_PODMAN] = "podman",
	[TARGET_CONTAINERD] = "containerd", [TARGET_CRIO] = "cri-o",	[TARGET_LXC] = "lxc",
	[TARGET_NSPAWN] = "nspawn",	    [TARGET_FILES] = "files",
};

const char *runtime_name(enum target_runtime runtime)
{
	return names[runtime];
}

bool runtime_find(const char *name, enum target_runtime *runtime)
{
	/* Both run LXC's containers, and their users say so. */
	if (strcmp(name, "incus") == 0 || strcmp(name, "lxd") == 0)
		name = names[TARGET_LXC];
	for (int i = TARGET_DOCKER; i < TARGET_FILES; i++) {
		if (strcmp(name, names[i]) == 0) {
			*runtime = (enum target_runtime)i;
			return true;
		}
	}
	return false;
}

static const char incomplete[] = "incomplete=1";

bool sighting_put(struct sighting *seen, const char *key, const char *value)
{
	const size_t left = sizeof(seen->configured) - sizeof(incomplete) - seen->configured_size;
	const size_t size = strlen(key) + 1 + strlen(value) + 1;

	if (size > left)
		return false;
	(void)snprintf(seen->configured + seen->configured_size, size, "%s=%s", key, value);
	seen->configured_size += (uint32_t)size;
	return true;
}

void sighting_mark_incomplete(struct sighting *seen)
{
	memcpy(seen->configured + seen->configured_size, incomplete, sizeof(incomplete));
	seen->configured_size += (uint32_t)sizeof(incomplete);
}

int sighting_find_label(const struct sighting *seen, const char *key, size_t key_length, char *value,
			size_t capacity)
{
	static const char label[] = "label=";
	const size_t skipped = strlen(label);
	size_t at = 0;

	if (!seen->has_labels)
		return -1;
	while (at < seen->configured_size) {
		const char *record = seen->configured + at;

		at += strlen(record) + 1;
		if (strcmp(record, incomplete) == 0)
			return -1;
		if (strncmp(record, label, skipped) == 0 && strncmp(record + skipped, key, key_length) == 0 &&
		    record[skipped + key_length] == '=') {
			record += skipped + key_length + 1;
			/* Cut short it could be another value. */
			if (ENCODED_BYTE_MAX * strlen(record) >= capacity)
				return -1;
			(void)text_encode(value, capacity, record, strlen(record));
			return 1;
		}
	}
	return 0;
}

void sighting_set_digest(struct sighting *seen, const char *text)
{
	static const char kind[] = "sha256:";
	const size_t hex_length = 64;

	if (text == NULL)
		return;
	if (strncmp(text, kind, strlen(kind)) == 0)
		text += strlen(kind);
	if (strlen(text) == hex_length && strspn(text, "0123456789abcdef") == hex_length)
		(void)snprintf(seen->digest, sizeof(seen->digest), "%s%s", kind, text);
}

bool sighting_put_layer(struct sighting *seen, const char *directory, size_t length)
{
	if (length == 0 || directory[0] != '/' || length >= sizeof(seen->layers) - seen->layers_size)
		return false;
	memcpy(seen->layers + seen->layers_size, directory, length);
	seen->layers[seen->layers_size + length] = '\0';
	seen->layers_size += (uint32_t)length + 1;
	return true;
}

void sighting_set_text(char *field, size_t capacity, const char *text)
{
	if (text != NULL)
		(void)text_encode(field, capacity, text, strlen(text));
}
