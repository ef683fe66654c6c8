/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/8-list/ask.c"

#include "unit.h"

#include <bsd/string.h>
#include <sys/socket.h>

static int pair[2];
static struct listing listing;
static struct fail why;

static int make(void **state)
{
	(void)state;
	why = (struct fail){ 0 };
	return wire_pair(pair);
}

static int unmake(void **state)
{
	(void)state;
	listing_free(&listing);
	fd_close(&pair[0]);
	fd_close(&pair[1]);
	return 0;
}

static void answer(const struct reply *reply)
{
	assert_int_equal(wire_send(pair[1], reply, sizeof(*reply), NULL, 0), 0);
}

static struct reply seen(const char *runtime, const char *name, const char *scope, const char *id)
{
	struct reply reply = { .version = WIRE_VERSION, .kind = REPLY_SEEN };

	(void)strlcpy(reply.with.seen.runtime, runtime, sizeof(reply.with.seen.runtime));
	(void)strlcpy(reply.with.seen.name, name, sizeof(reply.with.seen.name));
	(void)strlcpy(reply.with.seen.scope, scope, sizeof(reply.with.seen.scope));
	(void)strlcpy(reply.with.seen.id, id, sizeof(reply.with.seen.id));
	return reply;
}

static int ask(void)
{
	const struct request request = { .action = REQUEST_CHOOSE };

	return listing_ask(&listing, &request, pair[0], &why);
}

static void asks_for_a_list_whatever_the_action(void **state)
{
	const struct reply end = { .version = WIRE_VERSION, .kind = REPLY_ENDED };
	struct request received;
	struct order order;
	size_t fd_count;
	int memory_fd;

	(void)state;
	answer(&end);
	assert_int_equal(ask(), 0);
	assert_int_equal(listing.count, 0);
	assert_int_equal(wire_receive(pair[1], &order, sizeof(order), &memory_fd, 1, &fd_count),
			 sizeof(order));
	assert_int_equal(fd_count, 1);
	assert_int_equal(request_receive(&received, memory_fd, &why), 0);
	assert_int_equal(received.action, REQUEST_LS);
	request_free(&received);
	(void)close(memory_fd);
}

static void is_sorted_by_runtime_and_name(void **state)
{
	static const char *const order[] = { "4", "1", "3", "2", "0" };
	const struct reply all[] = {
		seen("podman", "a", "", "0"),	  seen("docker", "a", "", "1"),
		seen("docker", "b", "y", "2"),	  seen("docker", "b", "x", "3"),
		seen("containerd", "z", "", "4"),
	};
	const struct reply end = { .version = WIRE_VERSION, .kind = REPLY_ENDED };
	const int before = unit_count_fds();

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++)
		answer(&all[i]);
	answer(&end);
	assert_int_equal(ask(), 0);
	assert_int_equal(listing.count, COUNT(all));
	for (size_t i = 0; i < COUNT(all); i++)
		assert_string_equal(listing.all[i].id, order[i]);
	assert_int_equal(unit_count_fds(), before);
}

static void nothing_that_a_terminal_obeys_is_kept(void **state)
{
	struct reply hostile = seen("docker", "a\033[31m\x7f\xc3\n", "\r", "\t");
	const struct reply end = { .version = WIRE_VERSION, .kind = REPLY_ENDED };

	(void)state;
	memset(hostile.with.seen.image, 'i', sizeof(hostile.with.seen.image));
	answer(&hostile);
	answer(&end);
	assert_int_equal(ask(), 0);
	assert_string_equal(listing.all[0].name, "a?[31m???");
	assert_string_equal(listing.all[0].scope, "?");
	assert_string_equal(listing.all[0].id, "?");
	assert_int_equal(strlen(listing.all[0].image), sizeof(hostile.with.seen.image) - 1);
}

static void many_are_taken(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct reply one = seen("docker", "web", "", "");

		(void)snprintf(one.with.seen.id, sizeof(one.with.seen.id), "%04d", 999 - i);
		assert_int_equal(listing_add(&listing, &one.with.seen), 0);
	}
	listing_sort(&listing);
	assert_int_equal(listing.count, 1000);
	assert_string_equal(listing.all[7].id, "0007");
}

static void a_failure_is_passed_on(void **state)
{
	struct reply failed = { .version = WIRE_VERSION, .kind = REPLY_FAILED };
	const struct reply one = seen("docker", "web", "", "1");

	(void)state;
	(void)fail_set(&failed.with.fail, FAIL_DENIED, "no rights");
	answer(&one);
	answer(&failed);
	assert_int_equal(ask(), -1);
	assert_failed(why, FAIL_DENIED, "no rights");
}

static void a_helper_that_ends_is_noticed(void **state)
{
	const struct reply one = seen("docker", "web", "", "1");
	const struct reply foreign = { .version = WIRE_VERSION + 1, .kind = REPLY_ENDED };

	(void)state;
	answer(&foreign);
	assert_int_equal(ask(), -1);
	assert_failed(why, FAIL_TOOL, "debug-helper ended without a word; install debug again");
	answer(&one);
	assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
	why = (struct fail){ 0 };
	assert_int_equal(ask(), -1);
	assert_failed(why, FAIL_TOOL, "debug-helper ended without a word; install debug again");
}

static void each_sentence_is_a_line(void **state)
{
	char sentences[] = "docker did not answer; what it keeps on disk is shown\n\npodman\033[2J did not\n";
	const int saved = dup(2);
	char text[256] = "";
	int pipe_fds[2];

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(dup2(pipe_fds[1], 2), 2);
	print_sentences(sentences, sizeof(sentences));
	assert_int_equal(dup2(saved, 2), 2);
	(void)close(saved);
	(void)close(pipe_fds[1]);
	assert_true(fd_read_all(pipe_fds[0], text, sizeof(text) - 1) > 0);
	(void)close(pipe_fds[0]);
	assert_string_equal(text, "debug: docker did not answer; what it keeps on disk is shown\n"
				  "debug: podman?[2J did not\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(asks_for_a_list_whatever_the_action, make, unmake),
		cmocka_unit_test_setup_teardown(is_sorted_by_runtime_and_name, make, unmake),
		cmocka_unit_test_setup_teardown(nothing_that_a_terminal_obeys_is_kept, make, unmake),
		cmocka_unit_test_setup_teardown(many_are_taken, make, unmake),
		cmocka_unit_test_setup_teardown(a_failure_is_passed_on, make, unmake),
		cmocka_unit_test_setup_teardown(a_helper_that_ends_is_noticed, make, unmake),
		cmocka_unit_test_setup_teardown(each_sentence_is_a_line, make, unmake),
	};

	return cmocka_run_group_tests_name("list_ask", tests, NULL, NULL);
}
