/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of fingerprint: processes, files, what is seen by joining, and how facts are printed. */
#ifndef DEBUG_TESTS_FINGERPRINT_H
#define DEBUG_TESTS_FINGERPRINT_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>

enum { PATH_CAPACITY = 8192, TEXT_CAPACITY = 1 << 20 };

void print_bytes(const char *bytes, size_t size);

/* The whole file, escaped, line by line behind a label; an unreadable one is a fact too. */
void print_file(const char *label, const char *path);

/* Only the lines of a file that begin with one of the words, up to a NULL. */
void print_lines(const char *label, const char *path, const char *const words[]);

void print_link(const char *label, const char *path);

/* For scandir(3): entries that are a number, in their order. */
int is_number(const struct dirent *entry);
int by_number(const struct dirent **a, const struct dirent **b);

/* Whether two links below /proc name the same namespace; false where one cannot be read. */
bool is_same_namespace(const char *one, const char *other);

/* All of the target's pid namespace, also who came from outside, and who is only waited for. */
void print_processes(const char *proc);

/* Everything below a directory, without touching its times. */
void walk(const char *path);

/* Overlay's directories on the host's side, named in the options of the root's line of mountinfo. */
void walk_layers(const char *proc);

/* Network, ipc and host names.  The calling thread joins the target's namespaces and stays there. */
void print_joined(const char *proc, int pid_fd);

#endif
