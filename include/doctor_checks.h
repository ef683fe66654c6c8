/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The helper's side of `debug doctor`: what it checks and with what. */
#ifndef DEBUG_DOCTOR_CHECKS_H
#define DEBUG_DOCTOR_CHECKS_H

#include "mountinfo.h"
#include "proc.h"
#include "request.h"
#include "talk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum doctor_flag {
	DOCTOR_NEEDED = 1, /* see struct doctor_check */
	DOCTOR_FOLDED = 2,
};

/* Sends one result to `debug`. */
void doctor_say(enum doctor_group group, const char *name, enum doctor_state state, int flags,
		const char *format, ...) __attribute__((format(printf, 5, 6), nonnull));

/* The groups.  `is_root`: with all rights that a session would have. */
void check_kernel(bool is_root);
void check_cgroup(int host_proc_fd, bool is_root);
void check_security(void);
void check_rights(void);
void check_toolbox(bool is_root);
void check_engines(const char *docker_socket);
void check_target(const struct request *request, int host_proc_fd) __attribute__((nonnull));

/* The line of a file of /proc or /sys, without its newline and encoded; false if there is none. */
bool check_read_line(const char *path, char *line, size_t capacity) __attribute__((nonnull));

/* Runs `attempt` in a child, so that all it made ends with it; 0, or the errno value that it returned.
 * ETIMEDOUT if it took longer: then it is killed, or left behind if the kernel does not let it die. */
int probe_run(int (*attempt)(void *context), void *context, int deadline_ms)
    __attribute__((nonnull(1), warn_unused_result));

/* Attempts for probe_run; only the last two need a context, a pointer to a descriptor. */
int probe_mount_api(void *unused);
int probe_mount_setattr(void *unused);
int probe_move_mount(void *unused);
int probe_setns(void *unused);
int probe_seccomp(void *unused);
int probe_user_namespace(void *unused);
int probe_overlay(void *unused);
int probe_overlay_layers(void *unused);
int probe_erofs(void *image_fd);	 /* ENOTBLK: not from a file, but from a loop device */
int probe_cgroup_birth(void *cgroup_fd); /* clone3(2) into it */

/* The fields of /proc/PID/status that matter here. */
struct status_facts {
	uint64_t bounding, effective;
	int seccomp; /* 0 none, 1 strict, 2 filter; -1 if this kernel has none */
	int no_new_privs;
	char state;
};

/* False if it is not such a text. */
bool status_parse(struct status_facts *facts, const char *text) __attribute__((nonnull, warn_unused_result));

/* The word in brackets of "[none] integrity confidentiality", or the whole. */
const char *status_pick_chosen(const char *line, char *out, size_t capacity) __attribute__((nonnull));

/* The machine's name of an ELF header's e_machine, as uname(2) says it; or NULL. */
const char *status_machine_name(uint16_t machine);

#endif
