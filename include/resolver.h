/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The resolver process: asks a container engine about a name, with no privilege at all. */
#ifndef DEBUG_RESOLVER_H
#define DEBUG_RESOLVER_H

#include "fail.h"
#include "target.h"

/* Asks Docker for the container `name` (a name, an id or a unique prefix of one).  Runs a child
 * that becomes nobody under a seccomp filter before it reads a byte; at most five seconds.
 * Fills *seen, or returns -1 with *why set: the sentence then names close or ambiguous matches. */
int resolver_ask_docker(struct sighting *seen, const char *name, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

#endif
