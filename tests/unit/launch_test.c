/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/6-join/launch.c"

#include "unit.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

static const char *no_words[] = { NULL };

/* What launch.c allocates lives until it executes a program, which it does not do here. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static struct plan plan_with(const char *target_environment, size_t size, const char **environment,
			     size_t count)
{
	struct plan plan = { .fallback_workdir = "/", .target_environment = target_environment };

	plan.environment = environment;
	plan.command = no_words;
	plan.numbers.environment_count = (uint32_t)count;
	plan.numbers.target_environment_size = (uint32_t)size;
	return plan;
}

/* The merged environment; leaked, as it is in a process that executes a program next. */
static struct environment merge(const struct plan *plan)
{
	static struct environment environment;

	assert_int_equal(make_environment(&environment, plan), 0);
	assert_null(environment.entries[environment.count]);
	return environment;
}

static void assert_value(const struct environment *environment, const char *name, const char *value)
{
	const char *found = find(environment, name);

	if (value == NULL) {
		assert_null(found);
		return;
	}
	assert_non_null(found);
	assert_string_equal(found, value);
}

static size_t occurrences(const struct environment *environment, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < environment->count; i++)
		count += has_name(environment->entries[i], name);
	return count;
}

#define TARGET_ENVIRONMENT(bytes) bytes, sizeof(bytes) - 1
#define SYSTEM_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static void extends_the_path(void **state)
{
	struct plan plan = plan_with(TARGET_ENVIRONMENT("PATH=/app:/bin\0"), no_words, 0);
	struct environment environment = merge(&plan);

	(void)state;
	assert_value(&environment, "PATH", "/dev/toolbox/bin:/dev/toolbox/sbin:/app:/bin");
	assert_int_equal(occurrences(&environment, "PATH"), 1);
	plan = plan_with(TARGET_ENVIRONMENT("PATH=\0"), no_words, 0);
	environment = merge(&plan);
	assert_value(&environment, "PATH", "/dev/toolbox/bin:/dev/toolbox/sbin:" SYSTEM_PATH);
	plan = plan_with(TARGET_ENVIRONMENT("XPATH=/x\0PATHX=/y\0"), no_words, 0);
	environment = merge(&plan);
	assert_value(&environment, "PATH", "/dev/toolbox/bin:/dev/toolbox/sbin:" SYSTEM_PATH);
	assert_value(&environment, "XPATH", "/x");
}

static void keeps_the_targets_own(void **state)
{
	struct plan plan =
	    plan_with(TARGET_ENVIRONMENT("A=1\0LD_LIBRARY_PATH=/app/lib\0EMPTY=\0EQ=a=b\0"), no_words, 0);
	struct environment environment = merge(&plan);

	(void)state;
	assert_value(&environment, "A", "1");
	assert_value(&environment, "LD_LIBRARY_PATH", "/app/lib");
	assert_value(&environment, "EMPTY", "");
	assert_value(&environment, "EQ", "a=b");
	assert_value(&environment, "HOME", "/dev/toolbox/run");
	assert_value(&environment, "TMPDIR", "/dev/toolbox/run");
	assert_value(&environment, "SHELL", "/dev/toolbox/bin/bash");
	assert_value(&environment, "LANG", "C.UTF-8");
	assert_value(&environment, "TERM", NULL);
}

static void adds_no_library_path(void **state)
{
	struct plan plan = plan_with(TARGET_ENVIRONMENT("A=1\0"), no_words, 0);
	struct environment environment = merge(&plan);

	(void)state;
	for (size_t i = 0; i < environment.count; i++)
		assert_int_not_equal(strncmp(environment.entries[i], "LD_", 3), 0);
}

