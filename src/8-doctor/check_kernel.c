/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel can do, by doing it: distributions carry features back, and containers and policies take
 * them away, so that a version tells little.
 */
#include "doctor_checks.h"

#include "fd.h"
#include "scratch.h"
#include "text.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { DEADLINE_MS = 2000, MOUNTINFO_MAX = 4 << 20, HIGH_FD = 1000 };

static int try_pidfd(void *unused)
{
	(void)unused;
	return pidfd_open(getpid(), 0) < 0 ? errno : 0;
}

static int try_close_range(void *unused)
{
	(void)unused;
	return close_range(HIGH_FD, ~0U, 0) < 0 ? errno : 0;
}

static int try_openat2(void *unused)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };

	(void)unused;
	return syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how)) < 0 ? errno : 0;
}

static int try_seals(void *unused)
{
	struct wire_writer writer = { 0 };

	(void)unused;
	wire_put_string(&writer, "");
	return wire_seal(&writer) < 0 ? errno : 0;
}

/* As a session makes it, with a terminal in it. */
static int try_terminals(void *unused)
{
	struct fail why = { 0 };
	const int terminals_fd = scratch_terminals(&why);
	int master_fd;
	int slave_fd;

	(void)unused;
	if (terminals_fd < 0 || scratch_open_terminal(terminals_fd, 0, 0, &master_fd, &slave_fd, &why) < 0)
		return errno;
	return 0;
}

struct feature {
	const char *name;
	int (*attempt)(void *context);
	int flags;
	const char *use;
	const char *without;
};

static const struct feature features[] = {
	{ "pidfd_open", try_pidfd, DOCTOR_NEEDED, "pins the target's process",
	  "the target cannot be pinned; Linux 5.3 or later has it" },
	{ "mount API", probe_mount_api, DOCTOR_NEEDED,
	  "open_tree, fsopen and fsmount make mounts that nobody sees",
	  "a session's mounts cannot be made; Linux 5.2 or later has it" },
	{ "mount_setattr", probe_mount_setattr, DOCTOR_NEEDED, "turns the view read-only in one call",
	  "the view cannot be made read-only; Linux 5.12 or later has it" },
	{ "move_mount", probe_move_mount, DOCTOR_NEEDED, "attaches mounts in the session's own namespace",
	  "the toolbox cannot be attached in the session's namespace" },
	{ "setns by pidfd", probe_setns, DOCTOR_NEEDED, "joins all namespaces at once",
	  "namespaces cannot be joined; Linux 5.8 or later has it" },
	{ "close_range", try_close_range, DOCTOR_NEEDED, "keeps descriptors out of the session",
	  "Linux 5.9 or later has it" },
	{ "openat2", try_openat2, 0, "looks below a foreign root without leaving it",
	  "the target's files cannot be checked here; Linux 5.6 or later has it" },
	{ "seccomp filter", probe_seccomp, DOCTOR_NEEDED, "confines the session",
	  "a session cannot be confined; the kernel needs CONFIG_SECCOMP_FILTER" },
	{ "memfd seals", try_seals, DOCTOR_NEEDED, "carries the request and the plan",
	  "requests cannot be passed to the helper" },
	{ "devpts", try_terminals, DOCTOR_NEEDED, "terminals of a session's own",
	  "a session has no terminal; the kernel needs devpts with private instances" },
	{ "user namespaces", probe_user_namespace, 0, "containers with mapped ids",
	  "no new ones can be made here; joining those of containers is not affected" },
	{ "overlayfs", probe_overlay, 0, "installed packages, --scratch, images",
	  "packages cannot be installed, and --scratch does not work; try `modprobe overlay`" },
	{ "overlayfs lowerdir+", probe_overlay_layers, 0, "roots of many layers",
	  "images with long layer paths cannot be opened; Linux 6.8 or later has it" },
};

static void check_feature(const struct feature *feature, bool is_root)
{
	const int error = probe_run(feature->attempt, NULL, DEADLINE_MS);
	const char *description = strerrordesc_np(error);

	if (error == 0)
		doctor_say(DOCTOR_KERNEL, feature->name, DOCTOR_OK, feature->flags | DOCTOR_FOLDED, "%s",
			   feature->use);
	else if (!is_root && (error == EPERM || error == EACCES))
		doctor_say(DOCTOR_KERNEL, feature->name, DOCTOR_UNKNOWN, feature->flags | DOCTOR_FOLDED,
			   "only root can try it");
	else if (error == EPERM || error == EACCES)
		doctor_say(DOCTOR_KERNEL, feature->name, DOCTOR_MISSING, feature->flags,
			   "refused (%s), by a missing capability, a seccomp filter or a security module: %s",
			   description, feature->without);
	else
		doctor_say(DOCTOR_KERNEL, feature->name, DOCTOR_MISSING, feature->flags, "%s (%s)",
			   feature->without, description != NULL ? description : "unknown error");
}

static void check_proc(void)
{
	char *text = malloc(MOUNTINFO_MAX);
	struct mount_facts mount = { 0 };

	if (text != NULL && fd_read_file_at(AT_FDCWD, "/proc/self/mountinfo", text, MOUNTINFO_MAX) >= 0)
		mount = mountinfo_find(text, "/proc");
	free(text);
	if (mount.is_there && mount.hidepid != 0)
		doctor_say(DOCTOR_KERNEL, "/proc", DOCTOR_OK, 0,
			   "hidepid=%d hides processes from users, not from root, who runs sessions",
			   mount.hidepid);
	else
		doctor_say(DOCTOR_KERNEL, "/proc", DOCTOR_OK, DOCTOR_FOLDED, "shows all processes");
}

void check_kernel(bool is_root)
{
	struct utsname system;
	char release[80];

	if (uname(&system) == 0)
		doctor_say(DOCTOR_KERNEL, "release", DOCTOR_OK, 0, "Linux %s on %s",
			   text_encode(release, sizeof(release), system.release, strlen(system.release)),
			   system.machine);
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		check_feature(&features[i], is_root);
	check_proc();
}
