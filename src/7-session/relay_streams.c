/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The relay of a session without terminal: three pipes, byte for byte.
 *
 * The caller's own descriptors never enter the container, where /proc/PID/fd would open whatever
 * file or terminal of the host they are.  So bytes are moved, with splice(2) where the kernel can,
 * by one thread per stream, each started when the first byte is there: `debug web -- true` starts
 * none.  Threads, because writing to the caller's file, pipe or terminal may block for ever, and
 * one blocked stream must not hold up another, nor our ear for signals.
 *
 * An end travels both ways: end of file closes the session's input; an output that nobody reads
 * any more is closed, so that the session's program gets its SIGPIPE.
 */
#include "relay.h"

#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 1 << 16, SPLICE_MOST = 1 << 20, STREAM_COUNT = 3, DRAIN_SECONDS = 1 };

struct stream {
	int from_fd, to_fd;
	int *owned_fd; /* the session's end, closed when the stream is done */
	pthread_t thread;
	bool is_started;
	bool is_done; /* known without a thread */
	int error;    /* errno of a write that failed, or 0 */
};

/* Moves until the end; false with errno set if it came to none: with EINVAL these two need copying.
 * Regular files are copied: splice(2), unlike write(2), does not lock the file position, and whoever
 * shares it (the other stream under `2>&1`, a second command in the same redirection) would lose bytes. */
static bool splice_all(int from_fd, int to_fd)
{
	struct stat to;

	errno = EINVAL;
	if (fstat(to_fd, &to) < 0 || S_ISREG(to.st_mode))
		return false;
	for (;;) {
		ssize_t n = splice(from_fd, NULL, to_fd, NULL, SPLICE_MOST, SPLICE_F_MOVE);

		if (n > 0 || (n < 0 && errno == EINTR))
			continue;
		return n == 0;
	}
}

static bool wait_for(int fd, short events)
{
	struct pollfd waited = { .fd = fd, .events = events };

	return poll(&waited, 1, -1) >= 0 || errno == EINTR;
}

static bool write_out(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && (errno == EINTR || (errno == EAGAIN && wait_for(fd, POLLOUT))))
			continue;
		if (n < 0)
			return false;
		bytes += n;
		size -= (size_t)n;
	}
	return true;
}

static bool copy_all(int from_fd, int to_fd)
{
	char chunk[CHUNK];

	for (;;) {
		ssize_t n = read(from_fd, chunk, sizeof(chunk));

		if (n < 0 && (errno == EINTR || (errno == EAGAIN && wait_for(from_fd, POLLIN))))
			continue;
		/* An input that breaks has ended. */
		if (n <= 0)
			return true;
		if (!write_out(to_fd, chunk, (size_t)n))
			return false;
	}
}

static void *pump(void *argument)
{
	struct stream *stream = argument;

	/* EINVAL: a regular file, a terminal, a device; EAGAIN: a descriptor that does not block. */
	if (!splice_all(stream->from_fd, stream->to_fd) &&
	    ((errno != EINVAL && errno != EAGAIN) || !copy_all(stream->from_fd, stream->to_fd)))
		stream->error = errno;
	fd_close(stream->owned_fd);
	return NULL;
}

/* Whether the input has ended already, as /dev/null has: one read of what poll said is there.  What
 * it got fits into the empty pipe. */
static bool has_ended(const struct stream *stream)
{
	char first[PIPE_BUF];
	ssize_t n = read(stream->from_fd, first, sizeof(first));

	if (n < 0)
		return errno != EAGAIN && errno != EINTR;
	return n == 0 || !write_out(stream->to_fd, first, (size_t)n);
}

/* The stream has its first byte or its end. */
static void start(struct stream *stream, short events)
{
	if ((events & POLLIN) == 0 || (stream->from_fd == STDIN_FILENO && has_ended(stream))) {
		fd_close(stream->owned_fd);
		stream->is_done = true;
		return;
	}
	stream->is_started = pthread_create(&stream->thread, NULL, pump, stream) == 0;
	if (!stream->is_started) {
		(void)pump(stream);
		stream->is_done = true;
	}
}

