/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `debug toolbox VERB`: what is in the toolbox, and what a user adds to it; no target is involved. */
#ifndef DEBUG_TOOLBOX_COMMAND_H
#define DEBUG_TOOLBOX_COMMAND_H

#include "fail.h"
#include "request.h"
#include "talk.h"

/* The helper's side: does it and replies on TALK_FD.  `fds` are what came with the request: standard
 * output and error, and the files to read packages from or to write an image to; all stay the caller's.
 * -1 with *why set. */
int toolbox_command_serve(const struct request *request, const int *fds, size_t fd_count, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* The front's side: sends the request over `talk_fd`, waits, and shows the answer.  An exit status, or -1
 * with *why set. */
int toolbox_command_ask(struct request *request, int talk_fd, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Shows what REPLY_TOOLBOX brought; `directory_fd` stays the caller's.  0, or
 * -1 with *why set. */
int toolbox_command_show(const struct request *request, const struct toolbox_facts *facts, int directory_fd,
			 struct fail *why) __attribute__((nonnull, warn_unused_result));

#endif
