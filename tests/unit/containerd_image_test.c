/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-target/containerd_image.c"

#include "clock.h"
#include "containerd_recorded.h"

#define SNAPSHOTS "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/"
#define ONE "registry.example:5000/one:1"
#define OTHER_DIGEST "sha256:00000000000000000000000000000000000000000000000000000000000000aa"

enum { ROWS_MAX = 40, DEADLINE_MS = 20000 };

static struct sighting seen;
static struct fail why;
static const char *calls;

/* The rows of `first` go before the recorded ones. */
static int find_with(const struct grpc_row *first, size_t first_count, const struct grpc_row *recorded,
		     size_t recorded_count, const char *scope, const char *reference)
{
	struct grpc_row rows[ROWS_MAX];
	struct grpc_server server;
	int outcome;

	assert_true(first_count + recorded_count <= ROWS_MAX);
	if (first_count > 0)
		memcpy(rows, first, first_count * sizeof(*first));
	memcpy(rows + first_count, recorded, recorded_count * sizeof(*recorded));
	why = (struct fail){ 0 };
	server = grpc_server_start(rows, first_count + recorded_count);
	outcome = containerd_find_image(&seen, server.client_fd, scope, reference,
					clock_now_ms() + DEADLINE_MS, &why);
	calls = grpc_server_stop(&server);
	return outcome;
}

static int find_one(const struct grpc_row *first, size_t first_count)
{
	return find_with(first, first_count, recorded_view, COUNT(recorded_view), "default", ONE);
}

static void reads_layers_off_a_container(void **state)
{
	static const char configured[] = "entrypoint=/app/server\0entrypoint=sleep\0cmd=1000\0user=65532"
					 "\0workdir=/app\0stopsignal=SIGINT\0env=A=b\0env=C=d";
	static const char layers[] = SNAPSHOTS "3/fs\0" SNAPSHOTS "2/fs\0" SNAPSHOTS "1/fs";

	(void)state;
	assert_int_equal(find_with(NULL, 0, recorded_child, COUNT(recorded_child), "", "three"), 0);
	assert_int_equal(seen.runtime, TARGET_CONTAINERD);
	assert_int_equal(seen.state, SIGHTING_IMAGE);
	assert_int_equal(seen.pid, 0);
	assert_string_equal(seen.name, "docker.io/library/three:latest");
	assert_string_equal(seen.image, "docker.io/library/three:latest");
	assert_string_equal(seen.scope, "default");
	assert_int_equal(strlen(seen.id), 64);
	assert_int_equal(seen.configured_size, sizeof(configured));
	assert_memory_equal(seen.configured, configured, sizeof(configured));
	assert_int_equal(seen.layers_size, sizeof(layers));
	assert_memory_equal(seen.layers, layers, sizeof(layers));
	/* Nothing was made. */
	assert_null(strstr(calls, "Leases"));
	assert_null(strstr(calls, "View"));
}

static void reads_layers_off_a_view(void **state)
{
	static const char layers[] = SNAPSHOTS "4/fs";

	(void)state;
	assert_int_equal(find_one(NULL, 0), 0);
	assert_string_equal(seen.name, ONE);
	assert_int_equal(seen.layers_size, sizeof(layers));
	assert_memory_equal(seen.layers, layers, sizeof(layers));
	/* What was made is removed, in this order. */
	assert_non_null(strstr(calls, "leases.v1.Leases/Create\nsnapshots.v1.Snapshots/View\n"
				      "snapshots.v1.Snapshots/Remove\nleases.v1.Leases/Delete\n"));
}

/* Nothing stays behind where it went wrong in between. */
static void removes_what_it_made(void **state)
{
	const struct grpc_row gone = { "snapshots.v1.Snapshots/View", "default", NULL, SIZE_MAX, 5, "", 0 };
	const struct grpc_row broken = {
		"snapshots.v1.Snapshots/View", "default", NULL, SIZE_MAX, 0, "\0\0\0\0\1\12", 6
	};
	const struct grpc_row other = { "snapshots.v1.Snapshots/View", "default", NULL, SIZE_MAX, 0,
					"\0\0\0\0\10\12\6\12\4zfs!",   13 };
	const struct grpc_row kept = {
		"snapshots.v1.Snapshots/Remove", "default", NULL, SIZE_MAX, 13, "", 0
	};

	(void)state;
	assert_int_equal(find_one(&gone, 1), -1);
	assert_failed(why, FAIL_TOOL,
		      "image `" ONE "` is not unpacked in containerd's namespace `default`; make a container "
		      "from it once");
	assert_non_null(strstr(calls, "View\nleases.v1.Leases/Delete\n"));
	assert_int_equal(find_one(&broken, 1), -1);
	assert_non_null(strstr(calls, "View\nsnapshots.v1.Snapshots/Remove\nleases.v1.Leases/Delete\n"));
	assert_int_equal(find_one(&other, 1), -1);
	assert_failed(why, FAIL_TOOL,
		      "containerd's snapshotter `overlayfs` keeps no directories that a view can be made of");
	assert_non_null(strstr(calls, "View\nsnapshots.v1.Snapshots/Remove\nleases.v1.Leases/Delete\n"));
	/* That it could not be removed spoils nothing: it expires. */
	assert_int_equal(find_one(&kept, 1), 0);
	assert_non_null(strstr(calls, "Remove\nleases.v1.Leases/Delete\n"));
}

