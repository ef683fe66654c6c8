/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every wait in the project goes through a deadline made here. */
#include "clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>

int64_t clock_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int clock_left_ms(int64_t deadline_ms)
{
	int64_t left = deadline_ms - clock_now_ms();

	if (left < 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

bool clock_wait(int fd, short events, int64_t deadline_ms)
{
	struct pollfd waited = { .fd = fd, .events = events };
	int ready;

	do {
		ready = poll(&waited, 1, clock_left_ms(deadline_ms));
	} while (ready < 0 && errno == EINTR);
	return ready > 0;
}
