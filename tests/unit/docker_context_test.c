/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/1-request/docker_context.c"

#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>

static char *tree;
static char path[DOCKER_SOCKET_MAX];
static struct fail why;

static int make(void **state)
{
	(void)state;
	tree = unit_make_tree();
	why = (struct fail){ 0 };
	(void)unsetenv("DOCKER_HOST");
	(void)unsetenv("DOCKER_CONTEXT");
	(void)unsetenv("HOME");
	return setenv("DOCKER_CONFIG", tree, 1);
}

static int unmake(void **state)
{
	(void)state;
	unit_remove_tree(tree);
	return 0;
}

static void write_config(const char *text)
{
	unit_write(tree, "config.json", text, strlen(text));
}

static void write_context(const char *name, const char *text)
{
	char digest[SHA256_DIGEST_STRING_LENGTH];
	char below[256];

	assert_non_null(SHA256Data((const uint8_t *)name, strlen(name), digest));
	(void)snprintf(below, sizeof(below), "%s/contexts", tree);
	(void)mkdir(below, 0700);
	(void)snprintf(below, sizeof(below), "%s/contexts/meta", tree);
	(void)mkdir(below, 0700);
	(void)snprintf(below, sizeof(below), "%s/contexts/meta/%s", tree, digest);
	(void)mkdir(below, 0700);
	unit_write(below, "meta.json", text, strlen(text));
}

static void expect_usual(void)
{
	why = (struct fail){ 0 };
	assert_int_equal(docker_context_find(path, "web", &why), DOCKER_CONTEXT_USUAL);
	assert_string_equal(why.text, "");
}

static void expect_remote(const char *sentence)
{
	why = (struct fail){ 0 };
	assert_int_equal(docker_context_find(path, "web", &why), DOCKER_CONTEXT_REMOTE);
	assert_failed(why, FAIL_TOOL, sentence);
}

static void expect_socket(const char *expected)
{
	assert_int_equal(docker_context_find(path, "web", &why), DOCKER_CONTEXT_SOCKET);
	assert_string_equal(path, expected);
}

static void nothing_is_named(void **state)
{
	(void)state;
	expect_usual();
	assert_int_equal(unsetenv("DOCKER_CONFIG"), 0);
	expect_usual();
	assert_int_equal(setenv("HOME", "/nonexistent", 1), 0);
	expect_usual();
	assert_int_equal(setenv("DOCKER_HOST", "", 1), 0);
	assert_int_equal(setenv("DOCKER_CONTEXT", "", 1), 0);
	assert_int_equal(setenv("DOCKER_CONFIG", "", 1), 0);
	expect_usual();
	assert_int_equal(setenv("DOCKER_CONTEXT", "default", 1), 0);
	expect_usual();
	assert_int_equal(setenv("DOCKER_HOST", "unix://", 1), 0);
	expect_usual();
}

static void host_wins_over_context(void **state)
{
	char digest[SHA256_DIGEST_STRING_LENGTH];

	(void)state;
	write_config("{\"currentContext\":\"other\"}");
	/* As coreutils' sha256sum has it for this name. */
	assert_string_equal(SHA256Data((const uint8_t *)"other", 5, digest),
			    "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa");
	write_context("other", "{\"Endpoints\":{\"docker\":{\"Host\":\"unix:///run/other.sock\"}}}");
	write_context("third", "{\"Endpoints\":{\"docker\":{\"Host\":\"unix:///run/third.sock\"}}}");
	expect_socket("/run/other.sock");
	assert_int_equal(setenv("DOCKER_CONTEXT", "third", 1), 0);
	expect_socket("/run/third.sock");
	assert_int_equal(setenv("DOCKER_CONTEXT", "default", 1), 0);
	expect_usual();
	assert_int_equal(setenv("DOCKER_HOST", "unix:///run/host.sock", 1), 0);
	expect_socket("/run/host.sock");
}

static void below_home(void **state)
{
	char below[256];

	(void)state;
	assert_int_equal(unsetenv("DOCKER_CONFIG"), 0);
	assert_int_equal(setenv("HOME", tree, 1), 0);
	(void)snprintf(below, sizeof(below), "%s/.docker", tree);
	assert_int_equal(mkdir(below, 0700), 0);
	unit_write(below, "config.json", "{\"currentContext\":\"gone\"}", 25);
	expect_remote(
	    "Docker's context `gone` does not exist or its file is damaged; `docker context ls` shows "
	    "what there is");
}

