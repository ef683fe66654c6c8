/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The shared libraries of a program, searched where its loader would: RPATH, the environment, RUNPATH, the
 * system's directories.  glibc's cache is not read; the directories that it is made from are. */
#include "entrypoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MISSING_MAX = 12 };

/* What was loaded, in order; the first is the program. */
struct object {
	char path[PATH_MAX];
	char name[NAME_MAX + 1];
	size_t loader; /* who needs it */
	struct elf elf;
};

struct search {
	struct report *report;
	int root_fd;
	const char *library_path;
	enum elf_loader loader;
	struct directories system;
	struct object *objects;
	size_t count, missing;
	char unfit[PATH_MAX]; /* the first of the right name that was skipped */
	char why[80];
};

enum verdict { VERDICT_MISSING, VERDICT_FOUND, VERDICT_STOP };

static const struct elf *program(const struct search *search)
{
	return &search->objects[0].elf;
}

static enum verdict unfit(struct search *search, const char *path, const char *why, bool is_end)
{
	if (search->unfit[0] == '\0' || is_end) {
		(void)snprintf(search->unfit, sizeof(search->unfit), "%s", path);
		(void)snprintf(search->why, sizeof(search->why), "%s", why);
	}
	return is_end ? VERDICT_STOP : VERDICT_MISSING;
}

/* glibc skips libraries of another machine and stops at damaged ones; musl stops at both. */
static enum verdict try_file(struct search *search, struct object *object)
{
	uint64_t size;
	int fd = target_open_file(search->root_fd, object->path, &size);
	enum elf_result result;
	char why[80];

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EINVAL
			   ? VERDICT_MISSING
			   : unfit(search, object->path,
				   errno == EISDIR  ? "is a directory"
				   : errno == ENXIO ? "is no regular file"
						    : "could not be read",
				   false);
	result = elf_read(&object->elf, fd);
	(void)close(fd);
	if (result == ELF_UNREADABLE)
		return unfit(search, object->path, "could not be read", true);
	if (result != ELF_OK)
		return unfit(search, object->path, result == ELF_NOT ? "is no library" : object->elf.problem,
			     true);
	if (elf_is_same_machine(&object->elf, program(search)))
		return VERDICT_FOUND;
	(void)snprintf(why, sizeof(why), "is for %s", elf_architecture(&object->elf));
	return unfit(search, object->path, why, search->loader == LOADER_MUSL);
}

static enum verdict find_in(struct search *search, const char *list, const char *separators,
			    const char *origin, struct object *object)
{
	for (const char *at = list; at != NULL && *at != '\0'; at += *at != '\0') {
		size_t length = strcspn(at, separators);

		for (unsigned int variant = 0; length > 0; variant++) {
			const struct expansion how = { origin, program(search), variant };
			enum verdict verdict = VERDICT_MISSING;
			int expanded = directories_expand(object->path, at, length, &how, object->name);

			if (expanded > 0)
				verdict = try_file(search, object);
			if (verdict != VERDICT_MISSING)
				return verdict;
			if (expanded < 0)
				break;
		}
		at += length;
	}
	return VERDICT_MISSING;
}

/* Who needs it, who needs that, and so on to the program.  glibc asks only those without a RUNPATH. */
static enum verdict find_in_chain(struct search *search, struct object *object)
{
	bool is_musl = search->loader == LOADER_MUSL;
	size_t at = object->loader;

	if (!is_musl && search->objects[at].elf.runpath != NULL)
		return VERDICT_MISSING;
	for (;; at = search->objects[at].loader) {
		const struct object *user = &search->objects[at];
		const char *list = is_musl && user->elf.runpath != NULL ? user->elf.runpath : user->elf.rpath;
		enum verdict verdict = find_in(search, list, ":", user->path, object);

		if (verdict != VERDICT_MISSING || at == 0)
			return verdict;
	}
}

static enum verdict find_library(struct search *search, struct object *object, const char *name)
{
	const struct object *user = &search->objects[object->loader];
	bool is_musl = search->loader == LOADER_MUSL;
	const char *separators = is_musl ? ":\n" : ":;";
	enum verdict verdict = VERDICT_MISSING;

