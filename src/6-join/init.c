/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The session init (P4): the first process of the session inside the target's pid namespace.  It
 * starts the command, is the reaper of everything that comes from it, and sees to it that nothing
 * outlives it.
 *
 * It runs with the session's own rights, visible to the target, so it is trusted with nothing: the
 * helper believes no more of what it says than "the session is over".
 *
 * Should:  die only after every other process of the session is dead and reaped; a process left
 *          behind would become a child of the target's init.
 * Mustn't: call kill(-1): that is every process of the target.
 */
#include "joiner.h"

#include "clock.h"
#include "fd.h"
#include "text.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	GRACE_MS = 1000, /* between asking the session's processes to end and killing them */
	ROUND_MS = 10,
	GIVE_UP_MS = 5000,   /* from killing them to leaving behind what does not die */
	TRACED_MS = 1000,    /* for whoever traces the command to reap it */
	DIRECTORY_MS = 1500, /* a disk that spins up takes that long */
	SHOWN_MAX = 200,
	MEMBERS_TEXT_MAX = 64 << 10,
};

struct session {
	pid_t command;
	int command_fd; /* pidfd, until it says that the command has ended */
	int status;	/* of waitpid(2), once has_status; until then as if it was killed */
	bool has_status;
	bool is_ending;
	bool is_killing;
	int64_t kill_at_ms; /* valid while ending */
	int64_t reap_by_ms; /* valid when the command has ended */
};

/* Sends `signal` to every member of the session's cgroup but this process.  The list is read with
 * our eyes: numbers of the target's pid namespace.  Returns how many there were. */
static size_t signal_members(int signal)
{
	static char text[MEMBERS_TEXT_MAX];
	size_t count = 0;
	ssize_t size;
	char *at = text;

	if (lseek(INIT_CGROUP_PROCS, 0, SEEK_SET) < 0)
		return 0;
	size = fd_read_all(INIT_CGROUP_PROCS, text, sizeof(text) - 1);
	if (size <= 0)
		return 0;
	text[size] = '\0';
	while (*at != '\0') {
		long pid = strtol(at, &at, 10);

		if (*at == '\n')
			at++;
		/* 0 stands for a member that this namespace cannot see: the joiner on its way out. */
		if (pid <= 1 || pid == getpid())
			continue;
		count++;
		if (signal != 0)
			(void)kill((pid_t)pid, signal);
	}
	return count;
}

static void reap(struct session *session)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != session->command)
			continue;
		session->status = status;
		session->has_status = true;
	}
}

/* Asks first: a debugger that is killed leaves its breakpoints in the target's memory. */
static void begin_end(struct session *session)
{
	if (session->is_ending)
		return;
	session->is_ending = true;
	session->kill_at_ms = clock_now_ms() + GRACE_MS;
	(void)signal_members(SIGHUP);
	(void)signal_members(SIGTERM);
	(void)signal_members(SIGCONT);
}

/* No new ones while we count: cgroup members may fork faster than a list is read.  The helper sees to that;
 * with a descriptor for it in here the session could do away with its limit. */
static void begin_kill(struct session *session)
{
	const struct joiner_message message = { .kind = INIT_KILLS };

	if (!session->is_killing)
		(void)wire_send(INIT_CONTROL, &message, sizeof(message), NULL, 0);
	session->is_killing = true;
}

/* The command has ended, as its pidfd says.  A child that is traced cannot be reaped before whoever traces it
 * has done so, which may be never. */
static void await_status(struct session *session)
{
	struct joiner_message message = { .kind = INIT_NOT_EXECUTED };

	if (session->command_fd != FD_NONE) {
		fd_close(&session->command_fd);
		session->reap_by_ms = clock_now_ms() + TRACED_MS;
	}
	if (clock_left_ms(session->reap_by_ms) > 0)
		return;
	session->has_status = true;
	(void)fail_set(
	    &message.fail, FAIL_TOOL,
	    "the command has ended, but a process of the target traces it and keeps its exit status");
	(void)wire_send(INIT_CONTROL, &message, sizeof(message), NULL, 0);
}

static void take_order(struct session *session)
{
	struct init_order order;
	size_t fd_count;
	ssize_t size = wire_receive(INIT_CONTROL, &order, sizeof(order), NULL, 0, &fd_count);

	if (size == sizeof(order) && order.kind == INIT_SIGNAL && !session->has_status) {
		/* The command leads a process group, so this is what a terminal would do. */
		(void)kill(-session->command, order.signal);
		return;
	}
	/* INIT_END, or the helper is gone: nobody holds the other end any more. */
	begin_end(session);
}

/* Killed, but still there: the kernel or a tracer holds it, for who knows how long. */
static bool is_given_up(const struct session *session)
{
	return session->is_ending && clock_left_ms(session->kill_at_ms + GIVE_UP_MS) == 0;
}

/* One turn of the loop; false when the session is over and nothing of it is left that could end.
 * SIGCHLD alone would not do: it is the tracer's to withhold, and there may be one. */
