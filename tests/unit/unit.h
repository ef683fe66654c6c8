/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every unit test needs.  cmocka.h wants the first four to stand before it. */
#ifndef DEBUG_UNIT_H
#define DEBUG_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fail.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The failure is exactly this one. */
#define assert_failed(why, with_status, with_text)             \
	do {                                                   \
		assert_string_equal((why).text, (with_text));  \
		assert_int_equal((why).status, (with_status)); \
	} while (0)

/* Its shadow memory is larger than all that some processes of ours may have. */
static inline bool unit_has_address_sanitizer(void)
{
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
	return true;
#endif
#endif
	return false;
}

/* How many descriptors this process has open: equal before and after what must not leak one. */
static inline int unit_count_fds(void)
{
	DIR *listing = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(listing);
	while (readdir(listing) != NULL)
		count++;
	(void)closedir(listing);
	return count;
}

/* The exit status of a child, or 128+n. */
static inline int unit_wait(pid_t child)
{
	int status = 0;

	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A new empty directory; the caller removes it with unit_remove_tree. */
static inline char *unit_make_tree(void)
{
	char *path = strdup("/tmp/debug-unit-XXXXXX");

	assert_non_null(path);
	assert_non_null(mkdtemp(path));
	return path;
}

static inline void unit_remove_tree(char *path)
{
	pid_t child = fork();

	if (child == 0) {
		(void)execl("/bin/rm", "rm", "-rf", "--", path, (char *)NULL);
		_exit(1);
	}
	assert_int_equal(unit_wait(child), 0);
	free(path);
}

static inline void unit_write(const char *directory, const char *name, const void *bytes, size_t size)
{
	char path[512];
	FILE *file;

	assert_true((size_t)snprintf(path, sizeof(path), "%s/%s", directory, name) < sizeof(path));
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* The same sequence in every run: a failure can be repeated. */
static inline uint64_t unit_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 24 ^ *state << 20;
}

#endif
