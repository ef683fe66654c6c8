/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/6-join/identity.c"

#include "unit.h"

#define PASSWD                            \
	"root:x:0:0:root:/root:/bin/sh\n" \
	"\n"                              \
	"short:x:5\n"                     \
	"max:x:4294967295:1:::\n"         \
	"signed:x:-1:1:::\n"              \
	"hex:x:0x0:0:::\n"                \
	"space:x: 0:0:::\n"               \
	"empty:x::0:::\n"                 \
	"app:x:1000:100:a:b:c:d:e:f\n"    \
	"1000:x:7:7:::\n"                 \
	"app:x:2000:200:::\n"             \
	"last:x:3000:300"
#define GROUP                       \
	"root:x:0:\n"               \
	"short:x\n"                 \
	"bad:x:no:app\n"            \
	"audio:x:29:app,web\n"      \
	"video:x:44:web,app\n"      \
	"none:x:45:apps,ap,,xapp\n" \
	"29:x:46:\n"                \
	"bare:x:47\n"               \
	"wheel:x:48:app"

static bool user(struct identity *identity, const char *wanted, const char *passwd, char *name,
		 size_t capacity)
{
	char *text = strdup(passwd);
	bool is_found;

	assert_non_null(text);
	memset(identity, 0, sizeof(*identity));
	is_found = find_user(identity, wanted, name, capacity, text);
	free(text);
	return is_found;
}

static void finds_users(void **state)
{
	static const struct {
		const char *wanted;
		uint32_t uid, gid;
		const char *name;
	} cases[] = {
		{ "root", 0, 0, "root" },      { "0", 0, 0, "root" },	     { "app", 1000, 100, "app" },
		{ "1000", 1000, 100, "app" },  { "2000", 2000, 200, "app" }, { "last", 3000, 300, "last" },
		{ "3000", 3000, 300, "last" }, { "4242", 4242, 0, "" },	     { "7", 7, 7, "1000" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct identity identity;
		char name[64];

		assert_true(user(&identity, cases[i].wanted, PASSWD, name, sizeof(name)));
		assert_int_equal(identity.uid, cases[i].uid);
		assert_int_equal(identity.gid, cases[i].gid);
		assert_string_equal(name, cases[i].name);
	}
}

static void finds_no_user_in_broken_lines(void **state)
{
	static const char *const cases[] = { "short", "max",  "signed",	    "hex", "space", "empty", "",
					     "ap",    "appx", "4294967295", "-1",  "+0",    "0x0",   " 0" };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct identity identity;
		char name[64];

		assert_false(user(&identity, cases[i], PASSWD, name, sizeof(name)));
		assert_string_equal(name, "");
		assert_false(user(&identity, cases[i], "", name, sizeof(name)));
	}
}

static void keeps_long_names_out(void **state)
{
	struct identity identity;
	char name[4];

	(void)state;
	assert_true(user(&identity, "5", "long-name:x:5:6\n", name, sizeof(name)));
	assert_int_equal(identity.gid, 6);
	assert_string_equal(name, "");
	assert_true(user(&identity, "5", "abcd:x:5:6\n", name, sizeof(name)));
	assert_string_equal(name, "");
	assert_true(user(&identity, "5", "abc:x:5:6\n", name, sizeof(name)));
	assert_string_equal(name, "abc");
}

static bool groups(struct identity *identity, const char *group, const char *name, const char *file)
{
	char *text = strdup(file);
	bool is_found;

	assert_non_null(text);
	memset(identity, 0, sizeof(*identity));
	identity->gid = 100;
	is_found = find_groups(identity, group, name, text);
	free(text);
	return is_found;
}

static void finds_groups(void **state)
{
	struct identity identity;

	(void)state;
	assert_true(groups(&identity, "", "app", GROUP));
	assert_int_equal(identity.gid, 100);
	assert_int_equal(identity.group_count, 3);
	assert_int_equal(identity.groups[0], 29);
	assert_int_equal(identity.groups[1], 44);
	assert_int_equal(identity.groups[2], 48);
	assert_true(groups(&identity, "", "", GROUP));
	assert_int_equal(identity.group_count, 0);
	assert_true(groups(&identity, "video", "app", GROUP));
	assert_int_equal(identity.gid, 44);
	assert_int_equal(identity.group_count, 0);
	assert_true(groups(&identity, "bare", "app", GROUP));
	assert_int_equal(identity.gid, 47);
	/* A number is a number, whatever a group is named. */
	assert_true(groups(&identity, "29", "app", GROUP));
	assert_int_equal(identity.gid, 29);
	assert_false(groups(&identity, "short", "app", GROUP));
	assert_false(groups(&identity, "bad", "app", GROUP));
	assert_false(groups(&identity, "4294967295", "app", GROUP));
	assert_false(groups(&identity, "vide", "app", ""));
}

