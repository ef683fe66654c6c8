/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The helper's side of a recording that the policy demands.  The caller cannot be trusted with it, so the
 * bytes lead through a process of ours; the helper itself must not look at them, so that process has no
 * rights, no descriptor but the streams and the file, and a filter that kills it if it does more than move
 * bytes.
 *
 *      caller ◄──► recorder ◄──► session
 *                     └──► /var/log/debug/TIME-UID-SESSION.cast
 *
 * The caller's terminal is one of another devpts than the session's: what is in there could write around us.
 *
 * Should:  end the session when the recording cannot go on.
 * Mustn't: begin a session whose file could not be made.
 */
#include "recorder.h"

#include "audit.h"
#include "clock.h"
#include "fd.h"
#include "filters.h"
#include "scratch.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/statvfs.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum {
	RECORDING_MAX = 256 << 20, /* bytes; then the session ends */
	END_MS = 1000,		   /* for what is still to be passed on, where nobody may take it */
};

/* What it is given, in this order. */
enum { KEPT_RELAY, KEPT_FILE = KEPT_RELAY + RECORD_RELAY_SIGNALS + 1, KEPT_COUNT };

struct work {
	const struct recorder *recorder;
	const struct record_header *header;
};

void recorder_clear(struct recorder *recorder)
{
	*recorder = (struct recorder){ .directory_fd = FD_NONE,
				       .file_fd = FD_NONE,
				       .process = { .answer_fd = FD_NONE } };
	for (size_t i = 0; i < RECORDER_STREAMS; i++)
		recorder->outer_fd[i] = recorder->inner_fd[i] = FD_NONE;
}

static void close_streams(struct recorder *recorder)
{
	for (size_t i = 0; i < RECORDER_STREAMS; i++) {
		fd_close(&recorder->outer_fd[i]);
		fd_close(&recorder->inner_fd[i]);
	}
}

static void take_back_file(struct recorder *recorder)
{
	if (recorder->directory_fd != FD_NONE)
		(void)unlinkat(recorder->directory_fd, recorder->name, 0);
	fd_close(&recorder->directory_fd);
	fd_close(&recorder->file_fd);
}

void recorder_discard(struct recorder *recorder, int standard[RECORDER_STREAMS])
{
	for (size_t i = 0; i < RECORDER_STREAMS && !recorder->has_terminal; i++) {
		if (recorder->outer_fd[i] == FD_NONE)
			continue;
		fd_close(&standard[i]);
		standard[i] = fd_steal(&recorder->outer_fd[i]);
	}
	close_streams(recorder);
	take_back_file(recorder);
}

/* Recordings are many; the audit trail beside them must still have room when they have filled the rest. */
static int check_room(struct fail *why)
{
	struct statvfs status;

	if (statvfs(AUDIT_DIRECTORY, &status) < 0 || status.f_frsize == 0 ||
	    status.f_bavail >= 2 * (uint64_t)RECORDING_MAX / status.f_frsize)
		return 0;
	return fail_set(why, FAIL_DENIED,
			"this session must be recorded, and %s has no room for that; remove old recordings",
			AUDIT_DIRECTORY);
}

static int make_file(struct recorder *recorder, uint64_t session, uint32_t uid, struct fail *why)
{
	struct fail problem = { 0 };
	const time_t now = time(NULL);
	char stamp[32] = "";
	struct tm utc;

	recorder->directory_fd = audit_open_directory(&problem);
	if (recorder->directory_fd < 0)
		return fail_set(why, FAIL_DENIED, "this session must be recorded, and %s",
				problem.status != FAIL_NONE ? problem.text
							    : "there is no " AUDIT_DIRECTORY
							      " for that; make it, with mode 0700");
	if (gmtime_r(&now, &utc) != NULL)
		(void)strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &utc);
	(void)snprintf(recorder->name, sizeof(recorder->name), "%s-%u-%016" PRIx64 ".cast", stamp, uid,
		       session);
	recorder->file_fd = openat(recorder->directory_fd, recorder->name,
				   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);
	if (recorder->file_fd >= 0)
		return 0;
	fd_close(&recorder->directory_fd);
	return fail_errno(why, FAIL_DENIED, errno,
			  "this session must be recorded, and a file for that cannot be made in %s",
			  AUDIT_DIRECTORY);
}

