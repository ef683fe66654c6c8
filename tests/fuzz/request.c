/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The request as a hostile front may send it: the bytes of the memfd, without the memfd. */
#include "fuzz.h"

#include "wire.h"

static const char *sent;
static size_t sent_size;

static int fuzz_map(struct wire_reader *reader, int memory_fd, size_t most)
{
	(void)memory_fd;
	(void)most;
	*reader = (struct wire_reader){ .bytes = sent, .size = sent_size };
	return 0;
}

#define wire_map fuzz_map
#include "../../src/1-request/request_wire.c"

static void check(const char *string)
{
	if (string != NULL)
		FUZZ_CHECK(string >= sent && string + strlen(string) < sent + sent_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = malloc(size > 0 ? size : 1);
	struct request request;
	struct fail why = { 0 };
	const uint32_t version = WIRE_VERSION;

	FUZZ_CHECK(bytes != NULL);
	if (size > 0)
		memcpy(bytes, data, size);
	/* Past the first check, so that the corpus stays good when the number is raised. */
	if (size >= sizeof(version))
		memcpy(bytes, &version, sizeof(version));
	sent = bytes;
	sent_size = size;
	if (request_receive(&request, 0, &why) == 0) {
		check(request.target);
		check(request.shell_line);
		check(request.user);
		check(request.reason);
		for (size_t i = 0; i < request.command_count; i++)
			check(request.command[i]);
		for (size_t i = 0; i < request.environment_count; i++)
			check(request.environment[i]);
		FUZZ_CHECK(request.profile < REQUEST_PROFILE_COUNT && request.verb < TOOLBOX_VERB_COUNT);
		FUZZ_CHECK(request.command[request.command_count] == NULL);
		request_free(&request);
	}
	free(bytes);
	return 0;
}
