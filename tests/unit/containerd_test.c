/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-target/containerd.c"

#include "clock.h"
#include "containerd_recorded.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SNAPSHOTS "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/"

enum { ROWS_MAX = 16, DEADLINE_MS = 20000 };

static struct sighting seen;
static struct fail why;
static const char *calls;

/* Recorded rows that fit any request, behind those in `first`. */
static int find_with(const struct grpc_row *first, size_t first_count, const char *scope, const char *name)
{
	struct grpc_row rows[ROWS_MAX + COUNT(recorded_stopped)];
	struct grpc_server server;
	size_t count = 0;
	int outcome;

	assert_true(first_count <= ROWS_MAX);
	for (size_t i = 0; i < first_count; i++)
		rows[count++] = first[i];
	for (size_t i = 0; i < COUNT(recorded_stopped); i++) {
		rows[count] = recorded_stopped[i];
		rows[count++].request_size = SIZE_MAX;
	}
	why = (struct fail){ 0 };
	server = grpc_server_start(rows, count);
	outcome = containerd_find_container(&seen, server.client_fd, scope, name,
					    clock_now_ms() + DEADLINE_MS, &why);
	calls = grpc_server_stop(&server);
	return outcome;
}

static int find_recorded(const char *scope, const char *name)
{
	return find_with(NULL, 0, scope, name);
}

/* What was asked is in the recording, byte for byte. */
static void finds_what_is_stopped(void **state)
{
	static const char configured[] =
	    "user=65532:0\0entrypoint=/app/server\0entrypoint=sleep\0entrypoint=1000"
	    "\0workdir=/app\0env=A=b\0env=C=d\0label=nerdctl/name=stopped";
	static const char layers[] =
	    SNAPSHOTS "7/fs\0" SNAPSHOTS "3/fs\0" SNAPSHOTS "2/fs\0" SNAPSHOTS "1/fs";
	struct grpc_server server = grpc_server_start(recorded_stopped, COUNT(recorded_stopped));

	(void)state;
	why = (struct fail){ 0 };
	assert_int_equal(containerd_find_container(&seen, server.client_fd, "", "stopped",
						   clock_now_ms() + DEADLINE_MS, &why),
			 0);
	assert_int_equal(seen.runtime, TARGET_CONTAINERD);
	assert_int_equal(seen.state, SIGHTING_STOPPED);
	assert_int_equal(seen.pid, 0);
	assert_string_equal(seen.id, ID);
	assert_string_equal(seen.scope, "default");
	assert_string_equal(seen.name, "stopped");
	assert_string_equal(seen.image, "docker.io/library/three:latest");
	assert_int_equal(seen.configured_size, sizeof(configured));
	assert_memory_equal(seen.configured, configured, sizeof(configured));
	assert_int_equal(seen.layers_size, sizeof(layers));
	assert_memory_equal(seen.layers, layers, sizeof(layers));
	assert_non_null(strstr(grpc_server_stop(&server), "containers.v1.Containers/List\n"));
}

static void finds_by_id_and_its_beginning(void **state)
{
	static const char *const names[] = { ID, "0", "0123456789ab", "stopped" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_int_equal(find_recorded("default", names[i]), 0);
		assert_string_equal(seen.id, ID);
		assert_string_equal(calls, "containers.v1.Containers/List\ncontainers.v1.Containers/Get\n"
					   "tasks.v1.Tasks/Get\nsnapshots.v1.Snapshots/Mounts\n");
	}
	/* The server lists it all the same; it is not what was asked for. */
	assert_int_equal(find_recorded("default", "stoppe"), 1);
	assert_int_equal(find_recorded("default", ID "0"), 1);
	assert_int_equal(find_recorded("default", "123"), 1);
}