/* The session's end of each pipe goes to `standard`, the caller's from there to the recorder. */
static int make_pipes(struct recorder *recorder, int standard[RECORDER_STREAMS], struct fail *why)
{
	for (size_t i = 0; i < RECORDER_STREAMS; i++) {
		const size_t session_end = i == STDIN_FILENO ? 0 : 1;
		int pair[2];

		if (pipe2(pair, O_CLOEXEC) < 0)
			return fail_errno(why, FAIL_TOOL, errno, "cannot make pipes for the session");
		recorder->outer_fd[i] = standard[i];
		standard[i] = pair[session_end];
		recorder->inner_fd[i] = pair[1 - session_end];
	}
	return 0;
}

int recorder_prepare(struct recorder *recorder, uint64_t session, uint32_t uid, bool has_terminal,
		     int standard[RECORDER_STREAMS], struct fail *why)
{
	recorder->has_terminal = has_terminal;
	if (check_room(why) < 0 || make_file(recorder, session, uid, why) < 0)
		return -1;
	if (has_terminal || make_pipes(recorder, standard, why) == 0)
		return 0;
	recorder_discard(recorder, standard);
	return -1;
}

/* Bytes pass through it as they are: what keys mean is the session's terminal's business. */
static int make_terminal(struct recorder *recorder, int *terminal_fd, const struct record_header *header,
			 struct fail *why)
{
	CLOSE_AT_EXIT int terminals_fd = scratch_terminals(why);
	struct termios raw;
	int master_fd = FD_NONE;

