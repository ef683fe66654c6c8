/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one thing that somebody in a session can ask of the helper.
 *
 * Should:  serve processes of the session, which its cgroup names, and nobody else; stop working when
 *          the asker has gone.
 * Mustn't: take anything but names of packages: a file or another archive is the user's to give, on
 *          the host (a package from inside a container would run in the user's next container too).
 *          Send a descriptor into the session, or wait for it.
 */
#include "package_server.h"

#include "cgroup.h"
#include "fd.h"
#include "wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SERVER_LISTEN, SERVER_PEER, SERVER_INSTALLER };

void package_server_begin(struct package_server *server, const struct attached *attached, int host_proc_fd)
{
	*server = (struct package_server){ .attached = attached,
					   .host_proc_fd = host_proc_fd,
					   .peer_fd = FD_NONE,
					   .installer = { .pid_fd = FD_NONE } };
}

void package_server_wait_for(const struct package_server *server, struct pollfd waited[PACKAGE_SERVER_FDS])
{
	const bool is_busy = server->peer_fd != FD_NONE;

	waited[SERVER_LISTEN] =
	    (struct pollfd){ is_busy ? FD_NONE : server->attached->packages_fd, POLLIN, 0 };
	waited[SERVER_PEER] = (struct pollfd){ server->peer_fd, POLLIN, 0 };
	waited[SERVER_INSTALLER] = (struct pollfd){ server->installer.pid_fd, POLLIN, 0 };
}

static void answer(struct package_server *server, int status, const struct fail *why)
{
	struct packages_reply reply = { .version = WIRE_VERSION, .status = status };

	if (why != NULL)
		reply.fail = *why;
	(void)wire_send(server->peer_fd, &reply, sizeof(reply), NULL, 0);
	fd_close(&server->peer_fd);
}

/* The words, in place.  Returns their number, or -1. */
static int split(struct packages_request *request, const char *words[PACKAGES_WORDS_MAX])
{
	char *at = request->words;
	char *end = request->words + sizeof(request->words);

	if (request->count > PACKAGES_WORDS_MAX)
		return -1;
	for (uint32_t i = 0; i < request->count; i++) {
		char *nul = memchr(at, '\0', (size_t)(end - at));

		if (nul == NULL || !installer_accepts(at))
			return -1;
		words[i] = at;
		at = nul + 1;
	}
	return (int)request->count;
}

static int start(struct package_server *server, struct packages_request *request, const int output_fd[2],
		 struct fail *why)
{
	const char *words[PACKAGES_WORDS_MAX];
	const int count = split(request, words);
	const struct installer_order order = {
		.verb = (enum packages_verb)request->verb,
		.words = words,
		.word_count = count < 0 ? 0 : (size_t)count,
		.output_fd = output_fd[0],
		.error_fd = output_fd[1],
		.columns = request->columns,
		.uid = getuid(),
	};

	if (request->version != WIRE_VERSION || request->verb >= PACKAGES_SESSION_COUNT || count < 0)
		return fail_set(
		    why, FAIL_TOOL,
		    "this is not a request for packages; give their names, as in `install ngrep`");
	return installer_start(&server->installer, &order, why);
}

static void on_listen(struct package_server *server)
{
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);

	server->peer_fd = accept4(server->attached->packages_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (server->peer_fd < 0)
		return;
	if (getsockopt(server->peer_fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
	    !cgroup_has_member(&server->attached->cgroup, server->host_proc_fd, peer.pid))
		fd_close(&server->peer_fd);
}

static void on_peer(struct package_server *server)
{
	struct packages_request request;
	struct fail why = { 0 };
	int output_fd[2] = { FD_NONE, FD_NONE };
	size_t fd_count = 0;
	const ssize_t got = wire_receive(server->peer_fd, &request, sizeof(request), output_fd, 2, &fd_count);

	/* The asker has gone, or says more than it may: what it asked for is not wanted any more. */
	if (got != sizeof(request) || fd_count != 2 || server->installer.pid_fd != FD_NONE) {
		fd_close(&server->peer_fd);
		if (server->installer.pid_fd != FD_NONE)
			(void)installer_end(&server->installer);
	} else if (start(server, &request, output_fd, &why) < 0) {
		answer(server, why.status, &why);
	}
	fd_close(&output_fd[0]);
	fd_close(&output_fd[1]);
}

void package_server_turn(struct package_server *server, const struct pollfd waited[PACKAGE_SERVER_FDS])
{
	if (waited[SERVER_INSTALLER].revents != 0)
		answer(server, installer_end(&server->installer), NULL);
	else if (waited[SERVER_PEER].revents != 0)
		on_peer(server);
	else if (waited[SERVER_LISTEN].revents != 0)
		on_listen(server);
}

void package_server_end(struct package_server *server)
{
	if (server->installer.pid_fd != FD_NONE)
		(void)installer_end(&server->installer);
	fd_close(&server->peer_fd);
}
