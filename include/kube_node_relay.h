/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the two halves of debug-node's relay: what a session is, and how `debug` is started for it. */
#ifndef DEBUG_KUBE_NODE_RELAY_H
#define DEBUG_KUBE_NODE_RELAY_H

#include "fail.h"
#include "kube_frames.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { NODE_WORDS_MAX = 32768, NODE_ARGV_MAX = NODE_WORDS_MAX + 8 };

struct node_output {
	int fd;
	uint32_t credit; /* how many bytes may be sent */
	bool is_over;	 /* and its end was said */
};

struct node_relay {
	struct frame_reader reader;
	struct frame_writer writer;
	struct frame_flow input;
	int input_fd; /* of `debug`: a pipe, or the terminal's master */
	struct node_output outputs[FRAME_STREAM_COUNT];
	struct frame_start start;
	char *words[NODE_WORDS_MAX]; /* options, then the command; owned */
	size_t word_count, option_count;
	char *target;
	pid_t child;
	int child_fd; /* pidfd */
	int status;
	bool is_started, has_ended, is_lost, is_left;
	bool is_paused;
	int64_t heard_ms, said_ms, leave_ms;
};

/* A word of debug's command line, as it was sent.  -1 with *why set if it can be none. */
int node_add_word(struct node_relay *relay, const struct frame *frame, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Starts `debug` with a terminal or with pipes. */
int node_start(struct node_relay *relay, const struct frame *frame, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

void node_set_size(const struct node_relay *relay, uint16_t rows, uint16_t columns) __attribute__((nonnull));

#endif
