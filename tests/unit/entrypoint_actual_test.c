/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../toolbox/builtins/entrypoint_actual.c"

#include "unit.h"

static struct actual actual;
static struct words configured;

static void set(struct words *words, const char *const *list)
{
	memset(words, 0, sizeof(*words));
	while (list[words->count] != NULL) {
		words->at[words->count] = list[words->count];
		words->count++;
	}
}

static enum started compare(const char *const *running, const char *const *wanted)
{
	memset(&actual, 0, sizeof(actual));
	set(&actual.argv, running);
	set(&configured, wanted);
	actual.is_script = true;
	cut_title(&actual);
	return actual_compare(&actual, &configured);
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void tells_how_what_runs_came_about(void **state)
{
	(void)state;
	assert_int_equal(compare(LIST("/app", "x"), LIST("/app", "x")), STARTED_SAME);
	assert_int_equal(compare(LIST("/bin/sh", "/run.sh", "x"), LIST("/run.sh", "x")),
			 STARTED_BY_INTERPRETER);
	assert_int_equal(compare(LIST("/bin/sh", "-e", "/run.sh"), LIST("run.sh")), STARTED_BY_INTERPRETER);
	assert_int_equal(compare(LIST("nginx", "-g", "x"), LIST("/entry.sh", "nginx", "-g", "x")),
			 STARTED_REPLACED);
	assert_int_equal(compare(LIST("sleep", "9"), LIST("/bin/sh", "-c", "exec sleep 9")),
			 STARTED_BY_SHELL);
	assert_int_equal(compare(LIST("other"), LIST("/app", "x")), STARTED_OTHERWISE);
	assert_int_equal(compare(LIST("/app", "y"), LIST("/app", "x")), STARTED_OTHERWISE);
	assert_int_equal(compare(LIST("nginx: master process", "", "", ""), LIST("nginx")), STARTED_RENAMED);
	assert_int_equal(compare(LIST("nginx: master"), LIST("nginx")), STARTED_RENAMED);
	assert_int_equal(compare(LIST(NULL), LIST("/app")), STARTED_UNKNOWN);
	assert_int_equal(compare(LIST("/app"), LIST(NULL)), STARTED_UNKNOWN);
	assert_int_equal(compare(LIST("e"), LIST("/bin/sh", "-c", "exec /app/server")), STARTED_OTHERWISE);
	assert_int_equal(compare(LIST(""), LIST("/bin/sh", "-c", "exec /app/server")), STARTED_OTHERWISE);
	assert_int_equal(compare(LIST("server"), LIST("/bin/sh", "-c", "exec /app/server;")),
			 STARTED_BY_SHELL);
	(void)compare(LIST("wrap", "--steal", "/bin/true"), LIST("/bin/true"));
	actual.is_script = false;
	assert_int_equal(actual_compare(&actual, &configured), STARTED_OTHERWISE);
}

static void keeps_empty_last_arguments(void **state)
{
	(void)state;
	assert_int_equal(compare(LIST("/app", "x", ""), LIST("/app", "x", "")), STARTED_SAME);
	assert_int_equal(compare(LIST("/app", "", ""), LIST("/app", "", "")), STARTED_SAME);
	assert_int_equal(compare(LIST("/app", "", ""), LIST("/app", "x")), STARTED_RENAMED);
}

static void every_outcome_has_a_sentence(void **state)
{
	(void)state;
	for (int i = STARTED_UNKNOWN; i <= STARTED_OTHERWISE; i++)
		assert_true(strlen(started_sentence((enum started)i)) > 5);
}

static void compares_environments(void **state)
{
	static struct environment_difference difference;
	static struct words running;

	(void)state;
	set(&configured, LIST("A=1", "B=2", "GONE=x", "AB=3"));
	set(&running, LIST("A=1", "B=3", "AB=3", "NEW=y", "piece of a secret"));
	environment_compare(&difference, &configured, &running);
	assert_int_equal(difference.added.count, 1);
	assert_string_equal(difference.added.at[0], "NEW=y");
	assert_int_equal(difference.changed.count, 1);
	assert_string_equal(difference.changed.at[0], "B=3");
	assert_int_equal(difference.removed.count, 1);
	assert_string_equal(difference.removed.at[0], "GONE=x");
}

static void reads_fields_of_proc(void **state)
{
	static const char text[] = "Name:\tUid: 7\nUid:\t0\t1\t2\t3\nGroups:\t4 5 \nEnd:";
	char out[16];

	(void)state;
	read_field(text, "Uid:", out, sizeof(out));
	assert_string_equal(out, "0\t1\t2\t3");
	read_field(text, "Groups:", out, sizeof(out));
	assert_string_equal(out, "4 5");
	read_field(text, "End:", out, sizeof(out));
	assert_string_equal(out, "");
	read_field(text, "None:", out, sizeof(out));
	assert_string_equal(out, "");
	read_field(text, "Uid:", out, 3);
	assert_string_equal(out, "0\t");
}

static void reads_itself(void **state)
{
	char self[PATH_MAX];

	(void)state;
	assert_true(actual_read(&actual, (int)getpid()));
	self[readlink("/proc/self/exe", self, sizeof(self) - 1)] = '\0';
	assert_string_equal(actual.executable, self);
	assert_int_equal(actual.argv.count, 1);
	assert_int_equal(strtoul(actual.uids, NULL, 10), geteuid());
	assert_true(actual.env.count > 0);
	assert_false(actual_is_init(&actual));
	assert_false(actual_read(&actual, 0));
	assert_false(actual_read(&actual, INT_MAX));
}

static void knows_inits(void **state)
{
	static const char *const paths[] = { "/sbin/tini", "/usr/bin/dumb-init", "/sbin/docker-init" };

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		(void)snprintf(actual.executable, sizeof(actual.executable), "%s", paths[i]);
		assert_true(actual_is_init(&actual));
	}
	(void)snprintf(actual.executable, sizeof(actual.executable), "/app/tinier");
	assert_false(actual_is_init(&actual));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_how_what_runs_came_about),
		cmocka_unit_test(keeps_empty_last_arguments),
		cmocka_unit_test(every_outcome_has_a_sentence),
		cmocka_unit_test(compares_environments),
		cmocka_unit_test(reads_fields_of_proc),
		cmocka_unit_test(reads_itself),
		cmocka_unit_test(knows_inits),
	};

	return cmocka_run_group_tests_name("entrypoint_actual", tests, NULL, NULL);
}