static void removes_what_steers_the_shell(void **state)
{
	static const char *const names[] = { "BASH_ENV",
					     "ENV",
					     "SHELLOPTS",
					     "BASHOPTS",
					     "PROMPT_COMMAND",
					     "PS1",
					     "PS4",
					     "INPUTRC",
					     "TERMINFO",
					     "LC_ALL",
					     "OLDPWD",
					     "SHLVL",
					     "_",
					     "LESSOPEN",
					     "ZDOTDIR",
					     "PS0",
					     "RPROMPT",
					     "XDG_CONFIG_HOME",
					     "fish_function_path",
					     "VIMINIT",
					     "LESS",
					     "PYTHONPYCACHEPREFIX",
					     "GIT_PAGER" };
	struct plan plan = plan_with(
	    TARGET_ENVIRONMENT(
		"BASH_ENV=/x\0ENV=/x\0SHELLOPTS=xtrace\0BASHOPTS=x\0PROMPT_COMMAND=x\0PS1=x\0PS4=x\0"
		"INPUTRC=/x\0TERMINFO=/x\0LC_ALL=x\0OLDPWD=/\0SHLVL=9\0_=/x\0LESSOPEN=|x\0"
		"BASH_FUNC_ls%%=() { x; }\0ZDOTDIR=/x\0PS0=$(x)\0RPROMPT=$(x)\0XDG_CONFIG_HOME=/x\0"
		"fish_function_path=/x\0VIMINIT=!x\0LESS=+!x\0PYTHONPYCACHEPREFIX=/x\0PYTHONPATH=kept\0GIT_PAGER=x\0"
		"ENVIRONMENT=kept\0PS=kept\0EDIT=kept\0"),
	    no_words, 0);
	struct environment environment = merge(&plan);

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_value(&environment, names[i], NULL);
	assert_value(&environment, "BASH_FUNC_ls%%", NULL);
	assert_value(&environment, "ENVIRONMENT", "kept");
	assert_value(&environment, "PS", "kept");
	assert_value(&environment, "EDIT", "kept");
	assert_value(&environment, "PYTHONPATH", "kept");
}

static void lets_the_user_override(void **state)
{
	static const char *words[] = { "A=2", "PATH=/only", "NEW=", "A=3", "PS1=mine", NULL };
	struct plan plan = plan_with(TARGET_ENVIRONMENT("A=1\0AB=1\0"), words, 5);
	struct environment environment = merge(&plan);

	(void)state;
	assert_value(&environment, "A", "3");
	assert_int_equal(occurrences(&environment, "A"), 1);
	assert_value(&environment, "AB", "1");
	assert_value(&environment, "PATH", "/only");
	assert_value(&environment, "NEW", "");
	assert_value(&environment, "PS1", "mine");
}

static void skips_what_is_no_variable(void **state)
{
	static const char bytes[] = "\0\0word\0=x\0A=1\0\0B=no end";
	char *exact = malloc(sizeof(bytes) - 1);
	struct plan plan;
	struct environment environment;

	(void)state;
	assert_non_null(exact);
	/* Without room behind the last string: reading on would be a fault. */
	memcpy(exact, bytes, sizeof(bytes) - 1);
	plan = plan_with(exact, sizeof(bytes) - 1, no_words, 0);
	environment = merge(&plan);
	free(exact);
	assert_value(&environment, "A", "1");
	assert_value(&environment, "B", "no end");
	for (size_t i = 0; i < environment.count; i++) {
		assert_int_not_equal(environment.entries[i][0], '=');
		assert_non_null(strchr(environment.entries[i], '='));
	}
	plan = plan_with("", 0, no_words, 0);
	environment = merge(&plan);
	assert_value(&environment, "HOME", "/dev/toolbox/run");
}

/* Many short strings: the table must hold them all. */
static void holds_every_entry(void **state)
{
	enum { ENTRIES = 20000 };
	char *bytes = malloc(ENTRIES * 8);
	static const char *words[] = { "U1=1", "U2=2", "U3=3", NULL };
	struct environment environment;
	size_t size = 0;
	struct plan plan;

	(void)state;
	assert_non_null(bytes);
	for (int i = 0; i < ENTRIES; i++)
		size += (size_t)snprintf(bytes + size, 8, "V%d=", i) + 1;
	plan = plan_with(bytes, size, words, 3);
	environment = merge(&plan);
	assert_value(&environment, "V19999", "");
	assert_value(&environment, "U3", "3");
	assert_true(environment.count >= ENTRIES + 3 + 6);
	free(bytes);
}

