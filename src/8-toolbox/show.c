/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `debug toolbox`, the front's side: prints lists that lie in share/toolbox of the toolbox.
 *
 *   packages              "name version architecture" of each package of the image, sorted
 *   installed/NAME.status that of a package the user has installed, in the form of dpkg(1)
 *   sbom.cdx.json         the bill of materials
 *   edition, suite        one word each
 */
#include "toolbox_command.h"

#include "fd.h"

#include <bsd/string.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIELD_MAX = 128, LINE_LENGTH_MAX = 512, WORD_MAX = 32, CHUNK = 1 << 16 };

struct package {
	char name[FIELD_MAX];
	char version[FIELD_MAX];
	bool is_own; /* the user installed it */
};

struct packages {
	struct package *all; /* owned */
	size_t count, capacity;
};

static int add(struct packages *packages, const char *name, const char *version, bool is_own)
{
	struct package *package;

	if (packages->count == packages->capacity) {
		const size_t capacity = packages->capacity == 0 ? 256 : 2 * packages->capacity;
		struct package *all = reallocarray(packages->all, capacity, sizeof(*all));

		if (all == NULL)
			return -1;
		packages->all = all;
		packages->capacity = capacity;
	}
	package = &packages->all[packages->count++];
	(void)strlcpy(package->name, name, sizeof(package->name));
	(void)strlcpy(package->version, version, sizeof(package->version));
	package->is_own = is_own;
	return 0;
}

static FILE *open_text(int directory_fd, const char *name)
{
	int fd = openat(directory_fd, name, O_RDONLY | O_CLOEXEC);
	FILE *text = fd < 0 ? NULL : fdopen(fd, "r");

	if (text == NULL)
		fd_close(&fd);
	return text;
}

static int read_image(struct packages *packages, int directory_fd)
{
	FILE *list = open_text(directory_fd, "packages");
	char name[FIELD_MAX];
	char version[FIELD_MAX];
	int failed = list == NULL ? -1 : 0;

	while (failed == 0 && fscanf(list, "%127s %127s %*[^\n]", name, version) == 2)
		failed = add(packages, name, version, false);
	if (list != NULL)
		(void)fclose(list);
	return failed;
}

static void read_version(int directory_fd, const char *file, char version[FIELD_MAX])
{
	static const char field[] = "Version: ";
	FILE *status = open_text(directory_fd, file);
	char line[LINE_LENGTH_MAX];

	version[0] = '\0';
	while (status != NULL && version[0] == '\0' && fgets(line, sizeof(line), status) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, field, sizeof(field) - 1) == 0)
			(void)strlcpy(version, line + sizeof(field) - 1, FIELD_MAX);
	}
	if (status != NULL)
		(void)fclose(status);
}

