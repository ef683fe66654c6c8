/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fingerprint PID: prints everything about a target that a session must not change, one fact per
 * line, so that diff(1) of two fingerprints is the list of changes.
 *
 * It looks from the host's side and touches nothing: directories are opened with O_NOATIME, nothing
 * is executed or attached to inside, and for ipc, uts and network it is this process that joins.
 *
 * Left out because they move in an idle target: counters of time and usage, the position of a
 * process in its scheduler, and statistics of interfaces.
 */
#include "fingerprint.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/magic.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

static void print_link(const char *label, const char *path)
{
	char to[PATH_CAPACITY];
	ssize_t length = readlink(path, to, sizeof(to));

	if (length < 0)
		return;
	(void)printf("%s: ", label);
	print_bytes(to, (size_t)length);
	(void)putchar('\n');
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	long left = strtol((*a)->d_name, NULL, 10);
	long right = strtol((*b)->d_name, NULL, 10);

	return (left > right) - (left < right);
}

static int is_number(const struct dirent *entry)
{
	return entry->d_name[strspn(entry->d_name, "0123456789")] == '\0';
}

/* Processes ----------------------------------------------------------------------------------- */

static void print_descriptors(const char *proc, const char *label)
{
	struct dirent **entries = NULL;
	char path[PATH_CAPACITY];
	char name[PATH_CAPACITY];
	int count;

	(void)snprintf(path, sizeof(path), "%s/fd", proc);
	count = scandir(path, &entries, is_number, by_number);
	for (int i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "%s/fd/%s", proc, entries[i]->d_name);
		(void)snprintf(name, sizeof(name), "%s fd %s", label, entries[i]->d_name);
		print_link(name, path);
		free(entries[i]);
	}
	free(entries);
}

static void print_process(long pid)
{
	static const char *const files[] = { "comm",	      "cmdline",   "environ",  "limits",
					     "cgroup",	      "uid_map",   "gid_map",  "attr/current",
					     "oom_score_adj", "setgroups", "loginuid", "coredump_filter" };
	static const char *const links[] = { "exe",    "cwd",	 "root",   "ns/mnt",  "ns/pid",
					     "ns/net", "ns/ipc", "ns/uts", "ns/user", "ns/cgroup" };
	char proc[64];
	char path[PATH_CAPACITY];
	char label[128];

	(void)snprintf(proc, sizeof(proc), "/proc/%ld", pid);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", proc, files[i]);
		(void)snprintf(label, sizeof(label), "process %ld %s", pid, files[i]);
		print_file(label, path);
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", proc, links[i]);
		(void)snprintf(label, sizeof(label), "process %ld %s", pid, links[i]);
		print_link(label, path);
	}
	(void)snprintf(label, sizeof(label), "process %ld", pid);
	print_descriptors(proc, label);
}

/* All processes that share the target's pid and mount namespaces. */
static void print_processes(const char *proc)
{
	struct stat pids;
	struct stat mounts;
	struct dirent **entries = NULL;
	char path[PATH_CAPACITY];
	int count;

	(void)snprintf(path, sizeof(path), "%s/ns/pid", proc);
	if (stat(path, &pids) < 0)
		err(1, "%s", path);
	(void)snprintf(path, sizeof(path), "%s/ns/mnt", proc);
	if (stat(path, &mounts) < 0)
		err(1, "%s", path);
	count = scandir("/proc", &entries, is_number, by_number);
	for (int i = 0; i < count; i++) {
		struct stat status;

		(void)snprintf(path, sizeof(path), "/proc/%s/ns/pid", entries[i]->d_name);
		if (stat(path, &status) == 0 && status.st_ino == pids.st_ino) {
			(void)snprintf(path, sizeof(path), "/proc/%s/ns/mnt", entries[i]->d_name);
			if (stat(path, &status) == 0 && status.st_ino == mounts.st_ino)
				print_process(strtol(entries[i]->d_name, NULL, 10));
		}
		free(entries[i]);
	}
	free(entries);
}

/* Cgroups: membership, limits and events; not usage ------------------------------------------- */

static void print_cgroup(const char *controllers, const char *path)
{
	static const char *const files[] = {
		"cgroup.procs",
		"cgroup.events",
		"cgroup.subtree_control",
		"cgroup.freeze",
		"memory.max",
		"memory.high",
		"memory.swap.max",
		"memory.events",
		"memory.limit_in_bytes",
		"memory.failcnt",
		"memory.oom_control",
		"pids.max",
		"pids.events",
		"cpu.max",
		"cpu.weight",
		"cpu.shares",
		"cpu.cfs_quota_us",
		"cpuset.cpus",
		"cpuset.mems",
		"devices.list",
		"freezer.state",
		"io.max",
		"io.weight",
		"tasks",
	};
	char full[PATH_CAPACITY];
	char label[PATH_CAPACITY];
	const char *root = controllers[0] == '\0' ? "unified" : controllers;

	if (strncmp(root, "name=", 5) == 0)
		root += 5;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(full, sizeof(full), "/sys/fs/cgroup/%s%s/%s", root, path, files[i]);
		if (access(full, R_OK) < 0)
			(void)snprintf(full, sizeof(full), "/sys/fs/cgroup%s/%s", path, files[i]);
		(void)snprintf(label, sizeof(label), "cgroup %s %s", root, files[i]);
		/* The root group has all of the host's processes in it. */
		if (strcmp(path, "/") != 0)
			print_file(label, full);
	}
}

