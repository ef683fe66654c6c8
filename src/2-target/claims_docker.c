/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.v2.json, in which Docker keeps what it would answer; and the configuration of an image. */
#include "claims.h"

#include "configured.h"
#include "json.h"

#include <limits.h>
#include <string.h>

void claims_of_docker(struct claims *claims, const struct evidence *piece)
{
	json_t *container = json_parse(piece->bytes, piece->size);
	const json_t *state = json_object_get(container, "State");
	const json_t *config = json_object_get(container, "Config");
	const char *name = json_text(container, "Name");
	const json_int_t pid = json_integer_value(json_object_get(state, "Pid"));
	struct sighting *seen = claims_begin(claims, piece);

	if (name != NULL)
		sighting_set_text(seen->name, sizeof(seen->name), name[0] == '/' ? name + 1 : name);
	if (container != NULL && query_fit(claims->query, seen) != QUERY_OTHER) {
		if (json_is_true(json_object_get(state, "Running")) && pid > 1 && pid <= INT_MAX) {
			seen->pid = (int32_t)pid;
			seen->state = json_is_true(json_object_get(state, "Paused")) ? SIGHTING_PAUSED
										     : SIGHTING_RUNNING;
		}
		sighting_set_text(seen->image, sizeof(seen->image), json_text(config, "Image"));
		sighting_set_digest(seen, json_text(container, "Image"));
		configured_from_image(seen, config);
		claims->see(claims->context, seen);
	}
	json_decref(container);
}

void claims_of_image_config(struct claims *claims, const struct evidence *piece)
{
	json_t *image = json_parse(piece->bytes, piece->size);
	struct sighting *seen = claims_begin(claims, piece);

	/* Manifests and signatures lie beside it. */
	if (json_object_get(image, "rootfs") != NULL) {
		configured_from_image(seen, json_object_get(image, "config"));
		claims->see(claims->context, seen);
	}
	json_decref(image);
}
