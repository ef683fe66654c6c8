/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session with an image or a stopped container: nothing runs there whose namespaces could be joined, so
 * the session has its own, and of the host's files it sees none.
 *
 *   /                         overlay of the layers; what is written ends with the session
 *   /proc, /sys               of its own namespaces, read-only: its root is root to the kernel
 *   /dev                      as in every session, with a /dev/shm and a /dev/mqueue of its own
 *   /etc/hosts, hostname, resolv.conf    as an engine writes them
 *
 * Should:  be called by the first process of the new pid namespace: only there is a /proc of it to be had.
 * Mustn't: follow a link of the image while anything of the host is still mounted.
 */
#include "joiner.h"

#include "fd.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { COPY_MAX = 64 << 10, HOST_NAME_CAPACITY = 64, HOSTS_CAPACITY = 512 };

/* The host's files that a session in the host's network needs, read before the host is out of sight. */
struct host_files {
	char *hosts;	   /* owned; NULL unless the network is the host's */
	char *resolv_conf; /* the same */
};

static char *read_file(const char *path)
{
	CLOSE_AT_EXIT int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text = calloc(1, COPY_MAX);
	ssize_t size = fd < 0 || text == NULL ? 0 : fd_read_all(fd, text, COPY_MAX - 1);

	if (text != NULL)
		text[size > 0 ? size : 0] = '\0';
	return text;
}

/* "./images.tar:web:1" → "web-1": what stands behind the last slash or colon that leaves something, of the
 * characters that a host's name may have. */
static void host_name(char out[HOST_NAME_CAPACITY], const char *target_name)
{
	const char *slash = strrchr(target_name, '/');
	size_t length = 0;

	for (const char *at = slash != NULL ? slash + 1 : target_name;
	     *at != '\0' && length < HOST_NAME_CAPACITY - 1; at++) {
		if (isalnum((unsigned char)*at) || ((*at == '.' || *at == '_') && length > 0))
			out[length++] = *at;
		else if (length > 0 && out[length - 1] != '-')
			out[length++] = '-';
	}
	while (length > 0 && !isalnum((unsigned char)out[length - 1]))
		length--;
	out[length] = '\0';
	if (length == 0)
		(void)snprintf(out, HOST_NAME_CAPACITY, "debug");
}

static int bring_up_loopback(void)
{
	CLOSE_AT_EXIT int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq interface = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

	return fd < 0 ? -1 : ioctl(fd, SIOCSIFFLAGS, &interface);
}

static int make_namespaces(const struct plan *plan, struct fail *why)
{
	const bool is_host = plan->numbers.is_network_host != 0;
	char name[HOST_NAME_CAPACITY];

	host_name(name, plan->target_name);
	if (unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP |
		    (is_host ? 0 : CLONE_NEWNET)) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make namespaces for the session");
	if (sethostname(name, strlen(name)) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot name the session's host");
	if (!is_host && bring_up_loopback() < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot bring up the session's loopback interface");
	return 0;
}

/* Afterwards no path leads back: the host's mounts are not in this namespace any more. */
static int enter(int root_fd, struct fail *why)
{
	struct mount_attr private = { .propagation = MS_PRIVATE };
	CLOSE_AT_EXIT int on_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (on_fd < 0 ||
	    mount_setattr(on_fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &private, sizeof(private)) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make the session's mounts private");
	if (move_mount(root_fd, "", on_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0 ||
	    fchdir(root_fd) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 ||
	    chdir("/") < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot enter the session's root");
	return 0;
}

/* The directory `name`, whatever the image has in its place: this is a copy of its own. */
static int open_place(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	(void)unlinkat(dir_fd, name, 0);
	if (mkdirat(dir_fd, name, 0755) < 0)
		return -1;
	return openat(dir_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int mount_new(int dir_fd, const char *name, const char *type, const char *mode,
		     unsigned int attributes, struct fail *why)
{
	CLOSE_AT_EXIT int place_fd = open_place(dir_fd, name);
	CLOSE_AT_EXIT int mount_fd = place_fd < 0 ? FD_NONE : filesystem_make(type, mode, attributes);

	if (mount_fd < 0 ||
	    move_mount(mount_fd, "", place_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make a /%s for the session", name);
	return 0;
}

/* A new file in place of whatever is there; an image in which that cannot be has a good reason. */
static void write_file(int etc_fd, const char *name, const char *text)
{
	CLOSE_AT_EXIT int fd = FD_NONE;

	(void)unlinkat(etc_fd, name, 0);
	fd = openat(etc_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return;
	(void)fchmod(fd, 0644);
	(void)!fd_write_all(fd, text, strlen(text));
}

static void write_files(int root_fd, const struct host_files *files)
{
	CLOSE_AT_EXIT int etc_fd = open_place(root_fd, "etc");
	char name[HOST_NAME_CAPACITY + 1] = "";
	char hosts[HOSTS_CAPACITY];

	if (etc_fd < 0 || gethostname(name, HOST_NAME_CAPACITY) < 0)
		return;
	(void)snprintf(hosts, sizeof(hosts), "127.0.0.1\tlocalhost %s\n::1\tlocalhost ip6-localhost\n", name);
	write_file(etc_fd, "hosts", files->hosts != NULL ? files->hosts : hosts);
	write_file(etc_fd, "resolv.conf",
		   files->resolv_conf != NULL ? files->resolv_conf : "# no network: see --network\n");
	name[strlen(name)] = '\n';
	write_file(etc_fd, "hostname", name);
}

static int furnish(const struct joiner_descriptors *fds, const struct host_files *files, struct fail *why)
{
	CLOSE_AT_EXIT int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLOSE_AT_EXIT int dev_fd = root_fd < 0 ? FD_NONE : open_place(root_fd, "dev");

	if (dev_fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make a /dev for the session");
	/* Entries of our /dev from the start, so that nothing of the image takes their place. */
	if (mount_new(root_fd, "proc", "proc", NULL, MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY, why) < 0 ||
	    mount_new(root_fd, "sys", "sysfs", NULL, MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY, why) < 0)
		return -1;
	write_files(root_fd, files);
	if (move_mount(fds->devices, "", dev_fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot mount /dev for the session");
	if (mount_new(fds->devices, "shm", "tmpfs", "1777", MOUNT_ATTR_NOEXEC, why) < 0)
		return -1;
	/* A kernel without message queues has no such filesystem. */
	{
		struct fail ignored = { 0 };

		(void)!mount_new(fds->devices, "mqueue", "mqueue", NULL, MOUNT_ATTR_NOEXEC, &ignored);
	}
	return 0;
}

int own_enter(const struct plan *plan, const struct joiner_descriptors *fds, struct fail *why)
{
	struct host_files files = { NULL, NULL };
	int failed;

	if (plan->numbers.is_network_host) {
		files.hosts = read_file("/etc/hosts");
		files.resolv_conf = read_file("/etc/resolv.conf");
	}
	failed = make_namespaces(plan, why) < 0 || enter(fds->root, why) < 0 || furnish(fds, &files, why) < 0
		     ? -1
		     : 0;
	free(files.hosts);
	free(files.resolv_conf);
	return failed;
}
