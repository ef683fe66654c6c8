/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Containers of a cluster's pods, from anywhere: `kubectl sidecar`, and `debug pod://...` where it is not
 * local. */
#ifndef DEBUG_KUBE_H
#define DEBUG_KUBE_H

#include "fail.h"
#include "kube_request.h"
#include "kubectl.h"
#include "request.h"

#include <stdbool.h>

/* Whether this program was called as kubectl's plugin. */
bool kube_is_plugin(const char *name) __attribute__((nonnull, warn_unused_result));

/* The plugin's main: the exit status, or -1 with *why set. */
int kube_main(int argc, char *argv[], struct fail *why) __attribute__((nonnull, warn_unused_result));

/* A session with pod://..., that is not on this host: the same. */
int kube_attach(const struct request *request, int argc, char *argv[], struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* A command in every container of the pods that are selected. */
int kube_fleet(struct kubectl *kubectl, const struct kube_request *request, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* What is there, and what is missing; 0, 1 if a session would not work, or -1 with *why set. */
int kube_doctor(struct kubectl *kubectl, const struct kube_request *request, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

#endif
