/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/0-base/proc.c"

#include "unit.h"

#define FIELDS_TO_FLAGS " 1 1 1 0 -1 4194560"
#define FIELDS_TO_START " 10 20 30 40 50 60 70 80 20 0 1 0 5551234"

static void finds_the_fields_behind_any_name(void **state)
{
	static const char *const names[] = {
		"sh",
		"",
		"a) S 1 1 1 (",
		")",
		"(",
		"))))",
		") R 9 9 9 9 9 9",
		"a\nb",
		"a b c",
		"\xf0\x9f\x90\x9b\xf0\x9f\x90\x9b\xf0\x9f\x90\x9b\xf0\x9f\x90\x9b",
		"kworker/0:1-ev) Z",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct proc_stat stat = { 0 };
		char text[512];

		(void)snprintf(text, sizeof(text), "4121 (%s) S" FIELDS_TO_FLAGS FIELDS_TO_START " 0 0\n",
			       names[i]);
		assert_true(proc_parse_stat(&stat, text));
		assert_int_equal(stat.state, 'S');
		assert_int_equal(stat.flags, 4194560);
		assert_int_equal(stat.start_time, 5551234);
	}
}

static void takes_the_extremes_of_fields(void **state)
{
	struct proc_stat stat = { 0 };

	(void)state;
	assert_true(
	    proc_parse_stat(&stat, "1 (a) Z 0 0 0 0 -1 2097152 18446744073709551615 0 0 0 0 0 -1 -1 20 0 1 0 "
				   "18446744073709551615"));
	assert_int_equal(stat.state, 'Z');
	assert_true((stat.flags & 0x00200000) != 0);
	assert_true(stat.start_time == UINT64_MAX);
}

static void refuses_a_stat_with_less(void **state)
{
	static const char whole[] = "4121 (sh) S" FIELDS_TO_FLAGS " 10 20 30 40 50 60 70 80 20 0 1 0 5";
	static const char *const others[] = {
		"4121 (sh",
		"4121 (sh)S" FIELDS_TO_FLAGS FIELDS_TO_START,
		"4121 (sh) SS" FIELDS_TO_FLAGS FIELDS_TO_START,
		"4121 (sh) S 1 1 1 x -1 4194560" FIELDS_TO_START,
		"4121 (sh) S 1 1 1 0 -1 99999999999999999999999999" FIELDS_TO_START,
		"4121 (sh) S 2147483648 1 1 0 -1 4194560" FIELDS_TO_START,
	};
	struct proc_stat stat;

	(void)state;
	assert_true(proc_parse_stat(&stat, whole));
	for (size_t length = 0; length < sizeof(whole) - 1; length++) {
		char *cut = strndup(whole, length);

		assert_non_null(cut);
		assert_false(proc_parse_stat(&stat, cut));
		free(cut);
	}
	for (size_t i = 0; i < COUNT(others); i++)
		assert_false(proc_parse_stat(&stat, others[i]));
}

