/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The near end of the frames.
 *
 * The exit status is the one that debug-node tells, never kubectl's: that is lost when the connection closes
 * while there is input left, and by some versions always.
 */
#include "kube_remote.h"

#include "clock.h"
#include "fd.h"
#include "text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LEAVE_MS = 1500, LEAVE_PAUSE_MS = 5, START_MS = 60000, SHOWN_MAX = 600 };

static const char node_program[] = "/bin/debug-node";

static void put_words(struct frame_writer *writer, const struct kube_words *words)
{
	for (size_t i = 0; i < words->option_count; i++)
		frame_put(writer, FRAME_WORD, 0, words->options[i], strlen(words->options[i]));
	for (size_t i = 0; i < words->command_count; i++)
		frame_put(writer, FRAME_WORD, 1, words->command[i], strlen(words->command[i]));
}

int kube_remote_start(struct kube_remote *remote, const struct kubectl *kubectl,
		      const struct kube_place *place, const struct kube_words *words,
		      const struct frame_start *start, struct fail *why)
{
	/* Words of the session travel in frames: a command line is in the audit trail, and for all to see. */
	const char *const argv[] = { "exec",	   "-i",	  "-n", place->ns,    "-c",
				     "debug",	   place->pod,	  "--", node_program, "session",
				     place->label, place->target, NULL };

	*remote = (struct kube_remote){ .input_credit = FRAME_WINDOW };
	remote->heard_ms = remote->said_ms = clock_now_ms();
	put_words(&remote->writer, words);
	frame_put_start(&remote->writer, start);
	remote->reader = calloc(1, sizeof(*remote->reader));
	if (remote->reader == NULL || remote->writer.is_broken)
		(void)fail_set(why, FAIL_TOOL, "the command is too long, or there is not enough memory");
	else
		remote->pid = kubectl_spawn(kubectl, argv, true, remote->fds, why);
	if (why->status == FAIL_NONE)
		return 0;
	free(remote->reader);
	frame_writer_free(&remote->writer);
	*remote = (struct kube_remote){ 0 };
	return -1;
}

static void lose(struct kube_remote *remote)
{
	remote->is_lost = !remote->is_over;
	fd_close(&remote->fds[1]);
}

static void take_failure(struct kube_remote *remote, const struct frame *frame)
{
	char shown[SHOWN_MAX];

	remote->is_over = true;
	(void)fail_set(&remote->why, FAIL_TOOL, "%s",
		       text_encode(shown, sizeof(shown), frame->bytes, frame->size));
	if (frame->stream >= FAIL_DEADLINE && frame->stream <= FAIL_NOT_FOUND)
		remote->why.status = frame->stream;
}

/* False if it could not have been sent by debug-node. */
static bool take_frame(struct kube_remote *remote, const struct frame *frame)
{
	uint32_t number = 0;

	switch ((int)frame->kind) {
	case FRAME_READY:
		remote->is_ready = true;
		return true;
	case FRAME_OUTPUT:
		return (frame->stream == FRAME_STDOUT || frame->stream == FRAME_STDERR) &&
		       frame_flow_add(&remote->output[frame->stream], frame->bytes, frame->size);
	case FRAME_OUTPUT_END:
		if (frame->stream < FRAME_STREAM_COUNT)
			remote->output[frame->stream].has_ended = true;
		return true;
	case FRAME_TAKEN:
		if (!frame_number(frame, &number) || number > FRAME_WINDOW - remote->input_credit)
			return false;
		remote->input_credit += number;
		return true;
	case FRAME_RESULT:
		remote->is_over = true;
		remote->status = frame->stream;
		return true;
	case FRAME_FAILED:
		take_failure(remote, frame);
		return true;
	default:
		return frame->kind == FRAME_ALIVE;
	}
}

static void take_frames(struct kube_remote *remote)
{
	struct frame frame;
	size_t size;
	uint8_t *room = frame_reader_room(remote->reader, &size);
	ssize_t n = read(remote->fds[1], room, size);
	int found = 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		frame_reader_add(remote->reader, (size_t)n);
		remote->heard_ms = clock_now_ms();
		while (!remote->is_over && found >= 0 &&
		       (found = frame_reader_next(remote->reader, &frame)) > 0)
			if (!take_frame(remote, &frame))
				found = -1;
	}
	if (n <= 0 || found < 0)
		lose(remote);
}

