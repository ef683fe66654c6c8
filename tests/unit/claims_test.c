/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-target/claims.c"

#include "unit.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LAYER "aaaabbbbccccddddaaaabbbbccccddddaaaabbbbccccddddaaaabbbbccccdddd"

enum { SEEN_MAX = 8 };

static struct sighting seen[SEEN_MAX];
static size_t seen_count;

static void remember(void *context, const struct sighting *one)
{
	(void)context;
	assert_true(seen_count < SEEN_MAX);
	seen[seen_count++] = *one;
}

/* What the pieces say about `name`, or about all if it is NULL. */
static void ask(const char *name, struct evidence *pieces, size_t count)
{
	static struct sighting scratch;
	const struct evidence_list list = { .all = pieces, .count = count };
	struct query query = { .runtimes = ~0U, .is_listing = name == NULL };
	struct claims claims = { .query = &query, .see = remember, .scratch = &scratch };

	if (name != NULL)
		(void)strlcpy(query.name, name, sizeof(query.name));
	seen_count = 0;
	claims_make(&claims, &list);
	for (size_t i = 0; i < count; i++)
		free(pieces[i].bytes);
}

static struct evidence piece(enum evidence_kind kind, enum target_runtime runtime, const char *id, pid_t pid,
			     const char *bytes, size_t size)
{
	struct evidence made = {
		.kind = (uint8_t)kind, .runtime = (uint8_t)runtime, .pid = pid, .size = size
	};

	(void)strlcpy(made.id, id, sizeof(made.id));
	made.bytes = calloc(1, size + 1);
	assert_non_null(made.bytes);
	memcpy(made.bytes, bytes, size);
	return made;
}

#define BUNDLE(id, text) piece(EVIDENCE_BUNDLE, TARGET_CONTAINERD, id, 7, text, strlen(text))
#define CRI(type, more)                                                                                       \
	"{\"annotations\":{\"io.kubernetes.cri.container-type\":\"" type                                      \
	"\",\"io.kubernetes.cri.sandbox-name\":\"web\",\"io.kubernetes.cri.sandbox-namespace\":\"demo\"" more \
	"}}"

static void names_bundles_by_their_annotations(void **state)
{
	struct evidence pieces[] = {
		BUNDLE(
		    "plain",
		    "{\"process\":{\"args\":[\"/app\",\"-x\"],\"cwd\":\"/w\",\"user\":{\"uid\":5,\"gid\":6},"
		    "\"env\":[\"A=1\"]}}"),
		BUNDLE("nerd", "{\"annotations\":{\"nerdctl/name\":\"web\"}}"),
		BUNDLE("c", CRI("container", ",\"io.kubernetes.cri.container-name\":\"app\","
					     "\"io.kubernetes.cri.image-name\":\"lab/app:1\"")),
		BUNDLE("s", CRI("sandbox", "")),
		BUNDLE("nameless", CRI("container", "")),
	};
	static const char configured[] = "user=5:6\0entrypoint=/app\0entrypoint=-x\0workdir=/w\0env=A=1";

	(void)state;
	ask(NULL, pieces, COUNT(pieces));
	assert_int_equal(seen_count, 5);
	assert_string_equal(seen[0].name, "plain");
	assert_int_equal(seen[0].configured_size, sizeof(configured));
	assert_memory_equal(seen[0].configured, configured, sizeof(configured));
	assert_string_equal(seen[1].name, "web");
	assert_string_equal(seen[2].name, "demo/web/app");
	assert_string_equal(seen[2].image, "lab/app:1");
	assert_string_equal(seen[2].id, "c");
	assert_int_equal(seen[2].pid, 7);
	assert_string_equal(seen[3].name, "demo/web/POD");
	assert_string_equal(seen[4].name, "nameless");
}

