/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/7-session/record_relay.c"

#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The recorder's ends are those of the relay; the others are what the caller and the session hold. */
struct ends {
	int caller[RECORDER_STREAMS], session[RECORDER_STREAMS];
};

static struct record_cast record;
static struct record_relay relay;
static struct ends ends;
static int file_fd;

static int connect_all(void **state)
{
	struct fail why = { 0 };
	const struct record_header header = { .title = "web" };

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	file_fd = memfd_create("recording", MFD_CLOEXEC);
	relay = (struct record_relay){ .record = &record };
	relay.fd[RECORD_RELAY_SIGNALS] = FD_NONE;
	for (size_t i = 0; i < RECORDER_STREAMS; i++) {
		const size_t in = i == 0 ? 0 : 1;
		int outer[2];
		int inner[2];

		if (pipe2(outer, O_CLOEXEC | O_NONBLOCK) < 0 || pipe2(inner, O_CLOEXEC | O_NONBLOCK) < 0)
			return -1;
		relay.fd[(size_t)RECORD_RELAY_OUTER + i] = outer[in];
		ends.caller[i] = outer[1 - in];
		relay.fd[(size_t)RECORD_RELAY_INNER + i] = inner[1 - in];
		ends.session[i] = inner[in];
	}
	if (record_cast_adopt(&record, dup(file_fd), "recording", &header, &why) < 0)
		return -1;
	record_cast_begin(&record);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < RECORDER_STREAMS; i++) {
		fd_close(&ends.caller[i]);
		fd_close(&ends.session[i]);
		fd_close(&relay.fd[(size_t)RECORD_RELAY_OUTER + i]);
		fd_close(&relay.fd[(size_t)RECORD_RELAY_INNER + i]);
	}
	fd_close(&record.fd);
	fd_close(&file_fd);
	return 0;
}

/* The events without their times, and without the header. */
static const char *events_of_file(void)
{
	static char text[1 << 20], events[1 << 20];
	const ssize_t size = pread(file_fd, text, sizeof(text) - 1, 0);
	char *at = text;

	assert_true(size > 0);
	text[size] = '\0';
	events[0] = '\0';
	while ((at = strstr(at, "\n[")) != NULL) {
		const char *kind = strchr(at, '"');

		at++;
		(void)snprintf(events + strlen(events), sizeof(events) - strlen(events), "%.*s\n",
			       (int)strcspn(kind, "\n"), kind);
	}
	return events;
}

static const char *take(int fd)
{
	static char text[4096];
	const ssize_t size = read(fd, text, sizeof(text) - 1);

	text[size < 0 ? 0 : size] = '\0';
	return size < 0 ? NULL : text;
}

static void everything_that_passes_is_recorded(void **state)
{
	(void)state;
	assert_int_equal(write(ends.caller[0], "in", 2), 2);
	assert_int_equal(write(ends.session[1], "out", 3), 3);
	assert_int_equal(write(ends.session[2], "err", 3), 3);
	for (size_t i = 1; i < RECORDER_STREAMS; i++)
		fd_close(&ends.session[i]);
	fd_close(&ends.caller[0]);
	assert_int_equal(record_relay_run(&relay), 0);
	assert_string_equal(take(ends.session[0]), "in");
	assert_string_equal(take(ends.session[0]), "");
	assert_string_equal(take(ends.caller[1]), "out");
	assert_string_equal(take(ends.caller[1]), "");
	assert_string_equal(take(ends.caller[2]), "err");
	assert_non_null(strstr(events_of_file(), "\"i\", \"in\"]"));
	assert_non_null(strstr(events_of_file(), "\"o\", \"out\"]"));
	assert_non_null(strstr(events_of_file(), "\"o\", \"err\"]"));
}

/* The session's program gets its SIGPIPE, and the caller's too. */
static void an_end_travels_both_ways(void **state)
{
	(void)state;
	fd_close(&ends.caller[1]);
	fd_close(&ends.session[0]);
	fd_close(&ends.session[2]);
	assert_int_equal(record_relay_run(&relay), 0);
	assert_int_equal(write(ends.session[1], "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(write(ends.caller[0], "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	assert_string_equal(events_of_file(), "");
}

/* The caller has no more to say, and the session would not have heard it. */
static void both_ends_of_a_stream_close_at_once(void **state)
{
	(void)state;
	fd_close(&ends.caller[0]);
	for (size_t i = 0; i < RECORDER_STREAMS; i++)
		fd_close(&ends.session[i]);
	assert_int_equal(record_relay_run(&relay), 0);
	assert_string_equal(take(ends.caller[1]), "");
}

/* What could not be written down is not passed on. */
static void it_ends_where_the_recording_does(void **state)
{
	(void)state;
	assert_int_equal(write(ends.session[1], "secret", 6), 6);
	record.error = ENOSPC;
	assert_int_equal(record_relay_run(&relay), -1);
	assert_null(take(ends.caller[1]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(everything_that_passes_is_recorded, connect_all, close_all),
		cmocka_unit_test_setup_teardown(an_end_travels_both_ways, connect_all, close_all),
		cmocka_unit_test_setup_teardown(both_ends_of_a_stream_close_at_once, connect_all, close_all),
		cmocka_unit_test_setup_teardown(it_ends_where_the_recording_does, connect_all, close_all),
	};

	return cmocka_run_group_tests_name("record_relay", tests, NULL, NULL);
}
