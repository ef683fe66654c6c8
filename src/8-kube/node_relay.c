/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The node's side of a session: frames on 0 and 1, and `debug` with a terminal or three pipes of its own.
 *
 *   kubectl exec ──► frames ──► debug ──► debug-helper ──► ...
 *
 * It ends when `debug` has ended, and ends `debug` as a lost terminal would when the other side is gone: at
 * the end of its input, or after FRAME_SILENCE_MS without a word.  A runtime does not kill what `kubectl
 * exec` has started when the connection breaks.
 */
#include "kube_node.h"

#include "clock.h"
#include "fd.h"
#include "kube_node_relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	SIGNAL_BASE = 128,
	START_MS = 30000,
	LEAVE_MS = 5000, /* for `debug` to end its session, and for our last words to be taken */
	END_OF_TRANSMISSION = 4,
};

static void close_output(struct node_output *output)
{
	fd_close(&output->fd);
	output->is_over = true;
}

static void say_failed(struct node_relay *relay, const struct fail *why)
{
	if (relay->child_fd != FD_NONE)
		(void)pidfd_send_signal(relay->child_fd, SIGHUP, NULL, 0);
	for (int i = FRAME_STDOUT; i < FRAME_STREAM_COUNT; i++)
		close_output(&relay->outputs[i]);
	frame_put(&relay->writer, FRAME_FAILED, (uint8_t)why->status, why->text, strlen(why->text));
	relay->has_ended = true;
	relay->status = why->status;
	relay->leave_ms = clock_now_ms() + LEAVE_MS;
}

/* What `debug` does with them is the same as on the node itself. */
static void pass_signal(const struct node_relay *relay, int number)
{
	static const int passed[] = { SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM, SIGHUP };

	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		if (passed[i] == number && relay->is_started && !relay->has_ended)
			(void)pidfd_send_signal(relay->child_fd, number, NULL, 0);
}

static int take_frame(struct node_relay *relay, const struct frame *frame, struct fail *why)
{
	struct node_output *output =
	    &relay->outputs[frame->stream < FRAME_STREAM_COUNT ? frame->stream : FRAME_STDOUT];
	uint32_t number = 0;

	switch ((int)frame->kind) {
	case FRAME_WORD:
		return node_add_word(relay, frame, why);
	case FRAME_START:
		return node_start(relay, frame, why);
	case FRAME_INPUT:
		if (!frame_flow_add(&relay->input, frame->bytes, frame->size))
			return fail_set(why, FAIL_TOOL, "debug-node was sent more than it can keep");
		return 0;
	case FRAME_INPUT_END:
		relay->input.has_ended = true;
		return 0;
	case FRAME_SIZE:
		if (frame_number(frame, &number))
			node_set_size(relay, (uint16_t)number, (uint16_t)(number >> 16));
		return 0;
	case FRAME_SIGNAL:
		pass_signal(relay, frame->stream);
		return 0;
	case FRAME_TAKEN:
		if (frame_number(frame, &number) && number <= FRAME_WINDOW - output->credit)
			output->credit += number;
		return 0;
	case FRAME_CLOSED:
		/* So that the command gets its SIGPIPE; a terminal hangs up. */
		close_output(output);
		if (relay->start.has_terminal)
			pass_signal(relay, SIGHUP);
		return 0;
	case FRAME_PAUSE:
		relay->is_paused = true;
		return 0;
	case FRAME_BYE:
		relay->is_left = true;
		return 0;
	default:
		return 0;
	}
}

/* Bytes of kubectl; false at their end. */
static bool take_frames(struct node_relay *relay, struct fail *why)
{
	struct frame frame;
	size_t size;
	uint8_t *room = frame_reader_room(&relay->reader, &size);
	ssize_t n = read(STDIN_FILENO, room, size);
	int found;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	frame_reader_add(&relay->reader, (size_t)n);
	relay->heard_ms = clock_now_ms();
	relay->is_paused = false;
	while ((found = frame_reader_next(&relay->reader, &frame)) > 0)
		if (take_frame(relay, &frame, why) < 0)
			return true;
	if (found < 0)
		(void)fail_set(why, FAIL_TOOL, "debug-node was sent what is no frame");
	return n > 0;
}

