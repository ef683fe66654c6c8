/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fingerprint PID: prints everything about a target that a session must not change, one fact per
 * line, so that diff(1) of two fingerprints is the list of changes.
 *
 * It looks from the host's side and touches nothing: directories are opened with O_NOATIME, nothing
 * is executed or attached to inside, and for ipc, uts and network it is this process that joins.
 *
 * Left out because they move in an idle target: counters of time and usage, the position of a
 * process in its scheduler, data segments, statistics of interfaces, and the age of learnt neighbours.
 */
#include "fingerprint.h"

#include <dirent.h>
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

int by_number(const struct dirent **a, const struct dirent **b)
{
	long left = strtol((*a)->d_name, NULL, 10);
	long right = strtol((*b)->d_name, NULL, 10);

	return (left > right) - (left < right);
}

int is_number(const struct dirent *entry)
{
	return entry->d_name[strspn(entry->d_name, "0123456789")] == '\0';
}

bool is_same_namespace(const char *one, const char *other)
{
	struct stat left;
	struct stat right;

	return stat(one, &left) == 0 && stat(other, &right) == 0 && left.st_ino == right.st_ino;
}

/* Cgroups: membership, limits and events; not usage ------------------------------------------- */

static int is_directory(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && entry->d_name[0] != '.';
}

static void print_subgroups(const char *label, const char *path)
{
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, is_directory, alphasort);

	for (int i = 0; i < count; i++) {
		(void)printf("cgroup %s below: %s\n", label, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

static void print_cgroup(const char *controllers, const char *path)
{
	static const char *const files[] = {
		"cgroup.procs",
		"cgroup.events",
		"cgroup.subtree_control",
		"cgroup.freeze",
		"cgroup.type",
		"cgroup.max.depth",
		"cgroup.max.descendants",
		"memory.max",
		"memory.high",
		"memory.low",
		"memory.oom.group",
		"memory.swap.max",
		"memory.events",
		"memory.limit_in_bytes",
		"memory.soft_limit_in_bytes",
		"memory.failcnt",
		"memory.oom_control",
		"pids.max",
		"pids.events",
		"cpu.max",
		"cpu.weight",
		"cpu.shares",
		"cpu.cfs_quota_us",
		"cpu.cfs_period_us",
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

	/* The root group has all of the host's processes in it. */
	if (strcmp(path, "/") == 0)
		return;
	if (strncmp(root, "name=", 5) == 0)
		root += 5;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(full, sizeof(full), "/sys/fs/cgroup/%s%s/%s", root, path, files[i]);
		if (access(full, R_OK) < 0)
			(void)snprintf(full, sizeof(full), "/sys/fs/cgroup%s/%s", path, files[i]);
		(void)snprintf(label, sizeof(label), "cgroup %s %s", root, files[i]);
		print_file(label, full);
	}
	(void)snprintf(full, sizeof(full), "/sys/fs/cgroup/%s%s", root, path);
	if (access(full, R_OK) < 0)
		(void)snprintf(full, sizeof(full), "/sys/fs/cgroup%s", path);
	print_subgroups(root, full);
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
