/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A place is one byte of /run/debug/sessions, which has none: a lock of the open file (F_OFD_SETLK,
 * Linux 3.15) at the user's number.  The kernel lets go of it with the helper, however that ends, so there is
 * nothing to count wrong or to clean up.
 */
#include "quota.h"

#include "fd.h"
#include "shared_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define SESSIONS_FILE "sessions"

static const char *const names[QUOTA_COUNT] = {
	[QUOTA_SESSIONS] = "sessions",
	[QUOTA_WAITS] = "sessions with --wait",
	[QUOTA_HELPERS] = "calls of debug going on",
};

int quota_take(enum quota_kind kind, uint32_t uid, uint32_t most, struct fail *why)
{
	CLOSE_AT_EXIT int shared_fd = shared_open(why);
	CLOSE_AT_EXIT int fd = FD_NONE;

	if (shared_fd < 0)
		return -1;
	fd = openat(shared_fd, SESSIONS_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open /run/debug/" SESSIONS_FILE);
	for (uint32_t place = 0; place < most; place++) {
		struct flock lock = { .l_type = F_WRLCK,
				      .l_whence = SEEK_SET,
				      .l_start =
					  ((off_t)uid * QUOTA_COUNT + (off_t)kind) * QUOTA_MOST + place,
				      .l_len = 1 };

		if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
			return fd_steal(&fd);
		if (errno != EAGAIN && errno != EACCES)
			return fail_errno(why, FAIL_TOOL, errno, "cannot lock /run/debug/" SESSIONS_FILE);
	}
	return fail_set(why, FAIL_DENIED,
			"you have %u %s, as many as you may have at one time; end one of them",
			(unsigned int)most, names[kind]);
}