	search->unfit[0] = '\0';
	if (strchr(name, '/') != NULL) {
		const struct expansion how = { user->path, program(search), 0 };

		return directories_expand(object->path, name, strlen(name), &how, NULL) >= 0
			   ? try_file(search, object)
			   : VERDICT_MISSING;
	}
	if (is_musl)
		verdict = find_in(search, search->library_path, separators, search->objects[0].path, object);
	if (verdict == VERDICT_MISSING)
		verdict = find_in_chain(search, object);
	if (verdict == VERDICT_MISSING && !is_musl)
		verdict = find_in(search, search->library_path, separators, search->objects[0].path, object);
	if (verdict == VERDICT_MISSING && !is_musl)
		verdict = find_in(search, user->elf.runpath, ":", user->path, object);
	if (verdict == VERDICT_MISSING)
		verdict = find_in(search, search->system.text, ":\n", "", object);
	return verdict;
}

/* musl's loader is its C library, by any of these names. */
static bool is_built_in(const struct search *search, const char *name)
{
	static const char *const parts[] = { "c.", "pthread.", "rt.", "m.", "dl.", "util.", "xnet." };

	for (size_t i = 0; search->loader == LOADER_MUSL && i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strncmp(name, "lib", 3) == 0 && strncmp(name + 3, parts[i], strlen(parts[i])) == 0)
			return true;
	return false;
}

static bool is_loaded(const struct search *search, const char *name)
{
	for (size_t i = 1; i < search->count; i++)
		if (strcmp(search->objects[i].name, name) == 0)
			return true;
	return false;
}

static void report_library(struct search *search, const char *user, const char *name)
{
	if (++search->missing > MISSING_MAX)
		return;
	if (search->unfit[0] != '\0')
		report_add(search->report, LEVEL_ERROR, "library",
			   "`%s` needs the library `%s`, but `%s` %s; replace it by one for %s", shown(user),
			   shown(name), shown(search->unfit), search->why, elf_architecture(program(search)));
	else
		report_add(search->report, LEVEL_ERROR, "library",
			   "`%s` needs the library `%s`, which is not in the container for this "
			   "processor; add it, or link the program statically",
			   shown(user), shown(name));
}

static void report_limits(struct search *search, bool is_cut)
{
	if (search->missing > MISSING_MAX)
		report_add(search->report, LEVEL_ERROR, "library", "%zu more libraries are not there",
			   search->missing - MISSING_MAX);
	if (is_cut)
		report_add(
		    search->report, LEVEL_WARNING, "limit",
		    "there are more libraries than the %d that are looked at here; the others were not "
		    "checked",
		    ENTRY_LIBRARIES_MAX);
	if (search->system.is_cut)
		report_add(
		    search->report, LEVEL_WARNING, "limit",
		    "the loader's configuration is too large and was read in part, so a library that is "
		    "called missing may be there");
	if (search->system.unreadable[0] != '\0')
		report_add(search->report, LEVEL_WARNING, "unreadable",
			   "the loader's configuration `%s` cannot be read, so a library that is called "
			   "missing may be there",
			   shown(search->system.unreadable));
}

static bool check_needed(struct search *search, size_t user)
{
	const struct object *by = &search->objects[user];

	for (size_t i = 0; i < by->elf.needed_count; i++) {
		struct object *object = &search->objects[search->count];
		const char *name = by->elf.needed[i];
		bool is_short = strlen(name) <= NAME_MAX;

		if (is_built_in(search, name) || (is_short && is_loaded(search, name)))
			continue;
		if (search->count > ENTRY_LIBRARIES_MAX)
			return false;
		(void)snprintf(object->name, sizeof(object->name), "%.*s", NAME_MAX, name);
		object->loader = user;
		search->count++;
		if (find_library(search, object, name) != VERDICT_FOUND) {
			report_library(search, by->path, name);
			memset(&object->elf, 0, offsetof(struct elf, text));
		}
	}
	return !by->elf.is_cut;
}

void libraries_check(struct report *report, int root_fd, const struct elf *elf, const char *path,
		     const char *library_path)
{
	struct search search = { .report = report, .root_fd = root_fd, .library_path = library_path };
	bool is_whole = true;

	search.loader = elf_loader(elf);
	if (elf->needed_count == 0)
		return;
	search.objects = calloc(ENTRY_LIBRARIES_MAX + 2, sizeof(*search.objects));
	if (search.objects == NULL) {
		report_add(report, LEVEL_WARNING, "limit", "no memory to look for libraries");
		return;
	}
	/* Its strings stay where they are: in the caller's. */
	memcpy(&search.objects[0].elf, elf, offsetof(struct elf, text));
	directories_origin(search.objects[0].path, root_fd, path);
	directories_read(&search.system, root_fd, elf);
	search.count = 1;
	for (size_t at = 0; at < search.count; at++)
		is_whole = check_needed(&search, at) && is_whole;
	report_limits(&search, !is_whole);
	free(search.objects);
}