static void other_hosts(void **state)
{
	static const char *const advised[][2] = {
		{ "ssh://me@far", "ssh -t me@far debug web" },
		{ "ssh://far/", "ssh -t far debug web" },
		{ "ssh://far:2222/run/docker.sock", "ssh -t -p 2222 far debug web" },
	};
	static const char *const strange[] = {
		"ssh://",
		"ssh://-oProxyCommand=x",
		"ssh://a;b",
		"ssh://far:x",
		"ssh://far:0",
		"ssh://far:99999",
		"ssh://far:1234567890",
		"ssh://$(id)",
		"ssh://[::1]",
		"tcp://far:2376",
		"npipe:////./pipe/docker",
		"/run/docker.sock",
	};
	char sentence[1020];

	(void)state;
	for (size_t i = 0; i < COUNT(advised); i++) {
		assert_int_equal(setenv("DOCKER_HOST", advised[i][0], 1), 0);
		(void)snprintf(sentence, sizeof(sentence),
			       "DOCKER_HOST names the Docker of another host, `%s`; run `debug` there: `%s`",
			       advised[i][0], advised[i][1]);
		expect_remote(sentence);
	}
	for (size_t i = 0; i < COUNT(strange); i++) {
		assert_int_equal(setenv("DOCKER_HOST", strange[i], 1), 0);
		(void)snprintf(
		    sentence, sizeof(sentence),
		    "DOCKER_HOST names a Docker that is not on a socket of this host, `%s`; run `debug` "
		    "on its host",
		    strange[i]);
		expect_remote(sentence);
	}
	assert_int_equal(setenv("DOCKER_HOST", "tcp://\033[31m", 1), 0);
	expect_remote(
	    "DOCKER_HOST names a Docker that is not on a socket of this host, `tcp://\\033[31m`; run `debug` "
	    "on its host");
	assert_int_equal(setenv("DOCKER_HOST", "ssh://far", 1), 0);
	why = (struct fail){ 0 };
	assert_int_equal(docker_context_find(path, "web; reboot", &why), DOCKER_CONTEXT_REMOTE);
	assert_null(strstr(why.text, "reboot"));
}

static void paths_that_cannot_be(void **state)
{
	char longest[7 + DOCKER_SOCKET_MAX + 1] = "unix:///";

	(void)state;
	assert_int_equal(setenv("DOCKER_HOST", "unix://run/docker.sock", 1), 0);
	expect_remote("DOCKER_HOST names a socket that cannot be: its path is not absolute");
	memset(longest + 8, 'x', DOCKER_SOCKET_MAX - 2);
	assert_int_equal(setenv("DOCKER_HOST", longest, 1), 0);
	expect_socket(longest + 7);
	longest[7 + DOCKER_SOCKET_MAX - 1] = 'x';
	assert_int_equal(setenv("DOCKER_HOST", longest, 1), 0);
	expect_remote("DOCKER_HOST names a socket that cannot be: its path is too long");
}

static void damaged_configurations_warn(void **state)
{
	static const char *const damaged[] = {
		"",
		"{",
		"[]",
		"\"x\"",
		"null",
		"{\"currentContext\":1}",
		"{\"currentContext\":[\"a\"]}",
		"\xff\xfe",
		"{\"currentContext\":\"a\\u0000b\"}",
	};
	char deep[3000];
	char longest[600];
	char sentence[512];

	(void)state;
	(void)snprintf(sentence, sizeof(sentence),
		       "`%s/config.json` is damaged or cannot be read; the usual Docker is asked", tree);
	for (size_t i = 0; i < COUNT(damaged); i++) {
		write_config(damaged[i]);
		why = (struct fail){ 0 };
		assert_int_equal(docker_context_find(path, "web", &why), DOCKER_CONTEXT_WARNING);
		assert_failed(why, FAIL_TOOL, sentence);
	}
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	write_config(deep);
	assert_int_equal(docker_context_find(path, "web", &why), DOCKER_CONTEXT_WARNING);
	(void)snprintf(longest, sizeof(longest), "{\"currentContext\":\"%0300d\"}", 0);
	write_config(longest);
	assert_int_equal(docker_context_find(path, "web", &why), DOCKER_CONTEXT_WARNING);
	write_config("{\"currentContext\":null,\"auths\":{}}");
	expect_usual();
	write_config("{\"auths\":{}}");
	expect_usual();
}

