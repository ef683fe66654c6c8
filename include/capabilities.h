/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capabilities by the names that people write (capabilities(7)); sets are masks with one bit for each. */
#ifndef DEBUG_CAPABILITIES_H
#define DEBUG_CAPABILITIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAPABILITY_BIT(capability) (UINT64_C(1) << (capability))

enum { CAPABILITY_NAMES_MAX = 1024 };

/* All that this program knows. */
extern const uint64_t capability_all;

/* "NET_ADMIN", "cap_net_admin", "ALL", or several with commas, added to *set.  False if one is unknown. */
bool capability_parse(uint64_t *set, const char *names) __attribute__((nonnull, warn_unused_result));

/* "net_admin sys_ptrace", or "none"; always terminated. */
const char *capability_list(uint64_t set, char *out, size_t capacity) __attribute__((nonnull));

/* What to say when `command` failed in a process that has `held`: a sentence, if that is a tool which needs a
 * capability beyond these; else false. */
bool capability_explain(char *out, size_t capacity, const char *command, uint64_t held)
    __attribute__((nonnull, warn_unused_result));

#endif
