/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Targets that are files of the caller's and need no engine. */
#ifndef DEBUG_FILES_H
#define DEBUG_FILES_H

#include "fail.h"
#include "request.h"
#include "target.h"

/* `file_fd` is what request->target names, opened with the caller's rights: the root directory of a system,
 * an image as an archive, or an OCI layout.  It stays the caller's.  `caller_fd`: see unpack.h.  As
 * target_find. */
int files_find(struct target *target, const struct request *request, int file_fd, int caller_fd,
	       struct fail *why) __attribute__((nonnull, warn_unused_result));

#endif
