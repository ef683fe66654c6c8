/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/8-list/table.c"

#include "unit.h"

#include <bsd/string.h>

static struct list_entry entry(const char *name, const char *image)
{
	struct list_entry made = { .state = SIGHTING_RUNNING,
				   .writable = LIST_YES,
				   .shell = LIST_NO,
				   .pid = 4121,
				   .uid = 65532,
				   .up_seconds = 3 * 86400 + 5 };

	(void)strlcpy(made.runtime, "docker", sizeof(made.runtime));
	(void)strlcpy(made.name, name, sizeof(made.name));
	(void)strlcpy(made.image, image, sizeof(made.image));
	(void)strlcpy(made.id, "0123456789abcdef", sizeof(made.id));
	return made;
}

static size_t columns_of(const char *line)
{
	size_t count = 0;

	for (; *line != '\0'; line++)
		count += ((unsigned char)*line & 0xc0) != 0x80;
	return count;
}

static void wide_enough_shows_all(void **state)
{
	struct list_entry all[] = { entry("web", "docs/shop:2.3"), entry("database", "") };
	const struct listing listing = { .all = all, .count = 2 };
	struct list_widths widths;
	char line[LIST_LINE_MAX];

	(void)state;
	all[1].writable = LIST_NO;
	all[1].shell = LIST_UNKNOWN;
	list_fit(&widths, &listing, 0, false, false);
	assert_string_equal(list_line(line, &widths, NULL, 0, 0),
			    "RUNTIME  NAME      IMAGE          PID   UP   USER   ROOT  SHELL");
	assert_string_equal(list_line(line, &widths, &all[0], 0, 0),
			    "docker   web       docs/shop:2.3  4121  3 d  65532  rw    no");
	assert_string_equal(list_line(line, &widths, &all[1], 0, 0),
			    "docker   database  -              4121  3 d  65532  ro    ?");
}

static void the_state_is_shown_if_asked_or_if_one_does_not_run(void **state)
{
	struct list_entry all[] = { entry("web", "shop") };
	const struct listing listing = { .all = all, .count = 1 };
	struct list_widths widths;
	char line[LIST_LINE_MAX];

	(void)state;
	list_fit(&widths, &listing, 0, false, false);
	assert_int_equal(widths.of[COLUMN_STATE], 0);
	list_fit(&widths, &listing, 0, true, false);
	assert_string_equal(list_line(line, &widths, &all[0], 0, 0),
			    "docker   web   shop   4121  3 d  65532  rw    no     running");
	all[0].state = SIGHTING_PAUSED;
	list_fit(&widths, &listing, 0, false, false);
	assert_string_equal(list_line(line, &widths, &all[0], 0, 0),
			    "docker   web   shop   4121  3 d  65532  rw    no     paused");
	all[0] = entry("web", "shop");
	all[0].state = SIGHTING_STOPPED;
	all[0].pid = 0;
	list_fit(&widths, &listing, 0, true, false);
	assert_string_equal(list_line(line, &widths, &all[0], 0, 0),
			    "docker   web   shop   -    -   -     -     -      stopped");
}

static void the_image_is_cut_first_and_keeps_its_end(void **state)
{
	struct list_entry all[] = { entry("a-rather-long-name", "registry.example.com/team/shop:2.3") };
	const struct listing listing = { .all = all, .count = 1 };
	struct list_widths widths;
	char line[LIST_LINE_MAX];

	(void)state;
	list_fit(&widths, &listing, 80, false, false);
	assert_string_equal(list_line(line, &widths, &all[0], 0, 80),
			    "docker   a-rather-long-name  …e.com/team/shop:2.3  4121  3 d  65532  rw    no");
	list_fit(&widths, &listing, 60, false, false);
	assert_string_equal(list_line(line, &widths, &all[0], 0, 60),
			    "docker   a-rather-…  …hop:2.3  4121  3 d  65532  rw    no");
}

