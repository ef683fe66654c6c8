/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debug (P0): the unprivileged front: arguments, the caller's terminal, and the bytes between it and the
 * session.  Whatever needs rights is done by debug-helper, which it starts and talks to (talk.h).
 *
 *   argv ─► request ─► helper: target ─► grant ─► plan ─► attached ─► result ─► exit status
 */
#include "fd.h"
#include "relay.h"
#include "request.h"
#include "result.h"
#include "talk.h"
#include "terminal.h"
#include "text.h"
#include "toolbox_command.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELPER_BELOW "/../libexec/debug/debug-helper"

enum { SIGNAL_BASE = 128 };

struct helper {
	pid_t pid;
	int talk_fd; /* owned */
	char path[PATH_MAX];
};

static int complain(const struct fail *why)
{
	(void)dprintf(STDERR_FILENO, "debug: %s\n", why->text);
	return why->status;
}

/* ../libexec/debug beside the directory of this program: installed, staged or unpacked alike. */
static int find_helper(struct helper *helper, struct fail *why)
{
	char own[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *slash;

	if (length <= 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot tell where debug lies (is /proc mounted?)");
	own[length] = '\0';
	slash = strrchr(own, '/');
	if (slash != NULL)
		*slash = '\0';
	if ((size_t)snprintf(helper->path, sizeof(helper->path), "%s" HELPER_BELOW, own) >=
	    sizeof(helper->path))
		return fail_set(why, FAIL_TOOL, "the path of debug-helper is too long");
	return 0;
}

/* Runs the helper with its end of the conversation on TALK_FD, or with one argument and none.
 * posix_spawn, because it does not copy this process only to throw the copy away. */
static pid_t spawn_helper(const struct helper *helper, int talk_fd, char *argument)
{
	char name[] = "debug-helper";
	char *argv[] = { name, argument, NULL };
	char *envp[] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	pid_t child;
	int error;

	(void)sigemptyset(&none);
	if (posix_spawn_file_actions_init(&actions) != 0 || posix_spawnattr_init(&attributes) != 0)
		return -1;
	error = posix_spawnattr_setsigmask(&attributes, &none);
	if (error == 0)
		error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	/* Equal numbers are fine: the action then only clears close-on-exec. */
	if (error == 0 && talk_fd != FD_NONE)
		error = posix_spawn_file_actions_adddup2(&actions, talk_fd, TALK_FD);
	if (error == 0)
		error = posix_spawn(&child, helper->path, &actions, &attributes, argv, envp);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
	errno = error;
	return error == 0 ? child : -1;
}

static int start_helper(struct helper *helper, struct fail *why)
{
	int pair[2];

	if (find_helper(helper, why) < 0)
		return -1;
	if (wire_pair(pair) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make a socket pair");
	helper->pid = spawn_helper(helper, pair[1], NULL);
	(void)close(pair[1]);
	helper->talk_fd = pair[0];
	if (helper->pid < 0)
		return fail_errno(why, errno == EACCES ? FAIL_DENIED : FAIL_TOOL, errno,
				  "cannot run %s; install debug again", helper->path);
	return 0;
}

static void reap(pid_t child)
{
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

/* The session's pipes: [0] for reading, [1] for writing, as pipe(2). */
struct pipes {
	int in[2], out[2], err[2];
};

/* Under `2>&1` both outputs are one open file, and so they are for the session: one pipe keeps the
 * order of what is written.  kcmp(2) may be missing or refused; then there are two. */
static bool is_one_output(void)
{
	const pid_t self = getpid();

	return syscall(SYS_kcmp, self, self, KCMP_FILE, STDOUT_FILENO, STDERR_FILENO) == 0;
}

static int make_pipes(struct pipes *pipes)
{
	if (pipe2(pipes->in, O_CLOEXEC) < 0 || pipe2(pipes->out, O_CLOEXEC) < 0)
		return -1;
	if (!is_one_output())
		return pipe2(pipes->err, O_CLOEXEC);
	pipes->err[0] = FD_NONE;
	pipes->err[1] = fcntl(pipes->out[1], F_DUPFD_CLOEXEC, 3);
	return pipes->err[1] < 0 ? -1 : 0;
}

static int send_request(struct relay *relay, const struct request *request, struct fail *why)
{
	const struct order order = { .version = WIRE_VERSION, .kind = ORDER_REQUEST };
	CLOSE_AT_EXIT int memory_fd = request_seal(request, why);
	struct pipes pipes;
	int fds[4];
	int failed;

	if (memory_fd < 0)
		return -1;
	if (!request->has_terminal && make_pipes(&pipes) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make pipes for the session");
	fds[0] = memory_fd;
	if (request->has_terminal) {
		failed = wire_send(relay->talk_fd, &order, sizeof(order), fds, 1);
	} else {
		fds[1] = pipes.in[0];
		fds[2] = pipes.out[1];
		fds[3] = pipes.err[1];
		failed = wire_send(relay->talk_fd, &order, sizeof(order), fds, 4);
		for (int i = 1; i < 4; i++)
			(void)close(fds[i]);
		relay->input_fd = pipes.in[1];
		relay->output_fd[0] = pipes.out[0];
		relay->output_fd[1] = pipes.err[0];
	}
	if (failed < 0)
		return fail_set(why, FAIL_TOOL, "debug-helper ended at once; install debug again");
	return 0;
}

static void describe_age(char *out, size_t capacity, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *unit;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	size_t i = 0;

	while (i < 3 && seconds < units[i].seconds)
		i++;
	(void)snprintf(out, capacity, "%" PRId64 " %s", seconds < 0 ? 0 : seconds / units[i].seconds,
		       units[i].unit);
}

/* Above the first prompt: where am I, and what can I break. */
static void greet(const struct session_facts *facts)
{
	char age[32];

	describe_age(age, sizeof(age), facts->up_seconds);
	(void)dprintf(STDERR_FILENO, "%s · %s%s%s · pid %d · up %s · uid %u · %s · %s%s\n", facts->name,
		      facts->runtime, facts->image[0] != '\0' ? " · " : "", facts->image, (int)facts->pid,
		      age, facts->uid, facts->is_write ? "WRITABLE view" : "read-only view",
		      facts->is_limited ? "own cgroup 512M" : "own cgroup",
		      facts->is_paused ? " · PAUSED" : "");
	(void)dprintf(STDERR_FILENO,
		      "toolbox · `install NAME` adds tools · `builtins` lists what this shell adds\n");
	if (facts->is_pending)
		(void)dprintf(STDERR_FILENO,
			      "packages you installed belong to an older toolbox; `install` alone "
			      "adds them to this one\n");
}

/* Waits for the first reply, with an ear for signals: a lookup can take seconds. */
static int await_start(struct relay *relay, struct reply *first, struct fail *why)
{
	size_t fd_count = 0;
	ssize_t size;

	for (;;) {
		struct pollfd waited[] = { { relay->talk_fd, POLLIN, 0 }, { relay->signal_fd, POLLIN, 0 } };

		if (poll(waited, 2, -1) < 0)
			continue;
		if (waited[0].revents != 0)
			break;
		/* Closing our end of the socket is what ends the helper. */
		relay->killed_by = relay_take_ending(relay);
		if (relay->killed_by != 0)
			return fail_set(why, FAIL_TOOL, "interrupted before the session began");
	}
	size = wire_receive(relay->talk_fd, first, sizeof(*first), &relay->master_fd, 1, &fd_count);
	if (size != sizeof(*first) || first->version != WIRE_VERSION)
		return fail_set(why, FAIL_TOOL, "debug-helper ended without a word; install debug again");
	if (first->kind == REPLY_FAILED) {
		first->with.fail.text[sizeof(first->with.fail.text) - 1] = '\0';
		*why = first->with.fail;
		return -1;
	}
	return 0;
}

static int report(const struct relay *relay, struct fail *why)
{
	if (relay->last.kind == REPLY_FAILED) {
		*why = relay->last.with.fail;
		why->text[sizeof(why->text) - 1] = '\0';
		return -1;
	}
	if (relay->killed_by != 0)
		return SIGNAL_BASE + relay->killed_by;
	if (relay->last.with.result.kind == RESULT_TARGET_GONE)
		(void)dprintf(STDERR_FILENO, "debug: the target stopped, and the session ended with it\n");
	return result_exit_status(&relay->last.with.result);
}

static int converse(struct relay *relay, const struct request *request, struct fail *why)
{
	struct reply first;
	int failed;

	if (send_request(relay, request, why) < 0 || await_start(relay, &first, why) < 0)
		return -1;
	if (first.kind == REPLY_TEXT) {
		(void)fwrite(first.with.text, 1, strnlen(first.with.text, sizeof(first.with.text)), stdout);
		return fflush(stdout) == 0 ? 0 : fail_errno(why, FAIL_TOOL, errno, "cannot write the plan");
	}
	if (request->has_terminal && request->command_count == 0 && request->shell_line == NULL &&
	    !request->is_quiet)
		greet(&first.with.facts);
	failed = request->has_terminal ? relay_terminal(relay, why) : relay_streams(relay, why);
	return failed < 0 ? -1 : report(relay, why);
}

/* A helper that was killed could not remove its cgroup; a new one can. */
static void clean_up_after(const struct helper *helper)
{
	char argument[] = "--collect";

	reap(spawn_helper(helper, FD_NONE, argument));
}

static const char *shell_of_caller(void)
{
	static const char *const known[] = { "bash", "zsh", "fish" };
	const char *shell = getenv("SHELL");
	const char *slash = shell != NULL ? strrchr(shell, '/') : NULL;

	for (size_t i = 0; slash != NULL && i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(slash + 1, known[i]) == 0)
			return known[i];
	return NULL;
}

static int run_session(struct request *request)
{
	struct relay relay = { .signal_fd = FD_NONE,
			       .master_fd = FD_NONE,
			       .input_fd = FD_NONE,
			       .output_fd = { FD_NONE, FD_NONE } };
	struct helper helper = { .talk_fd = FD_NONE };
	struct fail why = { 0 };
	int status;
	int how = 0;

	request->has_terminal =
	    request->terminal == REQUEST_TERMINAL_ALWAYS ||
	    (request->terminal == REQUEST_TERMINAL_AUTO && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO));
	request->terminal_type = getenv("TERM");
	/* A line of shell means the same whoever runs it; what somebody types is in the shell they know. */
	if (request->has_terminal && request->shell_line == NULL)
		request->caller_shell = shell_of_caller();
	terminal_size(&request->rows, &request->columns);
	relay.signal_fd = relay_block_signals(&why);
	if (relay.signal_fd < 0 || start_helper(&helper, &why) < 0)
		return complain(&why);
	relay.talk_fd = helper.talk_fd;
	status = converse(&relay, request, &why);
	if (status < 0)
		status = relay.killed_by != 0 ? SIGNAL_BASE + relay.killed_by : complain(&why);
	/* End of file for the helper, if it has not ended by itself. */
	fd_close(&helper.talk_fd);
	if (waitpid(helper.pid, &how, 0) == helper.pid && WIFSIGNALED(how))
		clean_up_after(&helper);
	return status;
}

static int run_toolbox(struct request *request)
{
	struct helper helper = { .talk_fd = FD_NONE };
	struct fail why = { 0 };
	int status;

	if (start_helper(&helper, &why) < 0)
		return complain(&why);
	status = toolbox_command_ask(request, helper.talk_fd, &why);
	fd_close(&helper.talk_fd);
	reap(helper.pid);
	return status < 0 ? complain(&why) : status;
}

int main(int argc, char *argv[])
{
	struct request request;
	struct fail why = { 0 };
	int status = 0;

	if (argc < 1 || fd_repair_standard(0) < 0)
		return FAIL_TOOL;
	if (request_parse(&request, argc, argv, &why) < 0)
		return complain(&why);
	if (request.action == REQUEST_HELP)
		request_print_help();
	else if (request.action == REQUEST_TOOLBOX_HELP)
		request_print_toolbox_help();
	else if (request.action == REQUEST_TOOLBOX)
		status = run_toolbox(&request);
	else if (request.action == REQUEST_VERSION)
		(void)printf("debug %s\n", DEBUG_VERSION);
	else
		status = run_session(&request);
	request_free(&request);
	return fflush(stdout) == 0 ? status : FAIL_TOOL;
}
