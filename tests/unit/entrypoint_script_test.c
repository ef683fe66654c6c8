/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../toolbox/builtins/entrypoint_script.c"

#include "unit.h"

static struct script script_of(const char *text)
{
	struct script script;

	script_parse(&script, text, strlen(text));
	return script;
}

static void reads_lines_as_the_kernel(void **state)
{
	static const struct {
		const char *text, *interpreter, *argument;
	} cases[] = {
		{ "#!/bin/sh\n", "/bin/sh", "" },
		{ "#!/bin/sh", "/bin/sh", "" },
		{ "#! \t/bin/sh\necho", "/bin/sh", "" },
		{ "#!/bin/sh  -e  -x \t\n", "/bin/sh", "-e  -x" },
		{ "#!/bin/sh\t-e\n", "/bin/sh", "-e" },
		{ "#!/bin/sh -e", "/bin/sh", "-e" },
		{ "#!sh\n", "sh", "" },
		{ "#!\n/bin/sh\n", "", "" },
		{ "#!   \n", "", "" },
		{ "#!", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct script script = script_of(cases[i].text);

		assert_true(script.is_script);
		assert_string_equal(script.interpreter, cases[i].interpreter);
		assert_string_equal(script.argument, cases[i].argument);
		assert_false(script.has_cr || script.has_bom || script.is_too_long || script.is_cut);
	}
	assert_false(script_of("").is_script);
	assert_false(script_of("#").is_script);
	assert_false(script_of(" #!/bin/sh\n").is_script);
}

static void ends_names_at_a_zero_byte(void **state)
{
	struct script script;

	(void)state;
	script_parse(&script, "#!/bin/sh\0 -e\n", 14);
	assert_string_equal(script.interpreter, "/bin/sh");
	assert_string_equal(script.argument, "");
}

static void sees_what_editors_leave(void **state)
{
	struct script script = script_of("#!/bin/sh\r\n");

	(void)state;
	assert_true(script.has_cr);
	assert_string_equal(script.interpreter, "/bin/sh");
	script = script_of("#!/bin/sh -e\r\n");
	assert_true(script.has_cr);
	assert_string_equal(script.argument, "-e");
	script = script_of("\xef\xbb\xbf#!/bin/sh\n");
	assert_true(script.has_bom && script.is_script);
	assert_string_equal(script.interpreter, "/bin/sh");
	assert_false(script_of("\xef\xbb\xbf"
			       "echo\n")
			 .has_bom);
}

static void stops_where_the_kernel_stops(void **state)
{
	char text[400];
	struct script script;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "#!/", 3);
	script_parse(&script, text, sizeof(text));
	assert_true(script.is_too_long);
	assert_string_equal(script.interpreter, "");
	text[255] = '\n';
	script_parse(&script, text, sizeof(text));
	assert_false(script.is_too_long);
	assert_int_equal(strlen(script.interpreter), 253);
	text[255] = 'x';
	text[256] = '\n';
	script_parse(&script, text, sizeof(text));
	assert_true(script.is_too_long);
	text[9] = ' ';
	script_parse(&script, text, sizeof(text));
	assert_false(script.is_too_long);
	assert_true(script.is_cut);
	assert_string_equal(script.interpreter, "/xxxxxx");
	assert_int_equal(strlen(script.argument), 245);
	memset(text + 2, ' ', 300);
	script_parse(&script, text, sizeof(text));
	assert_true(script.is_too_long);
}

static void understands_env(void **state)
{
	static const struct {
		const char *text, *program;
		bool is_split, has_blank;
	} cases[] = {
		{ "#!/usr/bin/env python3\n", "python3", false, false },
		{ "#!/usr/bin/env python3 -u\n", "python3 -u", false, true },
		{ "#!/usr/bin/env -S python3 -u\n", "python3", true, false },
		{ "#!/usr/bin/env -Spython3 -u\n", "python3", true, false },
		{ "#!/usr/bin/env -vS python3\n", "python3", true, false },
		{ "#!/usr/bin/env --split-string=python3 -u\n", "python3", true, false },
		{ "#!/usr/bin/env -S A=b -u HOME -i deno run\n", "deno", true, false },
		{ "#!/usr/bin/env -S ${HOME}/x\n", "", true, false },
		{ "#!/usr/bin/env -i\n", "", false, false },
		{ "#!/usr/bin/env\n", "", false, false },
	};
	struct script script = script_of("#!/usr/bin/xenv a\n");
	struct script_env env;

	(void)state;
	script_env(&env, &script);
	assert_false(env.is_env);
	for (size_t i = 0; i < COUNT(cases); i++) {
		script = script_of(cases[i].text);
		script_env(&env, &script);
		assert_true(env.is_env);
		assert_string_equal(env.program, cases[i].program);
		assert_int_equal(env.is_split, cases[i].is_split);
		assert_int_equal(env.has_blank, cases[i].has_blank);
	}
}

static void survives_noise(void **state)
{
	static const char letters[] = "#!/ \t\r\n\0envS-=x";
	uint64_t random = 7;

	(void)state;
	for (size_t i = 0; i < 50000; i++) {
		size_t size = unit_random(&random) % 400;
		char *text = malloc(size + 2);
		struct script_env env;
		struct script script;

		assert_non_null(text);
		memcpy(text, "#!", 2);
		for (size_t j = 2; j < size; j++)
			text[j] = letters[unit_random(&random) % sizeof(letters)];
		script_parse(&script, text, size);
		script_env(&env, &script);
		assert_null(strpbrk(script.interpreter, " \t\n"));
		assert_true(script.argument[0] != ' ' && script.argument[0] != '\t');
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_lines_as_the_kernel), cmocka_unit_test(ends_names_at_a_zero_byte),
		cmocka_unit_test(sees_what_editors_leave),   cmocka_unit_test(stops_where_the_kernel_stops),
		cmocka_unit_test(understands_env),	     cmocka_unit_test(survives_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
