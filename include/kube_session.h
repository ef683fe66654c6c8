/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One session on a node, with the caller's terminal or streams. */
#ifndef DEBUG_KUBE_SESSION_H
#define DEBUG_KUBE_SESSION_H

#include "kube_remote.h"
#include "record_cast.h"

/* Until it is over.  `record` is of what the terminal shows; not ours to close.  The exit status, 128+n if
 * signal n ended us, or -1 with *why set. */
int kube_session(struct kubectl *kubectl, const struct kube_place *place, const struct kube_words *words,
		 const struct frame_start *start, struct record_cast *record, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

#endif
