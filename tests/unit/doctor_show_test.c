/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/8-doctor/doctor_show.c"

#include "unit.h"

#include <jansson.h>

static struct doctor_report report;

static int make(void **state)
{
	(void)state;
	memset(&report, 0, sizeof(report));
	return 0;
}

static void add(enum doctor_group group, const char *name, enum doctor_state state, int flags,
		const char *text)
{
	struct doctor_check *check = &report.checks[report.count++];

	*check = (struct doctor_check){ .group = (uint8_t)group,
					.state = (uint8_t)state,
					.is_needed = (flags & 1) != 0,
					.is_folded = (flags & 2) != 0 };
	(void)strlcpy(check->name, name, sizeof(check->name));
	(void)strlcpy(check->text, text, sizeof(check->text));
}

static char *show(unsigned int columns, bool is_json)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	if (is_json)
		doctor_show_json(&report, out);
	else
		doctor_show(&report, columns, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void judges_by_what_is_needed(void **state)
{
	char sentence[200];

	(void)state;
	assert_int_equal(doctor_judge(&report, sentence, sizeof(sentence)), DOCTOR_OK);
	assert_string_equal(sentence, "A session here would work.");
	add(DOCTOR_ENGINES, "podman", DOCTOR_MISSING, 0, "");
	add(DOCTOR_KERNEL, "x", DOCTOR_UNKNOWN, 0, "");
	assert_int_equal(doctor_judge(&report, sentence, sizeof(sentence)), DOCTOR_OK);
	add(DOCTOR_KERNEL, "y", DOCTOR_LIMITED, 0, "");
	add(DOCTOR_KERNEL, "z", DOCTOR_UNKNOWN, 1, "");
	assert_int_equal(doctor_judge(&report, sentence, sizeof(sentence)), DOCTOR_LIMITED);
	assert_string_equal(sentence, "A session here would work, with limits: 2 below.");
	report.target = "we\033b";
	add(DOCTOR_TARGET, "process", DOCTOR_MISSING, 1, "");
	add(DOCTOR_TARGET, "/dev", DOCTOR_MISSING, 1, "");
	assert_int_equal(doctor_judge(&report, sentence, sizeof(sentence)), DOCTOR_MISSING);
	assert_string_equal(sentence, "A session in `we\\033b` would not work: see target, process below.");
}

static void shows_what_is_wrong_first_and_folds_what_is_well(void **state)
{
	char *text;

	(void)state;
	add(DOCTOR_KERNEL, "release", DOCTOR_OK, 0, "Linux 6.1");
	add(DOCTOR_KERNEL, "one", DOCTOR_OK, 3, "hidden");
	add(DOCTOR_KERNEL, "overlayfs", DOCTOR_LIMITED, 0, "words that go on to another line");
	add(DOCTOR_KERNEL, "two", DOCTOR_OK, 3, "hidden");
	add(DOCTOR_ENGINES, "docker", DOCTOR_MISSING, 2, "hidden");
	text = show(45, false);
	assert_string_equal(text, "A session here would work, with limits: 1 below.\n\n"
				  "kernel    limited  overlayfs: words that go\n"
				  "                   on to another line\n"
				  "          ok       release: Linux 6.1\n"
				  "          ok       one, two\n"
				  "engines   missing  docker\n");
	free(text);
}

static void breaks_no_word(void **state)
{
	char *text;

	(void)state;
	add(DOCTOR_KERNEL, "x", DOCTOR_OK, 0, "/a/path/that/is/longer/than/the/line/has/room/for end");
	text = show(40, false);
	assert_non_null(strstr(text, "ok       x:\n"));
	assert_non_null(strstr(text,
			       "\n                   /a/path/that/is/longer/than/the/line/has/room/for\n"
			       "                   end\n"));
	free(text);
}

static void writes_json_that_parses(void **state)
{
	json_error_t error;
	json_t *root;
	char *text;

	(void)state;
	report.target = "a\"b\\c";
	add(DOCTOR_KERNEL, "k", DOCTOR_OK, 2, "says \"yes\" and \\033");
	add(DOCTOR_TARGET, "process", DOCTOR_MISSING, 1, "none");
	add(DOCTOR_SESSION, "plan", DOCTOR_OK, 1, "");
	text = show(0, true);
	root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	free(text);
	assert_non_null(root);
	assert_string_equal(json_string_value(json_object_get(root, "verdict")), "missing");
	assert_int_equal(json_array_size(json_object_get(root, "host")), 1);
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(json_object_get(root, "host"), 0), "text")),
	    "says \"yes\" and \\033");
	assert_string_equal(json_string_value(json_object_get(json_object_get(root, "target"), "name")),
			    "a\"b\\c");
	assert_int_equal(json_array_size(json_object_get(json_object_get(root, "target"), "checks")), 2);
	json_decref(root);
	report.target = NULL;
	report.count = 0;
	text = show(0, true);
	root = json_loads(text, 0, &error);
	free(text);
	assert_true(json_is_null(json_object_get(root, "target")));
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(judges_by_what_is_needed, make),
		cmocka_unit_test_setup(shows_what_is_wrong_first_and_folds_what_is_well, make),
		cmocka_unit_test_setup(breaks_no_word, make),
		cmocka_unit_test_setup(writes_json_that_parses, make),
	};

	return cmocka_run_group_tests_name("doctor_show", tests, NULL, NULL);
}
