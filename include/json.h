/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Foreign JSON, read strictly (jansson).  For the resolver process. */
#ifndef DEBUG_JSON_H
#define DEBUG_JSON_H

#include <jansson.h>
#include <stddef.h>

/* NULL if it is not one whole JSON text, or has a key twice.  The caller's, for json_decref. */
json_t *json_parse(const char *bytes, size_t size) __attribute__((nonnull, warn_unused_result));

/* The string at a key; NULL if there is none.  Belongs to the object. */
const char *json_text(const json_t *object, const char *key) __attribute__((nonnull(2)));

#endif
