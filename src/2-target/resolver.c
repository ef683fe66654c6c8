/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The resolver: a forked child that turns foreign bytes into one fixed structure.
 *
 *   helper (root)                      resolver (nobody, seccomp, no file system)
 *   connect the engine's socket
 *   fork ───────────────────────────►  drop everything, load the filter
 *   wait, at most the deadline         ask, read, parse JSON
 *   ◄───────────────────────────────   struct answer
 *
 * Should:  leave the child with two descriptors, no rights, and system calls that only move bytes.
 * Mustn't: let the parent see anything of the engine but the fixed structure.
 */
#include "resolver.h"

#include "clock.h"
#include "docker.h"
#include "fd.h"
#include "filters.h"
#include "text.h"
#include "wire.h"

#include <errno.h>
#include <grp.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define DOCKER_SOCKET "/var/run/docker.sock"

enum {
	DEADLINE_MS = 5000,
	GRACE_MS = 250, /* for a resolver that is about to say itself that time is up */
	NOBODY = 65534,
	MEMORY_MAX = 96 << 20,
	CONNECT_PAUSE_MS = 10,
};

enum question {
	QUESTION_INSPECT,
	QUESTION_EXPLAIN_MISSING,
};

struct answer {
	uint32_t version;
	int32_t outcome; /* as docker_inspect returns */
	struct fail why;
	struct sighting seen;
};

/* The engine must be root's: anybody can listen on a socket, root alone may name pids to root. */
static int check_peer(int socket_fd, struct fail *why)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot tell who listens on " DOCKER_SOCKET);
	if (peer.uid != 0)
		return fail_set(why, FAIL_DENIED,
				"the process that listens on " DOCKER_SOCKET " is not root's");
	return 0;
}

static int connect_docker(int64_t deadline_ms, struct fail *why)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = DOCKER_SOCKET };
	CLOSE_AT_EXIT int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make a socket");
	while (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		if (errno == EAGAIN && clock_left_ms(deadline_ms) > 0) {
			/* The engine's backlog is full: it hangs or is very busy. */
			(void)poll(NULL, 0, CONNECT_PAUSE_MS);
			continue;
		}
		if (errno == EAGAIN)
			return fail_set(why, FAIL_DEADLINE,
					"Docker did not answer in time; attach by process id instead, as in "
					"`debug pid://N`");
		return fail_errno(why, FAIL_TOOL, errno,
				  "cannot reach Docker on " DOCKER_SOCKET
				  "; start it, or attach by process id as in `debug pid://N`");
	}
	if (check_peer(fd, why) < 0)
		return -1;
	return fd_steal(&fd);
}

/* Gives up every right, in an order in which each step still may.  Any failure ends the child:
 * the parent then reports a resolver without an answer. */
static bool enter_sandbox(int socket_fd, int answer_fd)
{
	const struct rlimit memory = { MEMORY_MAX, MEMORY_MAX };
	const struct rlimit none = { 0, 0 };
	unsigned int seed = 1;

	/* jansson would open /dev/urandom for this after the filter is in place. */
	(void)!getrandom(&seed, sizeof(seed), GRND_NONBLOCK);
	json_object_seed(seed | 1);
	if (dup2(socket_fd, 0) < 0 || dup2(answer_fd, 1) < 0 || close_range(2, ~0U, 0) < 0)
		return false;
	if (setrlimit(RLIMIT_AS, &memory) < 0 || setrlimit(RLIMIT_CORE, &none) < 0 ||
	    setrlimit(RLIMIT_FSIZE, &none) < 0)
		return false;
	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return false;
	if (setresuid((uid_t)-1, 0, (uid_t)-1) == 0)
		return false;
	/* After the uid changes, which would undo both (prctl(2)). */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return false;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter_resolver) == 0;
}

__attribute__((noreturn)) static void resolve(enum question question, const char *name, int64_t deadline_ms)
{
	struct answer answer;

	memset(&answer, 0, sizeof(answer));
	answer.version = WIRE_VERSION;
	if (question == QUESTION_INSPECT)
		answer.outcome = docker_inspect(&answer.seen, 0, name, deadline_ms, &answer.why);
	else
		answer.outcome = docker_explain_missing(0, name, deadline_ms, &answer.why);
	(void)wire_send(1, &answer, sizeof(answer), NULL, 0);
	_exit(0);
}

