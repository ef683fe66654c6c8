/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-target/http.c"

#include "unit.h"

static int parse(struct http_answer *answer, const char *text, size_t size)
{
	*answer = (struct http_answer){ .bytes = malloc(size + 1) };
	assert_non_null(answer->bytes);
	memcpy(answer->bytes, text, size);
	return http_parse(answer, size);
}

static void accepts_whole_answers(void **state)
{
	static const struct {
		const char *text;
		int status;
		const char *body;
	} cases[] = {
		{ "HTTP/1.0 200 OK\r\n\r\n{}", 200, "{}" },
		{ "HTTP/1.1 404 Not Found\r\nA: b\r\n\r\n", 404, "" },
		{ "HTTP/1.1 200\r\n\r\nx", 200, "x" },
		{ "HTTP/1.1 200 \r\nContent-Length: 3\r\n\r\nabc", 200, "abc" },
		{ "HTTP/1.1 200 OK\r\ncontent-LENGTH:\t3\r\n\r\nabc", 200, "abc" },
		{ "HTTP/1.1 200 OK\r\nContent-Length:3\r\n\r\nabc", 200, "abc" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "" },
		{ "HTTP/1.1 200 OK\r\nContent-Lengthy: 9\r\n\r\nx", 200, "x" },
		{ "HTTP/1.0 200 OK\r\n\r\nContent-Length: 1\r\n\r\n", 200, "Content-Length: 1\r\n\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_answer answer;

		assert_int_equal(parse(&answer, cases[i].text, strlen(cases[i].text)), 0);
		assert_int_equal(answer.status, cases[i].status);
		assert_int_equal(answer.body_size, strlen(cases[i].body));
		assert_string_equal(answer.body, cases[i].body);
		free(answer.bytes);
	}
}

#define OK_LINE "HTTP/1.1 200 OK\r\n"

static void refuses_the_rest(void **state)
{
	static const char *const cases[] = {
		"",
		"\r\n\r\n",
		"\r\n",
		"{}",
		"HTTP/1.0 200 OK\r\n",
		"HTTP/1.0 200 OK\r\nA: b",
		"HTTP/1.0 200 OK\n\n{}",
		"HTTP/2.0 200 OK\r\n\r\n",
		"HTTP/1.2 200 OK\r\n\r\n",
		"HTTP/1.1  200 OK\r\n\r\n",
		"HTTP/1.1 20 OK\r\n\r\n",
		"HTTP/1.1 2000 OK\r\n\r\n",
		"HTTP/1.1 -20 OK\r\n\r\n",
		"HTTP/1.1 +20 OK\r\n\r\n",
		"HTTP/1.1 2x0 OK\r\n\r\n",
		"HTTP/1.1 20\r\n\r\n",
		"http/1.1 200 OK\r\n\r\n",
		" HTTP/1.1 200 OK\r\n\r\n",
		"ICY 200 OK\r\nA: b\r\n\r\n",
		"HTTP/1.10 200 OK\r\n\r\n",
		OK_LINE "Content-Length: 3\r\n\r\nab",
		OK_LINE "Content-Length: 3\r\n\r\nabcd",
		OK_LINE "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
		OK_LINE "Content-Length: 3\r\nX: y\r\ncontent-length: 4\r\n\r\nabc",
		OK_LINE "Content-Length: -3\r\n\r\nabc",
		OK_LINE "Content-Length: +3\r\n\r\nabc",
		OK_LINE "Content-Length: \r\n\r\n",
		OK_LINE "Content-Length: 3 \r\n\r\nabc",
		OK_LINE "Content-Length: 3,3\r\n\r\nabc",
		OK_LINE "Content-Length: 0x3\r\n\r\nabc",
		OK_LINE "Content-Length: 18446744073709551619\r\n\r\nabc",
		OK_LINE "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		OK_LINE "TRANSFER-encoding: identity\r\n\r\n",
		OK_LINE "Content-Length: 0\r\nTransfer-Encoding:\r\n\r\n",
	};
	static const char with_nul[] = "HTTP/1.1 200 OK\r\nA: \0b\r\n\r\n{}";

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_answer answer;

		if (parse(&answer, cases[i], strlen(cases[i])) == 0)
			fail_msg("accepted: %s", cases[i]);
		free(answer.bytes);
	}
	for (size_t size = 0; size < sizeof(with_nul); size++) {
		struct http_answer answer;

		assert_int_equal(parse(&answer, with_nul, size), -1);
		free(answer.bytes);
	}
}

/* A NUL in the body is the JSON parser's to refuse, and the size must still count it. */
static void counts_the_body(void **state)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na\0b";
	struct http_answer answer;

	(void)state;
	assert_int_equal(parse(&answer, text, sizeof(text) - 1), 0);
	assert_int_equal(answer.body_size, 3);
	assert_memory_equal(answer.body, "a\0b", 3);
	free(answer.bytes);
}

struct server {
	size_t repeat;	       /* how often `piece` is sent after the head */
	unsigned int pause_us; /* before each piece */
	const char *head;
	const char *piece;
	bool stays_open;
};

