/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/4-plan/plan.c"
#include "../../src/4-plan/plan_wire.c"

#include "unit.h"

#include <linux/capability.h>

static const char *environment[] = { "A=1", "B=", NULL };
static const char *command[] = { "sh", "-c", "\033[2J", NULL };

static struct target target;
static const struct grant grant = { .capabilities = 1U << CAP_KILL | 1U << CAP_SYS_PTRACE };
static struct fail why;

static int make_target(void **state)
{
	(void)state;
	memset(&target, 0, sizeof(target));
	target.seen.pid = 4121;
	(void)snprintf(target.seen.name, sizeof(target.seen.name), "web");
	for (int kind = 0; kind < NAMESPACE_COUNT; kind++)
		target.namespaces.inode[kind] = target.ours.inode[kind] = 100 + (unsigned int)kind;
	target.namespaces.inode[NAMESPACE_MOUNT] = 200;
	target.namespaces.inode[NAMESPACE_PID] = 201;
	(void)snprintf(target.workdir, sizeof(target.workdir), "/app");
	return 0;
}

static int make_plan(struct plan *plan, const char *user)
{
	const struct request request = { .target = "web", .user = user };

	why = (struct fail){ 0 };
	return plan_make(plan, &request, &target, &grant, &why);
}

static void takes_users_as_numbers(void **state)
{
	static const struct {
		const char *user;
		uint32_t uid, gid;
	} cases[] = {
		{ NULL, 0, 0 },
		{ "0", 0, 0 },
		{ "00", 0, 0 },
		{ "0:5", 0, 5 },
		{ "0:0", 0, 0 },
		{ "1000:1000", 1000, 1000 },
		{ "4294967294:4294967294", 4294967294U, 4294967294U },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct plan plan;

		assert_int_equal(make_plan(&plan, cases[i].user), 0);
		assert_int_equal(plan.numbers.is_user_named, 0);
		assert_int_equal(plan.numbers.uid, cases[i].uid);
		assert_int_equal(plan.numbers.gid, cases[i].gid);
		assert_null(plan.user);
	}
}

static void leaves_names_to_the_target(void **state)
{
	static const char *const cases[] = { "1000", "app", "app:staff", "1000:staff", "app:1000",
					     "-1",   "+0",  "0x0",	 " 0",	       "0 " };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct plan plan;

		assert_int_equal(make_plan(&plan, cases[i]), 0);
		assert_int_equal(plan.numbers.is_user_named, 1);
		assert_string_equal(plan.user, cases[i]);
	}
}

static void refuses_users(void **state)
{
	static const char *const cases[] = {
		"4294967295",
		"4294967296",
		"99999999999",
		"18446744073709551616",
		"0:4294967295",
		"1000:",
		"a:b:c",
		"1:2:3",
		"0::0",
		":",
		"",
		":5",
		"a:",
		"00000000000",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct plan plan;

		assert_int_equal(make_plan(&plan, cases[i]), -1);
		assert_int_equal(why.status, FAIL_TOOL);
	}
	assert_int_equal(make_plan(&(struct plan){ 0 }, "\033c:b:c"), -1);
	assert_failed(why, FAIL_TOOL, "`\\033c:b:c` is not a user; write USER or USER:GROUP");
	assert_int_equal(make_plan(&(struct plan){ 0 }, "4294967295"), -1);
	assert_failed(why, FAIL_TOOL, "user or group number in `4294967295` is out of range");
}

static void joins_what_differs(void **state)
{
	struct plan plan;

	(void)state;
	assert_int_equal(make_plan(&plan, NULL), 0);
	assert_int_equal(plan.numbers.joined,
			 namespace_flag(NAMESPACE_MOUNT) | namespace_flag(NAMESPACE_PID));
	assert_int_equal(plan.numbers.namespaces[NAMESPACE_MOUNT], 200);
	assert_int_equal(plan.numbers.target_pid, 4121);
	assert_string_equal(plan.fallback_workdir, "/app");
	target.workdir[0] = '\0';
	assert_int_equal(make_plan(&plan, NULL), 0);
	assert_string_equal(plan.fallback_workdir, "/");
}