void kube_remote_prepare(const struct kube_remote *remote, struct pollfd waited[REMOTE_FDS])
{
	waited[0] =
	    (struct pollfd){ frame_writer_is_empty(&remote->writer) ? FD_NONE : remote->fds[0], POLLOUT, 0 };
	waited[1] = (struct pollfd){ remote->is_over ? FD_NONE : remote->fds[1], POLLIN, 0 };
	waited[2] = (struct pollfd){ remote->fds[2], POLLIN, 0 };
}

void kube_remote_handle(struct kube_remote *remote, const struct pollfd waited[REMOTE_FDS])
{
	const int64_t now_ms = clock_now_ms();
	const int64_t patience_ms = remote->is_ready ? FRAME_SILENCE_MS : START_MS;

	if (waited[2].revents != 0)
		kubectl_take_errors(&remote->errors, &remote->fds[2]);
	if (waited[1].revents != 0)
		take_frames(remote);
	if (now_ms - remote->said_ms >= FRAME_ALIVE_MS) {
		remote->said_ms = now_ms;
		frame_put(&remote->writer, FRAME_ALIVE, 0, NULL, 0);
	}
	if (remote->fds[0] != FD_NONE)
		frame_writer_flush(&remote->writer, remote->fds[0]);
	/* Kept awake by nobody: the machine here was asleep, or the network is gone. */
	if (!remote->is_over && (now_ms - remote->heard_ms > patience_ms))
		lose(remote);
}

void kube_remote_taken(struct kube_remote *remote, uint8_t stream, size_t size)
{
	frame_put_number(&remote->writer, FRAME_TAKEN, stream, (uint32_t)size);
}

bool kube_remote_is_done(const struct kube_remote *remote)
{
	return (remote->is_over || remote->is_lost) && frame_flow_is_empty(&remote->output[FRAME_STDOUT]) &&
	       frame_flow_is_empty(&remote->output[FRAME_STDERR]);
}

/* A moment to leave by itself, so that the API server sees an orderly end. */
static void end_kubectl(struct kube_remote *remote)
{
	const int64_t deadline_ms = clock_now_ms() + (remote->is_over ? LEAVE_MS : 0);
	const struct timespec pause = { .tv_nsec = LEAVE_PAUSE_MS * 1000000L };

	while (waitpid(remote->pid, NULL, WNOHANG) == 0) {
		char dropped[4096];

		while (remote->fds[1] != FD_NONE && read(remote->fds[1], dropped, sizeof(dropped)) > 0)
			;
		if (remote->fds[2] != FD_NONE)
			kubectl_take_errors(&remote->errors, &remote->fds[2]);
		if (clock_left_ms(deadline_ms) == 0) {
			(void)kill(remote->pid, SIGTERM);
			(void)waitpid(remote->pid, NULL, 0);
			break;
		}
		(void)nanosleep(&pause, NULL);
	}
	while (remote->fds[2] != FD_NONE && poll(&(struct pollfd){ remote->fds[2], POLLIN, 0 }, 1, 0) > 0)
		kubectl_take_errors(&remote->errors, &remote->fds[2]);
	remote->pid = 0;
}

static int explain(struct kube_remote *remote, struct fail *why)
{
	char shown[SHOWN_MAX];

	if (remote->is_over && remote->why.status == FAIL_NONE)
		return remote->status;
	if (remote->why.status != FAIL_NONE)
		*why = remote->why;
	else if (remote->is_ready)
		(void)fail_set(why, FAIL_TOOL,
			       "the connection to the node is lost, and the session there ends; kubectl: %s",
			       kubectl_complaint(&remote->errors, shown, sizeof(shown)));
	else
		(void)fail_set(why, FAIL_TOOL, "the helper pod cannot be entered: %s",
			       kubectl_complaint(&remote->errors, shown, sizeof(shown)));
	return -1;
}

int kube_remote_end(struct kube_remote *remote, struct fail *why)
{
	int status;

	if (remote->pid == 0)
		return fail_set(why, FAIL_TOOL, "the session was not started");
	frame_put(&remote->writer, FRAME_BYE, 0, NULL, 0);
	if (remote->fds[0] != FD_NONE)
		frame_writer_flush(&remote->writer, remote->fds[0]);
	fd_close(&remote->fds[0]);
	end_kubectl(remote);
	status = explain(remote, why);
	fd_close(&remote->fds[1]);
	fd_close(&remote->fds[2]);
	for (int i = 0; i < FRAME_STREAM_COUNT; i++)
		frame_flow_free(&remote->output[i]);
	frame_writer_free(&remote->writer);
	free(remote->reader);
	remote->reader = NULL;
	return status;
}
