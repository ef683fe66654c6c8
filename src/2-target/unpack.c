/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The helper's side of debug-unpack: makes the place where it works, and believes of what it answers only
 * its form.
 *
 * Should:  leave the child a root of its own, in which there is the archive, read-only, and an empty tmpfs.
 * Mustn't: read a byte of the archive.
 */
#include "unpack.h"

#include "fd.h"
#include "text.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FD_OUT_OF_THE_WAY = 64, MEMORY_MAX = 1 << 30, MEMINFO_MAX = 8192 };

/* What unpacking needs: owners, modes, set-user-id bits, and file capabilities as data. */
static const cap_value_t kept[] = { CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_SETFCAP };

enum { KEPT_COUNT = sizeof(kept) / sizeof(kept[0]) };

struct unpacker {
	int tmpfs_fd, source_fd, program_fd, answer_fd, null_fd;
	const char *image;
	bool is_directory;
};

/* Beside the helper; the place comes from the kernel. */
static int open_program(struct fail *why)
{
	CLOSE_AT_EXIT int directory_fd = fd_open_own_directory();
	CLOSE_AT_EXIT int fd = FD_NONE;
	struct stat status;

	if (directory_fd >= 0)
		fd = openat(directory_fd, "debug-unpack", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0)
		return fail_errno(why, FAIL_TOOL, errno,
				  "cannot open debug-unpack beside debug-helper; install debug again");
	if (!S_ISREG(status.st_mode) || status.st_uid != 0 || (status.st_mode & 022) != 0)
		return fail_set(why, FAIL_TOOL,
				"debug-unpack can be changed by others than root; install debug again");
	return fd_steal(&fd);
}

/* "Nk": half of what can be had without pushing anybody out, whatever an archive unpacks to. */
static void choose_size(char *size, size_t capacity)
{
	static const char key[] = "\nMemAvailable:";
	char text[MEMINFO_MAX];
	const char *line;

	(void)snprintf(size, capacity, "25%%");
	if (fd_read_file_at(AT_FDCWD, "/proc/meminfo", text, sizeof(text)) < 0)
		return;
	line = strstr(text, key);
	if (line != NULL)
		(void)snprintf(size, capacity, "%lluk", strtoull(line + strlen(key), NULL, 10) / 2);
}