static const struct request whole_request = {
	.target = "web",
	.user = "app:staff",
	.workdir = "/srv\n",
	.shell = "zsh",
	.terminal_type = "xterm",
	.environment = environment,
	.environment_count = 2,
	.command = command,
	.command_count = 3,
	.has_terminal = true,
	.rows = 50,
	.columns = 120,
};

/* Its bytes as they cross; the caller frees. */
static char *put_bytes(const struct plan *plan, size_t *size)
{
	struct wire_writer writer = { 0 };

	plan_put(plan, &writer);
	assert_false(writer.is_failed);
	*size = writer.size;
	return writer.bytes;
}

static void comes_back_as_it_went(void **state)
{
	struct plan plan;
	struct plan got = { 0 };
	struct wire_reader reader = { 0 };
	char *bytes;

	(void)state;
	why = (struct fail){ 0 };
	assert_int_equal(plan_make(&plan, &whole_request, &target, &grant, &why), 0);
	bytes = put_bytes(&plan, &reader.size);
	reader.bytes = bytes;
	assert_int_equal(plan_get(&got, &reader), 0);
	assert_int_equal(reader.offset, reader.size);
	assert_memory_equal(&got.numbers, &plan.numbers, sizeof(plan.numbers));
	assert_string_equal(got.target_name, "web");
	assert_string_equal(got.user, "app:staff");
	assert_string_equal(got.workdir, "/srv\n");
	assert_string_equal(got.fallback_workdir, "/app");
	assert_string_equal(got.shell, "zsh");
	assert_null(got.shell_line);
	assert_string_equal(got.terminal_type, "xterm");
	assert_string_equal(got.environment[1], "B=");
	assert_null(got.environment[2]);
	assert_string_equal(got.command[2], "\033[2J");
	assert_null(got.command[3]);
	free(got.environment);
	free(got.command);
	free(bytes);
}

static void refuses_truncation_and_other_versions(void **state)
{
	struct plan plan;
	size_t size;
	char *bytes;
	uint32_t version = WIRE_VERSION + 1;

	(void)state;
	why = (struct fail){ 0 };
	assert_int_equal(plan_make(&plan, &whole_request, &target, &grant, &why), 0);
	bytes = put_bytes(&plan, &size);
	for (size_t length = 0; length < size; length++) {
		/* A copy of just this length, so that a read behind it is a fault. */
		char *cut = malloc(length + 1);
		struct wire_reader reader = { .bytes = cut, .size = length };
		struct plan got = { 0 };

		assert_non_null(cut);
		memcpy(cut, bytes, length);
		assert_int_equal(plan_get(&got, &reader), -1);
		free(got.environment);
		free(got.command);
		free(cut);
	}
	memcpy(bytes, &version, sizeof(version));
	assert_int_equal(plan_get(&(struct plan){ 0 }, &(struct wire_reader){ .bytes = bytes, .size = size }),
			 -1);
	free(bytes);
}

static void describes_the_least(void **state)
{
	struct plan plan;
	char text[4096];

	(void)state;
	assert_int_equal(make_plan(&plan, NULL), 0);
	plan_describe(&plan, text, sizeof(text));
	assert_string_equal(text,
			    "target        web, process 4121\n"
			    "join          mount pid\n"
			    "view          the target's root, read-only, in a mount namespace of its own\n"
			    "toolbox       /dev/toolbox, read-only\n"
			    "devices       the standard ones\n"
			    "user          0:0\n"
			    "capabilities  kill sys_ptrace\n"
			    "limits        the session's system calls\n"
			    "terminal      none\n"
			    "directory     /app\n"
			    "command       bash, reading commands from its input\n");
}