static void sends_no_odd_names(void **state)
{
	static const char *const bad[] = { "",	   "-x",  ".x",	 "/x",	"x/",	"a//b", "a/b/c/d",
					   "a\"b", "a b", "a,b", "a\n", "a\\b", "a*",	"\xc3\xa9" };
	static const char *const good[] = { "a", "a_b-c.d", "pod/container", "namespace/pod/container" };
	char large[300];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_false(containerd_is_name(bad[i]));
		assert_int_equal(find_recorded("", bad[i]), 1);
		assert_string_equal(calls, "");
	}
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(containerd_is_name(good[i]));
	memset(large, 'a', sizeof(large));
	large[255] = '\0';
	assert_true(containerd_is_name(large));
	large[255] = 'a';
	large[256] = '\0';
	assert_false(containerd_is_name(large));
	assert_int_equal(find_recorded("default\r\nx: y", "web"), 1);
	assert_string_equal(calls, "");
	assert_true(containerd_is_scope("k8s.io"));
	assert_false(containerd_is_scope("../x"));
}

/* The longest name still fits into a request. */
static void asks_for_long_names(void **state)
{
	char name[256];
	struct protobuf_writer message = { 0 };

	(void)state;
	memset(name, 'a', sizeof(name));
	name[255] = '\0';
	put_filters(&message, name);
	assert_false(message.is_full);
	name[80] = '/';
	name[160] = '/';
	message = (struct protobuf_writer){ 0 };
	put_filters(&message, name);
	assert_false(message.is_full);
}

static void tells_what_runs(void **state)
{
	(void)state;
	assert_int_equal(find_with(recorded_running, 1, "", "stopped"), 0);
	assert_int_equal(seen.state, SIGHTING_RUNNING);
	assert_int_equal(seen.pid, 31133);
	assert_int_equal(seen.layers_size, 0);
	assert_null(strstr(calls, "Snapshots"));
	assert_int_equal(find_with(recorded_paused, 1, "", "stopped"), 0);
	assert_int_equal(seen.state, SIGHTING_PAUSED);
	assert_int_equal(seen.pid, 31182);
}

static void refuses_other_pids(void **state)
{
	static const struct {
		const char *answer;
		size_t size;
		int outcome;
	} cases[] = {
#define TASK(literal) { literal, sizeof(literal) - 1, -1 }
		TASK("\0\0\0\0\4\12\2\40\2"),			       /* running, without a pid */
		TASK("\0\0\0\0\6\12\4\30\1\40\2"),		       /* 1 */
		TASK("\0\0\0\0\12\12\10\30\x80\x80\x80\x80\x08\40\2"), /* 2^31 */
		TASK("\0\0\0\0\12\12\10\30\x82\x80\x80\x80\x10\40\2"), /* 2^32+2 */
		TASK("\0\0\0\0\6\12\4\32\0\40\2"),		       /* of another type */
		TASK("\0\0\0\0\10\12\6\30\7\30\7\40\2"),	       /* twice */
		TASK("\0\0\0\0\0"),
		TASK("\0\0\0\0\2\12\1"),
		TASK(""),
		{ "\0\0\0\0\4\12\2\40\3", 9, 0 },	 /* stopped */
		{ "\0\0\0\0\6\12\4\30\7\40\1", 11, 0 },	 /* created */
		{ "\0\0\0\0\6\12\4\30\7\40\11", 11, 0 }, /* what we do not know */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct grpc_row row = { "tasks.v1.Tasks/Get", "default",	  NULL, SIZE_MAX, 0,
					      cases[i].answer,	    cases[i].size };

		assert_int_equal(find_with(&row, 1, "", "stopped"), cases[i].outcome);
		assert_int_equal(seen.pid, 0);
	}
}

/* Each answer ends early, or is damaged: an error or, if only a text changed, another answer. */
static void survives_damage(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(recorded_stopped); i++) {
		struct grpc_row row = recorded_stopped[i];
		char *bytes = malloc(row.answer_size + 1);

		assert_non_null(bytes);
		row.request_size = SIZE_MAX;
		for (size_t size = 0; size < row.answer_size; size += 1 + size / 8) {
			row.answer_size = size;
			assert_int_not_equal(find_with(&row, 1, "", "stopped"), row.status == 0 ? 0 : -1);
			row.answer_size = recorded_stopped[i].answer_size;
		}
		row.answer = bytes;
		for (size_t at = 0; at < row.answer_size; at += 1 + at / 16) {
			memcpy(bytes, recorded_stopped[i].answer, row.answer_size);
			bytes[at] = (char)(bytes[at] ^ 1 << at % 8);
			if (find_with(&row, 1, "", "stopped") == 0)
				assert_true(seen.layers_size <= sizeof(seen.layers));
		}
		free(bytes);
	}
}

