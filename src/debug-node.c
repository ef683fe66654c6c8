/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debug-node: `debug` on a node of Kubernetes, from within a pod.  The program of the helper pod's image.
 *
 *   debug-node keep [--idle SECONDS]        the pod's own process: makes the place where sessions run
 *   debug-node session LABEL TARGET         by `kubectl exec`: a session with TARGET; LABEL, the pod's name,
 * is for whoever reads the API server's audit trail
 *
 * The place is a copy of the node's mount namespace which shows, beside everything of the node's, this image
 * at NODE_ROOT; with it go the node's network, names, IPC and cgroups.  There `debug` works as if it were
 * installed on the node, and nothing is mounted where the node sees it: when the keeper ends, the kernel
 * removes the place.
 *
 *   keeper ── setns, unshare ──► the place, an abstract socket in the pod's network
 *   session ── connect: who keeps? ──► setns ──► own user ──► relay ──► NODE_ROOT/bin/debug
 *
 * A session holds its connection as long as it lives, so the keeper knows when it is idle.  Where the pod
 * does not run as root (debug.conf(5) shall decide), this file is set-user-id and gives root up before a
 * session speaks.
 *
 * Should:  need no file of the node's and no volume: the pod mounts nothing of the host.
 * Mustn't: follow what a caller says beyond the words of its command line.
 */
#include "clock.h"
#include "fail.h"
#include "fd.h"
#include "kube_node.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NODE_SHARED "/run/debug"

/* All that a session shares with the node; its processes it sees already (hostPID). */
#define NODE_NAMESPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET)

enum { SESSIONS_MAX = 256, CONNECT_MS = 10000, CONNECT_PAUSE_MS = 50, IDLE_MOST = 1000000 };

static const char socket_name[] = "debug-node";

static int complain(const struct fail *why)
{
	(void)dprintf(STDERR_FILENO, "debug-node: %s\n", why->text);
	return why->status;
}

static socklen_t write_address(struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path + 1, socket_name, sizeof(socket_name) - 1);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof(socket_name));
}

