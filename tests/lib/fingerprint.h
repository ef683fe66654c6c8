/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of fingerprint: files, and how facts are printed. */
#ifndef DEBUG_TESTS_FINGERPRINT_H
#define DEBUG_TESTS_FINGERPRINT_H

#include <stddef.h>

enum { PATH_CAPACITY = 8192, TEXT_CAPACITY = 1 << 20 };

void print_bytes(const char *bytes, size_t size);

/* The whole file, escaped, line by line behind a label; an unreadable one is a fact too. */
void print_file(const char *label, const char *path);

/* Everything below a directory, without touching its times. */
void walk(const char *path);

/* Overlay's directories on the host's side, named in the options of the root's line of mountinfo. */
void walk_layers(const char *proc);

#endif
