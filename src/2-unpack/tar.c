/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Should:  refuse what it does not understand: a file that comes out wrong is worse than none.
 * Mustn't: believe a size, a length or an offset.
 */
#include "tar.h"

#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCK = 512,
	EXTENSION_MAX = 1 << 20,
	OFFSET_MODE = 100,
	OFFSET_UID = 108,
	OFFSET_GID = 116,
	OFFSET_SIZE = 124,
	OFFSET_TIME = 136,
	OFFSET_SUM = 148,
	OFFSET_TYPE = 156,
	OFFSET_LINK = 157,
	OFFSET_MAGIC = 257,
	OFFSET_PREFIX = 345,
	LENGTH_NAME = 100,
	LENGTH_ID = 8,
	LENGTH_SIZE = 12,
	LENGTH_PREFIX = 155,
};

static const char attribute_prefix[] = "SCHILY.xattr.";

static int damaged(struct fail *why)
{
	return fail_set(why, FAIL_TOOL, "the archive is no tar archive, or it is damaged");
}

/* Octal text; or, with the highest bit set, a binary number (GNU). */
static bool get_number(const unsigned char *field, size_t length, int64_t *out)
{
	uint64_t number = 0;
	size_t i = 0;

	if ((field[0] & 0x80) != 0) {
		for (number = field[0] & 0x7fU, i = 1; i < length; i++) {
			if (number > (uint64_t)INT64_MAX >> 8)
				return false;
			number = number << 8 | field[i];
		}
		*out = (int64_t)number;
		return true;
	}
	while (i < length && field[i] == ' ')
		i++;
	for (; i < length && field[i] >= '0' && field[i] <= '7'; i++)
		number = number * 8 + (uint64_t)(field[i] - '0');
	*out = (int64_t)number;
	return i == length || field[i] == ' ' || field[i] == '\0';
}

static bool is_checked(const unsigned char *header)
{
	int64_t expected;
	int64_t sum = 0;

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= OFFSET_SUM && i < OFFSET_SUM + LENGTH_ID ? ' ' : header[i];
	return get_number(header + OFFSET_SUM, LENGTH_ID, &expected) && sum == expected;
}

static bool is_zero(const unsigned char *block)
{
	for (size_t i = 0; i < BLOCK; i++)
		if (block[i] != 0)
			return false;
	return true;
}

static size_t get_text(char *out, const unsigned char *field, size_t capacity)
{
	const size_t length = strnlen((const char *)field, capacity);

	memcpy(out, field, length);
	out[length] = '\0';
	return length;
}

static bool parse_header(struct tar *tar, const unsigned char *header)
{
	struct tar_entry *entry = &tar->entry;
	int64_t mode;
	int64_t uid;
	int64_t gid;
	int64_t time;
	size_t length = 0;

	if (!is_checked(header) || !get_number(header + OFFSET_MODE, LENGTH_ID, &mode) ||
	    !get_number(header + OFFSET_UID, LENGTH_ID, &uid) ||
	    !get_number(header + OFFSET_GID, LENGTH_ID, &gid) ||
	    !get_number(header + OFFSET_SIZE, LENGTH_SIZE, &entry->size) ||
	    !get_number(header + OFFSET_TIME, LENGTH_SIZE, &time))
		return false;
	entry->type = header[OFFSET_TYPE] == '\0' || header[OFFSET_TYPE] == '7' ? (char)TAR_FILE
										: (char)header[OFFSET_TYPE];
	entry->mode = (uint32_t)mode & 07777;
	entry->uid = (uint32_t)uid;
	entry->gid = (uint32_t)gid;
	entry->time = (struct timespec){ .tv_sec = (time_t)time };
	if (memcmp(header + OFFSET_MAGIC, "ustar\0", 6) == 0 && header[OFFSET_PREFIX] != '\0') {
		length = get_text(entry->name, header + OFFSET_PREFIX, LENGTH_PREFIX);
		entry->name[length++] = '/';
	}
	(void)get_text(entry->name + length, header, LENGTH_NAME);
	(void)get_text(entry->link, header + OFFSET_LINK, LENGTH_NAME);
	return true;
}

