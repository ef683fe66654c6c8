/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What crosses a process boundary: small fixed messages with descriptors, and sealed memory. */
#ifndef DEBUG_WIRE_H
#define DEBUG_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Raised whenever a structure that crosses a boundary changes. */
enum { WIRE_VERSION = 10, WIRE_FDS_MAX = 16 };

/* A connected SOCK_SEQPACKET pair, close-on-exec.  -1 with errno set on failure. */
int wire_pair(int pair[2]) __attribute__((nonnull, warn_unused_result));

/* Sends one message whole.  Descriptors stay the caller's.  -1 with errno set on failure; a peer
 * that is gone gives EPIPE, never a signal. */
int wire_send(int socket_fd, const void *message, size_t size, const int *fds, size_t fd_count)
    __attribute__((nonnull(2)));

/* The same, but gives up with EAGAIN at the deadline (clock.h) if the peer does not take what there is. */
int wire_send_by(int socket_fd, const void *message, size_t size, const int *fds, size_t fd_count,
		 int64_t deadline_ms) __attribute__((nonnull(2)));

/* Receives one message.  Returns its size, 0 at end of file, -1 with errno set.  Descriptors that
 * came along are put in fds[0 .. *fd_count) and are the caller's; more than `fd_capacity` or a
 * message larger than `capacity` is EBADMSG and nothing is kept. */
ssize_t wire_receive(int socket_fd, void *message, size_t capacity, int *fds, size_t fd_capacity,
		     size_t *fd_count) __attribute__((nonnull(2, 6), warn_unused_result));

/* Strings and bytes in order, built in memory and handed over as a sealed memfd.  The reader maps
 * it, so nothing is copied, and the seals guarantee that the sender cannot change it afterwards
 * (memfd_create(2), file sealing). */
struct wire_writer {
	char *bytes; /* owned */
	size_t size;
	size_t capacity;
	bool is_failed; /* memory ran out; wire_seal will say so */
};

void wire_put(struct wire_writer *writer, const void *bytes, size_t size) __attribute__((nonnull(1)));
void wire_put_string(struct wire_writer *writer, const char *string) __attribute__((nonnull(1)));

/* Makes the sealed memfd, frees the writer's memory.  -1 with errno set on failure. */
int wire_seal(struct wire_writer *writer) __attribute__((nonnull, warn_unused_result));

struct wire_reader {
	const char *bytes; /* the mapping; stays valid until the process ends */
	size_t size;
	size_t offset;
};

/* Maps a sealed memfd of at most `most` bytes read-only; anything that is not sealed against
 * change is EBADMSG.  Returns -1 with errno set. */
int wire_map(struct wire_reader *reader, int memory_fd, size_t most)
    __attribute__((nonnull, warn_unused_result));

/* The next `size` bytes or string, or NULL if there are not that many.  Points into the mapping.
 * wire_get_string gives "" its own value; an absent string was put as NULL and comes back NULL
 * with *is_valid true. */
const void *wire_get(struct wire_reader *reader, size_t size) __attribute__((nonnull, warn_unused_result));
const char *wire_get_string(struct wire_reader *reader, bool *is_valid)
    __attribute__((nonnull, warn_unused_result));

/* The next `count` strings, none of them absent, in a new array that ends with NULL; the array is the
 * caller's, the strings are not.  NULL if they are not there, or memory ran out. */
const char **wire_get_strings(struct wire_reader *reader, size_t count)
    __attribute__((nonnull, warn_unused_result));

#endif