static int read_own(struct packages *packages, int directory_fd)
{
	static const char end[] = ".status";
	int fd = openat(directory_fd, "installed", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int failed = 0;

	while (listing != NULL && failed == 0 && (entry = readdir(listing)) != NULL) {
		const size_t length = strlen(entry->d_name);
		char version[FIELD_MAX];
		char name[FIELD_MAX];

		if (length < sizeof(end) || strcmp(entry->d_name + length - (sizeof(end) - 1), end) != 0)
			continue;
		read_version(fd, entry->d_name, version);
		(void)snprintf(name, sizeof(name), "%.*s", (int)(length - (sizeof(end) - 1)), entry->d_name);
		failed = add(packages, name, version, true);
	}
	if (listing != NULL)
		(void)closedir(listing);
	return failed;
}

static int compare(const void *a, const void *b)
{
	const struct package *first = a;
	const struct package *second = b;
	const int order = strcmp(first->name, second->name);

	return order != 0 ? order : (int)second->is_own - (int)first->is_own;
}

/* A package that the user has in a newer version hides the image's. */
static void sort(struct packages *packages)
{
	size_t kept = 0;

	qsort(packages->all, packages->count, sizeof(*packages->all), compare);
	for (size_t i = 0; i < packages->count; i++)
		if (kept == 0 || strcmp(packages->all[kept - 1].name, packages->all[i].name) != 0)
			packages->all[kept++] = packages->all[i];
	packages->count = kept;
}

static int read_packages(struct packages *packages, int directory_fd, struct fail *why)
{
	*packages = (struct packages){ 0 };
	if (read_image(packages, directory_fd) < 0 || read_own(packages, directory_fd) < 0) {
		free(packages->all);
		return fail_errno(why, FAIL_TOOL, errno, "cannot read the toolbox's list of packages");
	}
	sort(packages);
	return 0;
}

/* Names and versions of packages have no character that JSON would quote. */
static int list(const struct request *request, int directory_fd, struct fail *why)
{
	struct packages packages;

	if (read_packages(&packages, directory_fd, why) < 0)
		return -1;
	for (size_t i = 0; i < packages.count; i++) {
		const struct package *package = &packages.all[i];

		if (request->is_json)
			(void)printf("%s{\"package\":\"%s\",\"version\":\"%s\",\"installed_by_user\":%s}",
				     i == 0 ? "[" : ",\n ", package->name, package->version,
				     package->is_own ? "true" : "false");
		else
			(void)printf("%-32s %s%s\n", package->name, package->version,
				     package->is_own ? "   (yours)" : "");
	}
	if (request->is_json)
		(void)printf("]\n");
	free(packages.all);
	return 0;
}

static void read_word(int directory_fd, const char *name, char word[WORD_MAX])
{
	FILE *text = open_text(directory_fd, name);

	if (text == NULL || fscanf(text, "%31s", word) != 1)
		(void)strlcpy(word, "unknown", WORD_MAX);
	if (text != NULL)
		(void)fclose(text);
}

static int describe(const struct request *request, const struct toolbox_facts *facts, int directory_fd,
		    struct fail *why)
{
	char edition[WORD_MAX];
	char suite[WORD_MAX];
	struct packages packages;
	size_t own = 0;

	if (read_packages(&packages, directory_fd, why) < 0)
		return -1;
	for (size_t i = 0; i < packages.count; i++)
		own += packages.all[i].is_own;
	read_word(directory_fd, "edition", edition);
	read_word(directory_fd, "suite", suite);
	if (request->is_json)
		(void)printf(
		    "{\"edition\":\"%s\",\"suite\":\"%s\",\"packages\":%zu,\"yours\":%zu,\"bytes\":%lld,"
		    "\"sha256\":\"%s\",\"filesystem\":\"%s\",\"installable\":%s}\n",
		    edition, suite, packages.count, own, (long long)facts->image_size, facts->digest,
		    facts->filesystem, facts->is_layered ? "true" : "false");
	else
		(void)printf(
		    "image      %s\nsize       %.1f MB\nsha256     %s\nedition    %s, Debian %s\n"
		    "mounted    as %s, read-only, once for all sessions\npackages   %zu, of which %zu are yours\n"
		    "yours      %s %s\n",
		    facts->image, (double)facts->image_size / 1e6, facts->digest, edition, suite,
		    facts->filesystem, packages.count, own,
		    facts->is_layered ? "kept in" : "cannot be kept:", facts->state);
	free(packages.all);
	return 0;
}

static int print_file(int directory_fd, const char *name, struct fail *why)
{
	CLOSE_AT_EXIT int fd = openat(directory_fd, name, O_RDONLY | O_CLOEXEC);
	char *chunk = malloc(CHUNK);
	ssize_t size = fd < 0 || chunk == NULL ? -1 : 1;

	while (size > 0) {
		size = fd_read_all(fd, chunk, CHUNK);
		if (size > 0)
			(void)fwrite(chunk, 1, (size_t)size, stdout);
	}
	free(chunk);
	return size == 0 ? 0 : fail_errno(why, FAIL_TOOL, errno, "the toolbox has no %s", name);
}

/* The image's is exact; what was added is not in it. */
static int print_bill(int directory_fd, struct fail *why)
{
	struct packages packages;
	size_t own = 0;

	if (read_packages(&packages, directory_fd, why) < 0)
		return -1;
	for (size_t i = 0; i < packages.count; i++)
		own += packages.all[i].is_own;
	free(packages.all);
	if (own > 0)
		(void)dprintf(
		    STDERR_FILENO,
		    "debug: %zu packages that you installed are not in it; `debug toolbox build` makes an image "
		    "whose bill has them\n",
		    own);
	return print_file(directory_fd, "sbom.cdx.json", why);
}

int toolbox_command_show(const struct request *request, const struct toolbox_facts *facts, int directory_fd,
			 struct fail *why)
{
	int failed;

	if (request->verb == TOOLBOX_LS)
		failed = list(request, directory_fd, why);
	else if (request->verb == TOOLBOX_SBOM)
		failed = print_bill(directory_fd, why);
	else
		failed = describe(request, facts, directory_fd, why);
	if (failed == 0 && fflush(stdout) != 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot write to standard output");
	return failed;
}