static void send_output(struct node_relay *relay, uint8_t stream)
{
	static uint8_t chunk[FRAME_CHUNK];
	struct node_output *output = &relay->outputs[stream];
	const size_t most = output->credit < sizeof(chunk) ? output->credit : sizeof(chunk);
	ssize_t n = read(output->fd, chunk, most);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* A terminal's end is EIO. */
	if (n <= 0) {
		close_output(output);
		frame_put(&relay->writer, FRAME_OUTPUT_END, stream, NULL, 0);
		return;
	}
	output->credit -= (uint32_t)n;
	frame_put(&relay->writer, FRAME_OUTPUT, stream, chunk, (size_t)n);
}

/* The input goes to `debug`; one that nobody reads is dropped, and its sender never learns. */
static void move_input(struct node_relay *relay, short events)
{
	long n = 0;

	if (!frame_flow_is_empty(&relay->input)) {
		const size_t there = relay->input.end - relay->input.start;

		if (relay->input_fd != FD_NONE && events != 0)
			n = frame_flow_write(&relay->input, relay->input_fd);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			fd_close(&relay->input_fd);
		if (relay->input_fd == FD_NONE && relay->is_started) {
			relay->input.start = relay->input.end = 0;
			n = (long)there;
		}
		if (n > 0)
			frame_put_number(&relay->writer, FRAME_TAKEN, FRAME_STDIN, (uint32_t)n);
	}
	if (!frame_flow_is_empty(&relay->input) || !relay->input.has_ended || relay->input_fd == FD_NONE)
		return;
	if (relay->start.has_terminal) {
		const char end = END_OF_TRANSMISSION;

		(void)!write(relay->input_fd, &end, 1);
		relay->input.has_ended = false;
	} else {
		fd_close(&relay->input_fd);
	}
}

static bool outputs_are_over(const struct node_relay *relay)
{
	return relay->outputs[FRAME_STDOUT].is_over && relay->outputs[FRAME_STDERR].is_over;
}

static void reap(struct node_relay *relay)
{
	int how = 0;

	if (waitpid(relay->child, &how, WNOHANG) != relay->child)
		return;
	relay->has_ended = true;
	fd_close(&relay->child_fd);
	relay->status = WIFSIGNALED(how) ? SIGNAL_BASE + WTERMSIG(how) : WEXITSTATUS(how);
}

/* The other side is gone: as when a terminal is closed.  Then whatever happens, it ends. */
static void hang_up(struct node_relay *relay)
{
	if (relay->is_lost)
		return;
	relay->is_lost = true;
	relay->leave_ms = clock_now_ms() + LEAVE_MS;
	if (!relay->has_ended && relay->is_started)
		(void)pidfd_send_signal(relay->child_fd, SIGHUP, NULL, 0);
	fd_close(&relay->input_fd);
	for (int i = FRAME_STDOUT; i < FRAME_STREAM_COUNT; i++)
		close_output(&relay->outputs[i]);
}

static void keep_time(struct node_relay *relay)
{
	const int64_t now_ms = clock_now_ms();

	if (now_ms - relay->said_ms >= FRAME_ALIVE_MS) {
		relay->said_ms = now_ms;
		frame_put(&relay->writer, FRAME_ALIVE, 0, NULL, 0);
	}
	if ((!relay->is_paused && now_ms - relay->heard_ms > FRAME_SILENCE_MS) ||
	    (!relay->is_started && now_ms - relay->heard_ms > START_MS))
		hang_up(relay);
}

enum { WAIT_IN, WAIT_OUT, WAIT_CHILD, WAIT_INPUT, WAIT_OUTPUT, WAIT_COUNT = WAIT_OUTPUT + 2 };

