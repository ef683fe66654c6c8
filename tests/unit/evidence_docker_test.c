/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-target/evidence_docker.c"

#include "unit_tree.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { SOMEBODY = 4711 };

static const struct query any = { .is_listing = true };

static void make_container(const char *id, const char *text, uid_t owner)
{
	char path[512];

	assert_true(snprintf(path, sizeof(path), "%s/%s", tree, id) > 0);
	assert_int_equal(mkdir(path, 0700), 0);
	unit_write(path, "config.v2.json", text, strlen(text));
	assert_int_equal(chown(path, owner, owner), 0);
	(void)strlcat(path, "/config.v2.json", sizeof(path));
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(chown(path, owner, owner), 0);
}

static struct evidence_list gather(uid_t owner)
{
	struct evidence_list list = { 0 };
	struct fail why = { 0 };
	int before = unit_count_fds();

	assert_int_equal(evidence_gather_docker(&list, &any, tree, owner, &why), 0);
	assert_int_equal(unit_count_fds(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	return list;
}

static void reads_the_systems(void **state)
{
	struct evidence_list list;

	(void)state;
	make_container("one", "{\"a\":1}", 0);
	list = gather(0);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.all[0].id, "one");
	assert_string_equal(list.all[0].place, tree);
	assert_string_equal(list.all[0].bytes, "{\"a\":1}");
	assert_int_equal(list.all[0].kind, EVIDENCE_DOCKER);
	evidence_free(&list);
}

static void reads_a_users_with_its_rights_alone(void **state)
{
	struct evidence_list list;

	(void)state;
	make_container("mine", "{}", SOMEBODY);
	/* The user may link to it, but not read it. */
	make_container("roots", "{}", 0);
	assert_int_equal(chown(tree, SOMEBODY, SOMEBODY), 0);
	list = gather(SOMEBODY);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.all[0].id, "mine");
	assert_int_equal(list.all[0].owner, SOMEBODY);
	assert_int_equal(list.all[0].size, 2);
	evidence_free(&list);
}

static void takes_no_directory_of_another_user(void **state)
{
	struct evidence_list list;

	(void)state;
	make_container("mine", "{}", SOMEBODY);
	assert_int_equal(chmod(tree, 0755), 0);
	assert_int_equal(chown(tree, SOMEBODY + 1, SOMEBODY), 0);
	list = gather(SOMEBODY);
	assert_int_equal(list.count, 0);
	evidence_free(&list);
}

/* What a child would never send; each must end the reading, and none may be kept. */
static void believes_no_record_that_is_wrong(void **state)
{
	static const struct {
		const char *id;
		size_t id_size;
		uint32_t size;
	} wrong[] = {
		{ "x", 2, EVIDENCE_FILE_MAX + 1 },
		{ "x", 2, UINT32_MAX },
		{ "../x", 5, 2 },
		{ NULL, 0, 2 }, /* not terminated */
		{ "x", 2, 3 },	/* one byte more than comes */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct evidence_list list = { 0 };
		struct fail why = { 0 };
		struct search search = { .list = &list, .query = &any, .why = &why };
		struct record record = { .size = wrong[i].size };
		int ends[2], failed = 0;

		memset(record.id, 'x', sizeof(record.id));
		if (wrong[i].id != NULL)
			memcpy(record.id, wrong[i].id, wrong[i].id_size);
		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		assert_int_equal(fd_write_all(ends[1], &record, sizeof(record)), 0);
		assert_int_equal(fd_write_all(ends[1], "{}", 2), 0);
		(void)close(ends[1]);
		assert_false(receive(&search, ends[0], clock_now_ms() + 1000, &failed));
		assert_int_equal(failed, 0);
		assert_int_equal(list.count, 0);
		(void)close(ends[0]);
	}
}

static void waits_no_longer_than_the_deadline(void **state)
{
	struct evidence_list list = { 0 };
	struct fail why = { 0 };
	struct search search = { .list = &list, .query = &any, .why = &why };
	int ends[2], failed = 0;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_false(receive(&search, ends[0], clock_now_ms() + 10, &failed));
	(void)close(ends[0]);
	(void)close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_the_systems, tree_begin, tree_end),
		cmocka_unit_test_setup_teardown(reads_a_users_with_its_rights_alone, tree_begin, tree_end),
		cmocka_unit_test_setup_teardown(takes_no_directory_of_another_user, tree_begin, tree_end),
		cmocka_unit_test(believes_no_record_that_is_wrong),
		cmocka_unit_test(waits_no_longer_than_the_deadline),
	};

	return cmocka_run_group_tests_name("evidence_docker", tests, NULL, NULL);
}
