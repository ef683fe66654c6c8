/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan → attached, seen from the helper, which itself never enters the target: it makes mounts that
 * are attached nowhere yet, a cgroup, a terminal, and hands them to the joiner by descriptor.
 *
 * Should:  leave nothing behind wherever it fails: all it makes dies with a descriptor, but for the
 *          cgroup, which attach_end removes and which the next run would collect.
 * Mustn't: let the joiner inherit a descriptor that is not in struct joiner_descriptors.
 */
#include "attach.h"

#include "clock.h"
#include "fd.h"
#include "joiner.h"
#include "layers.h"
#include "packages.h"
#include "scratch.h"
#include "toolbox.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Every descriptor of the structure, in order, as the array that it is. */
enum {
	DESCRIPTOR_COUNT = sizeof(struct joiner_descriptors) / sizeof(int32_t),
	STREAMS_FIRST = 3, /* never 0, 1 or 2 */
	END_DEADLINE_MS = 1000,
};

union descriptors {
	struct joiner_descriptors named;
	int32_t all[DESCRIPTOR_COUNT];
};

static void attached_clear(struct attached *attached)
{
	attached->control_fd = FD_NONE;
	attached->joiner_fd = FD_NONE;
	attached->init_fd = FD_NONE;
	attached->packages_fd = FD_NONE;
	attached->terminal_fd = FD_NONE;
	attached->joiner = 0;
	attached->init = 0;
	attached->early_count = 0;
}

/* The session's ends of everything.  Those borrowed from the caller are marked by the return to
 * FD_NONE before release. */