static void prepare(struct pollfd waited[WAIT_COUNT], const struct node_relay *relay)
{
	waited[WAIT_IN] = (struct pollfd){ relay->is_lost ? FD_NONE : STDIN_FILENO, POLLIN, 0 };
	waited[WAIT_OUT] =
	    (struct pollfd){ frame_writer_is_empty(&relay->writer) ? FD_NONE : STDOUT_FILENO, POLLOUT, 0 };
	waited[WAIT_CHILD] = (struct pollfd){ relay->has_ended ? FD_NONE : relay->child_fd, POLLIN, 0 };
	waited[WAIT_INPUT] =
	    (struct pollfd){ frame_flow_is_empty(&relay->input) ? FD_NONE : relay->input_fd, POLLOUT, 0 };
	for (int i = 0; i < 2; i++) {
		const struct node_output *output = &relay->outputs[FRAME_STDOUT + i];

		waited[WAIT_OUTPUT + i] =
		    (struct pollfd){ output->credit > 0 ? output->fd : FD_NONE, POLLIN, 0 };
	}
}

/* True when everything was said: the result, and the answer to it; or when there is nobody to say it to. */
static bool is_done(struct node_relay *relay, bool *is_told)
{
	if (relay->writer.is_broken)
		hang_up(relay);
	if (relay->is_lost)
		return relay->has_ended || !relay->is_started || clock_left_ms(relay->leave_ms) == 0;
	if (!relay->has_ended || (relay->is_started && !outputs_are_over(relay) && !relay->is_left))
		return false;
	if (!*is_told) {
		*is_told = true;
		relay->leave_ms = clock_now_ms() + LEAVE_MS;
		frame_put(&relay->writer, FRAME_RESULT, (uint8_t)relay->status, NULL, 0);
	}
	return relay->is_left ||
	       (frame_writer_is_empty(&relay->writer) && clock_left_ms(relay->leave_ms) == 0);
}

static void converse(struct node_relay *relay)
{
	bool is_told = false;

	while (!is_done(relay, &is_told)) {
		struct pollfd waited[WAIT_COUNT];
		struct fail why = { 0 };

		frame_writer_flush(&relay->writer, STDOUT_FILENO);
		prepare(waited, relay);
		if (poll(waited, WAIT_COUNT, relay->is_lost ? 100 : 500) < 0)
			continue;
		if (waited[WAIT_IN].revents != 0 && !take_frames(relay, &why))
			hang_up(relay);
		if (why.status != FAIL_NONE && !relay->has_ended) {
			say_failed(relay, &why);
			is_told = true;
		}
		move_input(relay, waited[WAIT_INPUT].revents);
		for (int i = 0; i < 2; i++)
			if (waited[WAIT_OUTPUT + i].revents != 0 && relay->outputs[FRAME_STDOUT + i].fd >= 0)
				send_output(relay, (uint8_t)(FRAME_STDOUT + i));
		if (waited[WAIT_CHILD].revents != 0)
			reap(relay);
		keep_time(relay);
	}
}

int node_relay(const char *target)
{
	static struct node_relay relay;

	relay.target = strdup(target);
	relay.input_fd = relay.child_fd = FD_NONE;
	for (int i = 0; i < FRAME_STREAM_COUNT; i++)
		relay.outputs[i] = (struct node_output){ .fd = FD_NONE, .credit = FRAME_WINDOW };
	relay.heard_ms = relay.said_ms = clock_now_ms();
	if (relay.target == NULL)
		return FAIL_TOOL;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
	(void)fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK);
	frame_put(&relay.writer, FRAME_READY, 0, DEBUG_VERSION, strlen(DEBUG_VERSION));
	converse(&relay);
	/* If it would not go. */
	if (!relay.has_ended && relay.is_started)
		(void)pidfd_send_signal(relay.child_fd, SIGKILL, NULL, 0);
	return relay.is_lost ? SIGNAL_BASE + SIGHUP : relay.status;
}
