/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots of containerd, turned into the directories that they are made of.
 *
 * containerd does not say where a committed snapshot lies, only how to mount one that is in use: an overlay
 * of directories.  So the layers of an image are read off a container that is based on it; if there is none,
 * off a view that is made to be read off and removed at once.
 */
#include "containerd_service.h"

#include "containerd.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TYPE_MAX = 64, LEASE_SECONDS = 3600 };

/* As the API counts them. */
enum snapshot_kind { SNAPSHOT_VIEW = 1, SNAPSHOT_ACTIVE = 2 };

/* Which directories of a mount are meant. */
enum layers_wanted {
	LAYERS_ALL,
	LAYERS_BELOW,	      /* a container's image: all but what the container may write to */
	LAYERS_BELOW_OR_BIND, /* a view's, which has nothing to write to */
};

/* Absolute, with neither `..` nor what mount(8) and overlayfs spell with a backslash. */
static bool is_plain_path(struct protobuf_bytes path)
{
	if (path.size == 0 || path.at[0] != '/' || memchr(path.at, '\0', path.size) != NULL ||
	    memchr(path.at, '\\', path.size) != NULL)
		return false;
	for (size_t i = 0; i + 2 < path.size; i++)
		if (memcmp(path.at + i, "/..", 3) == 0 && (i + 3 == path.size || path.at[i + 3] == '/'))
			return false;
	return true;
}

static bool put_layer(struct sighting *seen, struct protobuf_bytes path)
{
	if (!is_plain_path(path) || path.size >= sizeof(seen->layers) - seen->layers_size)
		return false;
	memcpy(seen->layers + seen->layers_size, path.at, path.size);
	seen->layers[seen->layers_size + path.size] = '\0';
	seen->layers_size += (uint32_t)path.size + 1;
	return true;
}

/* A list with colons between; an empty name is the `::` of layers with data only, which we do not know. */
static bool put_layers(struct sighting *seen, struct protobuf_bytes list)
{
	for (;;) {
		const char *colon = list.size == 0 ? NULL : memchr(list.at, ':', list.size);
		size_t size = colon == NULL ? list.size : (size_t)(colon - list.at);

		if (!put_layer(seen, (struct protobuf_bytes){ list.at, size }))
			return false;
		if (colon == NULL)
			return true;
		list = (struct protobuf_bytes){ colon + 1, list.size - size - 1 };
	}
}

static bool takes_off(struct protobuf_bytes *option, const char *name)
{
	size_t size = strlen(name);

	if (option->size < size || memcmp(option->at, name, size) != 0)
		return false;
	option->at += size;
	option->size -= size;
	return true;
}

/* Of Mount: 4 options, each one of an overlay's. */
static bool put_overlay(struct sighting *seen, struct protobuf_bytes mount, enum layers_wanted wanted)
{
	struct protobuf_bytes upper = { 0 };
	struct protobuf_bytes lower = { 0 };
	struct protobuf_field field;
	int more;

	while ((more = protobuf_next(&mount, &field)) > 0) {
		if (field.number != 4)
			continue;
		if (field.kind != PROTOBUF_BYTES)
			return false;
		if (takes_off(&field.bytes, "upperdir="))
			upper = field.bytes;
		else if (takes_off(&field.bytes, "lowerdir="))
			lower = field.bytes;
		else if (takes_off(&field.bytes, "lowerdir+") || takes_off(&field.bytes, "datadir+"))
			return false;
	}
	if (more < 0 || (wanted == LAYERS_ALL && upper.size > 0 && !put_layer(seen, upper)))
		return false;
	return put_layers(seen, lower);
}

/* Of MountsResponse and ViewSnapshotResponse: 1 mounts; of Mount: 1 type, 2 source.  0, 1 if the mount is of
 * no use for what is wanted, -1 with *why set. */
static int read_mounts(struct sighting *seen, struct protobuf_bytes mounts, const char *snapshotter,
		       enum layers_wanted wanted, struct fail *why)
{
	struct protobuf_field mount;
	struct protobuf_field source;
	char type[TYPE_MAX];
	bool is_put;

	seen->layers_size = 0;
	if (protobuf_get(mounts, 1, PROTOBUF_BYTES, &mount) != 1 ||
	    !containerd_get_text(mount.bytes, 1, type, sizeof(type)))
		return containerd_refuse(why, "the mounts of a snapshot");
	if (strcmp(type, "overlay") == 0) {
		is_put = put_overlay(seen, mount.bytes, wanted);
	} else if (strcmp(type, "bind") == 0) {
		if (wanted == LAYERS_BELOW)
			return 1;
		is_put = protobuf_get(mount.bytes, 2, PROTOBUF_BYTES, &source) == 1 &&
			 put_layer(seen, source.bytes);
	} else {
		return fail_set(
		    why, FAIL_TOOL,
		    "containerd's snapshotter `%.64s` keeps no directories that a view can be made of",
		    snapshotter);
	}
	if (!is_put)
		return fail_set(why, FAIL_TOOL,
				"the layers that containerd's snapshotter `%.64s` names are too many, or "
				"no plain paths",
				snapshotter);
	return 0;
}