static void takes_so_many_groups(void **state)
{
	char text[8000] = "";
	struct identity identity;

	(void)state;
	for (int i = 1; i <= IDENTITY_GROUPS_MAX + 40; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "g%d:x:%d:app\n", i, i);
	assert_true(groups(&identity, "", "app", text));
	assert_int_equal(identity.group_count, IDENTITY_GROUPS_MAX);
	assert_int_equal(identity.groups[IDENTITY_GROUPS_MAX - 1], IDENTITY_GROUPS_MAX);
}

static void splits_lists_exactly(void **state)
{
	(void)state;
	assert_true(is_member("app", "app"));
	assert_true(is_member("a,app", "app"));
	assert_true(is_member("app,b", "app"));
	assert_true(is_member(",,app", "app"));
	assert_false(is_member("", "app"));
	assert_false(is_member("apps,ap", "app"));
	assert_false(is_member("app b", "app"));
}

static void splits_user_and_group(void **state)
{
	char text[600];
	struct wanted wanted;
	struct fail why = { 0 };

	(void)state;
	assert_int_equal(split(&wanted, "app:staff", &why), 0);
	assert_string_equal(wanted.user, "app");
	assert_string_equal(wanted.group, "staff");
	assert_int_equal(split(&wanted, "app", &why), 0);
	assert_string_equal(wanted.group, "");
	memset(text, 'u', sizeof(text));
	text[NAME_CAPACITY - 1] = '\0';
	assert_int_equal(split(&wanted, text, &why), 0);
	text[NAME_CAPACITY - 1] = 'u';
	text[NAME_CAPACITY] = '\0';
	assert_int_equal(split(&wanted, text, &why), -1);
	text[NAME_CAPACITY] = 'u';
	text[1] = ':';
	text[NAME_CAPACITY + 2] = '\0';
	assert_int_equal(split(&wanted, text, &why), -1);
}

static char *read_below(const char *tree, const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", tree, name);
	return read_file(path);
}

static void reads_regular_files_only(void **state)
{
	static const char *const names[] = { "fifo", "directory", "absent", "dangling", "loop", "device" };
	char *tree = unit_make_tree();
	int tree_fd = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int before = unit_count_fds();
	char *text;

	(void)state;
	assert_int_equal(mkfifoat(tree_fd, "fifo", 0600), 0);
	assert_int_equal(mkdirat(tree_fd, "directory", 0700), 0);
	assert_int_equal(symlinkat("none", tree_fd, "dangling"), 0);
	assert_int_equal(symlinkat("loop", tree_fd, "loop"), 0);
	assert_int_equal(symlinkat("/dev/urandom", tree_fd, "device"), 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		text = read_below(tree, names[i]);
		assert_non_null(text);
		assert_string_equal(text, "");
		free(text);
	}
	unit_write(tree, "good", PASSWD, sizeof(PASSWD) - 1);
	text = read_below(tree, "good");
	assert_string_equal(text, PASSWD);
	free(text);
	assert_int_equal(unit_count_fds(), before);
	(void)close(tree_fd);
	unit_remove_tree(tree);
}

static void bounds_what_it_reads(void **state)
{
	enum { HUGE_LINE = 10 << 20 };
	char *tree = unit_make_tree();
	char *line = malloc(HUGE_LINE);
	char *text;

	(void)state;
	assert_non_null(line);
	memset(line, 'x', HUGE_LINE);
	unit_write(tree, "huge", line, HUGE_LINE);
	text = read_below(tree, "huge");
	assert_non_null(text);
	assert_true(strlen(text) < FILE_MAX);
	free(text);
	/* Cut in the middle of a line, "app:x:1000:1000" would become another group's. */
	memset(line, '\n', FILE_MAX);
	memcpy(line + FILE_MAX - 1 - 12, "app:x:9:1000", 12);
	line[FILE_MAX - 1] = '0';
	unit_write(tree, "cut", line, FILE_MAX + 100);
	text = read_below(tree, "cut");
	assert_non_null(text);
	assert_int_equal(strlen(text), 0);
	free(text);
	free(line);
	unit_remove_tree(tree);
}

