/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `debug` on the node, with a terminal or three pipes of its own.
 *
 * Mustn't: let the words that come choose another target than the one it was started for.
 */
#include "fd.h"
#include "kube_node.h"
#include "kube_node_relay.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <termios.h>
#include <unistd.h>

int node_check_target(const char *target, struct fail *why)
{
	static const char *const schemes[] = { "containerd://", "cri-o://", "docker://", "pod://" };
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/";

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		const size_t length = strlen(schemes[i]);

		if (strncmp(target, schemes[i], length) == 0 && target[length] != '\0' &&
		    strspn(target + length, allowed) == strlen(target + length))
			return 0;
	}
	return fail_set(why, FAIL_TOOL, "the target names no container of a pod");
}

int node_add_word(struct node_relay *relay, const struct frame *frame, struct fail *why)
{
	char *word;

	if (relay->word_count >= NODE_WORDS_MAX)
		return fail_set(why, FAIL_TOOL, "the command has more than %d words", NODE_WORDS_MAX);
	if (relay->is_started || memchr(frame->bytes, '\0', frame->size) != NULL)
		return fail_set(why, FAIL_TOOL, "debug-node was sent a word that can be none");
	/* An option only, with its value attached: the first word that is none would be the target. */
	if (frame->stream == 0 &&
	    (frame->size < 2 || frame->bytes[0] != '-' || relay->word_count != relay->option_count ||
	     (frame->size == 2 && frame->bytes[1] == '-')))
		return fail_set(why, FAIL_TOOL, "debug-node was sent an option that can be none");
	word = strndup((const char *)frame->bytes, frame->size);
	if (word == NULL)
		return fail_errno(why, FAIL_TOOL, errno, "cannot keep the command");
	relay->words[relay->word_count++] = word;
	relay->option_count += frame->stream == 0;
	return 0;
}

/* debug OPTION... -- TARGET [-- COMMAND...] */
static void write_command(struct node_relay *relay, char *argv[NODE_ARGV_MAX])
{
	static char name[] = "debug";
	static char end[] = "--";
	size_t count = 0;

	argv[count++] = name;
	for (size_t i = 0; i < relay->option_count; i++)
		argv[count++] = relay->words[i];
	argv[count++] = end;
	argv[count++] = relay->target;
	if (relay->word_count > relay->option_count)
		argv[count++] = end;
	for (size_t i = relay->option_count; i < relay->word_count; i++)
		argv[count++] = relay->words[i];
	argv[count] = NULL;
}

/* In the child; returns only if it cannot. */
static void become_debug(struct node_relay *relay, const int fds[3], bool has_terminal)
{
	static char *argv[NODE_ARGV_MAX];
	char terminal_type[sizeof(relay->start.terminal_type) + 8];
	char shell[sizeof(relay->start.shell) + 16];
	char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char *envp[] = { path, terminal_type, shell, NULL };
	sigset_t none;

	(void)snprintf(terminal_type, sizeof(terminal_type), "TERM=%s",
		       relay->start.terminal_type[0] != '\0' ? relay->start.terminal_type : "dumb");
	(void)snprintf(shell, sizeof(shell), "SHELL=/bin/%s", relay->start.shell);
	/* If we are killed, it hangs up as if the terminal had. */
	(void)prctl(PR_SET_PDEATHSIG, SIGHUP);
	(void)setsid();
	for (int i = 0; i < 3; i++)
		if (dup2(fds[i], i) < 0)
			return;
	if (has_terminal)
		(void)ioctl(STDIN_FILENO, TIOCSCTTY, 0);
	(void)close_range(3, ~0U, 0);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	write_command(relay, argv);
	(void)execve(NODE_ROOT "/bin/debug", argv, envp);
}

static int spawn(struct node_relay *relay, const int fds[3], struct fail *why)
{
	relay->child = fork();
	if (relay->child == 0) {
		become_debug(relay, fds, relay->start.has_terminal);
		_exit(FAIL_TOOL);
	}
	relay->child_fd = relay->child < 0 ? FD_NONE : pidfd_open(relay->child, 0);
	if (relay->child_fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot start debug on the node");
	return 0;
}

void node_set_size(const struct node_relay *relay, uint16_t rows, uint16_t columns)
{
	const struct winsize size = { .ws_row = rows, .ws_col = columns };

	if (relay->start.has_terminal && relay->input_fd != FD_NONE)
		(void)ioctl(relay->input_fd, TIOCSWINSZ, &size);
}

static int start_with_terminal(struct node_relay *relay, struct fail *why)
{
	CLOSE_AT_EXIT int slave_fd = FD_NONE;
	int fds[3];
	int unlocked = 0;

	relay->input_fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (relay->input_fd < 0 || ioctl(relay->input_fd, TIOCSPTLCK, &unlocked) < 0 ||
	    (slave_fd = ioctl(relay->input_fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make a terminal on the node");
	node_set_size(relay, relay->start.rows, relay->start.columns);
	for (int i = 0; i < 3; i++)
		fds[i] = slave_fd;
	relay->outputs[FRAME_STDOUT].fd = fcntl(relay->input_fd, F_DUPFD_CLOEXEC, 3);
	relay->outputs[FRAME_STDERR].is_over = true;
	return spawn(relay, fds, why);
}

static int start_with_pipes(struct node_relay *relay, struct fail *why)
{
	int pipes[3][2];
	int fds[3];
	int failed;

	for (int i = 0; i < 3; i++)
		if (pipe2(pipes[i], O_CLOEXEC) < 0)
			return fail_errno(why, FAIL_TOOL, errno, "cannot make pipes on the node");
	fds[0] = pipes[0][0];
	fds[1] = pipes[1][1];
	fds[2] = relay->start.is_one_output ? pipes[1][1] : pipes[2][1];
	relay->input_fd = pipes[0][1];
	relay->outputs[FRAME_STDOUT].fd = pipes[1][0];
	relay->outputs[FRAME_STDERR].fd = pipes[2][0];
	(void)fcntl(relay->input_fd, F_SETFL, O_NONBLOCK);
	failed = spawn(relay, fds, why);
	(void)close(pipes[0][0]);
	(void)close(pipes[1][1]);
	(void)close(pipes[2][1]);
	return failed;
}

int node_start(struct node_relay *relay, const struct frame *frame, struct fail *why)
{
	if (relay->is_started || !frame_start(frame, &relay->start))
		return fail_set(why, FAIL_TOOL,
				"debug and debug-node are of different versions; install the same "
				"version on both sides");
	relay->is_started = true;
	return relay->start.has_terminal ? start_with_terminal(relay, why) : start_with_pipes(relay, why);
}
