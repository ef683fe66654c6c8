/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A layer's names are foreign.  Every one is resolved by the kernel below the directory, whatever links
 * the archive has made there before (openat2(2), RESOLVE_IN_ROOT), and ".." is refused.  Device nodes are
 * passed over: they would not open in a session.
 *
 * A layer is read twice: what it hides of the layers below (.wh.NAME, .wh..wh..opq) goes first, so that
 * the order within the archive does not matter.
 */
#include "place.h"

#include "fd.h"
#include "tar.h"
#include "text.h"

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { CHUNK = 256 << 10, SHOWN_MAX = 300 };

static const char whiteout[] = ".wh.";
static const char opaque[] = ".wh..wh..opq";

bool place_clean_name(char *name)
{
	char *out = name;

	for (const char *at = name; *at != '\0';) {
		const size_t length = strcspn(at, "/");

		if (length == 2 && at[0] == '.' && at[1] == '.')
			return false;
		if (length > 0 && !(length == 1 && at[0] == '.')) {
			if (out != name)
				*out++ = '/';
			memmove(out, at, length);
			out += length;
		}
		at += length + (at[length] == '/');
	}
	*out = '\0';
	return true;
}

static int fail_entry(struct fail *why, int error, const char *what, const char *name)
{
	char shown[SHOWN_MAX];

	text_encode(shown, sizeof(shown), name, strlen(name));
	if (error == ENOSPC)
		return fail_set(
		    why, FAIL_TOOL,
		    "the image is larger than half of the memory that is free on this machine; unpack it "
		    "somewhere and give the directory: `debug ./DIRECTORY`");
	return fail_errno(why, FAIL_TOOL, error, "cannot %s `%s` of the archive", what, shown);
}