static int read_answer(struct sighting *seen, struct grpc_answer *answer, const char *snapshotter,
		       enum layers_wanted wanted, struct fail *why)
{
	struct protobuf_bytes mounts;
	int outcome = containerd_get_message(answer, &mounts, why);

	if (outcome == 0)
		outcome = read_mounts(seen, mounts, snapshotter, wanted, why);
	free(answer->bytes);
	return outcome;
}

/* Of MountsRequest: 1 snapshotter, 2 key. */
static int ask_mounts(struct containerd *daemon, struct sighting *seen, const char *snapshotter,
		      const char *key, enum layers_wanted wanted, struct fail *why)
{
	struct protobuf_writer message = { 0 };
	struct grpc_answer answer;
	int outcome;

	protobuf_put_string(&message, 1, snapshotter);
	protobuf_put_string(&message, 2, key);
	outcome = containerd_ask(daemon, "snapshots.v1.Snapshots/Mounts", &message, &answer, why);
	return outcome == 0 ? read_answer(seen, &answer, snapshotter, wanted, why) : outcome;
}

int containerd_read_snapshot(struct containerd *daemon, struct sighting *seen, const char *snapshotter,
			     const char *key, struct fail *why)
{
	return ask_mounts(daemon, seen, snapshotter, key, LAYERS_ALL, why);
}

static size_t count_layers(const struct sighting *seen)
{
	size_t count = 0;

	for (size_t i = 0; i < seen->layers_size; i++)
		count += seen->layers[i] == '\0' ? 1 : 0;
	return count;
}

/* Of Info: 1 name, 3 kind.  As containerd_read_chain, on one snapshot that is based on the chain. */
static int try_child(struct containerd *daemon, struct sighting *seen, const char *snapshotter,
		     struct protobuf_bytes info, size_t count, struct fail *why)
{
	char key[CONTAINERD_KEY_MAX];
	struct protobuf_field kind;
	enum layers_wanted wanted;
	int outcome;

	if (protobuf_get(info, 3, PROTOBUF_VARINT, &kind) != 1 ||
	    (kind.value != SNAPSHOT_VIEW && kind.value != SNAPSHOT_ACTIVE) ||
	    !containerd_get_text(info, 1, key, sizeof(key)))
		return 1;
	wanted = kind.value == SNAPSHOT_VIEW ? LAYERS_BELOW_OR_BIND : LAYERS_BELOW;
	outcome = ask_mounts(daemon, seen, snapshotter, key, wanted, why);
	/* A snapshotter that fetches layers later may put other directories in their place. */
	return outcome == 0 && count_layers(seen) != count ? 1 : outcome;
}

/* Of ListSnapshotsRequest: 1 snapshotter, 2 filters; of each ListSnapshotsResponse of a stream: 1 info. */
static int read_off_children(struct containerd *daemon, struct sighting *seen, const char *snapshotter,
			     const char *chain, size_t count, struct fail *why)
{
	struct protobuf_writer message = { 0 };
	struct grpc_answer answer;
	struct protobuf_bytes list;
	struct protobuf_field info;
	char filter[CONTAINERD_KEY_MAX];
	size_t offset = 0;
	int outcome;

	(void)snprintf(filter, sizeof(filter), "parent==\"%s\"", chain);
	protobuf_put_string(&message, 1, snapshotter);
	protobuf_put_string(&message, 2, filter);
	outcome = containerd_ask(daemon, "snapshots.v1.Snapshots/List", &message, &answer, why);
	if (outcome != 0)
		return outcome;
	outcome = 1;
	while (outcome == 1 && grpc_next_message(&answer, &offset, &list) > 0) {
		while (outcome == 1 && protobuf_next(&list, &info) > 0) {
			if (info.number == 1 && info.kind == PROTOBUF_BYTES)
				outcome = try_child(daemon, seen, snapshotter, info.bytes, count, why);
		}
	}
	free(answer.bytes);
	return outcome;
}

/* RFC 3339, in UTC.  The C library would look for the time zone in files, which we may not open.  Days are
 * counted from March 0000, so that the day to be leapt is the last of its year. */