static bool is_waiting(const struct stream *stream)
{
	return !stream->is_started && !stream->is_done;
}

/* Passes on what the session wrote to its end: after it has ended all writers are gone, so every
 * pump comes to an end of file, unless the caller's side blocks, and then so would any program. */
static void finish_output(struct stream *stream)
{
	if (is_waiting(stream))
		(void)pump(stream);
	else if (stream->is_started)
		(void)pthread_join(stream->thread, NULL);
}

/* The same of a session that failed, some process of which may be stuck and keep its end open for ever; or
 * when a signal ends us, as it would any program, whether or not the caller's side blocks. */
static void drain_output(struct stream *stream)
{
	struct timespec until;

	if (is_waiting(stream))
		start(stream, POLLIN);
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += DRAIN_SECONDS;
	if (stream->is_started)
		(void)pthread_clockjoin_np(stream->thread, NULL, CLOCK_MONOTONIC, &until);
}

/* What the command wrote and believes delivered may have been lost here.  A reader that left (EPIPE) is no
 * error: the command got its SIGPIPE. */
static int check_output(const struct stream *stream, struct fail *why)
{
	if (stream->error == 0 || stream->error == EPIPE)
		return 0;
	return fail_errno(why, FAIL_TOOL, stream->error, "cannot write the command's output");
}

int relay_streams(struct relay *relay, struct fail *why)
{
	/* Static, because the input's thread may be blocked in a read when we return and exit. */
	static struct stream streams[STREAM_COUNT];
	int failed = 0;

	streams[0] = (struct stream){ STDIN_FILENO, relay->input_fd, &relay->input_fd, 0, false, false, 0 };
	streams[1] =
	    (struct stream){ relay->output_fd[0], STDOUT_FILENO, &relay->output_fd[0], 0, false, false, 0 };
	streams[2] =
	    (struct stream){ relay->output_fd[1], STDERR_FILENO, &relay->output_fd[1], 0, false, false, 0 };
	streams[2].is_done = relay->output_fd[1] == FD_NONE;
	while (!relay->is_over && failed == 0) {
		struct pollfd waited[STREAM_COUNT + 2];
		bool is_resized = false;
		bool is_stopped = false;

		for (int i = 0; i < STREAM_COUNT; i++)
			waited[i] = (struct pollfd){ is_waiting(&streams[i]) ? streams[i].from_fd : FD_NONE,
						     POLLIN, 0 };
		waited[STREAM_COUNT] = (struct pollfd){ relay->talk_fd, POLLIN, 0 };
		waited[STREAM_COUNT + 1] = (struct pollfd){ relay->signal_fd, POLLIN, 0 };
		if (poll(waited, STREAM_COUNT + 2, relay_time_left(relay)) < 0)
			continue;
		for (int i = 0; i < STREAM_COUNT; i++)
			if (waited[i].revents != 0)
				start(&streams[i], waited[i].revents);
		if (waited[STREAM_COUNT + 1].revents != 0)
			relay_take_signals(relay, &is_resized, &is_stopped);
		/* Ctrl-Z stops `debug` as it would a local pipeline; the session waits for its streams. */
		if (is_stopped)
			(void)raise(SIGSTOP);
		failed = waited[STREAM_COUNT].revents != 0 ? relay_take_reply(relay, why)
							   : relay_check_time(relay, why);
	}
	/* Without the helper nobody has ended the session yet, and its processes may hold the pipes. */
	if (failed == 0 && (relay->last.kind == REPLY_FAILED || relay->killed_by != 0)) {
		drain_output(&streams[1]);
		drain_output(&streams[2]);
	} else if (failed == 0) {
		finish_output(&streams[1]);
		finish_output(&streams[2]);
		failed = check_output(&streams[1], why);
	}
	return failed;
}
