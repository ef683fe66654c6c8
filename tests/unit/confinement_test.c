/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-target/confinement.c"

#include "unit.h"

#include <fcntl.h>
#include <unistd.h>

#define SETS                                                                                \
	"CapInh:\t0000000000002000\nCapPrm:\t0000000000003000\nCapEff:\t0000000000001000\n" \
	"CapBnd:\t00000000a80425fb\nCapAmb:\t0000000000002000\n"
#define IDS "Uid:\t1\t2\t3\t2\nGid:\t4\t5\t6\t5\n"

static struct confinement confinement;

static void reads_what_a_status_says(void **state)
{
	(void)state;
	assert_true(confinement_parse_status(&confinement,
					     "Name:\tx\n" IDS "FDSize:\t64\nGroups:\t7 8 9 \n" SETS
					     "NoNewPrivs:\t1\nSeccomp:\t2\n"));
	for (uint32_t i = 0; i < CONFINEMENT_IDS; i++) {
		assert_int_equal(confinement.uid[i], 1 + i);
		assert_int_equal(confinement.gid[i], 4 + i);
		assert_int_equal(confinement.groups[i], 7 + i);
	}
	assert_int_equal(confinement.group_count, 3);
	assert_int_equal(confinement.inheritable, 0x2000);
	assert_int_equal(confinement.permitted, 0x3000);
	assert_int_equal(confinement.effective, 0x1000);
	assert_int_equal(confinement.bounding, 0xa80425fb);
	assert_int_equal(confinement.ambient, 0x2000);
	assert_true(confinement.has_filter && confinement.has_no_new_privs);
	/* No groups at all, and a kernel without seccomp. */
	assert_true(confinement_parse_status(&confinement, "Name:\tx\n" IDS "Groups:\t \n" SETS));
	assert_int_equal(confinement.group_count, 0);
	assert_false(confinement.has_filter || confinement.has_no_new_privs);
}

static void a_status_that_is_none_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"Name:\tx\n" IDS SETS,
		"Name:\tx\n" IDS "Groups:\t7 8",
		"Name:\tx\n" IDS "Groups:\tx \n" SETS,
		"Name:\tx\n" IDS "Groups:\t4294967296 \n" SETS,
		"Name:\tx\nUid:\t1\t2\nGid:\t4\t5\t6\t5\nGroups:\t \n" SETS,
		"Name:\tx\n" IDS "Groups:\t \nCapInh:\tx\n",
		/* A name that looks like a line stands behind an escaped newline. */
		"Name:\tx\\nUid:\t1\t2\t3\t2\nGid:\t4\t5\t6\t5\nGroups:\t \n" SETS,
	};
	char many[4096] = "Name:\tx\n" IDS "Groups:\t";

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(confinement_parse_status(&confinement, wrong[i]));
	for (int i = 0; i < CONFINEMENT_GROUPS_MAX; i++)
		(void)snprintf(many + strlen(many), sizeof(many) - strlen(many), "%d ", i);
	(void)snprintf(many + strlen(many), sizeof(many) - strlen(many), "\n" SETS);
	assert_true(confinement_parse_status(&confinement, many));
	/* One too many is not the same process without one. */
	many[strlen("Name:\tx\n" IDS "Groups:")] = ' ';
	(void)snprintf(many, sizeof(many), "Name:\tx\n" IDS "Groups:\t");
	for (int i = 0; i <= CONFINEMENT_GROUPS_MAX; i++)
		(void)snprintf(many + strlen(many), sizeof(many) - strlen(many), "%d ", i);
	(void)snprintf(many + strlen(many), sizeof(many) - strlen(many), "\n" SETS);
	assert_false(confinement_parse_status(&confinement, many));
}

/* This process' own, by the system call. */
static void limits_are_those_of_getrlimit(void **state)
{
	CLOSE_AT_EXIT int proc_fd = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct rlimit odd = { 17, 4321 };
	struct fail why = { 0 };

	(void)state;
	assert_int_equal(setrlimit(RLIMIT_CORE, &odd), 0);
	assert_int_equal(confinement_read(&confinement, proc_fd, &why), 0);
	for (int i = 0; i < CONFINEMENT_LIMITS; i++) {
		struct rlimit limit;

		assert_int_equal(getrlimit((unsigned int)i, &limit), 0);
		assert_true(confinement.soft[i] == limit.rlim_cur && confinement.hard[i] == limit.rlim_max);
	}
	assert_int_equal(confinement.uid[CONFINEMENT_EFFECTIVE], geteuid());
	assert_false(confinement_parse_limits(&confinement, ""));
	assert_false(confinement_parse_limits(&confinement, "Max cpu time"));
	assert_false(confinement_parse_limits(&confinement, "Max cpu time              unlimited"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_a_status_says),
		cmocka_unit_test(a_status_that_is_none_is_refused),
		cmocka_unit_test(limits_are_those_of_getrlimit),
	};

	return cmocka_run_group_tests_name("confinement", tests, NULL, NULL);
}