static void no_line_is_wider_than_the_terminal(void **state)
{
	struct list_entry all[] = { entry("", ""), entry("", "x"), entry("web", "") };
	const struct listing listing = { .all = all, .count = 3 };

	(void)state;
	memset(all[0].name, 'n', sizeof(all[0].name) - 1);
	memset(all[0].image, 'i', sizeof(all[0].image) - 1);
	memset(all[1].id, 'd', sizeof(all[1].id) - 1);
	all[2].state = SIGHTING_PAUSED;
	all[2].up_seconds = INT64_MAX;
	for (size_t columns = 1; columns < 700; columns++) {
		struct list_widths widths;
		char line[LIST_LINE_MAX];

		list_fit(&widths, &listing, columns, true, columns % 2 == 0);
		assert_in_range(columns_of(list_line(line, &widths, NULL, 0, columns)), 0, columns);
		for (size_t i = 0; i < 3; i++)
			assert_in_range(columns_of(list_line(line, &widths, &all[i], i + 1, columns)), 1,
					columns);
	}
}

static void whole_lines_fit_where_nothing_limits_them(void **state)
{
	struct list_entry all[] = { entry("", "") };
	const struct listing listing = { .all = all, .count = 1 };
	struct list_widths widths;
	char line[LIST_LINE_MAX];

	(void)state;
	memset(all[0].runtime, 'r', sizeof(all[0].runtime) - 1);
	memset(all[0].name, 'n', sizeof(all[0].name) - 1);
	memset(all[0].image, 'i', sizeof(all[0].image) - 1);
	list_fit(&widths, &listing, 0, true, true);
	assert_non_null(strstr(list_line(line, &widths, &all[0], 1, 0), all[0].image));
	assert_non_null(strstr(line, all[0].name));
	assert_non_null(strstr(line, "running"));
}

static void numbers_stand_right_aligned_before_the_rows(void **state)
{
	struct list_entry all[12];
	const struct listing listing = { .all = all, .count = 12 };
	struct list_widths widths;
	char line[LIST_LINE_MAX];

	(void)state;
	for (size_t i = 0; i < 12; i++)
		all[i] = entry("web", "shop");
	list_fit(&widths, &listing, 80, false, true);
	assert_string_equal(list_line(line, &widths, NULL, 0, 80),
			    "    RUNTIME  NAME  IMAGE  PID   UP   USER   ROOT  SHELL");
	assert_string_equal(list_line(line, &widths, &all[1], 2, 80),
			    " 2  docker   web   shop   4121  3 d  65532  rw    no");
	assert_string_equal(list_line(line, &widths, &all[11], 12, 80),
			    "12  docker   web   shop   4121  3 d  65532  rw    no");
}

static void targets_name_one_container(void **state)
{
	struct list_entry one = entry("web", "shop");
	char target[LIST_TARGET_MAX];

	(void)state;
	assert_string_equal(list_target(target, &one), "docker://0123456789abcdef");
	(void)strlcpy(one.scope, "k8s.io", sizeof(one.scope));
	assert_string_equal(list_target(target, &one), "docker://0123456789abcdef");
	(void)strlcpy(one.runtime, "containerd", sizeof(one.runtime));
	assert_string_equal(list_target(target, &one), "containerd://k8s.io/0123456789abcdef");
	one.id[0] = '\0';
	one.scope[0] = '\0';
	(void)strlcpy(one.runtime, "nspawn", sizeof(one.runtime));
	assert_string_equal(list_target(target, &one), "nspawn://web");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wide_enough_shows_all),
		cmocka_unit_test(the_state_is_shown_if_asked_or_if_one_does_not_run),
		cmocka_unit_test(the_image_is_cut_first_and_keeps_its_end),
		cmocka_unit_test(no_line_is_wider_than_the_terminal),
		cmocka_unit_test(whole_lines_fit_where_nothing_limits_them),
		cmocka_unit_test(numbers_stand_right_aligned_before_the_rows),
		cmocka_unit_test(targets_name_one_container),
	};

	return cmocka_run_group_tests_name("list_table", tests, NULL, NULL);
}
