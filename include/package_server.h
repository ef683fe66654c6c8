/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Serves `install` and `uninstall` of one session: one request at a time. */
#ifndef DEBUG_PACKAGE_SERVER_H
#define DEBUG_PACKAGE_SERVER_H

#include "attach.h"
#include "installer.h"

#include <poll.h>

enum { PACKAGE_SERVER_FDS = 3 };

struct package_server {
	const struct attached *attached; /* lent */
	int host_proc_fd;		 /* lent */
	int peer_fd;			 /* owned; who is being served, or FD_NONE */
	struct installer installer;	 /* at work if its pid_fd is not FD_NONE */
};

void package_server_begin(struct package_server *server, const struct attached *attached, int host_proc_fd)
    __attribute__((nonnull));

/* What to wait for, and what to do when poll(2) came back with it. */
void package_server_wait_for(const struct package_server *server, struct pollfd waited[PACKAGE_SERVER_FDS])
    __attribute__((nonnull));
void package_server_turn(struct package_server *server, const struct pollfd waited[PACKAGE_SERVER_FDS])
    __attribute__((nonnull));

/* Ends an installer that is at work. */
void package_server_end(struct package_server *server) __attribute__((nonnull));

#endif
