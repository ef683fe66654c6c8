/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-target/containerd_snapshot.c"

#include "clock.h"
#include "grpc_server.h"

#define ACTIVE "\12\6active\30\2"

enum { DEADLINE_MS = 20000 };

static struct sighting seen;
static struct fail why;

/* A mount in a MountsResponse; options end with NULL. */
static struct protobuf_writer make_mounts(const char *type, const char *source, const char *const *options)
{
	struct protobuf_writer mount = { 0 };
	struct protobuf_writer mounts = { 0 };

	protobuf_put_string(&mount, 1, type);
	if (source[0] != '\0')
		protobuf_put_string(&mount, 2, source);
	for (; *options != NULL; options++)
		protobuf_put_string(&mount, 4, *options);
	mount.bytes[mount.size] = '\0';
	assert_int_equal(strlen((const char *)mount.bytes), mount.size);
	protobuf_put_string(&mounts, 1, (const char *)mount.bytes);
	assert_false(mounts.is_full);
	return mounts;
}

static int read_as(enum layers_wanted wanted, const char *type, const char *source,
		   const char *const *options)
{
	const struct protobuf_writer mounts = make_mounts(type, source, options);

	memset(&seen, 0, sizeof(seen));
	why = (struct fail){ 0 };
	return read_mounts(&seen, (struct protobuf_bytes){ (const char *)mounts.bytes, mounts.size }, "some",
			   wanted, &why);
}

#define assert_layers(literal)                                              \
	do {                                                                \
		assert_int_equal(seen.layers_size, sizeof(literal));        \
		assert_memory_equal(seen.layers, literal, sizeof(literal)); \
	} while (0)

static void takes_layers_off_mounts(void **state)
{
	static const char *const overlay[] = { "index=off", "workdir=/s/7/work", "upperdir=/s/7/fs",
					       "lowerdir=/s/3/fs:/s/2/fs", NULL };
	static const char *const lower[] = { "userxattr", "lowerdir=/s/3/fs:/s/2/fs", NULL };
	static const char *const bind[] = { "rbind", "ro", NULL };

	(void)state;
	assert_int_equal(read_as(LAYERS_ALL, "overlay", "overlay", overlay), 0);
	assert_layers("/s/7/fs\0/s/3/fs\0/s/2/fs");
	assert_int_equal(read_as(LAYERS_BELOW, "overlay", "overlay", overlay), 0);
	assert_layers("/s/3/fs\0/s/2/fs");
	assert_int_equal(read_as(LAYERS_BELOW_OR_BIND, "overlay", "overlay", lower), 0);
	assert_layers("/s/3/fs\0/s/2/fs");
	assert_int_equal(read_as(LAYERS_BELOW_OR_BIND, "bind", "/s/1/fs", bind), 0);
	assert_layers("/s/1/fs");
	assert_int_equal(read_as(LAYERS_ALL, "bind", "/s/1/fs", bind), 0);
	assert_layers("/s/1/fs");
	/* The directory of a container without layers below is not its image's. */
	assert_int_equal(read_as(LAYERS_BELOW, "bind", "/s/1/fs", bind), 1);
	assert_int_equal(seen.layers_size, 0);
}

static void refuses_other_mounts(void **state)
{
	static const char *const bad[] = {
		"lowerdir=",	  "lowerdir=/a:",     "lowerdir=:/a",	 "lowerdir=/a::/b",
		"lowerdir=a:/b",  "lowerdir=/a:b",    "lowerdir=/a\\:b", "lowerdir=/..",
		"lowerdir=/a/..", "lowerdir=/a/../b", "lowerdir=/b:..",	 "lowerdir+=/a",
		"datadir+=/a",	  "Lowerdir=/a",      "upperdir=/a",	 "lowerdir",
	};
	static const char *const none[] = { NULL };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *const options[] = { bad[i], NULL };

		assert_int_equal(read_as(LAYERS_ALL, "overlay", "overlay", options), -1);
		assert_failed(
		    why, FAIL_TOOL,
		    "the layers that containerd's snapshotter `some` names are too many, or no plain paths");
	}
	assert_int_equal(read_as(LAYERS_ALL, "overlay", "overlay", none), -1);
	assert_int_equal(read_as(LAYERS_ALL, "bind", "", none), -1);
	assert_int_equal(read_as(LAYERS_ALL, "bind", "s/1", none), -1);
	assert_int_equal(read_as(LAYERS_ALL, "btrfs", "/dev/sda", none), -1);
	assert_failed(why, FAIL_TOOL,
		      "containerd's snapshotter `some` keeps no directories that a view can be made of");
	/* Names that only look like the parent directory. */
	assert_int_equal(read_as(LAYERS_ALL, "bind", "/..a/...", none), 0);
}

