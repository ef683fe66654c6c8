/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New filesystems that the joiner makes itself: those that belong to the namespaces it is in. */
#include "joiner.h"

#include "fd.h"

#include <sys/mount.h>

int filesystem_make(const char *type, const char *mode, unsigned int attributes)
{
	CLOSE_AT_EXIT int context_fd = fsopen(type, FSOPEN_CLOEXEC);

	if (context_fd < 0 ||
	    (mode != NULL && fsconfig(context_fd, FSCONFIG_SET_STRING, "mode", mode, 0) < 0) ||
	    fsconfig(context_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return fsmount(context_fd, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | attributes);
}