/* A program sees whichever of two entries its library finds first; the shell takes the last. */
static void leaves_no_second_entry(void **state)
{
	struct plan plan = plan_with(TARGET_ENVIRONMENT("PATH=/a\0HOME=/x\0PATH=/b\0HOME=/y\0"), no_words, 0);
	struct environment environment = merge(&plan);

	(void)state;
	assert_int_equal(occurrences(&environment, "PATH"), 1);
	assert_int_equal(occurrences(&environment, "HOME"), 1);
}

static void sets_the_terminal_type(void **state)
{
	struct plan plan = plan_with(TARGET_ENVIRONMENT("TERM=dumb\0"), no_words, 0);
	struct environment environment;

	(void)state;
	plan.numbers.has_terminal = 1;
	environment = merge(&plan);
	assert_value(&environment, "TERM", "xterm");
	plan.terminal_type = "screen-256color";
	environment = merge(&plan);
	assert_value(&environment, "TERM", "screen-256color");
}

static void assert_words(char **argv, const char *const *expected)
{
	size_t count = 0;

	for (; expected[count] != NULL; count++) {
		assert_non_null(argv[count]);
		assert_string_equal(argv[count], expected[count]);
	}
	assert_null(argv[count]);
	for (size_t i = 0; i < count; i++)
		free(argv[i]);
	free(argv);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void chooses_the_command(void **state)
{
	static const char *words[] = { "tar", "c", "", NULL };
	struct plan plan = { .command = no_words };

	(void)state;
	assert_words(make_arguments(&plan), WORDS("bash"));
	plan.numbers.has_terminal = 1;
	assert_words(make_arguments(&plan), WORDS("bash", "-i"));
	plan.shell = "zsh";
	assert_words(make_arguments(&plan), WORDS("zsh", "-i"));
	plan.shell_line = "ls | wc";
	assert_words(make_arguments(&plan), WORDS("zsh", "-c", "ls | wc"));
	plan.shell = NULL;
	assert_words(make_arguments(&plan), WORDS("bash", "-c", "ls | wc"));
	plan.shell_line = NULL;
	plan.command = words;
	plan.numbers.command_count = 3;
	assert_words(make_arguments(&plan), WORDS("tar", "c", ""));
}

/* Runs launch() in a child; *message is what it says, if it says something.  Returns its status. */
static int run(const struct plan *plan, struct joiner_message *message)
{
	size_t count;
	int pair[2];
	int status;
	pid_t child;

	memset(message, 0, sizeof(*message));
	assert_int_equal(wire_pair(pair), 0);
	child = fork();
	if (child == 0) {
		int fd = fcntl(pair[1], F_DUPFD, 10);

		(void)dup2(fd, INIT_CONTROL);
		(void)close_range(INIT_CONTROL + 1, ~0U, 0);
		launch_enter_directory(plan);
		launch(plan);
	}
	(void)close(pair[1]);
	status = unit_wait(child);
	(void)!wire_receive(pair[0], message, sizeof(*message), NULL, 0, &count);
	(void)close(pair[0]);
	return status;
}

static const char *directory = "/";

static int run_command(const char *path, const char *name, struct joiner_message *message)
{
	const char *words[] = { name, "-c", "exit 7", NULL };
	const char *variables[] = { path, NULL };
	struct plan plan = plan_with("", 0, variables, 1);

	plan.command = words;
	plan.numbers.command_count = 3;
	plan.fallback_workdir = directory;
	return run(&plan, message);
}

static char *tree;

static int make_programs(void **state)
{
	static const char *const names[] = { "denied", "no-loader", "text" };
	static const char *const contents[] = { "#!/bin/sh\n", "#!/none/such\n", "plain\n" };
	char path[256];

	(void)state;
	tree = unit_make_tree();
	for (size_t i = 0; i < COUNT(names); i++) {
		unit_write(tree, names[i], contents[i], strlen(contents[i]));
		(void)snprintf(path, sizeof(path), "%s/%s", tree, names[i]);
		if (chmod(path, i == 0 ? 0644 : 0755) < 0)
			return -1;
	}
	return 0;
}

static int remove_programs(void **state)
{
	(void)state;
	unit_remove_tree(tree);
	return 0;
}

#define NOT_FOUND(name) "command `" name "` was not found, neither in the toolbox nor in the target's PATH"
#define NO_LOADER(name) "command `" name "` cannot be executed: its loader or interpreter is missing"

static void tells_why_it_cannot_run(void **state)
{
	static const struct {
		const char *name;
		int status;
		const char *text;
	} cases[] = {
		{ "none-such", 127, NOT_FOUND("none-such") },
		{ "/none/such", 127, NOT_FOUND("/none/such") },
		{ "/etc/passwd/x", 127, NOT_FOUND("/etc/passwd/x") },
		{ "\033c", 127, NOT_FOUND("\\033c") },
		{ "denied", 126, "command `denied` cannot be executed: Permission denied" },
		{ "/", 126, "command `/` cannot be executed: Permission denied" },
		{ "no-loader", 126, NO_LOADER("no-loader") },
		{ "text", 126, "command `text` cannot be executed: Exec format error" },
	};
	struct joiner_message message;
	char path[300];

	(void)state;
	(void)snprintf(path, sizeof(path), "PATH=:relative:%s:/none", tree);
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(run_command(path, cases[i].name, &message), cases[i].status);
		assert_int_equal(message.kind, INIT_NOT_EXECUTED);
		assert_failed(message.fail, cases[i].status, cases[i].text);
	}
}

