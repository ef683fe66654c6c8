/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text and numbers that come from outside: encoded before print, parsed strictly. */
#ifndef DEBUG_TEXT_H
#define DEBUG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Encodes `size` foreign bytes into printable ASCII (vis(3): ESC becomes \033, and so on), cut to
 * fit.  Always NUL-terminates.  Returns `out`. */
const char *text_encode(char *out, size_t capacity, const void *bytes, size_t size) __attribute__((nonnull));

/* Whether a terminated string within `capacity` bytes has nothing but printable ASCII, as text_encode makes
 * it. */
bool text_is_encoded(const char *text, size_t capacity) __attribute__((nonnull, warn_unused_result));

/* A whole decimal number within [least, most], nothing around it: "+1", " 1", "0x1" and "1 " are
 * refused.  Returns false and leaves *number alone if it is not one. */
bool text_to_number(const char *text, int64_t least, int64_t most, int64_t *number)
    __attribute__((nonnull, warn_unused_result));

/* "5 s", "3 d": the largest unit that is not zero. */
void text_describe_age(char *out, size_t capacity, int64_t seconds) __attribute__((nonnull));

/* How many single-character edits or swaps of neighbours turn `a` into `b`, for names up to 128 bytes (longer
 * ones are never close).  For suggestions only. */
size_t text_distance(const char *a, const char *b) __attribute__((nonnull, warn_unused_result));

#endif
