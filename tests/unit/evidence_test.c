/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-target/evidence.c"

#include "unit.h"

static bool add(struct evidence_list *list, uint32_t owner, size_t size)
{
	const struct evidence item = { .owner = owner };
	const size_t before = list->count;
	struct fail why = { 0 };
	char *bytes = malloc(size + 1);

	assert_non_null(bytes);
	assert_int_equal(evidence_adopt(list, &item, bytes, size, &why), 0);
	return list->count > before;
}

/* Whatever users keep, of how many there are, or how much. */
static void users_leave_room_for_the_system(void **state)
{
	struct evidence_list list = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_MAX; i++)
		assert_int_equal(add(&list, 1000 + (uint32_t)(i % 3), 1), i < COUNT_MAX / 2);
	assert_true(list.is_truncated);
	for (size_t i = 0; i < COUNT_MAX / 2; i++)
		assert_true(add(&list, 0, 1));
	assert_false(add(&list, 0, 1));
	evidence_free(&list);
	assert_true(add(&list, 1000, TOTAL_MAX / 2));
	assert_false(add(&list, 1001, 1));
	assert_true(add(&list, 0, TOTAL_MAX / 2));
	assert_false(add(&list, 0, 1));
	evidence_free(&list);
	assert_int_equal(list.users_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_leave_room_for_the_system),
	};

	return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}