static void runs_what_the_path_names_first(void **state)
{
	struct joiner_message message;
	char path[300];

	(void)state;
	(void)snprintf(path, sizeof(path), "PATH=/none:%s:/bin", tree);
	assert_int_equal(run_command(path, "sh", &message), 7);
	assert_int_equal(run_command("PATH=/none", "/bin/sh", &message), 7);
	/* Never from the current directory, which is the target's. */
	directory = "/bin";
	assert_int_equal(run_command("PATH=:.", "sh", &message), 127);
	assert_int_equal(run_command("PATH=", "sh", &message), 127);
	directory = "/";
}

static void enters_the_directory(void **state)
{
	static const char *words[] = { "/bin/sh", "-c", "test \"$(pwd)\" = /usr && exit 5", NULL };
	struct plan plan = plan_with("", 0, no_words, 0);
	struct joiner_message message;

	(void)state;
	plan.command = words;
	plan.numbers.command_count = 3;
	plan.fallback_workdir = "/usr";
	assert_int_equal(run(&plan, &message), 5);
	plan.fallback_workdir = "/none";
	plan.workdir = "/usr";
	assert_int_equal(run(&plan, &message), 5);
	plan.workdir = "/none\033";
	assert_int_equal(run(&plan, &message), FAIL_TOOL);
	assert_failed(message.fail, FAIL_TOOL,
		      "cannot enter the directory `/none\\033` of the target: No such file or directory");
	plan.workdir = NULL;
	words[2] = "test \"$(pwd)\" = / && exit 6";
	assert_int_equal(run(&plan, &message), 6);
	words[2] = "test \"$(pwd)\" = /usr && exit 5";
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(extends_the_path),
		cmocka_unit_test(keeps_the_targets_own),
		cmocka_unit_test(adds_no_library_path),
		cmocka_unit_test(removes_what_steers_the_shell),
		cmocka_unit_test(lets_the_user_override),
		cmocka_unit_test(skips_what_is_no_variable),
		cmocka_unit_test(holds_every_entry),
		cmocka_unit_test(leaves_no_second_entry),
		cmocka_unit_test(sets_the_terminal_type),
		cmocka_unit_test(chooses_the_command),
		cmocka_unit_test_setup_teardown(tells_why_it_cannot_run, make_programs, remove_programs),
		cmocka_unit_test_setup_teardown(runs_what_the_path_names_first, make_programs,
						remove_programs),
		cmocka_unit_test(enters_the_directory),
	};

	return cmocka_run_group_tests_name("launch", tests, NULL, NULL);
}