static int make_descriptors(union descriptors *fds, struct attached *attached, struct toolbox *toolbox,
			    const struct plan *plan, const struct target *target, struct fail *why)
{
	struct joiner_descriptors *named = &fds->named;

	named->toolbox = fd_steal(&toolbox->view_fd);
	if ((named->devices = scratch_devices(why)) < 0 || (named->run = scratch_run(why)) < 0 ||
	    (plan->numbers.may_install &&
	     (attached->packages_fd = scratch_listen(named->run, PACKAGES_SOCKET, why)) < 0) ||
	    (named->terminals = scratch_terminals(why)) < 0)
		return -1;
	if (plan->numbers.root == PLAN_ROOT_SCRATCH && (named->changes = scratch_changes(why)) < 0)
		return -1;
	if (target_is_at_rest(target))
		named->root = layers_mount(target, why);
	else
		named->root = openat(target->proc_fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (named->root < 0 && target_is_at_rest(target))
		return -1;
	if (named->root < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open the root directory of process %d",
				  (int)plan->numbers.target_pid);
	if ((named->cgroup = cgroup_show(&attached->cgroup)) < 0 ||
	    (named->cgroup_procs = openat(named->cgroup, "cgroup.procs", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) <
		0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open the session's cgroup");
	named->cgroup_kill = cgroup_open_kill(&attached->cgroup);
	for (int i = 0; i < CGROUP_COUNT; i++)
		named->tasks[i] = cgroup_open_tasks(&attached->cgroup, (enum cgroup_hierarchy)i);
	return 0;
}

static int make_streams(union descriptors *fds, struct attached *attached, const struct plan *plan,
			const int standard[3], struct fail *why)
{
	int slave_fd = FD_NONE;

	if (plan->numbers.has_terminal &&
	    scratch_open_terminal(fds->named.terminals, plan->numbers.rows, plan->numbers.columns,
				  &attached->terminal_fd, &slave_fd, why) < 0)
		return -1;
	for (int i = 0; i < 3; i++) {
		fds->named.standard[i] = fcntl(plan->numbers.has_terminal ? slave_fd : standard[i],
					       F_DUPFD_CLOEXEC, STREAMS_FIRST);
		if (fds->named.standard[i] < 0) {
			fd_close(&slave_fd);
			return fail_errno(why, FAIL_TOOL, errno, "cannot pass on the session's streams");
		}
	}
	fd_close(&slave_fd);
	return 0;
}

/* Like fork, but the child is born in the session's v2 cgroup.  Without clone3, or without a v2
 * hierarchy, in ours; the joiner then moves itself (v1). */
static pid_t fork_into(int cgroup_fd)
{
	struct clone_args arguments = { .exit_signal = SIGCHLD };
	long child;

	if (cgroup_fd == FD_NONE)
		return fork();
	arguments.flags = CLONE_INTO_CGROUP;
	arguments.cgroup = (unsigned int)cgroup_fd;
	child = syscall(SYS_clone3, &arguments, sizeof(arguments));
	return (pid_t)child;
}

/* In the child.  Only system calls: it is a copy of the helper on its way to being the joiner. */
__attribute__((noreturn)) static void become_joiner(int executable_fd, int orders_fd,
						    const union descriptors *fds)
{
	char name[] = "debug-session"; /* what it becomes, and what `ps` shows then */
	char number[16];
	char *argv[] = { name, number, NULL };
	char *envp[] = { NULL };
	sigset_t none;

	(void)snprintf(number, sizeof(number), "%d", orders_fd);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	for (size_t i = 0; i < DESCRIPTOR_COUNT; i++)
		if (fds->all[i] != FD_NONE)
			(void)fcntl(fds->all[i], F_SETFD, 0);
	(void)fcntl(orders_fd, F_SETFD, 0);
	(void)execveat(executable_fd, "", argv, envp, AT_EMPTY_PATH);
	_exit(FAIL_TOOL);
}

static int spawn_joiner(struct attached *attached, const union descriptors *fds,
			const struct toolbox *toolbox, const struct plan *plan, struct fail *why)
{
	/* From the image, which is read-only: what the target may ever see as /proc/PID/exe cannot
	 * be written through (CVE-2019-5736), and no installed package can replace it. */
	CLOSE_AT_EXIT int executable_fd =
	    openat(toolbox->base_fd, "libexec/debug-joiner", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	CLOSE_AT_EXIT int orders_fd = FD_NONE;
	struct wire_writer writer = { 0 };

	if (executable_fd < 0)
		return fail_errno(why, FAIL_TOOL, errno,
				  "the toolbox has no libexec/debug-joiner; install it again");
	wire_put(&writer, &fds->named, sizeof(fds->named));
	plan_put(plan, &writer);
	orders_fd = wire_seal(&writer);
	if (orders_fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot pass the plan to the joiner");
	attached->joiner = fork_into(attached->cgroup.fd[CGROUP_UNIFIED]);
	if (attached->joiner == 0)
		become_joiner(executable_fd, orders_fd, fds);
	if (attached->joiner < 0) {
		attached->joiner = 0;
		return fail_errno(why, FAIL_TOOL, errno, "cannot start the joiner");
	}
	attached->joiner_fd = pidfd_open(attached->joiner, 0);
	if (attached->joiner_fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot watch the joiner");
	return 0;
}

/* The joiner may have been taken over by then only after it had no rights; still, a pid is accepted
 * just if it is our own child. */
static int accept_init(struct attached *attached, int32_t pid, struct fail *why)
{
	siginfo_t info;

	if (pid <= 1 || pid == attached->joiner ||
	    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return fail_set(why, FAIL_TOOL, "the joiner named a process that is not the session's");
	attached->init = pid;
	attached->init_fd = pidfd_open(pid, 0);
	if (attached->init_fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot watch the session's first process");
	return 0;
}

/* How it ended (waitpid(2)).  A process that is traced from inside the target is reaped there first, or
 * never: it then counts as killed, and its number is free when whoever traces it is gone. */
static int reap(pid_t *child, int *child_fd)
{
	const int64_t deadline_ms = clock_now_ms() + END_DEADLINE_MS;
	int status = SIGKILL;

	if (*child_fd != FD_NONE)
		(void)clock_wait(*child_fd, POLLIN, deadline_ms);
	while (*child > 0 && waitpid(*child, &status, WNOHANG) == 0 && clock_left_ms(deadline_ms) > 0)
		(void)poll(NULL, 0, 1);
	*child = 0;
	fd_close(child_fd);
	return status;
}

/* Waits for a child that has been killed or is ending by itself; true if it has ended.  One that is
 * stuck in the kernel (a dead FUSE server) must not hold us: it goes to the host's init with us. */
static bool await_end(pid_t *child, int *child_fd)
{
	if (*child_fd != FD_NONE && !clock_wait(*child_fd, POLLIN, clock_now_ms() + END_DEADLINE_MS))
		return false;
	(void)reap(child, child_fd);
	return true;
}

/* The joiner has ended, or is about to, without a word. */
static int explain_silence(struct attached *attached, struct fail *why)
{
	if (clock_wait(attached->joiner_fd, POLLIN, clock_now_ms() + END_DEADLINE_MS)) {
		const int status = reap(&attached->joiner, &attached->joiner_fd);

		if (WIFSIGNALED(status))
			return fail_set(why, FAIL_TOOL,
					"the joiner was killed by signal %d; see whether memory is short",
					WTERMSIG(status));
	}
	return fail_set(
	    why, FAIL_TOOL,
	    "the joiner ended without a word; debug-helper and the toolbox may be of different versions");
}

/* One message before the deadline.  The session init holds the other end as well, so that the joiner's end is
 * no end of file: both are waited for, and what was said before the end counts. */
static int receive_joined(struct attached *attached, struct joiner_message *message, int64_t deadline_ms,
			  struct fail *why)
{
	struct pollfd waited[] = { { attached->control_fd, POLLIN, 0 }, { attached->joiner_fd, POLLIN, 0 } };
	size_t fd_count;

	while (poll(waited, 2, clock_left_ms(deadline_ms)) < 0 && errno == EINTR)
		;
	if (waited[0].revents == 0 && waited[1].revents == 0)
		return fail_set(
		    why, FAIL_DEADLINE,
		    "the target's filesystems or namespaces did not answer in time; the session was given up");
	if (!clock_wait(attached->control_fd, POLLIN, clock_now_ms()) ||
	    wire_receive(attached->control_fd, message, sizeof(*message), NULL, 0, &fd_count) !=
		sizeof(*message))
		return explain_silence(attached, why);
	message->fail.text[sizeof(message->fail.text) - 1] = '\0';
	return 0;
}

/* An init that is quick overtakes its joiner; what it says is kept for the watch. */
static bool keep_early(struct attached *attached, const struct joiner_message *message)
{
	if (message->kind < INIT_NOT_EXECUTED || message->kind > INIT_ENDED ||
	    attached->early_count == ATTACHED_EARLY_MAX)
		return false;
	attached->early[attached->early_count++] = *message;
	return true;
}

static int await_joined(struct attached *attached, int64_t deadline_ms, struct fail *why)
{
	struct joiner_message message;

	do {
		if (receive_joined(attached, &message, deadline_ms, why) < 0)
			return -1;
	} while (keep_early(attached, &message));
	if (message.kind == JOINER_FAILED)
		return fail_set(why, message.fail.status == FAIL_DEADLINE ? FAIL_DEADLINE : FAIL_TOOL, "%s",
				message.fail.text);
	if (message.kind != JOINER_JOINED)
		return fail_set(why, FAIL_TOOL, "the joiner said something out of turn");
	if (accept_init(attached, message.number, why) < 0)
		return -1;
	/* It has done its work and may just as well be stopped. */
	(void)pidfd_send_signal(attached->joiner_fd, SIGKILL, NULL, 0);
	(void)await_end(&attached->joiner, &attached->joiner_fd);
	return 0;
}

/* A session init that failed before the joiner could name it is our child as well. */
static void reap_unnamed(void)
{
	const int64_t deadline_ms = clock_now_ms() + END_DEADLINE_MS;

	while (waitpid(-1, NULL, WNOHANG) >= 0 && clock_left_ms(deadline_ms) > 0)
		(void)poll(NULL, 0, 1);
}

static void close_made(union descriptors *fds)
{
	fds->named.target = FD_NONE;
	fds->named.host_proc = FD_NONE;
	for (size_t i = 0; i < DESCRIPTOR_COUNT; i++)
		fd_close(&fds->all[i]);
}

int attach_start(struct attached *attached, const struct plan *plan, const struct target *target,
		 int host_proc_fd, const int standard[3], int64_t deadline_ms, struct fail *why)
{
	const struct cgroup_limits limits = { .memory = plan->numbers.memory_max,
					      .processes = plan->numbers.processes_max };
	struct toolbox toolbox = { FD_NONE, FD_NONE, false };
	union descriptors fds;
	int pair[2] = { FD_NONE, FD_NONE };
	int failed;

	attached_clear(attached);
	for (size_t i = 0; i < DESCRIPTOR_COUNT; i++)
		fds.all[i] = FD_NONE;
	if (cgroup_create(&attached->cgroup, &limits, host_proc_fd, why) < 0)
		return -1;
	failed = wire_pair(pair);
	if (failed < 0)
		(void)fail_errno(why, FAIL_TOOL, errno, "cannot make a socket pair");
	attached->control_fd = pair[0];
	fds.named.control = pair[1];
	fds.named.target = target->pid_fd;
	fds.named.host_proc = host_proc_fd;
	if (failed == 0)
		failed = toolbox_open(&toolbox, target->proc_fd, getuid(), why);
	attached->has_pending = toolbox.has_pending;
	if (failed == 0)
		failed = make_descriptors(&fds, attached, &toolbox, plan, target, why);
	if (failed == 0)
		failed = make_streams(&fds, attached, plan, standard, why);
	if (failed == 0)
		failed = spawn_joiner(attached, &fds, &toolbox, plan, why);
	close_made(&fds);
	toolbox_close(&toolbox);
	if (failed == 0)
		failed = await_joined(attached, deadline_ms, why);
	if (failed < 0) {
		(void)attach_end(attached);
		reap_unnamed();
	}
	return failed;
}

static void order(const struct attached *attached, enum init_order_kind kind, int signal)
{
	const struct init_order order = { .kind = (uint32_t)kind, .signal = signal };

	/* A session that has ended does not mind. */
	if (attached->control_fd != FD_NONE)
		(void)wire_send_by(attached->control_fd, &order, sizeof(order), NULL, 0, clock_now_ms());
}

void attach_signal(const struct attached *attached, int signal)
{
	order(attached, INIT_SIGNAL, signal);
}

void attach_hang_up(const struct attached *attached)
{
	order(attached, INIT_END, 0);
}

int attach_reap(struct attached *attached)
{
	return reap(&attached->init, &attached->init_fd);
}

bool attach_end(struct attached *attached)
{
	bool is_gone;

	if (attached->joiner_fd != FD_NONE)
		(void)pidfd_send_signal(attached->joiner_fd, SIGKILL, NULL, 0);
	/* The init, which has said that it ends, or is no use any more. */
	if (attached->init_fd != FD_NONE)
		(void)pidfd_send_signal(attached->init_fd, SIGKILL, NULL, 0);
	fd_close(&attached->control_fd);
	fd_close(&attached->packages_fd);
	fd_close(&attached->terminal_fd);
	is_gone = await_end(&attached->joiner, &attached->joiner_fd);
	is_gone = await_end(&attached->init, &attached->init_fd) && is_gone;
	return cgroup_destroy(&attached->cgroup) && is_gone;
}