static bool turn(struct session *session, int signal_fd)
{
	struct pollfd waited[] = {
		{ .fd = session->is_ending ? FD_NONE : INIT_CONTROL, .events = POLLIN },
		{ .fd = signal_fd, .events = POLLIN },
		{ .fd = session->has_status ? FD_NONE : session->command_fd, .events = POLLIN },
	};
	const bool is_waiting = session->is_ending || session->reap_by_ms != 0;
	struct signalfd_siginfo received;

	(void)poll(waited, 3, is_waiting ? ROUND_MS : -1);
	while (read(signal_fd, &received, sizeof(received)) == sizeof(received))
		if (received.ssi_signo != SIGCHLD)
			begin_end(session);
	if (waited[0].revents != 0)
		take_order(session);
	reap(session);
	if (!session->has_status && (waited[2].revents != 0 || session->reap_by_ms != 0))
		await_status(session);
	if (session->has_status && signal_members(0) > 0)
		begin_end(session);
	if (session->is_ending && clock_left_ms(session->kill_at_ms) == 0) {
		begin_kill(session);
		(void)signal_members(SIGKILL);
		reap(session);
	}
	return !is_given_up(session) && (!session->has_status || signal_members(0) > 0);
}

static int open_signals(void)
{
	sigset_t handled;

	(void)sigemptyset(&handled);
	(void)sigaddset(&handled, SIGCHLD);
	(void)sigaddset(&handled, SIGTERM);
	(void)sigaddset(&handled, SIGHUP);
	(void)sigaddset(&handled, SIGINT);
	(void)sigaddset(&handled, SIGQUIT);
	if (sigprocmask(SIG_SETMASK, &handled, NULL) < 0)
		return -1;
	return signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* With errno, to whoever watches the session. */
static void say_why(const char *what)
{
	struct joiner_message message = { .kind = INIT_NOT_EXECUTED };

	(void)fail_errno(&message.fail, FAIL_TOOL, errno, "%s", what);
	(void)wire_send(INIT_CONTROL, &message, sizeof(message), NULL, 0);
}

/* The command's side of the fork.  `ready_fd` is closed when the directory is entered. */
__attribute__((noreturn)) static void become_command(const struct plan *plan, int ready_fd)
{
	sigset_t none;

	/* If the init is killed, the command must not run on without a reaper. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Before the terminal is ours: it would hang up with a process that has to be given up. */
	if (ready_fd != FD_NONE)
		launch_enter_directory(plan);
	fd_close(&ready_fd);
	if (setsid() < 0 || (plan->numbers.has_terminal && ioctl(0, TIOCSCTTY, 0) < 0)) {
		say_why("cannot make a terminal session for the command");
		_exit(FAIL_TOOL);
	}
	for (int signal = 1; signal < SIGRTMAX; signal++) {
		const struct sigaction by_default = { .sa_handler = SIG_DFL };

		(void)sigaction(signal, &by_default, NULL);
	}
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)umask(022);
	confine_command(plan);
	launch(plan);
}

/* The target's working directory may lie on a filesystem that hangs, which may be just what is looked into.
 */
static pid_t start_elsewhere(const struct plan *plan, pid_t stuck)
{
	struct joiner_message message = { .kind = INIT_NOT_EXECUTED };
	char shown[SHOWN_MAX];
	pid_t command;

	/* It is reaped whenever the kernel lets it go. */
	(void)kill(stuck, SIGKILL);
	if (plan->workdir != NULL) {
		(void)fail_set(&message.fail, FAIL_DEADLINE,
			       "the directory `%s` of the target does not answer",
			       text_encode(shown, sizeof(shown), plan->workdir, strlen(plan->workdir)));
		(void)wire_send(INIT_CONTROL, &message, sizeof(message), NULL, 0);
		return -1;
	}
	command = fork();
	if (command == 0) {
		(void)dprintf(STDERR_FILENO,
			      "debug: the target's working directory does not answer, so the session "
			      "starts in /\n");
		become_command(plan, FD_NONE);
	}
	return command;
}

static pid_t start_command(const struct plan *plan)
{
	int ready[2];
	pid_t command;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return -1;
	command = fork();
	if (command == 0) {
		(void)close(ready[0]);
		become_command(plan, ready[1]);
	}
	(void)close(ready[1]);
	if (command > 0 && !clock_wait(ready[0], POLLIN, clock_now_ms() + DIRECTORY_MS))
		command = start_elsewhere(plan, command);
	(void)close(ready[0]);
	return command;
}

void init_run(const struct plan *plan)
{
	struct joiner_message message = { .kind = INIT_ENDED };
	struct session session = { .command_fd = FD_NONE, .status = SIGKILL };
	int signal_fd = open_signals();

	/* SIGTERM from the kernel if the helper dies; the socket says so too, whichever is first. */
	if (signal_fd < 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ||
	    prctl(PR_SET_NAME, "debug-session") < 0) {
		say_why("cannot set up the session's first process");
		return;
	}
	session.command = start_command(plan);
	if (session.command < 0) {
		say_why("cannot start the command");
		return;
	}
	session.command_fd = pidfd_open(session.command, 0);
	/* The streams end when the command's processes end, not when we do. */
	if (fd_repair_standard(1) < 0)
		begin_end(&session);
	while (turn(&session, signal_fd))
		;
	message.number = session.status;
	(void)wire_send(INIT_CONTROL, &message, sizeof(message), NULL, 0);
	/* Us, too.  Only what does not even die of this is left behind, or is the helper's to end. */
	if (signal_members(0) > 0)
		(void)!write(INIT_CGROUP_KILL, "1", 1);
}
