/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-unpack/tar.c"

#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <zlib.h>

enum { ARCHIVE_MAX = 16384 };

static unsigned char bytes[ARCHIVE_MAX];
static size_t size;
static struct fail why;

static void put_octal(unsigned char *field, size_t length, uint64_t number)
{
	field[--length] = '\0';
	while (length > 0) {
		field[--length] = (unsigned char)('0' + number % 8);
		number /= 8;
	}
}

static void sign(unsigned char *header)
{
	unsigned int sum = 0;

	memset(header + OFFSET_SUM, ' ', LENGTH_ID);
	for (size_t i = 0; i < BLOCK; i++)
		sum += header[i];
	put_octal(header + OFFSET_SUM, 7, sum);
}

/* Appends an entry; returns its header, to change and sign again. */
static unsigned char *put(const char *name, char type, const char *link, const char *contents, size_t length)
{
	unsigned char *header = bytes + size;

	memset(header, 0, BLOCK);
	memcpy(header, name, strlen(name));
	memcpy(header + OFFSET_LINK, link, strlen(link));
	put_octal(header + OFFSET_MODE, LENGTH_ID, 0644);
	put_octal(header + OFFSET_UID, LENGTH_ID, 1000);
	put_octal(header + OFFSET_GID, LENGTH_ID, 5);
	put_octal(header + OFFSET_SIZE, LENGTH_SIZE, length);
	put_octal(header + OFFSET_TIME, LENGTH_SIZE, 1234567890);
	header[OFFSET_TYPE] = (unsigned char)type;
	memcpy(header + OFFSET_MAGIC, "ustar\00000", 8);
	sign(header);
	size += BLOCK;
	memset(bytes + size, 0, (length + BLOCK - 1) / BLOCK * BLOCK);
	memcpy(bytes + size, contents, length);
	size += (length + BLOCK - 1) / BLOCK * BLOCK;
	return header;
}

#define PUT(name, type, link, contents) put((name), (type), (link), (contents), sizeof(contents) - 1)

static int open_bytes(struct tar *tar, const void *from, size_t length)
{
	struct extent extent = { memfd_create("tar", MFD_CLOEXEC), 0, (int64_t)length };

	why = (struct fail){ 0 };
	assert_true(extent.fd >= 0);
	assert_int_equal(write(extent.fd, from, length), length);
	return tar_open(tar, &extent, &why) < 0 ? (close(extent.fd), -1) : extent.fd;
}

static int begin(void **state)
{
	(void)state;
	size = 0;
	return 0;
}

static void reads_entries(void **state)
{
	struct tar tar;
	char text[16];
	int fd;

	(void)state;
	(void)PUT("a/b", '0', "", "hello");
	(void)PUT("dir/", '0', "", "");
	(void)PUT("link", '2', "a/b", "");
	memset(bytes + size, 0, 2 * BLOCK);
	size += 2 * BLOCK;
	(void)PUT("after the end", '0', "", "");
	fd = open_bytes(&tar, bytes, size);
	assert_int_equal(tar_next(&tar, &why), 1);
	assert_string_equal(tar.entry.name, "a/b");
	assert_int_equal(tar.entry.mode, 0644);
	assert_int_equal(tar.entry.uid, 1000);
	assert_int_equal(tar.entry.gid, 5);
	assert_int_equal(tar.entry.time.tv_sec, 1234567890);
	assert_int_equal(stream_offset(tar.stream), BLOCK);
	assert_int_equal(tar_read(&tar, text, 3, &why), 3);
	assert_int_equal(tar_read(&tar, text + 3, sizeof(text) - 3, &why), 2);
	assert_memory_equal(text, "hello", 5);
	assert_int_equal(tar_read(&tar, text, sizeof(text), &why), 0);
	assert_int_equal(tar_next(&tar, &why), 1);
	assert_int_equal(tar.entry.type, TAR_DIRECTORY);
	assert_int_equal(tar_next(&tar, &why), 1);
	assert_int_equal(tar.entry.type, TAR_LINK);
	assert_string_equal(tar.entry.link, "a/b");
	assert_int_equal(tar_next(&tar, &why), 0);
	tar_close(&tar);
	(void)close(fd);
}

static void reads_long_names_and_extensions(void **state)
{
	static const char pax[] = "16 path=long/er\n12 uid=2000\n26 mtime=1500000000.25001\n"
				  "29 SCHILY.xattr.user.a=x\0y z\n19 comment=nothing\n";
	struct tar tar;
	unsigned char *header;
	int fd;

	(void)state;
	(void)put("x", 'x', "", pax, sizeof(pax) - 1);
	(void)PUT("short", '0', "", "contents");
	(void)PUT("L", 'L', "", "from/gnu\0");
	(void)PUT("K", 'K', "", "to/gnu\0");
	(void)PUT("short", '2', "", "");
	header = PUT("name", '0', "", "");
	memcpy(header + OFFSET_PREFIX, "prefix", 6);
	memset(header + OFFSET_UID, 0, LENGTH_ID);
	header[OFFSET_UID] = 0x80;
	header[OFFSET_UID + 7] = 7;
	sign(header);
	fd = open_bytes(&tar, bytes, size);
	assert_int_equal(tar_next(&tar, &why), 1);
	assert_string_equal(tar.entry.name, "long/er");
	assert_int_equal(tar.entry.uid, 2000);
	assert_int_equal(tar.entry.time.tv_sec, 1500000000);
	assert_int_equal(tar.entry.time.tv_nsec, 250010000);
	assert_int_equal(tar.entry.attribute_count, 1);
	assert_string_equal(tar.entry.attributes[0].name, "user.a");
	assert_int_equal(tar.entry.attributes[0].size, 5);
	assert_memory_equal(tar.entry.attributes[0].value, "x\0y z", 5);
	assert_int_equal(tar_next(&tar, &why), 1);
	assert_string_equal(tar.entry.name, "from/gnu");
	assert_string_equal(tar.entry.link, "to/gnu");
	assert_int_equal(tar.entry.attribute_count, 0);
	assert_int_equal(tar_next(&tar, &why), 1);
	assert_string_equal(tar.entry.name, "prefix/name");
	assert_int_equal(tar.entry.uid, 7);
	tar_close(&tar);
	(void)close(fd);
}

