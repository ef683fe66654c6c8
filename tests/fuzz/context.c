/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Docker's own configuration in the caller's home: config.json, or the meta.json of a context; the first byte
 * says which. */
#include "fuzz.h"

#include "docker_context.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of sha256("other"), as docker names the directory of that context. */
#define CONTEXT_DIRECTORY "contexts/meta/d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa"

static char home[] = "/dev/shm/debug-fuzz-XXXXXX";

static void put(const char *name, const void *bytes, size_t size)
{
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", home, name);
	file = fopen(path, "we");
	FUZZ_CHECK(file != NULL);
	(void)fwrite(bytes, 1, size, file);
	(void)fclose(file);
}

static const char *const directories[] = { "contexts", "contexts/meta", CONTEXT_DIRECTORY };
enum { DIRECTORIES = sizeof(directories) / sizeof(directories[0]) };

static void remove_home(void)
{
	static const char *const files[] = { "config.json", CONTEXT_DIRECTORY "/meta.json" };
	char path[256];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", home, files[i]);
		(void)unlink(path);
	}
	for (size_t i = DIRECTORIES; i > 0; i--) {
		(void)snprintf(path, sizeof(path), "%s/%s", home, directories[i - 1]);
		(void)rmdir(path);
	}
	(void)rmdir(home);
}

static void make_home(void)
{
	char path[256];

	FUZZ_CHECK(mkdtemp(home) != NULL && atexit(remove_home) == 0);
	for (size_t i = 0; i < DIRECTORIES; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", home, directories[i]);
		FUZZ_CHECK(mkdir(path, 0700) == 0);
	}
	(void)setenv("DOCKER_CONFIG", home, 1);
	(void)unsetenv("DOCKER_HOST");
	(void)unsetenv("DOCKER_CONTEXT");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char other[] = "{\"currentContext\":\"other\"}";
	char socket[DOCKER_SOCKET_MAX];
	struct fail why = { 0 };

	if (home[sizeof(home) - 2] == 'X')
		make_home();
	if (size == 0)
		return 0;
	if ((data[0] & 1) != 0) {
		put("config.json", data + 1, size - 1);
	} else {
		put("config.json", other, sizeof(other) - 1);
		put(CONTEXT_DIRECTORY "/meta.json", data + 1, size - 1);
	}
	if (docker_context_find(socket, "web", &why) == DOCKER_CONTEXT_SOCKET)
		FUZZ_CHECK(memchr(socket, '\0', sizeof(socket)) != NULL && socket[0] == '/');
	return 0;
}
