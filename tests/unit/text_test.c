/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/0-base/text.c"

#include "unit.h"

#include <locale.h>

static void encodes_what_a_terminal_would_obey(void **state)
{
	static const struct {
		const char *from;
		size_t size;
		const char *to;
	} cases[] = {
		{ "web-1_a.b", 9, "web-1_a.b" },
		{ "a b", 3, "a b" },
		{ "\033[2J", 4, "\\033[2J" },
		{ "a\nb\tc\r", 6, "a\\012b\\011c\\015" },
		{ "a\0b", 3, "a\\000b" },
		{ "\x7f\x80\xff", 3, "\\177\\200\\377" },
		{ "\xc3\xa9", 2, "\\303\\251" },
		{ "\033\061", 2, "\\0331" },
		{ "", 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[64];

		assert_string_equal(text_encode(out, sizeof(out), cases[i].from, cases[i].size), cases[i].to);
	}
}

static void encodes_every_byte_to_printable_ascii(void **state)
{
	static const char *const locales[] = { "C", "C.UTF-8" };

	(void)state;
	for (size_t i = 0; i < COUNT(locales); i++) {
		(void)setlocale(LC_ALL, locales[i]);
		for (int first = 0; first < 256; first++) {
			char bytes[3] = { (char)first, (char)(first ^ 0x80), (char)(255 - first) };
			char out[64];

			text_encode(out, sizeof(out), bytes, sizeof(bytes));
			for (const char *at = out; *at != '\0'; at++)
				assert_in_range(*at, ' ', '~');
		}
	}
	(void)setlocale(LC_ALL, "C");
}

static void encodes_into_what_there_is(void **state)
{
	const char bytes[] = { 'a', '\033', 'b' };

	(void)state;
	/* An escape is whole or absent, and the byte behind the buffer stays as it was. */
	for (size_t capacity = 1; capacity <= 8; capacity++) {
		char out[16];
		const char *expected = capacity < 2   ? ""
				       : capacity < 6 ? "a"
				       : capacity < 7 ? "a\\033"
						      : "a\\033b";

		memset(out, 'X', sizeof(out));
		text_encode(out, capacity, bytes, sizeof(bytes));
		assert_string_equal(out, expected);
		assert_int_equal(out[capacity], 'X');
	}
	assert_string_equal(text_encode((char[1]){ 'X' }, 0, bytes, sizeof(bytes)), "");
}

static void reads_whole_numbers_only(void **state)
{
	static const char *const refused[] = {
		"",
		"-",
		"+",
		"+1",
		" 1",
		"1 ",
		"1\n",
		"\t1",
		"0x1",
		"0b1",
		"1e2",
		"1.0",
		"1,0",
		"--1",
		"- 1",
		"1-",
		"a",
		"1a",
		"a1",
		"101",
		"-11",
		"\xd9\xa1",
		"9223372036854775807",
		"9223372036854775808",
		"99999999999999999999999999999999",
	};
	int64_t number = 77;

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++)
		assert_false(text_to_number(refused[i], -10, 100, &number));
	assert_int_equal(number, 77);
	assert_true(text_to_number("-10", -10, 100, &number));
	assert_int_equal(number, -10);
	assert_true(text_to_number("100", -10, 100, &number));
	assert_int_equal(number, 100);
	assert_true(text_to_number("007", -10, 100, &number));
	assert_int_equal(number, 7);
	assert_true(text_to_number("9223372036854775807", 0, INT64_MAX, &number));
	assert_true(number == INT64_MAX);
}

static void reads_no_negative_zero(void **state)
{
	int64_t number = 77;

	(void)state;
	assert_false(text_to_number("-0", 0, 100, &number));
	assert_false(text_to_number("-00", 0, 100, &number));
	assert_int_equal(number, 77);
}

static void measures_distances(void **state)
{
	char longest[130];

	(void)state;
	assert_int_equal(text_distance("", ""), 0);
	assert_int_equal(text_distance("web", "web"), 0);
	assert_int_equal(text_distance("", "web"), 3);
	assert_int_equal(text_distance("web", ""), 3);
	assert_int_equal(text_distance("kitten", "sitting"), 3);
	assert_int_equal(text_distance("sitting", "kitten"), 3);
	assert_int_equal(text_distance("wbe", "web"), 1);
	assert_int_equal(text_distance("web1", "web"), 1);
	memset(longest, 'x', sizeof(longest));
	longest[128] = '\0';
	assert_int_equal(text_distance(longest, longest), 0);
	assert_int_equal(text_distance("", longest), 128);
	longest[128] = 'x';
	longest[129] = '\0';
	assert_true(text_distance(longest, longest) >= 128);
	assert_true(text_distance("web", longest) >= 128);
	assert_true(text_distance(longest, "web") >= 128);
}

static void describes_ages(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} ages[] = {
		{ 0, "0 s" },	    { 59, "59 s" },	      { 60, "1 min" },
		{ 3599, "59 min" }, { 3600, "1 h" },	      { 86399, "23 h" },
		{ 86400, "1 d" },   { 400 * 86400, "400 d" }, { -5, "0 s" },
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < COUNT(ages); i++) {
		text_describe_age(text, sizeof(text), ages[i].seconds);
		assert_string_equal(text, ages[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_what_a_terminal_would_obey),
		cmocka_unit_test(encodes_every_byte_to_printable_ascii),
		cmocka_unit_test(encodes_into_what_there_is),
		cmocka_unit_test(reads_whole_numbers_only),
		cmocka_unit_test(reads_no_negative_zero),
		cmocka_unit_test(measures_distances),
		cmocka_unit_test(describes_ages),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