/* In a root of its own, as the target's. */
static int find_in(const char *tree, const char *wanted, struct answer *answer)
{
	int ends[2];
	pid_t child;

	memset(answer, 0, sizeof(*answer));
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		struct plan plan = { .user = wanted, .numbers = { .is_user_named = 1 } };
		int failed = chroot(tree) < 0 || chdir("/") < 0;

		(void)alarm(20);
		failed = failed || identity_find(&answer->identity, &plan, &answer->why) < 0;
		(void)!write(ends[1], answer, sizeof(*answer));
		_exit(failed);
	}
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], answer, sizeof(*answer)), sizeof(*answer));
	(void)close(ends[0]);
	return unit_wait(child);
}

static void asks_the_target_itself(void **state)
{
	char *tree;
	char etc[256];
	struct answer answer;

	(void)state;
	if (geteuid() != 0) {
		print_message("needs root: chroot\n");
		skip();
	}
	tree = unit_make_tree();
	assert_int_equal(chmod(tree, 0755), 0);
	assert_int_equal(find_in(tree, "4242", &answer), 0);
	assert_int_equal(answer.identity.uid, 4242);
	assert_int_equal(find_in(tree, "app", &answer), 1);
	assert_failed(answer.why, FAIL_TOOL,
		      "the target's /etc/passwd has no user `app`; give a number instead");
	(void)snprintf(etc, sizeof(etc), "%s/etc", tree);
	assert_int_equal(mkdir(etc, 0755), 0);
	unit_write(etc, "passwd", PASSWD, sizeof(PASSWD) - 1);
	unit_write(etc, "group", GROUP, sizeof(GROUP) - 1);
	assert_int_equal(find_in(tree, "app", &answer), 0);
	assert_int_equal(answer.identity.uid, 1000);
	assert_int_equal(answer.identity.group_count, 3);
	assert_int_equal(find_in(tree, "app:video", &answer), 0);
	assert_int_equal(answer.identity.gid, 44);
	assert_int_equal(find_in(tree, "app:\033c", &answer), 1);
	assert_failed(answer.why, FAIL_TOOL,
		      "the target's /etc/group has no group `\\033c`; give a number instead");
	/* As nobody: what nobody may not read is not there. */
	(void)snprintf(etc, sizeof(etc), "%s/etc/passwd", tree);
	assert_int_equal(chmod(etc, 0600), 0);
	assert_int_equal(find_in(tree, "app", &answer), 1);
	assert_int_equal(unlink(etc), 0);
	assert_int_equal(mkfifo(etc, 0666), 0);
	assert_int_equal(find_in(tree, "root", &answer), 1);
	unit_remove_tree(tree);
}

static void looks_up_nothing_for_numbers(void **state)
{
	struct plan plan = { .numbers = { .uid = 5, .gid = 6 } };
	struct identity identity;
	struct fail why = { 0 };

	(void)state;
	assert_int_equal(identity_find(&identity, &plan, &why), 0);
	assert_int_equal(identity.uid, 5);
	assert_int_equal(identity.gid, 6);
	assert_int_equal(identity.group_count, 0);
	plan.numbers.is_user_named = 1;
	assert_int_equal(identity_find(&identity, &plan, &why), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_users),
		cmocka_unit_test(finds_no_user_in_broken_lines),
		cmocka_unit_test(keeps_long_names_out),
		cmocka_unit_test(finds_groups),
		cmocka_unit_test(takes_so_many_groups),
		cmocka_unit_test(splits_lists_exactly),
		cmocka_unit_test(splits_user_and_group),
		cmocka_unit_test(reads_regular_files_only),
		cmocka_unit_test(bounds_what_it_reads),
		cmocka_unit_test(asks_the_target_itself),
		cmocka_unit_test(looks_up_nothing_for_numbers),
	};

	return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
