/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debug.conf(5).  Nobody but those whom a rule names may come out of it with a right. */
#include "fuzz.h"

#include "policy.h"

static bool find(const char *name, uint32_t *id)
{
	*id = 1000;
	return strcmp(name, "alice") == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct policy_names names = { .find_user = find, .find_group = find };
	static struct sighting seen = { .runtime = TARGET_DOCKER, .name = "demo/web/app", .image = "nginx" };
	const struct caller stranger = { .uid = 4294967294U, .gid = 4294967294U };
	const struct caller alice = { .uid = 1000, .gid = 1000 };
	char *text = fuzz_text(data, size);
	struct policy policy;
	struct fail why = { 0 };

	if (policy_parse(&policy, "debug.conf", text, size, &names, &why) == 0) {
		FUZZ_CHECK(strstr(text, "4294967294") != NULL ||
			   policy_find(&policy, &stranger, &seen) == NULL);
		if (policy_find(&policy, &alice, &seen) != NULL)
			FUZZ_CHECK(policy_knows(&policy, &alice));
	} else {
		FUZZ_CHECK(why.status != FAIL_NONE && text_is_encoded(why.text, sizeof(why.text)));
	}
	policy_free(&policy);
	free(text);
	return 0;
}
