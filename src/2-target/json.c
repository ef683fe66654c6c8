/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parsers of engines' words share. */
#include "json.h"

json_t *json_parse(const char *bytes, size_t size)
{
	json_error_t error;

	return json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
}

const char *json_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}
