/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes of a target: who is in its pid namespace, and all of each that does not move by itself.
 *
 * A session's process has a mount namespace of its own and only the pid namespace in common with the
 * target; one that was left to the target's first process and died has no namespace at all any more, only
 * a parent.  Both are what a session may leave, so both are looked for.  Where the pid namespace is
 * the host's, everything is in it, and only who shares the target's mounts is of the target.
 */
#include "fingerprint.h"

#include <err.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Deeper than the kernel nests pid namespaces (MAX_PID_NS_LEVEL). */
enum { NAMESPACES_DEEP = 33, NAME_CAPACITY = 32, LABEL_CAPACITY = 128 };

struct spaces {
	ino_t pids;
	ino_t mounts; /* 0: whoever is in the pid namespace counts */
};

struct state {
	char letter;
	long parent;
	long nice;
	long long started;
};

static ino_t inode_of(const char *proc, const char *name)
{
	char path[PATH_CAPACITY];
	struct stat status;

	(void)snprintf(path, sizeof(path), "%s/%s", proc, name);
	return stat(path, &status) == 0 ? status.st_ino : 0;
}

/* The fields of /proc/PID/stat behind the name, which may itself hold anything. */
static bool read_state(const char *proc, struct state *state)
{
	enum { PARENT_FIELD = 1, NICE_FIELD = 16, START_FIELD = 19 };
	char path[PATH_CAPACITY];
	char text[2048];
	FILE *file;
	char *rest;
	char *word;
	size_t size;

	(void)snprintf(path, sizeof(path), "%s/stat", proc);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = '\0';
	(void)fclose(file);
	rest = strrchr(text, ')');
	if (rest == NULL || strlen(rest) < 3)
		return false;
	rest += 2;
	state->letter = rest[0];
	for (int field = 0; (word = strsep(&rest, " ")) != NULL && field <= START_FIELD; field++) {
		if (field == PARENT_FIELD)
			state->parent = strtol(word, NULL, 10);
		if (field == NICE_FIELD)
			state->nice = strtol(word, NULL, 10);
		if (field == START_FIELD)
			state->started = strtoll(word, NULL, 10);
	}
	return true;
}

/* Whether a process is in the namespace, or in one that was made inside it. */
static bool is_below(const char *proc, ino_t pids)
{
	char path[PATH_CAPACITY];
	struct stat status;
	bool is_found = false;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/ns/pid", proc);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	for (int depth = 0; fd >= 0 && depth < NAMESPACES_DEEP && !is_found; depth++) {
		int parent_fd;

		is_found = fstat(fd, &status) == 0 && status.st_ino == pids;
		parent_fd = is_found ? -1 : ioctl(fd, NS_GET_PARENT);
		(void)close(fd);
		fd = parent_fd;
	}
	if (fd >= 0)
		(void)close(fd);
	return is_found;
}

static bool is_of_target(const char *proc, const struct spaces *spaces)
{
	if (spaces->mounts != 0)
		return inode_of(proc, "ns/pid") == spaces->pids && inode_of(proc, "ns/mnt") == spaces->mounts;
	return is_below(proc, spaces->pids);
}

/* The dead have no namespaces; they are where who must wait for them is. */
static bool is_member(const char *proc, const struct state *state, const struct spaces *spaces)
{
	char parent[NAME_CAPACITY];

	if (state->letter != 'Z' && state->letter != 'X')
		return is_of_target(proc, spaces);
	(void)snprintf(parent, sizeof(parent), "/proc/%ld", state->parent);
	return is_of_target(parent, spaces);
}

static void print_descriptors(const char *proc, const char *label)
{
	static const char *const words[] = { "pos:", "flags:", "mnt_id:", NULL };
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
		(void)snprintf(path, sizeof(path), "%s/fdinfo/%s", proc, entries[i]->d_name);
		print_lines(name, path, words);
		free(entries[i]);
	}
	free(entries);
}

/* What is mapped to be executed: where foreign code would show.  Data grows and shrinks by itself. */
static void print_code(const char *proc, const char *label)
{
	char path[PATH_CAPACITY];
	char line[PATH_CAPACITY];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/maps", proc);
	file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		const char *access = strchr(line, ' ');

		if (access != NULL && strlen(access) > 4 && access[3] == 'x') {
			(void)printf("%s code: ", label);
			print_bytes(line, strcspn(line, "\n"));
			(void)putchar('\n');
		}
	}
	if (file != NULL)
		(void)fclose(file);
}

static void print_process(const char *proc, const struct state *state)
{
	static const char *const files[] = { "comm",	      "cmdline",   "environ",	   "limits",
					     "cgroup",	      "uid_map",   "gid_map",	   "attr/current",
					     "oom_score_adj", "setgroups", "loginuid",	   "coredump_filter",
					     "personality",   "sessionid", "timerslack_ns" };
	static const char *const links[] = { "exe",    "cwd",	 "root",   "ns/mnt",  "ns/pid",
					     "ns/net", "ns/ipc", "ns/uts", "ns/user", "ns/cgroup" };
	static const char *const words[] = { "Umask:",
					     "Tgid:",
					     "NStgid:",
					     "TracerPid:",
					     "Uid:",
					     "Gid:",
					     "Groups:",
					     "SigIgn:",
					     "SigCgt:",
					     "Cap",
					     "NoNewPrivs",
					     "Seccomp",
					     "Cpus_allowed_list:",
					     "Mems_allowed_list:",
					     NULL };
	char path[PATH_CAPACITY];
	char name[NAME_CAPACITY + 2];
	char label[LABEL_CAPACITY];

	(void)snprintf(name, sizeof(name), "process %s", proc + strlen("/proc/"));
	/* Running or asleep is the same to us; stopped, traced and dead are not. */
	(void)printf("%s: parent %ld nice %ld started %lld state %c\n", name, state->parent, state->nice,
		     state->started, strchr("TtZX", state->letter) != NULL ? state->letter : '-');
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", proc, files[i]);
		(void)snprintf(label, sizeof(label), "%s %s", name, files[i]);
		print_file(label, path);
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", proc, links[i]);
		(void)snprintf(label, sizeof(label), "%s %s", name, links[i]);
		print_link(label, path);
	}
	(void)snprintf(path, sizeof(path), "%s/status", proc);
	print_lines(name, path, words);
	print_descriptors(proc, name);
	print_code(proc, name);
}

void print_processes(const char *proc)
{
	struct spaces spaces = { .pids = inode_of(proc, "ns/pid"), .mounts = inode_of(proc, "ns/mnt") };
	struct dirent **entries = NULL;
	int count;

	if (spaces.pids == 0 || spaces.mounts == 0)
		err(1, "%s/ns", proc);
	if (spaces.pids != inode_of("/proc/self", "ns/pid"))
		spaces.mounts = 0;
	count = scandir("/proc", &entries, is_number, by_number);
	for (int i = 0; i < count; i++) {
		struct state state = { 0 };
		char member[NAME_CAPACITY];

		(void)snprintf(member, sizeof(member), "/proc/%ld", strtol(entries[i]->d_name, NULL, 10));
		if (read_state(member, &state) && is_member(member, &state, &spaces))
			print_process(member, &state);
		free(entries[i]);
	}
	free(entries);
}
