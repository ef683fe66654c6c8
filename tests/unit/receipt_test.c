/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/7-session/receipt.c"

#include "unit.h"

static char path_a[] = "/a", path_b[] = "/b", path_c[] = "/c\n\033[1m";
static char mounts[] = "1 0 0:1 / / rw\n2 1 0:2 / /proc rw\n";
static char more_mounts[] = "1 0 0:1 / / rw\n2 1 0:2 / /proc rw\n3 1 0:3 / /mnt rw\n";
static char limits[] = "Uid:\t0\n";

static const struct receipt_subject subject = { .runtime = "docker", .name = "web", .id = "cafe", .pid = 7 };

static struct snapshot make(struct snapshot_file *files, size_t file_count,
			    struct snapshot_process *processes, size_t process_count)
{
	return (struct snapshot){
		.is_taken = true,
		.mounts = mounts,
		.limits = limits,
		.files = { .all = files, .count = file_count, .is_upper = true },
		.processes = { .all = processes, .count = process_count },
	};
}

static char summary[400];

static json_t *compare(const struct snapshot *before, const struct snapshot *after)
{
	char *text = receipt_write(summary, sizeof(summary), &subject, before, after);
	json_t *json;

	assert_non_null(text);
	for (const char *at = text; *at != '\0'; at++)
		assert_true((*at >= ' ' && *at <= '~') || *at == '\n');
	assert_int_equal(text[strlen(text) - 1], '\n');
	json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	free(text);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "summary")), summary);
	return json;
}

static bool is_unchanged(const json_t *json)
{
	return json_is_true(json_object_get(json, "is_unchanged"));
}

static void nothing_is_nothing(void **state)
{
	struct snapshot_file files[] = { { .path = path_a, .inode = 1 } };
	struct snapshot_process processes[] = { { .pid = 7, .start_time = 1 } };
	const struct snapshot same = make(files, 1, processes, 1);
	json_t *json = compare(&same, &same);

	(void)state;
	assert_true(is_unchanged(json));
	assert_string_equal(summary,
			    "nothing changed: 2 mounts, 1 process, 1 file beyond the image's, namespaces, "
			    "limits");
	json_decref(json);
}

static void every_fact_of_a_file_counts(void **state)
{
	const struct snapshot_file old = { .path = path_a, .inode = 1 };
	struct snapshot_file cases[] = {
		{ .path = path_a, .inode = 2 },
		{ .path = path_a, .inode = 1, .size = 1 },
		{ .path = path_a, .inode = 1, .modified_ns = 1 },
		{ .path = path_a, .inode = 1, .changed_ns = 1 },
		{ .path = path_a, .inode = 1, .mode = 1 },
		{ .path = path_a, .inode = 1, .uid = 1 },
		{ .path = path_a, .inode = 1, .gid = 1 },
		{ .path = path_a, .inode = 1, .device = 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct snapshot_file files[] = { old };
		const struct snapshot before = make(files, 1, NULL, 0), after = make(&cases[i], 1, NULL, 0);
		json_t *json = compare(&before, &after);

		assert_false(is_unchanged(json));
		assert_string_equal(summary,
				    "1 file changed (/a), not by the session, which could not write");
		json_decref(json);
	}
}

static void says_added_changed_and_removed(void **state)
{
	struct snapshot_file old[] = { { .path = path_a, .inode = 1 }, { .path = path_b, .inode = 2 } };
	struct snapshot_file new[] = { { .path = path_b, .inode = 2, .size = 9 },
				       { .path = path_c, .inode = 3, .mode = 0020000 } };
	const struct snapshot before = make(old, 2, NULL, 0), after = make(new, 2, NULL, 0);
	json_t *json = compare(&before, &after);
	const json_t *changes =
	    json_object_get(json_object_get(json_object_get(json, "compared"), "files"), "changes");
	static const char *const expected[][2] = {
		{ "/a", "removed" },
		{ "/b", "changed" },
		/* How an overlay keeps that a file of the image is gone. */
		{ "/c\\012\\033[1m", "removed" }
	};

	(void)state;
	assert_int_equal(json_array_size(changes), COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		const json_t *item = json_array_get(changes, i);

		assert_string_equal(json_string_value(json_object_get(item, "path")), expected[i][0]);
		assert_string_equal(json_string_value(json_object_get(item, "change")), expected[i][1]);
	}
	json_decref(json);
}

static void processes_are_told_apart_by_their_start(void **state)
{
	struct snapshot_process old[] = { { .pid = 7, .start_time = 1 },
					  { .pid = 8, .start_time = 2, .is_of_session = true } };
	struct snapshot_process new[] = { { .pid = 7, .start_time = 5 } };
	const struct snapshot before = make(NULL, 0, old, 2), after = make(NULL, 0, new, 1);
	json_t *json = compare(&before, &after);

	(void)state;
	assert_false(is_unchanged(json));
	assert_string_equal(summary, "2 processes began or ended");
	json_decref(json);
}

static void a_session_that_stays_is_no_secret(void **state)
{
	struct snapshot_process new[] = { { .pid = 9, .start_time = 5, .is_of_session = true } };
	const struct snapshot before = make(NULL, 0, NULL, 0), after = make(NULL, 0, new, 1);
	json_t *json = compare(&before, &after);

	(void)state;
	assert_false(is_unchanged(json));
	json_decref(json);
}

static void mounts_limits_and_namespaces_count(void **state)
{
	static char other_limits[] = "Uid:\t1\n";

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct snapshot before = make(NULL, 0, NULL, 0), after = make(NULL, 0, NULL, 0);
		static const char *const sentences[] = { "its mounts changed", "its limits changed",
							 "its namespaces changed" };
		json_t *json;

		after.mounts = i == 0 ? more_mounts : mounts;
		after.limits = i == 1 ? other_limits : limits;
		after.namespaces.inode[NAMESPACE_NET] = i == 2;
		json = compare(&before, &after);
		assert_false(is_unchanged(json));
		assert_string_equal(summary, sentences[i]);
		json_decref(json);
	}
}

static void what_was_not_looked_at_is_not_called_unchanged(void **state)
{
	struct snapshot before = make(NULL, 0, NULL, 0), after = make(NULL, 0, NULL, 0);
	json_t *json;

	(void)state;
	(void)strlcpy(after.files.reason, "there was no time", sizeof(after.files.reason));
	json = compare(&before, &after);
	assert_false(is_unchanged(json));
	assert_string_equal(summary,
			    "nothing changed: 2 mounts, 0 processes, namespaces, limits; files were not all "
			    "compared: there was no time");
	json_decref(json);
	after.is_taken = false;
	json = compare(&before, &after);
	assert_false(is_unchanged(json));
	assert_string_equal(summary, "nothing was compared, as the target has ended");
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_nothing),
		cmocka_unit_test(every_fact_of_a_file_counts),
		cmocka_unit_test(says_added_changed_and_removed),
		cmocka_unit_test(processes_are_told_apart_by_their_start),
		cmocka_unit_test(a_session_that_stays_is_no_secret),
		cmocka_unit_test(mounts_limits_and_namespaces_count),
		cmocka_unit_test(what_was_not_looked_at_is_not_called_unchanged),
	};

	return cmocka_run_group_tests_name("receipt", tests, NULL, NULL);
}