static int open_directory(int root_fd, const char *path)
{
	return fd_open_how(root_fd, path[0] != '\0' ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC,
			   RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

/* The directory `path`, with those above it that the archive left out. */
static int make_directories(int root_fd, const char *path)
{
	int fd = open_directory(root_fd, path);
	char part[PATH_MAX];

	if (fd >= 0 || errno != ENOENT || strlen(path) >= sizeof(part))
		return fd;
	memcpy(part, path, strlen(path) + 1);
	for (char *at = part;; at++) {
		char *slash;
		char *last;
		const char *above = part;

		at += strcspn(at, "/");
		slash = *at == '/' ? at : NULL;
		*at = '\0';
		fd = open_directory(root_fd, part);
		if (fd < 0) {
			last = strrchr(part, '/');
			if (last != NULL)
				*last = '\0';
			else
				above = "";
			fd = open_directory(root_fd, above);
			if (fd < 0 || mkdirat(fd, last != NULL ? last + 1 : part, 0755) < 0) {
				fd_close(&fd);
				return -1;
			}
			fd_close(&fd);
			if (last != NULL)
				*last = '/';
			fd = open_directory(root_fd, part);
		}
		if (fd < 0 || slash == NULL)
			return fd;
		fd_close(&fd);
		*slash = '/';
	}
}

/* Cuts `name` in two: the directory, opened, and the last component.  The root itself has none. */
static int open_parent(int root_fd, const char *name, const char **last, bool is_made)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(name, '/');
	const size_t length = slash != NULL ? (size_t)(slash - name) : 0;

	*last = slash != NULL ? slash + 1 : name;
	memcpy(parent, name, length);
	parent[length] = '\0';
	return is_made ? make_directories(root_fd, parent) : open_directory(root_fd, parent);
}

static int remove_tree(int dir_fd, const char *name);

static int remove_contents(int dir_fd)
{
	int listing_fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = listing_fd < 0 ? NULL : fdopendir(listing_fd);
	const struct dirent *entry;
	int failed = 0;

	if (listing == NULL) {
		fd_close(&listing_fd);
		return -1;
	}
	while (failed == 0 && (entry = readdir(listing)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			failed = remove_tree(dir_fd, entry->d_name);
	(void)closedir(listing);
	return failed;
}

/* What is not there is removed. */
static int remove_tree(int dir_fd, const char *name)
{
	CLOSE_AT_EXIT int fd = FD_NONE;

	if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || remove_contents(fd) < 0)
		return -1;
	return unlinkat(dir_fd, name, AT_REMOVEDIR);
}

static int hide(const struct place *place, const char *name, struct fail *why)
{
	const char *last;
	CLOSE_AT_EXIT int parent_fd = open_parent(place->root_fd, name, &last, false);
	int failed;

	if (parent_fd < 0)
		return 0;
	if (strcmp(last, opaque) == 0)
		failed = remove_contents(parent_fd);
	else if (strncmp(last, ".wh..wh.", strlen(".wh..wh.")) == 0)
		failed = 0;
	else if (last[strlen(whiteout)] == '\0' || strcmp(last + strlen(whiteout), ".") == 0 ||
		 strcmp(last + strlen(whiteout), "..") == 0)
		failed = 0;
	else
		failed = remove_tree(parent_fd, last + strlen(whiteout));
	return failed < 0 ? fail_entry(why, errno, "remove", name) : 0;
}

static bool is_whiteout(const char *name)
{
	const char *slash = strrchr(name, '/');

	return strncmp(slash != NULL ? slash + 1 : name, whiteout, strlen(whiteout)) == 0;
}

/* Of the attributes only what programs of the image see: nothing that an overlay or a security module obeys.
 */
static void set_attributes(int fd, const struct tar_entry *entry)
{
	for (size_t i = 0; i < entry->attribute_count; i++) {
		const struct tar_attribute *attribute = &entry->attributes[i];

		if (strcmp(attribute->name, "security.capability") == 0 ||
		    (strncmp(attribute->name, "user.", 5) == 0 &&
		     strncmp(attribute->name, "user.overlay.", 13) != 0))
			(void)fsetxattr(fd, attribute->name, attribute->value, attribute->size, 0);
	}
}

static int write_contents(int fd, struct tar *tar, struct fail *why)
{
	static char buffer[CHUNK];
	int64_t left = tar->entry.size;

	while (left > 0) {
		const ssize_t n = tar_read(tar, buffer, sizeof(buffer), why);

		if (n < 0)
			return -1;
		if (n == 0 || fd_write_all(fd, buffer, (size_t)n) < 0)
			return fail_entry(why, n == 0 ? EIO : errno, "write", tar->entry.name);
		left -= n;
	}
	return 0;
}

static int place_file(int parent_fd, const char *last, struct tar *tar, struct fail *why)
{
	const struct tar_entry *entry = &tar->entry;
	const struct timespec times[2] = { entry->time, entry->time };
	CLOSE_AT_EXIT int fd =
	    openat(parent_fd, last, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return fail_entry(why, errno, "make", entry->name);
	if (write_contents(fd, tar, why) < 0)
		return -1;
	/* The owner first: its change takes the set-user-id bit and capabilities away. */
	if (fchown(fd, entry->uid, entry->gid) < 0 || fchmod(fd, entry->mode) < 0)
		return fail_entry(why, errno, "give an owner to", entry->name);
	set_attributes(fd, entry);
	(void)futimens(fd, times);
	return 0;
}

static int remember_time(struct place *place, const struct tar_entry *entry)
{
	if (place->time_count == place->time_capacity) {
		const size_t capacity = place->time_capacity * 2 + 64;
		struct place_time *grown = reallocarray(place->times, capacity, sizeof(*grown));

		if (grown == NULL)
			return -1;
		place->times = grown;
		place->time_capacity = capacity;
	}
	place->times[place->time_count] = (struct place_time){ strdup(entry->name), entry->time };
	return place->times[place->time_count++].path == NULL ? -1 : 0;
}

static int place_directory(struct place *place, int parent_fd, const char *last,
			   const struct tar_entry *entry)
{
	CLOSE_AT_EXIT int fd = FD_NONE;

	if (last[0] != '\0' && mkdirat(parent_fd, last, 0700) < 0 && errno != EEXIST)
		return -1;
	fd = openat(parent_fd, last[0] != '\0' ? last : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, entry->uid, entry->gid) < 0 || fchmod(fd, entry->mode) < 0)
		return -1;
	set_attributes(fd, entry);
	return remember_time(place, entry);
}

static int place_hard_link(const struct place *place, int parent_fd, const char *last,
			   struct tar_entry *entry, struct fail *why)
{
	CLOSE_AT_EXIT int from_fd = FD_NONE;
	const char *from;

	if (!place_clean_name(entry->link) || entry->link[0] == '\0')
		return fail_entry(why, EXDEV, "make the link", entry->name);
	from_fd = open_parent(place->root_fd, entry->link, &from, false);
	if (from_fd < 0 || linkat(from_fd, from, parent_fd, last, 0) < 0)
		return fail_entry(why, errno, "make the link", entry->name);
	return 0;
}

static int place_other(int parent_fd, const char *last, const struct tar_entry *entry)
{
	const struct timespec times[2] = { entry->time, entry->time };

	if (entry->type == TAR_LINK ? symlinkat(entry->link, parent_fd, last) < 0
				    : mknodat(parent_fd, last, S_IFIFO | 0600, 0) < 0)
		return -1;
	if (fchownat(parent_fd, last, entry->uid, entry->gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (entry->type == TAR_FIFO && fchmodat(parent_fd, last, entry->mode, 0) < 0))
		return -1;
	(void)utimensat(parent_fd, last, times, AT_SYMLINK_NOFOLLOW);
	return 0;
}

/* A directory stays if a directory comes; anything else makes room. */
static int make_room(int parent_fd, const char *last, char type)
{
	struct stat status;

	if (last[0] == '\0' || fstatat(parent_fd, last, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return type == TAR_DIRECTORY && S_ISDIR(status.st_mode) ? 0 : remove_tree(parent_fd, last);
}

static int place_entry(struct place *place, struct tar *tar, struct fail *why)
{
	struct tar_entry *entry = &tar->entry;
	CLOSE_AT_EXIT int parent_fd = FD_NONE;
	const char *last;
	int failed = 0;

	if (is_whiteout(entry->name) || entry->type == TAR_CHARACTER || entry->type == TAR_BLOCK ||
	    (entry->name[0] == '\0' && entry->type != TAR_DIRECTORY))
		return 0;
	parent_fd = open_parent(place->root_fd, entry->name, &last, true);
	if (parent_fd < 0 || make_room(parent_fd, last, entry->type) < 0)
		return fail_entry(why, errno, "make", entry->name);
	if (entry->type == TAR_FILE)
		return place_file(parent_fd, last, tar, why);
	if (entry->type == TAR_HARD_LINK)
		return place_hard_link(place, parent_fd, last, entry, why);
	if (entry->type == TAR_DIRECTORY)
		failed = place_directory(place, parent_fd, last, entry);
	else
		failed = place_other(parent_fd, last, entry);
	return failed < 0 ? fail_entry(why, errno, "make", entry->name) : 0;
}

static int read_layer(struct place *place, const struct extent *layer, bool is_hiding, struct fail *why)
{
	char shown[SHOWN_MAX];
	struct tar tar;
	int outcome = tar_open(&tar, layer, why);

	if (outcome < 0)
		return -1;
	while ((outcome = tar_next(&tar, why)) == 1) {
		text_encode(shown, sizeof(shown), tar.entry.name, strlen(tar.entry.name));
		if (!place_clean_name(tar.entry.name))
			outcome = fail_set(
			    why, FAIL_TOOL,
			    "the archive has the name `%s`, which leads out of the image; it was not "
			    "made by an engine, so nothing of it is used",
			    shown);
		else if (is_hiding)
			outcome = is_whiteout(tar.entry.name) ? hide(place, tar.entry.name, why) : 0;
		else
			outcome = place_entry(place, &tar, why);
		if (outcome < 0)
			break;
	}
	tar_close(&tar);
	return outcome;
}

int place_layer(struct place *place, const struct extent *layer, struct fail *why)
{
	if (read_layer(place, layer, true, why) < 0)
		return -1;
	return read_layer(place, layer, false, why);
}

void place_end(struct place *place)
{
	for (size_t i = place->time_count; i > 0; i--) {
		struct place_time *time = &place->times[i - 1];
		const struct timespec times[2] = { time->time, time->time };
		CLOSE_AT_EXIT int fd = open_directory(place->root_fd, time->path);

		if (fd >= 0)
			(void)futimens(fd, times);
		free(time->path);
	}
	free(place->times);
	*place = (struct place){ .root_fd = place->root_fd };
}
