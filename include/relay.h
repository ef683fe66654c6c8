/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Moves bytes between the caller's streams and the session's, until the session has ended. */
#ifndef DEBUG_RELAY_H
#define DEBUG_RELAY_H

#include "fail.h"
#include "record_cast.h"
#include "talk.h"

#include <stdbool.h>
#include <stdint.h>

/* What the relay works with; all descriptors are the caller's to close, but those that become
 * FD_NONE were closed here. */
struct relay {
	int talk_fd;		    /* SOCK_SEQPACKET to the helper */
	int signal_fd;		    /* signalfd, non-blocking, of relay_block_signals */
	int master_fd;		    /* the session's terminal, or FD_NONE */
	int input_fd;		    /* without terminal: write end of the session's 0 */
	int output_fd[2];	    /* without terminal: read ends of its 1 and 2 */
	bool is_started;	    /* there is a session */
	bool is_absent;		    /* the first reply was REPLY_ABSENT */
	bool is_over;		    /* `last` is valid */
	int killed_by;		    /* a signal told `debug` to end, or 0 */
	int64_t give_up_ms;	    /* until when it waits for the helper then */
	struct reply last;	    /* REPLY_FAILED or REPLY_ENDED */
	struct record_cast *record; /* of the terminal; not ours to close */
};

/* Blocks the signals that a relay handles and returns a signalfd for them; -1 with *why set. */
int relay_block_signals(struct fail *why) __attribute__((nonnull, warn_unused_result));

/* Both return when the session is over and its output has been passed on, or when the helper is
 * gone (-1 with *why set). */
int relay_terminal(struct relay *relay, struct fail *why) __attribute__((nonnull, warn_unused_result));
int relay_streams(struct relay *relay, struct fail *why) __attribute__((nonnull, warn_unused_result));

/* For both: reads one message of the helper, and all pending signals. */
int relay_take_reply(struct relay *relay, struct fail *why) __attribute__((nonnull, warn_unused_result));
void relay_take_signals(struct relay *relay, bool *is_resized, bool *is_stopped) __attribute__((nonnull));

/* How long poll(2) may wait for the helper, and -1 with *why set when that is over. */
int relay_time_left(const struct relay *relay) __attribute__((nonnull, warn_unused_result));
int relay_check_time(const struct relay *relay, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Before the session: the signal that ends `debug`, or 0 if all that came means nothing yet. */
int relay_take_ending(const struct relay *relay) __attribute__((nonnull, warn_unused_result));

/* Ends the session, as if this signal had told us to. */
void relay_end(struct relay *relay, int signal) __attribute__((nonnull));

#endif