/* With the rights of root, whoever runs the pod. */
static int become_root(struct fail *why)
{
	if (geteuid() != 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return fail_set(why, FAIL_DENIED,
				"debug-node needs root's rights; the pod must be privileged, and run as user "
				"0 or with this file set-user-id");
	return 0;
}

static int open_node(struct fail *why)
{
	int fd;

	if (getpid() == 1)
		return fail_set(why, FAIL_TOOL,
				"the pod sees its own processes only; its spec needs hostPID: true");
	fd = pidfd_open(1, 0);
	if (fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open the node's first process");
	return fd;
}

static int make_directory(const char *path, mode_t mode, struct fail *why)
{
	struct stat status;

	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make %s on the node", path);
	if (lstat(path, &status) < 0 || !S_ISDIR(status.st_mode) || status.st_uid != 0 ||
	    (status.st_mode & 022) != 0)
		return fail_set(why, FAIL_TOOL,
				"%s on the node can be changed by others than root; remove it", path);
	return 0;
}

/* Safe: everything is mounted in a namespace of our own, from which nothing travels back (slave). */
static int make_place(struct fail *why)
{
	CLOSE_AT_EXIT int node_fd = open_node(why);
	CLOSE_AT_EXIT int image_fd = FD_NONE;

	if (node_fd < 0)
		return -1;
	image_fd = open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (image_fd < 0)
		return fail_errno(why, FAIL_TOOL, errno,
				  "cannot copy the image's mount; is the pod privileged?");
	if (setns(node_fd, NODE_NAMESPACES) < 0)
		return fail_errno(why, FAIL_TOOL, errno,
				  "cannot enter the node's namespaces; is the pod privileged?");
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot copy the node's mounts");
	if (make_directory(NODE_ROOT, 0755, why) < 0 || make_directory(NODE_SHARED, 0700, why) < 0)
		return -1;
	if (move_mount(image_fd, "", AT_FDCWD, NODE_ROOT, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot show the image on the node");
	/* The toolbox's mounts belong to this place, and not to those of other versions of it. */
	if (mount("debug", NODE_SHARED, "tmpfs", MS_NOSUID | MS_NODEV, "mode=700,size=1m") < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot mount a tmpfs");
	return 0;
}

struct keeper {
	int listen_fd;
	int signal_fd;
	int sessions[SESSIONS_MAX]; /* connections; owned */
	size_t session_count;
	int64_t idle_ms; /* or 0: for ever */
};

static void take_session(struct keeper *keeper)
{
	int fd = accept4(keeper->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0 && keeper->session_count < SESSIONS_MAX)
		keeper->sessions[keeper->session_count++] = fd;
	else
		fd_close(&fd);
}

static void keep(struct keeper *keeper)
{
	int64_t busy_ms = clock_now_ms();

	for (;;) {
		struct pollfd waited[SESSIONS_MAX + 2];
		const size_t count = keeper->session_count;
		size_t kept = 0;

		waited[0] = (struct pollfd){ keeper->signal_fd, POLLIN, 0 };
		waited[1] = (struct pollfd){ keeper->listen_fd, POLLIN, 0 };
		for (size_t i = 0; i < count; i++)
			waited[i + 2] = (struct pollfd){ keeper->sessions[i], POLLIN, 0 };
		if (count > 0)
			busy_ms = clock_now_ms();
		else if (keeper->idle_ms > 0 && clock_left_ms(busy_ms + keeper->idle_ms) == 0)
			return;
		if (poll(waited, count + 2, keeper->idle_ms > 0 ? 1000 : -1) < 0)
			continue;
		if (waited[0].revents != 0)
			return;
		/* A session says nothing: what can be read is its end. */
		for (size_t i = 0; i < count; i++) {
			if (waited[i + 2].revents != 0)
				fd_close(&keeper->sessions[i]);
			else
				keeper->sessions[kept++] = keeper->sessions[i];
		}
		keeper->session_count = kept;
		if (waited[1].revents != 0)
			take_session(keeper);
	}
}

static int open_signals(bool has_child)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	if (has_child)
		(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* The process that has the place; a session finds it by the socket's peer. */
static int serve(int64_t idle_seconds, struct fail *why)
{
	static struct keeper keeper;
	struct sockaddr_un address;
	const socklen_t length = write_address(&address);
	const pid_t parent = getppid();

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		return -1;
	keeper.idle_ms = idle_seconds * 1000;
	keeper.signal_fd = open_signals(false);
	/* Bound in the pod's network namespace, heard only when the place is there. */
	keeper.listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (keeper.signal_fd < 0 || keeper.listen_fd < 0 ||
	    bind(keeper.listen_fd, (const struct sockaddr *)&address, length) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make a socket");
	if (make_place(why) < 0)
		return -1;
	if (listen(keeper.listen_fd, SESSIONS_MAX) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot listen");
	keep(&keeper);
	return 0;
}

/* The first process of the container stays in the container's namespaces: a runtime takes those of a process
 * that it adds from it.  It passes on that the pod ends, and ends with its child. */
static int stand_for(pid_t child, int signal_fd)
{
	struct signalfd_siginfo received;
	int how = 0;

	for (;;) {
		if (read(signal_fd, &received, sizeof(received)) != sizeof(received))
			continue;
		if (received.ssi_signo != SIGCHLD)
			(void)kill(child, SIGTERM);
		else if (waitpid(child, &how, WNOHANG) == child)
			return WIFEXITED(how) ? WEXITSTATUS(how) : FAIL_TOOL;
	}
}

static int run_keeper(int argc, char *argv[])
{
	struct fail why = { 0 };
	int64_t idle_seconds = 0;
	int signal_fd;
	pid_t child;

	if ((argc != 2 && argc != 4) ||
	    (argc == 4 &&
	     (strcmp(argv[2], "--idle") != 0 || !text_to_number(argv[3], 1, IDLE_MOST, &idle_seconds)))) {
		(void)fail_set(&why, FAIL_TOOL, "usage: debug-node keep [--idle SECONDS]");
		return complain(&why);
	}
	if (become_root(&why) < 0)
		return complain(&why);
	signal_fd = open_signals(true);
	child = signal_fd < 0 ? -1 : fork();
	if (child < 0) {
		(void)fail_errno(&why, FAIL_TOOL, errno, "cannot begin");
		return complain(&why);
	}
	if (child > 0)
		return stand_for(child, signal_fd);
	fd_close(&signal_fd);
	return serve(idle_seconds, &why) < 0 ? complain(&why) : 0;
}

/* The connection to the keeper, and who it is; the pod may have begun a moment ago. */
static int find_keeper(int *keeper_fd, struct fail *why)
{
	struct sockaddr_un address;
	const socklen_t length = write_address(&address);
	const int64_t deadline_ms = clock_now_ms() + CONNECT_MS;
	const struct timespec pause = { .tv_nsec = CONNECT_PAUSE_MS * 1000000L };
	struct ucred keeper;
	socklen_t size = sizeof(keeper);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	while (fd >= 0 && connect(fd, (const struct sockaddr *)&address, length) < 0) {
		if (clock_left_ms(deadline_ms) == 0) {
			fd_close(&fd);
			return fail_set(why, FAIL_DEADLINE,
					"the helper pod's own process does not answer; see its log");
		}
		(void)nanosleep(&pause, NULL);
	}
	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &keeper, &size) < 0 || keeper.uid != 0)
		return fail_set(why, FAIL_DENIED, "the helper pod's own process is not root's");
	*keeper_fd = pidfd_open(keeper.pid, 0);
	if (*keeper_fd < 0) {
		fd_close(&fd);
		return fail_errno(why, FAIL_TOOL, errno, "cannot open the helper pod's own process");
	}
	return fd;
}

/* For good: the real ids, no other group, and with another user than root no capability. */
static int become_caller(uid_t uid, gid_t gid, struct fail *why)
{
	if (uid == 0)
		return 0;
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0 ||
	    setresuid((uid_t)-1, 0, (uid_t)-1) == 0)
		return fail_set(why, FAIL_TOOL, "cannot give root's rights up");
	/* Killed by whoever has this user elsewhere on the node, it would only end. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	return 0;
}

static int run_session(int argc, char *argv[])
{
	const uid_t uid = getuid();
	const gid_t gid = getgid();
	CLOSE_AT_EXIT int keeper_fd = FD_NONE;
	CLOSE_AT_EXIT int connection_fd = FD_NONE;
	struct fail why = { 0 };

	if (argc != 4)
		(void)fail_set(&why, FAIL_TOOL, "usage: debug-node session LABEL TARGET");
	if (why.status != FAIL_NONE || node_check_target(argv[3], &why) < 0 || become_root(&why) < 0)
		return complain(&why);
	connection_fd = find_keeper(&keeper_fd, &why);
	if (connection_fd < 0)
		return complain(&why);
	/* Safe: the place was made by the keeper, root's process of the same pod, which is alive (connected).
	 */
	if (setns(keeper_fd, NODE_NAMESPACES) < 0 || chdir("/") < 0) {
		(void)fail_errno(&why, FAIL_TOOL, errno, "cannot enter the helper pod's place on the node");
		return complain(&why);
	}
	if (become_caller(uid, gid, &why) < 0)
		return complain(&why);
	return node_relay(argv[3]);
}

int main(int argc, char *argv[])
{
	if (argc < 1 || fd_repair_standard(0) < 0 || close_range(3, ~0U, 0) < 0)
		return FAIL_TOOL;
	(void)umask(022);
	if (argc >= 2 && strcmp(argv[1], "keep") == 0)
		return run_keeper(argc, argv);
	if (argc >= 2 && strcmp(argv[1], "session") == 0)
		return run_session(argc, argv);
	(void)dprintf(STDERR_FILENO, "debug-node " DEBUG_VERSION
				     ": the program of the helper pod; see kubectl-sidecar(1)\n");
	return FAIL_TOOL;
}