static void format_time(char *out, size_t capacity, int64_t seconds)
{
	int64_t days = seconds / 86400 + 719468;
	int64_t era = days / 146097;
	int64_t day_of_era = days % 146097;
	int64_t year_of_era =
	    (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153;
	int64_t day = day_of_year - (153 * month + 2) / 5 + 1;
	int64_t year = year_of_era + era * 400 + (month >= 10 ? 1 : 0);

	month += month < 10 ? 3 : -9;
	(void)snprintf(out, capacity,
		       "%04" PRId64 "-%02" PRId64 "-%02" PRId64 "T%02" PRId64 ":%02" PRId64 ":%02" PRId64 "Z",
		       year, month, day, seconds % 86400 / 3600, seconds % 3600 / 60, seconds % 60);
}

/* Of CreateRequest and DeleteRequest: 1 id, 3 labels.  What is made under a lease is removed when that
 * expires. */
static int create_lease(struct containerd *daemon, char *id, size_t capacity, struct fail *why)
{
	struct protobuf_writer message = { 0 };
	struct grpc_answer answer;
	struct timespec now;
	char expiry[64];
	int outcome;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)snprintf(id, capacity, "debug-%ld-%" PRIx64, (long)getpid(),
		       (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec);
	format_time(expiry, sizeof(expiry), (int64_t)now.tv_sec + LEASE_SECONDS);
	protobuf_put_string(&message, 1, id);
	protobuf_put_entry(&message, 3, "containerd.io/gc.expire", expiry);
	outcome = containerd_ask(daemon, "leases.v1.Leases/Create", &message, &answer, why);
	if (outcome == 0)
		free(answer.bytes);
	return outcome;
}

/* What cannot be removed now expires: nothing to be said about it. */
static void remove_made(struct containerd *daemon, const char *method, const char *first, const char *second,
			bool is_synchronous)
{
	struct protobuf_writer message = { 0 };
	struct grpc_answer answer;
	struct fail ignored = { 0 };

	protobuf_put_string(&message, 1, first);
	if (second != NULL)
		protobuf_put_string(&message, 2, second);
	if (is_synchronous)
		protobuf_put_number(&message, 2, 1);
	if (containerd_ask(daemon, method, &message, &answer, &ignored) == 0)
		free(answer.bytes);
}

/* Of ViewSnapshotRequest: 1 snapshotter, 2 key, 3 parent. */
static int read_off_view(struct containerd *daemon, struct sighting *seen, const char *snapshotter,
			 const char *chain, size_t count, struct fail *why)
{
	struct protobuf_writer message = { 0 };
	struct grpc_answer answer;
	char lease[CONTAINERD_ID_MAX];
	int outcome = create_lease(daemon, lease, sizeof(lease), why);

	if (outcome != 0)
		return outcome;
	protobuf_put_string(&message, 1, snapshotter);
	protobuf_put_string(&message, 2, lease);
	protobuf_put_string(&message, 3, chain);
	daemon->lease = lease;
	outcome = containerd_ask(daemon, "snapshots.v1.Snapshots/View", &message, &answer, why);
	if (outcome == 0) {
		outcome = read_answer(seen, &answer, snapshotter, LAYERS_BELOW_OR_BIND, why);
		remove_made(daemon, "snapshots.v1.Snapshots/Remove", snapshotter, lease, false);
	}
	daemon->lease = NULL;
	/* Only then is the view's directory gone when we are. */
	remove_made(daemon, "leases.v1.Leases/Delete", lease, NULL, true);
	if (outcome == 0 && count_layers(seen) != count)
		return fail_set(why, FAIL_TOOL,
				"containerd's snapshotter `%.64s` keeps %zu layers as %zu directories",
				snapshotter, count, count_layers(seen));
	return outcome;
}

int containerd_read_chain(struct containerd *daemon, struct sighting *seen, const char *snapshotter,
			  const char *chain, size_t count, struct fail *why)
{
	struct fail ignored = { 0 };
	int outcome = read_off_children(daemon, seen, snapshotter, chain, count, &ignored);

	return outcome == 0 ? 0 : read_off_view(daemon, seen, snapshotter, chain, count, why);
}

int containerd_find_layers(struct sighting *seen, int socket_fd, const char *scope, const char *snapshotter,
			   const char *key, int64_t deadline_ms, struct fail *why)
{
	struct containerd daemon;
	int outcome;

	if (!containerd_is_scope(scope) || scope[0] == '\0' || !containerd_is_scope(snapshotter) ||
	    snapshotter[0] == '\0' || !containerd_is_name(key))
		return fail_set(why, FAIL_TOOL, "no snapshot can be named like that");
	if (containerd_open(&daemon, socket_fd, deadline_ms, why) < 0)
		return -1;
	(void)snprintf(daemon.scope, sizeof(daemon.scope), "%s", scope);
	outcome = containerd_read_snapshot(&daemon, seen, snapshotter, key, why);
	containerd_close(&daemon);
	return outcome;
}
