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
	configured_from_process(&seen, object);
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
	process(
	    "{\"args\":[\"/a\",\"x\"],\"cwd\":\"/w\",\"env\":[\"A=b\"],\"user\":{\"uid\":65532,\"gid\":7}}");
	assert_configured("user=65532:7\0entrypoint=/a\0entrypoint=x\0workdir=/w\0env=A=b\0");
	process("{\"args\":\"/a\",\"user\":{\"uid\":\"0\",\"gid\":0}}");
	assert_configured("entrypoint=/a\0");
	configured_from_process(&seen, NULL);
	assert_int_equal(seen.configured_size, 0);
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
		cmocka_unit_test(keeps_records_whole),
	};

	return cmocka_run_group_tests_name("configured", tests, NULL, NULL);
}
