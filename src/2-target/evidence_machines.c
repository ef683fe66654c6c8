/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System containers, which have no bundle: LXC (so LXD and Incus) and systemd-nspawn.
 *
 *   cgroup lxc.payload.NAME      its processes; the one that is 1 in its pid namespace is the init, and
 *                                its parent is the monitor, whose title tells the name
 *   /run/systemd/machines/NAME   of a registered machine: LEADER is its init
 *   /var/lib/lxc/NAME/rootfs, /var/lib/machines/NAME    of what does not run
 */
#include "evidence.h"

#include "fd.h"

#include <bsd/string.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define MACHINES_DIRECTORY "/run/systemd/machines"
#define LXC_DIRECTORY "/var/lib/lxc"
#define NSPAWN_ROOTS "/var/lib/machines"
#define PAYLOAD "lxc.payload."

enum { ARGUMENTS_MAX = 16 << 10 };

/* Wherever the first hierarchy lies that LXC uses: v2, hybrid, v1. */
static const char *const hierarchies[] = {
	"/sys/fs/cgroup",      "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd",
	"/sys/fs/cgroup/pids", "/sys/fs/cgroup/memory",
};

enum { HIERARCHY_COUNT = sizeof(hierarchies) / sizeof(hierarchies[0]) };

struct search {
	struct evidence_list *list;
	const struct query *query;
	int host_proc_fd;
	struct evidence item;
	const char *directory, *below; /* of search_roots */
	struct fail *why;
};

static int add_payload(void *context, int hierarchy_fd, const char *directory)
{
	struct search *search = context;
	static char title[ARGUMENTS_MAX];
	CLOSE_AT_EXIT int cgroup_fd = strncmp(directory, PAYLOAD, strlen(PAYLOAD)) != 0
					  ? FD_NONE
					  : evidence_open_below(hierarchy_fd, directory);
	/* Systemd in a container moves itself out of the way of its services. */
	CLOSE_AT_EXIT int scope_fd = cgroup_fd < 0 ? FD_NONE : evidence_open_below(cgroup_fd, "init.scope");
	pid_t parent = 0;
	size_t size;

	if (cgroup_fd < 0)
		return 0;
	search->item.pid = evidence_find_init(search->host_proc_fd, cgroup_fd, "cgroup.procs", &parent);
	if (search->item.pid == 0 && scope_fd >= 0)
		search->item.pid =
		    evidence_find_init(search->host_proc_fd, scope_fd, "cgroup.procs", &parent);
	if (search->item.pid == 0)
		return 0;
	(void)strlcpy(search->item.id, directory + strlen(PAYLOAD), sizeof(search->item.id));
	size = evidence_read_arguments(search->host_proc_fd, parent, 0, title, sizeof(title));
	return evidence_add(search->list, &search->item, title, size, search->why);
}

/* The first hierarchy that has any. */
static int search_lxc(struct search *search)
{
	int failed = 0;

	search->item = (struct evidence){ .kind = EVIDENCE_NAMESPACE, .runtime = TARGET_LXC };
	for (size_t i = 0; failed == 0 && search->item.id[0] == '\0' && i < HIERARCHY_COUNT; i++) {
		CLOSE_AT_EXIT int hierarchy_fd = evidence_open_directory(hierarchies[i], 0);

		failed = evidence_each(hierarchy_fd, add_payload, search);
	}
	return failed;
}

static int add_machine(void *context, int machines_fd, const char *name)
{
	struct search *search = context;

	/* "unit:..." are links beside the files. */
	if (strchr(name, ':') != NULL || !query_may_mean_id(search->query, name) ||
	    !evidence_set_id(&search->item, name))
		return 0;
	return evidence_add_file(search->list, &search->item, machines_fd, name, NULL, search->why);
}

static int search_machines(struct search *search)
{
	CLOSE_AT_EXIT int machines_fd = evidence_open_directory(MACHINES_DIRECTORY, 0);

	search->item = (struct evidence){ .kind = EVIDENCE_MACHINE, .runtime = TARGET_NSPAWN };
	return evidence_each(machines_fd, add_machine, search);
}

/* DIRECTORY/NAME/BELOW of what does not run, which systems of containers keep in one place. */
static int add_root(void *context, int directory_fd, const char *name)
{
	struct search *search = context;
	CLOSE_AT_EXIT int root_fd = FD_NONE;
	const int length = snprintf(search->item.place, sizeof(search->item.place), "%s/%s%s",
				    search->directory, name, search->below);

	(void)directory_fd;
	if (length < 0 || (size_t)length >= sizeof(search->item.place) ||
	    !evidence_set_id(&search->item, name))
		return 0;
	root_fd = open(search->item.place, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return root_fd < 0 ? 0 : evidence_add(search->list, &search->item, "", 0, search->why);
}

static int search_roots(struct search *search, const char *directory, const char *below,
			enum target_runtime runtime)
{
	CLOSE_AT_EXIT int directory_fd = evidence_open_directory(directory, 0);

	search->item = (struct evidence){ .kind = EVIDENCE_ROOT, .runtime = (uint8_t)runtime };
	search->directory = directory;
	search->below = below;
	return evidence_each(directory_fd, add_root, search);
}

int evidence_gather_machines(struct evidence_list *list, const struct query *query, int host_proc_fd,
			     bool is_thorough, struct fail *why)
{
	struct search search = { .list = list, .query = query, .host_proc_fd = host_proc_fd, .why = why };

	if (query_wants(query, TARGET_LXC) && search_lxc(&search) < 0)
		return -1;
	if (query_wants(query, TARGET_NSPAWN) && search_machines(&search) < 0)
		return -1;
	if (!is_thorough)
		return 0;
	/* After what runs: of two of one name, the first is kept. */
	if (query_wants(query, TARGET_LXC) && search_roots(&search, LXC_DIRECTORY, "/rootfs", TARGET_LXC) < 0)
		return -1;
	return query_wants(query, TARGET_NSPAWN) ? search_roots(&search, NSPAWN_ROOTS, "", TARGET_NSPAWN) : 0;
}