static int make_tmpfs(struct fail *why)
{
	CLOSE_AT_EXIT int context_fd = fsopen("tmpfs", FSOPEN_CLOEXEC);
	char size[32];
	int fd = -1;

	choose_size(size, sizeof(size));
	if (context_fd >= 0 && fsconfig(context_fd, FSCONFIG_SET_STRING, "mode", "0755", 0) == 0 &&
	    fsconfig(context_fd, FSCONFIG_SET_STRING, "size", size, 0) == 0 &&
	    fsconfig(context_fd, FSCONFIG_SET_STRING, "nr_inodes", "2m", 0) == 0 &&
	    fsconfig(context_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		fd = fsmount(context_fd, FSMOUNT_CLOEXEC,
			     MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOATIME);
	return fd >= 0 ? fd
		       : fail_errno(why, FAIL_TOOL, errno, "cannot make a tmpfs to unpack the image into");
}

/* A mount of its own, read-only: not even the archive's owner or times can be changed through it. */
static int clone_source(int source_fd, struct fail *why)
{
	struct mount_attr attributes = {
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
			    MOUNT_ATTR_NOATIME,
		.attr_clr = MOUNT_ATTR__ATIME,
		.propagation = MS_PRIVATE,
	};
	CLOSE_AT_EXIT int fd = open_tree(source_fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	if (fd < 0 || mount_setattr(fd, "", AT_EMPTY_PATH, &attributes, sizeof(attributes)) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot show the archive to debug-unpack");
	return fd_steal(&fd);
}

static int attach(int mount_fd, int on_fd)
{
	return move_mount(mount_fd, "", on_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/* In the tmpfs: /source and /image.  Sends a mount of the latter, which outlives this namespace. */
static bool furnish(const struct unpacker *unpacker)
{
	CLOSE_AT_EXIT int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLOSE_AT_EXIT int on_fd = FD_NONE;
	CLOSE_AT_EXIT int image_fd = FD_NONE;
	struct mount_attr private = { .propagation = MS_PRIVATE };

	if (root_fd < 0 ||
	    mount_setattr(root_fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &private, sizeof(private)) < 0 ||
	    attach(unpacker->tmpfs_fd, root_fd) < 0 || fchdir(unpacker->tmpfs_fd) < 0 ||
	    mkdir("image", 0755) < 0)
		return false;
	if (unpacker->is_directory)
		on_fd = mkdir("source", 0700) < 0 ? -1 : open("source", O_PATH | O_DIRECTORY | O_CLOEXEC);
	else
		on_fd = open("source", O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	image_fd = open_tree(AT_FDCWD, "image", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (on_fd < 0 || image_fd < 0 || attach(unpacker->source_fd, on_fd) < 0 ||
	    wire_send(unpacker->answer_fd, "", 1, &image_fd, 1) < 0)
		return false;
	return syscall(SYS_pivot_root, ".", ".") == 0 && umount2(".", MNT_DETACH) == 0 && chdir("/") == 0;
}

static bool drop_rights(void)
{
	const struct rlimit memory = { MEMORY_MAX, MEMORY_MAX };
	const struct rlimit none = { 0, 0 };
	const int count = (int)cap_max_bits();
	cap_t wanted = cap_init();
	bool is_done = wanted != NULL &&
		       cap_set_flag(wanted, CAP_PERMITTED, KEPT_COUNT, kept, CAP_SET) == 0 &&
		       cap_set_flag(wanted, CAP_EFFECTIVE, KEPT_COUNT, kept, CAP_SET) == 0;

	for (int capability = 0; is_done && capability < count; capability++) {
		bool is_kept = false;

		for (int i = 0; i < KEPT_COUNT; i++)
			is_kept = is_kept || kept[i] == capability;
		is_done = is_kept || prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0;
	}
	is_done = is_done && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 &&
		  cap_set_proc(wanted) == 0;
	(void)cap_free(wanted);
	return is_done && setrlimit(RLIMIT_AS, &memory) == 0 && setrlimit(RLIMIT_CORE, &none) == 0 &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* The child. */
__attribute__((noreturn)) static void become_unpacker(const struct unpacker *unpacker)
{
	const char *const argv[] = { "debug-unpack", unpacker->image, NULL };
	const char *const envp[] = { NULL };
	const int program_fd = fcntl(unpacker->program_fd, F_DUPFD_CLOEXEC, FD_OUT_OF_THE_WAY);
	const int answer_fd = fcntl(unpacker->answer_fd, F_DUPFD_CLOEXEC, FD_OUT_OF_THE_WAY);
	const int null_fd = fcntl(unpacker->null_fd, F_DUPFD_CLOEXEC, FD_OUT_OF_THE_WAY);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (program_fd < 0 || answer_fd < 0 || null_fd < 0 || !furnish(unpacker) || !drop_rights())
		_exit(1);
	for (int fd = 0; fd < UNPACK_ANSWER_FD; fd++)
		if (dup2(null_fd, fd) < 0)
			_exit(1);
	if (dup2(answer_fd, UNPACK_ANSWER_FD) < 0 ||
	    close_range(UNPACK_ANSWER_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		_exit(1);
	(void)syscall(SYS_execveat, program_fd, "", argv, envp, AT_EMPTY_PATH);
	_exit(1);
}

static bool is_well_formed(const struct unpack_answer *answer)
{
	return answer->version == WIRE_VERSION &&
	       text_is_encoded(answer->why.text, sizeof(answer->why.text)) &&
	       text_is_encoded(answer->image, sizeof(answer->image)) &&
	       answer->configured_size <= sizeof(answer->configured) &&
	       (answer->configured_size == 0 || answer->configured[answer->configured_size - 1] == '\0');
}

/* A large image takes as long as it takes; but only while somebody waits for it. */
static bool await(int answer_fd, int caller_fd)
{
	struct pollfd waited[] = { { answer_fd, POLLIN, 0 }, { caller_fd, POLLIN, 0 } };

	while (poll(waited, 2, -1) < 0)
		if (errno != EINTR)
			return false;
	return waited[0].revents != 0;
}

static int receive(struct sighting *seen, int answer_fd, int caller_fd, struct fail *why)
{
	static struct unpack_answer answer;
	CLOSE_AT_EXIT int mount_fd = FD_NONE;
	size_t fd_count = 0;
	char byte;

	if (wire_receive(answer_fd, &byte, 1, &mount_fd, 1, &fd_count) != 1 || fd_count != 1)
		return fail_set(why, FAIL_TOOL, "cannot make a place to unpack the image in");
	if (!await(answer_fd, caller_fd))
		return fail_set(why, FAIL_TOOL, "interrupted while the image was unpacked");
	if (wire_receive(answer_fd, &answer, sizeof(answer), NULL, 0, &fd_count) != sizeof(answer) ||
	    !is_well_formed(&answer))
		return fail_set(
		    why, FAIL_TOOL,
		    "the process that unpacks the image ended without a word; the archive may be damaged");
	if (answer.why.status != FAIL_NONE)
		return fail_set(why, FAIL_TOOL, "%s", answer.why.text);
	memcpy(seen->image, answer.image, sizeof(seen->image));
	memcpy(seen->configured, answer.configured, answer.configured_size);
	seen->configured_size = answer.configured_size;
	return fd_steal(&mount_fd);
}

static int run(struct sighting *seen, struct unpacker *unpacker, int caller_fd, struct fail *why)
{
	int pid_fd = FD_NONE;
	const struct clone_args arguments = {
		.flags =
		    CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pid_fd,
		.exit_signal = SIGCHLD,
	};
	int mount_fd = -1;
	int pair[2];
	long child;

	if (wire_pair(pair) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make a socket pair");
	unpacker->answer_fd = pair[1];
	child = syscall(SYS_clone3, &arguments, sizeof(arguments));
	if (child == 0)
		become_unpacker(unpacker);
	(void)close(pair[1]);
	if (child < 0) {
		(void)fail_errno(why, FAIL_TOOL, errno, "cannot start debug-unpack");
	} else {
		mount_fd = receive(seen, pair[0], caller_fd, why);
		(void)pidfd_send_signal(pid_fd, SIGKILL, NULL, 0);
		while (waitpid((pid_t)child, NULL, 0) < 0 && errno == EINTR)
			;
		fd_close(&pid_fd);
	}
	(void)close(pair[0]);
	return mount_fd;
}

int unpack(struct sighting *seen, int source_fd, const char *image, int caller_fd, struct fail *why)
{
	CLOSE_AT_EXIT int program_fd = open_program(why);
	CLOSE_AT_EXIT int tmpfs_fd = program_fd < 0 ? FD_NONE : make_tmpfs(why);
	CLOSE_AT_EXIT int clone_fd = tmpfs_fd < 0 ? FD_NONE : clone_source(source_fd, why);
	CLOSE_AT_EXIT int null_fd = clone_fd < 0 ? FD_NONE : open("/dev/null", O_RDWR | O_CLOEXEC);
	struct stat status;
	struct unpacker unpacker;

	if (clone_fd < 0)
		return -1;
	if (null_fd < 0 || fstat(source_fd, &status) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open the archive");
	unpacker = (struct unpacker){
		.tmpfs_fd = tmpfs_fd,
		.source_fd = clone_fd,
		.program_fd = program_fd,
		.null_fd = null_fd,
		.image = image != NULL ? image : "",
		.is_directory = S_ISDIR(status.st_mode),
	};
	return run(seen, &unpacker, caller_fd, why);
}