static void describes_everything_encoded(void **state)
{
	const struct grant all = { .is_write = true, .has_devices = true };
	struct request request = whole_request;
	struct plan plan;
	char text[4096];

	(void)state;
	why = (struct fail){ 0 };
	target.namespaces = target.ours;
	assert_int_equal(plan_make(&plan, &request, &target, &all, &why), 0);
	plan_describe(&plan, text, sizeof(text));
	assert_string_equal(text,
			    "target        web, process 4121\n"
			    "join          nothing: all namespaces are the host's\n"
			    "view          the target's root, writable, in a mount namespace of its own\n"
			    "toolbox       /dev/toolbox, read-only\n"
			    "devices       all that the target has\n"
			    "user          app:staff, looked up in the target\n"
			    "capabilities  none\n"
			    "limits        the session's system calls\n"
			    "terminal      one of its own\n"
			    "directory     /srv\\012\n"
			    "command       sh -c \\033[2J\n");
	request.command_count = 0;
	request.shell = "\033c";
	assert_int_equal(plan_make(&plan, &request, &target, &all, &why), 0);
	plan_describe(&plan, text, sizeof(text));
	assert_non_null(strstr(text, "command       \\033c, interactive\n"));
}

static void describes_a_shell_line_encoded(void **state)
{
	struct request request = { .target = "web", .shell = "\033c", .shell_line = "\033]0;x\007" };
	struct plan plan;
	char text[4096];

	(void)state;
	why = (struct fail){ 0 };
	assert_int_equal(plan_make(&plan, &request, &target, &grant, &why), 0);
	plan_describe(&plan, text, sizeof(text));
	assert_non_null(strstr(text, " -c `\\033]0;x\\007`\n"));
	assert_null(strchr(text, '\033'));
}

static void describes_into_what_there_is(void **state)
{
	struct plan plan;

	(void)state;
	assert_int_equal(make_plan(&plan, NULL), 0);
	for (size_t capacity = 1; capacity < 400; capacity++) {
		char *text = malloc(capacity);

		assert_non_null(text);
		plan_describe(&plan, text, capacity);
		assert_true(strnlen(text, capacity) < capacity);
		free(text);
	}
}

static void makes_its_own_root_for_what_does_not_run(void **state)
{
	struct request request = { .target = "web", .network = REQUEST_NETWORK_HOST };
	const struct grant writing = { .is_write = true };
	struct plan plan;
	char text[4096];

	(void)state;
	target.seen.state = SIGHTING_STOPPED;
	assert_int_equal(plan_make(&plan, &request, &target, &grant, &why), 0);
	assert_int_equal(plan.numbers.root, PLAN_ROOT_OWN);
	assert_int_equal(plan.numbers.joined, 0);
	assert_int_equal(plan.numbers.namespaces[NAMESPACE_PID], 0);
	assert_true(plan.numbers.is_network_host);
	plan_describe(&plan, text, sizeof(text));
	assert_non_null(
	    strstr(text, "which does not run\nmake          namespaces of its own; network: the host's\n"));
	assert_int_equal(plan_make(&plan, &request, &target, &writing, &why), -1);
	assert_non_null(strstr(why.text, "--write cannot change `web`"));
	target.seen.state = SIGHTING_RUNNING;
	request.is_scratch = true;
	assert_int_equal(plan_make(&plan, &request, &target, &grant, &why), 0);
	assert_int_equal(plan.numbers.root, PLAN_ROOT_SCRATCH);
	plan_describe(&plan, text, sizeof(text));
	assert_non_null(strstr(text, "as a copy whose changes are discarded"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(takes_users_as_numbers, make_target),
		cmocka_unit_test_setup(leaves_names_to_the_target, make_target),
		cmocka_unit_test_setup(refuses_users, make_target),
		cmocka_unit_test_setup(joins_what_differs, make_target),
		cmocka_unit_test_setup(makes_its_own_root_for_what_does_not_run, make_target),
		cmocka_unit_test_setup(comes_back_as_it_went, make_target),
		cmocka_unit_test_setup(refuses_truncation_and_other_versions, make_target),
		cmocka_unit_test_setup(describes_the_least, make_target),
		cmocka_unit_test_setup(describes_everything_encoded, make_target),
		cmocka_unit_test_setup(describes_a_shell_line_encoded, make_target),
		cmocka_unit_test_setup(describes_into_what_there_is, make_target),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
