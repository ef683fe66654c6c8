/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting kubectl and reading what it says.
 *
 * Its standard error is kept to explain a failure, and shown as it comes if a call takes long: a plugin that
 * fetches credentials may be asking the user to log in.
 *
 * Mustn't: find a program in the current directory, or where everybody may put one.
 */
#include "kubectl.h"

#include "clock.h"
#include "fd.h"
#include "relay.h"
#include "text.h"

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { QUIET_MS = 3000, CALLS_MAX = 64, CHUNK = 64 << 10, SIGNAL_BASE = 128 };

extern char **environ;

static bool is_ours_to_run(const char *directory, const char *path)
{
	struct stat status;

	return stat(directory, &status) == 0 && (status.st_mode & S_IWOTH) == 0 && stat(path, &status) == 0 &&
	       S_ISREG(status.st_mode) && (status.st_mode & S_IWOTH) == 0 && access(path, X_OK) == 0;
}

static bool find_in_path(struct kubectl *kubectl)
{
	const char *from = getenv("PATH");

	while (from != NULL && *from != '\0') {
		const size_t length = strcspn(from, ":");
		char directory[PATH_MAX];

		if (from[0] == '/' && length < sizeof(directory)) {
			memcpy(directory, from, length);
			directory[length] = '\0';
			if ((size_t)snprintf(kubectl->path, sizeof(kubectl->path), "%s/kubectl", directory) <
				sizeof(kubectl->path) &&
			    is_ours_to_run(directory, kubectl->path))
				return true;
		}
		from += length + (from[length] == ':');
	}
	return false;
}

int kubectl_find(struct kubectl *kubectl, struct fail *why)
{
	const char *chosen = getenv("KUBECTL");

	if (chosen != NULL && chosen[0] != '\0') {
		if (chosen[0] == '/' &&
		    strlcpy(kubectl->path, chosen, sizeof(kubectl->path)) < sizeof(kubectl->path))
			return 0;
		return fail_set(why, FAIL_TOOL, "$KUBECTL is not an absolute path");
	}
	if (find_in_path(kubectl))
		return 0;
	return fail_set(why, FAIL_TOOL,
			"kubectl is in no directory of $PATH; install it, or name it by $KUBECTL "
			"(relative directories, and those that everybody may write to, are left out)");
}

/* [0] for reading, [1] for writing. */
static int make_pipes(int pipes[3][2])
{
	for (int i = 0; i < 3; i++)
		pipes[i][0] = pipes[i][1] = FD_NONE;
	for (int i = 0; i < 3; i++)
		if (pipe2(pipes[i], O_CLOEXEC) < 0)
			return -1;
	return 0;
}

static void close_pipes(int pipes[3][2])
{
	for (int i = 0; i < 3; i++) {
		fd_close(&pipes[i][0]);
		fd_close(&pipes[i][1]);
	}
}

static void write_argv(char *argv[KUBECTL_WORDS_MAX + KUBECTL_OPTIONS_MAX + 2], const struct kubectl *kubectl,
		       const char *const words[])
{
	static char name[] = "kubectl";
	size_t count = 0;

	/* execve(2) takes what it does not change as char *. */
	argv[count++] = name;
	for (size_t i = 0; i < kubectl->option_count; i++)
		memcpy(&argv[count++], &kubectl->options[i], sizeof(argv[0]));
	for (size_t i = 0; words[i] != NULL && i < KUBECTL_WORDS_MAX; i++)
		memcpy(&argv[count++], &words[i], sizeof(argv[0]));
	argv[count] = NULL;
}

static int spawn(pid_t *pid, const struct kubectl *kubectl, char *const argv[], int pipes[3][2],
		 bool has_group)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	sigset_t usual;
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	int error = posix_spawn_file_actions_init(&actions);

	if (error != 0)
		return error;
	error = posix_spawnattr_init(&attributes);
	if (error != 0)
		return error;
	(void)sigemptyset(&none);
	(void)sigemptyset(&usual);
	(void)sigaddset(&usual, SIGPIPE);
	if (has_group)
		flags |= POSIX_SPAWN_SETPGROUP;
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setsigdefault(&attributes, &usual);
	(void)posix_spawnattr_setpgroup(&attributes, 0);
	error = posix_spawnattr_setflags(&attributes, flags);
	for (int i = 0; i < 3 && error == 0; i++)
		error = posix_spawn_file_actions_adddup2(&actions, pipes[i][i == 0 ? 0 : 1], i);
	if (error == 0)
		error = posix_spawn(pid, kubectl->path, &actions, &attributes, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
	return error;
}