static struct candidate make(enum fit fit, bool is_of_kubernetes, uint64_t created, const char *id,
			     const char *shown)
{
	struct candidate made = { .fit = fit, .is_of_kubernetes = is_of_kubernetes, .created = created };

	(void)strlcpy(made.scope, "k8s.io", sizeof(made.scope));
	(void)strlcpy(made.id, id, sizeof(made.id));
	(void)strlcpy(made.shown, shown, sizeof(made.shown));
	return made;
}

static void chooses_the_best_and_the_newest(void **state)
{
	const struct candidate prefix = make(FIT_ID_PREFIX, false, 1, "web0", "web0");
	const struct candidate name = make(FIT_NAME, false, 1, "1", "web");
	const struct candidate id = make(FIT_ID, false, 1, "web", "x");
	const struct candidate old = make(FIT_NAME, true, 5, "a", "demo/web/app");
	const struct candidate newer = make(FIT_NAME, true, 6, "b", "demo/web/app");
	const struct candidate other = make(FIT_NAME, true, 6, "c", "prod/web/app");
	struct candidates all = { 0 };

	(void)state;
	consider(&all, &prefix);
	consider(&all, &name);
	consider(&all, &prefix);
	assert_int_equal(all.count, 1);
	assert_string_equal(all.best[0].id, "1");
	consider(&all, &id);
	consider(&all, &name);
	assert_int_equal(all.count, 1);
	assert_string_equal(all.best[0].id, "web");
	all.count = 0;
	consider(&all, &old);
	consider(&all, &newer);
	consider(&all, &old);
	assert_int_equal(all.count, 1);
	assert_string_equal(all.best[0].id, "b");
	consider(&all, &other);
	assert_int_equal(all.count, 2);
	why = (struct fail){ 0 };
	assert_int_equal(say_ambiguous(&all, "app", &why), -1);
	assert_failed(
	    why, FAIL_TOOL,
	    "`app` means several containers: `b` (demo/web/app in k8s.io), `c` (prod/web/app in k8s.io);"
	    " give the beginning of an id");
	for (int i = 0; i < 100; i++) {
		struct candidate next = make(FIT_NAME, false, 1, "d", "web");

		(void)snprintf(next.id, sizeof(next.id), "d%d", i);
		consider(&all, &next);
	}
	assert_int_equal(all.count, CANDIDATES_MAX + 1);
	why = (struct fail){ 0 };
	assert_int_equal(say_ambiguous(&all, "app", &why), -1);
	assert_non_null(strstr(why.text, " and more; give"));
}

/* What Kubernetes' labels make of a container; NULL leaves one out. */
static struct candidate names_of(const char *asked, const char *nerdctl, const char *kind,
				 const char *namespace, const char *pod, const char *container)
{
	const char *const labels[][2] = { { "nerdctl/name", nerdctl },
					  { "io.cri-containerd.kind", kind },
					  { "io.kubernetes.pod.namespace", namespace },
					  { "io.kubernetes.pod.name", pod },
					  { "io.kubernetes.container.name", container } };
	struct protobuf_writer message = { 0 };
	struct candidate out = { 0 };

	protobuf_put_string(&message, 1, ID);
	for (size_t i = 0; i < COUNT(labels); i++)
		if (labels[i][1] != NULL)
			protobuf_put_entry(&message, 2, labels[i][0], labels[i][1]);
	assert_true(read_names((struct protobuf_bytes){ (char *)message.bytes, message.size }, asked, &out));
	return out;
}

