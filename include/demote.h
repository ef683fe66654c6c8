/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A privileged process's child that shall have no more rights than an ordinary user. */
#ifndef DEBUG_DEMOTE_H
#define DEBUG_DEMOTE_H

#include <stdbool.h>
#include <sys/types.h>

enum { DEMOTE_NOBODY = 65534 };

/* Makes the calling process, a child of `parent`, that user without any group but the one of the same number,
 * without capabilities and without a way back; undumpable, so that the user's other processes can signal it
 * but neither trace it nor read its memory and descriptors (ptrace(2)); killed when its parent ends.  False
 * if any step fails or the parent has ended: the caller must then end, as it may be half demoted. */
bool demote(uid_t uid, pid_t parent) __attribute__((warn_unused_result));

#endif
