/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attached → result, on the privileged side.  One loop, six descriptors: the caller, the session
 * init's socket, the init itself, the target, our signals, and the recorder if there is one.  Nothing that
 * the init says is believed beyond the command's status.
 */
#include "session.h"

#include "attach.h"
#include "clock.h"
#include "fd.h"
#include "joiner.h"
#include "package_server.h"
#include "policy.h"
#include "recorder.h"
#include "talk.h"
#include "text.h"
#include "wire.h"

#include <bsd/string.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* The init asks, waits a second, then kills; this is when we stop waiting for it. */
enum { HANG_UP_DEADLINE_MS = 3000 };

/* Between the end of a session that its target took along and the end of the target. */
enum { TARGET_END_MS = 500, MILLISECONDS = 1000 };

enum {
	WATCH_CALLER,
	WATCH_CONTROL,
	WATCH_INIT,
	WATCH_TARGET,
	WATCH_SIGNALS,
	WATCH_RECORDER,
	WATCH_OWN_COUNT,
	WATCH_PACKAGES = WATCH_OWN_COUNT,
	WATCH_COUNT = WATCH_PACKAGES + PACKAGE_SERVER_FDS,
};

struct watch {
	struct attached *attached;
	struct recorder *recorder;
	struct result *result;
	struct fail *why;
	bool is_over;
	bool is_ending;
	int64_t deadline_ms; /* while ending */
	int64_t last_ms;     /* then it is ended; 0: never */
	struct pollfd waited[WATCH_COUNT];
	struct package_server packages;
};

static void begin_end(struct watch *watch)
{
	if (watch->is_ending)
		return;
	watch->is_ending = true;
	watch->deadline_ms = clock_now_ms() + HANG_UP_DEADLINE_MS;
	attach_hang_up(watch->attached);
}

static void on_caller(struct watch *watch)
{
	struct order order;
	size_t fd_count;
	ssize_t size = wire_receive(TALK_FD, &order, sizeof(order), NULL, 0, &fd_count);

	if (size == sizeof(order) && order.version == WIRE_VERSION && order.kind == ORDER_SIGNAL &&
	    order.signal > 0 && order.signal < SIGRTMAX) {
		attach_signal(watch->attached, order.signal);
		return;
	}
	/* ORDER_END, end of file because `debug` died, or nonsense: all mean that nobody is there. */
	if (size <= 0)
		watch->waited[WATCH_CALLER].fd = FD_NONE;
	begin_end(watch);
}

static void on_message(struct watch *watch, struct joiner_message *message)
{
	if (message->kind == INIT_NOT_EXECUTED && watch->why->status == FAIL_NONE) {
		/* It is printed on the caller's terminal, and who took the init over could say anything. */
		if (!text_is_encoded(message->fail.text, sizeof(message->fail.text)))
			(void)strlcpy(message->fail.text, "the session did not say readably why it failed",
				      sizeof(message->fail.text));
		if (message->fail.status < FAIL_DEADLINE || message->fail.status > FAIL_NOT_FOUND)
			message->fail.status = FAIL_TOOL;
		*watch->why = message->fail;
	}
	if (message->kind == INIT_KILLS)
		cgroup_forbid_forks(&watch->attached->cgroup);
	if (message->kind == INIT_ENDED) {
		watch->is_over = true;
		watch->result->kind = WIFSIGNALED(message->number) ? RESULT_SIGNALED : RESULT_EXITED;
		watch->result->status =
		    WIFSIGNALED(message->number) ? WTERMSIG(message->number) : WEXITSTATUS(message->number);
	}
}

static void on_control(struct watch *watch)
{
	struct joiner_message message;
	size_t fd_count;
	ssize_t size =
	    wire_receive(watch->attached->control_fd, &message, sizeof(message), NULL, 0, &fd_count);

	if (size == sizeof(message)) {
		on_message(watch, &message);
		return;
	}
	/* The init is gone or was taken over; its pidfd or the deadline tells the rest. */
	watch->waited[WATCH_CONTROL].fd = FD_NONE;
	if (size > 0)
		begin_end(watch);
}

/* The init ended without saying so: killed, by the target's end or by somebody. */
static void on_init(struct watch *watch, const struct target *target)
{
	int status;

	if ((watch->waited[WATCH_CONTROL].revents & POLLIN) != 0)
		on_control(watch);
	if (watch->is_over)
		return;
	watch->is_over = true;
	/* A pid namespace ends only when every process in it is reaped, and ours has but us to do that:
	 * the target's own end waits for this. */
	status = attach_reap(watch->attached);
	if (target->pid_fd != FD_NONE && clock_wait(target->pid_fd, POLLIN, clock_now_ms() + TARGET_END_MS)) {
		watch->result->kind = RESULT_TARGET_GONE;
		return;
	}
	watch->result->kind = RESULT_SIGNALED;
	watch->result->status = WIFSIGNALED(status) ? WTERMSIG(status) : SIGKILL;
	/* It has a reason, or the way on which it says so is broken. */
	if (WIFEXITED(status) && watch->why->status == FAIL_NONE)
		(void)fail_set(watch->why, FAIL_TOOL,
			       "the session has ended, but not said how its command did; see whether it was "
			       "done, and try again");
}

