/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-target/membership.c"

#include "unit.h"

#define ID "0123456789abcdef"

static bool has_word(const char *text, const char *id)
{
	return membership_has_word(text, strlen(text), id);
}

static void finds_whole_words_only(void **state)
{
	static const char *const good[] = {
		"0::/docker/" ID "\n",
		"0::/system.slice/docker-" ID ".scope\n",
		"1:pids:/libpod_parent/libpod-" ID,
		"0::/k8s.io/" ID "/sub\n",
		ID,
		"-id " ID,
		"x" ID " " ID,
	};
	static const char *const bad[] = { "", "0::/\n", "/docker/1" ID, "/docker/" ID "0", "/x" ID "x/" };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(has_word(good[i], ID));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(has_word(bad[i], ID));
	assert_false(has_word("anything", ""));
	/* Arguments are separated by zeros. */
	assert_true(membership_has_word("conmon\0-c\0" ID "\0-n", sizeof("conmon\0-c\0" ID "\0-n"), ID));
}

/* The tests themselves are no user's container and have no monitor. */
static void believes_the_kernel_alone(void **state)
{
	int host_proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int proc_fd = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int before = unit_count_fds();

	(void)state;
	assert_false(membership_check(host_proc_fd, proc_fd, ID, 0));
	assert_false(membership_check(host_proc_fd, proc_fd, ID, 4711));
	assert_int_equal(unit_count_fds(), before);
	(void)close(proc_fd);
	(void)close(host_proc_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_whole_words_only),
		cmocka_unit_test(believes_the_kernel_alone),
	};

	return cmocka_run_group_tests_name("membership", tests, NULL, NULL);
}
