/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/8-list/show.c"

#include "unit.h"

#include <bsd/string.h>
#include <jansson.h>

static char *text;
static size_t size;
static FILE *out;

static int make(void **state)
{
	(void)state;
	out = open_memstream(&text, &size);
	return out == NULL ? -1 : 0;
}

static int unmake(void **state)
{
	(void)state;
	free(text);
	return 0;
}

static const struct list_entry running = {
	.state = SIGHTING_RUNNING,
	.writable = LIST_NO,
	.shell = LIST_YES,
	.pid = 17,
	.uid = 4294967294,
	.up_seconds = 12,
	.owner = 1000,
	.runtime = "containerd",
	.id = "abc",
	.scope = "k8s.io",
	.name = "shop/web/app",
	.image = "docs/shop:2.3",
};

static void json_has_every_field(void **state)
{
	struct list_entry all[] = { running };
	const struct listing listing = { .all = all, .count = 1 };

	(void)state;
	print_json(out, &listing);
	(void)fclose(out);
	assert_string_equal(
	    text,
	    "[{\"runtime\":\"containerd\",\"name\":\"shop/web/app\",\"id\":\"abc\",\"scope\":\"k8s.io\","
	    "\"target\":\"containerd://k8s.io/abc\",\"image\":\"docs/shop:2.3\",\"state\":\"running\",\"pid\":17,"
	    "\"up_seconds\":12,\"uid\":4294967294,\"owner\":1000,\"root\":\"ro\",\"shell\":true}]\n");
}

static void json_says_null_of_what_is_not_known(void **state)
{
	struct list_entry all[] = { running };
	const struct listing listing = { .all = all, .count = 1 };
	json_t *root;

	(void)state;
	all[0].state = SIGHTING_STOPPED;
	all[0].pid = 0;
	all[0].writable = LIST_UNKNOWN;
	all[0].shell = LIST_UNKNOWN;
	print_json(out, &listing);
	(void)fclose(out);
	root = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	for (const char *const *key =
		 (const char *const[]){ "pid", "up_seconds", "uid", "root", "shell", NULL };
	     *key != NULL; key++)
		assert_true(json_is_null(json_object_get(json_array_get(root, 0), *key)));
	assert_string_equal(json_string_value(json_object_get(json_array_get(root, 0), "state")), "stopped");
	json_decref(root);
}

/* Every byte that encoded text can have, in every text. */
static void json_survives_every_text(void **state)
{
	struct list_entry all[] = { running, running };
	const struct listing listing = { .all = all, .count = 2 };
	char every[96];
	json_t *root;

	(void)state;
	for (int i = 0; i < 95; i++)
		every[i] = (char)(' ' + i);
	every[95] = '\0';
	(void)strlcpy(all[1].name, every, sizeof(all[1].name));
	(void)strlcpy(all[1].image, every, sizeof(all[1].image));
	(void)strlcpy(all[1].id, every, sizeof(all[1].id));
	(void)strlcpy(all[1].scope, every, sizeof(all[1].scope));
	print_json(out, &listing);
	(void)fclose(out);
	root = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	assert_int_equal(json_array_size(root), 2);
	for (const char *const *key = (const char *const[]){ "name", "image", "id", "scope", NULL };
	     *key != NULL; key++)
		assert_string_equal(json_string_value(json_object_get(json_array_get(root, 1), *key)), every);
	json_decref(root);
}

static void an_empty_list_is_an_empty_array(void **state)
{
	const struct listing listing = { 0 };

	(void)state;
	print_json(out, &listing);
	(void)fclose(out);
	assert_string_equal(text, "[]\n");
}

static void quiet_is_one_target_a_line(void **state)
{
	struct list_entry all[] = { running, running };
	const struct listing listing = { .all = all, .count = 2 };

	(void)state;
	(void)strlcpy(all[1].runtime, "docker", sizeof(all[1].runtime));
	print_targets(out, &listing);
	(void)fclose(out);
	assert_string_equal(text, "containerd://k8s.io/abc\ndocker://abc\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(json_has_every_field, make, unmake),
		cmocka_unit_test_setup_teardown(json_says_null_of_what_is_not_known, make, unmake),
		cmocka_unit_test_setup_teardown(json_survives_every_text, make, unmake),
		cmocka_unit_test_setup_teardown(an_empty_list_is_an_empty_array, make, unmake),
		cmocka_unit_test_setup_teardown(quiet_is_one_target_a_line, make, unmake),
	};

	return cmocka_run_group_tests_name("list_show", tests, NULL, NULL);
}
