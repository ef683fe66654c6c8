/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command in many containers: what is known of each, and how it is shown. */
#ifndef DEBUG_KUBE_FLEET_H
#define DEBUG_KUBE_FLEET_H

#include "kube_helper.h"
#include "kube_pod.h"
#include "kube_remote.h"
#include "kube_request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fleet_text {
	char *bytes; /* owned */
	size_t size;
	bool is_cut;
};

enum fleet_stage { STAGE_WAITS, STAGE_RUNS, STAGE_IS_DONE };

struct fleet_member {
	const struct kube_pod *pod;
	const struct kube_container *container;
	struct kube_remote remote;
	struct fleet_text output[FRAME_STREAM_COUNT]; /* a line that has not ended, or all of it */
	enum fleet_stage stage;
	bool may_enter_all; /* of its namespace */
	int status;
	struct fail why;
};

struct fleet {
	struct kubectl *kubectl;
	const struct kube_request *request;
	struct kube_pods pods;
	struct kube_helpers helpers;
	struct fleet_member *members; /* owned */
	size_t count, next, running, done, failed;
	bool has_progress;
	int killed_by;
	int64_t end_ms; /* until when sessions may take to end then */
};

/* What a member has said and was not taken yet: shown line by line, or kept until its end. */
void fleet_take_output(const struct fleet *fleet, struct fleet_member *member, uint8_t stream)
    __attribute__((nonnull));

/* All that is left to be shown of a member that is done; its output is freed. */
void fleet_show_end(const struct fleet *fleet, struct fleet_member *member) __attribute__((nonnull));

/* A line on the terminal that says how far it is, if there is one. */
void fleet_show_progress(const struct fleet *fleet) __attribute__((nonnull));
void fleet_clear_progress(const struct fleet *fleet) __attribute__((nonnull));

#endif
