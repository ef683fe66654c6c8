/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `debug doctor [TARGET]`: what works on this host and for this target, and why not.  The helper checks
 * and `debug` shows; nothing of the host or the target is changed. */
#ifndef DEBUG_DOCTOR_H
#define DEBUG_DOCTOR_H

#include "caller.h"
#include "fail.h"
#include "request.h"
#include "talk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { DOCTOR_CHECKS_MAX = 192 };

struct doctor_report {
	struct doctor_check checks[DOCTOR_CHECKS_MAX];
	size_t count;
	const char *target; /* or NULL; as the user wrote it */
};

/* The helper's side: checks, with whatever rights it has, and replies on TALK_FD.  -1 with *why set. */
int doctor_serve(const struct request *request, const struct caller *caller, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* The front's side: sends the request, collects the answers, and shows them.  `talk_fd` is FD_NONE if there
 * is no helper, and *no_helper says why.  An exit status, 0 if a session would work, 1 if not; or -1 with
 * *why set. */
int doctor_ask(struct request *request, int talk_fd, const struct fail *no_helper, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* The state of the whole, and the sentence that says it. */
enum doctor_state doctor_judge(const struct doctor_report *report, char *sentence, size_t capacity)
    __attribute__((nonnull));

/* For people, in lines of at most `columns`; and as one JSON object. */
void doctor_show(const struct doctor_report *report, unsigned int columns, FILE *out)
    __attribute__((nonnull));
void doctor_show_json(const struct doctor_report *report, FILE *out) __attribute__((nonnull));

#endif
