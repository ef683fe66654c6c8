/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/0-base/wire.c"

#include "unit.h"

static int pair[2];
static int fds_before;

static int make(void **state)
{
	(void)state;
	fds_before = unit_count_fds();
	return wire_pair(pair);
}

static int unmake(void **state)
{
	(void)state;
	fd_close(&pair[0]);
	fd_close(&pair[1]);
	return unit_count_fds() - fds_before;
}

static void carries_messages_whole(void **state)
{
	char buffer[8] = "";
	size_t count = 99;

	(void)state;
	assert_int_equal(fcntl(pair[0], F_GETFD), FD_CLOEXEC);
	assert_int_equal(wire_send(pair[0], "abc", 3, NULL, 0), 0);
	assert_int_equal(wire_send(pair[0], "de", 2, NULL, 0), 0);
	assert_int_equal(wire_receive(pair[1], buffer, sizeof(buffer), NULL, 0, &count), 3);
	assert_memory_equal(buffer, "abc", 3);
	assert_int_equal(count, 0);
	assert_int_equal(wire_receive(pair[1], buffer, sizeof(buffer), NULL, 0, &count), 2);
	assert_memory_equal(buffer, "dec", 3);
}

static void tells_the_end_and_a_gone_peer(void **state)
{
	char buffer[8];
	size_t count;

	(void)state;
	fd_close(&pair[0]);
	assert_int_equal(wire_receive(pair[1], buffer, sizeof(buffer), NULL, 0, &count), 0);
	assert_int_equal(wire_send(pair[1], "abc", 3, NULL, 0), -1);
	assert_int_equal(errno, EPIPE);
}

static void refuses_what_is_larger(void **state)
{
	char buffer[4] = { 0, 0, 0, 'X' };
	size_t count;

	(void)state;
	assert_int_equal(wire_send(pair[0], "abcd", 4, &pair[0], 1), 0);
	assert_int_equal(wire_receive(pair[1], buffer, 3, &(int){ 0 }, 1, &count), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(count, 0);
	assert_int_equal(buffer[3], 'X');
	assert_int_equal(wire_send(pair[0], "abcd", 4, NULL, 0), 0);
	assert_int_equal(wire_receive(pair[1], buffer, 3, NULL, 0, &count), -1);
	assert_int_equal(errno, EBADMSG);
}

static void passes_descriptors(void **state)
{
	int sent[WIRE_FDS_MAX + 1];
	int got[WIRE_FDS_MAX];
	char byte;

	(void)state;
	for (size_t i = 0; i < COUNT(sent); i++)
		sent[i] = pair[i % 2];
	for (size_t n = 1; n <= WIRE_FDS_MAX; n++) {
		size_t count = 0;

		assert_int_equal(wire_send(pair[0], "x", 1, sent, n), 0);
		assert_int_equal(wire_receive(pair[1], &byte, 1, got, WIRE_FDS_MAX, &count), 1);
		assert_int_equal(count, n);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(fcntl(got[i], F_GETFD), FD_CLOEXEC);
			(void)close(got[i]);
		}
	}
	assert_int_equal(wire_send(pair[0], "x", 1, sent, WIRE_FDS_MAX + 1), -1);
	assert_int_equal(errno, EINVAL);
}

static void keeps_no_descriptor_it_does_not_want(void **state)
{
	int before = unit_count_fds();
	int got[2];
	char byte;

	(void)state;
	for (size_t capacity = 0; capacity <= 2; capacity++) {
		const int sent[3] = { pair[0], pair[1], pair[0] };
		size_t count = 99;

		assert_int_equal(wire_send(pair[0], "x", 1, sent, 3), 0);
		assert_int_equal(wire_receive(pair[1], &byte, 1, got, capacity, &count), -1);
		assert_int_equal(errno, EBADMSG);
		assert_int_equal(count, 0);
		assert_int_equal(unit_count_fds(), before);
	}
}

