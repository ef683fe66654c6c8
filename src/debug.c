/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debug (P0): the unprivileged front: arguments, the caller's terminal, and the bytes between it and the
 * session.  Whatever needs rights is done by debug-helper, which it starts and talks to (talk.h).
 *
 *   argv ─► request ─► helper: target ─► grant ─► plan ─► attached ─► result ─► exit status
 */
#include "clock.h"
#include "docker_context.h"
#include "doctor.h"
#include "fd.h"
#include "helper.h"
#include "kube.h"
#include "list.h"
#include "policy.h"
#include "relay.h"
#include "request.h"
#include "result.h"
#include "send.h"
#include "talk.h"
#include "terminal.h"
#include "text.h"
#include "toolbox_command.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
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

#define POD_SCHEME "pod://"

enum { SIGNAL_BASE = 128 };

static int complain(const struct fail *why)
{
	(void)dprintf(STDERR_FILENO, "debug: %s\n", why->text);
	return why->status;
}

static const char *view_of(const struct session_facts *facts)
{
	if (facts->is_scratch || facts->is_at_rest)
		return "changes are discarded";
	return facts->is_write ? "WRITABLE view" : "read-only view";
}

/* Above the first prompt: where am I, and what can I break. */
static void greet(const struct session_facts *facts)
{
	char memory[16] = "";
	char age[32];

	if (facts->memory_mb != 0)
		(void)snprintf(memory, sizeof(memory), " %uM", facts->memory_mb);
	(void)dprintf(STDERR_FILENO, "%s · %s%s%s · ", facts->name, facts->runtime,
		      facts->image[0] != '\0' ? " · " : "", facts->image);
	text_describe_age(age, sizeof(age), facts->up_seconds);
	if (facts->is_at_rest)
		(void)dprintf(STDERR_FILENO, "%s · ", facts->is_image ? "image" : "stopped");
	else
		(void)dprintf(STDERR_FILENO, "pid %d · up %s · uid %u · ", (int)facts->pid, age, facts->uid);
	(void)dprintf(STDERR_FILENO, "%s · own cgroup%s%s\n", view_of(facts), memory,
		      facts->is_paused ? " · PAUSED" : "");
	if (facts->is_stealth)
		(void)dprintf(STDERR_FILENO,
			      "stealth · /proc shows the target's processes, which no signal and no debugger "
			      "reaches from here\n");
	(void)dprintf(STDERR_FILENO,
		      "toolbox · `install NAME` adds tools · `builtins` lists what this shell adds\n");
	if (facts->is_recorded)
		(void)dprintf(STDERR_FILENO, "recorded · what you see here is kept on this host\n");
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
	relay->is_absent = first->kind == REPLY_ABSENT;
	if (first->kind == REPLY_FAILED || first->kind == REPLY_ABSENT) {
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
	if (relay->last.with.result.receipt[0] != '\0')
		(void)dprintf(STDERR_FILENO, "debug: receipt: %.*s\n",
			      (int)sizeof(relay->last.with.result.receipt), relay->last.with.result.receipt);
	if (relay->last.with.result.hint[0] != '\0')
		(void)dprintf(STDERR_FILENO, "debug: %.*s\n", (int)sizeof(relay->last.with.result.hint),
			      relay->last.with.result.hint);
	return result_exit_status(&relay->last.with.result);
}

static int converse(struct relay *relay, const struct request *request, const struct send_files *files,
		    struct fail *why)
{
	struct reply first;
	int failed;

	if (send_request(relay, request, files, why) < 0 || await_start(relay, &first, why) < 0)
		return -1;
	if (first.kind == REPLY_TEXT) {
		(void)fwrite(first.with.text, 1, strnlen(first.with.text, sizeof(first.with.text)), stdout);
		return fflush(stdout) == 0 ? 0 : fail_errno(why, FAIL_TOOL, errno, "cannot write the plan");
	}
	if (request->has_terminal && request->command_count == 0 && request->shell_line == NULL &&
	    !request->is_quiet)
		greet(&first.with.facts);
	if (first.with.facts.unaudited[0] != '\0')
		(void)dprintf(STDERR_FILENO, "debug: this session is not in the audit trail: %.*s\n",
			      (int)sizeof(first.with.facts.unaudited), first.with.facts.unaudited);
	relay->is_started = true;
	failed = request->has_terminal ? relay_terminal(relay, why) : relay_streams(relay, why);
	return failed < 0 ? -1 : report(relay, why);
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

/* Before anything else is done: a file that cannot be made costs nothing. */
static int start_recording(struct record_cast *record, const struct request *request, struct fail *why)
{
	const struct record_header header = { .title = request->target,
					      .terminal_type = request->terminal_type,
					      .rows = request->rows,
					      .columns = request->columns };

	if (request->record == NULL || request->is_dry_run)
		return 0;
	if (!request->has_terminal)
		return fail_set(why, FAIL_TOOL, "--record is for a session with a terminal; -t gives it one");
	return record_cast_open(record, request->record, &header, why);
}

static bool is_pod(const struct request *request)
{
	return strncmp(request->target, POD_SCHEME, strlen(POD_SCHEME)) == 0;
}

/* A pod that is not here may be elsewhere in the cluster; so may any, for who has no rights here. */
static bool is_elsewhere(const struct request *request, const struct relay *relay, const struct fail *why)
{
	return is_pod(request) && relay->killed_by == 0 &&
	       (relay->is_absent || (why->status == FAIL_DENIED && geteuid() != 0));
}

/* *not_here is why there is no session here, if there may be one elsewhere; it is not printed then. */
static int attach(struct request *request, struct record_cast *record, struct fail *not_here)
{
	struct relay relay = { .record = record,
			       .signal_fd = FD_NONE,
			       .master_fd = FD_NONE,
			       .input_fd = FD_NONE,
			       .output_fd = { FD_NONE, FD_NONE } };
	struct helper helper = { .talk_fd = FD_NONE };
	struct send_files files;
	struct fail why = { 0 };
	int status;
	int killed_by;

	if (send_open(&files, request, &why) < 0)
		return complain(&why);
	relay.signal_fd = relay_block_signals(&why);
	if (relay.signal_fd < 0 || helper_start(&helper, &why) < 0) {
		send_close(&files);
		if (relay.signal_fd < 0 || !is_pod(request))
			return complain(&why);
		*not_here = why;
		return why.status;
	}
	relay.talk_fd = helper.talk_fd;
	status = converse(&relay, request, &files, &why);
	send_close(&files);
	/* End of file for the helper, if it has not ended by itself. */
	fd_close(&helper.talk_fd);
	killed_by =
	    helper_end(&helper, relay.give_up_ms != 0 ? relay.give_up_ms : clock_now_ms() + HELPER_END_MS);
	if (status < 0 && relay.killed_by != 0)
		return SIGNAL_BASE + relay.killed_by;
	if (status < 0 && killed_by != 0) {
		why = (struct fail){ 0 };
		(void)fail_set(&why, FAIL_TOOL, "debug-helper was killed by signal %d; %s", killed_by,
			       relay.is_started ? "the session has ended" : "see whether memory is short");
	}
	if (status < 0 && is_elsewhere(request, &relay, &why)) {
		*not_here = why;
		return status;
	}
	return status < 0 ? complain(&why) : status;
}

static int run_elsewhere(const struct request *request, int argc, char *argv[], const struct fail *not_here)
{
	struct fail why = { 0 };
	const int status = kube_attach(request, argc, argv, &why);

	if (status >= 0)
		return status;
	(void)dprintf(STDERR_FILENO, "debug: here: %s\n", not_here->text);
	return complain(&why);
}

static int run_session(struct request *request, int argc, char *argv[])
{
	struct record_cast record = { .fd = FD_NONE, .directory_fd = FD_NONE };
	struct fail why = { 0 };
	struct fail not_here = { 0 };
	int status;

	request->has_terminal =
	    request->terminal == REQUEST_TERMINAL_ALWAYS ||
	    (request->terminal == REQUEST_TERMINAL_AUTO && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO));
	request->terminal_type = getenv("TERM");
	request->sudo_user = getenv("SUDO_USER");
	request->ssh_connection = getenv("SSH_CONNECTION");
	/* A line of shell means the same whoever runs it; what somebody types is in the shell they know. */
	if (request->has_terminal && request->shell_line == NULL)
		request->caller_shell = shell_of_caller();
	terminal_size(&request->rows, &request->columns);
	if (start_recording(&record, request, &why) < 0)
		return complain(&why);
	status = attach(request, &record, &not_here);
	/* The session's own status stays. */
	if (record_cast_close(&record, &why) < 0)
		(void)complain(&why);
	return not_here.status != FAIL_NONE ? run_elsewhere(request, argc, argv, &not_here) : status;
}

static int run_toolbox(struct request *request)
{
	struct helper helper = { .talk_fd = FD_NONE };
	struct fail why = { 0 };
	int status;

	if (helper_start(&helper, &why) < 0)
		return complain(&why);
	status = toolbox_command_ask(request, helper.talk_fd, &why);
	fd_close(&helper.talk_fd);
	/* An installation is not cut off. */
	(void)helper_end(&helper, INT64_MAX);
	return status < 0 ? complain(&why) : status;
}

static int ask_for_list(struct listing *listing, const struct request *request)
{
	struct helper helper = { .talk_fd = FD_NONE };
	struct fail why = { 0 };
	int failed;

	*listing = (struct listing){ 0 };
	if (helper_start(&helper, &why) < 0)
		return complain(&why);
	failed = listing_ask(listing, request, helper.talk_fd, &why);
	fd_close(&helper.talk_fd);
	(void)helper_end(&helper, clock_now_ms() + HELPER_END_MS);
	return failed < 0 ? complain(&why) : 0;
}

static int run_list(const struct request *request)
{
	struct listing listing;
	struct fail why = { 0 };
	int status = ask_for_list(&listing, request);

	if (status == 0 && list_show(&listing, request, &why) < 0)
		status = complain(&why);
	listing_free(&listing);
	return status;
}

/* That the helper cannot be started is an answer too. */
static int run_doctor(struct request *request)
{
	struct helper helper = { .talk_fd = FD_NONE };
	struct fail no_helper = { 0 };
	struct fail why = { 0 };
	int status;

	if (helper_start(&helper, &no_helper) < 0)
		fd_close(&helper.talk_fd);
	status = doctor_ask(request, helper.talk_fd, &no_helper, &why);
	fd_close(&helper.talk_fd);
	(void)helper_end(&helper, clock_now_ms() + HELPER_END_MS);
	return status < 0 ? complain(&why) : status;
}

static int complain_of_no_target(void)
{
	struct fail why = { 0 };

	(void)fail_set(&why, FAIL_TOOL,
		       "no target given; say which container, as in `debug web` (`debug --help` shows more)");
	return complain(&why);
}

/* Ctrl-C at the question ends `debug` as it ends every program. */
static int run_choice(struct request *request)
{
	char target[LIST_TARGET_MAX];
	struct listing listing;
	struct fail why = { 0 };
	int status;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !isatty(STDERR_FILENO))
		return complain_of_no_target();
	status = ask_for_list(&listing, request);
	if (status == 0 && list_choose(target, &listing, &why) < 0)
		status = complain(&why);
	listing_free(&listing);
	if (status != 0 || target[0] == '\0')
		return status;
	request->action = REQUEST_SESSION;
	request->target = target;
	return run_session(request, 0, NULL);
}

