/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/0-base/clock.c"

#include "unit.h"

#include <signal.h>
#include <sys/time.h>

static void counts_down(void **state)
{
	int64_t now = clock_now_ms();

	(void)state;
	assert_int_equal(clock_left_ms(now - 1), 0);
	assert_int_equal(clock_left_ms(INT64_MIN / 2), 0);
	assert_in_range(clock_left_ms(now + 60000), 50000, 60000);
	assert_int_equal(clock_left_ms(INT64_MAX / 2), INT_MAX);
	assert_true(clock_now_ms() >= now);
}

static void waits_for_a_descriptor(void **state)
{
	int ends[2];
	int64_t before = clock_now_ms();

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_false(clock_wait(ends[0], POLLIN, before + 30));
	assert_true(clock_now_ms() >= before + 29);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_true(clock_wait(ends[0], POLLIN, 0));
	assert_int_equal(read(ends[0], &(char){ 0 }, 1), 1);
	assert_false(clock_wait(ends[0], POLLIN, 0));
	(void)close(ends[1]);
	assert_true(clock_wait(ends[0], POLLIN, clock_now_ms() + 5000));
	(void)close(ends[0]);
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void is_not_cut_short_by_signals(void **state)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval often = { { 0, 3000 }, { 0, 3000 } };
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };
	int64_t before = clock_now_ms();
	int64_t took;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	assert_false(clock_wait(ends[0], POLLIN, before + 60));
	took = clock_now_ms() - before;
	(void)setitimer(ITIMER_REAL, &never, NULL);
	assert_true(took >= 59);
	assert_true(took < 5000);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_down),
		cmocka_unit_test(waits_for_a_descriptor),
		cmocka_unit_test(is_not_cut_short_by_signals),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
