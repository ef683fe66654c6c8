/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a command, and when the processes of one role begin their N-th system call, something happens
 * to the one that does.
 *
 *   strike [-t] [-o FILE] ROLE[:CALL]:N ACTION COMMAND [ARGUMENT...]
 *
 * ROLE    debug; spawn, debug's child before it is the helper; helper; child, of the helper, a resolver or
 *         a joiner that is not executed yet; unpack; joiner; init; command; or any
 * CALL    counts only system calls of that name
 * ACTION  kill, term          SIGKILL instead of the call, SIGTERM during it
 *         stop                SIGSTOP, for good
 *         stop-cont stop-kill SIGSTOP, and a moment later SIGCONT or SIGKILL
 *         stop-end            SIGSTOP, and a moment later SIGTERM for COMMAND
 *         end:PID             another process is killed first, and then the call goes on
 * -t      COMMAND has a terminal of its own, whose output is copied to ours
 * FILE    gets "struck ROLE PID CALL"; "terminal changed" if its modes are other ones afterwards; and
 *         "left behind" if a process is there three seconds after COMMAND has ended
 *
 * The exit status is the command's, as a shell has it.  Unlike strace(1) this tells the processes of a
 * session apart.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

enum { TASKS_MAX = 512, MOMENT_MS = 100, TARGET_END_MS = 200, LEFT_S = 3, SIGNAL_BASE = 128 };

enum role {
	DEBUG,
	SPAWN,
	HELPER,
	CHILD,
	UNPACK,
	JOINER,
	INIT,
	COMMAND,
	ANY,
	ROLE_COUNT,
	UNKNOWN = ROLE_COUNT
};

static const char *const role_names[] = { "debug",  "spawn", "helper",	"child", "unpack",
					  "joiner", "init",  "command", "any" };

/* Who is born of whom, without exec. */
static const enum role born_of[ROLE_COUNT] = {
	[DEBUG] = SPAWN,   [SPAWN] = SPAWN, [HELPER] = CHILD, [CHILD] = CHILD,
	[UNPACK] = UNPACK, [JOINER] = INIT, [INIT] = COMMAND, [COMMAND] = COMMAND,
};

struct task {
	pid_t id;
	enum role role;
	bool is_waiting; /* stopped before its parent's word that it is born */
	bool is_called;	 /* between the beginning and the end of a system call */
};

static struct task tasks[TASKS_MAX];
static struct {
	enum role role;
	int call; /* or -1 */
	long count;
	const char *action;
} strike;
static bool is_struck;
static pid_t first; /* COMMAND */
static FILE *report;
static volatile sig_atomic_t is_late;

static struct task *find(pid_t id)
{
	struct task *unused = NULL;

	for (size_t i = 0; i < TASKS_MAX; i++) {
		if (tasks[i].id == id)
			return &tasks[i];
		if (tasks[i].id == 0 && unused == NULL)
			unused = &tasks[i];
	}
	if (unused == NULL)
		errx(1, "too many processes");
	*unused = (struct task){ .id = id, .role = UNKNOWN };
	return unused;
}

static void resume(struct task *task, int signal)
{
	/* What has been killed meanwhile needs no resuming; afterwards nothing is counted. */
	(void)ptrace(is_struck ? PTRACE_CONT : PTRACE_SYSCALL, task->id, NULL, signal);
}

static void signal_later(pid_t id, int signal)
{
	const int fd = pidfd_open(id, 0);
	const pid_t child = fd < 0 ? -1 : fork();

	if (child != 0) {
		(void)close(fd);
		return;
	}
	(void)poll(NULL, 0, MOMENT_MS);
	(void)pidfd_send_signal(fd, signal, NULL, 0);
	_exit(0);
}

static void end_other(pid_t id)
{
	struct pollfd waited = { .fd = pidfd_open(id, 0), .events = POLLIN };

	if (waited.fd < 0)
		return;
	(void)kill(id, SIGKILL);
	/* Not longer: it cannot end before a process in its pid namespace that waits for us. */
	(void)poll(&waited, 1, TARGET_END_MS);
	(void)close(waited.fd);
}

