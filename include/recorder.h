/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session that the policy wants recorded: its streams lead through a process of the helper's, which keeps
 * what passes in an asciicast v2 file of root's. */
#ifndef DEBUG_RECORDER_H
#define DEBUG_RECORDER_H

#include "fail.h"
#include "record_cast.h"
#include "sandbox.h"
#include "target.h"

#include <stdbool.h>
#include <stdint.h>

enum { RECORDER_STREAMS = 3 };

/* All descriptors are owned.  Zero is not a valid one: recorder_clear. */
struct recorder {
	char name[64];	  /* of the file below AUDIT_DIRECTORY; "" if nothing is recorded */
	int directory_fd; /* where that is, as long as the file can be taken back */
	int file_fd;
	/* Of each stream the caller's end and the session's, or of its terminal the slave side that the
	 * caller has the master of, and the master of the session's. */
	int outer_fd[RECORDER_STREAMS], inner_fd[RECORDER_STREAMS];
	struct sandbox process; /* pid 0: not running; answer_fd: it has something to say, or has ended */
	bool has_terminal;
};

void recorder_clear(struct recorder *recorder) __attribute__((nonnull));

/* Makes the file and, without a terminal, pipes: those for the session then are in `standard`, whose
 * descriptors were the caller's ends.  `session` and `uid` give the file its name.  -1 with *why set. */
int recorder_prepare(struct recorder *recorder, uint64_t session, uint32_t uid, bool has_terminal,
		     int standard[RECORDER_STREAMS], struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Starts it.  `terminal_fd` is the master side of the session's terminal, for which another is put that the
 * caller may have; or FD_NONE.  -1 with *why set. */
int recorder_start(struct recorder *recorder, int *terminal_fd, const struct record_header *header,
		   struct fail *why) __attribute__((nonnull, warn_unused_result));

/* What process.answer_fd has: 0 if the session's streams have ended and everything is written, -1 with *why
 * set if the recording could not go on. */
int recorder_take_report(struct recorder *recorder, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* After the session: waits until the caller has taken what was written, or has gone (`caller_fd` hangs up),
 * and ends the recorder.  -1 with *why set if the recording is not whole. */
int recorder_end(struct recorder *recorder, int caller_fd, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Closes all that is still open.  If it was not started, nothing is left of the recording, and the caller's
 * ends are in `standard` again. */
void recorder_discard(struct recorder *recorder, int standard[RECORDER_STREAMS]) __attribute__((nonnull));

/* The recorder's own part: moves bytes until the session's streams have ended. */
enum record_relay_fd {
	RECORD_RELAY_OUTER, /* RECORDER_STREAMS of them; with a terminal the first alone */
	RECORD_RELAY_INNER = RECORD_RELAY_OUTER + RECORDER_STREAMS,
	RECORD_RELAY_SIGNALS = RECORD_RELAY_INNER + RECORDER_STREAMS, /* signalfd for SIGWINCH, or FD_NONE */
};

struct record_relay {
	int fd[RECORD_RELAY_SIGNALS + 1]; /* those that become FD_NONE were closed */
	bool has_terminal;
	struct record_cast *record;
};

/* 0, or -1 if the recording could not go on: record->error says why. */
int record_relay_run(struct record_relay *relay) __attribute__((nonnull, warn_unused_result));

#endif