static bool set_text(char out[PATH_MAX], const char *value, size_t size)
{
	if (size >= PATH_MAX || memchr(value, '\0', size) != NULL)
		return false;
	memcpy(out, value, size);
	out[size] = '\0';
	return true;
}

/* "1234567890.123456789"; the fraction may be missing. */
static bool set_time(struct timespec *time, const char *value)
{
	char *end;
	long long seconds;

	errno = 0;
	seconds = strtoll(value, &end, 10);
	if (errno != 0 || end == value)
		return false;
	time->tv_sec = (time_t)seconds;
	time->tv_nsec = 0;
	if (*end == '.') {
		long unit = 100000000;

		for (end++; *end >= '0' && *end <= '9'; end++, unit /= 10)
			time->tv_nsec += (*end - '0') * unit;
	}
	return *end == '\0';
}

static bool set_id(uint32_t *out, const char *value)
{
	int64_t number;

	if (!text_to_number(value, 0, UINT32_MAX - 1L, &number))
		return false;
	*out = (uint32_t)number;
	return true;
}

/* One record of a pax header, terminated in place; what is not known here changes nothing that matters. */
static bool apply_record(struct tar_entry *entry, const char *key, const char *value, size_t size)
{
	if (strcmp(key, "path") == 0)
		return set_text(entry->name, value, size);
	if (strcmp(key, "linkpath") == 0)
		return set_text(entry->link, value, size);
	if (strcmp(key, "size") == 0)
		return text_to_number(value, 0, INT64_MAX, &entry->size);
	if (strcmp(key, "uid") == 0)
		return set_id(&entry->uid, value);
	if (strcmp(key, "gid") == 0)
		return set_id(&entry->gid, value);
	if (strcmp(key, "mtime") == 0)
		return set_time(&entry->time, value);
	if (strncmp(key, "GNU.sparse.", strlen("GNU.sparse.")) == 0)
		return false;
	if (strncmp(key, attribute_prefix, strlen(attribute_prefix)) == 0 &&
	    entry->attribute_count < TAR_ATTRIBUTES_MAX)
		entry->attributes[entry->attribute_count++] =
		    (struct tar_attribute){ key + strlen(attribute_prefix), value, size };
	return true;
}

/* "LENGTH KEY=VALUE\n", LENGTH being that of all of it. */
static bool apply_extension(struct tar_entry *entry, char *bytes, size_t size)
{
	for (char *at = bytes; at < bytes + size && *at != '\0';) {
		const size_t left = (size_t)(bytes + size - at);
		char *key;
		unsigned long length = strtoul(at, &key, 10);
		char *equals;

		if (key == at || *key != ' ' || length > left || length < (size_t)(key - at) + 3 ||
		    at[length - 1] != '\n')
			return false;
		key++;
		equals = memchr(key, '=', length - (size_t)(key - at));
		if (equals == NULL)
			return false;
		*equals = '\0';
		at[length - 1] = '\0';
		if (!apply_record(entry, key, equals + 1, (size_t)(at + length - 1 - (equals + 1))))
			return false;
		at += length;
	}
	return true;
}

/* The contents of the entry that has just been read, terminated; the caller's to free. */
static char *read_whole(struct tar *tar, struct fail *why)
{
	const int64_t size = tar->entry.size;
	char *bytes = size > EXTENSION_MAX ? NULL : malloc((size_t)size + 1);

	if (bytes == NULL) {
		(void)damaged(why);
		return NULL;
	}
	tar->left = (size + BLOCK - 1) / BLOCK * BLOCK;
	if (tar_read(tar, bytes, (size_t)size, why) != size) {
		free(bytes);
		(void)damaged(why);
		return NULL;
	}
	bytes[size] = '\0';
	return bytes;
}

/* What headers before an entry say about it. */
struct before {
	char *pax, *name, *link; /* owned; or NULL */
	size_t pax_size;
};

