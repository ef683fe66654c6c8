/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where loaders search: $ORIGIN and its like, ld.so.conf, musl's path file, the directories built in. */
#include "entrypoint.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 16 << 10, DEPTH_MAX = 4, FILES_MAX = 64 };

static bool is_identifier(char byte)
{
	return byte == '_' || (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= 'a' && byte <= 'z');
}

/* The length of $NAME or ${NAME} here; 0 if it is not that. */
static size_t token(const char *at, size_t room, const char *name)
{
	size_t length = strlen(name);

	if (room > length && at[0] == '$' && strncmp(at + 1, name, length) == 0 &&
	    (room == length + 1 || !is_identifier(at[length + 1])))
		return length + 1;
	if (room > length + 2 && strncmp(at, "${", 2) == 0 && strncmp(at + 2, name, length) == 0 &&
	    at[2 + length] == '}')
		return length + 3;
	return 0;
}

static bool append(char out[PATH_MAX], size_t *used, const char *text, size_t length)
{
	if (length >= PATH_MAX - *used)
		return false;
	memcpy(out + *used, text, length);
	*used += length;
	out[*used] = '\0';
	return true;
}

/* $LIB differs between distributions: each is one variant. */
static const char *lib_variant(const struct elf *elf, unsigned int variant, char text[64])
{
	static const char *const plain[] = { "lib64", "lib", "lib32" };
	const char *triplet = elf_triplet(elf);

	if (variant > 0)
		return plain[(variant - 1) % 3];
	(void)snprintf(text, 64, "lib%s%s", triplet != NULL ? "/" : "", triplet != NULL ? triplet : "");
	return text;
}

int directories_expand(char out[PATH_MAX], const char *list, size_t length, const struct expansion *how,
		       const char *name)
{
	const char *slash = strrchr(how->origin, '/');
	const char *platform = elf_platform(how->elf);
	bool is_good = true, has_variants = false;
	size_t used = 0, skip;
	char lib[64];

	out[0] = '\0';
	for (size_t at = 0; at < length && is_good; at += skip) {
		const char *value = list + at;
		size_t size = skip = 1;

		if ((skip = token(list + at, length - at, "ORIGIN")) > 0) {
			value = how->origin;
			size = slash != NULL ? (size_t)(slash - how->origin) : 0;
		} else if ((skip = token(list + at, length - at, "LIB")) > 0) {
			has_variants = true;
			value = lib_variant(how->elf, how->variant, lib);
			size = strlen(value);
		} else if ((skip = token(list + at, length - at, "PLATFORM")) > 0) {
			value = platform != NULL ? platform : "";
			size = strlen(value);
		} else {
			skip = 1;
		}
		is_good = append(out, &used, value, size);
	}
	if (name != NULL)
		is_good = is_good && append(out, &used, "/", 1) && append(out, &used, name, strlen(name));
	if (how->variant > (has_variants ? 3 : 0))
		return -1;
	return is_good ? 1 : 0;
}

void directories_origin(char out[PATH_MAX], int root_fd, const char *path)
{
	char link[64], real[PATH_MAX], root[PATH_MAX];
	int fd = target_open(root_fd, path, O_PATH);
	ssize_t size, root_size;

	(void)snprintf(out, PATH_MAX, "%s", path);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	size = fd >= 0 ? readlink(link, real, sizeof(real) - 1) : -1;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", root_fd);
	root_size = readlink(link, root, sizeof(root) - 1);
	if (fd >= 0)
		(void)close(fd);
	if (size <= 0 || root_size <= 0)
		return;
	real[size] = '\0';
	if (root_size == 1)
		root_size = 0;
	if (root_size < size && memcmp(real, root, (size_t)root_size) == 0 && real[root_size] == '/')
		(void)snprintf(out, PATH_MAX, "%s", real + root_size);
}

static void add(struct directories *all, const char *text, size_t length)
{
	size_t used = strlen(all->text);

	if (length == 0)
		return;
	if (used + length + 2 > sizeof(all->text)) {
		all->is_cut = true;
		return;
	}
	if (used > 0)
		all->text[used++] = ':';
	memcpy(all->text + used, text, length);
	all->text[used + length] = '\0';
}

/* The text of a small file; false if it is not there. */
static bool read_text(struct directories *all, int root_fd, const char *path, char text[FILE_MAX])
{
	uint64_t file_size;
	int fd = target_open_file(root_fd, path, &file_size);
	ssize_t size = fd >= 0 ? pread(fd, text, FILE_MAX - 1, 0) : -1;

	if (size < 0 && (fd >= 0 || (errno != ENOENT && errno != ENOTDIR)))
		(void)snprintf(all->unreadable, sizeof(all->unreadable), "%s", path);
	if (fd >= 0)
		(void)close(fd);
	text[size > 0 ? size : 0] = '\0';
	all->is_cut = all->is_cut || size == FILE_MAX - 1;
	return size >= 0;
}

