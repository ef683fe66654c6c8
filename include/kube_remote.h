/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session on a node, as seen from here: `kubectl exec` with frames on its streams. */
#ifndef DEBUG_KUBE_REMOTE_H
#define DEBUG_KUBE_REMOTE_H

#include "fail.h"
#include "kube_frames.h"
#include "kubectl.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { REMOTE_FDS = 3 };

struct kube_remote {
	pid_t pid;		     /* of kubectl; 0 when it has ended */
	int fds[3];		     /* pipes to its streams; owned */
	struct frame_reader *reader; /* owned */
	struct frame_writer writer;
	struct frame_flow output[FRAME_STREAM_COUNT]; /* received, and not taken yet */
	uint32_t input_credit;			      /* how many bytes of input may be sent */
	bool is_ready, is_over, is_lost;
	int status;	 /* when it is over */
	struct fail why; /* if `debug` could not even be started there */
	struct kubectl_errors errors;
	int64_t heard_ms, said_ms;
};

/* Where a session is to be had. */
struct kube_place {
	const char *ns; /* of the helper pod */
	const char *pod;
	const char *label;  /* NAMESPACE/POD/CONTAINER, for the audit trail of the API server */
	const char *target; /* for `debug` on the node */
};

struct kube_words {
	const char *const *options; /* of debug; each begins with `-` and has its value attached */
	size_t option_count;
	const char *const *command;
	size_t command_count;
};

/* Starts kubectl and says what is wanted; the answer is awaited by the loop.  On failure nothing is left. */
int kube_remote_start(struct kube_remote *remote, const struct kubectl *kubectl,
		      const struct kube_place *place, const struct kube_words *words,
		      const struct frame_start *start, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* For poll(2): what is waited for; and then what has come is dealt with.  Output is for the caller to take.
 */
void kube_remote_prepare(const struct kube_remote *remote, struct pollfd waited[REMOTE_FDS])
    __attribute__((nonnull));
void kube_remote_handle(struct kube_remote *remote, const struct pollfd waited[REMOTE_FDS])
    __attribute__((nonnull));

/* `size` bytes of a stream were taken: as many more may come. */
void kube_remote_taken(struct kube_remote *remote, uint8_t stream, size_t size) __attribute__((nonnull));

/* Whether there is nothing more to come: it is over, or lost, and its output was taken. */
bool kube_remote_is_done(const struct kube_remote *remote) __attribute__((nonnull, warn_unused_result));

/* Says goodbye, ends kubectl, and forgets all.  The exit status; -1 with *why set if there was no session, or
 * the connection was lost. */
int kube_remote_end(struct kube_remote *remote, struct fail *why) __attribute__((nonnull));

#endif