static void says_that_there_is_none(void **state)
{
	const struct grpc_row none = { "images.v1.Images/Get", "default", NULL, SIZE_MAX, 5, "", 0 };

	(void)state;
	assert_int_equal(find_one(&none, 1), 1);
	assert_int_equal(find_with(NULL, 0, recorded_view, COUNT(recorded_view), "default", "../x"), 1);
	assert_string_equal(calls, "");
	assert_int_equal(find_with(NULL, 0, recorded_view, COUNT(recorded_view), "a b", "x"), 1);
	assert_string_equal(calls, "");
}

/* A document that is not what its digest says, whichever it is and whatever was changed. */
static void compares_digests(void **state)
{
	int documents = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(recorded_view); i++) {
		struct grpc_row row = recorded_view[i];
		char bytes[1024];

		if (strcmp(row.method, "content.v1.Content/Read") != 0)
			continue;
		documents++;
		assert_true(row.answer_size < sizeof(bytes));
		row.answer = bytes;
		for (size_t at = 0; at < row.answer_size; at += 7) {
			memcpy(bytes, recorded_view[i].answer, row.answer_size);
			bytes[at] ^= 1;
			assert_int_equal(find_one(&row, 1), -1);
		}
		memcpy(bytes, recorded_view[i].answer, row.answer_size);
		row.answer_size--;
		assert_int_equal(find_one(&row, 1), -1);
	}
	assert_int_equal(documents, 3);
}

static void survives_damage(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(recorded_child); i++) {
		struct grpc_row row = recorded_child[i];
		char *bytes = malloc(row.answer_size + 1);

		assert_non_null(bytes);
		row.answer = bytes;
		for (size_t at = 0; at < row.answer_size; at += 1 + at / 8) {
			memcpy(bytes, recorded_child[i].answer, row.answer_size);
			bytes[at] = (char)(bytes[at] ^ 1 << at % 8);
			if (find_with(&row, 1, recorded_child, COUNT(recorded_child), "", "three") == 0)
				assert_int_equal(seen.layers[seen.layers_size - 1], '\0');
		}
		free(bytes);
	}
}

static void refuses_two_images_of_one_name(void **state)
{
	static char image[5 + 4 + 2 + 71] = "\0\0\0\0\x4d\12\x4b\32\x49\22\x47" OTHER_DIGEST;
	const struct grpc_row rows[] = {
		{ "namespaces.v1.Namespaces/List", "", "", 0, 0, "\0\0\0\0\22\12\5\12\3two\12\11\12\7default",
		  5 + 18 },
		{ "images.v1.Images/Get", "two", NULL, SIZE_MAX, 0, image, sizeof(image) },
	};

	(void)state;
	assert_int_equal(
	    find_with(rows, 2, recorded_child, COUNT(recorded_child), "", "docker.io/library/three:latest"),
	    -1);
	assert_failed(
	    why, FAIL_TOOL,
	    "`docker.io/library/three:latest` is one image in containerd's namespace `two` and another "
	    "in `default`; say which one is meant");
}

static void completes_names(void **state)
{
	static const char *const cases[][2] = {
		{ "web", "docker.io/library/web:latest" },
		{ "web:1", "docker.io/library/web:1" },
		{ "me/web", "docker.io/me/web:latest" },
		{ "me/a/web:1", "docker.io/me/a/web:1" },
		{ "docker.io/library/web:1", "docker.io/library/web:1" },
		{ "ghcr.io/me/web", "ghcr.io/me/web:latest" },
		{ "localhost/web", "localhost/web:latest" },
		{ "localhosts/web", "docker.io/localhosts/web:latest" },
		{ "registry:5000/web", "registry:5000/web:latest" },
		{ "registry:5000/web:2", "registry:5000/web:2" },
		{ "web@" OTHER_DIGEST, "docker.io/library/web@" OTHER_DIGEST },
	};
	char out[REFERENCE_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_true(containerd_is_reference(cases[i][0]));
		complete(out, sizeof(out), cases[i][0]);
		assert_string_equal(out, cases[i][1]);
	}
	assert_false(containerd_is_reference(""));
	assert_false(containerd_is_reference("a b"));
	assert_false(containerd_is_reference("-a"));
	assert_false(containerd_is_reference("a\"b"));
}

