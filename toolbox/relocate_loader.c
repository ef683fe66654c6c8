/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dynamic loader of the toolbox finds libraries in the toolbox only, and ignores the target's
 * environment.
 *
 * A session inherits nothing of the target's environment by itself, but a user may copy it, and
 * programs of the target that start a tool pass theirs.  An agent's LD_PRELOAD would then enter
 * every tool, or stop it.  The loader recognises its variables by one comparison with "LD_"; here
 * it becomes a comparison with "TD_".
 *
 * Its default directories become those of the toolbox, and it has neither a cache nor a list of
 * preloads: nearly all libraries are in the first directory searched, where a cache saves nothing.
 *
 * Each pattern must match as often as it is known to.  A loader that differs stops the build.
 */
#include "relocate.h"

#include <elf.h>
#include <err.h>
#include <stdio.h>
#include <string.h>

/* -- the test for "LD_" -- */

/* cmpb $'L',(r); jne; cmpb $'D',1(r); jne; cmpb $'_',2(r)
 * Registers and distances vary: the mask skips them. */
static const unsigned char x86_pattern[] = {
	0x80, 0x38, 'L', 0x75, 0, 0x80, 0x78, 0x01, 'D', 0x75, 0, 0x80, 0x78, 0x02, '_',
};
static const unsigned char x86_mask[] = {
	0xff, 0xf8, 0xff, 0xff, 0, 0xff, 0xf8, 0xff, 0xff, 0xff, 0, 0xff, 0xf8, 0xff, 0xff,
};
enum { X86_LETTER = 2 };

_Static_assert(sizeof(x86_pattern) == sizeof(x86_mask), "one mask byte for each byte of the pattern");

static bool matches_x86(const unsigned char *code)
{
	for (size_t i = 0; i < sizeof(x86_pattern); i++) {
		if ((code[i] & x86_mask[i]) != (x86_pattern[i] & x86_mask[i]))
			return false;
	}
	return true;
}

static char *find_test_x86(char *image, size_t size, unsigned int *count)
{
	char *found = NULL;

	for (size_t at = 0; at + sizeof(x86_pattern) <= size; at++) {
		if (matches_x86((const unsigned char *)image + at)) {
			found = image + at + X86_LETTER;
			(*count)++;
		}
	}
	return found;
}

static uint32_t instruction_at(const char *code)
{
	uint32_t instruction;

	memcpy(&instruction, code, sizeof(instruction));
	return instruction;
}

/* cmp wN, #letter, for any N */
static bool is_compare_arm(uint32_t instruction, unsigned int letter)
{
	return (instruction & 0xfffffc1fU) == (0x7100001fU | letter << 10);
}

/* Whether the letter is compared within the next few instructions, and where. */
static size_t find_compare_arm(const char *image, size_t size, size_t from, unsigned int letter)
{
	enum { DISTANCE = 6 };

	for (size_t i = 1; i <= DISTANCE && from + (i + 1) * 4 <= size; i++) {
		if (is_compare_arm(instruction_at(image + from + i * 4), letter))
			return from + i * 4;
	}
	return 0;
}

static char *find_test_arm(char *image, size_t size, unsigned int *count)
{
	char *found = NULL;

	for (size_t at = 0; at + 4 <= size; at += 4) {
		size_t second;

		if (!is_compare_arm(instruction_at(image + at), 'L'))
			continue;
		second = find_compare_arm(image, size, at, 'D');
		if (second != 0 && find_compare_arm(image, size, second, '_') != 0) {
			found = image + at;
			(*count)++;
		}
	}
	return found;
}

static int ignore_environment(struct toolbox *toolbox, char *image, size_t size, unsigned int machine)
{
	unsigned int count = 0;
	char *test = NULL;

	if (machine == EM_X86_64)
		test = find_test_x86(image, size, &count);
	else if (machine == EM_AARCH64)
		test = find_test_arm(image, size, &count);

	if (test == NULL || count != 1) {
		warnx("%s: %u tests for LD_ variables where one is expected", toolbox->path, count);
		return -1;
	}
	if (machine == EM_X86_64) {
		*test = 'T';
	} else {
		uint32_t instruction = instruction_at(test) + ((uint32_t)('T' - 'L') << 10);

		memcpy(test, &instruction, sizeof(instruction));
	}
	toolbox->tally[RULE_LOADER]++;
	return 0;
}

/* -- directories and files -- */

/* The directories to search: strings one after another, each ended by NUL, and an array of lengths. */
enum { DIRECTORIES = 4, DIRECTORIES_SIZE_MAX = 80 };

struct directories {
	char strings[DIRECTORIES_SIZE_MAX];
	size_t size;
	uint64_t lengths[DIRECTORIES];
};

static void directories_add(struct directories *list, size_t index, const char *parent, const char *triplet)
{
	const size_t left = sizeof(list->strings) - list->size;
	const int length = snprintf(list->strings + list->size, left, "%s%s", parent, triplet);

	list->lengths[index] = (uint64_t)length;
	list->size += (size_t)length + 1;
}

/* Replaces every copy of `old`.  Returns how many there were. */
static unsigned int replace_bytes(char *image, size_t size, const void *old, const void *new, size_t length)
{
	unsigned int count = 0;
	char *at = image;

	while ((at = memmem(at, size - (size_t)(at - image), old, length)) != NULL) {
		memcpy(at, new, length);
		at += length;
		count++;
	}
	return count;
}

static int replace_directories(struct toolbox *toolbox, char *image, size_t size, unsigned int machine)
{
	const char *triplet = machine == EM_X86_64 ? "x86_64-linux-gnu/" : "aarch64-linux-gnu/";
	struct directories old = { .size = 0 };
	struct directories new = { .size = 0 };

	directories_add(&old, 0, "/lib/", triplet);
	directories_add(&old, 1, "/usr/lib/", triplet);
	directories_add(&old, 2, "/lib/", "");
	directories_add(&old, 3, "/usr/lib/", "");

	/* The length of the first is in the code too, so it keeps it: an alias in PREFIX leads to the
	 * libraries.  There must be as many as before, so the last is repeated. */
	directories_add(&new, 0, PREFIX "/", triplet);
	for (size_t i = 1; i < DIRECTORIES; i++)
		directories_add(&new, i, PREFIX "/lib/", "");

	if (new.lengths[0] != old.lengths[0] || new.size > old.size ||
	    replace_bytes(image, size, old.strings, new.strings, old.size) == 0 ||
	    replace_bytes(image, size, old.lengths, new.lengths, sizeof(old.lengths)) != 1) {
		warnx("%s: the directories to search are not where they should be", toolbox->path);
		return -1;
	}
	toolbox->tally[RULE_LOADER]++;
	return 0;
}

/* An empty name is a file that does not exist. */
static int forget_file(struct toolbox *toolbox, char *image, size_t size, const char *path)
{
	char *at = memmem(image, size, path, strlen(path) + 1);

	if (at == NULL) {
		warnx("%s: \"%s\" is missing", toolbox->path, path);
		return -1;
	}
	*at = '\0';
	toolbox->tally[RULE_LOADER]++;
	return 0;
}

int relocate_loader(struct toolbox *toolbox, char *image, size_t size, unsigned int machine)
{
	if (ignore_environment(toolbox, image, size, machine) != 0 ||
	    replace_directories(toolbox, image, size, machine) != 0)
		return -1;
	if (forget_file(toolbox, image, size, "/etc/ld.so.preload") != 0)
		return -1;
	return forget_file(toolbox, image, size, "/etc/ld.so.cache");
}