/* A peer that does not use wire_send: more descriptors than the control buffer holds. */
static void keeps_none_of_a_flood(void **state)
{
	enum { FLOOD = 40 };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * FLOOD)];
	} control = { .bytes = { 0 } };
	struct iovec part = { .iov_base = (char[]){ "x" }, .iov_len = 1 };
	struct msghdr header = { .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
	int before = unit_count_fds();
	int got[WIRE_FDS_MAX];
	size_t count = 99;
	char byte;

	(void)state;
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(int) * FLOOD);
	for (size_t i = 0; i < FLOOD; i++)
		memcpy(CMSG_DATA(rights) + i * sizeof(int), &pair[0], sizeof(int));
	assert_int_equal(sendmsg(pair[0], &header, 0), 1);
	assert_int_equal(wire_receive(pair[1], &byte, 1, got, WIRE_FDS_MAX, &count), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(count, 0);
	assert_int_equal(unit_count_fds(), before);
}

#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif

/* A peer that has a descriptor of our end, too, and has the kernel add one to each message. */
static void keeps_no_pidfd_of_the_sender(void **state)
{
	const int on = 1;
	int before = unit_count_fds();
	int got[2];
	size_t count = 99;
	char byte;

	(void)state;
	if (setsockopt(pair[1], SOL_SOCKET, SO_PASSPIDFD, &on, sizeof(on)) < 0)
		return; /* before Linux 6.5 */
	for (size_t capacity = 0; capacity <= 2; capacity += 2) {
		assert_int_equal(wire_send(pair[0], "x", 1, pair, 1), 0);
		assert_int_equal(wire_receive(pair[1], &byte, 1, got, capacity, &count), -1);
		assert_int_equal(count, 0);
		assert_int_equal(unit_count_fds(), before);
	}
}

static void waits_for_no_peer_that_takes_nothing(void **state)
{
	char chunk[4096] = { 0 };
	int64_t before;

	(void)state;
	while (wire_send_by(pair[0], chunk, sizeof(chunk), NULL, 0, clock_now_ms()) == 0)
		;
	assert_int_equal(errno, EAGAIN);
	before = clock_now_ms();
	assert_int_equal(wire_send_by(pair[0], chunk, sizeof(chunk), NULL, 0, before + 50), -1);
	assert_in_range(clock_now_ms() - before, 50, 5000);
	/* As soon as there is room again it goes. */
	while (recv(pair[1], chunk, sizeof(chunk), MSG_DONTWAIT) > 0)
		;
	assert_int_equal(wire_send_by(pair[0], chunk, sizeof(chunk), NULL, 0, clock_now_ms() + 50), 0);
}

static void keeps_none_of_an_empty_message(void **state)
{
	int before = unit_count_fds();
	int got[1];
	size_t count = 99;
	char byte;

	(void)state;
	assert_int_equal(wire_send(pair[0], "", 0, pair, 1), 0);
	assert_true(wire_receive(pair[1], &byte, 1, got, 1, &count) <= 0);
	assert_int_equal(count, 0);
	assert_int_equal(unit_count_fds(), before);
}