/* Terminated, and nothing that a terminal would obey. */
static bool is_plain(const char *text, size_t capacity)
{
	for (size_t i = 0; i < capacity; i++) {
		if (text[i] == '\0')
			return true;
		if (text[i] < ' ' || text[i] > '~')
			return false;
	}
	return false;
}

static bool is_configured(const struct sighting *seen)
{
	return seen->configured_size <= sizeof(seen->configured) &&
	       (seen->configured_size == 0 || seen->configured[seen->configured_size - 1] == '\0');
}

/* The child may have been taken over by what it parsed: check form and range once more. */
static bool is_well_formed(const struct answer *answer)
{
	return answer->version == WIRE_VERSION && answer->outcome >= -1 && answer->outcome <= 1 &&
	       is_plain(answer->why.text, sizeof(answer->why.text)) &&
	       is_plain(answer->seen.id, sizeof(answer->seen.id)) &&
	       is_plain(answer->seen.name, sizeof(answer->seen.name)) &&
	       is_plain(answer->seen.image, sizeof(answer->seen.image)) && is_configured(&answer->seen) &&
	       (answer->outcome != 0 ||
		(answer->seen.pid > 1 && strspn(answer->seen.id, "0123456789abcdef") == 64)) &&
	       (answer->outcome != -1 ||
		(answer->why.status >= FAIL_DEADLINE && answer->why.status <= FAIL_NOT_FOUND));
}

static int receive_answer(struct answer *answer, int answer_fd, int64_t deadline_ms, struct fail *why)
{
	size_t fd_count;

	if (!clock_wait(answer_fd, POLLIN, deadline_ms + GRACE_MS))
		return fail_set(
		    why, FAIL_DEADLINE,
		    "Docker did not answer in time; attach by process id instead, as in `debug pid://N`");
	if (wire_receive(answer_fd, answer, sizeof(*answer), NULL, 0, &fd_count) != sizeof(*answer) ||
	    !is_well_formed(answer))
		return fail_set(why, FAIL_TOOL, "the resolver process ended without an answer");
	return 0;
}

/* Asks one question in a child of its own. */
static int ask(struct answer *answer, enum question question, const char *name, int64_t deadline_ms,
	       struct fail *why)
{
	CLOSE_AT_EXIT int socket_fd = connect_docker(deadline_ms, why);
	int pair[2];
	int failed;
	pid_t child;

	if (socket_fd < 0)
		return -1;
	if (wire_pair(pair) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make a socket pair");
	child = fork();
	if (child == 0) {
		if (!enter_sandbox(socket_fd, pair[1]))
			_exit(1);
		resolve(question, name, deadline_ms);
	}
	(void)close(pair[1]);
	if (child < 0)
		failed = fail_errno(why, FAIL_TOOL, errno, "cannot start the resolver");
	else
		failed = receive_answer(answer, pair[0], deadline_ms, why);
	(void)close(pair[0]);
	if (child > 0) {
		/* It is our child and not yet waited for, so the pid is still its own. */
		(void)kill(child, SIGKILL);
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	return failed;
}

int resolver_ask_docker(struct sighting *seen, const char *name, struct fail *why)
{
	int64_t deadline_ms = clock_now_ms() + DEADLINE_MS;
	struct answer answer;

	if (!docker_is_name(name)) {
		char shown[160];

		return fail_set(why, FAIL_TOOL,
				"`%s` cannot be a container's name: letters, digits, `_`, `.` and `-` only",
				text_encode(shown, sizeof(shown), name, strlen(name)));
	}
	if (ask(&answer, QUESTION_INSPECT, name, deadline_ms, why) < 0)
		return -1;
	if (answer.outcome > 0 && ask(&answer, QUESTION_EXPLAIN_MISSING, name, deadline_ms, why) < 0)
		return -1;
	if (answer.outcome != 0) {
		*why = answer.why;
		return -1;
	}
	*seen = answer.seen;
	return 0;
}
