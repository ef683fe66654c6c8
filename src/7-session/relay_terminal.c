/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The relay of an interactive session: one loop between the caller's terminal and the master side
 * of the session's own.  The session never gets a descriptor of the caller's terminal; what it can
 * reach is the slave side of a terminal that exists for it alone (TIOCSTI and its kin).
 *
 * Both directions have one bounded buffer: who does not read makes the other side wait, and memory
 * stays constant.
 */
#include "relay.h"

#include "clock.h"
#include "fd.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { BUFFER_SIZE = 64 << 10, DRAIN_MS = 200, END_OF_TRANSMISSION = 4 };

struct direction {
	int from_fd, to_fd; /* FD_NONE once the end was reached */
	bool is_to_socket;
	size_t start, end;
	char bytes[BUFFER_SIZE];
};

enum { WAIT_TALK, WAIT_SIGNALS, WAIT_IN_FROM, WAIT_IN_TO, WAIT_OUT_FROM, WAIT_OUT_TO, WAIT_COUNT };

static bool is_empty(const struct direction *direction)
{
	return direction->start == direction->end;
}

/* Reads once if there is room.  False at the end of the stream. */
static bool fill(struct direction *direction)
{
	ssize_t n;

	n = read(direction->from_fd, direction->bytes, sizeof(direction->bytes));
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	direction->start = 0;
	direction->end = (size_t)n;
	return n > 0;
}

/* Writes once.  False if nobody can read it any more.  What was written is recorded, after it was: the
 * caller's terminal does not wait for a disk. */
static bool flush(struct direction *direction, struct record_cast *record)
{
	const char *rest = direction->bytes + direction->start;
	const size_t size = direction->end - direction->start;
	ssize_t n = direction->is_to_socket ? send(direction->to_fd, rest, size, MSG_DONTWAIT)
					    : write(direction->to_fd, rest, size);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (record != NULL)
		record_cast_output(record, direction->bytes + direction->start, (size_t)n);
	direction->start += (size_t)n;
	return true;
}

static void follow_size(const struct relay *relay)
{
	struct winsize size;

	for (int fd = 0; fd <= 2; fd++)
		if (ioctl(fd, TIOCGWINSZ, &size) == 0) {
			(void)ioctl(relay->master_fd, TIOCSWINSZ, &size);
			record_cast_resize(relay->record, size.ws_row, size.ws_col);
			return;
		}
}

static bool is_socket(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

/* Stops as the caller asked (kill -TSTP), with the terminal as it was, and comes back. */
static void stop_self(const struct relay *relay)
{
	bool is_raw;

	terminal_restore(STDOUT_FILENO);
	(void)raise(SIGSTOP);
	is_raw = !isatty(STDIN_FILENO) || terminal_make_raw(STDIN_FILENO);
	if (is_raw)
		follow_size(relay);
}

/* Typed input ends (standard input was a file or a pipe): the session's terminal says so to its
 * reader as a person would. */
static void end_input(struct direction *in, int master_fd)
{
	const char end = END_OF_TRANSMISSION;

	(void)!write(master_fd, &end, 1);
	in->from_fd = FD_NONE;
}

/* False if the output has no reader any more. */
static bool move(struct direction *in, struct direction *out, const struct pollfd *waited,
		 const struct relay *relay)
{
	if (waited[WAIT_IN_FROM].revents != 0 && !fill(in))
		end_input(in, relay->master_fd);
	if (!is_empty(in) && waited[WAIT_IN_TO].revents != 0 && !flush(in, NULL))
		in->start = in->end;
	if (waited[WAIT_OUT_FROM].revents != 0 && !fill(out))
		out->from_fd = FD_NONE;
	/* At once, without another poll: the usual write succeeds, and an echo is one round shorter. */
	return is_empty(out) || flush(out, relay->record);
}

static void prepare(struct pollfd *waited, const struct relay *relay, const struct direction *in,
		    const struct direction *out)
{
	waited[WAIT_TALK] = (struct pollfd){ relay->is_over ? FD_NONE : relay->talk_fd, POLLIN, 0 };
	waited[WAIT_SIGNALS] = (struct pollfd){ relay->signal_fd, POLLIN, 0 };
	waited[WAIT_IN_FROM] =
	    (struct pollfd){ is_empty(in) && !relay->is_over ? in->from_fd : FD_NONE, POLLIN, 0 };
	waited[WAIT_IN_TO] = (struct pollfd){ is_empty(in) ? FD_NONE : in->to_fd, POLLOUT, 0 };
	waited[WAIT_OUT_FROM] = (struct pollfd){ is_empty(out) ? out->from_fd : FD_NONE, POLLIN, 0 };
	waited[WAIT_OUT_TO] = (struct pollfd){ is_empty(out) ? FD_NONE : out->to_fd, POLLOUT, 0 };
}

static int copy(struct relay *relay, struct direction *in, struct direction *out, struct fail *why)
{
	struct pollfd waited[WAIT_COUNT];
	int64_t drain_until_ms = 0;

	/* After the end, what the session still wrote is passed on; a process that was stuck and keeps
	 * its terminal open must not hold us. */
	while (!relay->is_over ||
	       ((out->from_fd != FD_NONE || !is_empty(out)) && clock_left_ms(drain_until_ms) > 0)) {
		bool is_resized = false;
		bool is_stopped = false;

		prepare(waited, relay, in, out);
		if (poll(waited, WAIT_COUNT,
			 relay->is_over ? clock_left_ms(drain_until_ms) : relay_time_left(relay)) < 0)
			continue;
		if (relay_check_time(relay, why) < 0)
			return -1;
		/* What SIGPIPE is to a command in a pipeline; with a terminal there is a SIGHUP as well. */
		if (!move(in, out, waited, relay) && out->from_fd != FD_NONE) {
			relay_end(relay, SIGPIPE);
			out->from_fd = FD_NONE;
			out->start = out->end;
		}
		if (waited[WAIT_SIGNALS].revents != 0)
			relay_take_signals(relay, &is_resized, &is_stopped);
		if (is_resized)
			follow_size(relay);
		if (is_stopped)
			stop_self(relay);
		if (waited[WAIT_TALK].revents != 0) {
			if (relay_take_reply(relay, why) < 0)
				return -1;
			drain_until_ms = clock_now_ms() + DRAIN_MS;
		}
	}
	return 0;
}

int relay_terminal(struct relay *relay, struct fail *why)
{
	static struct direction in;
	static struct direction out;
	int failed;

	(void)fcntl(relay->master_fd, F_SETFL, O_RDWR | O_NONBLOCK);
	in = (struct direction){ .from_fd = terminal_reopen(STDIN_FILENO, O_RDONLY),
				 .to_fd = relay->master_fd };
	out = (struct direction){ .from_fd = relay->master_fd,
				  .to_fd = terminal_reopen(STDOUT_FILENO, O_WRONLY),
				  .is_to_socket = is_socket(STDOUT_FILENO) };
	/* In the background the kernel stops us here (SIGTTOU) until the caller brings us forward. */
	if (isatty(STDIN_FILENO) && !terminal_make_raw(STDIN_FILENO))
		return fail_errno(why, FAIL_TOOL, errno, "cannot put the terminal into raw mode");
	record_cast_begin(relay->record);
	follow_size(relay);
	failed = copy(relay, &in, &out, why);
	terminal_restore(STDOUT_FILENO);
	return failed;
}
