/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "archive.h"

#include "fd.h"
#include "place.h"
#include "tar.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 256 << 10, JSON_BYTES_MAX = 4 << 20, MEMBERS_MAX = 100000, LINKS_MAX = 8, SHOWN_MAX = 200 };

static const char sha256[] = "sha256:";

static bool is_compressed(int fd)
{
	unsigned char magic[4];

	return pread(fd, magic, sizeof(magic), 0) == (ssize_t)sizeof(magic) &&
	       (memcmp(magic, "\x1f\x8b", 2) == 0 || memcmp(magic, "\x28\xb5\x2f\xfd", 4) == 0);
}

/* Layers are read in another order than they stand in. */
static int uncompress(const struct extent *extent, int room_fd, struct fail *why)
{
	CLOSE_AT_EXIT int fd = openat(room_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	struct stream *stream = stream_open(extent, why);
	static char buffer[CHUNK];
	ssize_t n = -1;

	if (stream == NULL || fd < 0)
		(void)fail_errno(why, FAIL_TOOL, errno, "cannot uncompress the archive");
	else
		while ((n = stream_read(stream, buffer, sizeof(buffer), why)) > 0)
			if (fd_write_all(fd, buffer, (size_t)n) < 0) {
				n = fail_errno(
				    why, FAIL_TOOL, errno,
				    "cannot uncompress the archive; unpack it first, with `gunzip` or "
				    "`unzstd`");
				break;
			}
	stream_close(stream);
	return n < 0 ? -1 : fd_steal(&fd);
}

/* A link's target as a name of the archive: "../b/layer.tar" beside "a/layer.tar" is "b/layer.tar". */
static char *resolve(const char *name, const char *link)
{
	const char *slash = strrchr(name, '/');
	char path[2 * PATH_MAX];
	char *out = path;

	(void)snprintf(path, sizeof(path), "%.*s/%s",
		       slash != NULL && link[0] != '/' ? (int)(slash - name) : 0, name, link);
	for (const char *at = path; *at != '\0';) {
		const size_t length = strcspn(at, "/");

		if (length == 2 && at[0] == '.' && at[1] == '.') {
			while (out > path && *--out != '/')
				;
		} else if (length > 0 && !(length == 1 && at[0] == '.')) {
			if (out != path)
				*out++ = '/';
			memmove(out, at, length);
			out += length;
		}
		at += length + (at[length] == '/');
	}
	*out = '\0';
	return strdup(path);
}

static int add_member(struct archive *archive, const struct tar *tar, struct fail *why)
{
	const struct tar_entry *entry = &tar->entry;
	struct archive_member *member;

	if (archive->count == MEMBERS_MAX)
		return fail_set(why, FAIL_TOOL, "the archive holds more than %d files; it is no image",
				MEMBERS_MAX);
	if (archive->count == archive->capacity) {
		archive->capacity = archive->capacity * 2 + 64;
		member = reallocarray(archive->members, archive->capacity, sizeof(*member));
		if (member == NULL)
			return fail_errno(why, FAIL_TOOL, ENOMEM, "cannot read the archive");
		archive->members = member;
	}
	member = &archive->members[archive->count++];
	*member = (struct archive_member){ .name = strdup(entry->name),
					   .offset = stream_offset(tar->stream),
					   .size = entry->size };
	if (entry->type == TAR_LINK)
		member->link = resolve(entry->name, entry->link);
	else if (entry->type == TAR_HARD_LINK)
		member->link = resolve("", entry->link);
	if (member->name == NULL || (entry->type != TAR_FILE && member->link == NULL))
		return fail_errno(why, FAIL_TOOL, ENOMEM, "cannot read the archive");
	return 0;
}

static int list(struct archive *archive, const struct extent *extent, struct fail *why)
{
	struct tar tar;
	int outcome;

	if (tar_open(&tar, extent, why) < 0)
		return -1;
	while ((outcome = tar_next(&tar, why)) == 1)
		if (place_clean_name(tar.entry.name) &&
		    (tar.entry.type == TAR_FILE || tar.entry.type == TAR_LINK ||
		     tar.entry.type == TAR_HARD_LINK) &&
		    add_member(archive, &tar, why) < 0) {
			outcome = -1;
			break;
		}
	tar_close(&tar);
	return outcome;
}

static int64_t size_of(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? (int64_t)status.st_size : -1;
}

void archive_close(struct archive *archive)
{
	for (size_t i = 0; i < archive->count; i++) {
		free(archive->members[i].name);
		free(archive->members[i].link);
	}
	free(archive->members);
	fd_close(&archive->dir_fd);
	fd_close(&archive->file_fd);
}

int archive_open(struct archive *archive, const char *path, int room_fd, struct fail *why)
{
	CLOSE_AT_EXIT int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct extent extent;

	*archive = (struct archive){ .dir_fd = FD_NONE, .file_fd = FD_NONE };
	if (fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open the archive");
	if (size_of(fd) < 0) {
		archive->dir_fd = fd_steal(&fd);
		return 0;
	}
	extent = (struct extent){ fd, 0, size_of(fd) };
	archive->file_fd = is_compressed(fd) ? uncompress(&extent, room_fd, why) : fd_steal(&fd);
	if (archive->file_fd < 0)
		return -1;
	extent = (struct extent){ archive->file_fd, 0, size_of(archive->file_fd) };
	if (list(archive, &extent, why) == 0)
		return 0;
	archive_close(archive);
	return -1;
}

static int find_in_directory(const struct archive *archive, const char *name, struct extent *extent,
			     struct fail *why)
{
	char shown[SHOWN_MAX];

	extent->fd = fd_open_how(archive->dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
				 RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
	if (extent->fd < 0 && errno == ENOENT)
		return 1;
	extent->offset = 0;
	extent->size = extent->fd < 0 ? -1 : size_of(extent->fd);
	if (extent->size >= 0)
		return 0;
	fd_close(&extent->fd);
	return fail_errno(why, FAIL_TOOL, errno, "cannot open `%s` of the image",
			  text_encode(shown, sizeof(shown), name, strlen(name)));
}

int archive_find(const struct archive *archive, const char *name, struct extent *extent, struct fail *why)
{
	const char *wanted = name;

	if (archive->dir_fd != FD_NONE)
		return find_in_directory(archive, name, extent, why);
	for (int links = 0; links < LINKS_MAX && wanted != NULL; links++) {
		const char *next = NULL;

		/* The last of a name counts. */
		for (size_t i = archive->count; i > 0; i--) {
			const struct archive_member *member = &archive->members[i - 1];

			if (strcmp(member->name, wanted) != 0)
				continue;
			if (member->link == NULL) {
				*extent = (struct extent){ fcntl(archive->file_fd, F_DUPFD_CLOEXEC, 3),
							   member->offset, member->size };
				return extent->fd < 0
					   ? fail_errno(why, FAIL_TOOL, errno, "cannot read the archive")
					   : 0;
			}
			next = member->link;
			break;
		}
		wanted = next;
	}
	return 1;
}

int archive_check(const struct extent *extent, const char *digest, struct fail *why)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];
	static unsigned char buffer[CHUNK];
	int64_t done = 0;
	char shown[SHOWN_MAX];
	SHA2_CTX context;

	SHA256Init(&context);
	while (done < extent->size) {
		const int64_t left = extent->size - done;
		const ssize_t n = pread(extent->fd, buffer, left < CHUNK ? (size_t)left : (size_t)CHUNK,
					(off_t)(extent->offset + done));

		if (n <= 0)
			return fail_errno(why, FAIL_TOOL, n < 0 ? errno : EIO, "cannot read the archive");
		SHA256Update(&context, buffer, (size_t)n);
		done += n;
	}
	(void)SHA256End(&context, hex);
	if (strcmp(hex, digest + strlen(sha256)) != 0)
		return fail_set(
		    why, FAIL_TOOL,
		    "the part `%s` of the image is not what its name says (its digest is another); fetch "
		    "the image again",
		    text_encode(shown, sizeof(shown), digest, strlen(digest)));
	return 0;
}

int archive_find_blob(const struct archive *archive, const char *digest, struct extent *extent,
		      struct fail *why)
{
	const char *hex = digest + strlen(sha256);
	char shown[SHOWN_MAX];
	char name[128];
	int outcome;

	text_encode(shown, sizeof(shown), digest, strlen(digest));
	if (strncmp(digest, sha256, strlen(sha256)) != 0 || strlen(hex) != SHA256_DIGEST_STRING_LENGTH - 1 ||
	    strspn(hex, "0123456789abcdef") != SHA256_DIGEST_STRING_LENGTH - 1)
		return fail_set(why, FAIL_TOOL, "the image names a part by `%s`; only sha256 is known here",
				shown);
	(void)snprintf(name, sizeof(name), "blobs/sha256/%s", hex);
	outcome = archive_find(archive, name, extent, why);
	if (outcome > 0)
		return fail_set(why, FAIL_TOOL, "the image lacks its part `%s`; fetch it again", shown);
	if (outcome == 0 && archive_check(extent, digest, why) < 0) {
		fd_close(&extent->fd);
		return -1;
	}
	return outcome;
}

json_t *archive_parse(const struct extent *extent, struct fail *why)
{
	json_error_t error;
	json_t *parsed = NULL;
	char *bytes = extent->size > JSON_BYTES_MAX ? NULL : malloc((size_t)extent->size + 1);

	if (bytes != NULL &&
	    pread(extent->fd, bytes, (size_t)extent->size, (off_t)extent->offset) == extent->size)
		parsed = json_loadb(bytes, (size_t)extent->size, JSON_REJECT_DUPLICATES, &error);
	free(bytes);
	if (parsed == NULL)
		(void)fail_set(why, FAIL_TOOL, "the image's description is not valid JSON");
	return parsed;
}
