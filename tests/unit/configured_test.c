/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-target/configured.c"

#include "unit.h"

static struct sighting seen;

#define assert_configured(literal)                                                  \
	do {                                                                        \
		assert_int_equal(seen.configured_size, sizeof(literal) - 1);        \
		assert_memory_equal(seen.configured, literal, sizeof(literal) - 1); \
	} while (0)

static void image(const char *text)
{
	json_t *config = json_loads(text, 0, NULL);

	assert_non_null(config);
	configured_from_image(&seen, config);
	json_decref(config);
}

static void process(const char *text)
{
	json_t *object = json_loads(text, 0, NULL);

	assert_non_null(object);
	configured_from_spec(&seen, object);
	json_decref(object);
}

static void takes_an_image(void **state)
{
	(void)state;
	image(
	    "{\"Env\":[\"A=b\",\"C\"],\"Cmd\":[\"x\",\"\"],\"Entrypoint\":[\"/a\"],\"User\":\"u\",\"WorkingDir\":\"/w\","
	    "\"StopSignal\":\"SIGINT\"}");
	assert_configured(
	    "entrypoint=/a\0cmd=x\0cmd=\0user=u\0workdir=/w\0stopsignal=SIGINT\0env=A=b\0env=C\0");
	image("{\"Env\":null,\"Cmd\":{\"a\":1},\"Entrypoint\":[1,[\"x\"],\"y\"],\"User\":7}");
	assert_configured("entrypoint=y\0");
	configured_from_image(&seen, NULL);
	assert_int_equal(seen.configured_size, 0);
}

static void takes_a_process(void **state)
{
	(void)state;
	process("{\"process\":{\"args\":[\"/a\",\"x\"],\"cwd\":\"/w\",\"env\":[\"A=b\"],"
		"\"user\":{\"uid\":65532,\"gid\":7}}}");
	assert_configured("user=65532:7\0entrypoint=/a\0entrypoint=x\0workdir=/w\0env=A=b\0");
	process("{\"process\":{\"args\":\"/a\",\"user\":{\"uid\":\"0\",\"gid\":0}}}");
	assert_configured("entrypoint=/a\0");
	configured_from_spec(&seen, NULL);
	assert_int_equal(seen.configured_size, 0);
}

static int find(const char *key, char *value, size_t capacity)
{
	return sighting_find_label(&seen, key, strlen(key), value, capacity);
}

static void finds_labels(void **state)
{
	char value[64];

	(void)state;
	image("{\"Labels\":{\"team\":\"web\",\"a\":1,\"b=c\":\"d\",\"esc\":\"x\\u001by\",\"e\":\"\"}}");
	assert_configured("label=team=web\0label=esc=x\033y\0label=e=\0");
	assert_int_equal(find("team", value, sizeof(value)), 1);
	assert_string_equal(value, "web");
	assert_int_equal(find("esc", value, sizeof(value)), 1);
	assert_string_equal(value, "x\\033y");
	assert_int_equal(find("e", value, sizeof(value)), 1);
	assert_string_equal(value, "");
	assert_int_equal(find("tea", value, sizeof(value)), 0);
	assert_int_equal(find("teams", value, sizeof(value)), 0);
	assert_int_equal(find("b", value, sizeof(value)), 0);
	/* Too long to be compared as a whole. */
	assert_int_equal(find("team", value, 12), -1);
	process("{\"annotations\":{\"team\":\"db\"}}");
	assert_int_equal(find("team", value, sizeof(value)), 1);
	assert_string_equal(value, "db");
	/* Not told at all. */
	memset(&seen, 0, offsetof(struct sighting, configured));
	assert_int_equal(find("team", value, sizeof(value)), -1);
}

/* One that is missing may have been the one. */
static void a_label_that_did_not_fit_is_not_known(void **state)
{
	static char text[SIGHTING_CONFIGURED_MAX];
	char value[64];
	json_t *config;

	(void)state;
	memset(text, 'A', sizeof(text) - 64);
	config = json_pack("{s:[s],s:{s:s,s:s}}", "Env", text, "Labels", "a", "1", "long",
			   "0123456789012345678901234567890123456789");
	assert_non_null(config);
	configured_from_image(&seen, config);
	json_decref(config);
	assert_int_equal(find("a", value, sizeof(value)), 1);
	assert_int_equal(find("long", value, sizeof(value)), -1);
	assert_int_equal(find("other", value, sizeof(value)), -1);
}

/* Around the limit, byte by byte: records are whole, and it is said if one is missing. */
static void keeps_records_whole(void **state)
{
	static char text[SIGHTING_CONFIGURED_MAX + 64];

	(void)state;
	for (size_t size = SIGHTING_CONFIGURED_MAX - 40; size < SIGHTING_CONFIGURED_MAX; size++) {
		size_t room = SIGHTING_CONFIGURED_MAX - sizeof("incomplete=1");
		size_t needed = strlen("env=") + size + 1 + sizeof("env=B");
		json_t *config;

		memset(text, 'A', size);
		text[size] = '\0';
		config = json_pack("{s:[s,s]}", "Env", text, "B");
		assert_non_null(config);
		configured_from_image(&seen, config);
		json_decref(config);
		assert_true(seen.configured_size <= sizeof(seen.configured));
		assert_int_equal(seen.configured[seen.configured_size - 1], '\0');
		assert_int_equal(strcmp(seen.configured + seen.configured_size - sizeof("incomplete=1"),
					"incomplete=1") == 0,
				 needed > room);
		if (needed <= room)
			assert_int_equal(seen.configured_size, needed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_an_image),
		cmocka_unit_test(takes_a_process),
		cmocka_unit_test(finds_labels),
		cmocka_unit_test(a_label_that_did_not_fit_is_not_known),
		cmocka_unit_test(keeps_records_whole),
	};

	return cmocka_run_group_tests_name("configured", tests, NULL, NULL);
}
