/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deadlines on the monotonic clock, in milliseconds; a clock that is set does not move them. */
#ifndef DEBUG_CLOCK_H
#define DEBUG_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Milliseconds since an arbitrary start. */
int64_t clock_now_ms(void);

/* What is left until `deadline_ms`, never negative, fit for poll(2). */
int clock_left_ms(int64_t deadline_ms);

/* Waits until `fd` has one of `events` (poll(2)), hangs up, or the deadline passes.  True if the
 * descriptor is ready. */
bool clock_wait(int fd, short events, int64_t deadline_ms);

#endif