/* One damaged file hides no other container. */
static void goes_on_after_damage(void **state)
{
	static const char *const damaged[] = { "{",    "[]",
					       "null", "{\"annotations\":7}",
					       "\xff", "{\"annotations\":{\"nerdctl/name\":7}}" };

	(void)state;
	for (size_t i = 0; i < COUNT(damaged); i++) {
		struct evidence pieces[] = { BUNDLE("bad", damaged[i]),
					     BUNDLE("good", "{\"annotations\":{\"nerdctl/name\":\"web\"}}") };

		ask("web", pieces, COUNT(pieces));
		assert_int_equal(seen_count, 1);
		assert_string_equal(seen[0].id, "good");
	}
}

static void encodes_what_it_names(void **state)
{
	struct evidence pieces[] = { BUNDLE("x",
					    "{\"annotations\":{\"nerdctl/name\":\"\\u001b]0;x\\u0007\"}}") };

	(void)state;
	ask(NULL, pieces, COUNT(pieces));
	assert_string_equal(seen[0].name, "\\033]0;x\\007");
}

#define CONTAINERS                                                                             \
	"[{\"id\":\"" ID "\",\"names\":[\"web\"],\"layer\":\"" LAYER                           \
	"\",\"metadata\":\"{\\\"image-name\\\":\\\"localhost/x:1\\\"}\"},"                     \
	"{\"id\":\"b" ID "\",\"names\":[\"k8s_app_web_demo_0-1_0\"],\"layer\":\"../../etc\"}," \
	"{\"id\":\"c\",\"names\":[\"k8s_app_web\"]},{\"id\":7},null]"
#define CONMON(words) piece(EVIDENCE_CONMON, TARGET_PODMAN, ID, 9, words, sizeof(words) - 1)

static struct evidence storage(enum evidence_kind kind, const char *text)
{
	struct evidence made = piece(kind, TARGET_PODMAN, "", 0, text, strlen(text));

	(void)strlcpy(made.place, "/s/overlay", sizeof(made.place));
	return made;
}

static void reads_the_list_of_a_storage(void **state)
{
	struct evidence pieces[] = { storage(EVIDENCE_STORAGE, CONTAINERS),
				     CONMON("conmon\0-c\0" ID "\0-n\0other") };
	static const char layer[] = "/s/overlay/" LAYER;

	(void)state;
	ask(NULL, pieces, COUNT(pieces));
	assert_int_equal(seen_count, 3);
	assert_string_equal(seen[0].name, "web");
	assert_string_equal(seen[0].image, "localhost/x:1");
	assert_int_equal(seen[0].pid, 9);
	assert_int_equal(seen[0].state, SIGHTING_RUNNING);
	assert_int_equal(seen[0].layers_size, sizeof(layer));
	assert_string_equal(seen[0].layers, layer);
	assert_int_equal(seen[1].runtime, TARGET_CRIO);
	assert_string_equal(seen[1].name, "demo/web/app");
	assert_int_equal(seen[1].state, SIGHTING_STOPPED);
	assert_int_equal(seen[1].layers_size, 0);
	assert_string_equal(seen[2].name, "k8s_app_web");
}

/* Whoever has read the id of a container of root's can keep a pid file under it. */
static void believes_pid_files_of_the_owner_alone(void **state)
{
	struct evidence pieces[] = { storage(EVIDENCE_STORAGE, CONTAINERS),
				     CONMON("conmon\0-c\0" ID "\0-n\0other") };

	(void)state;
	pieces[1].owner = 1000;
	ask(NULL, pieces, COUNT(pieces));
	assert_string_equal(seen[0].name, "web");
	assert_int_equal(seen[0].owner, 0);
	assert_int_equal(seen[0].pid, 0);
	assert_int_equal(seen[0].state, SIGHTING_STOPPED);
	/* It is a claim of that user's own. */
	assert_int_equal(seen_count, 4);
	assert_int_equal(seen[3].owner, 1000);
	assert_int_equal(seen[3].pid, 9);
}

