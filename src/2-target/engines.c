/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets of engines that can be asked: Docker's API, and containerd's.
 *
 * Should:  know who listens: anybody can put a socket somewhere, but a pid is believed only as far as the
 *          listener's uid reaches (target.c compares).
 */
#include "engines.h"

#include "containerd.h"
#include "evidence.h"
#include "fd.h"

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define SYSTEM_SOCKET "/var/run/docker.sock"

static const uid_t anybody = (uid_t)-1;

static void add(struct engines *engines, enum engine_kind kind, const char *path, uid_t wanted)
{
	CLOSE_AT_EXIT int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (fd < 0 || engines->count == ENGINES_MAX ||
	    strlcpy(address.sun_path, path, sizeof(address.sun_path)) >= sizeof(address.sun_path))
		return;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		/* The backlog is full: it hangs, or is very busy. */
		engines->is_silent = engines->is_silent || errno == EAGAIN;
		return;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
	    (wanted != anybody && peer.uid != wanted))
		return;
	engines->all[engines->count++] =
	    (struct engine){ .kind = kind, .fd = fd_steal(&fd), .uid = peer.uid };
}

static int add_user(void *context, int user_fd, uint32_t owner)
{
	/* By descriptor: the user may put a link there, to anywhere. */
	CLOSE_AT_EXIT int fd = openat(user_fd, "docker.sock", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	char path[64];

	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISSOCK(status.st_mode))
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	add(context, ENGINE_DOCKER, path, (uid_t)owner);
	return 0;
}

void engines_connect_docker(struct engines *engines, const struct query *query, const char *docker_socket)
{
	if (!query_wants(query, TARGET_DOCKER))
		return;
	if (docker_socket != NULL) {
		add(engines, ENGINE_DOCKER, docker_socket, anybody);
		return;
	}
	add(engines, ENGINE_DOCKER, SYSTEM_SOCKET, 0);
	(void)!evidence_each_user(add_user, engines);
}

void engines_connect_containerd(struct engines *engines)
{
	for (size_t i = 0; containerd_sockets[i] != NULL; i++)
		add(engines, ENGINE_CONTAINERD, containerd_sockets[i], 0);
}

void engines_close(struct engines *engines)
{
	for (size_t i = 0; i < engines->count; i++)
		fd_close(&engines->all[i].fd);
	engines->count = 0;
}