static int check_config(const struct request *request)
{
	char summary[128];
	struct fail why = { 0 };

	if (policy_check(request->target, summary, sizeof(summary), &why) < 0)
		return complain(&why);
	(void)printf("%s\n", summary);
	return 0;
}

/* What engines are involved in. */
static int run_with_engines(struct request *request, int argc, char *argv[])
{
	char docker_socket[DOCKER_SOCKET_MAX];
	struct fail why = { 0 };

	if (docker_context_apply(request, docker_socket, &why) < 0)
		return complain(&why);
	if (request->action == REQUEST_LS)
		return run_list(request);
	if (request->action == REQUEST_CHOOSE)
		return run_choice(request);
	return run_session(request, argc, argv);
}

static int run_plugin(int argc, char *argv[])
{
	struct fail why = { 0 };
	const int status = kube_main(argc, argv, &why);

	/* Ended by a signal, as it was told. */
	if (status < 0)
		return complain(&why);
	return fflush(stdout) == 0 ? status : FAIL_TOOL;
}

/* A limit on file sizes, which counts for memory, too, shall fail the write and not end us.  A handler,
 * because it is not inherited by the helper as an ignored signal would be. */
static void on_file_limit(int signal)
{
	(void)signal;
}

int main(int argc, char *argv[])
{
	struct request request;
	struct fail why = { 0 };
	int status = 0;

	if (argc < 1 || fd_repair_standard(0) < 0)
		return FAIL_TOOL;
	(void)signal(SIGXFSZ, on_file_limit);
	if (kube_is_plugin(argv[0]))
		return run_plugin(argc, argv);
	if (request_parse(&request, argc, argv, &why) < 0)
		return complain(&why);
	if (request.action == REQUEST_HELP)
		request_print_help();
	else if (request.action == REQUEST_TOOLBOX_HELP)
		request_print_toolbox_help();
	else if (request.action == REQUEST_TOOLBOX)
		status = run_toolbox(&request);
	else if (request.action == REQUEST_DOCTOR)
		status = run_doctor(&request);
	else if (request.action == REQUEST_CHECK_CONFIG)
		status = check_config(&request);
	else if (request.action == REQUEST_VERSION)
		(void)printf("debug %s\n", DEBUG_VERSION);
	else
		status = run_with_engines(&request, argc, argv);
	request_free(&request);
	return fflush(stdout) == 0 ? status : FAIL_TOOL;
}