/* Whether we are in it ourselves: then it is not the target's own, and moves with us. */
static bool is_ours(const char *line)
{
	char own[PATH_CAPACITY];
	FILE *file = fopen("/proc/self/cgroup", "re");
	bool is_found = false;

	while (file != NULL && !is_found && fgets(own, sizeof(own), file) != NULL)
		is_found = strcmp(own, line) == 0;
	if (file != NULL)
		(void)fclose(file);
	return is_found;
}

static void print_cgroups(const char *proc)
{
	char path[PATH_CAPACITY];
	char line[PATH_CAPACITY];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/cgroup", proc);
	file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		char *controllers = strchr(line, ':');
		char *name = controllers != NULL ? strchr(controllers + 1, ':') : NULL;

		if (name == NULL || is_ours(line))
			continue;
		*name = '\0';
		name[1 + strcspn(name + 1, "\n")] = '\0';
		print_cgroup(controllers + 1, name + 1);
	}
	if (file != NULL)
		(void)fclose(file);
}

/* Network, ipc and names: seen by joining, which the target cannot see ------------------------- */

static void print_interfaces(void)
{
	char line[512];
	FILE *file = fopen("/proc/thread-self/net/dev", "re");

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strchr(line, ':') != NULL)
			(void)printf("net interface %.*s\n", (int)strcspn(line, ":"), line);
	if (file != NULL)
		(void)fclose(file);
}

static bool is_same_namespace(const char *proc, const char *name)
{
	char path[128];
	struct stat theirs;
	struct stat ours;

	(void)snprintf(path, sizeof(path), "%s/%s", proc, name);
	if (stat(path, &theirs) < 0)
		err(1, "%s", path);
	(void)snprintf(path, sizeof(path), "/proc/self/%s", name);
	if (stat(path, &ours) < 0)
		err(1, "%s", path);
	return theirs.st_ino == ours.st_ino;
}

static void print_joined(const char *proc, int pid_fd)
{
	static const char *const files[] = { "tcp",	 "tcp6", "udp",	   "udp6",	     "raw",
					     "raw6",	 "unix", "packet", "route",	     "ipv6_route",
					     "if_inet6", "arp",	 "igmp",   "ip_tables_names" };
	static const char *const ipc[] = { "shm", "sem", "msg" };
	struct utsname names;
	bool is_own_network;
	char path[64];
	char label[64];

	/* On the host's own network there is no end of change, and none of it is the target's. */
	is_own_network = !is_same_namespace(proc, "ns/net");
	if (setns(pid_fd, CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		err(1, "setns");
	if (is_own_network)
		print_interfaces();
	for (size_t i = 0; is_own_network && i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(path, sizeof(path), "/proc/thread-self/net/%s", files[i]);
		(void)snprintf(label, sizeof(label), "net %s", files[i]);
		print_file(label, path);
	}
	for (size_t i = 0; i < sizeof(ipc) / sizeof(ipc[0]); i++) {
		(void)snprintf(path, sizeof(path), "/proc/sysvipc/%s", ipc[i]);
		(void)snprintf(label, sizeof(label), "ipc %s", ipc[i]);
		print_file(label, path);
	}
	if (uname(&names) == 0)
		(void)printf("uts %s %s\n", names.nodename, names.domainname);
}

int main(int argc, char *argv[])
{
	char proc[64];
	char path[128];
	int pid_fd;

	if (argc != 2)
		errx(2, "usage: fingerprint PID");
	pid_fd = pidfd_open((pid_t)strtol(argv[1], NULL, 10), 0);
	if (pid_fd < 0)
		err(1, "process %s", argv[1]);
	(void)snprintf(proc, sizeof(proc), "/proc/%s", argv[1]);
	(void)snprintf(path, sizeof(path), "%s/mountinfo", proc);
	print_file("mount", path);
	print_processes(proc);
	(void)snprintf(path, sizeof(path), "%s/root/", proc);
	walk(path);
	walk_layers(proc);
	print_cgroups(proc);
	print_joined(proc, pid_fd);
	return fflush(stdout) == 0 ? 0 : 1;
}
