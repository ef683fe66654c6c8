/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The root of a session whose target does not run: an overlay of its layers that forgets what changes. */
#ifndef DEBUG_LAYERS_H
#define DEBUG_LAYERS_H

#include "fail.h"
#include "target.h"

/* A detached mount, owned by the caller; -1 with *why set. */
int layers_mount(const struct target *target, struct fail *why) __attribute__((nonnull, warn_unused_result));

#endif
