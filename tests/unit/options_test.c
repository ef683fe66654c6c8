/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/1-request/options.c"

#include "unit.h"

enum { WORDS_MAX = 15 };

static struct request request;
static struct fail why;

/* The command line after "debug", as a list of words that ends with NULL. */
static int parse(const char *const *words)
{
	char *argv[WORDS_MAX + 2] = { (char *)(uintptr_t) "debug" };
	int argc = 1;

	while (words[argc - 1] != NULL) {
		argv[argc] = (char *)(uintptr_t)words[argc - 1];
		argc++;
	}
	why = (struct fail){ 0 };
	return request_parse(&request, argc, argv, &why);
}

#define PARSE(...) parse((const char *const[]){ __VA_ARGS__, NULL })

static int forget(void **state)
{
	(void)state;
	request_free(&request);
	return 0;
}

static void takes_a_bare_target(void **state)
{
	(void)state;
	assert_int_equal(PARSE("web"), 0);
	assert_int_equal(request.action, REQUEST_SESSION);
	assert_string_equal(request.target, "web");
	assert_null(request.shell_line);
	assert_null(request.user);
	assert_null(request.workdir);
	assert_null(request.shell);
	assert_int_equal(request.environment_count, 0);
	assert_int_equal(request.command_count, 0);
	assert_false(request.is_write || request.is_quiet || request.is_dry_run);
	assert_int_equal(request.terminal, REQUEST_TERMINAL_AUTO);
}

