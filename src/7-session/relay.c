/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What both relays share: the conversation with the helper, and signals.
 *
 *   SIGINT, SIGQUIT, SIGUSR1, SIGUSR2   are passed to the command (with a terminal the keys never
 *                                       become signals here; the session's terminal makes them)
 *   SIGTERM, SIGHUP                     end the session; `debug` then ends by the same signal number
 *   SIGWINCH, SIGTSTP                   are the terminal's business
 */
#include "relay.h"

#include "clock.h"
#include "helper.h"
#include "wire.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

int relay_block_signals(struct fail *why)
{
	static const int handled[] = {
		SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP
	};
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++)
		(void)sigaddset(&set, handled[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 ||
	    (fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot wait for signals");
	(void)signal(SIGPIPE, SIG_IGN);
	return fd;
}

int relay_take_reply(struct relay *relay, struct fail *why)
{
	size_t fd_count;
	ssize_t size = wire_receive(relay->talk_fd, &relay->last, sizeof(relay->last), NULL, 0, &fd_count);

	if (size != sizeof(relay->last) ||
	    (relay->last.kind != REPLY_FAILED && relay->last.kind != REPLY_ENDED))
		return fail_set(why, FAIL_TOOL, "debug-helper ended without a word, and the session with it");
	relay->is_over = true;
	return 0;
}

static void send_order(const struct relay *relay, enum order_kind kind, int signal)
{
	const struct order order = { .version = WIRE_VERSION, .kind = (uint32_t)kind, .signal = signal };

	/* A helper that is gone is noticed when its replies are read. */
	(void)wire_send(relay->talk_fd, &order, sizeof(order), NULL, 0);
}

int relay_take_ending(const struct relay *relay)
{
	struct signalfd_siginfo received;
	int ending = 0;

	while (read(relay->signal_fd, &received, sizeof(received)) == sizeof(received)) {
		int signal = (int)received.ssi_signo;

		if (signal == SIGINT || signal == SIGQUIT || signal == SIGTERM || signal == SIGHUP)
			ending = signal;
	}
	return ending;
}

void relay_end(struct relay *relay, int signal)
{
	if (relay->give_up_ms == 0)
		relay->give_up_ms = clock_now_ms() + HELPER_END_MS;
	relay->killed_by = signal;
	send_order(relay, ORDER_END, 0);
}

int relay_time_left(const struct relay *relay)
{
	return relay->give_up_ms != 0 ? clock_left_ms(relay->give_up_ms) : -1;
}

int relay_check_time(const struct relay *relay, struct fail *why)
{
	if (relay->is_over || relay_time_left(relay) != 0)
		return 0;
	return fail_set(why, FAIL_DEADLINE, "debug-helper does not answer; see whether it is stopped");
}

void relay_take_signals(struct relay *relay, bool *is_resized, bool *is_stopped)
{
	struct signalfd_siginfo received;

	*is_resized = false;
	*is_stopped = false;
	while (read(relay->signal_fd, &received, sizeof(received)) == sizeof(received)) {
		int signal = (int)received.ssi_signo;

		if (signal == SIGWINCH) {
			*is_resized = true;
		} else if (signal == SIGTSTP) {
			*is_stopped = true;
		} else if (signal == SIGTERM || signal == SIGHUP) {
			relay_end(relay, signal);
		} else {
			send_order(relay, ORDER_SIGNAL, signal);
		}
	}
}
