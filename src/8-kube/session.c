/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the caller's terminal or streams and a session on a node: one loop, as in relay_terminal.c, and
 * like there signals mean what they mean to a local session.
 */
#include "kube_session.h"

#include "clock.h"
#include "fd.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { SIGNAL_BASE = 128, END_MS = 8000 };

struct here {
	struct kube_remote remote;
	struct record_cast *record;
	int signal_fd;
	int input_fd; /* owned if it is not 0; FD_NONE at its end */
	int output_fd[FRAME_STREAM_COUNT];
	bool has_terminal;
	int killed_by;
	int64_t end_ms; /* until when the other side may take to end */
};

static void send_size(struct here *here)
{
	unsigned short rows;
	unsigned short columns;

	terminal_size(&rows, &columns);
	record_cast_resize(here->record, rows, columns);
	frame_put_number(&here->remote.writer, FRAME_SIZE, 0, rows | (uint32_t)columns << 16);
}

static void read_input(struct here *here)
{
	uint8_t chunk[FRAME_CHUNK];
	const size_t most =
	    here->remote.input_credit < sizeof(chunk) ? here->remote.input_credit : sizeof(chunk);
	ssize_t n = read(here->input_fd, chunk, most);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		here->remote.input_credit -= (uint32_t)n;
		frame_put(&here->remote.writer, FRAME_INPUT, FRAME_STDIN, chunk, (size_t)n);
		return;
	}
	if (here->input_fd != STDIN_FILENO)
		fd_close(&here->input_fd);
	here->input_fd = FD_NONE;
	frame_put(&here->remote.writer, FRAME_INPUT_END, FRAME_STDIN, NULL, 0);
}

/* 0, or the errno with which the output failed. */
static int write_output(struct here *here, uint8_t stream)
{
	struct frame_flow *flow = &here->remote.output[stream];
	const uint8_t *from = flow->bytes + flow->start;
	long n = frame_flow_write(flow, here->output_fd[stream]);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n >= 0) {
		if (here->has_terminal)
			record_cast_output(here->record, from, (size_t)n);
		kube_remote_taken(&here->remote, stream, (size_t)n);
		return 0;
	}
	/* Nobody reads it any more: the command shall get its SIGPIPE. */
	flow->start = flow->end = 0;
	here->output_fd[stream] = FD_NONE;
	frame_put(&here->remote.writer, FRAME_CLOSED, stream, NULL, 0);
	return errno;
}

/* What was on its way to an output that has no reader. */
static void drop_output(struct here *here)
{
	for (uint8_t i = FRAME_STDOUT; i < FRAME_STREAM_COUNT; i++)
		if (here->output_fd[i] == FD_NONE)
			here->remote.output[i].start = here->remote.output[i].end = 0;
}

static void stop_self(struct here *here)
{
	struct kube_remote *remote = &here->remote;

	frame_put(&remote->writer, FRAME_PAUSE, 0, NULL, 0);
	frame_writer_flush(&remote->writer, remote->fds[0]);
	terminal_restore(STDOUT_FILENO);
	(void)raise(SIGSTOP);
	if (here->has_terminal && isatty(STDIN_FILENO) && !terminal_make_raw(STDIN_FILENO))
		return;
	remote->heard_ms = clock_now_ms();
	remote->said_ms = 0;
	if (here->has_terminal)
		send_size(here);
}

static void take_signals(struct here *here)
{
	struct signalfd_siginfo received;
	bool is_stopped = false;

	while (read(here->signal_fd, &received, sizeof(received)) == sizeof(received)) {
		const int number = (int)received.ssi_signo;

		if (number == SIGWINCH && here->has_terminal)
			send_size(here);
		else if (number == SIGTSTP)
			is_stopped = true;
		else if (number != SIGWINCH)
			frame_put(&here->remote.writer, FRAME_SIGNAL, (uint8_t)number, NULL, 0);
		/* Before there is a session, any of them ends us. */
		if (number == SIGTERM || number == SIGHUP ||
		    (!here->remote.is_ready && (number == SIGINT || number == SIGQUIT))) {
			here->killed_by = number;
			here->end_ms = clock_now_ms() + (here->remote.is_ready ? END_MS : 0);
		}
	}
	if (is_stopped)
		stop_self(here);
}