static void read_configuration(struct directories *all, int root_fd, const char *path, unsigned int depth);

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a directory that match, sorted as glob(3) does. */
static size_t list_matching(struct directories *all, int root_fd, const char *directory, const char *pattern,
			    char *names[FILES_MAX])
{
	int fd = target_open(root_fd, directory, O_RDONLY | O_DIRECTORY);
	DIR *listing = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	size_t count = 0;

	if (listing == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return 0;
	}
	while ((entry = readdir(listing)) != NULL) {
		if (fnmatch(pattern, entry->d_name, FNM_PERIOD) != 0)
			continue;
		if (count == FILES_MAX) {
			all->is_cut = true;
			break;
		}
		names[count] = strdup(entry->d_name);
		count += names[count] != NULL;
	}
	(void)closedir(listing);
	qsort(names, count, sizeof(names[0]), by_name);
	return count;
}

/* A pattern beside the file that names it; patterns in the name of a directory are taken literally. */
static void include(struct directories *all, int root_fd, const char *from, const char *pattern,
		    unsigned int depth)
{
	const char *slash = strrchr(from, '/');
	char directory[PATH_MAX], path[PATH_MAX];
	char *names[FILES_MAX], *base;
	size_t count;
	int size = snprintf(directory, sizeof(directory), "%.*s%s",
			    pattern[0] != '/' && slash != NULL ? (int)(slash - from + 1) : 0, from, pattern);

	if (size < 0 || size >= (int)sizeof(directory) || (base = strrchr(directory, '/')) == NULL)
		return;
	*base++ = '\0';
	if (strpbrk(directory, "*?[") != NULL)
		all->is_cut = true;
	count = list_matching(all, root_fd, directory[0] != '\0' ? directory : "/", base, names);
	for (size_t i = 0; i < count; i++) {
		if (snprintf(path, sizeof(path), "%s/%s", directory, names[i]) < (int)sizeof(path))
			read_configuration(all, root_fd, path, depth + 1);
		free(names[i]);
	}
}

static void take_line(struct directories *all, int root_fd, const char *path, char *line, unsigned int depth)
{
	size_t length;

	line[strcspn(line, "#")] = '\0';
	line += strspn(line, " \t");
	for (length = strlen(line); length > 0 && strchr(" \t\r\f\v", line[length - 1]) != NULL;)
		line[--length] = '\0';
	if (strncmp(line, "include", 7) == 0 && (line[7] == ' ' || line[7] == '\t')) {
		char *rest = line + 7;

		for (char *word = strsep(&rest, " \t"); word != NULL; word = strsep(&rest, " \t"))
			if (word[0] != '\0')
				include(all, root_fd, path, word, depth);
	} else if (line[0] == '/') {
		add(all, line, strcspn(line, "=:"));
	}
}

static void read_configuration(struct directories *all, int root_fd, const char *path, unsigned int depth)
{
	char *text, *rest;

	if (depth > DEPTH_MAX || all->files == FILES_MAX) {
		all->is_cut = true;
		return;
	}
	all->files++;
	text = rest = calloc(1, FILE_MAX);
	if (text == NULL) {
		all->is_cut = true;
		return;
	}
	(void)read_text(all, root_fd, path, text);
	for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n"))
		take_line(all, root_fd, path, line, depth);
	free(text);
}

/* PREFIX/etc/ld-musl-ARCH.path of the loader PREFIX/lib/ld-musl-ARCH.so.1 stands in place of what is built
 * in. */
static void read_musl(struct directories *all, int root_fd, const char *loader)
{
	static const char built_in[] = "/lib:/usr/local/lib:/usr/lib";
	const char *name = strrchr(loader, '/');
	const char *prefix = name;
	char *text = calloc(1, FILE_MAX);
	char path[PATH_MAX];
	bool is_there = false;

	while (prefix != NULL && prefix > loader && prefix[-1] != '/')
		prefix--;
	if (text != NULL && name != NULL && prefix > loader &&
	    snprintf(path, sizeof(path), "%.*s/etc/%.*s.path", (int)(prefix - 1 - loader), loader,
		     (int)strcspn(name + 1, "."), name + 1) < (int)sizeof(path))
		is_there = read_text(all, root_fd, path, text);
	if (is_there)
		add(all, text, strlen(text));
	else
		add(all, built_in, strlen(built_in));
	free(text);
}

void directories_read(struct directories *all, int root_fd, const struct elf *elf)
{
	const char *triplet = elf_triplet(elf);
	char text[256];

	memset(all, 0, sizeof(*all));
	if (elf_loader(elf) == LOADER_MUSL) {
		read_musl(all, root_fd, elf->interpreter);
		return;
	}
	read_configuration(all, root_fd, "/etc/ld.so.conf", 0);
	if (triplet != NULL) {
		(void)snprintf(text, sizeof(text), "/lib/%s:/usr/lib/%s", triplet, triplet);
		add(all, text, strlen(text));
	}
	(void)snprintf(text, sizeof(text), "%s/lib:/usr/lib",
		       elf->is_64 ? "/lib64:/usr/lib64:" : "/lib32:/usr/lib32:");
	add(all, text, strlen(text));
}
