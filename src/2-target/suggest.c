/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that are spelled like the one that was asked for. */
#include "suggest.h"

#include "text.h"

#include <bsd/string.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* In the same pod. */
static bool is_beside(const char *asked, const char *name)
{
	const char *slash = strrchr(asked, '/');

	return slash != NULL && strncmp(asked, name, (size_t)(slash - asked) + 1) == 0;
}

static size_t closeness(const char *asked, const char *name)
{
	const size_t limit = strlen(asked) / 3;
	const char *last = strrchr(name, '/');
	size_t distance = text_distance(asked, name);

	if (strcasestr(name, asked) != NULL || is_beside(asked, name))
		return 1;
	if (last != NULL && text_distance(asked, last + 1) < distance)
		distance = text_distance(asked, last + 1);
	return distance <= limit ? distance : SIZE_MAX;
}

void suggest_add(void *context, const struct sighting *seen)
{
	struct suggestions *suggestions = context;
	struct suggestion *best = suggestions->best;
	const size_t distance = closeness(suggestions->asked, seen->name);
	size_t at = suggestions->count;

	if (distance == SIZE_MAX)
		return;
	for (size_t i = 0; i < suggestions->count; i++)
		if (strcmp(best[i].name, seen->name) == 0)
			return;
	while (at > 0 && best[at - 1].distance > distance)
		at--;
	if (at >= SUGGESTIONS_MAX)
		return;
	if (suggestions->count < SUGGESTIONS_MAX)
		suggestions->count++;
	memmove(&best[at + 1], &best[at], (suggestions->count - at - 1) * sizeof(best[0]));
	best[at].distance = distance;
	(void)strlcpy(best[at].name, seen->name, sizeof(best[at].name));
}

void suggest_explain(const struct suggestions *suggestions, struct fail *why)
{
	char names[SUGGESTIONS_MAX * (SUGGESTION_LENGTH_MAX + 4)];
	size_t used = 0;

	if (suggestions->count == 0) {
		(void)fail_set(why, FAIL_TOOL,
			       "no container is named `%s`, and no image; `debug ls -a` lists what there is",
			       suggestions->asked);
		return;
	}
	for (size_t i = 0; i < suggestions->count; i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s`%s`", i == 0 ? "" : ", ",
					 suggestions->best[i].name);
	(void)fail_set(why, FAIL_TOOL, "no container is named `%s`; did you mean %s?", suggestions->asked,
		       names);
}
