/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The toolbox image: found beside the helper, verified, mounted once per host, cloned per session. */
#ifndef DEBUG_TOOLBOX_H
#define DEBUG_TOOLBOX_H

#include "fail.h"

/* A detached, read-only, nosuid, nodev mount of the toolbox, owned by the caller; it disappears
 * with its last descriptor or namespace.  `target_proc_fd` is the target's /proc directory: the
 * shared mount is not made where the target would see it appear.  -1 with *why set. */
int toolbox_open(int target_proc_fd, struct fail *why) __attribute__((warn_unused_result, nonnull));

#endif
