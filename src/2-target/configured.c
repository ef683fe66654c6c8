/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records are put whole or not at all; if one did not fit, the last says so. */
#include "configured.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LABEL_MAX = 8 << 10 };

/* A key of the records, and the member of the JSON that it is made from. */
struct setting {
	const char *key;
	const char *member;
};

/* A string, or a list of strings; null and anything else means that it is not set. */
static bool put_setting(struct sighting *seen, const char *key, const json_t *value)
{
	bool is_whole = true;
	size_t i;
	json_t *item;

	if (json_is_string(value))
		return sighting_put(seen, key, json_string_value(value));
	json_array_foreach(value, i, item)
	{
		if (json_is_string(item) && !sighting_put(seen, key, json_string_value(item)))
			is_whole = false;
	}
	return is_whole;
}

static bool put_settings(struct sighting *seen, const struct setting *settings, size_t count,
			 const json_t *object)
{
	bool is_whole = true;

	for (size_t i = 0; i < count; i++) {
		if (!put_setting(seen, settings[i].key, json_object_get(object, settings[i].member)))
			is_whole = false;
	}
	return is_whole;
}

static void finish(struct sighting *seen, bool is_whole)
{
	if (!is_whole)
		sighting_mark_incomplete(seen);
}

/* A key cannot hold a `=`, or it would pass for another with another value. */
static bool put_labels(struct sighting *seen, json_t *labels)
{
	char record[LABEL_MAX];
	bool is_whole = true;
	const char *key;
	json_t *value;

	json_object_foreach(labels, key, value)
	{
		int size;

		if (!json_is_string(value) || strchr(key, '=') != NULL)
			continue;
		size = snprintf(record, sizeof(record), "%s=%s", key, json_string_value(value));
		if (size < 0 || (size_t)size >= sizeof(record) || !sighting_put(seen, "label", record))
			is_whole = false;
	}
	seen->has_labels = true;
	return is_whole;
}

/* In both, the environment and the labels are last: they alone are ever so large that they do not fit. */
void configured_from_image(struct sighting *seen, const json_t *config)
{
	static const struct setting settings[] = {
		{ "entrypoint", "Entrypoint" },
		{ "cmd", "Cmd" },
		{ "user", "User" },
		{ "workdir", "WorkingDir" },
		{ "stopsignal", "StopSignal" },
		{ "env", "Env" },
	};
	bool is_whole;

	seen->configured_size = 0;
	is_whole = put_settings(seen, settings, sizeof(settings) / sizeof(settings[0]), config);
	finish(seen, put_labels(seen, json_object_get(config, "Labels")) && is_whole);
}

void configured_from_spec(struct sighting *seen, const json_t *spec)
{
	static const struct setting settings[] = {
		{ "entrypoint", "args" },
		{ "workdir", "cwd" },
		{ "env", "env" },
	};
	const json_t *process = json_object_get(spec, "process");
	const json_t *user = json_object_get(process, "user");
	const json_t *uid = json_object_get(user, "uid");
	const json_t *gid = json_object_get(user, "gid");
	char ids[48];
	bool is_whole = true;

	seen->configured_size = 0;
	if (json_is_integer(uid) && json_is_integer(gid)) {
		(void)snprintf(ids, sizeof(ids), "%" JSON_INTEGER_FORMAT ":%" JSON_INTEGER_FORMAT,
			       json_integer_value(uid), json_integer_value(gid));
		is_whole = sighting_put(seen, "user", ids);
	}
	if (!put_settings(seen, settings, sizeof(settings) / sizeof(settings[0]), process))
		is_whole = false;
	finish(seen, put_labels(seen, json_object_get(spec, "annotations")) && is_whole);
}