static void on_signal(struct watch *watch)
{
	struct signalfd_siginfo received;

	while (read(watch->waited[WATCH_SIGNALS].fd, &received, sizeof(received)) == sizeof(received))
		begin_end(watch);
}

/* That the session's streams have ended is no news; whatever else it says ends the session. */
static void on_recorder(struct watch *watch)
{
	struct fail report = { 0 };

	watch->waited[WATCH_RECORDER].fd = FD_NONE;
	if (recorder_take_report(watch->recorder, &report) == 0)
		return;
	if (watch->why->status == FAIL_NONE)
		*watch->why = report;
	begin_end(watch);
}

static int time_left(const struct watch *watch)
{
	if (watch->is_ending)
		return clock_left_ms(watch->deadline_ms);
	return watch->last_ms != 0 ? clock_left_ms(watch->last_ms) : -1;
}

static void turn(struct watch *watch, const struct target *target)
{
	struct pollfd *waited = watch->waited;

	package_server_wait_for(&watch->packages, waited + WATCH_PACKAGES);
	if (poll(waited, WATCH_COUNT, time_left(watch)) < 0)
		return;
	if (watch->last_ms != 0 && !watch->is_ending && clock_left_ms(watch->last_ms) == 0) {
		(void)fail_set(watch->why, FAIL_DEADLINE,
			       "the session has lasted as long as " POLICY_DIRECTORY "/" POLICY_FILE
			       " permits, and was ended");
		begin_end(watch);
	}
	package_server_turn(&watch->packages, waited + WATCH_PACKAGES);
	if (waited[WATCH_CALLER].revents != 0)
		on_caller(watch);
	if (waited[WATCH_SIGNALS].revents != 0)
		on_signal(watch);
	if (waited[WATCH_RECORDER].revents != 0)
		on_recorder(watch);
	if (waited[WATCH_TARGET].revents != 0) {
		/* Let go at once: our mounts keep the target's filesystems busy, and it may be restarting. */
		watch->is_over = true;
		watch->result->kind = RESULT_TARGET_GONE;
	} else if (waited[WATCH_INIT].revents != 0) {
		on_init(watch, target);
	} else if (waited[WATCH_CONTROL].revents != 0) {
		on_control(watch);
	}
	/* attach_end then kills what did not listen. */
	if (watch->is_ending && !watch->is_over && clock_left_ms(watch->deadline_ms) == 0) {
		watch->is_over = true;
		watch->result->kind = RESULT_SIGNALED;
		watch->result->status = SIGKILL;
	}
}

static void interrupt(int number)
{
	(void)number;
}

/* No end of the caller's making can hold us beyond the session's: whatever we are in then, such as the last
 * close of a socket that it sent (SO_LINGER), is interrupted. */
static void limit_waits(uint32_t max_seconds)
{
	const struct sigaction action = { .sa_handler = interrupt };
	const struct itimerval times = { .it_value = { .tv_sec = (time_t)max_seconds + 1 },
					 .it_interval = { .tv_sec = 1 } };

	(void)sigaction(SIGALRM, &action, NULL);
	(void)setitimer(ITIMER_REAL, &times, NULL);
}

int session_watch(struct attached *attached, const struct target *target, struct recorder *recorder,
		  uint32_t max_seconds, int host_proc_fd, struct result *result, struct fail *why)
{
	struct watch watch = { .attached = attached, .recorder = recorder, .result = result, .why = why };
	CLOSE_AT_EXIT int signal_fd = FD_NONE;
	sigset_t handled;

	(void)sigemptyset(&handled);
	(void)sigaddset(&handled, SIGTERM);
	(void)sigaddset(&handled, SIGHUP);
	(void)sigaddset(&handled, SIGINT);
	(void)sigaddset(&handled, SIGQUIT);
	if (sigprocmask(SIG_BLOCK, &handled, NULL) < 0 ||
	    (signal_fd = signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot wait for signals");
	const int fds[WATCH_OWN_COUNT] = { TALK_FD,	      attached->control_fd,
					   attached->init_fd, target->pid_fd,
					   signal_fd,	      recorder->process.answer_fd };
	for (int i = 0; i < WATCH_OWN_COUNT; i++)
		watch.waited[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	if (max_seconds != 0) {
		watch.last_ms = clock_now_ms() + MILLISECONDS * (int64_t)max_seconds;
		limit_waits(max_seconds);
	}
	package_server_begin(&watch.packages, attached, host_proc_fd);
	for (size_t i = 0; i < attached->early_count; i++)
		on_message(&watch, &attached->early[i]);
	while (!watch.is_over)
		turn(&watch, target);
	package_server_end(&watch.packages);
	return why->status == FAIL_NONE ? 0 : -1;
}