/* A peer in a child; returns our end and its pid. */
static int serve(const struct server *server, pid_t *child)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	*child = fork();
	if (*child != 0) {
		(void)close(pair[1]);
		return pair[0];
	}
	(void)close(pair[0]);
	(void)alarm(20);
	(void)send(pair[1], server->head, strlen(server->head), MSG_NOSIGNAL);
	for (size_t i = 0; i < server->repeat; i++) {
		(void)usleep(server->pause_us);
		if (send(pair[1], server->piece, strlen(server->piece), MSG_NOSIGNAL) < 0)
			break;
	}
	while (server->stays_open && recv(pair[1], &(char[64]){ 0 }, 64, 0) > 0)
		;
	/* Unread bytes would turn the end into a reset. */
	(void)recv(pair[1], &(char[2048]){ 0 }, 2048, MSG_DONTWAIT);
	_exit(0);
}

static int get(struct http_answer *answer, const struct server *server, size_t most, int deadline_ms,
	       struct fail *why)
{
	pid_t child;
	int fd = serve(server, &child);
	int failed = http_get(answer, fd, "Docker", "/x", most, clock_now_ms() + deadline_ms, why);

	(void)close(fd);
	(void)unit_wait(child);
	return failed;
}

static void asks_in_http_1_0(void **state)
{
	char request[256] = "";
	struct http_answer answer;
	struct fail why = { 0 };
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(write(pair[1], "HTTP/1.0 200 OK\r\n\r\n{}", 21), 21);
	assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
	assert_int_equal(
	    http_get(&answer, pair[0], "Docker", "/containers/web/json", 1000, clock_now_ms() + 5000, &why),
	    0);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.body, "{}");
	free(answer.bytes);
	assert_true(read(pair[1], request, sizeof(request) - 1) > 0);
	assert_string_equal(request, "GET /containers/web/json HTTP/1.0\r\nHost: localhost\r\n\r\n");
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void reads_what_comes_in_pieces(void **state)
{
	const struct server server = { .head = "HTTP/1.0 200 OK\r\nContent-Length: 300000\r\n\r\n",
				       .piece = "0123456789",
				       .repeat = 30000 };
	struct http_answer answer;
	struct fail why = { 0 };

	(void)state;
	assert_int_equal(get(&answer, &server, 1 << 20, 10000, &why), 0);
	assert_int_equal(answer.body_size, 300000);
	assert_memory_equal(answer.body + 299990, "0123456789", 10);
	free(answer.bytes);
}

static void has_one_deadline_for_all(void **state)
{
	static const struct server drip = {
		.head = "HTTP/1.0 200 OK\r\n", .piece = "X", .pause_us = 10000, .repeat = 100
	};
	static const struct server silent = { .head = "", .stays_open = true };
	const struct server *const servers[] = { &drip, &silent };

	(void)state;
	for (size_t i = 0; i < COUNT(servers); i++) {
		int64_t before = clock_now_ms();
		struct http_answer answer;
		struct fail why = { 0 };
		pid_t child;
		int fd = serve(servers[i], &child);

		assert_int_equal(http_get(&answer, fd, "Docker", "/x", 1000, before + 120, &why), -1);
		assert_in_range(clock_now_ms() - before, 119, 700);
		assert_failed(
		    why, FAIL_DEADLINE,
		    "Docker did not answer in time; attach by process id instead, as in `debug pid://N`");
		(void)close(fd);
		(void)unit_wait(child);
	}
}

static void refuses_broken_answers(void **state)
{
	static const struct server servers[] = {
		{ .head = "" },
		{ .head = "HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nabc" },
		{ .head = "SSH-2.0-OpenSSH_9.2\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(servers); i++) {
		struct http_answer answer;
		struct fail why = { 0 };

		assert_int_equal(get(&answer, &servers[i], 1000, 10000, &why), -1);
		assert_int_equal(why.status, FAIL_TOOL);
	}
}

static void refuses_too_much(void **state)
{
	static const struct server endless = { .head = "HTTP/1.0 200 OK\r\n\r\n",
					       .piece = "0123456789abcdef",
					       .repeat = 1 << 20 };
	static const struct server above = { .head = "HTTP/1.0 200 OK\r\n\r\n",
					     .piece = "0123456789",
					     .repeat = 500 };
	struct http_answer answer;
	struct fail why = { 0 };

	(void)state;
	assert_int_equal(get(&answer, &endless, 1 << 18, 10000, &why), -1);
	assert_failed(why, FAIL_TOOL, "the answer of Docker is too large to be right");
	why = (struct fail){ 0 };
	assert_int_equal(get(&answer, &above, 4000, 10000, &why), -1);
	assert_failed(why, FAIL_TOOL, "the answer of Docker is too large to be right");
}

static void refuses_a_path_that_does_not_fit(void **state)
{
	char path[2000];
	struct http_answer answer;
	struct fail why = { 0 };

	(void)state;
	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(http_get(&answer, 0, "Docker", path, 1000, 0, &why), -1);
	assert_failed(why, FAIL_TOOL, "the name is too long to ask Docker about");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_whole_answers),
		cmocka_unit_test(refuses_the_rest),
		cmocka_unit_test(counts_the_body),
		cmocka_unit_test(asks_in_http_1_0),
		cmocka_unit_test(reads_what_comes_in_pieces),
		cmocka_unit_test(has_one_deadline_for_all),
		cmocka_unit_test(refuses_broken_answers),
		cmocka_unit_test(refuses_too_much),
		cmocka_unit_test(refuses_a_path_that_does_not_fit),
	};

	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