	if (terminals_fd < 0 || scratch_open_terminal(terminals_fd, header->rows, header->columns, &master_fd,
						      &recorder->outer_fd[0], why) < 0)
		return -1;
	recorder->inner_fd[0] = *terminal_fd;
	*terminal_fd = master_fd;
	if (tcgetattr(recorder->outer_fd[0], &raw) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot set up the recorder's terminal");
	cfmakeraw(&raw);
	if (tcsetattr(recorder->outer_fd[0], TCSANOW, &raw) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot set up the recorder's terminal");
	return 0;
}

static bool make_nonblocking(const struct recorder *recorder)
{
	for (size_t i = 0; i < RECORDER_STREAMS; i++) {
		const int fds[] = { recorder->outer_fd[i], recorder->inner_fd[i] };

		for (size_t j = 0; j < 2; j++)
			if (fds[j] != FD_NONE &&
			    fcntl(fds[j], F_SETFL, fcntl(fds[j], F_GETFL) | O_NONBLOCK) < 0)
				return false;
	}
	return true;
}

/* As the session leader of the caller's terminal it is told of its size; keys are no signals there, and none
 * of those that the caller could make of them by other settings is heard. */
static bool prepare(const void *context)
{
	const struct work *work = context;
	const struct recorder *recorder = work->recorder;
	sigset_t all;

	(void)sigfillset(&all);
	return sigprocmask(SIG_SETMASK, &all, NULL) == 0 && make_nonblocking(recorder) &&
	       (!recorder->has_terminal || (setsid() > 0 && ioctl(recorder->outer_fd[0], TIOCSCTTY, 0) == 0));
}

static void explain(struct fail *why, const struct record_cast *cast)
{
	if (cast->error == EFBIG)
		(void)fail_set(why, FAIL_TOOL,
			       "the recording of this session has reached %d MB, so the session was ended",
			       RECORDING_MAX >> 20);
	else
		(void)fail_errno(why, FAIL_TOOL, cast->error,
				 "the recording of this session cannot be written, so the session was ended");
}

static void record(const void *context)
{
	const struct work *work = context;
	struct record_relay relay = { .has_terminal = work->recorder->has_terminal };
	struct record_cast cast;
	struct fail why = { 0 };

	for (size_t i = 0; i <= RECORD_RELAY_SIGNALS; i++)
		relay.fd[i] = SANDBOX_FD_FIRST + KEPT_RELAY + (int)i;
	if (!relay.has_terminal)
		relay.fd[RECORD_RELAY_SIGNALS] = FD_NONE;
	relay.record = &cast;
	if (record_cast_adopt(&cast, SANDBOX_FD_FIRST + KEPT_FILE, work->recorder->name, work->header,
			      &why) == 0) {
		record_cast_begin(&cast);
		if (record_relay_run(&relay) < 0)
			explain(&why, &cast);
		else if (record_cast_close(&cast, &why) < 0)
			why.status = FAIL_TOOL;
	}
	(void)wire_send(SANDBOX_ANSWER_FD, &why, sizeof(why), NULL, 0);
}

static int open_resized(void)
{
	sigset_t resized;

	(void)sigemptyset(&resized);
	(void)sigaddset(&resized, SIGWINCH);
	return signalfd(-1, &resized, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int start(struct recorder *recorder, const struct record_header *header, struct fail *why)
{
	const struct sandbox_rules rules = { .filter = &filter_recorder,
					     .memory_max = RLIM_INFINITY,
					     .file_max = RECORDING_MAX,
					     .prepare = prepare,
					     .work = record };
	const struct work work = { recorder, header };
	CLOSE_AT_EXIT int resized_fd = recorder->has_terminal ? open_resized() : FD_NONE;
	int kept[KEPT_COUNT];

	if (recorder->has_terminal && resized_fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot start the recorder");
	for (size_t i = 0; i < RECORDER_STREAMS; i++) {
		kept[KEPT_RELAY + (size_t)RECORD_RELAY_OUTER + i] = recorder->outer_fd[i];
		kept[KEPT_RELAY + (size_t)RECORD_RELAY_INNER + i] = recorder->inner_fd[i];
	}
	kept[KEPT_RELAY + RECORD_RELAY_SIGNALS] = resized_fd;
	kept[KEPT_FILE] = recorder->file_fd;
	return sandbox_start(&recorder->process, &rules, kept, KEPT_COUNT, &work, why);
}

int recorder_start(struct recorder *recorder, int *terminal_fd, const struct record_header *header,
		   struct fail *why)
{
	int failed;

	if (recorder->has_terminal && make_terminal(recorder, terminal_fd, header, why) < 0)
		return -1;
	failed = start(recorder, header, why);
	close_streams(recorder);
	if (failed < 0) {
		recorder->process = (struct sandbox){ .answer_fd = FD_NONE };
		return -1;
	}
	/* From here on the file stays. */
	fd_close(&recorder->directory_fd);
	fd_close(&recorder->file_fd);
	return 0;
}

int recorder_take_report(struct recorder *recorder, struct fail *why)
{
	struct fail report;
	size_t fd_count;
	const ssize_t size =
	    wire_receive(recorder->process.answer_fd, &report, sizeof(report), NULL, 0, &fd_count);

	fd_close(&recorder->process.answer_fd);
	if (size != sizeof(report))
		return fail_set(why, FAIL_TOOL, "the recorder of this session was killed, so it was ended");
	report.text[sizeof(report.text) - 1] = '\0';
	return report.status == FAIL_NONE ? 0 : fail_set(why, FAIL_TOOL, "%s", report.text);
}

/* A caller that is there may take its time with pipes, as with those of any command; a terminal may be
 * stopped. */
static void await_report(const struct recorder *recorder, int caller_fd)
{
	const int64_t deadline_ms = clock_now_ms() + END_MS;
	struct pollfd waited[] = { { recorder->process.answer_fd, POLLIN, 0 }, { caller_fd, 0, 0 } };
	bool is_bounded = recorder->has_terminal;

	while (waited[0].revents == 0 && (!is_bounded || clock_left_ms(deadline_ms) > 0)) {
		(void)poll(waited, 2, is_bounded ? clock_left_ms(deadline_ms) : -1);
		if (waited[1].revents != 0) {
			waited[1] = (struct pollfd){ .fd = FD_NONE };
			is_bounded = true;
		}
	}
}

int recorder_end(struct recorder *recorder, int caller_fd, struct fail *why)
{
	int failed = 0;

	if (recorder->process.pid > 0 && recorder->process.answer_fd != FD_NONE) {
		await_report(recorder, caller_fd);
		/* Else all that it got is in the file, and what is lost was for a reader that is not there.
		 */
		if (poll(&(struct pollfd){ recorder->process.answer_fd, POLLIN, 0 }, 1, 0) > 0)
			failed = recorder_take_report(recorder, why);
	}
	if (recorder->process.pid > 0)
		sandbox_end(&recorder->process);
	recorder->process.pid = 0;
	return failed;
}
