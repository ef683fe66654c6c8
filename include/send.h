/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the front sends to the helper to begin with. */
#ifndef DEBUG_SEND_H
#define DEBUG_SEND_H

#include "fail.h"
#include "relay.h"
#include "request.h"

#include <stdbool.h>

/* Files of the caller's that a request names. */
struct send_files {
	int target_fd;	/* the image or directory to look into, or FD_NONE */
	int receipt_fd; /* where the receipt goes, or FD_NONE */
};

/* Opens them with the caller's rights.  -1 with *why set, and none is open then; else the caller ends with
 * send_close. */
int send_open(struct send_files *files, struct request *request, struct fail *why)
    __attribute__((nonnull, warn_unused_result));
void send_close(struct send_files *files) __attribute__((nonnull));

/* Sends the request with them over relay->talk_fd, and puts the near ends of the session's pipes into *relay.
 * -1 with *why set. */
int send_request(struct relay *relay, const struct request *request, const struct send_files *files,
		 struct fail *why) __attribute__((nonnull, warn_unused_result));

/* Whether standard output and standard error are one open file, as under `2>&1`. */
bool send_is_one_output(void) __attribute__((warn_unused_result));

#endif
