/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layers of an image, laid one over the other in one directory. */
#ifndef DEBUG_PLACE_H
#define DEBUG_PLACE_H

#include "fail.h"
#include "stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* A directory's time is set when everything is in it. */
struct place_time {
	char *path; /* owned */
	struct timespec time;
};

struct place {
	int root_fd; /* lent */
	struct place_time *times;
	size_t time_count, time_capacity;
};

/* Lays the layer, a tar archive, over what is there. */
int place_layer(struct place *place, const struct extent *layer, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* After the last layer. */
void place_end(struct place *place) __attribute__((nonnull));

/* "./a//b/" becomes "a/b", in place.  False if it has a component "..". */
bool place_clean_name(char *name) __attribute__((nonnull, warn_unused_result));

#endif