static void takes_values_in_every_form(void **state)
{
	static const char *const forms[][4] = {
		{ "-u0", "web" },      { "-u", "0", "web" },	 { "--user", "0", "web" },
		{ "--user=0", "web" }, { "-qu0", "web" },	 { "-itu", "0", "web" },
		{ "web", "-u0" },      { "web", "--user", "0" }, { "-u1", "-u0", "web" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		assert_int_equal(parse(forms[i]), 0);
		assert_string_equal(request.user, "0");
		assert_string_equal(request.target, "web");
		assert_int_equal(request.command_count, 0);
		request_free(&request);
	}
}

static void takes_every_option(void **state)
{
	(void)state;
	assert_int_equal(
	    PARSE("-q", "-T", "--write", "--dry-run", "-w", "/app", "--shell", "sh", "web", "-c", "ls | wc"),
	    0);
	assert_true(request.is_quiet && request.is_write && request.is_dry_run);
	assert_int_equal(request.terminal, REQUEST_TERMINAL_NEVER);
	assert_string_equal(request.workdir, "/app");
	assert_string_equal(request.shell, "sh");
	assert_string_equal(request.shell_line, "ls | wc");
	request_free(&request);
	assert_int_equal(PARSE("--quiet", "--no-tty", "--interactive", "--workdir=/", "--shell=zsh", "web"),
			 0);
	assert_true(request.is_quiet);
	assert_int_equal(request.terminal, REQUEST_TERMINAL_NEVER);
	assert_string_equal(request.workdir, "/");
	assert_string_equal(request.shell, "zsh");
	request_free(&request);
	assert_int_equal(PARSE("-it", "web"), 0);
	assert_int_equal(request.terminal, REQUEST_TERMINAL_ALWAYS);
	request_free(&request);
	assert_int_equal(PARSE("-T", "--tty", "web"), 0);
	assert_int_equal(request.terminal, REQUEST_TERMINAL_ALWAYS);
	request_free(&request);
	assert_int_equal(PARSE("web", "-c", ""), 0);
	assert_string_equal(request.shell_line, "");
	request_free(&request);
	assert_int_equal(PARSE("web", "-u", "-1", "-w/-"), 0);
	assert_string_equal(request.user, "-1");
	assert_string_equal(request.workdir, "/-");
}

static void collects_variables(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-e", "A=1", "-eB=2=3", "--env", "C=", "web", "--env=D=x y"), 0);
	assert_int_equal(request.environment_count, 4);
	assert_string_equal(request.environment[0], "A=1");
	assert_string_equal(request.environment[1], "B=2=3");
	assert_string_equal(request.environment[2], "C=");
	assert_string_equal(request.environment[3], "D=x y");
	assert_null(request.environment[4]);
}

/* Everything behind TARGET's first plain word, or behind "--", is the command's. */
static void leaves_the_command_alone(void **state)
{
	static const struct {
		const char *words[8];
		const char *command[4];
	} cases[] = {
		{ { "web", "ls", "-l" }, { "ls", "-l" } },
		{ { "web", "--", "ls", "-l" }, { "ls", "-l" } },
		{ { "web", "-q", "--", "-x" }, { "-x" } },
		{ { "-q", "web", "ls", "--", "-q" }, { "ls", "--", "-q" } },
		{ { "web", "--", "--" }, { "--" } },
		{ { "web", "ls", "--user=0", "--help" }, { "ls", "--user=0", "--help" } },
		{ { "web", "-" }, { "-" } },
		{ { "web", "ls", "" }, { "ls", "" } },
		{ { "web", "--" }, { NULL } },
		{ { "--", "web" }, { NULL } },
		{ { "-q", "--", "web", "-u0" }, { "-u0" } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t count = 0;

		assert_int_equal(parse(cases[i].words), 0);
		assert_string_equal(request.target, "web");
		assert_null(request.user);
		for (; cases[i].command[count] != NULL; count++)
			assert_string_equal(request.command[count], cases[i].command[count]);
		assert_int_equal(request.command_count, count);
		assert_null(request.command[count]);
		request_free(&request);
	}
}

static void stops_at_help_and_version(void **state)
{
	static const char *const help[][3] = {
		{ "-h" }, { "--help" }, { "-qh", "--bad" }, { "web", "--help" }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(help); i++) {
		assert_int_equal(parse(help[i]), 0);
		assert_int_equal(request.action, REQUEST_HELP);
		request_free(&request);
	}
	assert_int_equal(PARSE("-V"), 0);
	assert_int_equal(request.action, REQUEST_VERSION);
	request_free(&request);
	assert_int_equal(PARSE("--version", "--nonsense"), 0);
	assert_int_equal(request.action, REQUEST_VERSION);
}

#define NO_TARGET "no target given; say which container, as in `debug web` (`debug --help` shows more)"
#define NEEDS_USER "option --user needs a user name or number, as in --user 1000:1000"
#define UNKNOWN(word) "unknown option `" word "`; `debug --help` lists the options"

static void says_what_is_wrong(void **state)
{
	static const struct {
		const char *words[6];
		const char *text;
	} cases[] = {
		{ { "" }, NO_TARGET },
		{ { "--", "" }, NO_TARGET },
		{ { "-x", "web" }, UNKNOWN("-x") },
		{ { "-itx", "web" }, UNKNOWN("-itx") },
		{ { "--bad", "web" }, UNKNOWN("--bad") },
		{ { "--bad=1", "web" }, UNKNOWN("--bad=1") },
		{ { "--use=0", "web" }, UNKNOWN("--use=0") },
		{ { "--userx=0", "web" }, UNKNOWN("--userx=0") },
		{ { "--=0", "web" }, UNKNOWN("--=0") },
		{ { "---", "web" }, UNKNOWN("---") },
		{ { "--USER=0", "web" }, UNKNOWN("--USER=0") },
		{ { "-\033[2J", "web" }, UNKNOWN("-\\033[2J") },
		{ { "--\033]0;x\007", "web" }, UNKNOWN("--\\033]0;x\\007") },
		{ { "web", "-u" }, "option --user needs USER[:GROUP]" },
		{ { "web", "--user" }, "option --user needs USER[:GROUP]" },
		{ { "web", "-c" }, "option -c needs STRING" },
		{ { "web", "--shell" }, "option --shell needs SHELL" },
		{ { "web", "-qw" }, "option --workdir needs DIR" },
		{ { "web", "-e" }, "option --env needs NAME=VALUE" },
		{ { "--write=1", "web" }, "option --write takes no value" },
		{ { "--tty=", "web" }, "option --tty takes no value" },
		{ { "--help=x" }, "option --help takes no value" },
		{ { "--user=", "web" }, NEEDS_USER },
		{ { "-u", "", "web" }, NEEDS_USER },
		{ { "-u:0", "web" }, NEEDS_USER },
		{ { "-wapp", "web" }, "option --workdir needs an absolute path inside the target" },
		{ { "--workdir=", "web" }, "option --workdir needs an absolute path inside the target" },
		{ { "--shell=", "web" }, "option --shell needs the name of a shell, as in --shell bash" },
		{ { "-eA", "web" }, "option --env needs NAME=VALUE, not `A`" },
		{ { "-e", "=1", "web" }, "option --env needs NAME=VALUE, not `=1`" },
		{ { "-e", "\033c", "web" }, "option --env needs NAME=VALUE, not `\\033c`" },
		{ { "-c", "x", "web", "ls" },
		  "-c STRING and a command exclude each other; give one of them" },
		{ { "web", "-c", "x", "--", "ls" },
		  "-c STRING and a command exclude each other; give one of them" },
		{ { "--write", "--scratch", "web" },
		  "--write changes the target and --scratch a copy; give one of them" },
		{ { "--json", "web" }, "option --json is for `debug ls`" },
		{ { "ls", "web" },
		  "`debug ls` takes no further words; a container of that name is `docker://ls`" },
		{ { "--network=bridge", "web" }, "option --network takes host or none, not `bridge`" },
		{ { "--runtime", "", "web" }, "option --runtime needs a name, as in --runtime podman" },
		{ { "web", "" }, "the command is an empty word; name a program" },
		{ { "web", "--", "" }, "the command is an empty word; name a program" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (parse(cases[i].words) == 0)
			fail_msg("accepted instead of: %s", cases[i].text);
		assert_failed(why, FAIL_TOOL, cases[i].text);
		assert_null(request.environment);
		assert_null(request.command);
	}
}

static void lists_when_no_target_is_named(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-q"), 0);
	assert_int_equal(request.action, REQUEST_CHOOSE);
	request_free(&request);
	/* What contradicts itself does so before anything is chosen. */
	assert_int_equal(PARSE("--write", "--scratch"), -1);
	assert_failed(why, FAIL_TOOL, "--write changes the target and --scratch a copy; give one of them");
	why = (struct fail){ 0 };
	assert_int_equal(PARSE("--json"), -1);
	assert_failed(why, FAIL_TOOL, "option --json is for `debug ls`");
	assert_int_equal(PARSE("ls", "-a", "--json", "--runtime", "podman"), 0);
	assert_int_equal(request.action, REQUEST_LS);
	assert_true(request.is_all && request.is_json);
	assert_string_equal(request.runtime, "podman");
	request_free(&request);
	assert_int_equal(PARSE("doctor", "web"), 0);
	assert_int_equal(request.action, REQUEST_DOCTOR);
	assert_string_equal(request.target, "web");
	request_free(&request);
	assert_int_equal(PARSE("docker://ls"), 0);
	assert_int_equal(request.action, REQUEST_SESSION);
	request_free(&request);
}

static void is_a_sound_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < option_count; i++) {
		assert_true(options[i].letter != 0 || options[i].name != NULL);
		assert_true(options[i].argument != NULL || options[i].name != NULL);
		assert_true((options[i].set != NULL) != (options[i].flag != 0));
		assert_true(options[i].set != NULL || options[i].argument == NULL);
		for (size_t j = 0; j < i; j++) {
			assert_true(options[i].letter == 0 || options[i].letter != options[j].letter);
			if (options[i].name != NULL && options[j].name != NULL)
				assert_string_not_equal(options[i].name, options[j].name);
		}
	}
}

/* --help: on one screen, and every option that it describes is in it. */
static void prints_help(void **state)
{
	FILE *file = tmpfile();
	char line[400];
	int lines = 0;
	int saved = dup(1);

	(void)state;
	assert_non_null(file);
	(void)fflush(stdout);
	assert_int_equal(dup2(fileno(file), 1), 1);
	request_print_help();
	(void)fflush(stdout);
	(void)dup2(saved, 1);
	(void)close(saved);
	rewind(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		lines++;
		assert_in_range(strlen(line), 1, 110);
	}
	assert_in_range(lines, 15, 55);
	(void)fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(takes_a_bare_target, forget),
		cmocka_unit_test(takes_values_in_every_form),
		cmocka_unit_test_teardown(takes_every_option, forget),
		cmocka_unit_test_teardown(collects_variables, forget),
		cmocka_unit_test(leaves_the_command_alone),
		cmocka_unit_test_teardown(stops_at_help_and_version, forget),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(lists_when_no_target_is_named),
		cmocka_unit_test(is_a_sound_table),
		cmocka_unit_test(prints_help),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
