/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "files.h"

#include "fd.h"
#include "text.h"
#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool has_file(int dir_fd, const char *name)
{
	struct stat status;

	return fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode);
}

static int open_files(struct target *target, const struct request *request, int file_fd, int caller_fd,
		      struct fail *why)
{
	struct stat status;

	if (fstat(file_fd, &status) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot look at `%s`", target->seen.name);
	target->is_unpacked =
	    S_ISREG(status.st_mode) || (has_file(file_fd, "oci-layout") && has_file(file_fd, "index.json"));
	if (target->is_unpacked)
		target->files_fd = unpack(&target->seen, file_fd, request->image, caller_fd, why);
	else if (!S_ISDIR(status.st_mode))
		return fail_set(why, FAIL_TOOL, "`%s` is neither a directory nor a file", target->seen.name);
	else if (request->image != NULL)
		return fail_set(why, FAIL_TOOL, "`%s` is a directory and holds no image to choose",
				target->seen.name);
	else
		target->files_fd = fcntl(file_fd, F_DUPFD_CLOEXEC, 3);
	return target->files_fd < 0 ? -1 : 0;
}

int files_find(struct target *target, const struct request *request, int file_fd, int caller_fd,
	       struct fail *why)
{
	memset(target, 0, sizeof(*target));
	target->pid_fd = FD_NONE;
	target->proc_fd = FD_NONE;
	target->files_fd = FD_NONE;
	target->seen.runtime = TARGET_FILES;
	target->seen.state = SIGHTING_IMAGE;
	text_encode(target->seen.name, sizeof(target->seen.name), request->target, strlen(request->target));
	if (open_files(target, request, file_fd, caller_fd, why) < 0) {
		target_close(target);
		return -1;
	}
	return 0;
}