enum { WAIT_SIGNALS = REMOTE_FDS, WAIT_INPUT, WAIT_OUT, WAIT_ERR, WAIT_COUNT };

static void prepare(struct pollfd waited[WAIT_COUNT], const struct here *here)
{
	const struct kube_remote *remote = &here->remote;

	kube_remote_prepare(remote, waited);
	waited[WAIT_SIGNALS] = (struct pollfd){ here->signal_fd, POLLIN, 0 };
	waited[WAIT_INPUT] =
	    (struct pollfd){ remote->input_credit > 0 && !remote->is_over && remote->is_ready ? here->input_fd
											      : FD_NONE,
			     POLLIN, 0 };
	for (int i = FRAME_STDOUT; i <= FRAME_STDERR; i++)
		waited[WAIT_OUT + i - FRAME_STDOUT] =
		    (struct pollfd){ frame_flow_is_empty(&remote->output[i]) ? FD_NONE : here->output_fd[i],
				     POLLOUT, 0 };
}

/* Until nothing more comes; errno of an output that failed, or 0. */
static int converse(struct here *here)
{
	int error = 0;

	while (!kube_remote_is_done(&here->remote)) {
		struct pollfd waited[WAIT_COUNT];

		prepare(waited, here);
		if (poll(waited, WAIT_COUNT, FRAME_ALIVE_MS / 4) < 0)
			continue;
		if (waited[WAIT_SIGNALS].revents != 0)
			take_signals(here);
		if (here->killed_by != 0 && clock_left_ms(here->end_ms) == 0)
			break;
		if (waited[WAIT_INPUT].revents != 0)
			read_input(here);
		for (uint8_t i = FRAME_STDOUT; i <= FRAME_STDERR; i++) {
			if (waited[WAIT_OUT + i - FRAME_STDOUT].revents != 0) {
				const int failed = write_output(here, i);

				error = i == FRAME_STDOUT && failed != 0 && failed != EPIPE ? failed : error;
			}
		}
		kube_remote_handle(&here->remote, waited);
		drop_output(here);
	}
	return error;
}

int kube_session(struct kubectl *kubectl, const struct kube_place *place, const struct kube_words *words,
		 const struct frame_start *start, struct record_cast *record, struct fail *why)
{
	static struct here here;
	int status;
	int error;

	here = (struct here){ .record = record,
			      .signal_fd = kubectl->signal_fd,
			      .input_fd = STDIN_FILENO,
			      .output_fd = { FD_NONE, STDOUT_FILENO, STDERR_FILENO },
			      .has_terminal = start->has_terminal };
	if (kube_remote_start(&here.remote, kubectl, place, words, start, why) < 0)
		return -1;
	if (here.has_terminal) {
		here.input_fd = terminal_reopen(STDIN_FILENO, O_RDONLY);
		here.output_fd[FRAME_STDOUT] = terminal_reopen(STDOUT_FILENO, O_WRONLY);
		if (isatty(STDIN_FILENO) && !terminal_make_raw(STDIN_FILENO))
			(void)fail_errno(why, FAIL_TOOL, errno, "cannot put the terminal into raw mode");
		record_cast_begin(record);
	}
	error = why->status == FAIL_NONE ? converse(&here) : 0;
	terminal_restore(STDOUT_FILENO);
	status = kube_remote_end(&here.remote, why);
	if (here.killed_by != 0 && status < 0)
		return SIGNAL_BASE + here.killed_by;
	if (status >= 0 && error != 0)
		return fail_errno(why, FAIL_TOOL, error, "cannot write the command's output");
	return status;
}
