/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { CHUNK = 128 << 10, MAGIC_LENGTH = 6, GZIP_WINDOW = 15 + 16 /* zlib's word for "gzip only" */ };

enum compression {
	PLAIN,
	GZIP,
	ZSTD,
};

struct stream {
	int fd;
	int64_t at, end; /* in the file; what is in `bytes` is read already */
	enum compression compression;
	z_stream gzip;
	ZSTD_DStream *zstd;
	bool is_between; /* no frame has begun that has not ended: here the file may end */
	size_t begin, filled;
	unsigned char bytes[CHUNK];
};

static int damaged(struct fail *why)
{
	return fail_set(why, FAIL_TOOL, "the archive is damaged or cut off; fetch it again");
}

/* More bytes of the file; 0 at the end of the part. */
static ssize_t fill(struct stream *stream, struct fail *why)
{
	const int64_t left = stream->end - stream->at;
	ssize_t n;

	if (stream->begin < stream->filled)
		return (ssize_t)(stream->filled - stream->begin);
	do
		n = left <= 0 ? 0
			      : pread(stream->fd, stream->bytes, left < CHUNK ? (size_t)left : (size_t)CHUNK,
				      (off_t)stream->at);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot read the archive");
	stream->at += n;
	stream->begin = 0;
	stream->filled = (size_t)n;
	return n;
}

static int prepare(struct stream *stream, struct fail *why)
{
	const ssize_t n = fill(stream, why);

	if (n < 0)
		return -1;
	if (n >= MAGIC_LENGTH && memcmp(stream->bytes,
					"\xfd"
					"7zXZ\0",
					MAGIC_LENGTH) == 0)
		return fail_set(why, FAIL_TOOL,
				"the archive is compressed with xz; unpack it first, with `unxz`");
	if (n >= 3 && memcmp(stream->bytes, "BZh", 3) == 0)
		return fail_set(why, FAIL_TOOL,
				"the archive is compressed with bzip2; unpack it first, with `bunzip2`");
	if (n >= 2 && memcmp(stream->bytes, "\x1f\x8b", 2) == 0) {
		stream->compression = GZIP;
		if (inflateInit2(&stream->gzip, GZIP_WINDOW) != Z_OK)
			return fail_errno(why, FAIL_TOOL, ENOMEM, "cannot unpack the archive");
	} else if (n >= 4 && memcmp(stream->bytes, "\x28\xb5\x2f\xfd", 4) == 0) {
		stream->compression = ZSTD;
		stream->zstd = ZSTD_createDStream();
		if (stream->zstd == NULL)
			return fail_errno(why, FAIL_TOOL, ENOMEM, "cannot unpack the archive");
	}
	stream->is_between = true;
	return 0;
}

struct stream *stream_open(const struct extent *extent, struct fail *why)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (stream == NULL) {
		(void)fail_errno(why, FAIL_TOOL, ENOMEM, "cannot read the archive");
		return NULL;
	}
	stream->fd = extent->fd;
	stream->at = extent->offset;
	stream->end = extent->offset + extent->size;
	if (prepare(stream, why) < 0) {
		stream_close(stream);
		return NULL;
	}
	return stream;
}

static ssize_t copy(struct stream *stream, void *buffer, size_t size)
{
	const size_t held = stream->filled - stream->begin;
	const size_t n = held < size ? held : size;

	memcpy(buffer, stream->bytes + stream->begin, n);
	stream->begin += n;
	return (ssize_t)n;
}

/* What one turn of inflate(3) gives; several gzip files in a row are one. */
static ssize_t inflate_some(struct stream *stream, void *buffer, size_t size, struct fail *why)
{
	int outcome;

	stream->gzip.next_in = stream->bytes + stream->begin;
	stream->gzip.avail_in = (uInt)(stream->filled - stream->begin);
	stream->gzip.next_out = buffer;
	stream->gzip.avail_out = (uInt)size;
	outcome = inflate(&stream->gzip, Z_NO_FLUSH);
	stream->begin = stream->filled - stream->gzip.avail_in;
	stream->is_between = outcome == Z_STREAM_END;
	if (outcome == Z_STREAM_END && inflateReset(&stream->gzip) != Z_OK)
		return damaged(why);
	if (outcome != Z_STREAM_END && outcome != Z_OK && outcome != Z_BUF_ERROR)
		return damaged(why);
	return (ssize_t)(size - stream->gzip.avail_out);
}

static ssize_t decompress_some(struct stream *stream, void *buffer, size_t size, struct fail *why)
{
	ZSTD_inBuffer in = { stream->bytes, stream->filled, stream->begin };
	ZSTD_outBuffer out = { buffer, size, 0 };
	const size_t outcome = ZSTD_decompressStream(stream->zstd, &out, &in);

	stream->begin = in.pos;
	if (ZSTD_isError(outcome))
		return damaged(why);
	stream->is_between = outcome == 0;
	return (ssize_t)out.pos;
}

ssize_t stream_read(struct stream *stream, void *buffer, size_t size, struct fail *why)
{
	unsigned char *at = buffer;
	size_t got = 0;

	while (got < size) {
		const ssize_t held = fill(stream, why);
		const size_t left = size - got < CHUNK ? size - got : CHUNK;
		ssize_t n;

		if (held < 0)
			return -1;
		if (held == 0 && stream->is_between)
			break;
		if (stream->compression == PLAIN)
			n = copy(stream, at + got, left);
		else if (stream->compression == GZIP)
			n = inflate_some(stream, at + got, left, why);
		else
			n = decompress_some(stream, at + got, left, why);
		if (n < 0)
			return -1;
		/* What was held inside may still come; if nothing does, the rest is missing. */
		if (n == 0 && held == 0)
			return damaged(why);
		got += (size_t)n;
	}
	return (ssize_t)got;
}

int stream_skip(struct stream *stream, int64_t size, struct fail *why)
{
	char buffer[CHUNK / 4];

	if (stream->compression == PLAIN && size > (int64_t)(stream->filled - stream->begin)) {
		size -= (int64_t)(stream->filled - stream->begin);
		stream->begin = stream->filled;
		if (size > stream->end - stream->at)
			return damaged(why);
		stream->at += size;
		return 0;
	}
	while (size > 0) {
		const size_t n = size < (int64_t)sizeof(buffer) ? (size_t)size : sizeof(buffer);
		const ssize_t got = stream_read(stream, buffer, n, why);

		if (got < 0)
			return -1;
		if ((size_t)got != n)
			return damaged(why);
		size -= (int64_t)n;
	}
	return 0;
}

int64_t stream_offset(const struct stream *stream)
{
	return stream->compression == PLAIN ? stream->at - (int64_t)(stream->filled - stream->begin) : -1;
}

void stream_close(struct stream *stream)
{
	if (stream == NULL)
		return;
	if (stream->compression == GZIP)
		(void)inflateEnd(&stream->gzip);
	(void)ZSTD_freeDStream(stream->zstd);
	free(stream);
}