/* Puts away what such a header holds; 1 if it was one, 0 if it is an entry itself. */
static int take_extension(struct tar *tar, struct before *before, struct fail *why)
{
	char **place = NULL;
	char *bytes;

	switch (tar->entry.type) {
	case 'x':
		place = &before->pax;
		break;
	case 'L':
		place = &before->name;
		break;
	case 'K':
		place = &before->link;
		break;
	case 'g':
		break;
	default:
		return 0;
	}
	bytes = read_whole(tar, why);
	if (bytes == NULL)
		return -1;
	if (place == NULL) {
		free(bytes);
		return 1;
	}
	free(*place);
	*place = bytes;
	if (tar->entry.type == 'x')
		before->pax_size = (size_t)tar->entry.size;
	return 1;
}

static int apply(struct tar *tar, struct before *before, struct fail *why)
{
	struct tar_entry *entry = &tar->entry;
	bool is_valid = true;

	entry->attribute_count = 0;
	if (before->name != NULL)
		is_valid = set_text(entry->name, before->name, strlen(before->name));
	if (before->link != NULL)
		is_valid = set_text(entry->link, before->link, strlen(before->link)) && is_valid;
	if (before->pax != NULL)
		is_valid = apply_extension(entry, before->pax, before->pax_size) && is_valid;
	free(tar->extension);
	tar->extension = before->pax;
	before->pax = NULL;
	/* Old programs mark a directory by its name alone; and only a file has contents. */
	if (entry->type == TAR_FILE && entry->name[0] != '\0' && entry->name[strlen(entry->name) - 1] == '/')
		entry->type = TAR_DIRECTORY;
	if (!is_valid || entry->size < 0 || entry->size > INT64_MAX - BLOCK)
		return damaged(why);
	if (strchr("0123456", entry->type) == NULL)
		return fail_set(why, FAIL_TOOL, "the archive has an entry of a kind that is not known (`%c`)",
				entry->type >= ' ' && entry->type <= '~' ? entry->type : '?');
	if (entry->type != TAR_FILE)
		entry->size = 0;
	tar->left = (entry->size + BLOCK - 1) / BLOCK * BLOCK;
	return 1;
}

int tar_next(struct tar *tar, struct fail *why)
{
	struct before before = { NULL, NULL, NULL, 0 };
	unsigned char header[BLOCK];
	int outcome = 1;

	while (outcome == 1) {
		ssize_t n;

		if (tar->left > 0 && stream_skip(tar->stream, tar->left, why) < 0) {
			outcome = -1;
			break;
		}
		tar->left = 0;
		n = stream_read(tar->stream, header, sizeof(header), why);
		/* Some programs leave out the two blocks of zeros. */
		if (n == 0 || (n == BLOCK && is_zero(header))) {
			outcome = 2;
			break;
		}
		if (n != BLOCK || !parse_header(tar, header))
			outcome = n < 0 ? -1 : damaged(why);
		else
			outcome = take_extension(tar, &before, why);
	}
	if (outcome == 0)
		outcome = apply(tar, &before, why);
	else if (outcome == 2)
		outcome = 0;
	free(before.pax);
	free(before.name);
	free(before.link);
	return outcome;
}

ssize_t tar_read(struct tar *tar, void *buffer, size_t size, struct fail *why)
{
	const int64_t padding = (BLOCK - tar->entry.size % BLOCK) % BLOCK;
	const int64_t left = tar->left - padding;
	const size_t wanted = left < (int64_t)size ? (size_t)(left > 0 ? left : 0) : size;
	const ssize_t n = stream_read(tar->stream, buffer, wanted, why);

	if (n < 0)
		return -1;
	if ((size_t)n != wanted)
		return damaged(why);
	tar->left -= n;
	return n;
}

int tar_open(struct tar *tar, const struct extent *extent, struct fail *why)
{
	memset(tar, 0, sizeof(*tar));
	tar->stream = stream_open(extent, why);
	return tar->stream == NULL ? -1 : 0;
}

void tar_close(struct tar *tar)
{
	stream_close(tar->stream);
	free(tar->extension);
	tar->stream = NULL;
	tar->extension = NULL;
}
