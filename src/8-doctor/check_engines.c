/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Container engines: who listens on the known sockets, who answers, and what the files of each show.
 *
 * Should:  ask all at once and wait once: a daemon that hangs costs 300 ms, not that much each.
 * Mustn't: read an answer.  That there is one is all that is wanted.
 */
#include "doctor_checks.h"

#include "clock.h"
#include "fd.h"
#include "proc.h"
#include "text.h"

#include <bsd/string.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_MS = 300, PAUSE_MS = 10, ENGINES_MAX = 48, SHOWN_MAX = 200 };

static const char http[] = "GET /_ping HTTP/1.0\r\n\r\n";
/* The preface of HTTP/2 and empty settings, which a server answers with its own (RFC 9113, 3.4). */
static const char http2[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0";

struct known {
	const char *name;
	const char *pattern;
	bool is_grpc;
};

static const struct known sockets[] = {
	{ "docker", "/run/docker.sock", false },
	{ "rootless docker", "/run/user/*/docker.sock", false },
	{ "podman", "/run/podman/podman.sock", false },
	{ "rootless podman", "/run/user/*/podman/podman.sock", false },
	{ "containerd", "/run/containerd/containerd.sock", true },
	{ "docker's containerd", "/run/docker/containerd/containerd.sock", true },
	{ "k3s", "/run/k3s/containerd/containerd.sock", true },
	{ "cri-o", "/run/crio/crio.sock", true },
	{ "lxd", "/var/lib/lxd/unix.socket", false },
	{ "lxd snap", "/var/snap/lxd/common/lxd/unix.socket", false },
	{ "incus", "/var/lib/incus/unix.socket", false },
};

/* Directories whose entries are containers; two stars where those of namespaces lie between. */
static const struct {
	const char *name;
	const char *pattern;
} states[] = {
	{ "containerd's files", "/run/containerd/io.containerd.runtime.v2.task/*/*" },
	{ "k3s' files", "/run/k3s/containerd/io.containerd.runtime.v2.task/*/*" },
	{ "podman's and cri-o's files", "/run/containers/storage/overlay-containers/*" },
	{ "containers/storage", "/var/lib/containers/storage/overlay-containers/*-*" },
	{ "lxc's files", "/var/lib/lxc/*/config" },
	{ "nspawn's files", "/run/systemd/machines/*" },
};

struct engine {
	char name[48];
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	bool is_grpc;
	bool is_connected, is_answering;
	int error;
	int fd; /* owned */
	struct ucred peer;
	uid_t owner; /* of the socket's directory */
};

struct engines {
	struct engine all[ENGINES_MAX];
	size_t count;
};

static void add(struct engines *engines, const char *name, const char *path, bool is_grpc)
{
	struct engine *engine = &engines->all[engines->count];

	if (engines->count == ENGINES_MAX || strlen(path) >= sizeof(engine->path))
		return;
	memset(engine, 0, sizeof(*engine));
	(void)strlcpy(engine->name, name, sizeof(engine->name));
	(void)strlcpy(engine->path, path, sizeof(engine->path));
	engine->is_grpc = is_grpc;
	engine->fd = FD_NONE;
	engines->count++;
}

static void collect(struct engines *engines, const char *docker_socket)
{
	if (docker_socket != NULL && strcmp(docker_socket, "/run/docker.sock") != 0 &&
	    strcmp(docker_socket, "/var/run/docker.sock") != 0)
		add(engines, "$DOCKER_HOST", docker_socket, false);
	for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++) {
		glob_t found;

		if (glob(sockets[i].pattern, GLOB_NOSORT, NULL, &found) != 0) {
			doctor_say(DOCTOR_ENGINES, sockets[i].name, DOCTOR_MISSING, DOCTOR_FOLDED,
				   "there is no %s", sockets[i].pattern);
			continue;
		}
		for (size_t j = 0; j < found.gl_pathc; j++)
			add(engines, sockets[i].name, found.gl_pathv[j], sockets[i].is_grpc);
		globfree(&found);
	}
}

/* EAGAIN: the queue of connections is full, because nobody takes them out. */
static void connect_to(struct engine *engine, int64_t deadline_ms)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t size = sizeof(engine->peer);

	(void)strlcpy(address.sun_path, engine->path, sizeof(address.sun_path));
	engine->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	while (engine->fd >= 0 &&
	       connect(engine->fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		engine->error = errno;
		if (errno != EAGAIN || clock_left_ms(deadline_ms) == 0)
			return;
		(void)poll(NULL, 0, PAUSE_MS);
	}
	if (engine->fd < 0)
		return;
	engine->error = 0;
	engine->is_connected = getsockopt(engine->fd, SOL_SOCKET, SO_PEERCRED, &engine->peer, &size) == 0;
	if (engine->is_grpc)
		(void)send(engine->fd, http2, sizeof(http2), MSG_NOSIGNAL);
	else
		(void)send(engine->fd, http, sizeof(http) - 1, MSG_NOSIGNAL);
}

