/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/6-join/own_root.c"

#include "unit.h"

static void names_the_host(void **state)
{
	static const char *const cases[][2] = {
		{ "web", "web" },
		{ "./images.tar", "images.tar" },
		{ "docker.io/library/nginx:1.27", "nginx-1.27" },
		{ "/", "debug" },
		{ "", "debug" },
		{ "---", "debug" },
		{ "..", "debug" },
		{ "a b\\033[2J", "a-b-033-2J" },
		{ "x@sha256:1", "x-sha256-1" },
	};
	char name[HOST_NAME_CAPACITY];
	char many[200];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		host_name(name, cases[i][0]);
		assert_string_equal(name, cases[i][1]);
	}
	memset(many, 'a', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	host_name(name, many);
	assert_int_equal(strlen(name), HOST_NAME_CAPACITY - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(names_the_host) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