/* The process of a thread, which alone has a pidfd. */
static pid_t process_of(pid_t id)
{
	char path[64], line[256];
	pid_t found = id;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)id);
	file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "Tgid:", 5) == 0)
			found = (pid_t)strtol(line + 5, NULL, 10);
	if (file != NULL)
		(void)fclose(file);
	return found;
}

/* True if the task must be let go by the caller. */
static bool hit(struct task *task, int call)
{
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call);
	const pid_t process = process_of(task->id);

	is_struck = true;
	(void)fprintf(report, "struck %s %d %s\n", role_names[task->role], (int)task->id, name);
	(void)fflush(report);
	free(name);
	if (strcmp(strike.action, "kill") == 0) {
		(void)kill(process, SIGKILL);
	} else if (strcmp(strike.action, "term") == 0) {
		(void)kill(process, SIGTERM);
	} else if (strncmp(strike.action, "end:", 4) == 0) {
		end_other((pid_t)strtol(strike.action + 4, NULL, 10));
	} else {
		/* A process that stops is to be seen by its parent as it would be without us. */
		(void)kill(process, SIGSTOP);
		if (strcmp(strike.action, "stop-cont") == 0)
			signal_later(process, SIGCONT);
		if (strcmp(strike.action, "stop-kill") == 0)
			signal_later(process, SIGKILL);
		if (strcmp(strike.action, "stop-end") == 0)
			signal_later(first, SIGTERM);
		(void)ptrace(PTRACE_DETACH, task->id, NULL, 0);
		task->id = 0;
		return false;
	}
	return true;
}

static bool on_call(struct task *task)
{
	struct __ptrace_syscall_info info;

	if (is_struck || ptrace(PTRACE_GET_SYSCALL_INFO, task->id, sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY || (strike.role != ANY && task->role != strike.role) ||
	    (strike.call != -1 && (int)info.entry.nr != strike.call))
		return true;
	return --strike.count != 0 || hit(task, (int)info.entry.nr);
}

static void on_born(const struct task *parent)
{
	unsigned long id = 0;
	struct task *child;

	if (ptrace(PTRACE_GETEVENTMSG, parent->id, NULL, &id) < 0)
		return;
	child = find((pid_t)id);
	/* Threads are of their process. */
	if (child->role == UNKNOWN) {
		char path[64];

		(void)snprintf(path, sizeof(path), "/proc/%d/task/%lu", (int)parent->id, id);
		child->role = access(path, F_OK) == 0 ? parent->role : born_of[parent->role];
	}
	if (child->is_waiting) {
		child->is_waiting = false;
		resume(child, 0);
	}
}

static void on_exec(struct task *task)
{
	char path[64], file[4096];
	ssize_t length;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)task->id);
	length = readlink(path, file, sizeof(file) - 1);
	file[length < 0 ? 0 : length] = '\0';
	if (task->role == SPAWN)
		task->role = HELPER;
	else if (task->role == CHILD)
		task->role = strstr(file, "unpack") != NULL ? UNPACK : JOINER;
}

static void on_stop(struct task *task, int status)
{
	const int signal = WSTOPSIG(status);
	const int event = status >> 16;

	if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
		on_born(task);
	} else if (event == PTRACE_EVENT_EXEC) {
		on_exec(task);
	} else if (event == PTRACE_EVENT_STOP) {
		if (task->role == UNKNOWN) {
			task->is_waiting = true;
			return;
		}
		if (signal != SIGTRAP) {
			(void)ptrace(PTRACE_LISTEN, task->id, NULL, 0);
			return;
		}
	} else if (signal == (SIGTRAP | 0x80)) {
		if (!on_call(task))
			return;
	} else {
		resume(task, signal);
		return;
	}
	resume(task, 0);
}

static void on_alarm(int signal)
{
	(void)signal;
	is_late = 1;
}