static void neither_fifos_nor_large_files_are_read(void **state)
{
	const int before = unit_count_fds();
	char file[256];

	(void)state;
	(void)snprintf(file, sizeof(file), "%s/config.json", tree);
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_int_equal(docker_context_find(path, "web", &why), DOCKER_CONTEXT_WARNING);
	assert_int_equal(unlink(file), 0);
	write_config("{\"currentContext\":\"x\"}");
	assert_int_equal(truncate(file, FILE_MAX + 1), 0);
	assert_int_equal(docker_context_find(path, "web", &why), DOCKER_CONTEXT_WARNING);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(mkdir(file, 0700), 0);
	assert_int_equal(docker_context_find(path, "web", &why), DOCKER_CONTEXT_WARNING);
	assert_int_equal(unit_count_fds(), before);
}

static void damaged_contexts(void **state)
{
	static const char *const damaged[] = {
		"",
		"[]",
		"{}",
		"{\"Endpoints\":1}",
		"{\"Endpoints\":{\"docker\":[]}}",
		"{\"Endpoints\":{\"docker\":{\"Host\":7}}}",
	};

	(void)state;
	assert_int_equal(setenv("DOCKER_CONTEXT", "re mote", 1), 0);
	for (size_t i = 0; i < COUNT(damaged); i++) {
		write_context("re mote", damaged[i]);
		expect_remote(
		    "Docker's context `re mote` does not exist or its file is damaged; `docker context ls` "
		    "shows what there is");
	}
	write_context("re mote", "{\"Endpoints\":{\"docker\":{\"Host\":\"\"}}}");
	expect_usual();
	/* A name is never a path. */
	assert_int_equal(setenv("DOCKER_CONTEXT", "../../etc\n", 1), 0);
	expect_remote(
	    "Docker's context `../../etc\\012` does not exist or its file is damaged; `docker context ls` "
	    "shows what there is");
}

static int apply(struct request *request)
{
	why = (struct fail){ 0 };
	request->docker_socket = NULL;
	return docker_context_apply(request, path, &why);
}

static void matters_only_to_who_asks_docker(void **state)
{
	struct request request = { .action = REQUEST_SESSION, .target = "web", .is_quiet = true };

	(void)state;
	assert_int_equal(setenv("DOCKER_HOST", "ssh://far", 1), 0);
	assert_int_equal(apply(&request), 0);
	assert_null(request.docker_socket);
	request.target = "docker://web";
	assert_int_equal(apply(&request), -1);
	assert_failed(why, FAIL_TOOL,
		      "DOCKER_HOST names the Docker of another host, `ssh://far`; run `debug` there: "
		      "`ssh -t far debug web`");
	request.target = "web";
	request.runtime = "docker";
	assert_int_equal(apply(&request), -1);
	request.runtime = "podman";
	assert_int_equal(apply(&request), 0);
	request = (struct request){ .action = REQUEST_LS, .runtime = "docker" };
	assert_int_equal(apply(&request), -1);
	assert_non_null(strstr(why.text, "`ssh -t far debug ls`"));
	assert_int_equal(setenv("DOCKER_HOST", "unix:///run/mine.sock", 1), 0);
	assert_int_equal(apply(&request), 0);
	assert_string_equal(request.docker_socket, "/run/mine.sock");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_named, make, unmake),
		cmocka_unit_test_setup_teardown(host_wins_over_context, make, unmake),
		cmocka_unit_test_setup_teardown(below_home, make, unmake),
		cmocka_unit_test_setup_teardown(other_hosts, make, unmake),
		cmocka_unit_test_setup_teardown(paths_that_cannot_be, make, unmake),
		cmocka_unit_test_setup_teardown(damaged_configurations_warn, make, unmake),
		cmocka_unit_test_setup_teardown(neither_fifos_nor_large_files_are_read, make, unmake),
		cmocka_unit_test_setup_teardown(damaged_contexts, make, unmake),
		cmocka_unit_test_setup_teardown(matters_only_to_who_asks_docker, make, unmake),
	};

	return cmocka_run_group_tests_name("docker_context", tests, NULL, NULL);
}
