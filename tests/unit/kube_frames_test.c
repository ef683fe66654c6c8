/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/8-kube/frames.c"

#include "unit.h"

#include <fcntl.h>
#include <signal.h>

static struct frame_reader reader;
static struct frame frame;

static void feed(const void *bytes, size_t size)
{
	size_t room;
	uint8_t *to = frame_reader_room(&reader, &room);

	assert_true(size <= room);
	memcpy(to, bytes, size);
	frame_reader_add(&reader, size);
}

static int begin(void **state)
{
	(void)state;
	reader = (struct frame_reader){ 0 };
	return 0;
}

static void reads_what_was_put_in_any_pieces(void **state)
{
	struct frame_writer writer = { 0 };
	uint32_t number = 0;

	(void)state;
	frame_put(&writer, FRAME_OUTPUT, FRAME_STDERR, "some bytes", 10);
	frame_put(&writer, FRAME_ALIVE, 0, NULL, 0);
	frame_put_number(&writer, FRAME_TAKEN, FRAME_STDOUT, UINT32_C(0x89abcdef));
	assert_false(writer.is_broken);
	for (size_t i = 0; i < writer.end; i++) {
		if (i < FRAME_HEADER + 10)
			assert_int_equal(frame_reader_next(&reader, &frame), 0);
		feed(writer.bytes + i, 1);
	}
	assert_int_equal(frame_reader_next(&reader, &frame), 1);
	assert_int_equal(frame.kind, FRAME_OUTPUT);
	assert_int_equal(frame.stream, FRAME_STDERR);
	assert_int_equal(frame.size, 10);
	assert_memory_equal(frame.bytes, "some bytes", 10);
	assert_false(frame_number(&frame, &number));
	assert_int_equal(frame_reader_next(&reader, &frame), 1);
	assert_int_equal(frame.kind, FRAME_ALIVE);
	assert_int_equal(frame_reader_next(&reader, &frame), 1);
	assert_true(frame_number(&frame, &number));
	assert_int_equal(number, UINT32_C(0x89abcdef));
	assert_int_equal(frame_reader_next(&reader, &frame), 0);
	frame_writer_free(&writer);
}

static void refuses_what_is_no_frame(void **state)
{
	static const uint8_t bad[][FRAME_HEADER] = {
		{ 0, 0, 0, 0, 0, 0, 0, 0 },
		{ FRAME_KIND_COUNT, 0, 0, 0, 0, 0, 0, 0 },
		{ FRAME_ALIVE, 0, 1, 0, 0, 0, 0, 0 },
		{ FRAME_ALIVE, 0, 0, 1, 0, 0, 0, 0 },
		{ FRAME_OUTPUT, 1, 0, 0, 1, 0, 4, 0 }, /* one byte more than may be */
		{ FRAME_OUTPUT, 1, 0, 0, 255, 255, 255, 255 },
		{ 'e', 'x', 'e', 'c', ' ', 'f', 'a', 'i' },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		reader = (struct frame_reader){ 0 };
		feed(bad[i], FRAME_HEADER);
		assert_int_equal(frame_reader_next(&reader, &frame), -1);
	}
}

static void has_room_for_the_largest_frame_behind_any_rest(void **state)
{
	static uint8_t bytes[FRAME_BYTES_MAX];
	struct frame_writer writer = { 0 };
	size_t room;

	(void)state;
	frame_put(&writer, FRAME_OUTPUT, FRAME_STDOUT, bytes, sizeof(bytes));
	for (int i = 0; i < 10; i++) {
		feed(writer.bytes, writer.end - 1);
		assert_int_equal(frame_reader_next(&reader, &frame), 0);
		feed(writer.bytes + writer.end - 1, 1);
		assert_int_equal(frame_reader_next(&reader, &frame), 1);
		assert_int_equal(frame.size, FRAME_BYTES_MAX);
		(void)frame_reader_room(&reader, &room);
		assert_true(room >= FRAME_HEADER + FRAME_BYTES_MAX);
	}
	frame_put(&writer, FRAME_OUTPUT, FRAME_STDOUT, bytes, sizeof(bytes) + 1);
	assert_true(writer.is_broken);
	frame_writer_free(&writer);
}

static void reads_a_start_and_no_other_size_of_one(void **state)
{
	const struct frame_start start = { true, false, 40, 120, "xterm-256color", "zsh" };
	struct frame_writer writer = { 0 };
	struct frame_start found;

	(void)state;
	frame_put_start(&writer, &start);
	feed(writer.bytes, writer.end);
	assert_int_equal(frame_reader_next(&reader, &frame), 1);
	assert_true(frame_start(&frame, &found));
	assert_true(found.has_terminal && !found.is_one_output);
	assert_int_equal(found.rows, 40);
	assert_int_equal(found.columns, 120);
	assert_string_equal(found.terminal_type, "xterm-256color");
	assert_string_equal(found.shell, "zsh");
	frame.size--;
	assert_false(frame_start(&frame, &found));
	frame.size++;
	/* Another version, and a text without an end. */
	writer.bytes[FRAME_HEADER]++;
	frame.bytes = writer.bytes + FRAME_HEADER;
	assert_false(frame_start(&frame, &found));
	writer.bytes[FRAME_HEADER]--;
	memset(writer.bytes + FRAME_HEADER + 8, 'x', frame.size - 8);
	assert_false(frame_start(&frame, &found));
	frame_writer_free(&writer);
}

static void keeps_no_more_than_a_window(void **state)
{
	static uint8_t bytes[FRAME_WINDOW];
	struct frame_flow flow = { 0 };
	int pipes[2];
	char rest[PIPE_BUF];

	(void)state;
	assert_true(frame_flow_is_empty(&flow));
	assert_true(frame_flow_add(&flow, bytes, sizeof(bytes)));
	assert_false(frame_flow_add(&flow, bytes, 1));
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	assert_int_equal(frame_flow_write(&flow, pipes[1]), PIPE_BUF);
	assert_int_equal(read(pipes[0], rest, sizeof(rest)), PIPE_BUF);
	/* As many as have gone. */
	assert_true(frame_flow_add(&flow, bytes, PIPE_BUF));
	assert_false(frame_flow_add(&flow, bytes, 1));
	flow.has_ended = true;
	flow.start = flow.end = 0;
	assert_false(frame_flow_add(&flow, bytes, 1));
	frame_flow_free(&flow);
	(void)close(pipes[0]);
	(void)close(pipes[1]);
}

static void a_writer_without_a_reader_is_broken_and_empty(void **state)
{
	struct frame_writer writer = { 0 };
	int pipes[2];

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	(void)close(pipes[0]);
	frame_put(&writer, FRAME_BYE, 0, NULL, 0);
	assert_false(frame_writer_is_empty(&writer));
	frame_writer_flush(&writer, pipes[1]);
	assert_true(writer.is_broken && frame_writer_is_empty(&writer));
	frame_put(&writer, FRAME_BYE, 0, NULL, 0);
	frame_writer_free(&writer);
	(void)close(pipes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reads_what_was_put_in_any_pieces, begin),
		cmocka_unit_test_setup(refuses_what_is_no_frame, begin),
		cmocka_unit_test_setup(has_room_for_the_largest_frame_behind_any_rest, begin),
		cmocka_unit_test_setup(reads_a_start_and_no_other_size_of_one, begin),
		cmocka_unit_test_setup(keeps_no_more_than_a_window, begin),
		cmocka_unit_test_setup(a_writer_without_a_reader_is_broken_and_empty, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
