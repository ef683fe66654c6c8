/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/0-base/capabilities.c"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/capability.h>

/* As the library names them that sets them. */
static void names_are_the_library_s(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		char *name = cap_to_name((cap_value_t)i);
		uint64_t set = 0;

		assert_non_null(name);
		assert_true(capability_parse(&set, name));
		assert_true(set == CAPABILITY_BIT(i));
		assert_string_equal(name + strlen("cap_"), names[i]);
		(void)cap_free(name);
	}
	assert_int_equal(COUNT(names), CAP_LAST_CAP + 1);
}

static void lists_are_parsed_whole_or_not(void **state)
{
	static const char *const wrong[] = {
		"",	 ",",	  "net_admin,", ",kill", "kill,,chown", "cap_", "cap_cap_kill", "kil",
		"killl", " kill", "kill ",	"-1",	 "al",		"alll", "kill;chown"
	};
	uint64_t set = 0;

	(void)state;
	assert_true(capability_parse(&set, "KILL,cap_Net_Raw,CAP_CHOWN"));
	assert_true(set ==
		    (CAPABILITY_BIT(CAP_KILL) | CAPABILITY_BIT(CAP_NET_RAW) | CAPABILITY_BIT(CAP_CHOWN)));
	assert_true(capability_parse(&set, "All"));
	assert_true(set == capability_all);
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(capability_parse(&set, wrong[i]));
}

static void lists_are_written(void **state)
{
	char out[CAPABILITY_NAMES_MAX];

	(void)state;
	assert_string_equal(capability_list(0, out, sizeof(out)), "none");
	assert_string_equal(
	    capability_list(CAPABILITY_BIT(CAP_NET_RAW) | CAPABILITY_BIT(CAP_CHOWN), out, sizeof(out)),
	    "chown net_raw");
	(void)capability_list(UINT64_MAX, out, sizeof(out));
	assert_true(strlen(out) < sizeof(out) - 1);
	assert_non_null(strstr(out, "checkpoint_restore"));
	/* What does not fit is cut, not written. */
	(void)capability_list(UINT64_MAX, out, 16);
	assert_int_equal(strlen(out), 15);
}

static void a_tool_that_lacks_a_capability_is_explained(void **state)
{
	char out[200] = "";

	(void)state;
	assert_true(capability_explain(out, sizeof(out), "/usr/sbin/tcpdump", 0));
	assert_non_null(strstr(out, "`tcpdump`"));
	assert_non_null(strstr(out, "--cap-add net_raw has"));
	assert_false(capability_explain(out, sizeof(out), "tcpdump", CAPABILITY_BIT(CAP_NET_RAW)));
	assert_false(capability_explain(out, sizeof(out), "grep", 0));
	assert_false(capability_explain(out, sizeof(out), "", 0));
	for (size_t i = 0; i < COUNT(tools); i++) {
		assert_true(capability_explain(out, sizeof(out), tools[i].command, 0));
		assert_true(strlen(out) < sizeof(out) - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_the_library_s),
		cmocka_unit_test(lists_are_parsed_whole_or_not),
		cmocka_unit_test(lists_are_written),
		cmocka_unit_test(a_tool_that_lacks_a_capability_is_explained),
	};

	return cmocka_run_group_tests_name("capabilities", tests, NULL, NULL);
}