/* su(1) and the like run as root with the arguments of whoever started them. */
static void tells_whose_a_process_is(void **state)
{
	static const char head[] = "Name:\tconmon\n";
	static const struct {
		const char *uids;
		bool is_of_root, is_of_user;
	} cases[] = {
		{ "Uid:\t0\t0\t0\t0\n", true, false },
		{ "Uid:\t1000\t1000\t1000\t1000\n", false, true },
		{ "Uid:\t1000\t0\t0\t0\n", false, false },
		{ "Uid:\t0\t0\t1000\t0\n", false, false },
		{ "Uid:\t1000\t1000\t1000\t10000\n", false, false },
		{ "Gid:\t0\t0\t0\t0\n", false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[128];

		(void)snprintf(text, sizeof(text), "%s%sGroups:\t\n", head, cases[i].uids);
		assert_int_equal(proc_parse_is_of(text, 0), cases[i].is_of_root);
		assert_int_equal(proc_parse_is_of(text, 1000), cases[i].is_of_user);
	}
	assert_int_equal(proc_is_of(FD_NONE, 0), false);
}

static void reads_its_own_stat(void **state)
{
	CLOSE_AT_EXIT int host_fd = FD_NONE;
	CLOSE_AT_EXIT int own_fd = FD_NONE;
	CLOSE_AT_EXIT int ns_fd = FD_NONE;
	struct proc_stat stat = { 0 };
	struct fail why = { 0 };

	(void)state;
	host_fd = proc_open(&why);
	assert_true(host_fd >= 0);
	own_fd = proc_open_pid(host_fd, getpid());
	assert_true(own_fd >= 0);
	assert_int_equal(proc_read_stat(&stat, own_fd), 0);
	assert_int_equal(stat.state, 'R');
	assert_true(stat.start_time > 0);
	assert_int_equal(proc_open_pid(host_fd, INT32_MAX), -1);
	assert_int_equal(errno, ENOENT);
	ns_fd = openat(own_fd, "ns", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(proc_read_stat(&stat, ns_fd), -1);
	assert_int_equal(errno, ENOENT);
}

#define UIDS "Uid:\t1000\t0\t5\t6\n"
#define BOUNDING "CapBnd:\t00000000a80425fb\n"

static void finds_rights(void **state)
{
	static const char *const without[] = {
		"",
		BOUNDING UIDS, /* no line before it: not a status file */
		"Name:\tx\n" UIDS,
		"Name:\tx\n" BOUNDING,
		"Name:\tCapBnd:\t0\n" UIDS,
		"Name:\tx\\nCapBnd:\t0\n" UIDS,
		"Name:\tx\n" UIDS "CapBnd: \t0\n",
		"Name:\tx\n" UIDS "CapBnd:\txyz\n",
		"Name:\tx\n" UIDS "CapBnd:\t00000000a80425fb",
		"Name:\tx\n" UIDS "CapBnd:\t00000000a80425fb \n",
		"Name:\tx\n" UIDS "CapBnd:\t1ffffffffffffffff\n",
		"Name:\tx\nUid:\t\n" BOUNDING,
		"Name:\tx\nUid:\t0\n" BOUNDING,
		"Name:\tx\nUid:\t0\t0\n" BOUNDING,
		"Name:\tx\nUid:\t0\t4294967296\t0\t0\n" BOUNDING,
	};
	uint64_t set = 0;
	uint32_t uid = 7;

	(void)state;
	assert_true(proc_parse_rights(&set, &uid, "Name:\tsh\n" UIDS "CapEff:\t1\n" BOUNDING "CapAmb:\t2\n"));
	assert_true(set == UINT64_C(0xa80425fb));
	assert_int_equal(uid, 0);
	assert_true(proc_parse_rights(&set, &uid,
				      "Name:\tCapBnd:\t0\nUid:\t0\t4294967294\t0\t0\n"
				      "CapBnd:\tffffffffffffffff\n"));
	assert_true(set == UINT64_MAX);
	assert_int_equal(uid, 4294967294U);
	for (size_t i = 0; i < COUNT(without); i++)
		assert_false(proc_parse_rights(&set, &uid, without[i]));
}

static bool map(const char *text, uint32_t inside, uint32_t *outside)
{
	char *tree = unit_make_tree();
	CLOSE_AT_EXIT int tree_fd = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool is_mapped;

	if (text != NULL)
		unit_write(tree, "uid_map", text, strlen(text));
	is_mapped = proc_map_id(tree_fd, "uid_map", inside, outside);
	unit_remove_tree(tree);
	return is_mapped;
}

static void translates_ids(void **state)
{
	static const char whole[] = "         0          0 4294967295\n";
	static const char two[] = "         0     100000      65536\n     70000       1000          1\n";
	uint32_t outside = 7;

	(void)state;
	assert_true(map(whole, 0, &outside) && outside == 0);
	assert_true(map(whole, 4294967294U, &outside) && outside == 4294967294U);
	assert_false(map(whole, 4294967295U, &outside));
	assert_true(map(two, 65535, &outside) && outside == 165535);
	assert_false(map(two, 65536, &outside));
	assert_false(map(two, 69999, &outside));
	assert_true(map(two, 70000, &outside) && outside == 1000);
	assert_false(map(two, 70001, &outside));
	outside = 7;
	assert_false(map("", 0, &outside));
	assert_false(map("\n", 0, &outside));
	assert_false(map("0 0", 0, &outside));
	assert_false(map("junk 0 1\n", 0, &outside));
	assert_false(map(NULL, 0, &outside));
	assert_int_equal(outside, 7);
}

static void knows_namespaces(void **state)
{
	CLOSE_AT_EXIT int own_fd = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLOSE_AT_EXIT int other_fd = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct namespaces own;
	struct namespaces children;
	uint32_t seen = 0;

	(void)state;
	assert_int_equal(namespaces_read(&own, own_fd, false), 0);
	assert_int_equal(namespaces_read(&children, own_fd, true), 0);
	for (int kind = 0; kind < NAMESPACE_COUNT; kind++) {
		uint32_t flag = namespace_flag((enum namespace_kind)kind);

		assert_true(own.inode[kind] == children.inode[kind]);
		assert_true(flag != 0 && (seen & flag) == 0);
		seen |= flag;
		assert_non_null(namespace_name((enum namespace_kind)kind));
	}
	assert_true(own.inode[NAMESPACE_MOUNT] != own.inode[NAMESPACE_NET]);
	assert_int_equal(namespace_flag(NAMESPACE_USER), CLONE_NEWUSER);
	assert_int_equal(namespace_flag(NAMESPACE_PID), CLONE_NEWPID);
	assert_int_equal(namespaces_read(&own, other_fd, false), -1);
	assert_int_equal(errno, ESRCH);
}

static void finds_the_cgroup_of_a_controller(void **state)
{
	static const char text[] =
	    "9:memory:/docker/abc\n8:cpu,cpuacct:/both\n1:name=systemd:/s\n0::/user.slice\n";
	char path[32];

	(void)state;
	assert_true(proc_find_cgroup(text, "memory", path, sizeof(path)));
	assert_string_equal(path, "/docker/abc");
	assert_true(proc_find_cgroup(text, "cpuacct", path, sizeof(path)));
	assert_string_equal(path, "/both");
	assert_true(proc_find_cgroup(text, "", path, sizeof(path)));
	assert_string_equal(path, "/user.slice");
	assert_false(proc_find_cgroup(text, "mem", path, sizeof(path)));
	assert_false(proc_find_cgroup("0::/../../else\n", "", path, sizeof(path)));
	assert_false(proc_find_cgroup(text, "memory", path, 8));
	assert_false(proc_find_cgroup("", "", path, sizeof(path)));
	assert_false(proc_find_cgroup("nonsense", "", path, sizeof(path)));
	/* Found by fuzzing: no path at all, and a line without colons before one that has them. */
	assert_false(proc_find_cgroup("0::\n", "", path, sizeof(path)));
	assert_true(proc_find_cgroup("x\n0::/a\n", "", path, sizeof(path)));
	assert_string_equal(path, "/a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_cgroup_of_a_controller),
		cmocka_unit_test(finds_the_fields_behind_any_name),
		cmocka_unit_test(takes_the_extremes_of_fields),
		cmocka_unit_test(refuses_a_stat_with_less),
		cmocka_unit_test(tells_whose_a_process_is),
		cmocka_unit_test(reads_its_own_stat),
		cmocka_unit_test(finds_rights),
		cmocka_unit_test(translates_ids),
		cmocka_unit_test(knows_namespaces),
	};

	return cmocka_run_group_tests_name("proc", tests, NULL, NULL);
}