static void chooses_this_machines_manifest(void **state)
{
#define MANIFEST(digest, os, architecture, more)                                                      \
	"{\"digest\":\"" digest "\",\"platform\":{\"os\":\"" os "\",\"architecture\":\"" architecture \
	"\"" more "}}"
	static const char *const cases[][2] = {
		{ "[" MANIFEST("a", "linux", "s390x", "") "," MANIFEST("b", "linux", ARCHITECTURE, "") "]",
		  "b" },
		{ "[" MANIFEST("a", "windows", ARCHITECTURE, "") "," MANIFEST("b", "linux", ARCHITECTURE,
									      "") "]",
		  "b" },
		{ "[" MANIFEST("a", "linux", ARCHITECTURE, ",\"variant\":\"v3\"") "," //
		  MANIFEST("b", "linux", ARCHITECTURE, "") "]",
		  "b" },
		{ "[" MANIFEST("a", "linux", ARCHITECTURE, ",\"variant\":\"v3\"") "]", "a" },
		{ "[" MANIFEST("a", "linux", ARCHITECTURE, ",\"variant\":\"v8\"") "]", "a" },
		{ "[" MANIFEST("a", "unknown", "unknown", "") "]", NULL },
		{ "[{\"digest\":\"a\"}]", "a" },
		{ "[{\"digest\":\"a\"},{\"digest\":\"b\"}]", NULL },
		{ "[]", NULL },
		{ "[1,null,\"x\",[]]", NULL },
		{ "{}", NULL },
		{ "[{\"digest\":1}]", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *manifests = json_loads(cases[i][0], 0, NULL);
		const char *chosen;

		assert_non_null(manifests);
		chosen = choose_manifest(manifests);
		if (cases[i][1] == NULL)
			assert_null(chosen);
		else
			assert_string_equal(chosen, cases[i][1]);
		json_decref(manifests);
	}
}

static int chain_of(const char *layers, char chain[DIGEST_MAX])
{
	json_t *configuration =
	    json_pack("{s:{s:o}}", "rootfs", "diff_ids", json_loads(layers, JSON_DECODE_ANY, NULL));
	int count;

	assert_non_null(configuration);
	why = (struct fail){ 0 };
	count = make_chain(configuration, chain, &why);
	json_decref(configuration);
	return count;
}

/* Compared with what containerd calls the snapshots of the recorded image. */
static void makes_chains(void **state)
{
	static const char *const bad[] = { "[]", "{}", "[1]", "[\"sha256:12\"]", "[\"sha512:12\"]", "\"x\"" };
	char chain[DIGEST_MAX];
	char both[400];
	char large[LAYERS_MAX * 80];

	(void)state;
	(void)snprintf(both, sizeof(both), "[\"%s\"]", OTHER_DIGEST);
	assert_int_equal(chain_of(both, chain), 1);
	assert_string_equal(chain, OTHER_DIGEST);
	(void)snprintf(both, sizeof(both), "[\"%s\",\"%s\"]", OTHER_DIGEST, OTHER_DIGEST);
	assert_int_equal(chain_of(both, chain), 2);
	/* printf '%s %s' DIGEST DIGEST | sha256sum */
	assert_string_equal(chain, "sha256:d6509b8176c9c843e5b347b9efce5fc2f472fae4634034f6c6e53a1f25c5caf8");
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(chain_of(bad[i], chain), -1);
	(void)snprintf(large, sizeof(large), "[");
	for (size_t i = 0; i < LAYERS_MAX + 1; i++)
		(void)snprintf(large + strlen(large), sizeof(large) - strlen(large), "\"%s\"%s", OTHER_DIGEST,
			       i == LAYERS_MAX ? "]" : ",");
	assert_int_equal(chain_of(large, chain), -1);
	assert_failed(why, FAIL_TOOL, "that image has no layers, or too many");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_layers_off_a_container),
		cmocka_unit_test(reads_layers_off_a_view),
		cmocka_unit_test(removes_what_it_made),
		cmocka_unit_test(says_that_there_is_none),
		cmocka_unit_test(compares_digests),
		cmocka_unit_test(survives_damage),
		cmocka_unit_test(refuses_two_images_of_one_name),
		cmocka_unit_test(completes_names),
		cmocka_unit_test(chooses_this_machines_manifest),
		cmocka_unit_test(makes_chains),
	};

	return cmocka_run_group_tests_name("containerd_image", tests, NULL, NULL);
}
