/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * relocate: makes unpacked Debian packages work below /dev.
 *
 *     relocate [-b BASE] TREE
 *
 * A toolbox must run in a container that has none of the files which its programs were compiled to
 * find, and must not change what those programs see of the container.  So their own paths are
 * rewritten in the files themselves.  The new prefix "/dev" is exactly as long as "/usr" and
 * "/etc": strings stay where they are, no section grows, nothing is relinked, and a path embedded
 * in the middle of a constant is as easy to change as any other.  At run time it costs nothing,
 * and there is no variable, wrapper or preloaded library that could leak into a program of the
 * container.
 *
 * TREE is hoisted (TREE/bin, not TREE/usr/bin) and is changed in place.  BASE is a toolbox that is
 * finished already, over which TREE will be laid; the programs it has count as present.
 *
 * On success the tally goes to standard output: a rule, a tab, and how often it was applied.
 */
#include "relocate.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where paths are only spoken of, or a copy must stay as it was; symbols apart from their program. */
static bool is_kept(const char *path)
{
	static const char *const kept[] = { "share/doc/", "share/common-licenses/", "share/toolbox/",
					    "lib/debug/" };

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (strncmp(path, kept[i], strlen(kept[i])) == 0)
			return true;
	}
	return false;
}

/* The one file of data, neither text nor program, that holds paths. */
static bool is_data(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL && strcmp(slash, "/gconv-modules.cache") == 0;
}

static int relocate_mapped(struct toolbox *toolbox, int fd, size_t size)
{
	int status = 0;
	char *image = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (image == MAP_FAILED) {
		warn("%s", toolbox->path);
		return -1;
	}
	if (is_elf(image, size))
		status = relocate_elf(toolbox, image, size);
	else if (is_data(toolbox->path))
		(void)rules_apply(toolbox, image, size);
	else if (is_text(image, size))
		status = relocate_text(toolbox, fd, image, size);
	(void)munmap(image, size);
	return status;
}

static int relocate_file(struct toolbox *toolbox)
{
	struct stat found;
	int status = -1;
	int fd = openat(toolbox->tree_fd, toolbox->path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0) {
		warn("%s", toolbox->path);
		return -1;
	}
	if (fstat(fd, &found) != 0)
		warn("%s", toolbox->path);
	else if (found.st_size == 0)
		status = 0;
	else
		status = relocate_mapped(toolbox, fd, (size_t)found.st_size);
	if (close(fd) != 0) {
		warn("%s", toolbox->path);
		status = -1;
	}
	return status;
}

static int relocate_entry(struct toolbox *toolbox, const FTSENT *entry, size_t root_length)
{
	toolbox->path = entry->fts_path + root_length;
	toolbox->path += strspn(toolbox->path, "/");

	switch (entry->fts_info) {
	case FTS_F:
		return is_kept(toolbox->path) ? 0 : relocate_file(toolbox);
	case FTS_SL:
	case FTS_SLNONE:
		return relocate_link(toolbox, toolbox->path);
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		errno = entry->fts_errno;
		warn("%s", entry->fts_path);
		return -1;
	default:
		return 0;
	}
}

static int compare_names(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int relocate_tree(struct toolbox *toolbox, char *root)
{
	char *const roots[] = { root, NULL };
	const FTSENT *entry;
	int status = 0;
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, compare_names);

	if (walk == NULL) {
		warn("%s", root);
		return -1;
	}
	while ((entry = fts_read(walk)) != NULL) {
		if (relocate_entry(toolbox, entry, strlen(root)) != 0)
			status = -1;
	}
	(void)fts_close(walk);
	return status;
}

static int open_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		err(EXIT_FAILURE, "%s", path);
	return fd;
}

static void usage(void)
{
	(void)fprintf(stderr, "usage: relocate [-b BASE] TREE\n");
	exit(2);
}

int main(int argc, char *argv[])
{
	struct toolbox toolbox = { .tree_fd = -1, .base_fd = -1 };
	int option;

	while ((option = getopt(argc, argv, "b:")) != -1) {
		if (option != 'b')
			usage();
		toolbox.base_fd = open_directory(optarg);
	}
	if (argc - optind != 1)
		usage();

	toolbox.tree_fd = open_directory(argv[optind]);
	if (relocate_tree(&toolbox, argv[optind]) != 0)
		return EXIT_FAILURE;
	rules_report(&toolbox);
	return EXIT_SUCCESS;
}
