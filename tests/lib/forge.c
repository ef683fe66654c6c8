/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hostile `debug`: starts debug-helper as a user could who wants more of it than a session, and speaks its
 * protocol.
 *
 * Usage: forge [OPTION...] HELPER TARGET COMMAND...
 *   --argc0              with no argument, not even a name
 *   --env NAME=VALUE     in the helper's environment
 *   --limit NUMBER=VALUE resource limit (setrlimit(2))
 *   --deaf               every signal blocked and ignored, SIGCHLD too, and an alarm set
 *   --close DIGITS       without these of its descriptors 0, 1 and 2
 *   --extra N            with that many more descriptors
 *   --stdin PATH         that as the session's standard input, whatever it is
 *   --write              as debug's
 *   --wire N             as a `debug` whose messages have that version
 *   --kind N             a message of that kind in place of the request
 *   --garbage N          N bytes of no meaning instead of the request
 *   --hold FILE          as soon as the session has begun, writes the helper's pid there and waits for it to
 * end
 *
 * Prints what the session prints, then "failed STATUS: SENTENCE", "ended STATUS" or "ended without a word".
 */
#include "fd.h"
#include "request.h"
#include "result.h"
#include "talk.h"
#include "wire.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ENV_MAX = 64, LIMITS_MAX = 16, GARBAGE_MAX = 1 << 16, COPY_MAX = 1 << 16 };

struct forgery {
	bool is_nameless, is_deaf, is_write;
	const char *closed, *input, *hold;
	char *environment[ENV_MAX + 1];
	int environment_count;
	int limits[LIMITS_MAX];
	struct rlimit values[LIMITS_MAX];
	int limit_count, extra, garbage, wire, kind;
};

static void parse_limit(struct forgery *forgery, const char *text)
{
	char *end;

	if (forgery->limit_count == LIMITS_MAX)
		errx(2, "too many limits");
	forgery->limits[forgery->limit_count] = (int)strtol(text, &end, 10);
	if (*end != '=')
		errx(2, "--limit takes NUMBER=VALUE");
	forgery->values[forgery->limit_count].rlim_cur = strtoul(end + 1, NULL, 10);
	forgery->values[forgery->limit_count].rlim_max = forgery->values[forgery->limit_count].rlim_cur;
	forgery->limit_count++;
}

