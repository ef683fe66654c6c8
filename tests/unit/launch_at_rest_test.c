/* SPDX-License-Identifier: GPL-2.0-or-later */
/* launch.c for targets that do not run: what their configuration says stands in for their process. */
#include "../../src/6-join/launch.c"

#include "unit.h"

#define CONFIGURED(bytes) bytes, sizeof(bytes) - 1

static const char *no_words[] = { NULL };

/* What launch.c allocates lives until it executes a program, which it does not do here. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
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

static struct plan plan_at_rest(const char *configured, size_t size)
{
	struct plan plan = { .fallback_workdir = "/", .target_environment = "" };

	plan.environment = no_words;
	plan.command = no_words;
	plan.numbers.root = PLAN_ROOT_OWN;
	plan.numbers.configured_size = (uint32_t)size;
	plan.configured = configured;
	return plan;
}

static void takes_an_images_environment(void **state)
{
	struct plan plan = plan_at_rest(CONFIGURED("entrypoint=/x\0env=PATH=/app\0workdir=/\0env=A=b\0"
						   "environment=C=d\0env=\0env=BASH_ENV=/x\0"));
	struct environment environment;

	(void)state;
	assert_int_equal(make_environment(&environment, &plan), 0);
	assert_value(&environment, "PATH", TOOLBOX_PATH ":/app");
	assert_value(&environment, "A", "b");
	assert_value(&environment, "C", NULL);
	assert_value(&environment, "BASH_ENV", NULL);
	assert_value(&environment, "entrypoint", NULL);
	/* A target that runs has its own. */
	plan.numbers.root = PLAN_ROOT_LIVE;
	assert_int_equal(make_environment(&environment, &plan), 0);
	assert_value(&environment, "A", NULL);
}

static void starts_in_an_images_directory(void **state)
{
	struct plan plan = plan_at_rest(CONFIGURED("workdir=/proc\0workdir=/sys\0"));
	char path[PATH_MAX];

	(void)state;
	launch_enter_directory(&plan);
	assert_string_equal(getcwd(path, sizeof(path)), "/proc");
	plan = plan_at_rest(CONFIGURED("workdir=/no/such\0"));
	launch_enter_directory(&plan);
	assert_string_equal(getcwd(path, sizeof(path)), "/");
	plan = plan_at_rest(CONFIGURED("workdir=\0"));
	launch_enter_directory(&plan);
	assert_string_equal(getcwd(path, sizeof(path)), "/");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_an_images_environment),
		cmocka_unit_test(starts_in_an_images_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
