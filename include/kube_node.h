/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The node's side of a session that comes through Kubernetes: debug-node, between `kubectl exec` and `debug`.
 */
#ifndef DEBUG_KUBE_NODE_H
#define DEBUG_KUBE_NODE_H

#include "fail.h"

/* Where debug-node shows its own files, in the mount namespace in which `debug` runs. */
#define NODE_ROOT "/run/debug-node"

/* Speaks frames on 0 and 1, runs NODE_ROOT/bin/debug for `target`, and returns the exit status. */
int node_relay(const char *target) __attribute__((nonnull));

/* "containerd://ID", "pod://NAMESPACE/POD/CONTAINER" and their like, and nothing that is a path or an option.
 */
int node_check_target(const char *target, struct fail *why) __attribute__((nonnull, warn_unused_result));

#endif
