/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../toolbox/builtins/entrypoint_lint.c"

#include "fd.h"
#include "unit.h"

static struct record record;
static struct report report;

static void parse(const char *bytes, size_t size)
{
	static char copy[4096];

	memcpy(copy, bytes, size);
	memset(&report, 0, sizeof(report));
	assert_true(record_parse(&record, copy, size));
}

#define PARSE(literal) parse(literal, sizeof(literal))

static void assert_checks(const char *const *checks)
{
	size_t count = 0;

	for (; checks[count] != NULL; count++) {
		assert_true(count < report.count);
		assert_string_equal(report.findings[count].check, checks[count]);
	}
	assert_int_equal(report.count, count);
}

#define CHECKS(...) assert_checks((const char *const[]){ __VA_ARGS__, NULL })

static void reads_the_record(void **state)
{
	static struct words argv;

	(void)state;
	PARSE(
	    "pid=7\0entrypoint=/app\0entrypoint=a=b\0cmd=x\0cmd=\0env=A=1\0env=B=\0user=u:g\0workdir=/w\0incomplete=1");
	assert_int_equal(record.pid, 7);
	assert_true(record.is_known && record.is_incomplete);
	assert_string_equal(record.user, "u:g");
	assert_string_equal(record.workdir, "/w");
	assert_string_equal(record_env(&record, "A"), "1");
	assert_string_equal(record_env(&record, "B"), "");
	assert_null(record_env(&record, "C"));
	compose(&argv, &record, NULL, 0);
	assert_int_equal(argv.count, 4);
	assert_string_equal(argv.at[1], "a=b");
	assert_string_equal(argv.at[3], "");
	PARSE("pid=7");
	assert_false(record.is_known);
	PARSE("pid=-1");
	assert_int_equal(record.pid, 0);
}

static void refuses_records_that_are_none(void **state)
{
	char unterminated[] = { 'c', 'm', 'd', '=', 'x' };
	char no_key[] = "cmd\0x=1";

	(void)state;
	assert_false(record_parse(&record, unterminated, sizeof(unterminated)));
	assert_false(record_parse(&record, no_key, sizeof(no_key)));
}

static void knows_the_forms(void **state)
{
	(void)state;
	PARSE("pid=1\0user=");
	lint_forms(&report, &record);
	CHECKS("empty");
	PARSE("entrypoint=/bin/sh\0entrypoint=-c\0entrypoint=run it\0cmd=x");
	lint_forms(&report, &record);
	CHECKS("shell-form", "cmd-ignored");
	PARSE("cmd=/bin/sh\0cmd=-c\0cmd=exec run it");
	lint_forms(&report, &record);
	assert_int_equal(report.count, 0);
	PARSE("cmd=/bin/sh\0cmd=-c\0cmd=[\"a\", \"b\"");
	lint_forms(&report, &record);
	CHECKS("json");
	PARSE("cmd=/bin/sh\0cmd=-c\0cmd=['a', 'b']");
	lint_forms(&report, &record);
	CHECKS("json");
	PARSE("entrypoint=/app\0cmd=/bin/sh\0cmd=-c\0cmd=x");
	lint_forms(&report, &record);
	CHECKS("cmd-shell-form");
	PARSE("entrypoint=/app\0cmd=x");
	lint_forms(&report, &record);
	assert_int_equal(report.count, 0);
}

static void notices_what_only_a_shell_would_read(void **state)
{
	static struct words argv;

	(void)state;
	PARSE("cmd=/app\0cmd=$PORT\0cmd=&&\0cmd=b");
	compose(&argv, &record, NULL, 0);
	lint_words(&report, &argv);
	CHECKS("variable", "shell-syntax");
}

static void counts_what_does_not_fit(void **state)
{
	(void)state;
	memset(&report, 0, sizeof(report));
	for (int i = 0; i < ENTRY_FINDINGS_MAX + 5; i++)
		report_add(&report, LEVEL_WARNING, "x", "%d", i);
	assert_int_equal(report.count, ENTRY_FINDINGS_MAX);
	assert_int_equal(report.left_out, 5);
}

/* A small root, with accounts and one program that only a group may execute. */
static void looks_users_up_in_the_container(void **state)
{
	static const char passwd[] = "root:x:0:0::/:\nbroken\nweb:x:33:34::/:\n:::\n";
	static const char group[] = "a:x:40:\nb:x:41:other,web\nc:x:42:webb\n";
	char *tree = unit_make_tree();
	CLOSE_AT_EXIT int root_fd = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct entry_user user;

	(void)state;
	assert_int_equal(mkdirat(root_fd, "etc", 0755), 0);
	unit_write(tree, "etc/passwd", passwd, sizeof(passwd) - 1);
	unit_write(tree, "etc/group", group, sizeof(group) - 1);
	unit_write(tree, "program", "x", 1);
	assert_int_equal(fchmodat(root_fd, "program", 0610, 0), 0);

	PARSE("user=web");
	lint_user(&report, &record, root_fd, &user);
	assert_true(user.is_known);
	assert_int_equal(user.uid, 33);
	assert_int_equal(user.group_count, 2);
	assert_int_equal(user.groups[0], 34);
	assert_int_equal(user.groups[1], 41);
	if (fchownat(root_fd, "program", 0, 41, 0) == 0) {
		assert_true(user_may_execute(root_fd, "/program", &user));
		assert_int_equal(fchownat(root_fd, "program", 0, 42, 0), 0);
		assert_false(user_may_execute(root_fd, "/program", &user));
	}
	PARSE("user=33:a");
	lint_user(&report, &record, root_fd, &user);
	assert_int_equal(user.groups[0], 40);
	PARSE("user=4711");
	lint_user(&report, &record, root_fd, &user);
	assert_true(user.is_known && report.is_user_nameless);
	assert_int_equal(report.count, 0);
	PARSE("user=nobody");
	lint_user(&report, &record, root_fd, &user);
	assert_false(user.is_known);
	CHECKS("user");
	unit_remove_tree(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_record),
		cmocka_unit_test(refuses_records_that_are_none),
		cmocka_unit_test(knows_the_forms),
		cmocka_unit_test(notices_what_only_a_shell_would_read),
		cmocka_unit_test(counts_what_does_not_fit),
		cmocka_unit_test(looks_users_up_in_the_container),
	};

	return cmocka_run_group_tests_name("entrypoint_lint", tests, NULL, NULL);
}
