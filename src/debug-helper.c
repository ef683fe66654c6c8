/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debug-helper (P1): the privileged process of a session.  It stays in the host's namespaces from
 * beginning to end; it opens, checks, decides and watches, and parses nothing that the target or an
 * engine wrote.
 *
 *      debug (P0, the caller) ◄── talk.h ──► debug-helper (P1, root)
 *                                              │ fork        │ fork + exec
 *                                        resolver (P2)   joiner (P3) ─ clone ─► session init (P4)
 *                                        nobody          read-only toolbox         └─► command (P5)
 *
 * The life of a session:  request → target → grant → plan → attached → result
 */
#include "attach.h"
#include "audit.h"
#include "authority.h"
#include "clock.h"
#include "doctor.h"
#include "fd.h"
#include "files.h"
#include "grant.h"
#include "list.h"
#include "plan.h"
#include "quota.h"
#include "request.h"
#include "session.h"
#include "talk.h"
#include "target.h"
#include "text.h"
#include "toolbox_command.h"
#include "wire.h"

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	REQUEST_DEADLINE_MS = 10000,
	REPLY_DEADLINE_MS = 1000, /* for a caller that does not read */
	WAITS_MAX = 32,
	WAIT_PAUSE_MS = 20, /* a container in a crash loop may live no longer */
	WAIT_IDLE = 3,	    /* times as long as it took to look */
	REQUEST_FDS = WIRE_FDS_MAX - 1,
	STREAM_COUNT = 3,
	REFUSAL_MS = 200, /* a user is refused at a multiple of this */
};

