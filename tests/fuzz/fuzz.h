/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the harnesses share.  Each is one file, has LLVMFuzzerTestOneInput, and is run by libFuzzer. */
#ifndef DEBUG_FUZZ_H
#define DEBUG_FUZZ_H

#include "clock.h"
#include "text.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must never be, whatever the input. */
#define FUZZ_CHECK(condition)     \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

enum { FUZZ_SECOND_MS = 1000 };

/* A terminated copy, on the heap so that a read behind it is noticed; the caller frees. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	FUZZ_CHECK(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

/* A connected socket on which that has been answered already, and nothing will be; FD_NONE if it does not
 * fit. */
static inline int fuzz_answer(const uint8_t *data, size_t size, int *peer_fd)
{
	const int room = 1 << 20;
	int pair[2];

	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	(void)setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (send(pair[1], data, size, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)size && size > 0) {
		(void)close(pair[0]);
		(void)close(pair[1]);
		return -1;
	}
	(void)shutdown(pair[1], SHUT_WR);
	*peer_fd = pair[1];
	return pair[0];
}

#endif