/* A monitor's arguments are all there is of a container in another storage directory. */
static void reads_the_arguments_of_monitors(void **state)
{
	static const struct {
		const char *words;
		size_t size;
		const char *name;
	} cases[] = {
		{ "conmon\0-c\0" ID "\0-n\0web\0", sizeof("conmon\0-c\0" ID "\0-n\0web"), "web" },
		{ "conmon\0-n\0web\0-c\0" ID, sizeof("conmon\0-n\0web\0-c\0" ID) - 1, "web" },
		/* Of another container, cut short, or not there any more. */
		{ "conmon\0-c\0x\0-n\0web", sizeof("conmon\0-c\0x\0-n\0web") - 1, ID },
		{ "conmon\0-c\0" ID "\0-n", sizeof("conmon\0-c\0" ID "\0-n") - 1, ID },
		{ "", 0, ID },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct evidence pieces[] = { piece(EVIDENCE_CONMON, TARGET_PODMAN, ID, 9, cases[i].words,
						   cases[i].size) };

		ask(NULL, pieces, COUNT(pieces));
		assert_int_equal(seen_count, 1);
		assert_string_equal(seen[0].name, cases[i].name);
		assert_int_equal(seen[0].pid, 9);
	}
}

static void finds_images_as_users_write_them(void **state)
{
	static const char *const asked[] = { "x", "x:latest", "localhost/x", "localhost/x:latest", ID };
	static const char *const other[] = { "y", "x:1", "ocalhost/x", "0123", "latest" };
	static const char images[] =
	    "[{\"id\":\"" ID "\",\"names\":[\"localhost/x:latest\"],\"layer\":\"" LAYER "\"}]";

	(void)state;
	for (size_t i = 0; i < COUNT(asked); i++) {
		struct evidence pieces[] = { storage(EVIDENCE_STORAGE_IMAGE, images) };

		ask(asked[i], pieces, COUNT(pieces));
		assert_int_equal(seen_count, 1);
		assert_int_equal(seen[0].state, SIGHTING_IMAGE);
		assert_string_equal(seen[0].layers, "/s/overlay/" LAYER);
	}
	for (size_t i = 0; i < COUNT(other); i++) {
		struct evidence pieces[] = { storage(EVIDENCE_STORAGE_IMAGE, images) };

		ask(other[i], pieces, COUNT(pieces));
		assert_int_equal(seen_count, 0);
	}
}

#define TEXT(kind, runtime, id, text) piece(kind, runtime, id, 9, text, sizeof(text) - 1)

static void names_system_containers(void **state)
{
	struct evidence pieces[] = {
		TEXT(EVIDENCE_NAMESPACE, TARGET_LXC, "web-1",
		     "[lxc monitor] /var/lib/my lxc web\0rest of words"),
		TEXT(EVIDENCE_NAMESPACE, TARGET_LXC, "db", ""),
		TEXT(EVIDENCE_NSPAWN, TARGET_NSPAWN, "", "systemd-nspawn\0-q\0--machine=m1\0-D\0/x"),
		TEXT(EVIDENCE_NSPAWN, TARGET_NSPAWN, "", "systemd-nspawn\0-Mm2\0"),
		TEXT(EVIDENCE_NSPAWN, TARGET_NSPAWN, "", "systemd-nspawn\0-D\0/srv/m3\0/app\0"),
		TEXT(EVIDENCE_NSPAWN, TARGET_NSPAWN, "", "systemd-nspawn\0--\0-M\0m4"),
		TEXT(EVIDENCE_NSPAWN, TARGET_NSPAWN, "", "systemd-nspawn\0-M"),
	};
	static const char *const names[] = { "web", "db", "m1", "m2", "m3" };

	(void)state;
	ask(NULL, pieces, COUNT(pieces));
	assert_int_equal(seen_count, COUNT(names));
	for (size_t i = 0; i < COUNT(names); i++)
		assert_string_equal(seen[i].name, names[i]);
}

