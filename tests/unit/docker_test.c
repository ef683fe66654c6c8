/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-target/docker.c"

#include "unit.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ANSWER(id, name, state) \
	"{\"Id\":" id ",\"Name\":" name ",\"State\":{" state "},\"Config\":{\"Image\":\"nginx:1\"}}"
#define RUNNING(pid) "\"Running\":true,\"Status\":\"running\",\"Pid\":" pid
#define WITH_PID(pid) ANSWER("\"" ID "\"", "\"/web\"", RUNNING(pid))

static struct sighting seen;
static struct fail why;

static int inspect(const char *body, const char *name)
{
	memset(&seen, 0, sizeof(seen));
	why = (struct fail){ 0 };
	return docker_parse_inspect(&seen, body, strlen(body), name, &why);
}

static void knows_names(void **state)
{
	static const char *const good[] = { "a", "web", "web-1_a.B", "0123456789ab", "A.", "a--" };
	static const char *const bad[] = {
		"",    "-web", ".web",	     "_x",	 "/web",  "a/b", "a b", "a\n",
		"a?b", "a%2f", "a\r\nHost:", "\xc3\xa9", "a\033", "..",	 "a#",
	};
	char long_name[300];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(docker_is_name(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(docker_is_name(bad[i]));
	memset(long_name, 'a', sizeof(long_name));
	long_name[255] = '\0';
	assert_true(docker_is_name(long_name));
	long_name[255] = 'a';
	long_name[256] = '\0';
	assert_false(docker_is_name(long_name));
}

static void takes_the_right_answer(void **state)
{
	static const char *const asked[] = { "web", "0", "0123456789ab", ID };

	(void)state;
	for (size_t i = 0; i < COUNT(asked); i++) {
		assert_int_equal(inspect(WITH_PID("4121"), asked[i]), 0);
		assert_int_equal(seen.pid, 4121);
		assert_string_equal(seen.id, ID);
		assert_string_equal(seen.name, "web");
		assert_string_equal(seen.image, "nginx:1");
		assert_int_equal(seen.state, SIGHTING_RUNNING);
	}
	assert_int_equal(inspect(WITH_PID("2147483647"), "web"), 0);
	assert_int_equal(seen.pid, INT32_MAX);
	assert_int_equal(inspect(ANSWER("\"" ID "\"", "\"web\"", RUNNING("2") ",\"Paused\":true"), "web"), 0);
	assert_int_equal(seen.state, SIGHTING_PAUSED);
	assert_int_equal(
	    inspect("{\"Id\":\"" ID "\",\"Name\":\"/web\",\"State\":{" RUNNING("7") "}} \n", "web"), 0);
	assert_string_equal(seen.image, "");
}

static void refuses_other_pids(void **state)
{
	static const char *const out_of_range[] = {
		WITH_PID("0"),
		WITH_PID("1"),
		WITH_PID("-1"),
		WITH_PID("-4121"),
		WITH_PID("2147483648"),
		WITH_PID("4294967297"),
		WITH_PID("9223372036854775807"),
	};
	static const char *const no_integer[] = {
		WITH_PID("\"12\""), WITH_PID("12.0"),
		WITH_PID("1e2"),    WITH_PID("null"),
		WITH_PID("true"),   WITH_PID("[12]"),
		WITH_PID("{}"),	    ANSWER("\"" ID "\"", "\"/web\"", "\"Running\":true"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(out_of_range); i++) {
		assert_int_equal(inspect(out_of_range[i], "web"), -1);
		assert_failed(why, FAIL_TOOL, "Docker gave no usable process id for container `web`");
		assert_int_equal(seen.pid, 0);
	}
	for (size_t i = 0; i < COUNT(no_integer); i++) {
		assert_int_equal(inspect(no_integer[i], "web"), -1);
		assert_failed(why, FAIL_TOOL, "Docker's answer about `web` lacks its id, name, state or pid");
		assert_int_equal(seen.pid, 0);
	}
}

static void refuses_what_is_not_json(void **state)
{
	static const char *const cases[] = {
		"",
		" ",
		"{",
		"nonsense",
		"\xff",
		WITH_PID("NaN"),
		WITH_PID("Infinity"),
		WITH_PID("-"),
		WITH_PID("0x10"),
		WITH_PID("12,"),
		WITH_PID("012"),
		WITH_PID("12") "x",
		WITH_PID("12") WITH_PID("12"),
		WITH_PID("12,\"Pid\":13"),
		WITH_PID("12,\"Pid\":12"),
		WITH_PID("99999999999999999999"),
		"{\"Id\":\"a\\u0000b\"}",
		"{\"Id\":\"\xff\"}",
		"{\"Id\":'x'}",
		"{Id:1}",
		"{\"a\":1,\"a\":2}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(inspect(cases[i], "web"), -1);
		assert_failed(why, FAIL_TOOL, "Docker's answer about `web` is not valid JSON");
	}
}

static void refuses_other_shapes(void **state)
{
	static const char *const cases[] = {
		"{}",
		"[]",
		"[" WITH_PID("12") "]",
		ANSWER("null", "\"/web\"", RUNNING("12")),
		ANSWER("\"0123\"", "\"/web\"", RUNNING("12")),
		ANSWER("\"" ID "0\"", "\"/web\"", RUNNING("12")),
		ANSWER("\"Z123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"", "\"/web\"",
		       RUNNING("12")),
		ANSWER("\"0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\"", "\"/web\"",
		       RUNNING("12")),
		ANSWER("\"" ID "\"", "null", RUNNING("12")),
		ANSWER("\"" ID "\"", "[\"/web\"]", RUNNING("12")),
		ANSWER("\"" ID "\"", "\"/web\"", "\"Running\":\"true\",\"Pid\":12"),
		ANSWER("\"" ID "\"", "\"/web\"", "\"Running\":1,\"Pid\":12"),
		ANSWER("\"" ID "\"", "\"/web\"", "\"Pid\":12"),
		"{\"Id\":\"" ID "\",\"Name\":\"/web\",\"State\":\"running\"}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(inspect(cases[i], "web"), -1);
		assert_failed(why, FAIL_TOOL, "Docker's answer about `web` lacks its id, name, state or pid");
	}
}

/* Far deeper than any stack: must be refused by the parser's own limit. */
static void refuses_deep_nesting(void **state)
{
	enum { DEPTH = 1000000 };
	char *body = malloc(DEPTH + 1);

	(void)state;
	assert_non_null(body);
	memset(body, '[', DEPTH);
	body[DEPTH] = '\0';
	assert_int_equal(inspect(body, "web"), -1);
	assert_failed(why, FAIL_TOOL, "Docker's answer about `web` is not valid JSON");
	free(body);
}

static void refuses_another_container(void **state)
{
	static const char *const asked[] = { "api", "web2", "we", "1", "0123456789abd", ID "0", "WEB" };

	(void)state;
	for (size_t i = 0; i < COUNT(asked); i++) {
		assert_int_equal(inspect(WITH_PID("12"), asked[i]), -1);
		assert_int_equal(why.status, FAIL_TOOL);
		assert_non_null(strstr(why.text, "Docker answered about another container than"));
	}
}

#define STOPPED(driver) \
	"{\"Id\":\"" ID \
	"\",\"Name\":\"/web\",\"State\":{\"Running\":false,\"Pid\":0},\"GraphDriver\":" driver "}"

/* The records are exactly these bytes; the literal's own NUL ends the last one. */
#define assert_layers(literal)                                              \
	do {                                                                \
		assert_int_equal(seen.layers_size, sizeof(literal));        \
		assert_memory_equal(seen.layers, literal, sizeof(literal)); \
	} while (0)

static void knows_what_is_at_rest(void **state)
{
	static const char *const at_rest[] = {
		ANSWER("\"" ID "\"", "\"/web\"", "\"Running\":false,\"Status\":\"exited\",\"Pid\":0"),
		ANSWER("\"" ID "\"", "\"/web\"", "\"Running\":true,\"Restarting\":true,\"Pid\":12"),
		ANSWER("\"" ID "\"", "\"/web\"", "\"Running\":false,\"Pid\":12"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(at_rest); i++) {
		assert_int_equal(inspect(at_rest[i], "web"), 0);
		assert_int_equal(seen.state, SIGHTING_STOPPED);
		assert_int_equal(seen.pid, 0);
		assert_int_equal(seen.layers_size, 0);
	}
}

static void lists_layers_uppermost_first(void **state)
{
	(void)state;
	assert_int_equal(inspect(STOPPED("{\"Data\":{\"UpperDir\":\"/d/3/diff\",\"LowerDir\":"
					 "\"/d/3-init/diff:/d/2/diff:/d/1/diff\"}}"),
				 "web"),
			 0);
	assert_layers("/d/3/diff\0/d/3-init/diff\0/d/2/diff\0/d/1/diff");
	assert_int_equal(inspect(STOPPED("{\"Data\":{\"UpperDir\":\"/d/1/diff\"}}"), "web"), 0);
	assert_layers("/d/1/diff");
}

/* A root that lacks a layer is another root: all or none. */
static void takes_no_part_of_the_layers(void **state)
{
	static const char *const cases[] = {
		STOPPED("null"),
		STOPPED("{\"Data\":null}"),
		STOPPED("{\"Data\":{\"UpperDir\":\"\"}}"),
		STOPPED("{\"Data\":{\"UpperDir\":\"d/1/diff\"}}"),
		STOPPED("{\"Data\":{\"UpperDir\":7,\"LowerDir\":\"/d/1/diff\"}}"),
		STOPPED("{\"Data\":{\"LowerDir\":\"/d/1/diff\"}}"),
		STOPPED("{\"Data\":{\"UpperDir\":\"/d/2/diff\",\"LowerDir\":\"/d/1/diff::/d/0/diff\"}}"),
		STOPPED("{\"Data\":{\"UpperDir\":\"/d/2/diff\",\"LowerDir\":\"l/1\"}}"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(inspect(cases[i], "web"), 0);
		assert_int_equal(seen.layers_size, 0);
	}
}

static void takes_images(void **state)
{
	static const char body[] =
	    "{\"Id\":\"sha256:" ID "\",\"RepoTags\":[\"web:1\"],\"GraphDriver\":{\"Data\":"
	    "{\"UpperDir\":\"/d/1/diff\"}},\"Config\":{\"Cmd\":[\"/a\"]}}";

	(void)state;
	memset(&seen, 0, sizeof(seen));
	why = (struct fail){ 0 };
	assert_int_equal(docker_parse_image(&seen, body, strlen(body), "web:1", &why), 0);
	assert_int_equal(seen.state, SIGHTING_IMAGE);
	assert_string_equal(seen.id, ID);
	assert_string_equal(seen.image, "web:1");
	assert_layers("/d/1/diff");
	assert_int_equal(docker_parse_image(&seen, "{}", 2, "web:1", &why), -1);
	assert_failed(why, FAIL_TOOL, "Docker's answer about image `web:1` lacks its id");
}

static void encodes_hostile_names(void **state)
{
	char body[4096];
	char name[1001];

	(void)state;
	assert_int_equal(inspect("{\"Id\":\"" ID "\",\"Name\":\"/\\u001b]0;x\\u0007\\n\",\"State\":{" RUNNING(
				     "12") "},"
					   "\"Config\":{\"Image\":\"\\u001b[31m\"}}",
				 "0123"),
			 0);
	assert_string_equal(seen.name, "\\033]0;x\\007\\012");
	assert_string_equal(seen.image, "\\033[31m");
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	(void)snprintf(body, sizeof(body),
		       "{\"Id\":\"" ID
		       "\",\"Name\":\"/%s\",\"State\":{" RUNNING("12") "},"
								       "\"Config\":{\"Image\":\"%s\"}}",
		       name, name);
	assert_int_equal(inspect(body, "0123"), 0);
	assert_int_equal(strlen(seen.name), sizeof(seen.name) - 1);
	assert_int_equal(strlen(seen.image), sizeof(seen.image) - 1);
}

static int configure(const char *config)
{
	char body[3 * SIGHTING_CONFIGURED_MAX];

	assert_true((size_t)snprintf(body, sizeof(body),
				     "{\"Id\":\"" ID
				     "\",\"Name\":\"/web\",\"State\":{" RUNNING("7") "},\"Config\":%s}",
				     config) < sizeof(body));
	return inspect(body, "web");
}

/* The records are exactly these bytes; the literal's own NUL ends the last one. */
#define assert_configured(literal)                                              \
	do {                                                                    \
		assert_int_equal(seen.configured_size, sizeof(literal));        \
		assert_memory_equal(seen.configured, literal, sizeof(literal)); \
	} while (0)

static void carries_what_docker_was_told_to_start(void **state)
{
	(void)state;
	assert_int_equal(
	    configure("{\"Entrypoint\":[\"/a\",\"b c\"],\"Cmd\":[\"\",\"x=y\\nz\"],\"User\":\"u:g\","
		      "\"WorkingDir\":\"/w\",\"StopSignal\":\"SIGINT\",\"Env\":[\"A=1\",\"B=\"]}"),
	    0);
	assert_configured(
	    "entrypoint=/a\0entrypoint=b c\0cmd=\0cmd=x=y\nz\0user=u:g\0workdir=/w\0stopsignal=SIGINT\0"
	    "env=A=1\0env=B=");
	assert_int_equal(configure("{\"Entrypoint\":\"/a\",\"Cmd\":null}"), 0);
	assert_configured("entrypoint=/a");
}

static void takes_odd_settings_for_none(void **state)
{
	static const char *const odd[] = { "null",
					   "{}",
					   "[]",
					   "{\"Entrypoint\":null,\"Cmd\":null,\"Env\":null,\"User\":null}",
					   "{\"Entrypoint\":7,\"Cmd\":{\"a\":\"b\"},\"Env\":true}",
					   "{\"Cmd\":[1,null,[\"x\"],{}]}" };

	(void)state;
	for (size_t i = 0; i < COUNT(odd); i++)
		if (configure(odd[i]) == 0)
			assert_int_equal(seen.configured_size, 0);
}

static void marks_what_does_not_fit(void **state)
{
	char config[2 * SIGHTING_CONFIGURED_MAX];
	size_t used =
	    (size_t)snprintf(config, sizeof(config), "{\"Cmd\":[\"/a\"],\"Env\":[\"FIRST=1\",\"LONG=");

	(void)state;
	memset(config + used, 'x', SIGHTING_CONFIGURED_MAX);
	used += SIGHTING_CONFIGURED_MAX;
	(void)snprintf(config + used, sizeof(config) - used, "\",\"LAST=1\"]}");
	assert_int_equal(configure(config), 0);
	assert_configured("cmd=/a\0env=FIRST=1\0env=LAST=1\0incomplete=1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_names),
		cmocka_unit_test(takes_the_right_answer),
		cmocka_unit_test(refuses_other_pids),
		cmocka_unit_test(refuses_what_is_not_json),
		cmocka_unit_test(refuses_other_shapes),
		cmocka_unit_test(refuses_deep_nesting),
		cmocka_unit_test(refuses_another_container),
		cmocka_unit_test(knows_what_is_at_rest),
		cmocka_unit_test(lists_layers_uppermost_first),
		cmocka_unit_test(takes_no_part_of_the_layers),
		cmocka_unit_test(takes_images),
		cmocka_unit_test(encodes_hostile_names),
		cmocka_unit_test(carries_what_docker_was_told_to_start),
		cmocka_unit_test(takes_odd_settings_for_none),
		cmocka_unit_test(marks_what_does_not_fit),
	};

	return cmocka_run_group_tests_name("docker", tests, NULL, NULL);
}
