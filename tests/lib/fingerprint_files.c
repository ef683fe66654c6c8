/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files: every time, owner, size and attribute of every file of a target, also below its overlay. */
#include "fingerprint.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { NAMES_CAPACITY = 4096, VALUE_SHOWN = 64 };

void print_bytes(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if (byte >= ' ' && byte < 0x7f && byte != '\\')
			(void)putchar(byte);
		else
			(void)printf("\\%03o", byte);
	}
}

void print_file(const char *label, const char *path)
{
	static char text[TEXT_CAPACITY];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	size_t used = 0;
	ssize_t n = 0;

	if (fd < 0)
		return;
	while (used < sizeof(text) && (n = read(fd, text + used, sizeof(text) - used)) > 0)
		used += (size_t)n;
	if (n < 0)
		(void)printf("%s: error %d\n", label, errno);
	for (size_t start = 0; start < used;) {
		const char *end = memchr(text + start, '\n', used - start);
		size_t length = end != NULL ? (size_t)(end - text) - start : used - start;

		(void)printf("%s: ", label);
		print_bytes(text + start, length);
		(void)putchar('\n');
		start += length + 1;
	}
	(void)close(fd);
}

void print_lines(const char *label, const char *path, const char *const words[])
{
	char line[PATH_CAPACITY];
	FILE *file = fopen(path, "re");

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		for (size_t i = 0; words[i] != NULL; i++) {
			if (strncmp(line, words[i], strlen(words[i])) != 0)
				continue;
			(void)printf("%s ", label);
			print_bytes(line, strcspn(line, "\n"));
			(void)putchar('\n');
		}
	}
	if (file != NULL)
		(void)fclose(file);
}

void print_link(const char *label, const char *path)
{
	char to[PATH_CAPACITY];
	ssize_t length = readlink(path, to, sizeof(to));

	if (length < 0)
		return;
	(void)printf("%s: ", label);
	print_bytes(to, (size_t)length);
	(void)putchar('\n');
}

static int by_string(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_attributes(const char *path)
{
	char names[NAMES_CAPACITY];
	char value[NAMES_CAPACITY];
	ssize_t size = llistxattr(path, names, sizeof(names));

	for (const char *name = names; size > 0 && name < names + size; name += strlen(name) + 1) {
		ssize_t length = lgetxattr(path, name, value, sizeof(value));

		(void)printf("xattr %s %s=", path, name);
		print_bytes(value, length > VALUE_SHOWN ? VALUE_SHOWN : length > 0 ? (size_t)length : 0);
		(void)putchar('\n');
	}
}

static void print_status(const char *path, const struct statx *status)
{
	(void)printf("file ");
	print_bytes(path, strlen(path));
	(void)printf(" mode=%o owner=%u:%u size=%llu blocks=%llu ino=%llu nlink=%u rdev=%u:%u",
		     status->stx_mode, status->stx_uid, status->stx_gid, (unsigned long long)status->stx_size,
		     (unsigned long long)status->stx_blocks, (unsigned long long)status->stx_ino,
		     status->stx_nlink, status->stx_rdev_major, status->stx_rdev_minor);
	(void)printf(" a=%lld.%09u m=%lld.%09u c=%lld.%09u b=%lld.%09u\n",
		     (long long)status->stx_atime.tv_sec, status->stx_atime.tv_nsec,
		     (long long)status->stx_mtime.tv_sec, status->stx_mtime.tv_nsec,
		     (long long)status->stx_ctime.tv_sec, status->stx_ctime.tv_nsec,
		     (long long)status->stx_btime.tv_sec, status->stx_btime.tv_nsec);
}

/* Filesystems of the kernel, whose contents are other dimensions or move by themselves. */
static bool is_pseudo(int fd)
{
	struct statfs status;

	return fstatfs(fd, &status) < 0 || status.f_type == PROC_SUPER_MAGIC ||
	       status.f_type == SYSFS_MAGIC || status.f_type == CGROUP_SUPER_MAGIC ||
	       status.f_type == CGROUP2_SUPER_MAGIC;
}

/* The names in a directory, sorted; scandir(3) would open it again, and that would set its access time.
 * Takes the descriptor.  The array and the names are the caller's. */
static char **list(int fd, size_t *count)
{
	DIR *directory = fdopendir(fd);
	const struct dirent *entry;
	char **names = NULL;

	*count = 0;
	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		names = reallocarray(names, *count + 1, sizeof(*names));
		if (names == NULL || (names[*count] = strdup(entry->d_name)) == NULL)
			err(1, "memory");
		(*count)++;
	}
	if (*count > 0)
		qsort(names, *count, sizeof(*names), by_string);
	(void)closedir(directory);
	return names;
}

void walk(const char *path)
{
	struct statx status;
	char below[PATH_CAPACITY];
	char **names;
	size_t count;
	int fd;

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_BTIME,
		  &status) < 0) {
		(void)printf("file %s error %d\n", path, errno);
		return;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC);
	if (fd >= 0 && is_pseudo(fd)) {
		(void)printf("file %s of the kernel's\n", path);
		(void)close(fd);
		return;
	}
	print_status(path, &status);
	print_attributes(path);
	if (fd < 0)
		return;
	names = list(fd, &count);
	for (size_t i = 0; i < count; i++) {
		if ((size_t)snprintf(below, sizeof(below), "%s/%s", path, names[i]) < sizeof(below))
			walk(below);
		free(names[i]);
	}
	free(names);
}

/* "DIR:DIR:...", up to the end of the option. */
static void walk_each(const char *value)
{
	char path[PATH_CAPACITY];
	char directory[PATH_MAX];

	for (;;) {
		size_t length = strcspn(value, ",: \n");

		(void)snprintf(path, sizeof(path), "%.*s", (int)length, value);
		/* Docker names its layers by short links. */
		if (realpath(path, directory) != NULL)
			walk(directory);
		if (value[length] != ':')
			return;
		value += length + 1;
	}
}

void walk_layers(const char *proc)
{
	static const char *const names[] = { "upperdir=", "workdir=", "lowerdir=" };
	static char text[TEXT_CAPACITY];
	char path[PATH_CAPACITY];
	FILE *file;
	size_t size;

	(void)snprintf(path, sizeof(path), "%s/mountinfo", proc);
	file = fopen(path, "re");
	if (file == NULL)
		err(1, "%s", path);
	size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = '\0';
	(void)fclose(file);
	for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;) {
		if (strstr(line, " / / ") == NULL)
			continue;
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			const char *value = strstr(line, names[i]);

			if (value != NULL)
				walk_each(value + strlen(names[i]));
		}
	}
}