static void takes_registered_containers_alone(void **state)
{
	static const char *const others[] = { "NAME=web\nCLASS=vm\nLEADER=9\n",
					      "CLASS=host\nLEADER=1\n",
					      "CLASS=container\nLEADER=1\n",
					      "CLASS=container\nLEADER=x\n",
					      "CLASS=container\nXLEADER=9\n",
					      "CLASS=containers\nLEADER=9\n",
					      "LEADER=9\n" };
	static const char text[] = "# no\nNAME=web\nCLASS=container\nLEADER=4121\nNETIF=\n";
	struct evidence good[] = { piece(EVIDENCE_MACHINE, TARGET_NSPAWN, "web", 0, text, strlen(text)) };

	(void)state;
	ask("web", good, 1);
	assert_int_equal(seen_count, 1);
	assert_int_equal(seen[0].pid, 4121);
	for (size_t i = 0; i < COUNT(others); i++) {
		struct evidence pieces[] = { piece(EVIDENCE_MACHINE, TARGET_NSPAWN, "web", 0, others[i],
						   strlen(others[i])) };

		ask("web", pieces, 1);
		assert_int_equal(seen_count, 0);
	}
}

#define DOCKER(state) \
	"{\"Name\":\"/web\",\"State\":{" state "},\"Config\":{\"Image\":\"x:1\",\"Cmd\":[\"/a\"]}}"
#define DOCKER_PIECE(text) piece(EVIDENCE_DOCKER, TARGET_DOCKER, ID, 0, text, strlen(text))

static void reads_what_docker_keeps(void **state)
{
	struct evidence pieces[] = {
		DOCKER_PIECE(DOCKER("\"Running\":true,\"Pid\":12")),
		DOCKER_PIECE(DOCKER("\"Running\":true,\"Paused\":true,\"Pid\":12")),
		DOCKER_PIECE(DOCKER("\"Running\":false,\"Pid\":12")),
		DOCKER_PIECE(DOCKER("\"Running\":true,\"Pid\":4294967308")),
		DOCKER_PIECE(DOCKER("\"Running\":true,\"Pid\":1")),
		DOCKER_PIECE("{"),
	};
	static const enum sighting_state states[] = { SIGHTING_RUNNING, SIGHTING_PAUSED, SIGHTING_STOPPED,
						      SIGHTING_STOPPED, SIGHTING_STOPPED };

	(void)state;
	ask("web", pieces, COUNT(pieces));
	assert_int_equal(seen_count, COUNT(states));
	for (size_t i = 0; i < COUNT(states); i++) {
		assert_int_equal(seen[i].state, states[i]);
		assert_int_equal(seen[i].pid, states[i] == SIGHTING_STOPPED ? 0 : 12);
		assert_string_equal(seen[i].id, ID);
		assert_string_equal(seen[i].image, "x:1");
		assert_string_equal(seen[i].configured, "cmd=/a");
	}
}

static void learns_where_docker_keeps_it(void **state)
{
	static const char text[] =
	    "{\"mounts\":[{\"source\":\"proc\"},{\"source\":7},{\"source\":\"/x/" ID "/hostname/y\"},"
	    "{\"source\":\"/data/containers/" ID "/hostname\"}]}";
	struct evidence pieces[] = { piece(EVIDENCE_DOCKER_BUNDLE, TARGET_DOCKER, ID, 7, text, strlen(text)),
				     piece(EVIDENCE_DOCKER_BUNDLE, TARGET_DOCKER, "other", 7, text,
					   strlen(text)) };

	(void)state;
	ask("web", pieces, COUNT(pieces));
	assert_int_equal(seen_count, 1);
	assert_string_equal(seen[0].layers, "/data/containers");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_bundles_by_their_annotations),
		cmocka_unit_test(goes_on_after_damage),
		cmocka_unit_test(encodes_what_it_names),
		cmocka_unit_test(reads_the_list_of_a_storage),
		cmocka_unit_test(believes_pid_files_of_the_owner_alone),
		cmocka_unit_test(reads_the_arguments_of_monitors),
		cmocka_unit_test(finds_images_as_users_write_them),
		cmocka_unit_test(names_system_containers),
		cmocka_unit_test(takes_registered_containers_alone),
		cmocka_unit_test(reads_what_docker_keeps),
		cmocka_unit_test(learns_where_docker_keeps_it),
	};

	return cmocka_run_group_tests_name("claims", tests, NULL, NULL);
}
