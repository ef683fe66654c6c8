/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.json of an OCI bundle: what runs, and in the annotations what people call it. */
#include "claims.h"

#include "configured.h"
#include "json.h"

#include <stdio.h>
#include <string.h>

/* What each builder of bundles names its containers by. */
static const char cri_type[] = "io.kubernetes.cri.container-type";
static const char cri_namespace[] = "io.kubernetes.cri.sandbox-namespace";
static const char cri_pod[] = "io.kubernetes.cri.sandbox-name";
static const char cri_container[] = "io.kubernetes.cri.container-name";
static const char cri_image[] = "io.kubernetes.cri.image-name";
static const char nerdctl_name[] = "nerdctl/name";
static const char nerdctl_image[] = "nerdctl/image-ref";

/* NAMESPACE/POD/CONTAINER; a pod's sandbox is called POD there, as Kubernetes always did. */
static void set_pod_name(struct sighting *seen, const json_t *annotations)
{
	const char *type = json_text(annotations, cri_type);
	const char *namespace = json_text(annotations, cri_namespace);
	const char *pod = json_text(annotations, cri_pod);
	const char *container = json_text(annotations, cri_container);
	char name[sizeof(seen->name)];

	if (type == NULL || namespace == NULL || pod == NULL)
		return;
	if (strcmp(type, "sandbox") == 0)
		container = "POD";
	if (container == NULL)
		return;
	(void)snprintf(name, sizeof(name), "%s/%s/%s", namespace, pod, container);
	sighting_set_text(seen->name, sizeof(seen->name), name);
}

void claims_of_bundle(struct claims *claims, const struct evidence *piece)
{
	json_t *config = json_parse(piece->bytes, piece->size);
	const json_t *annotations = json_object_get(config, "annotations");
	struct sighting *seen = claims_begin(claims, piece);

	if (config == NULL)
		return;
	sighting_set_text(seen->name, sizeof(seen->name), json_text(annotations, nerdctl_name));
	sighting_set_text(seen->image, sizeof(seen->image), json_text(annotations, nerdctl_image));
	sighting_set_text(seen->image, sizeof(seen->image), json_text(annotations, cri_image));
	set_pod_name(seen, annotations);
	if (query_fit(claims->query, seen) != QUERY_OTHER) {
		configured_from_spec(seen, config);
		claims->see(claims->context, seen);
	}
	json_decref(config);
}

/* Docker binds DIRECTORY/ID/hostname over /etc/hostname of each container. */
void claims_of_docker_bundle(struct claims *claims, const struct evidence *piece)
{
	json_t *config = json_parse(piece->bytes, piece->size);
	struct sighting *seen = claims_begin(claims, piece);
	char end[sizeof(piece->id) + 16];
	size_t i;
	json_t *mount;

	(void)snprintf(end, sizeof(end), "/%s/hostname", piece->id);
	json_array_foreach(json_object_get(config, "mounts"), i, mount)
	{
		const char *source = json_text(mount, "source");
		const char *at = source == NULL ? NULL : strstr(source, end);

		if (at != NULL && at[strlen(end)] == '\0' && seen->layers_size == 0 &&
		    sighting_put_layer(seen, source, (size_t)(at - source)))
			claims->see(claims->context, seen);
	}
	json_decref(config);
}
