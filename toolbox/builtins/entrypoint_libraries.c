/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The shared libraries of a program, searched where its loader would: RPATH, the environment, RUNPATH, the
 * system's directories.  glibc's cache is not read; the directories that it is made from are. */
#include "entrypoint.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define GLIBC_DIRECTORIES                                                                                    \
	"/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu:/lib/aarch64-linux-gnu:/usr/lib/aarch64-linux-gnu:" \
	"/lib64:/usr/lib64:/lib:/usr/lib:/usr/local/lib"
#define MUSL_DIRECTORIES "/lib:/usr/local/lib:/usr/lib"

struct search {
	int root_fd;
	const struct elf *program;
	const char *library_path;
	bool is_musl;
	char system[8192]; /* directories, separated by colons */
};

struct seen_library {
	char path[PATH_MAX];
	char name[256];
};

static bool map_elf(struct elf *elf, int root_fd, const char *path)
{
	int fd = target_open(root_fd, path, O_RDONLY);
	struct stat status;
	void *bytes = MAP_FAILED;

	if (fd < 0)
		return false;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
		bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	(void)close(fd);
	if (bytes == MAP_FAILED)
		return false;
	if (elf_parse(elf, bytes, (size_t)status.st_size) == ELF_OK)
		return true; /* stays mapped: names point into it */
	(void)munmap(bytes, (size_t)status.st_size);
	return false;
}

/* $ORIGIN and ${ORIGIN} at the beginning, as in nearly every RUNPATH. */
static bool expand(char out[PATH_MAX], const char *directory, size_t length, const char *origin,
		   const char *name)
{
	const char *slash = strrchr(origin, '/');
	size_t skip = strncmp(directory, "$ORIGIN", 7) == 0	? 7
		      : strncmp(directory, "${ORIGIN}", 9) == 0 ? 9
								: 0;
	int size;

	if (skip > length || slash == NULL)
		skip = 0;
	size = snprintf(out, PATH_MAX, "%.*s%.*s/%s", skip > 0 ? (int)(slash - origin) : 0, origin,
			(int)(length - skip), directory + skip, name);
	return size > 0 && size < PATH_MAX;
}

static bool find_in(const struct search *search, const char *list, const char *origin, const char *name,
		    struct elf *elf, char path[PATH_MAX])
{
	for (const char *at = list; at != NULL && *at != '\0'; at += *at == ':') {
		size_t length = strcspn(at, ":");

		if (length > 0 && expand(path, at, length, origin, name) &&
		    map_elf(elf, search->root_fd, path) && elf->is_64 == search->program->is_64 &&
		    elf->machine == search->program->machine)
			return true;
		at += length;
	}
	return false;
}

static bool find_library(const struct search *search, const struct elf *user, const char *origin,
			 const char *name, struct elf *elf, char path[PATH_MAX])
{
	if (strchr(name, '/') != NULL)
		return snprintf(path, PATH_MAX, "%s", name) < PATH_MAX && map_elf(elf, search->root_fd, path);
	return (user->runpath == NULL && find_in(search, user->rpath, origin, name, elf, path)) ||
	       (user->runpath == NULL && find_in(search, search->program->rpath, origin, name, elf, path)) ||
	       find_in(search, search->library_path, origin, name, elf, path) ||
	       find_in(search, user->runpath, origin, name, elf, path) ||
	       find_in(search, search->system, origin, name, elf, path);
}

static void add_directory(struct search *search, const char *directory)
{
	size_t used = strlen(search->system);

	if (directory[0] == '/' && used + strlen(directory) + 2 < sizeof(search->system))
		(void)snprintf(search->system + used, sizeof(search->system) - used, "%s%s",
			       used > 0 ? ":" : "", directory);
}

/* One file of directories; includes of ld.so.conf are read by the name that every distribution uses. */
static void add_file(struct search *search, const char *path)
{
	char text[4096];
	char *rest = text;
	int fd = target_open(search->root_fd, path, O_RDONLY);
	ssize_t size = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	if (fd >= 0)
		(void)close(fd);
	text[size > 0 ? size : 0] = '\0';
	for (char *line = strsep(&rest, "\n:"); line != NULL; line = strsep(&rest, "\n:"))
		add_directory(search, line);
}

static void add_system(struct search *search)
{
	static const char directory[] = "/etc/ld.so.conf.d";
	char path[PATH_MAX];
	int fd;

	if (search->is_musl) {
		add_file(search, "/etc/ld-musl-x86_64.path");
		add_file(search, "/etc/ld-musl-aarch64.path");
		add_directory(search, MUSL_DIRECTORIES);
		return;
	}
	add_file(search, "/etc/ld.so.conf");
	fd = target_open(search->root_fd, directory, O_RDONLY | O_DIRECTORY);
	if (fd >= 0) {
		glob_t found = { 0 };

		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/*.conf", fd);
		if (glob(path, 0, NULL, &found) == 0)
			for (size_t i = 0; i < found.gl_pathc && i < 64; i++) {
				const char *name = strrchr(found.gl_pathv[i], '/');

				if (snprintf(path, sizeof(path), "%s%s", directory, name) < (int)sizeof(path))
					add_file(search, path);
			}
		globfree(&found);
		(void)close(fd);
	}
	add_directory(search, GLIBC_DIRECTORIES);
}

/* musl's loader is its C library. */
static bool is_built_in(const struct search *search, const char *name)
{
	return search->is_musl && (strcmp(name, "libc.so") == 0 || strncmp(name, "libc.musl-", 10) == 0);
}

static bool is_known(const struct seen_library *seen, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(seen[i].name, name, sizeof(seen[i].name) - 1) == 0)
			return true;
	return false;
}

void libraries_check(struct report *report, int root_fd, const struct elf *elf, const char *path,
		     const char *library_path)
{
	struct search search = { .root_fd = root_fd, .program = elf, .library_path = library_path };
	struct seen_library *seen = calloc(ENTRY_LIBRARIES_MAX, sizeof(*seen));
	struct elf *files = calloc(ENTRY_LIBRARIES_MAX, sizeof(*files));
	size_t count = 0;

	search.is_musl = elf->interpreter != NULL && strstr(elf->interpreter, "ld-musl") != NULL;
	add_system(&search);
	for (size_t at = 0; seen != NULL && files != NULL && at <= count; at++) {
		const struct elf *user = at == 0 ? elf : &files[at - 1];
		const char *origin = at == 0 ? path : seen[at - 1].path;

		for (size_t i = 0; i < user->needed_count && count < ENTRY_LIBRARIES_MAX; i++) {
			const char *name = user->needed[i];

			if (is_built_in(&search, name) || is_known(seen, count, name))
				continue;
			(void)snprintf(seen[count].name, sizeof(seen[count].name), "%s", name);
			if (!find_library(&search, user, origin, name, &files[count], seen[count].path)) {
				report_add(
				    report, LEVEL_ERROR, "library",
				    "`%s` needs the library `%s`, which is not in the container for this "
				    "processor; add it, or link the program statically",
				    shown(origin), shown(name));
				memset(&files[count], 0, sizeof(files[count]));
			}
			count++;
		}
	}
	free(files);
	free(seen);
}