/* The terminal as COMMAND leaves it. */
static void on_end(int slave, const struct termios *before)
{
	struct termios after = { 0 };

	if (slave >= 0 && (tcgetattr(slave, &after) < 0 || memcmp(before, &after, sizeof(after)) != 0))
		(void)fprintf(report, "terminal changed\n");
	if (slave >= 0)
		(void)close(slave);
	(void)alarm(LEFT_S);
}

/* Until COMMAND itself has ended, and for a while until all that came of it has. */
static int follow(int slave, const struct termios *before)
{
	int result = -1;
	int status;
	pid_t id;

	while (!is_late && ((id = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR)) {
		if (id <= 0)
			continue;
		if (!WIFEXITED(status) && !WIFSIGNALED(status)) {
			on_stop(find(id), status);
			continue;
		}
		find(id)->id = 0;
		if (id != first)
			continue;
		result = WIFEXITED(status) ? WEXITSTATUS(status) : SIGNAL_BASE + WTERMSIG(status);
		on_end(slave, before);
	}
	if (is_late)
		(void)fprintf(report, "left behind, %d seconds after the end\n", LEFT_S);
	return result;
}

static void parse(char *where, const char *action)
{
	char *number = strrchr(where, ':');
	char *call = strchr(where, ':');

	if (number == NULL)
		errx(2, "which call? %s", where);
	*number = '\0';
	strike.count = strtol(number + 1, NULL, 10);
	strike.call = -1;
	if (call != number) {
		*call = '\0';
		strike.call = seccomp_syscall_resolve_name(call + 1);
		if (strike.call == __NR_SCMP_ERROR)
			errx(2, "no system call %s", call + 1);
	}
	for (strike.role = DEBUG; strike.role < ROLE_COUNT && strcmp(role_names[strike.role], where) != 0;)
		strike.role++;
	if (strike.role == ROLE_COUNT || strike.count <= 0)
		errx(2, "no role %s, or no number", where);
	strike.action = action;
}

/* Copies the terminal's output until nobody has it open. */
static void start_copy(int master, int slave)
{
	char bytes[4096];
	ssize_t n;

	if (fork() != 0)
		return;
	(void)close(slave);
	while ((n = read(master, bytes, sizeof(bytes))) > 0)
		(void)!write(1, bytes, (size_t)n);
	_exit(0);
}

static pid_t start(char **command, int slave)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
	const pid_t child = fork();
	int status;

	if (child < 0)
		err(1, "fork");
	if (child == 0) {
		(void)fclose(report);
		if (slave >= 0 && login_tty(slave) < 0)
			err(1, "terminal");
		(void)raise(SIGSTOP);
		(void)execv(command[0], command);
		err(127, "%s", command[0]);
	}
	if (waitpid(child, &status, WUNTRACED) != child || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SEIZE, child, NULL, options) < 0)
		err(1, "cannot trace");
	find(child)->role = DEBUG;
	(void)kill(child, SIGCONT);
	return child;
}

int main(int argc, char *argv[])
{
	const struct sigaction alarmed = { .sa_handler = on_alarm };
	struct termios before = { 0 };
	bool has_terminal = false;
	int master = -1, slave = -1;
	int option;

	report = stderr;
	while ((option = getopt(argc, argv, "+to:")) != -1) {
		if (option == 't')
			has_terminal = true;
		else if (option != 'o' || (report = fopen(optarg, "we")) == NULL)
			err(2, "option");
	}
	if (argc - optind < 3)
		errx(2, "usage: strike [-t] [-o FILE] ROLE[:CALL]:N ACTION COMMAND...");
	parse(argv[optind], argv[optind + 1]);
	if (has_terminal) {
		if (openpty(&master, &slave, NULL, NULL, NULL) < 0 || tcgetattr(slave, &before) < 0)
			err(1, "terminal");
		(void)fcntl(master, F_SETFD, FD_CLOEXEC);
		start_copy(master, slave);
		(void)close(master);
	}
	/* Who loses its parent becomes our child. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || sigaction(SIGALRM, &alarmed, NULL) < 0)
		err(1, "cannot wait");
	first = start(argv + optind + 2, slave);
	return follow(slave, &before);
}
