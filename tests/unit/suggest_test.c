/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-target/suggest.c"

#include "unit.h"

static struct suggestions suggestions;

static const char *explain(const char *asked, const char *const names[])
{
	static struct fail why;
	static struct sighting seen;

	suggestions = (struct suggestions){ .asked = asked };
	for (size_t i = 0; names[i] != NULL; i++) {
		(void)strlcpy(seen.name, names[i], sizeof(seen.name));
		suggest_add(&suggestions, &seen);
	}
	why = (struct fail){ 0 };
	suggest_explain(&suggestions, &why);
	assert_int_equal(why.status, FAIL_TOOL);
	return why.text;
}

#define EXPLAIN(asked, ...) explain(asked, (const char *const[]){ __VA_ARGS__, NULL })
#define UNKNOWN "no container is named `web`, and no image; `debug ls -a` lists what there is"

static void suggests_close_names(void **state)
{
	(void)state;
	assert_string_equal(EXPLAIN("web", "wep", "wbe"),
			    "no container is named `web`; did you mean `wep`, `wbe`?");
	assert_string_equal(EXPLAIN("web", "wep", "shop-web-1", "wep"),
			    "no container is named `web`; did you mean `wep`, `shop-web-1`?");
	assert_string_equal(EXPLAIN("serber", "demo/web/server"),
			    "no container is named `serber`; did you mean `demo/web/server`?");
	assert_string_equal(EXPLAIN("web", "database"), UNKNOWN);
	assert_string_equal(EXPLAIN("web", ""), UNKNOWN);
}

static void keeps_the_closest_few(void **state)
{
	(void)state;
	(void)EXPLAIN("abcdefghijkl", "abcdefgh1234", "abcdefghi123", "abcdefghij12", "abcdefghijk1",
		      "xabcdefghijkl", "abcdefghijkl2", "abcdefg12345");
	assert_int_equal(suggestions.count, SUGGESTIONS_MAX);
	for (size_t i = 1; i < suggestions.count; i++)
		assert_true(suggestions.best[i - 1].distance <= suggestions.best[i].distance);
	assert_string_not_equal(suggestions.best[4].name, "abcdefgh1234");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suggests_close_names),
		cmocka_unit_test(keeps_the_closest_few),
	};

	return cmocka_run_group_tests_name("suggest", tests, NULL, NULL);
}
