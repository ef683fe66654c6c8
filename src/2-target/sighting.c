/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is claimed about a container, put together with care for the room there is. */
#include "sighting.h"

#include "text.h"

#include <stdio.h>
#include <string.h>

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
