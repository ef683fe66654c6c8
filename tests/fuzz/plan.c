/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan on its way to the joiner. */
#include "fuzz.h"

#include "plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = malloc(size > 0 ? size : 1);
	static struct plan plan;
	const uint32_t version = WIRE_VERSION;
	struct wire_reader reader = { .bytes = bytes, .size = size };

	FUZZ_CHECK(bytes != NULL);
	if (size > 0)
		memcpy(bytes, data, size);
	if (size >= sizeof(version))
		memcpy(bytes, &version, sizeof(version));
	memset(&plan, 0, sizeof(plan));
	if (plan_get(&plan, &reader) == 0) {
		static char text[1 << 16];

		plan_describe(&plan, text, sizeof(text));
		FUZZ_CHECK(plan.command[plan.numbers.command_count] == NULL);
	}
	free((void *)plan.environment);
	free((void *)plan.command);
	free(bytes);
	return 0;
}
