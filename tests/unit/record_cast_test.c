/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/7-session/record_cast.c"

#include "unit_tree.h"

#include <bsd/string.h>
#include <jansson.h>
#include <signal.h>
#include <sys/resource.h>

static const struct record_header header = {
	.title = "we\"b\n", .terminal_type = "xterm", .rows = 24, .columns = 80
};

static char path[256];

static struct record_cast begin(void)
{
	struct record_cast record;
	struct fail why = { 0 };

	(void)snprintf(path, sizeof(path), "%s/cast", tree);
	assert_int_equal(record_cast_open(&record, path, &header, &why), 0);
	return record;
}

static void end(struct record_cast *record)
{
	struct fail why = { 0 };

	assert_int_equal(record_cast_close(record, &why), 0);
	assert_int_equal(record->fd, FD_NONE);
}

/* The lines, each parsed: that they are JSON, and so UTF-8, is half of what is tested here. */
static json_t *read_back(void)
{
	json_t *lines = json_array();
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t capacity = 0;

	assert_non_null(file);
	while (getline(&line, &capacity, file) > 0) {
		json_t *json = json_loads(line, JSON_ALLOW_NUL, NULL);

		assert_non_null(json);
		assert_int_equal(json_array_append_new(lines, json), 0);
	}
	free(line);
	(void)fclose(file);
	return lines;
}

/* All output events together. */
static void assert_output(const char *expected)
{
	json_t *lines = read_back();
	char text[4096] = "";

	for (size_t i = 1; i < json_array_size(lines); i++) {
		const json_t *event = json_array_get(lines, i);

		assert_int_equal(json_array_size(event), 3);
		assert_true(json_is_real(json_array_get(event, 0)));
		if (strcmp(json_string_value(json_array_get(event, 1)), "o") == 0)
			assert_true(strlcat(text, json_string_value(json_array_get(event, 2)), sizeof(text)) <
				    sizeof(text));
	}
	assert_string_equal(text, expected);
	json_decref(lines);
}

static void the_header_says_what_is_recorded(void **state)
{
	struct record_cast record = begin();
	struct stat status;
	const json_t *first;
	json_t *lines;

	(void)state;
	record_cast_begin(&record);
	end(&record);
	lines = read_back();
	assert_int_equal(json_array_size(lines), 1);
	first = json_array_get(lines, 0);
	assert_int_equal(json_integer_value(json_object_get(first, "version")), 2);
	assert_int_equal(json_integer_value(json_object_get(first, "width")), 80);
	assert_int_equal(json_integer_value(json_object_get(first, "height")), 24);
	assert_string_equal(json_string_value(json_object_get(first, "title")), "we\"b\\012");
	assert_string_equal(json_string_value(json_object_get(json_object_get(first, "env"), "TERM")),
			    "xterm");
	json_decref(lines);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
}

static void bytes_come_back(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "plain", "plain" },
		{ "\"quoted\" \\ \r\n\t\b", "\"quoted\" \\ \r\n\t\b" },
		{ "\033[1m\177", "\033[1m\177" },
		{ "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
		  "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "\xc2\x9b", "\xc2\x9b" },
		/* Not UTF-8: a lone continuation, overlong, surrogate, beyond the last, cut by another
		   character. */
		{ "a\x80"
		  "b",
		  "a\xef\xbf\xbd"
		  "b" },
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf5\x80\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xe2\x82x", "\xef\xbf\xbdx" },
		/* The session ends in the middle of one. */
		{ "x\xf0\x9f\x98", "x\xef\xbf\xbd" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		/* Whole, and a byte at a time: where it is cut must not matter. */
		for (int is_split = 0; is_split < 2; is_split++) {
			struct record_cast record = begin();
			const size_t size = strlen(cases[i].in);

			record_cast_begin(&record);
			for (size_t done = 0; done < size; done += is_split ? 1 : size)
				record_cast_output(&record, cases[i].in + done, is_split ? 1 : size);
			end(&record);
			assert_output(cases[i].out);
			assert_int_equal(unlink(path), 0);
		}
	}
}

