/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linked into a program by --wrap: its N-th allocation fails, N being what the file FAULT_DIRECTORY/NAME says
 * (NAME is the program's).  Without the file none does.  With "count" in it the number of allocations is
 * added to NAME.count at the end of each process that calls exit(3).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef FAULT_DIRECTORY
#define FAULT_DIRECTORY "/var/tmp/debug-test-memory"
#endif

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__wrap_strdup(const char *text);

static long count;
static long failing = -1;
static int is_started;

/* After libc has set itself up, which nothing of ours can fail better, and before main. */
__attribute__((constructor)) static void start(void)
{
	is_started = 1;
}

/* By system calls alone: whatever allocates would come back here. */
static int open_own(const char *suffix, int flags)
{
	char path[512];
	char own[256];
	const ssize_t size = readlink("/proc/self/exe", own, sizeof(own) - 1);
	const char *slash;

	if (size <= 0)
		return -1;
	own[size] = '\0';
	slash = strrchr(own, '/');
	(void)snprintf(path, sizeof(path), "%s/%s%s", FAULT_DIRECTORY, slash == NULL ? own : slash + 1,
		       suffix);
	return open(path, flags | O_CLOEXEC, 0666);
}

static void write_count(void)
{
	const int fd = open_own(".count", O_WRONLY | O_CREAT | O_APPEND);

	if (fd >= 0)
		(void)dprintf(fd, "%ld\n", count);
}

static int is_refused(void)
{
	char text[32] = "";

	if (!is_started)
		return 0;
	if (failing < 0) {
		const int fd = open_own("", O_RDONLY);
		const int saved = errno;

		failing = 0;
		if (fd >= 0) {
			(void)!read(fd, text, sizeof(text) - 1);
			(void)close(fd);
			failing = strtol(text, NULL, 10);
			if (strncmp(text, "count", 5) == 0)
				(void)atexit(write_count);
		}
		errno = saved;
	}
	if (++count != failing)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *__wrap_malloc(size_t size)
{
	return is_refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return is_refused() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return is_refused() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t n, size_t size)
{
	return is_refused() ? NULL : __real_reallocarray(old, n, size);
}

char *__wrap_strdup(const char *text)
{
	return is_refused() ? NULL : __real_strdup(text);
}
