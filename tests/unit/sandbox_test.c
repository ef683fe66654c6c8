/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/0-base/sandbox.c"

#include "clock.h"
#include "filters.h"
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>

enum { WAIT_MS = 5000 };

static bool skips(void)
{
	if (getuid() == 0)
		return false;
	print_message("needs root, who may become nobody\n");
	return true;
}

static void echo(const void *context)
{
	char byte;

	(void)context;
	if (read(SANDBOX_FD_FIRST + 1, &byte, 1) == 1)
		(void)wire_send(SANDBOX_ANSWER_FD, &byte, 1, NULL, 0);
	(void)!read(SANDBOX_FD_FIRST + 1, &byte, 1);
}

static void misbehave(const void *context)
{
	(void)context;
	(void)wire_send(SANDBOX_ANSWER_FD, "1", 1, NULL, 0);
	(void)!chdir("/");
	(void)wire_send(SANDBOX_ANSWER_FD, "2", 1, NULL, 0);
}

static bool refuse(const void *context)
{
	(void)context;
	return false;
}

static const struct sandbox_rules echoing = {
	.filter = &filter_resolver, .memory_max = RLIM_INFINITY, .file_max = 4096, .work = echo
};

/* A line of /proc/PID/status or limits, from its value on. */
static const char *line_of(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	assert_non_null(at);
	return at + strlen(key);
}

static size_t read_proc(pid_t pid, const char *name, char *text, size_t capacity)
{
	char path[64];
	ssize_t size;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	size = fd_read_file_at(AT_FDCWD, path, text, capacity);
	assert_true(size > 0);
	return (size_t)size;
}

static int receive(const struct sandbox *sandbox, char *byte)
{
	size_t fd_count;

	if (!clock_wait(sandbox->answer_fd, POLLIN, clock_now_ms() + WAIT_MS))
		return -1;
	return (int)wire_receive(sandbox->answer_fd, byte, 1, NULL, 0, &fd_count);
}

static bool is_open(pid_t pid, int fd)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void has_nothing_but_what_it_was_given(void **state)
{
	const int before = unit_count_fds();
	struct sandbox sandbox;
	struct fail why = { 0 };
	char text[8192];
	char byte = 0;
	int pipe_fd[2];
	int kept[2] = { FD_NONE };

	(void)state;
	if (skips())
		skip();
	assert_int_equal(pipe2(pipe_fd, O_CLOEXEC), 0);
	kept[1] = pipe_fd[0];
	assert_int_equal(sandbox_start(&sandbox, &echoing, kept, 2, NULL, &why), 0);
	assert_int_equal(write(pipe_fd[1], "x", 1), 1);
	assert_int_equal(receive(&sandbox, &byte), 1);
	assert_int_equal(byte, 'x');
	/* It has answered, so it is all the way in. */
	(void)read_proc(sandbox.pid, "status", text, sizeof(text));
	assert_memory_equal(line_of(text, "\nUid:"), "\t65534\t65534\t65534\t65534\n", 25);
	assert_memory_equal(line_of(text, "\nGid:"), "\t65534\t65534\t65534\t65534\n", 25);
	assert_int_equal(strtoull(line_of(text, "\nCapPrm:"), NULL, 16), 0);
	assert_int_equal(strtoull(line_of(text, "\nCapEff:"), NULL, 16), 0);
	assert_int_equal(strtoull(line_of(text, "\nNoNewPrivs:"), NULL, 10), 1);
	assert_int_equal(strtoull(line_of(text, "\nSeccomp:"), NULL, 10), SECCOMP_MODE_FILTER);
	(void)read_proc(sandbox.pid, "limits", text, sizeof(text));
	assert_int_equal(strtoull(line_of(text, "\nMax file size"), NULL, 10), 4096);
	assert_int_equal(strtoull(line_of(text, "\nMax core file size"), NULL, 10), 0);
	for (int fd = 0; fd < 64; fd++)
		assert_int_equal(is_open(sandbox.pid, fd),
				 fd == SANDBOX_ANSWER_FD || fd == SANDBOX_FD_FIRST + 1);
	sandbox_end(&sandbox);
	(void)close(pipe_fd[0]);
	(void)close(pipe_fd[1]);
	assert_int_equal(unit_count_fds(), before);
}

static void is_killed_when_it_does_more_than_it_may(void **state)
{
	struct sandbox_rules rules = echoing;
	struct sandbox sandbox;
	struct fail why = { 0 };
	char byte = 0;
	siginfo_t end;

	(void)state;
	if (skips())
		skip();
	rules.work = misbehave;
	assert_int_equal(sandbox_start(&sandbox, &rules, NULL, 0, NULL, &why), 0);
	assert_int_equal(receive(&sandbox, &byte), 1);
	assert_int_equal(byte, '1');
	assert_int_equal(receive(&sandbox, &byte), 0);
	assert_int_equal(waitid(P_PID, (id_t)sandbox.pid, &end, WEXITED | WNOWAIT), 0);
	assert_int_equal(end.si_status, SIGSYS);
	sandbox_end(&sandbox);
}

static void works_on_nothing_if_a_step_fails(void **state)
{
	struct sandbox_rules rules = echoing;
	struct sandbox sandbox;
	struct fail why = { 0 };
	const int missing_fd = 4000;
	char byte;

	(void)state;
	if (skips())
		skip();
	rules.prepare = refuse;
	assert_int_equal(sandbox_start(&sandbox, &rules, NULL, 0, NULL, &why), 0);
	assert_int_equal(receive(&sandbox, &byte), 0);
	sandbox_end(&sandbox);
	rules.prepare = NULL;
	assert_int_equal(sandbox_start(&sandbox, &rules, &missing_fd, 1, NULL, &why), 0);
	assert_int_equal(receive(&sandbox, &byte), 0);
	sandbox_end(&sandbox);
}

static void refuses_more_descriptors_than_it_can_pass(void **state)
{
	const int before = unit_count_fds();
	int kept[FD_KEEP_MAX];
	struct sandbox sandbox;
	struct fail why = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(kept); i++)
		kept[i] = FD_NONE;
	assert_int_equal(
	    sandbox_start(&sandbox, &echoing, kept, FD_KEEP_MAX - SANDBOX_FD_FIRST + 1, NULL, &why), -1);
	assert_failed(why, FAIL_TOOL, "cannot start a process for foreign bytes: Too many open files");
	assert_int_equal(unit_count_fds(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_nothing_but_what_it_was_given),
		cmocka_unit_test(is_killed_when_it_does_more_than_it_may),
		cmocka_unit_test(works_on_nothing_if_a_step_fails),
		cmocka_unit_test(refuses_more_descriptors_than_it_can_pass),
	};

	return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