static void any_bytes_make_valid_lines(void **state)
{
	static unsigned char bytes[3 * SLICE_SIZE];
	struct record_cast record = begin();
	uint64_t seed = 5;
	json_t *lines;

	(void)state;
	record_cast_begin(&record);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)unit_random(&seed);
	record_cast_output(&record, bytes, sizeof(bytes));
	memset(bytes, '\033', sizeof(bytes));
	record_cast_output(&record, bytes, sizeof(bytes));
	end(&record);
	lines = read_back();
	assert_int_equal(json_array_size(lines), 7);
	json_decref(lines);
}

static void sizes_are_events(void **state)
{
	struct record_cast record = begin();
	const json_t *event;
	json_t *lines;

	(void)state;
	record_cast_begin(&record);
	record_cast_resize(&record, 24, 80);
	record_cast_resize(&record, 50, 132);
	record_cast_resize(&record, 50, 132);
	record_cast_resize(&record, 0, 0);
	end(&record);
	lines = read_back();
	assert_int_equal(json_array_size(lines), 2);
	event = json_array_get(lines, 1);
	assert_string_equal(json_string_value(json_array_get(event, 1)), "r");
	assert_string_equal(json_string_value(json_array_get(event, 2)), "132x50");
	json_decref(lines);
}

static void takes_no_file_that_is_there(void **state)
{
	struct record_cast record;
	struct fail why = { 0 };
	char link[300];

	(void)state;
	unit_write(tree, "cast", "mine", 4);
	(void)snprintf(path, sizeof(path), "%s/cast", tree);
	(void)snprintf(link, sizeof(link), "%s/link", tree);
	assert_int_equal(record_cast_open(&record, path, &header, &why), -1);
	assert_non_null(strstr(why.text, "there is already something at"));
	why = (struct fail){ 0 };
	assert_int_equal(symlink("/tmp/debug-unit-nowhere", link), 0);
	assert_int_equal(record_cast_open(&record, link, &header, &why), -1);
	assert_int_not_equal(access("/tmp/debug-unit-nowhere", F_OK), 0);
	why = (struct fail){ 0 };
	assert_int_equal(record_cast_open(&record, "/nowhere/cast", &header, &why), -1);
	assert_int_equal(why.status, FAIL_TOOL);
}

static void leaves_nothing_of_a_session_that_did_not_begin(void **state)
{
	struct record_cast record = begin();

	(void)state;
	end(&record);
	assert_int_not_equal(access(path, F_OK), 0);
	/* But what is there under that name by then stays. */
	record = begin();
	assert_int_equal(unlink(path), 0);
	unit_write(tree, "cast", "another", 7);
	end(&record);
	assert_int_equal(access(path, F_OK), 0);
}

/* A limit on file sizes stands in for a full disk: both make a write stop in its middle. */
static void a_full_disk_leaves_whole_lines(void **state)
{
	const pid_t child = fork();
	json_t *lines;

	(void)state;
	if (child == 0) {
		const struct rlimit limit = { 3000, 3000 };
		struct record_cast record = begin();
		struct fail why = { 0 };

		(void)signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
			_exit(2);
		record_cast_begin(&record);
		for (int i = 0; i < 100; i++)
			record_cast_output(&record, "a line of output that takes some room\r\n", 39);
		_exit(record_cast_close(&record, &why) == -1 && strstr(why.text, "ends 0.") != NULL ? 0 : 3);
	}
	assert_int_equal(unit_wait(child), 0);
	(void)snprintf(path, sizeof(path), "%s/cast", tree);
	lines = read_back();
	assert_true(json_array_size(lines) > 10);
	json_decref(lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_header_says_what_is_recorded, tree_begin, tree_end),
		cmocka_unit_test_setup_teardown(bytes_come_back, tree_begin, tree_end),
		cmocka_unit_test_setup_teardown(any_bytes_make_valid_lines, tree_begin, tree_end),
		cmocka_unit_test_setup_teardown(sizes_are_events, tree_begin, tree_end),
		cmocka_unit_test_setup_teardown(takes_no_file_that_is_there, tree_begin, tree_end),
		cmocka_unit_test_setup_teardown(leaves_nothing_of_a_session_that_did_not_begin, tree_begin,
						tree_end),
		cmocka_unit_test_setup_teardown(a_full_disk_leaves_whole_lines, tree_begin, tree_end),
	};

	return cmocka_run_group_tests_name("record_cast", tests, NULL, NULL);
}