static void reads_names(void **state)
{
	static const char *const fits[] = { "app", "web-7d4", "web-7d4/app", "demo/web-7d4/app" };
	static const char *const others[] = {
		"pp",	 "4/app",	    "web",  "demo",	     "demo/web-7d4",
		"x/app", "emo/web-7d4/app", "app/", "x/web-7d4/app", "nothing"
	};

	(void)state;
	for (size_t i = 0; i < COUNT(fits); i++)
		assert_int_equal(names_of(fits[i], NULL, "container", "demo", "web-7d4", "app").fit,
				 FIT_NAME);
	for (size_t i = 0; i < COUNT(others); i++)
		assert_int_equal(names_of(others[i], NULL, "container", "demo", "web-7d4", "app").fit,
				 FIT_NONE);
	assert_string_equal(names_of("x", NULL, "container", "demo", "web-7d4", "app").shown,
			    "demo/web-7d4/app");
	/* The container that only holds a pod's namespaces is not meant by the pod's name. */
	assert_int_equal(names_of("web-7d4", NULL, "sandbox", "demo", "web-7d4", NULL).fit, FIT_NONE);
	assert_int_equal(names_of("0123", NULL, "sandbox", "demo", "web-7d4", NULL).fit, FIT_ID_PREFIX);
	assert_int_equal(names_of("web", "web", NULL, NULL, NULL, NULL).fit, FIT_NAME);
	assert_string_equal(names_of("web", "web", NULL, NULL, NULL, NULL).shown, "web");
	assert_string_equal(names_of("web", NULL, NULL, NULL, NULL, NULL).shown, ID);
	assert_int_equal(names_of(ID, "web", NULL, NULL, NULL, NULL).fit, FIT_ID);
}

static void looks_into_each_namespace_but_dockers(void **state)
{
	const struct grpc_row rows[] = {
		{ "namespaces.v1.Namespaces/List", "", "", 0, 0,
		  "\0\0\0\0\34\12\6\12\4moby\12\10\12\6others\12\10\12\6latest", 33 },
	};

	(void)state;
	assert_int_equal(find_with(rows, 1, "", "stopped"), -1);
	/* The recorded daemon has no such namespaces, so each refuses; the first ends it. */
	assert_string_equal(calls, "namespaces.v1.Namespaces/List\ncontainers.v1.Containers/List\n");
	assert_failed(why, FAIL_TOOL,
		      "containerd refused containers.v1.Containers/List: said the server\\012");
	assert_int_equal(find_with(rows, 1, "default", "stopped"), 0);
}

static void bounds_the_namespaces(void **state)
{
	static char bytes[5 + 100 * 5] = { 0 };
	struct grpc_row row = { "namespaces.v1.Namespaces/List", "", "", 0, 0, bytes, sizeof(bytes) };

	(void)state;
	bytes[3] = (sizeof(bytes) - 5) >> 8;
	bytes[4] = (char)((sizeof(bytes) - 5) & 0xff);
	for (size_t i = 0; i < 100; i++)
		memcpy(bytes + 5 + i * 5, "\12\3\12\1x", 5);
	assert_int_equal(find_with(&row, 1, "", "stopped"), -1);
	assert_failed(why, FAIL_TOOL, "containerd has more than 63 namespaces; say which one is meant");
	row.answer = "\0\0\0\0\6\12\4\12\2\r\n";
	row.answer_size = 11;
	assert_int_equal(find_with(&row, 1, "", "stopped"), -1);
	assert_failed(why, FAIL_TOOL,
		      "the answer of containerd about its namespaces cannot be used: it is malformed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_is_stopped),
		cmocka_unit_test(finds_by_id_and_its_beginning),
		cmocka_unit_test(sends_no_odd_names),
		cmocka_unit_test(asks_for_long_names),
		cmocka_unit_test(tells_what_runs),
		cmocka_unit_test(refuses_other_pids),
		cmocka_unit_test(survives_damage),
		cmocka_unit_test(chooses_the_best_and_the_newest),
		cmocka_unit_test(reads_names),
		cmocka_unit_test(looks_into_each_namespace_but_dockers),
		cmocka_unit_test(bounds_the_namespaces),
	};

	return cmocka_run_group_tests_name("containerd", tests, NULL, NULL);
}