static void await_answers(struct engines *engines, int64_t deadline_ms)
{
	struct pollfd waited[ENGINES_MAX];
	size_t silent = 0;

	for (size_t i = 0; i < engines->count; i++) {
		waited[i] =
		    (struct pollfd){ engines->all[i].is_connected ? engines->all[i].fd : -1, POLLIN, 0 };
		silent += engines->all[i].is_connected;
	}
	while (silent > 0 && poll(waited, engines->count, clock_left_ms(deadline_ms)) > 0) {
		for (size_t i = 0; i < engines->count; i++) {
			if (waited[i].fd < 0 || waited[i].revents == 0)
				continue;
			engines->all[i].is_answering = (waited[i].revents & POLLIN) != 0;
			waited[i].fd = -1;
			silent--;
		}
	}
}

static bool is_stopped(pid_t pid)
{
	struct fail why = { 0 };
	CLOSE_AT_EXIT int host_proc_fd = proc_open(&why);
	CLOSE_AT_EXIT int proc_fd = host_proc_fd < 0 ? FD_NONE : proc_open_pid(host_proc_fd, pid);
	struct proc_stat stat;

	return proc_fd >= 0 && proc_read_stat(&stat, proc_fd) == 0 &&
	       (stat.state == 'T' || stat.state == 't');
}

static void tell_unreachable(const struct engine *engine, const char *path)
{
	if (engine->error == EACCES)
		doctor_say(DOCTOR_ENGINES, engine->name, DOCTOR_UNKNOWN, 0, "%s is closed to this user",
			   path);
	else if (engine->error == ECONNREFUSED)
		doctor_say(DOCTOR_ENGINES, engine->name, DOCTOR_LIMITED, 0,
			   "nobody listens on %s: start the engine, or attach with pid://N", path);
	else if (engine->error == EAGAIN)
		doctor_say(
		    DOCTOR_ENGINES, engine->name, DOCTOR_LIMITED, 0,
		    "%s takes no connection within %d ms: the engine hangs; restart it, or attach with "
		    "pid://N",
		    path, ANSWER_MS);
	else
		doctor_say(DOCTOR_ENGINES, engine->name, DOCTOR_LIMITED, 0, "%s cannot be reached: %s", path,
			   strerrordesc_np(engine->error));
}

static void tell(const struct engine *engine)
{
	const bool is_user = strncmp(engine->path, "/run/user/", strlen("/run/user/")) == 0;
	char path[SHOWN_MAX];

	(void)text_encode(path, sizeof(path), engine->path, strlen(engine->path));
	if (!engine->is_connected)
		tell_unreachable(engine, path);
	else if (engine->peer.uid != 0 && !is_user)
		doctor_say(
		    DOCTOR_ENGINES, engine->name, DOCTOR_LIMITED, 0,
		    "%s is served by user %u, not by root, so what it says is not believed; attach with pid://N",
		    path, engine->peer.uid);
	else if (!engine->is_answering)
		doctor_say(DOCTOR_ENGINES, engine->name, DOCTOR_LIMITED, 0,
			   "%s does not answer within %d ms%s (process %d): names cannot be looked up until "
			   "it does; attach with pid://N",
			   path, ANSWER_MS, is_stopped(engine->peer.pid) ? ", because it is stopped" : "",
			   (int)engine->peer.pid);
	else
		doctor_say(DOCTOR_ENGINES, engine->name, DOCTOR_OK, 0, "%s answers (process %d, user %u)",
			   path, (int)engine->peer.pid, engine->peer.uid);
}

static void check_files(void)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		glob_t found;
		const int outcome = glob(states[i].pattern, GLOB_NOSORT, NULL, &found);

		if (outcome == 0)
			doctor_say(DOCTOR_ENGINES, states[i].name, DOCTOR_OK, 0, "%zu %s (%s)",
				   found.gl_pathc, found.gl_pathc == 1 ? "container" : "containers",
				   states[i].pattern);
		else
			doctor_say(DOCTOR_ENGINES, states[i].name, DOCTOR_MISSING, DOCTOR_FOLDED,
				   "%s shows no container", states[i].pattern);
		if (outcome == 0)
			globfree(&found);
	}
}

void check_engines(const char *docker_socket)
{
	struct engines engines = { .count = 0 };
	const int64_t deadline_ms = clock_now_ms() + ANSWER_MS;

	collect(&engines, docker_socket);
	for (size_t i = 0; i < engines.count; i++)
		connect_to(&engines.all[i], deadline_ms);
	/* Time that others took is no fault of the last. */
	await_answers(&engines, clock_now_ms() + ANSWER_MS);
	for (size_t i = 0; i < engines.count; i++) {
		tell(&engines.all[i]);
		fd_close(&engines.all[i].fd);
	}
	check_files();
}