pid_t kubectl_spawn(const struct kubectl *kubectl, const char *const words[], bool has_group, int fds[3],
		    struct fail *why)
{
	char *argv[KUBECTL_WORDS_MAX + KUBECTL_OPTIONS_MAX + 2];
	char shown[PATH_MAX];
	int pipes[3][2];
	pid_t pid = -1;
	int error;

	if (make_pipes(pipes) < 0) {
		close_pipes(pipes);
		return fail_errno(why, FAIL_TOOL, errno, "cannot make pipes for kubectl");
	}
	write_argv(argv, kubectl, words);
	error = spawn(&pid, kubectl, argv, pipes, has_group);
	if (error == 0) {
		fds[0] = fd_steal(&pipes[0][1]);
		fds[1] = fd_steal(&pipes[1][0]);
		fds[2] = fd_steal(&pipes[2][0]);
		for (int i = 0; i < 3; i++)
			(void)fcntl(fds[i], F_SETFL, O_NONBLOCK);
	}
	close_pipes(pipes);
	if (error == 0)
		return pid;
	return fail_errno(why, FAIL_TOOL, error, "cannot run `%.512s`",
			  text_encode(shown, sizeof(shown), kubectl->path, strlen(kubectl->path)));
}

int kubectl_start(struct kubectl_call *call, const struct kubectl *kubectl, const char *const words[],
		  char *input, struct fail *why)
{
	int fds[3];

	*call = (struct kubectl_call){ .input = input,
				       .input_size = input != NULL ? strlen(input) : 0,
				       .input_fd = FD_NONE,
				       .output_fd = FD_NONE,
				       .error_fd = FD_NONE };
	call->pid = kubectl_spawn(kubectl, words, false, fds, why);
	if (call->pid < 0) {
		call->pid = 0;
		return -1;
	}
	call->input_fd = fds[0];
	call->output_fd = fds[1];
	call->error_fd = fds[2];
	if (input == NULL)
		fd_close(&call->input_fd);
	return 0;
}

static void feed(struct kubectl_call *call)
{
	ssize_t n =
	    write(call->input_fd, call->input + call->input_done, call->input_size - call->input_done);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	call->input_done += n > 0 ? (size_t)n : 0;
	if (n < 0 || call->input_done == call->input_size)
		fd_close(&call->input_fd);
}

static void take_output(struct kubectl_call *call)
{
	ssize_t n;

	if (call->output_capacity - call->output_size < CHUNK) {
		const size_t capacity = call->output_capacity == 0 ? 4 * CHUNK : 2 * call->output_capacity;
		char *output = capacity > KUBECTL_OUTPUT_MAX ? NULL : realloc(call->output, capacity);

		if (output == NULL) {
			call->is_too_long = true;
			fd_close(&call->output_fd);
			return;
		}
		call->output = output;
		call->output_capacity = capacity;
	}
	n = read(call->output_fd, call->output + call->output_size, CHUNK - 1);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		fd_close(&call->output_fd);
		return;
	}
	call->output_size += (size_t)n;
	call->output[call->output_size] = '\0';
}

void kubectl_take_errors(struct kubectl_errors *errors, int *fd)
{
	char chunk[KUBECTL_ERRORS_MAX / 2];
	ssize_t n = read(*fd, chunk, sizeof(chunk));
	size_t excess;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		fd_close(fd);
		return;
	}
	excess = errors->size + (size_t)n + 1 > sizeof(errors->text)
		     ? errors->size + (size_t)n + 1 - sizeof(errors->text)
		     : 0;
	memmove(errors->text, errors->text + excess, errors->size - excess);
	errors->shown -= excess < errors->shown ? excess : errors->shown;
	errors->size -= excess;
	memcpy(errors->text + errors->size, chunk, (size_t)n);
	errors->size += (size_t)n;
	errors->text[errors->size] = '\0';
}

static void show_errors(struct kubectl_call *call)
{
	if (call->errors.size > call->errors.shown)
		(void)!write(STDERR_FILENO, call->errors.text + call->errors.shown,
			     call->errors.size - call->errors.shown);
	call->errors.shown = call->errors.size;
}

static void reap(struct kubectl_call *call)
{
	int how = 0;

	while (waitpid(call->pid, &how, 0) < 0 && errno == EINTR)
		;
	call->pid = 0;
	call->status = WIFSIGNALED(how) ? SIGNAL_BASE + WTERMSIG(how) : WEXITSTATUS(how);
	fd_close(&call->input_fd);
}

static bool is_open(const struct kubectl_call *call)
{
	return call->pid != 0 && (call->output_fd != FD_NONE || call->error_fd != FD_NONE);
}

