/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/7-session/terminal.c"

#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/resource.h>

static int master, slave;

static int make(void **state)
{
	struct winsize size = { .ws_row = 33, .ws_col = 77 };

	(void)state;
	return openpty(&master, &slave, NULL, NULL, &size);
}

static int unmake(void **state)
{
	(void)state;
	(void)close(master);
	(void)close(slave);
	return 0;
}

static bool is_raw(void)
{
	struct termios modes;

	assert_int_equal(tcgetattr(slave, &modes), 0);
	return (modes.c_lflag & (ICANON | ECHO | ISIG)) == 0 && (modes.c_oflag & OPOST) == 0;
}

/* What was written to the terminal, as its other side sees it. */
static ssize_t read_screen(char *text, size_t capacity)
{
	struct pollfd waited = { .fd = master, .events = POLLIN };

	memset(text, 0, capacity);
	return poll(&waited, 1, 100) == 1 ? read(master, text, capacity - 1) : 0;
}

static void goes_raw_and_back(void **state)
{
	struct termios before = { 0 };
	struct termios after = { 0 };
	char screen[256];

	(void)state;
	assert_int_equal(tcgetattr(slave, &before), 0);
	assert_false(is_raw());
	assert_true(terminal_make_raw(slave));
	assert_true(is_raw());
	/* Twice: what is restored is what was found first. */
	assert_true(terminal_make_raw(slave));
	terminal_restore(slave);
	assert_int_equal(tcgetattr(slave, &after), 0);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_true(read_screen(screen, sizeof(screen)) > 0);
	assert_non_null(strstr(screen, "\033[?25h"));
	assert_non_null(strstr(screen, "\033[?2004l"));
	assert_non_null(strstr(screen, "\033[?1006l"));
	terminal_restore(slave);
	assert_int_equal(read_screen(screen, sizeof(screen)), 0);
}

static void discards_late_answers(void **state)
{
	struct pollfd typed = { .fd = slave, .events = POLLIN };
	char byte;

	(void)state;
	assert_true(terminal_make_raw(slave));
	assert_int_equal(write(master, "\033[1;1R", 6), 6);
	assert_int_equal(poll(&typed, 1, 5000), 1);
	terminal_restore(STDIN_FILENO);
	assert_false(is_raw());
	/* Raw again, because otherwise an unfinished line would not show. */
	assert_true(terminal_make_raw(slave));
	assert_int_equal(fcntl(slave, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(read(slave, &byte, 1), -1);
	terminal_restore(STDIN_FILENO);
}

static void writes_to_terminals_only(void **state)
{
	char screen[64];
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	assert_true(terminal_make_raw(slave));
	terminal_restore(ends[1]);
	assert_int_equal(read(ends[0], screen, sizeof(screen)), -1);
	assert_false(is_raw());
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void refuses_what_is_no_terminal(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_false(terminal_make_raw(ends[0]));
	assert_false(terminal_make_raw(-1));
	terminal_restore(slave);
	assert_false(is_raw());
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void is_restored_by_a_crash(void **state)
{
	static const int signals[] = { SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE };

	(void)state;
	for (size_t i = 0; i < COUNT(signals); i++) {
		pid_t child = fork();

		if (child == 0) {
			(void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
			if (!terminal_make_raw(slave) || !is_raw())
				_exit(1);
			(void)raise(signals[i]);
			_exit(2);
		}
		assert_int_equal(unit_wait(child), 128 + signals[i]);
		assert_false(is_raw());
	}
}

/* The rows that terminal_size finds with these standard streams; 1 if the columns do not fit them. */
static int size_with(int in, int out, int error)
{
	pid_t child = fork();

	if (child == 0) {
		unsigned short rows;
		unsigned short columns;

		(void)dup2(in, 0);
		(void)dup2(out, 1);
		(void)dup2(error, 2);
		terminal_size(&rows, &columns);
		_exit(rows == 33 && columns == 77 ? 33 : rows == 24 && columns == 80 ? 24 : 1);
	}
	return unit_wait(child);
}

static void finds_its_size(void **state)
{
	struct winsize none = { 0 };
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	assert_int_equal(size_with(slave, null_fd, null_fd), 33);
	assert_int_equal(size_with(null_fd, slave, null_fd), 33);
	assert_int_equal(size_with(null_fd, null_fd, slave), 33);
	assert_int_equal(size_with(null_fd, null_fd, null_fd), 24);
	assert_int_equal(ioctl(slave, TIOCSWINSZ, &none), 0);
	assert_int_equal(size_with(slave, slave, slave), 24);
	(void)close(null_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(goes_raw_and_back, make, unmake),
		cmocka_unit_test_setup_teardown(discards_late_answers, make, unmake),
		cmocka_unit_test_setup_teardown(writes_to_terminals_only, make, unmake),
		cmocka_unit_test_setup_teardown(refuses_what_is_no_terminal, make, unmake),
		cmocka_unit_test_setup_teardown(is_restored_by_a_crash, make, unmake),
		cmocka_unit_test_setup_teardown(finds_its_size, make, unmake),
	};

	return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
