/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names, images, command lines and daemon messages are written by people who may be hostile to the
 * terminal they are shown on.  They pass through one encoder on their way to it.
 */
#define LIBBSD_NETBSD_VIS /* which of two argument orders of strnvis() is meant; we use neither */
#include "text.h"

#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <bsd/vis.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DISTANCE_MAX = 128 };

const char *text_encode(char *out, size_t capacity, const void *bytes, size_t size)
{
	const char *from = bytes;
	size_t used = 0;

	if (capacity == 0)
		return "";
	for (size_t i = 0; i < size; i++) {
		char encoded[8];
		char next = i + 1 < size ? from[i + 1] : '\0';
		size_t length;

		length = (size_t)(vis(encoded, from[i], VIS_OCTAL | VIS_TAB | VIS_NL | VIS_NOSLASH, next) -
				  encoded);
		if ((unsigned char)from[i] >= 0x80) {
			/* One spelling whatever the locale: vis(3) would print these under some. */
			static const char digits[] = "01234567";
			unsigned char byte = (unsigned char)from[i];

			encoded[0] = '\\';
			encoded[1] = digits[byte >> 6];
			encoded[2] = digits[(byte >> 3) & 7];
			encoded[3] = digits[byte & 7];
			length = 4;
		}
		if (used + length >= capacity)
			break;
		memcpy(out + used, encoded, length);
		used += length;
	}
	out[used] = '\0';
	return out;
}

bool text_is_encoded(const char *text, size_t capacity)
{
	for (size_t i = 0; i < capacity; i++) {
		if (text[i] == '\0')
			return true;
		if (text[i] < ' ' || text[i] > '~')
			return false;
	}
	return false;
}

bool text_to_number(const char *text, int64_t least, int64_t most, int64_t *number)
{
	const char *error = NULL;
	size_t digits;
	int64_t value;

	digits = strspn(text[0] == '-' ? text + 1 : text, "0123456789");
	if (digits == 0 || (text[0] == '-' && text[1] == '0') ||
	    strlen(text) != digits + (text[0] == '-' ? 1U : 0U))
		return false;
	value = strtonum(text, least, most, &error);
	if (error != NULL)
		return false;
	*number = value;
	return true;
}

void text_describe_age(char *out, size_t capacity, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *unit;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	size_t i = 0;

	while (i < 3 && seconds < units[i].seconds)
		i++;
	(void)snprintf(out, capacity, "%" PRId64 " %s", seconds < 0 ? 0 : seconds / units[i].seconds,
		       units[i].unit);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t text_distance(const char *a, const char *b)
{
	/* Three rows of the usual table: the present one and the two above it. */
	size_t rows[3][DISTANCE_MAX + 1];
	size_t a_length = strlen(a);
	size_t b_length = strlen(b);

	if (a_length > DISTANCE_MAX || b_length > DISTANCE_MAX)
		return DISTANCE_MAX;
	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i - 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			row[j] = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
			row[j] = least(row[j], least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], rows[(i - 2) % 3][j - 2] + 1);
		}
	}
	return rows[a_length % 3][b_length];
}