static void end_all(struct kubectl_call calls[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (calls[i].pid == 0)
			continue;
		(void)kill(calls[i].pid, SIGTERM);
		fd_close(&calls[i].output_fd);
		fd_close(&calls[i].error_fd);
		reap(&calls[i]);
	}
}

/* The signal that tells us to end, or 0. */
static int take_ending(struct kubectl *kubectl)
{
	const struct relay relay = { .signal_fd = kubectl->signal_fd };
	const int ending = relay_take_ending(&relay);

	if (ending != 0)
		kubectl->killed_by = ending;
	return ending;
}

/* What poll(2) has found out of one call; whether it still goes on. */
static bool handle(struct kubectl_call *call, const struct pollfd waited[3], bool is_slow)
{
	if (waited[0].revents != 0)
		feed(call);
	if (waited[1].revents != 0)
		take_output(call);
	if (waited[2].revents != 0)
		kubectl_take_errors(&call->errors, &call->error_fd);
	if (is_slow)
		show_errors(call);
	if (is_open(call))
		return true;
	if (call->pid != 0)
		reap(call);
	return false;
}

int kubectl_wait(struct kubectl *kubectl, struct kubectl_call calls[], size_t count, struct fail *why)
{
	const int64_t quiet_until_ms = clock_now_ms() + QUIET_MS;
	int endings = 0;
	bool is_busy = true;

	while (is_busy) {
		struct pollfd waited[3 * CALLS_MAX + 1];

		for (size_t i = 0; i < count; i++) {
			/* One that was not started has no descriptors, whatever stands there. */
			const bool is_there = calls[i].pid != 0;

			waited[3 * i] = (struct pollfd){ is_there ? calls[i].input_fd : FD_NONE, POLLOUT, 0 };
			waited[3 * i + 1] =
			    (struct pollfd){ is_there ? calls[i].output_fd : FD_NONE, POLLIN, 0 };
			waited[3 * i + 2] =
			    (struct pollfd){ is_there ? calls[i].error_fd : FD_NONE, POLLIN, 0 };
		}
		waited[3 * count] = (struct pollfd){ kubectl->signal_fd, POLLIN, 0 };
		if (poll(waited, 3 * count + 1, 500) < 0)
			continue;
		endings += waited[3 * count].revents != 0 && take_ending(kubectl) != 0;
		if (endings > (kubectl->is_patient ? 1 : 0)) {
			end_all(calls, count);
			break;
		}
		is_busy = false;
		for (size_t i = 0; i < count; i++)
			is_busy =
			    handle(&calls[i], &waited[3 * i], clock_left_ms(quiet_until_ms) == 0) || is_busy;
	}
	return endings == 0 ? 0 : fail_set(why, FAIL_TOOL, "interrupted before the session began");
}

int kubectl_run(struct kubectl_call *call, struct kubectl *kubectl, const char *const words[], char *input,
		struct fail *why)
{
	if (kubectl_start(call, kubectl, words, input, why) < 0 || kubectl_wait(kubectl, call, 1, why) < 0)
		return -1;
	return call->is_too_long ? fail_set(why, FAIL_TOOL, "kubectl says more than can be kept") : 0;
}

void kubectl_free(struct kubectl_call *call)
{
	free(call->input);
	free(call->output);
	call->input = call->output = NULL;
}

static bool begins(const char *text, const char *beginning)
{
	return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* What debug-node said, else what kubectl calls an error, else the last line: warnings come first. */
static const char *find_reason(const char *text)
{
	const char *line = text;
	const char *error = NULL;

	for (const char *at = text; at != NULL && *at != '\0'; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (begins(at, "debug-node: "))
			return at;
		if (begins(at, "Error") || begins(at, "error"))
			error = at;
		if (*at != '\0' && *at != '\n')
			line = at;
	}
	return error != NULL ? error : line;
}

const char *kubectl_complaint(const struct kubectl_errors *errors, char *out, size_t capacity)
{
	static const char *const beginnings[] = { "debug-node: ", "Error from server ",
						  "Error from server: ", "error: " };
	const char *from = find_reason(errors->text);
	const char *colon;

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
		if (begins(from, beginnings[i])) {
			from += strlen(beginnings[i]);
			break;
		}
	/* "(NotFound): " says what the sentence behind it says. */
	colon = from[0] == '(' ? strstr(from, "): ") : NULL;
	if (colon != NULL)
		from = colon + 3;
	if (*from == '\0')
		return "kubectl says nothing";
	return text_encode(out, capacity, from, strcspn(from, "\n"));
}