static void seals_and_maps(void **state)
{
	struct wire_writer writer = { 0 };
	struct wire_reader reader;
	char large[9000];
	bool is_valid;
	int fd;

	(void)state;
	memset(large, 'l', sizeof(large));
	wire_put(&writer, large, sizeof(large));
	wire_put_string(&writer, NULL);
	wire_put_string(&writer, "");
	wire_put_string(&writer, "word");
	fd = wire_seal(&writer);
	assert_true(fd >= 0);
	assert_null(writer.bytes);
	assert_int_equal(pwrite(fd, "X", 1, 0), -1);
	assert_int_equal(ftruncate(fd, 1), -1);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	assert_int_equal(wire_map(&reader, fd, sizeof(large)), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(wire_map(&reader, fd, sizeof(large) + 9), 0);
	assert_int_equal(reader.size, sizeof(large) + 9);
	assert_memory_equal(wire_get(&reader, sizeof(large)), large, sizeof(large));
	assert_null(wire_get_string(&reader, &is_valid));
	assert_true(is_valid);
	assert_string_equal(wire_get_string(&reader, &is_valid), "");
	assert_string_equal(wire_get_string(&reader, &is_valid), "word");
	assert_null(wire_get_string(&reader, &is_valid));
	assert_false(is_valid);
	(void)close(fd);
}

static void seals_nothing_that_is_incomplete(void **state)
{
	struct wire_writer writer = { .is_failed = true, .bytes = malloc(1) };

	(void)state;
	wire_put(&writer, "x", 1);
	assert_int_equal(writer.size, 0);
	assert_int_equal(wire_seal(&writer), -1);
	assert_int_equal(errno, ENOMEM);
	assert_null(writer.bytes);
}

static void maps_only_what_cannot_change(void **state)
{
	static const int kinds[] = { F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE };
	struct wire_reader reader;
	FILE *file = tmpfile();

	(void)state;
	/* Each proper subset of the three seals; the last round has all of them, and is accepted. */
	for (int chosen = 0; chosen < 8; chosen++) {
		int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

		assert_int_equal(write(fd, "x", 1), 1);
		for (int i = 0; i < 3; i++)
			if ((chosen & 1 << i) != 0)
				assert_int_equal(fcntl(fd, F_ADD_SEALS, kinds[i]), 0);
		assert_int_equal(wire_map(&reader, fd, 10), chosen == 7 ? 0 : -1);
		(void)close(fd);
	}
	assert_non_null(file);
	assert_int_equal(fwrite("x", 1, 1, file), 1);
	(void)fflush(file);
	assert_int_equal(wire_map(&reader, fileno(file), 10), -1);
	assert_int_equal(errno, EBADMSG);
	(void)fclose(file);
	assert_int_equal(wire_map(&reader, pair[0], 10), -1);
	assert_int_equal(wire_map(&reader, -1, 10), -1);
}

static void maps_nothing_empty(void **state)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct wire_reader reader;

	(void)state;
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE), 0);
	assert_int_equal(wire_map(&reader, fd, 10), -1);
	assert_int_equal(errno, EBADMSG);
	(void)close(fd);
}

static void reads_within_bounds(void **state)
{
	static const char bytes[] = { 1, 'a', 0, 0, 2, 'b', 0 };
	static const char open_end[] = { 1, 'a', 'b' };
	struct wire_reader reader = { .bytes = bytes, .size = sizeof(bytes) };
	bool is_valid;

	(void)state;
	assert_null(wire_get(&reader, sizeof(bytes) + 1));
	assert_null(wire_get(&reader, SIZE_MAX));
	assert_int_equal(reader.offset, 0);
	assert_string_equal(wire_get_string(&reader, &is_valid), "a");
	assert_true(is_valid);
	assert_null(wire_get_string(&reader, &is_valid));
	assert_true(is_valid);
	/* A mark that is neither. */
	assert_null(wire_get_string(&reader, &is_valid));
	assert_false(is_valid);
	reader = (struct wire_reader){ .bytes = open_end, .size = sizeof(open_end) };
	assert_null(wire_get_string(&reader, &is_valid));
	assert_false(is_valid);
	reader =
	    (struct wire_reader){ .bytes = open_end, .size = sizeof(open_end), .offset = sizeof(open_end) };
	assert_null(wire_get(&reader, SIZE_MAX));
	assert_non_null(wire_get(&reader, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(carries_messages_whole, make, unmake),
		cmocka_unit_test_setup_teardown(tells_the_end_and_a_gone_peer, make, unmake),
		cmocka_unit_test_setup_teardown(refuses_what_is_larger, make, unmake),
		cmocka_unit_test_setup_teardown(passes_descriptors, make, unmake),
		cmocka_unit_test_setup_teardown(keeps_no_descriptor_it_does_not_want, make, unmake),
		cmocka_unit_test_setup_teardown(keeps_none_of_a_flood, make, unmake),
		cmocka_unit_test_setup_teardown(keeps_no_pidfd_of_the_sender, make, unmake),
		cmocka_unit_test_setup_teardown(waits_for_no_peer_that_takes_nothing, make, unmake),
		cmocka_unit_test_setup_teardown(keeps_none_of_an_empty_message, make, unmake),
		cmocka_unit_test_setup_teardown(seals_and_maps, make, unmake),
		cmocka_unit_test_setup_teardown(seals_nothing_that_is_incomplete, make, unmake),
		cmocka_unit_test_setup_teardown(maps_only_what_cannot_change, make, unmake),
		cmocka_unit_test(maps_nothing_empty),
		cmocka_unit_test(reads_within_bounds),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
