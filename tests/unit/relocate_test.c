/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../toolbox/relocate_python.c"
#include "../../toolbox/relocate_rules.c"

#include "unit.h"

/* Nothing is in the tree, so no program is. */
static struct toolbox toolbox_for(const char *path)
{
	return (struct toolbox){ .tree_fd = -1, .base_fd = -1, .path = path };
}

static void moves_what_is_a_tools_own(void **state)
{
	static const struct {
		const char *from;
		const char *to;
	} cases[] = {
		{ "/usr/share/vim", "/dev/share/vim" },
		{ "x:/usr/lib/git-core:y", "x:/dev/lib/git-core:y" },
		{ "/etc/mysql/my.cnf", "/dev/mysql/my.cnf" },
		{ "/etc/gdb/gdbinit", "/dev/gdb/gdbinit" },
		{ "run /bin/sh", "run /dev/sh" },
		{ "/usr/share/zoneinfo/UTC", "/usr/share/zoneinfo/UTC" },
		{ "/etc/passwd", "/etc/passwd" },
		{ "/etc/gdbx", "/etc/gdbx" },
		{ "/usr/share", "/usr/share" },
		{ "/opt/usr/share/vim", "/opt/usr/share/vim" },
		{ "/usr/local/share/zsh", "/usr/local/share/zsh" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct toolbox toolbox = toolbox_for("bin/any");
		char text[64];

		(void)snprintf(text, sizeof(text), "%s", cases[i].from);
		(void)rules_apply(&toolbox, text, strlen(text));
		assert_string_equal(text, cases[i].to);
	}
}

static void moves_usr_alone_only_where_it_is_a_prefix(void **state)
{
	static const struct {
		const char *path;
		const char *to;
	} cases[] = {
		{ "bin/git", "a\0/dev\0b" },
		{ "lib/git-core/git-remote-http", "a\0/dev\0b" },
		{ "bin/htop", "a\0/usr\0b" },
		{ "lib/git/htop", "a\0/usr\0b" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct toolbox toolbox = toolbox_for(cases[i].path);
		char constants[] = "a\0/usr\0b";

		(void)rules_apply(&toolbox, constants, sizeof(constants));
		assert_memory_equal(constants, cases[i].to, sizeof(constants));
	}
}

static void leaves_usr_that_is_no_whole_constant(void **state)
{
	struct toolbox toolbox = toolbox_for("bin/git");
	char text[] = "in /usr or /usr\0";

	(void)state;
	assert_int_equal(rules_apply(&toolbox, text, sizeof(text)), 0);
}

static void knows_python(void **state)
{
	(void)state;
	assert_true(is_python("bin/python3.13"));
	assert_true(is_python("lib/x86_64-linux-gnu/libpython3.13.so.1.0"));
	assert_false(is_python("bin/gdb"));
	assert_false(is_python("lib/python3.13/lib-dynload/x.so"));
}

static void renames_the_variables_of_python_everywhere(void **state)
{
	struct toolbox toolbox = toolbox_for("bin/python3.13");
	char image[] = "PYTHONHOME\0ENV_PYTHONPATH\0PYTHONUTF8\0xPYTHONHOME";

	(void)state;
	relocate_python(&toolbox, image, sizeof(image));
	assert_memory_equal(image, "TYTHONHOME\0ENV_TYTHONPATH\0PYTHONUTF8\0xTYTHONHOME", sizeof(image));
	assert_int_equal(toolbox.tally[RULE_VARIABLE], 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_what_is_a_tools_own),
		cmocka_unit_test(moves_usr_alone_only_where_it_is_a_prefix),
		cmocka_unit_test(leaves_usr_that_is_no_whole_constant),
		cmocka_unit_test(knows_python),
		cmocka_unit_test(renames_the_variables_of_python_everywhere),
	};

	return cmocka_run_group_tests_name("relocate", tests, NULL, NULL);
}