static void parse(struct forgery *forgery, int argc, char *argv[])
{
	static const struct option options[] = {
		{ "argc0", 0, NULL, '0' }, { "env", 1, NULL, 'e' },   { "limit", 1, NULL, 'l' },
		{ "deaf", 0, NULL, 'd' },  { "close", 1, NULL, 'c' }, { "extra", 1, NULL, 'x' },
		{ "stdin", 1, NULL, 'i' }, { "write", 0, NULL, 'w' }, { "garbage", 1, NULL, 'g' },
		{ "hold", 1, NULL, 'h' },  { "wire", 1, NULL, 'v' },  { "kind", 1, NULL, 'k' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (option) {
		case '0':
			forgery->is_nameless = true;
			break;
		case 'd':
			forgery->is_deaf = true;
			break;
		case 'w':
			forgery->is_write = true;
			break;
		case 'c':
			forgery->closed = optarg;
			break;
		case 'i':
			forgery->input = optarg;
			break;
		case 'h':
			forgery->hold = optarg;
			break;
		case 'x':
			forgery->extra = (int)strtol(optarg, NULL, 10);
			break;
		case 'g':
			forgery->garbage = (int)strtol(optarg, NULL, 10);
			break;
		case 'v':
			forgery->wire = (int)strtol(optarg, NULL, 10);
			break;
		case 'k':
			forgery->kind = (int)strtol(optarg, NULL, 10);
			break;
		case 'l':
			parse_limit(forgery, optarg);
			break;
		case 'e':
			if (forgery->environment_count == ENV_MAX)
				errx(2, "too many variables");
			forgery->environment[forgery->environment_count++] = optarg;
			break;
		default:
			exit(2);
		}
	}
}

/* In the child: everything that execve(2) carries over. */
__attribute__((noreturn)) static void start(const struct forgery *forgery, char *helper, int talk_fd)
{
	const struct itimerval soon = { .it_value = { .tv_usec = 300000 } };
	char *argv[] = { forgery->is_nameless ? NULL : helper, NULL };
	sigset_t all;

	for (int i = 0; i < forgery->extra; i++)
		if (dup(talk_fd) < 0)
			err(2, "dup");
	if (dup2(talk_fd, TALK_FD) < 0)
		err(2, "dup2");
	for (const char *digit = forgery->closed; digit != NULL && *digit != '\0'; digit++)
		(void)close(*digit - '0');
	if (forgery->is_deaf) {
		for (int number = 1; number < NSIG; number++)
			(void)signal(number, SIG_IGN);
		(void)sigfillset(&all);
		(void)sigprocmask(SIG_SETMASK, &all, NULL);
		(void)setitimer(ITIMER_REAL, &soon, NULL);
	}
	for (int i = 0; i < forgery->limit_count; i++)
		(void)setrlimit((__rlimit_resource_t)forgery->limits[i], &forgery->values[i]);
	(void)execve(helper, argv, (char *const *)forgery->environment);
	_exit(99);
}

static void send_request(const struct forgery *forgery, int talk_fd, char **words, int count, int output[2])
{
	struct order order = { .version = (uint32_t)forgery->wire, .kind = (uint32_t)forgery->kind };
	const char **command = calloc((size_t)count, sizeof(*command));
	struct request request = { .target = words[0],
				   .command = command,
				   .command_count = (size_t)count - 1,
				   .is_write = forgery->is_write };
	struct fail why = { 0 };
	int input[2];
	int fds[4];

	if (command == NULL || pipe(input) < 0 || pipe(output) < 0)
		err(2, "pipe");
	for (int i = 1; i < count; i++)
		command[i - 1] = words[i];
	(void)close(input[1]);
	fds[0] = request_seal(&request, &why);
	fds[1] = forgery->input != NULL ? open(forgery->input, O_RDONLY | O_CLOEXEC) : input[0];
	fds[2] = output[1];
	fds[3] = output[1];
	if (fds[0] < 0 || fds[1] < 0)
		err(2, "request");
	if (wire_send(talk_fd, &order, sizeof(order), fds, 4) < 0)
		warn("send");
	(void)close(output[1]);
	free(command);
}

static void send_garbage(int talk_fd, int size)
{
	static char garbage[GARBAGE_MAX];

	for (int i = 0; i < size && i < GARBAGE_MAX; i++)
		garbage[i] = (char)(i * 31 + 7);
	if (send(talk_fd, garbage, (size_t)size, MSG_NOSIGNAL) < 0)
		warn("send");
}

static void copy(int fd)
{
	static char chunk[COPY_MAX];
	ssize_t size;

	while (fd >= 0 && (size = read(fd, chunk, sizeof(chunk))) > 0)
		(void)fwrite(chunk, 1, (size_t)size, stdout);
	(void)fflush(stdout);
}

static void say_pid(const char *path, pid_t pid)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fprintf(file, "%d\n", (int)pid) < 0 || fclose(file) != 0)
		err(2, "%s", path);
}

/* False when there is nothing more to come. */
static bool take_reply(const struct forgery *forgery, int talk_fd, pid_t helper)
{
	static struct reply reply;
	size_t fd_count;

	if (wire_receive(talk_fd, &reply, sizeof(reply), NULL, 0, &fd_count) != sizeof(reply)) {
		(void)printf("ended without a word\n");
		return false;
	}
	if (reply.kind == REPLY_STARTED && forgery->hold != NULL)
		say_pid(forgery->hold, helper);
	if (reply.kind == REPLY_FAILED)
		(void)printf("failed %d: %s\n", reply.with.fail.status, reply.with.fail.text);
	if (reply.kind == REPLY_ENDED)
		(void)printf("ended %d\n", result_exit_status(&reply.with.result));
	return reply.kind == REPLY_STARTED;
}

int main(int argc, char *argv[])
{
	struct forgery forgery = { .wire = WIRE_VERSION, .kind = ORDER_REQUEST };
	int pair[2], output[2] = { FD_NONE, FD_NONE };
	pid_t helper;

	parse(&forgery, argc, argv);
	if (argc - optind < 3)
		errx(2, "usage: forge [OPTION...] HELPER TARGET COMMAND...");
	if (wire_pair(pair) < 0)
		err(2, "socketpair");
	helper = fork();
	if (helper == 0)
		start(&forgery, argv[optind], pair[1]);
	(void)close(pair[1]);
	if (forgery.garbage > 0)
		send_garbage(pair[0], forgery.garbage);
	else
		send_request(&forgery, pair[0], argv + optind + 1, argc - optind - 1, output);
	if (take_reply(&forgery, pair[0], helper)) {
		copy(output[0]);
		(void)take_reply(&forgery, pair[0], helper);
	}
	(void)close(pair[0]);
	(void)waitpid(helper, NULL, 0);
	return 0;
}
