/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/7-session/audit.c"

#include "unit.h"

#define LIBBSD_NETBSD_VIS
#include <bsd/vis.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/mman.h>

static int fds[2];
static struct audit audit;
static struct target target;
static const struct grant grant = { .is_write = true, .capabilities = CAPABILITY_BIT(5) };
static char line[LINE_MAX_SIZE + 64];

/* The file is a real one; the log is a socket of the same kind, whose other end is ours. */
static int make(void **state)
{
	(void)state;
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds) < 0)
		return -1;
	audit = (struct audit){ .file_fd = memfd_create("audit", MFD_CLOEXEC),
				.syslog_fd = fds[0],
				.login_uid = 1000 };
	memset(&target, 0, sizeof(target));
	target.seen.runtime = TARGET_DOCKER;
	target.seen.pid = 4121;
	(void)snprintf(target.seen.name, sizeof(target.seen.name), "web");
	return audit.file_fd < 0 || fcntl(audit.file_fd, F_SETFL, O_APPEND) < 0 ? -1 : 0;
}

static int unmake(void **state)
{
	(void)state;
	audit_close(&audit);
	fd_close(&fds[1]);
	return 0;
}

/* The JSON that the log got, without what stands before it; and the file got the same. */
static json_t *receive(void)
{
	const ssize_t size = recv(fds[1], line, sizeof(line) - 1, 0);
	static char file[1 << 20];
	const ssize_t length = pread(audit.file_fd, file, sizeof(file) - 1, 0);
	const char *start;
	json_t *json;

	assert_true(size > 0 && length > 0);
	line[size] = '\0';
	file[length] = '\0';
	assert_int_equal(strncmp(line, "<85>debug[", 10), 0);
	start = strchr(line, '{');
	assert_non_null(start);
	assert_non_null(strstr(file, start));
	assert_int_equal(file[length - 1], '\n');
	for (const char *at = line; *at != '\0'; at++)
		assert_in_range(*at, ' ', '~');
	json = json_loads(start, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	return json;
}

static const char *text_of(const json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key));
}

static void a_session_has_two_lines(void **state)
{
	static const char *command[] = { "sh", "-c", "exit 7", NULL };
	const struct request request = { .target = "web",
					 .command = command,
					 .command_count = 3,
					 .reason = "INC-4",
					 .sudo_user = "alice" };
	const struct result result = { .kind = RESULT_EXITED, .status = 7 };
	const struct fail none = { 0 };
	struct fail why = { 0 };
	json_t *begin;
	json_t *end;

	(void)state;
	assert_int_equal(audit_begin(&audit, &request, &target, &grant, "x.cast", true, &why), 0);
	begin = receive();
	audit_end(&audit, &request, &result, &none);
	end = receive();
	assert_string_equal(text_of(begin, "event"), "begin");
	assert_string_equal(text_of(end, "event"), "end");
	assert_string_equal(text_of(begin, "session"), text_of(end, "session"));
	assert_string_equal(text_of(begin, "name"), "web");
	assert_string_equal(text_of(begin, "runtime"), "docker");
	assert_string_equal(text_of(begin, "reason"), "INC-4");
	assert_string_equal(text_of(begin, "claimed_sudo_user"), "alice");
	assert_true(json_is_null(json_object_get(begin, "claimed_ssh_connection")));
	assert_string_equal(text_of(begin, "profile"), "general");
	assert_string_equal(text_of(begin, "recording"), "x.cast");
	assert_true(json_is_null(json_object_get(begin, "image_digest")));
	assert_string_equal(text_of(begin, "capabilities"), "kill");
	assert_true(json_is_true(json_object_get(begin, "write")));
	assert_int_equal(json_integer_value(json_object_get(begin, "login_uid")), 1000);
	assert_int_equal(json_integer_value(json_object_get(begin, "pid")), 4121);
	assert_int_equal(json_array_size(json_object_get(begin, "command")), 3);
	assert_int_equal(json_integer_value(json_object_get(end, "status")), 7);
	assert_true(json_is_null(json_object_get(end, "error")));
	json_decref(begin);
	json_decref(end);
}

static void what_was_refused_has_one(void **state)
{
	const struct request request = { .target = "wbe" };
	const struct result result = { .kind = RESULT_EXITED };
	struct fail why = { 0 };
	json_t *json;

	(void)state;
	(void)fail_set(&why, FAIL_TOOL, "no container is named `wbe`");
	audit_end(&audit, &request, &result, &why);
	json = receive();
	assert_string_equal(text_of(json, "event"), "refused");
	assert_string_equal(text_of(json, "asked_for"), "wbe");
	assert_string_equal(text_of(json, "error"), "no container is named `wbe`");
	assert_int_equal(json_integer_value(json_object_get(json, "status")), FAIL_TOOL);
	json_decref(json);
}

