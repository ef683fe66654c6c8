/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one piece of state here that outlives a function is the caller's terminal modes: the handler
 * for crashes needs them, and it may call nothing but async-signal-safe functions (tcsetattr(3) is
 * one, signal-safety(7)).  Signals that ask us to end are not handled here but by signalfd in the
 * relay, where everything may be called.
 */
#include "terminal.h"

#include "fd.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { DRAIN_MS = 10, DRAIN_ROUNDS = 16 };

static struct termios saved_modes;
static volatile sig_atomic_t saved_fd = -1;

static void on_crash(int signal)
{
	if (saved_fd >= 0)
		(void)tcsetattr(saved_fd, TCSANOW, &saved_modes);
	/* The default action, with the core file or status that belongs to it (SA_RESETHAND). */
	(void)raise(signal);
}

static void catch_crashes(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP };
	struct sigaction action = { .sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND };

	(void)sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sigaction(signals[i], &action, NULL);
}

bool terminal_make_raw(int fd)
{
	struct termios raw;

	if (saved_fd < 0 && tcgetattr(fd, &saved_modes) < 0)
		return false;
	raw = saved_modes;
	cfmakeraw(&raw);
	saved_fd = fd;
	catch_crashes();
	return tcsetattr(fd, TCSADRAIN, &raw) == 0;
}

/* Reads and drops what arrives within a moment: the answers to what was asked last are on their way. */
static void drain(int fd)
{
	struct pollfd waited = { .fd = fd, .events = POLLIN };
	char dropped[256];

	for (int i = 0; i < DRAIN_ROUNDS && poll(&waited, 1, DRAIN_MS) > 0; i++)
		if (read(fd, dropped, sizeof(dropped)) <= 0)
			return;
}

static bool understands_escapes(void)
{
	const char *type = getenv("TERM");

	return type != NULL && type[0] != '\0' && strcmp(type, "dumb") != 0;
}

void terminal_restore(int out_fd)
{
	/* Leave the alternate screen only by its save-and-restore form if it is on: 1049l on the normal
	 * screen would move the cursor, so each of these is one that is harmless when already off. */
	static const char reset[] = "\033[?1000l\033[?1002l\033[?1003l\033[?1006l" /* mouse reports */
				    "\033[?2004l"				   /* bracketed paste */
				    "\033[?1l\033>"				   /* cursor keys, keypad */
				    "\033[?25h\033[0m";				   /* cursor, colours */

	if (saved_fd < 0)
		return;
	if (isatty(out_fd) && understands_escapes())
		(void)!write(out_fd, reset, sizeof(reset) - 1);
	drain(saved_fd);
	/* TCSAFLUSH throws away what was typed or reported meanwhile: a terminal's late answer to a
	 * query of the session must not become input of the caller's shell. */
	(void)tcsetattr(saved_fd, TCSAFLUSH, &saved_modes);
	saved_fd = -1;
}

/* O_NONBLOCK on the one we were given would change it for whoever shares it with us, the caller's shell among
 * them; and a write that blocks, while nobody reads, would make us deaf. */
int terminal_reopen(int fd, int flags)
{
	char path[32];
	struct stat status;
	int own_fd = FD_NONE;

	if (isatty(fd) || (fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode))) {
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		own_fd = open(path, flags | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	}
	return own_fd >= 0 ? own_fd : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

void terminal_size(unsigned short *rows, unsigned short *columns)
{
	*rows = 24;
	*columns = 80;
	for (int fd = 0; fd <= 2; fd++) {
		struct winsize size;

		if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
			*rows = size.ws_row;
			*columns = size.ws_col;
			return;
		}
	}
}
