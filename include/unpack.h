/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An image in a file, unpacked into memory by a program that can reach nothing else.
 *
 *   debug-helper                        debug-unpack: no host, no network, five capabilities
 *   archive, empty tmpfs, exec ───────►  /source, read-only     /image, where it unpacks
 *                                     ◄  the mount of /image, before it begins
 *                                     ◄  struct unpack_answer
 */
#ifndef DEBUG_UNPACK_H
#define DEBUG_UNPACK_H

#include "fail.h"
#include "sighting.h"

#include <stdint.h>

#define UNPACK_SOURCE "/source"
#define UNPACK_IMAGE "/image"

/* The descriptor on which debug-unpack finds the socket. */
enum { UNPACK_ANSWER_FD = 3 };

struct unpack_answer {
	uint32_t version;
	struct fail why;
	uint32_t configured_size;
	char image[256]; /* its name, encoded for print, or "" */
	char configured[SIGHTING_CONFIGURED_MAX];
};

/* `source_fd` is an archive or the directory of an OCI layout; `image` the one that is asked for, or NULL.
 * Fills seen->image and seen->configured, and returns a detached mount that is the caller's, or -1 with *why
 * set.  Gives up if the peer of `caller_fd` goes. */
int unpack(struct sighting *seen, int source_fd, const char *image, int caller_fd, struct fail *why)
    __attribute__((nonnull(1, 5), warn_unused_result));

#endif
