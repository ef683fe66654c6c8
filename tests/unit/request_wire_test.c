/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire.h"

/* Remembers the mapping, so that each string can be shown to end inside it. */
static struct wire_reader seen;
static int spy_map(struct wire_reader *reader, int memory_fd, size_t most)
{
	int failed = wire_map(reader, memory_fd, most);

	if (failed == 0)
		seen = *reader;
	return failed;
}

#define wire_map spy_map
#include "../../src/1-request/request_wire.c"
#undef wire_map

#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>

static const char *environment[] = { "A=1", "B=", NULL };
static const char *command[] = { "tar", "c", "", "/app", NULL };

static const struct request sample = {
	.target = "web",
	.user = "1000:1000",
	.workdir = "/",
	.terminal_type = "xterm",
	.caller_shell = "zsh",
	.environment = environment,
	.environment_count = 2,
	.command = command,
	.command_count = 4,
	.is_write = true,
	.has_terminal = true,
	.rows = 50,
	.columns = 65535,
};

static int seal_bytes(const void *bytes, size_t size)
{
	struct wire_writer writer = { 0 };

	wire_put(&writer, bytes, size);
	return wire_seal(&writer);
}

static void assert_inside(const char *string)
{
	const char *end = seen.bytes + seen.size;

	if (string == NULL)
		return;
	assert_true(string >= seen.bytes && string < end);
	assert_non_null(memchr(string, '\0', (size_t)(end - string)));
}

/* Whatever was accepted is whole. */
static void assert_whole(const struct request *request)
{
	const char *const fields[] = { request->target,	      request->shell_line, request->user,
				       request->workdir,      request->shell,	   request->terminal_type,
				       request->caller_shell, request->mirror };

	assert_non_null(request->target);
	for (size_t i = 0; i < COUNT(fields); i++)
		assert_inside(fields[i]);
	for (size_t i = 0; i < request->environment_count; i++) {
		assert_non_null(request->environment[i]);
		assert_inside(request->environment[i]);
	}
	for (size_t i = 0; i < request->command_count; i++) {
		assert_non_null(request->command[i]);
		assert_inside(request->command[i]);
	}
	assert_null(request->environment[request->environment_count]);
	assert_null(request->command[request->command_count]);
}

/* Receives these bytes; on success checks the request.  Returns what request_receive did. */
static int receive(const void *bytes, size_t size)
{
	int fd = seal_bytes(bytes, size);
	struct request request;
	struct fail why = { 0 };
	int failed;

	seen = (struct wire_reader){ 0 };
	failed = request_receive(&request, fd, &why);
	if (failed == 0) {
		assert_whole(&request);
		request_free(&request);
	} else {
		assert_int_equal(why.status, FAIL_TOOL);
		assert_null(request.environment);
		assert_null(request.command);
	}
	if (seen.bytes != NULL)
		(void)munmap((void *)(uintptr_t)seen.bytes, seen.size);
	(void)close(fd);
	return failed;
}

static size_t sample_bytes(char *bytes, size_t capacity)
{
	struct fail why = { 0 };
	int fd = request_seal(&sample, &why);
	ssize_t size;

	assert_true(fd >= 0);
	size = pread(fd, bytes, capacity, 0);
	(void)close(fd);
	assert_in_range(size, 40, capacity - 1);
	return (size_t)size;
}

static void comes_back_as_it_went(void **state)
{
	struct fail why = { 0 };
	struct request got;
	int fd = request_seal(&sample, &why);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(request_receive(&got, fd, &why), 0);
	assert_whole(&got);
	assert_string_equal(got.target, "web");
	assert_string_equal(got.user, "1000:1000");
	assert_string_equal(got.workdir, "/");
	assert_string_equal(got.terminal_type, "xterm");
	assert_null(got.shell_line);
	assert_null(got.shell);
	assert_int_equal(got.environment_count, 2);
	assert_string_equal(got.environment[1], "B=");
	assert_int_equal(got.command_count, 4);
	assert_string_equal(got.command[0], "tar");
	assert_string_equal(got.command[2], "");
	assert_string_equal(got.command[3], "/app");
	assert_true(got.is_write && got.has_terminal);
	assert_false(got.is_quiet || got.is_dry_run);
	assert_int_equal(got.rows, 50);
	assert_int_equal(got.columns, 65535);
	request_free(&got);
	(void)munmap((void *)(uintptr_t)seen.bytes, seen.size);
	(void)close(fd);
}

