/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * containers/storage, which Podman and CRI-O share.
 *
 *   /var/lib/containers/storage/overlay-containers/containers.json   names, images, layers of all
 *   /run/containers/storage/overlay-containers/ID/userdata/
 *       pidfile                                                      of those that run (or did)
 *       conmon.pid                                                   the monitor, which knows the name
 *   /run/user/UID/containers/...                                     the same, of users
 *
 * The list of a user's containers lies in the home directory, which may be on a server that hangs: there
 * the monitor's arguments have to do.
 */
#include "evidence.h"

#include "fd.h"

#include <bsd/string.h>
#include <stdio.h>
#include <string.h>

#define STORAGE "/var/lib/containers/storage"
#define RUN_STORAGE "/run/containers/storage"

enum { ARGUMENTS_MAX = 64 << 10 };

static const char *const drivers[] = { "overlay", "vfs", "btrfs", "zfs" };

enum { DRIVER_COUNT = sizeof(drivers) / sizeof(drivers[0]) };

struct search {
	struct evidence_list *list;
	const struct query *query;
	int host_proc_fd;
	struct evidence item;
	struct fail *why;
};

/* Opens DRIVER-WHAT below a storage directory. */
static int open_part(int storage_fd, const char *driver, const char *what)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s-%s", driver, what);
	return evidence_open_below(storage_fd, name);
}

/* The monitor's arguments, if it is still there and the owner's; no bytes otherwise. */
static int add_monitor(struct search *search, int userdata_fd)
{
	static char arguments[ARGUMENTS_MAX];
	const pid_t monitor = evidence_read_pid(userdata_fd, "conmon.pid");
	const size_t size = monitor == 0
				? 0
				: evidence_read_arguments(search->host_proc_fd, monitor, search->item.owner,
							  arguments, sizeof(arguments));

	return evidence_add(search->list, &search->item, arguments, size, search->why);
}

/* What is kept of a container while it runs; FD_NONE if that is nothing. */
static int open_userdata(int containers_fd, const char *id)
{
	CLOSE_AT_EXIT int container_fd = evidence_open_below(containers_fd, id);

	return container_fd < 0 ? FD_NONE : evidence_open_below(container_fd, "userdata");
}

static int add_container(void *context, int containers_fd, const char *id)
{
	struct search *search = context;
	CLOSE_AT_EXIT int userdata_fd = open_userdata(containers_fd, id);

	if (userdata_fd < 0 || !evidence_set_id(&search->item, id))
		return 0;
	search->item.pid = evidence_read_pid(userdata_fd, "pidfile");
	return search->item.pid != 0 ? add_monitor(search, userdata_fd) : 0;
}

static int search_user(void *context, int user_fd, uint32_t owner)
{
	struct search *search = context;
	CLOSE_AT_EXIT int run_fd = evidence_open_below(user_fd, "containers");
	int failed = 0;

	search->item.kind = EVIDENCE_CONMON;
	search->item.owner = owner;
	for (size_t i = 0; run_fd >= 0 && failed == 0 && i < DRIVER_COUNT; i++) {
		CLOSE_AT_EXIT int containers_fd = open_part(run_fd, drivers[i], "containers");

		failed = evidence_each(containers_fd, add_container, search);
	}
	return failed;
}

static int add_lists(struct search *search, const char *what, const char *const names[2],
		     enum evidence_kind kind)
{
	CLOSE_AT_EXIT int storage_fd = evidence_open_directory(STORAGE, 0);
	int failed = 0;

	search->item.kind = (uint8_t)kind;
	for (size_t i = 0; storage_fd >= 0 && failed == 0 && i < DRIVER_COUNT; i++) {
		CLOSE_AT_EXIT int part_fd = open_part(storage_fd, drivers[i], what);

		/* Where the layers lie, which the lists name by id. */
		(void)snprintf(search->item.place, sizeof(search->item.place), STORAGE "/%s", drivers[i]);
		for (size_t j = 0; part_fd >= 0 && failed == 0 && j < 2 && names[j] != NULL; j++)
			failed = evidence_add_file(search->list, &search->item, part_fd, names[j], NULL,
						   search->why);
	}
	return failed;
}

int evidence_gather_storage(struct evidence_list *list, const struct query *query, int host_proc_fd,
			    struct fail *why)
{
	static const char *const names[2] = { "containers.json", "volatile-containers.json" };
	struct search search = { .list = list, .query = query, .host_proc_fd = host_proc_fd, .why = why };

	if (!query_wants(query, TARGET_PODMAN) && !query_wants(query, TARGET_CRIO))
		return 0;
	search.item.runtime = TARGET_PODMAN;
	if (add_lists(&search, "containers", names, EVIDENCE_STORAGE) < 0)
		return -1;
	search.item.place[0] = '\0';
	return evidence_each_user(search_user, &search);
}

int evidence_gather_images(struct evidence_list *list, struct fail *why)
{
	static const char *const names[2] = { "images.json", NULL };
	struct search search = { .list = list, .why = why };

	search.item.runtime = TARGET_PODMAN;
	return add_lists(&search, "images", names, EVIDENCE_STORAGE_IMAGE);
}

pid_t evidence_pid_of_storage(const char *id, uid_t owner)
{
	char path[EVIDENCE_PATH_MAX];
	pid_t pid = 0;

	if (owner == 0)
		(void)snprintf(path, sizeof(path), RUN_STORAGE);
	else
		(void)snprintf(path, sizeof(path), "/run/user/%u/containers", (unsigned int)owner);
	for (size_t i = 0; pid == 0 && i < DRIVER_COUNT; i++) {
		CLOSE_AT_EXIT int storage_fd = evidence_open_directory(path, owner);
		CLOSE_AT_EXIT int containers_fd =
		    storage_fd < 0 ? FD_NONE : open_part(storage_fd, drivers[i], "containers");
		CLOSE_AT_EXIT int userdata_fd =
		    containers_fd < 0 ? FD_NONE : open_userdata(containers_fd, id);

		if (userdata_fd >= 0)
			pid = evidence_read_pid(userdata_fd, "pidfile");
	}
	return pid;
}
