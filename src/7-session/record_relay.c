/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recorder's loop, without rights and behind a filter: what one side wrote is recorded, then passed on.
 *
 *   with a terminal   caller's terminal ◄──► the session's; recorded is what the session prints
 *   without           caller's 0 ──► 0, 1 and 2 of the session ──► caller's; recorded is all of it
 *
 * Each direction has one bounded buffer, so that memory stays constant and who does not read makes the other
 * side wait.
 *
 * Should:  pass on nothing that is not recorded.
 * Mustn't: lose the end of a session whose caller has gone: it is recorded, too.
 */
#include "recorder.h"

#include "fd.h"

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { BUFFER_SIZE = 32 << 10, DIRECTIONS = RECORDER_STREAMS };

typedef void (*recorded)(struct record_cast *record, const void *bytes, size_t size);

struct direction {
	int *from_fd;	 /* NULL: it has ended, with nothing left to pass on */
	int *to_fd;	 /* NULL: nobody reads any more */
	recorded record; /* or NULL */
	bool is_output;	 /* of the session */
	size_t start, end;
	char bytes[BUFFER_SIZE];
};

static bool is_empty(const struct direction *direction)
{
	return direction->start == direction->end;
}

/* A pipe is closed where its other end will not be read or written any more.  A terminal is one descriptor
 * for both directions: that of the session closes when the session has, the caller's with us. */
static void close_end(const struct record_relay *relay, int *fd)
{
	if (!relay->has_terminal)
		fd_close(fd);
}

static void end_input(const struct record_relay *relay, struct direction *direction)
{
	close_end(relay, direction->from_fd);
	direction->from_fd = NULL;
	close_end(relay, direction->to_fd);
}

static void fill(const struct record_relay *relay, struct direction *direction)
{
	const ssize_t n = read(*direction->from_fd, direction->bytes, sizeof(direction->bytes));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end_input(relay, direction);
		return;
	}
	direction->start = 0;
	direction->end = (size_t)n;
	if (direction->record != NULL)
		direction->record(relay->record, direction->bytes, (size_t)n);
}

/* Nobody reads it any more.  The session's program shall get its SIGPIPE; what still comes out of its
 * terminal, which hangs up by itself, is recorded. */
static void lose_reader(const struct record_relay *relay, struct direction *direction)
{
	direction->start = direction->end;
	if (!relay->has_terminal || !direction->is_output)
		end_input(relay, direction);
	else
		direction->to_fd = NULL;
}

static void flush(const struct record_relay *relay, struct direction *direction)
{
	ssize_t n = -1;

	if (direction->to_fd == NULL)
		n = (ssize_t)(direction->end - direction->start);
	else
		n = write(*direction->to_fd, direction->bytes + direction->start,
			  direction->end - direction->start);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0)
		lose_reader(relay, direction);
	else
		direction->start += (size_t)n;
}

static void follow_size(const struct record_relay *relay)
{
	const int signal_fd = relay->fd[RECORD_RELAY_SIGNALS];
	struct signalfd_siginfo received;
	struct winsize size;

	while (read(signal_fd, &received, sizeof(received)) == sizeof(received))
		;
	if (ioctl(relay->fd[RECORD_RELAY_OUTER], TIOCGWINSZ, &size) < 0)
		return;
	(void)ioctl(relay->fd[RECORD_RELAY_INNER], TIOCSWINSZ, &size);
	record_cast_resize(relay->record, size.ws_row, size.ws_col);
}

/* One descriptor to wait for: there is something to read only if there is room, and to write else.  An input
 * whose reader closes it has ended, so its other end is watched even when there is nothing for it. */
static struct pollfd wait_for(const struct direction *direction)
{
	struct pollfd waited = { .fd = FD_NONE };

	if (direction->from_fd == NULL)
		return waited;
	if (is_empty(direction))
		waited = (struct pollfd){ .fd = *direction->from_fd, .events = POLLIN };
	else if (direction->to_fd != NULL)
		waited = (struct pollfd){ .fd = *direction->to_fd, .events = POLLOUT };
	return waited;
}

static struct pollfd watch_reader(const struct record_relay *relay, const struct direction *direction)
{
	const bool is_watched = !relay->has_terminal && direction->from_fd != NULL && is_empty(direction) &&
				direction->to_fd != NULL;

	return (struct pollfd){ .fd = is_watched ? *direction->to_fd : FD_NONE };
}

static void set_up(struct record_relay *relay, struct direction *directions)
{
	static const recorded records[RECORDER_STREAMS] = { record_cast_input, record_cast_output,
							    record_cast_error_output };
	int *outer = relay->fd + RECORD_RELAY_OUTER;
	int *inner = relay->fd + RECORD_RELAY_INNER;

	if (relay->has_terminal) {
		directions[0] = (struct direction){ .from_fd = outer, .to_fd = inner };
		directions[1] = (struct direction){
			.from_fd = inner, .to_fd = outer, .record = record_cast_output, .is_output = true
		};
		directions[2] = (struct direction){ .from_fd = NULL };
		return;
	}
	for (size_t i = 0; i < RECORDER_STREAMS; i++) {
		const bool is_output = i != STDIN_FILENO;

		directions[i] = (struct direction){ .from_fd = is_output ? inner + i : outer + i,
						    .to_fd = is_output ? outer + i : inner + i,
						    .record = records[i],
						    .is_output = is_output };
	}
}

static bool has_ended(const struct record_relay *relay, const struct direction *directions)
{
	for (size_t i = 0; i < DIRECTIONS; i++)
		if (directions[i].from_fd != NULL && (!relay->has_terminal || directions[i].is_output))
			return false;
	return true;
}

int record_relay_run(struct record_relay *relay)
{
	static struct direction directions[DIRECTIONS];

	set_up(relay, directions);
	while (!has_ended(relay, directions)) {
		struct pollfd waited[2 * DIRECTIONS + 1];

		for (size_t i = 0; i < DIRECTIONS; i++) {
			waited[i] = wait_for(&directions[i]);
			waited[DIRECTIONS + i] = watch_reader(relay, &directions[i]);
		}
		waited[2 * DIRECTIONS] =
		    (struct pollfd){ .fd = relay->fd[RECORD_RELAY_SIGNALS], .events = POLLIN };
		if (poll(waited, 2 * DIRECTIONS + 1, -1) < 0)
			continue;
		if (waited[2 * DIRECTIONS].revents != 0)
			follow_size(relay);
		for (size_t i = 0; i < DIRECTIONS; i++) {
			struct direction *direction = &directions[i];

			if (waited[i].revents != 0 && is_empty(direction))
				fill(relay, direction);
			/* In the same round: the usual write succeeds, and an echo is one poll shorter. */
			if (relay->record->error != 0)
				return -1;
			if (!is_empty(direction))
				flush(relay, direction);
			else if (waited[DIRECTIONS + i].revents != 0 && direction->from_fd != NULL)
				lose_reader(relay, direction);
		}
	}
	return 0;
}