static void survives_truncation(void **state)
{
	char bytes[512];
	size_t size = sample_bytes(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(receive(bytes, size), 0);
	for (size_t length = 1; length < size; length++)
		assert_int_equal(receive(bytes, length), -1);
}

/* Without arrays behind the fields, which would notice that bytes are missing. */
static void survives_truncation_of_fields(void **state)
{
	const struct request least = { .target = "web", .terminal_type = "xterm" };
	struct fail why = { 0 };
	int fd = request_seal(&least, &why);
	char bytes[256];
	ssize_t size = pread(fd, bytes, sizeof(bytes), 0);

	(void)state;
	assert_in_range(size, 20, sizeof(bytes) - 1);
	assert_int_equal(receive(bytes, (size_t)size), 0);
	for (size_t length = 1; length < (size_t)size; length++)
		assert_int_equal(receive(bytes, length), -1);
	(void)close(fd);
}

static void survives_every_changed_byte(void **state)
{
	static const unsigned char changes[] = { 0x01, 0x02, 0x10, 0x80, 0xff, 0x41 };
	char bytes[512];
	size_t size = sample_bytes(bytes, sizeof(bytes));

	(void)state;
	for (size_t at = 0; at < size; at++) {
		for (size_t i = 0; i < COUNT(changes); i++) {
			bytes[at] = (char)(bytes[at] ^ (char)changes[i]);
			(void)receive(bytes, size);
			bytes[at] = (char)(bytes[at] ^ (char)changes[i]);
		}
	}
}

static void survives_noise(void **state)
{
	uint64_t seed = 2;
	char bytes[512];

	(void)state;
	for (int round = 0; round < 3000; round++) {
		size_t size = sample_bytes(bytes, sizeof(bytes));
		size_t changes = 1 + unit_random(&seed) % 12;

		for (size_t i = 0; i < changes; i++)
			bytes[unit_random(&seed) % size] = (char)unit_random(&seed);
		(void)receive(bytes, 1 + unit_random(&seed) % size);
	}
}

static void refuses_hostile_counts(void **state)
{
	static const uint32_t counts[] = { 5, 1000, 1 << 17, (1 << 17) + 1, INT32_MAX, UINT32_MAX };
	char bytes[512];
	size_t size = sample_bytes(bytes, sizeof(bytes));
	struct request_header header;

	(void)state;
	for (size_t i = 0; i < COUNT(counts); i++) {
		memcpy(&header, bytes, sizeof(header));
		header.command_count = counts[i];
		memcpy(bytes, &header, sizeof(header));
		assert_int_equal(receive(bytes, size), -1);
		header.command_count = 4;
		memcpy(bytes, &header, sizeof(header));
	}
	memcpy(&header, bytes, sizeof(header));
	header.version++;
	memcpy(bytes, &header, sizeof(header));
	assert_int_equal(receive(bytes, size), -1);
}

static void refuses_what_is_not_sealed(void **state)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	char bytes[512];
	size_t size = sample_bytes(bytes, sizeof(bytes));
	struct request request;
	struct fail why = { 0 };

	(void)state;
	assert_int_equal(write(fd, bytes, size), size);
	assert_int_equal(request_receive(&request, fd, &why), -1);
	assert_failed(why, FAIL_TOOL, "the request is not a sealed memory file: Bad message");
	(void)close(fd);
	why = (struct fail){ 0 };
	assert_int_equal(request_receive(&request, -1, &why), -1);
}

static void needs_a_target(void **state)
{
	struct request without = sample;
	struct request got;
	struct fail why = { 0 };
	int fd;

	(void)state;
	without.target = NULL;
	fd = request_seal(&without, &why);
	assert_int_equal(request_receive(&got, fd, &why), -1);
	assert_failed(why, FAIL_TOOL, "the request is damaged");
	(void)munmap((void *)(uintptr_t)seen.bytes, seen.size);
	(void)close(fd);
}

static void carries_what_is_asked_of_the_toolbox(void **state)
{
	struct request asked = { .action = REQUEST_TOOLBOX, .verb = TOOLBOX_INSTALL, .mirror = "/srv" };
	struct request got;
	struct fail why = { 0 };
	int fd;

	(void)state;
	asked.command = command;
	asked.command_count = 1;
	fd = request_seal(&asked, &why);
	assert_int_equal(request_receive(&got, fd, &why), 0);
	assert_int_equal(got.action, REQUEST_TOOLBOX);
	assert_int_equal(got.verb, TOOLBOX_INSTALL);
	assert_string_equal(got.mirror, "/srv");
	assert_string_equal(got.command[0], "tar");
	assert_null(got.target);
	request_free(&got);
	(void)munmap((void *)(uintptr_t)seen.bytes, seen.size);
	(void)close(fd);
	asked.verb = TOOLBOX_VERB_COUNT;
	fd = request_seal(&asked, &why);
	assert_int_equal(request_receive(&got, fd, &why), -1);
	(void)munmap((void *)(uintptr_t)seen.bytes, seen.size);
	(void)close(fd);
	asked.verb = TOOLBOX_LS;
	asked.action = REQUEST_HELP;
	fd = request_seal(&asked, &why);
	assert_int_equal(request_receive(&got, fd, &why), -1);
	(void)munmap((void *)(uintptr_t)seen.bytes, seen.size);
	(void)close(fd);
}

static void knows_paths(void **state)
{
	static const char *const paths[] = { "/", "/a", "./a", "../a", "file:///a", "file://a", "./" };
	static const char *const names[] = { "a",   "",		  ".",	     "..",	 ".a",
					     "a/b", "docker://a", "file:/a", "image://a" };

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++)
		assert_true(request_is_path(paths[i]));
	for (size_t i = 0; i < COUNT(names); i++)
		assert_false(request_is_path(names[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back_as_it_went),
		cmocka_unit_test(survives_truncation),
		cmocka_unit_test(survives_truncation_of_fields),
		cmocka_unit_test(survives_every_changed_byte),
		cmocka_unit_test(survives_noise),
		cmocka_unit_test(refuses_hostile_counts),
		cmocka_unit_test(refuses_what_is_not_sealed),
		cmocka_unit_test(needs_a_target),
		cmocka_unit_test(knows_paths),
		cmocka_unit_test(carries_what_is_asked_of_the_toolbox),
	};

	return cmocka_run_group_tests_name("request_wire", tests, NULL, NULL);
}
