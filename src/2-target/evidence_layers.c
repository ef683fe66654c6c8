/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What containers/storage keeps about one container or image, where its lists have only its id.
 *
 *   /var/lib/containers/storage/overlay-containers/ID/userdata/config.json   the bundle
 *   /var/lib/containers/storage/overlay-images/ID/=...                       the configuration, among others
 *   DRIVER/LAYER/lower                                                       "l/ABC:l/DEF"
 *   DRIVER/l/ABC                                                             a link to ../LAYER/diff
 */
#include "evidence.h"

#include "fd.h"

#include <bsd/string.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STORAGE "/var/lib/containers/storage"

enum { LOWER_MAX = 16 << 10, LINK_MAX = 300 };

struct search {
	struct evidence_list *list;
	const struct evidence *item;
	struct fail *why;
};

/* A name that is no plain word is kept as '=' and its base64; the configuration's is its digest. */
static int add_blob(void *context, int image_fd, const char *name)
{
	const struct search *search = context;

	return name[0] != '='
		   ? 0
		   : evidence_add_file(search->list, search->item, image_fd, name, NULL, search->why);
}

static int add_image(struct evidence_list *list, const struct evidence *item, struct fail *why)
{
	CLOSE_AT_EXIT int images_fd = evidence_open_directory(STORAGE "/overlay-images", 0);
	CLOSE_AT_EXIT int image_fd = images_fd < 0 ? FD_NONE : evidence_open_below(images_fd, item->id);
	struct search search = { .list = list, .item = item, .why = why };

	return evidence_each(image_fd, add_blob, &search);
}

static int add_container(struct evidence_list *list, const struct evidence *item, struct fail *why)
{
	CLOSE_AT_EXIT int containers_fd = evidence_open_directory(STORAGE "/overlay-containers", 0);
	CLOSE_AT_EXIT int container_fd =
	    containers_fd < 0 ? FD_NONE : evidence_open_below(containers_fd, item->id);
	CLOSE_AT_EXIT int userdata_fd =
	    container_fd < 0 ? FD_NONE : evidence_open_below(container_fd, "userdata");

	return userdata_fd < 0 ? 0 : evidence_add_file(list, item, userdata_fd, "config.json", NULL, why);
}

int evidence_gather_details(struct evidence_list *list, const struct sighting *seen, struct fail *why)
{
	struct evidence item = { .kind = EVIDENCE_BUNDLE, .runtime = seen->runtime, .owner = seen->owner };

	if ((seen->runtime != TARGET_PODMAN && seen->runtime != TARGET_CRIO) || seen->owner != 0)
		return 0;
	(void)strlcpy(item.id, seen->id, sizeof(item.id));
	if (seen->state != SIGHTING_IMAGE)
		return add_container(list, &item, why);
	item.kind = EVIDENCE_IMAGE_CONFIG;
	return add_image(list, &item, why);
}

/* Follows "l/ABC" to "../LAYER/diff" and adds that. */
static bool add_link(struct sighting *seen, int driver_fd, const char *driver, const char *link,
		     size_t length)
{
	char name[LINK_MAX];
	char to[LINK_MAX];
	char path[2 * LINK_MAX];
	ssize_t size;
	int whole;

	if (length >= sizeof(name) || strncmp(link, "l/", 2) != 0 || memmem(link, length, "..", 2) != NULL)
		return false;
	memcpy(name, link, length);
	name[length] = '\0';
	size = readlinkat(driver_fd, name, to, sizeof(to) - 1);
	if (size <= 0)
		return false;
	to[size] = '\0';
	if (strncmp(to, "../", 3) != 0 || strstr(to + 3, "..") != NULL)
		return false;
	whole = snprintf(path, sizeof(path), "%s/%s", driver, to + 3);
	return whole > 0 && (size_t)whole < sizeof(path) && sighting_put_layer(seen, path, (size_t)whole);
}

static bool add_lower(struct sighting *seen, int driver_fd, const char *driver, const char *lower)
{
	while (*lower != '\0') {
		const size_t length = strcspn(lower, ":");

		if (!add_link(seen, driver_fd, driver, lower, length))
			return false;
		lower += length + (lower[length] == ':');
	}
	return true;
}

bool evidence_expand_layers(struct sighting *seen)
{
	char driver[EVIDENCE_PATH_MAX];
	char lower[LOWER_MAX];
	char path[EVIDENCE_PATH_MAX + 16];
	char *slash;

	if (seen->layers_size == 0)
		return true;
	if (strlcpy(driver, seen->layers, sizeof(driver)) >= sizeof(driver))
		return false;
	slash = strrchr(driver, '/');
	/* The whole root lies in one directory there. */
	if (strstr(driver, "/vfs/dir/") != NULL || slash == NULL)
		return true;
	*slash = '\0';
	{
		CLOSE_AT_EXIT int driver_fd = evidence_open_directory(driver, 0);
		CLOSE_AT_EXIT int layer_fd =
		    driver_fd < 0 ? FD_NONE : evidence_open_below(driver_fd, slash + 1);

		(void)snprintf(path, sizeof(path), "%s/%s/diff", driver, slash + 1);
		seen->layers_size = 0;
		if (layer_fd < 0 || !sighting_put_layer(seen, path, strlen(path)))
			return false;
		/* The undermost layer has no such file. */
		if (fd_read_file_at(layer_fd, "lower", lower, sizeof(lower)) < 0)
			return true;
		if (add_lower(seen, driver_fd, driver, lower))
			return true;
	}
	seen->layers_size = 0;
	return false;
}
