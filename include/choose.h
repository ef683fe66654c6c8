/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which image of an archive is meant, and what it is made of. */
#ifndef DEBUG_CHOOSE_H
#define DEBUG_CHOOSE_H

#include "archive.h"
#include "fail.h"

#include <jansson.h>
#include <stddef.h>

enum { CHOSEN_LAYERS_MAX = 500 };

struct chosen {
	char name[256]; /* encoded for print; "" if it has none */
	json_t *config; /* owned; the image's configuration */
	size_t layer_count;
	struct extent layers[CHOSEN_LAYERS_MAX]; /* owned; the lowest first */
};

/* `asked` is a name or tag, or "" if there should be one only.  On failure nothing is kept. */
int choose(struct chosen *chosen, const struct archive *archive, const char *asked, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

void chosen_close(struct chosen *chosen) __attribute__((nonnull));

#endif