/* Before anything else: nothing inherited may decide what this process does. */
static int become_quiet(struct fail *why)
{
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || close_range(TALK_FD + 1, ~0U, 0) < 0 ||
	    fd_repair_standard(1) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot set up the helper");
	(void)fcntl(TALK_FD, F_SETFD, FD_CLOEXEC);
	(void)umask(022);
	/* Away from the caller's terminal: its signals go to `debug`, which passes on what is meant. */
	(void)setsid();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	if (chdir("/") < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot enter /");
	return 0;
}

static void reply(const struct reply *message)
{
	/* If `debug` is gone there is nobody left to tell; the loop sees that by itself. */
	(void)wire_send_by(TALK_FD, message, sizeof(*message), NULL, 0, clock_now_ms() + REPLY_DEADLINE_MS);
}

static int reply_failure(const struct fail *why, bool is_absent)
{
	struct reply message = { .version = WIRE_VERSION,
				 .kind = is_absent ? REPLY_ABSENT : REPLY_FAILED,
				 .with.fail = *why };

	reply(&message);
	return why->status;
}

/* The first message: the request, and the descriptors that it comes with: for a session without
 * terminal its streams, for the toolbox the caller's output and files. */
struct received {
	struct request request;
	int fds[REQUEST_FDS]; /* owned */
	size_t fd_count;
	bool is_absent; /* there is no target of that name here */
};

static int receive_request(struct received *received, struct fail *why)
{
	CLOSE_AT_EXIT int memory_fd = FD_NONE;
	int fds[REQUEST_FDS + 1];
	struct order order;
	size_t fd_count = 0;

	if (!clock_wait(TALK_FD, POLLIN, clock_now_ms() + REQUEST_DEADLINE_MS) ||
	    wire_receive(TALK_FD, &order, sizeof(order), fds, REQUEST_FDS + 1, &fd_count) != sizeof(order) ||
	    order.version != WIRE_VERSION || order.kind != ORDER_REQUEST)
		return fail_set(why, FAIL_TOOL,
				"debug and debug-helper are of different versions; reinstall both");
	if (fd_count == 0)
		return fail_set(why, FAIL_TOOL, "the request came without its contents");
	memory_fd = fds[0];
	received->fd_count = fd_count - 1;
	for (size_t i = 1; i < fd_count; i++)
		received->fds[i - 1] = fds[i];
	return request_receive(&received->request, memory_fd, why);
}

static int describe(const struct plan *plan)
{
	struct reply message = { .version = WIRE_VERSION, .kind = REPLY_TEXT };

	plan_describe(plan, message.with.text, sizeof(message.with.text));
	reply(&message);
	return 0;
}

/* As target_find or files_find. */
static int find(struct target *target, const struct received *received, const struct authority *authority,
		int host_proc_fd, struct fail *why)
{
	const struct request *request = &received->request;
	const size_t stream_count = request->has_terminal ? 0 : STREAM_COUNT;
	int outcome;

	if (request_is_path(request->target))
		return files_find(target, request, received->fds[stream_count], TALK_FD, why);
	outcome = target_find(target, request, host_proc_fd, why);
	return outcome != 0 && authority->caller.uid != 0 ? authority_hide(request, why) : outcome;
}

/* 0 after a session, 1 with *why set if there is nothing running to have one with, -1 on any other failure.
 */
static int attempt(struct received *received, const struct authority *authority, int host_proc_fd,
		   struct audit *audit, struct result *result, struct fail *why)
{
	const bool is_required = authority->caller.uid != 0 || authority->policy.is_audit_required;
	const int receipt_fd =
	    received->request.has_receipt_file ? received->fds[received->fd_count - 1] : FD_NONE;
	struct request request = received->request;
	const struct policy_rule *rule;
	struct target target;
	struct grant grant;
	struct plan plan;
	int outcome = find(&target, received, authority, host_proc_fd, why);

	received->is_absent = outcome > 0;
	if (outcome != 0)
		return outcome;
	outcome = authority_apply(authority, &request, &target, &rule, why);
	if (outcome == 0 && request.is_wait && target_is_at_rest(&target))
		outcome = 1;
	else if (outcome != 0 || grant_decide(&grant, &request, &target, rule, why) < 0 ||
		 plan_make(&plan, &request, &target, &grant, why) < 0)
		outcome = outcome != 0 ? outcome : -1;
	else if (request.is_dry_run)
		outcome = describe(&plan);
	else
		outcome = session_run(&(struct session){ .request = &request,
							 .target = &target,
							 .grant = &grant,
							 .plan = &plan,
							 .audit = audit,
							 .is_audit_required = is_required,
							 .host_proc_fd = host_proc_fd,
							 .standard = received->fds,
							 .receipt_fd = receipt_fd },
				      result, why);
	target_close(&target);
	return outcome;
}

static int attempt_until_it_runs(struct received *received, const struct authority *authority,
				 int host_proc_fd, struct audit *audit, struct result *result,
				 struct fail *why)
{
	const bool is_wait = received->request.is_wait;
	CLOSE_AT_EXIT int place_fd = FD_NONE;
	int outcome;

	if (is_wait && authority->caller.uid != 0 &&
	    (place_fd = quota_take(QUOTA_WAITS, authority->caller.uid, WAITS_MAX, why)) < 0)
		return -1;
	for (int64_t started_ms = clock_now_ms();
	     (outcome = attempt(received, authority, host_proc_fd, audit, result, why)) > 0 && is_wait;
	     started_ms = clock_now_ms()) {
		/* A wait may last for days: it takes a quarter of one processor at most. */
		const int64_t pause_ms = WAIT_PAUSE_MS + WAIT_IDLE * (clock_now_ms() - started_ms);

		*why = (struct fail){ 0 };
		/* Nothing is said before a session begins, but by hanging up. */
		if (clock_wait(TALK_FD, POLLIN, clock_now_ms() + pause_ms))
			return fail_set(why, FAIL_TOOL, "the wait for the container was given up");
	}
	return outcome == 0 ? 0 : -1;
}

/* They become the session's own: a directory or a device of the host among them would lead out of the
 * container with its root's rights. */
static int check_streams(const struct received *received, struct fail *why)
{
	struct stat status;

	for (size_t i = 0; !received->request.has_terminal && i < STREAM_COUNT; i++)
		if (fstat(received->fds[i], &status) < 0 || !S_ISFIFO(status.st_mode) ||
		    (fcntl(received->fds[i], F_GETFL) & O_PATH) != 0)
			return fail_set(why, FAIL_TOOL, "the session's streams are not pipes");
	return 0;
}

/* How soon the answer comes would tell what its words do not: whether there is such a container.  Not by
 * clock_wait(), which the caller can end. */
static void hide_time(int64_t started_ms)
{
	const int64_t passed_ms = clock_now_ms() - started_ms;
	const int64_t until_ms = started_ms + (passed_ms / REFUSAL_MS + 1) * REFUSAL_MS;

	while (clock_now_ms() < until_ms)
		(void)poll(NULL, 0, clock_left_ms(until_ms));
}

static int serve_session(struct received *received, const struct authority *authority, struct fail *why)
{
	const struct request *request = &received->request;
	const int64_t started_ms = clock_now_ms();
	CLOSE_AT_EXIT int host_proc_fd = FD_NONE;
	struct reply message = { .version = WIRE_VERSION, .kind = REPLY_ENDED };
	struct audit audit;
	size_t wanted;
	int failed;

	wanted = (request->has_terminal ? 0U : STREAM_COUNT) + (request_is_path(request->target) ? 1U : 0U) +
		 (request->has_receipt_file ? 1U : 0U);
	if (received->fd_count != wanted)
		return fail_set(why, FAIL_TOOL, "the request came without the session's streams or files");
	if (check_streams(received, why) < 0)
		return -1;
	host_proc_fd = proc_open(why);
	if (host_proc_fd < 0)
		return -1;
	/* Else a session would outlast its limits while we are frozen. */
	if (authority->caller.uid != 0 && cgroup_leave(why) < 0)
		return -1;
	audit_open(&audit, authority->caller.uid, host_proc_fd);
	failed = attempt_until_it_runs(received, authority, host_proc_fd, &audit, &message.with.result, why);
	/* Before the caller knows: nothing is left to be done when it does. */
	if (!request->is_dry_run)
		audit_end(&audit, request, &message.with.result, why);
	audit_close(&audit);
	if (failed < 0 && authority->caller.uid != 0)
		hide_time(started_ms);
	if (failed == 0 && !request->is_dry_run)
		reply(&message);
	return failed;
}

/* What is refused before it is even looked at is an attempt as well.  Without rights there is no log to
 * write. */
static void record_refusal(const struct received *received, const struct authority *authority,
			   const struct fail *why)
{
	const struct result none = { .kind = RESULT_EXITED };
	struct fail ignored = { 0 };
	CLOSE_AT_EXIT int host_proc_fd = FD_NONE;
	struct audit audit;

	if (!authority->caller.has_rights || (host_proc_fd = proc_open(&ignored)) < 0)
		return;
	audit_open(&audit, authority->caller.uid, host_proc_fd);
	audit_end(&audit, &received->request, &none, why);
	audit_close(&audit);
}

static int serve_request(struct received *received, struct authority *authority, struct fail *why)
{
	const bool is_root = authority->caller.uid == 0;
	CLOSE_AT_EXIT int place_fd = FD_NONE;

	/* Who has no rights may ask why, and sees with its own eyes. */
	if (received->request.action == REQUEST_DOCTOR) {
		if (!is_root && authority->caller.has_rights && !caller_become(&authority->caller))
			return fail_set(why, FAIL_TOOL, "cannot give root's rights up");
		authority->caller.has_rights = authority->caller.has_rights && is_root;
		return doctor_serve(&received->request, &authority->caller, why);
	}
	/* The limits of the user's own processes do not hold root's. */
	if (authority_check(authority, &received->request, why) < 0 ||
	    (!is_root &&
	     (place_fd = quota_take(QUOTA_HELPERS, authority->caller.uid, QUOTA_MOST, why)) < 0)) {
		record_refusal(received, authority, why);
		return -1;
	}
	if (received->request.action == REQUEST_TOOLBOX)
		return toolbox_command_serve(&received->request, received->fds, received->fd_count, why);
	if (received->request.action == REQUEST_LS)
		return list_serve(&received->request, &authority->caller, is_root ? NULL : &authority->policy,
				  why);
	return serve_session(received, authority, why);
}

static int serve(bool *is_absent, struct fail *why)
{
	struct received received = { 0 };
	struct authority authority = { 0 };
	struct fail ignored = { 0 };
	int failed;

	for (size_t i = 0; i < REQUEST_FDS; i++)
		received.fds[i] = FD_NONE;
	failed = caller_identify(&authority.caller, why);
	if (failed == 0)
		failed = become_quiet(why);
	/* In any case: a socket that is closed with something unread in it takes our answer along
	 * (ECONNRESET). */
	if (receive_request(&received, failed < 0 ? &ignored : why) < 0)
		failed = -1;
	if (failed == 0)
		failed = serve_request(&received, &authority, why);
	*is_absent = received.is_absent;
	authority_free(&authority);
	request_free(&received.request);
	return failed;
}

/* `debug-helper --collect`: removes what helpers that were killed could not remove. */
static int collect(void)
{
	CLOSE_AT_EXIT int host_proc_fd = FD_NONE;
	struct caller caller;
	struct fail why = { 0 };

	if (caller_identify(&caller, &why) < 0 || !caller.has_rights || become_quiet(&why) < 0)
		return FAIL_TOOL;
	host_proc_fd = proc_open(&why);
	if (host_proc_fd < 0)
		return FAIL_TOOL;
	(void)cgroup_collect(host_proc_fd);
	return 0;
}

int main(int argc, char *argv[])
{
	struct fail why = { 0 };
	bool is_absent = false;
	socklen_t size = sizeof(int);
	int type = 0;

	if (argc == 2 && strcmp(argv[1], "--collect") == 0)
		return collect();
	if (argc != 1 || getsockopt(TALK_FD, SOL_SOCKET, SO_TYPE, &type, &size) < 0 ||
	    type != SOCK_SEQPACKET) {
		(void)dprintf(2, "debug-helper: this program is started by `debug`; see debug(1)\n");
		return FAIL_TOOL;
	}
	return serve(&is_absent, &why) < 0 ? reply_failure(&why, is_absent) : 0;
}
