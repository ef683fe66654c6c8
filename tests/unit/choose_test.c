/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-unpack/choose.c"

#include "unit.h"

#include <fcntl.h>

static char *tree;
static struct chosen chosen;
static struct fail why;

static int make(void **state)
{
	(void)state;
	tree = unit_make_tree();
	unit_write(tree, "config.json", "{\"config\":{}}", 13);
	unit_write(tree, "layer", "", 0);
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	unit_remove_tree(tree);
	return 0;
}

static int choose_from(const char *name, const char *text, const char *asked)
{
	struct archive archive;
	int outcome;

	unit_write(tree, name, text, strlen(text));
	why = (struct fail){ 0 };
	assert_int_equal(archive_open(&archive, tree, AT_FDCWD, &why), 0);
	outcome = choose(&chosen, &archive, asked, &why);
	archive_close(&archive);
	return outcome;
}

#define SAVED(tags) "{\"Config\":\"config.json\",\"RepoTags\":" tags ",\"Layers\":[\"layer\"]}"

static void matches_names(void **state)
{
	static const char *const good[][2] = {
		{ "web:1", "web:1" },
		{ "web:latest", "web" },
		{ "docker.io/library/web:latest", "web" },
		{ "docker.io/library/web:1", "library/web:1" },
	};
	static const char *const bad[][2] = {
		{ "web:1", "web" },	{ "web:1", "eb:1" },	  { "web:1", "web:" },
		{ "web:latest", "we" }, { "a/web:1", "b/web:1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(is_named(good[i][0], good[i][1]));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(is_named(bad[i][0], bad[i][1]));
}

static void takes_the_only_image(void **state)
{
	int before = unit_count_fds();

	(void)state;
	assert_int_equal(choose_from("manifest.json", "[" SAVED("[\"web:1\"]") "]", ""), 0);
	assert_string_equal(chosen.name, "web:1");
	assert_int_equal(chosen.layer_count, 1);
	assert_non_null(json_object_get(chosen.config, "config"));
	chosen_close(&chosen);
	assert_int_equal(choose_from("manifest.json", "[" SAVED("null") "]", ""), 0);
	assert_string_equal(chosen.name, "");
	chosen_close(&chosen);
	assert_int_equal(unit_count_fds(), before);
}

static void refuses_what_is_not_clear(void **state)
{
	static const char two[] = "[" SAVED("[\"web:1\"]") "," SAVED("[\"db:2\",\"db:3\"]") "]";
	int before = unit_count_fds();

	(void)state;
	assert_int_equal(choose_from("manifest.json", two, ""), -1);
	assert_failed(
	    why, FAIL_TOOL,
	    "the archive holds several images: `web:1`, `db:2`, `db:3`; say which, as in `debug ./FILE.tar:NAME`");
	assert_int_equal(choose_from("manifest.json", two, "x"), -1);
	assert_failed(why, FAIL_TOOL, "the archive has no image `x`; it has `web:1`, `db:2`, `db:3`");
	assert_int_equal(choose_from("manifest.json", two, "db:3"), 0);
	assert_string_equal(chosen.name, "db:3");
	chosen_close(&chosen);
	assert_int_equal(choose_from("manifest.json", "[]", ""), -1);
	assert_failed(why, FAIL_TOOL, "the archive holds no image");
	assert_int_equal(choose_from("manifest.json", "{", ""), -1);
	assert_int_equal(choose_from("manifest.json", "[{\"Config\":\"../x\",\"Layers\":[]}]", ""), -1);
	assert_int_equal(
	    choose_from("manifest.json", "[{\"Config\":\"config.json\",\"Layers\":[\"gone\"]}]", ""), -1);
	assert_failed(why, FAIL_TOOL, "the archive lacks its part `gone`; fetch it again");
	assert_int_equal(choose_from("manifest.json", "[{\"Config\":\"config.json\",\"Layers\":[]}]", ""),
			 -1);
	assert_failed(why, FAIL_TOOL, "the image has no layer");
	assert_int_equal(unit_count_fds(), before);
}

static void refuses_digests(void **state)
{
	(void)state;
	assert_int_equal(choose_from("index.json", "{\"manifests\":[{\"digest\":\"sha512:00\"}]}", ""), -1);
	assert_failed(why, FAIL_TOOL, "the image names a part by `sha512:00`; only sha256 is known here");
	assert_int_equal(choose_from("index.json", "{\"manifests\":[{\"digest\":\"sha256:../../x\"}]}", ""),
			 -1);
	assert_int_equal(choose_from("index.json", "{\"manifests\":[{}]}", ""), -1);
	assert_int_equal(choose_from("index.json", "{\"manifests\":{}}", ""), -1);
	assert_int_equal(
	    choose_from("index.json",
			"{\"manifests\":[{\"platform\":{\"os\":\"unknown\"},\"digest\":\"sha256:0\"}]}", ""),
	    -1);
	assert_failed(why, FAIL_TOOL, "the archive holds no image");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_names),
		cmocka_unit_test_setup_teardown(takes_the_only_image, make, unmake),
		cmocka_unit_test_setup_teardown(refuses_what_is_not_clear, make, unmake),
		cmocka_unit_test_setup_teardown(refuses_digests, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
