/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-target/resolver.c"

#include "unit.h"

#include <unistd.h>

enum { BOMB_SIZE = EVIDENCE_FILE_MAX };

/* "[{},{},...]": eighty times as large when it is parsed. */
static char *make_bomb(void)
{
	char *bytes = malloc(BOMB_SIZE + 1);
	size_t used = 1;

	assert_non_null(bytes);
	bytes[0] = '[';
	for (; used + 4 < BOMB_SIZE; used += 3)
		memcpy(bytes + used, "{},", 3);
	memcpy(bytes + used - 1, "]", 2);
	return bytes;
}

/* A user's file that is more than the resolver can bear costs nobody but users. */
static void finds_the_systems_beside_a_users_bomb(void **state)
{
	static const char text[] = "{\"annotations\":{\"nerdctl/name\":\"web\"}}";
	char *bomb = make_bomb();
	struct evidence pieces[] = {
		{ .kind = EVIDENCE_BUNDLE,
		  .runtime = TARGET_CONTAINERD,
		  .owner = 1000,
		  .id = "a",
		  .bytes = bomb },
		{ .kind = EVIDENCE_BUNDLE,
		  .runtime = TARGET_CONTAINERD,
		  .pid = 8,
		  .id = "b",
		  .bytes = strdup(text),
		  .size = sizeof(text) - 1 },
	};
	struct evidence_list list = { .all = pieces, .count = 2, .users_count = 1 };
	const struct query query = { .runtimes = ~0U, .name = "web" };
	const struct engines none = { 0 };
	struct findings findings = { 0 };
	struct fail why = { 0 };

	(void)state;
	pieces[0].size = strlen(bomb);
	if (getuid() != 0 || unit_has_address_sanitizer()) {
		print_message("needs root, who may become nobody, and no address sanitizer\n");
		skip();
	}
	assert_int_equal(ask(&findings, QUESTION_CONTAINERS, &query, &list, &none, &why), 0);
	assert_int_equal(findings.count, 1);
	assert_int_equal(findings.all[0].pid, 8);
	assert_int_equal(why.status, FAIL_NONE);
	findings_free(&findings);
	/* The system's own is no user's to lose. */
	pieces[0].owner = 0;
	list.users_count = 0;
	assert_int_equal(ask(&findings, QUESTION_CONTAINERS, &query, &list, &none, &why), -1);
	assert_failed(why, FAIL_TOOL, "the resolver process ended without an answer");
	findings_free(&findings);
	free(bomb);
	free(pieces[1].bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_systems_beside_a_users_bomb),
	};

	return cmocka_run_group_tests_name("resolver", tests, NULL, NULL);
}