static void refuses_what_it_does_not_know(void **state)
{
	static const char *const extensions[] = {
		"22 GNU.sparse.major=1\n", "5 a=b\n",	"99 path=x\n", "path=x\n",	"10 path:x\n",
		"12 size=-33\n",	   "9 uid=x\n", "0 a=b\n",     "14 mtime=1x2\n"
	};

	(void)state;
	for (size_t i = 0; i < COUNT(extensions); i++) {
		struct tar tar;
		int fd;

		size = 0;
		(void)put("x", 'x', "", extensions[i], strlen(extensions[i]));
		(void)PUT("file", '0', "", "");
		fd = open_bytes(&tar, bytes, size);
		assert_int_equal(tar_next(&tar, &why), -1);
		tar_close(&tar);
		(void)close(fd);
	}
	{
		struct tar tar;
		int fd;

		size = 0;
		(void)PUT("file", 'S', "", "");
		fd = open_bytes(&tar, bytes, size);
		assert_int_equal(tar_next(&tar, &why), -1);
		assert_failed(why, FAIL_TOOL, "the archive has an entry of a kind that is not known (`S`)");
		tar_close(&tar);
		(void)close(fd);
	}
}

/* Everything of it, whatever it is; it must end. */
static int read_all(const void *from, size_t length)
{
	struct tar tar;
	char buffer[100];
	int outcome;
	int fd = open_bytes(&tar, from, length);

	if (fd < 0)
		return -1;
	while ((outcome = tar_next(&tar, &why)) == 1) {
		assert_true(strlen(tar.entry.name) < PATH_MAX && strlen(tar.entry.link) < PATH_MAX);
		while (tar_read(&tar, buffer, sizeof(buffer), &why) > 0)
			;
	}
	tar_close(&tar);
	(void)close(fd);
	return outcome;
}

static void make_typical(void)
{
	size = 0;
	(void)PUT("x", 'x', "", "16 path=long/er\n26 SCHILY.xattr.user.a=xy\n");
	(void)PUT("short", '0', "", "contents of it");
	(void)PUT("L", 'L', "", "from/gnu\0");
	(void)PUT("short", '2', "where", "");
}

static void survives_truncation(void **state)
{
	(void)state;
	make_typical();
	for (size_t length = 0; length < size; length += 7)
		(void)read_all(bytes, length);
	assert_int_equal(read_all(bytes, size), 0);
	assert_int_equal(read_all(bytes, size - 1), -1);
	/* In the middle of the contents. */
	assert_int_equal(read_all(bytes, 3 * BLOCK + 5), -1);
}

static void survives_noise(void **state)
{
	uint64_t random = 1;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		make_typical();
		for (int i = 0; i < 4; i++)
			bytes[unit_random(&random) % size] = (unsigned char)unit_random(&random);
		/* Otherwise hardly any change gets past the sum. */
		for (size_t at = 0; at < size; at += BLOCK)
			if (memcmp(bytes + at + OFFSET_MAGIC, "ustar", 5) == 0)
				sign(bytes + at);
		(void)read_all(bytes, size);
	}
}

static void uncompresses(void **state)
{
	unsigned char packed[ARCHIVE_MAX];
	z_stream stream = { 0 };
	size_t length;

	(void)state;
	make_typical();
	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	stream.next_in = bytes;
	stream.avail_in = (uInt)size;
	stream.next_out = packed;
	stream.avail_out = sizeof(packed);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	length = sizeof(packed) - stream.avail_out;
	(void)deflateEnd(&stream);
	assert_int_equal(read_all(packed, length), 0);
	for (size_t cut = 0; cut < length; cut++)
		(void)read_all(packed, cut);
	assert_int_equal(read_all(packed, length - 9), -1);
	for (size_t i = 0; i < length; i++) {
		packed[i] ^= 0x55;
		(void)read_all(packed, length);
		packed[i] ^= 0x55;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reads_entries, begin),
		cmocka_unit_test_setup(reads_long_names_and_extensions, begin),
		cmocka_unit_test_setup(refuses_what_it_does_not_know, begin),
		cmocka_unit_test(survives_truncation),
		cmocka_unit_test(survives_noise),
		cmocka_unit_test(uncompresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