/* None of the lists is cut: too many layers are an error. */
static void refuses_too_many_layers(void **state)
{
	static char list[3900];
	static char many[SIGHTING_LAYERS_MAX + 64];
	const char *const options[] = { list, NULL };
	size_t count = 0;

	(void)state;
	(void)snprintf(list, sizeof(list), "lowerdir=/a");
	while (strlen(list) + 3 < sizeof(list)) {
		(void)snprintf(list + strlen(list), 4, ":/a");
		count++;
	}
	assert_int_equal(read_as(LAYERS_ALL, "overlay", "overlay", options), 0);
	assert_int_equal(count_layers(&seen), count + 1);
	for (size_t i = 0; i + 2 < sizeof(many); i += 3)
		memcpy(many + i, "/a:", 3);
	seen.layers_size = 0;
	assert_false(put_layers(&seen, (struct protobuf_bytes){ many, sizeof(many) - 2 }));
	assert_true(seen.layers_size <= sizeof(seen.layers));
	seen.layers_size = 0;
	assert_true(put_layers(&seen, (struct protobuf_bytes){ many, SIGHTING_LAYERS_MAX / 3 * 3 - 1 }));
}

static void refuses_broken_mounts(void **state)
{
	static const struct protobuf_bytes bad[] = {
		{ "", 0 },
		{ "\10\1", 2 },			   /* a number */
		{ "\12\2\12\0\12\2\12\0", 8 },	   /* two mounts */
		{ "\12\1\12", 3 },		   /* cut within */
		{ "\12\2\10\1", 4 },		   /* its type a number */
		{ "\12\13\12\7overlay\40\1", 13 }, /* an option a number */
		{ "\12\13\12\7over\0ay\42\0", 13 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		why = (struct fail){ 0 };
		assert_int_equal(read_mounts(&seen, bad[i], "some", LAYERS_ALL, &why), -1);
	}
}

/* What the C library makes of the same second, where it may read files. */
static void formats_times(void **state)
{
	static const int64_t cases[] = { 0,	     951782399,	   951782400,  951868800,
					 1709164800, 1709251199,   4107542400, 1767225599,
					 1767225600, 253402300799, 1796000000 };
	uint64_t seed = 7;

	(void)state;
	for (size_t i = 0; i < COUNT(cases) + 2000; i++) {
		time_t seconds =
		    i < COUNT(cases) ? (time_t)cases[i] : (time_t)(unit_random(&seed) % 253402300799U);
		struct tm parts;
		char expected[40];
		char actual[64];

		assert_non_null(gmtime_r(&seconds, &parts));
		assert_true(strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%SZ", &parts) > 0);
		format_time(actual, sizeof(actual), seconds);
		assert_string_equal(actual, expected);
	}
}

static int read_chain(const struct grpc_row *rows, size_t count, size_t layers, const char **calls)
{
	struct grpc_server server = grpc_server_start(rows, count);
	struct containerd daemon;
	int outcome;

	memset(&seen, 0, sizeof(seen));
	why = (struct fail){ 0 };
	assert_int_equal(containerd_open(&daemon, server.client_fd, clock_now_ms() + DEADLINE_MS, &why), 0);
	outcome = containerd_read_chain(&daemon, &seen, "some", "sha256:chain", layers, &why);
	containerd_close(&daemon);
	*calls = grpc_server_stop(&server);
	return outcome;
}

/* Children that are of no use, one of them gone since it was listed; then one that is. */
static void reads_off_the_first_useful_child(void **state)
{
#define MOUNTS(size, inner, literal) "\0\0\0\0" size "\12" inner "\12\7overlay" literal
	static const char list[] =
	    "\0\0\0\0\45\12\15\12\11committed\30\3\12\10\12\4gone\30\2\12\12\12\6others\30\2"
	    "\0\0\0\0\14\12\12" ACTIVE;
	static const char two[] = MOUNTS("\33", "\31", "\42\16lowerdir=/a:/b");
	static const char one[] = MOUNTS("\30", "\26", "\42\13lowerdir=/c");
	const struct grpc_row rows[] = {
		{ "snapshots.v1.Snapshots/List", "", "\12\4some\22\26parent==\"sha256:chain\"", 30, 0, list,
		  sizeof(list) - 1 },
		{ "snapshots.v1.Snapshots/Mounts", "", "\12\4some\22\4gone", 12, 5, "", 0 },
		{ "snapshots.v1.Snapshots/Mounts", "", "\12\4some\22\6others", 14, 0, two, sizeof(two) - 1 },
		{ "snapshots.v1.Snapshots/Mounts", "", "\12\4some\22\6active", 14, 0, one, sizeof(one) - 1 },
	};
	const char *calls;

	(void)state;
	assert_int_equal(read_chain(rows, COUNT(rows), 1, &calls), 0);
	assert_layers("/c");
	assert_null(strstr(calls, "leases"));
	assert_int_equal(read_chain(rows, COUNT(rows), 2, &calls), 0);
	assert_layers("/a\0/b");
	/* None has three layers: it comes to a view, which this server does not make. */
	assert_int_equal(read_chain(rows, COUNT(rows), 3, &calls), -1);
	assert_non_null(strstr(calls, "leases.v1.Leases/Create\n"));
	assert_failed(why, FAIL_TOOL, "containerd refused leases.v1.Leases/Create: said the server\\012");
}

static void asks_for_plain_snapshots_only(void **state)
{
	(void)state;
	why = (struct fail){ 0 };
	assert_int_equal(containerd_find_layers(&seen, 0, "", "overlayfs", "key", 0, &why), -1);
	assert_failed(why, FAIL_TOOL, "no snapshot can be named like that");
	assert_int_equal(containerd_find_layers(&seen, 0, "moby", "", "key", 0, &why), -1);
	assert_int_equal(containerd_find_layers(&seen, 0, "moby", "overlayfs", "", 0, &why), -1);
	assert_int_equal(containerd_find_layers(&seen, 0, "moby", "overlayfs", "a\n", 0, &why), -1);
	assert_int_equal(containerd_find_layers(&seen, 0, "m\n", "overlayfs", "key", 0, &why), -1);
}

static void finds_dockers_layers(void **state)
{
	static const char mounts[] = MOUNTS("\50", "\46", "\42\13upperdir=/u\42\16lowerdir=/a:/b");
	const struct grpc_row rows[] = {
		{ "snapshots.v1.Snapshots/Mounts", "moby", "\12\11overlayfs\22\4abcd", 17, 0, mounts,
		  sizeof(mounts) - 1 },
	};
	struct grpc_server server = grpc_server_start(rows, 1);

	(void)state;
	memset(&seen, 0, sizeof(seen));
	why = (struct fail){ 0 };
	assert_int_equal(containerd_find_layers(&seen, server.client_fd, "moby", "overlayfs", "abcd",
						clock_now_ms() + DEADLINE_MS, &why),
			 0);
	assert_layers("/u\0/a\0/b");
	(void)grpc_server_stop(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_layers_off_mounts),
		cmocka_unit_test(refuses_other_mounts),
		cmocka_unit_test(refuses_too_many_layers),
		cmocka_unit_test(refuses_broken_mounts),
		cmocka_unit_test(formats_times),
		cmocka_unit_test(reads_off_the_first_useful_child),
		cmocka_unit_test(asks_for_plain_snapshots_only),
		cmocka_unit_test(finds_dockers_layers),
	};

	return cmocka_run_group_tests_name("containerd_snapshot", tests, NULL, NULL);
}