/* Every byte, in every field that a caller or a container fills; and each can be had back. */
static void no_byte_forges_a_line(void **state)
{
	struct fail why = { 0 };

	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		const char odd[] = { 'a', (char)byte, '"', '\n', (char)byte, '}', '\0' };
		const char *command[] = { odd, NULL };
		const struct request request = { .target = odd,
						 .user = odd,
						 .shell_line = odd,
						 .reason = odd,
						 .sudo_user = odd,
						 .ssh_connection = odd,
						 .command = command,
						 .command_count = 1 };
		char back[64];
		json_t *json;

		assert_int_equal(audit_begin(&audit, &request, &target, &grant, NULL, true, &why), 0);
		json = receive();
		assert_true(strunvis(back, text_of(json, "reason")) >= 0);
		assert_string_equal(back, odd);
		assert_true(strunvis(back, json_string_value(
					       json_array_get(json_object_get(json, "command"), 0))) >= 0);
		assert_string_equal(back, odd);
		json_decref(json);
	}
}

static void what_is_too_long_is_cut_and_says_so(void **state)
{
	enum { WORDS = 400, LENGTH = 2000 };
	const char **command = calloc(WORDS + 1, sizeof(*command));
	char *word = malloc(LENGTH + 1);
	struct request request = { .target = "web", .command = command, .command_count = WORDS };
	struct fail why = { 0 };
	json_t *json;

	(void)state;
	assert_true(command != NULL && word != NULL);
	memset(word, '"', LENGTH);
	word[LENGTH] = '\0';
	for (size_t i = 0; i < WORDS; i++)
		command[i] = word;
	request.reason = request.shell_line = request.user = request.sudo_user = request.ssh_connection =
	    word;
	assert_int_equal(audit_begin(&audit, &request, &target, &grant, NULL, true, &why), 0);
	json = receive();
	assert_true(json_is_true(json_object_get(json, "is_cut")));
	json_decref(json);
	free(word);
	free(command);
}

static void without_a_place_it_is_refused_only_if_it_must_be(void **state)
{
	const struct request request = { .target = "web" };
	struct fail why = { 0 };

	(void)state;
	fd_close(&audit.file_fd);
	fd_close(&audit.syslog_fd);
	assert_int_equal(audit_begin(&audit, &request, &target, &grant, NULL, false, &why), 0);
	assert_int_equal(audit.problem.status, FAIL_NONE);
	assert_int_equal(audit_begin(&audit, &request, &target, &grant, NULL, true, &why), -1);
	assert_int_equal(why.status, FAIL_DENIED);
	/* A disk that is full. */
	audit.file_fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	why = (struct fail){ 0 };
	assert_int_equal(audit_begin(&audit, &request, &target, &grant, NULL, true, &why), -1);
	assert_non_null(strstr(why.text, "No space left"));
	assert_int_equal(audit_begin(&audit, &request, &target, &grant, NULL, false, &why), 0);
	assert_int_not_equal(audit.problem.status, FAIL_NONE);
}

static void half_a_line_does_not_spoil_the_next(void **state)
{
	const struct request request = { .target = "web" };
	struct fail why = { 0 };
	char text[LINE_MAX_SIZE];
	ssize_t size;

	(void)state;
	assert_int_equal(write(audit.file_fd, "{\"time\":\"20", 11), 11);
	assert_int_equal(audit_begin(&audit, &request, &target, &grant, NULL, true, &why), 0);
	size = pread(audit.file_fd, text, sizeof(text) - 1, 0);
	assert_true(size > 12);
	text[size] = '\0';
	assert_int_equal(strncmp(text, "{\"time\":\"20\n{\"time\":", 20), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_session_has_two_lines, make, unmake),
		cmocka_unit_test_setup_teardown(what_was_refused_has_one, make, unmake),
		cmocka_unit_test_setup_teardown(no_byte_forges_a_line, make, unmake),
		cmocka_unit_test_setup_teardown(what_is_too_long_is_cut_and_says_so, make, unmake),
		cmocka_unit_test_setup_teardown(without_a_place_it_is_refused_only_if_it_must_be, make,
						unmake),
		cmocka_unit_test_setup_teardown(half_a_line_does_not_spoil_the_next, make, unmake),
	};

	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
