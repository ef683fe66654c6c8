/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records are put whole or not at all; if one did not fit, the last says so. */
#include "configured.h"

#include <inttypes.h>
#include <stdio.h>

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

/* In both the environment is last: it alone is ever so large that it does not fit. */
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

	seen->configured_size = 0;
	finish(seen, put_settings(seen, settings, sizeof(settings) / sizeof(settings[0]), config));
}

void configured_from_process(struct sighting *seen, const json_t *process)
{
	static const struct setting settings[] = {
		{ "entrypoint", "args" },
		{ "workdir", "cwd" },
		{ "env", "env" },
	};
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
	finish(seen,
	       put_settings(seen, settings, sizeof(settings) / sizeof(settings[0]), process) && is_whole);
}
