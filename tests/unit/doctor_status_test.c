/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/8-doctor/status.c"

#include "unit.h"

static const char status_text[] = "Name:\tevil\\nCapBnd:\\tffff\n"
				  "Umask:\t0022\nState:\tT (stopped)\nUid:\t0\t0\t0\t0\n"
				  "CapEff:\t0000000000003000\nCapBnd:\t00000000a80425fb\n"
				  "NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n";

static void reads_what_a_status_says(void **state)
{
	struct status_facts facts;

	(void)state;
	assert_true(status_parse(&facts, status_text));
	assert_int_equal(facts.bounding, 0xa80425fb);
	assert_int_equal(facts.effective, 0x3000);
	assert_int_equal(facts.state, 'T');
	assert_int_equal(facts.seccomp, 2);
	assert_int_equal(facts.no_new_privs, 1);
	assert_true(status_parse(&facts, "Name:\tx\nState:\tS (sleeping)\nCapEff:\t0\nCapBnd:\t0\n"));
	assert_int_equal(facts.seccomp, -1);
	assert_int_equal(facts.no_new_privs, 0);
	assert_false(status_parse(&facts, ""));
	assert_false(status_parse(&facts, "Name:\tx\nState:\tS (sleeping)\n"));
}

static void names_things_as_people_do(void **state)
{
	char out[64];

	(void)state;
	assert_string_equal(status_pick_chosen("none [integrity] confidentiality", out, sizeof(out)),
			    "integrity");
	assert_string_equal(status_pick_chosen("none", out, sizeof(out)), "none");
	assert_string_equal(status_pick_chosen("broken [", out, sizeof(out)), "broken [");
	assert_string_equal(status_machine_name(EM_AARCH64), "aarch64");
	assert_null(status_machine_name(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_a_status_says),
		cmocka_unit_test(names_things_as_people_do),
	};

	return cmocka_run_group_tests_name("doctor_status", tests, NULL, NULL);
}
