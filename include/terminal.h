/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The caller's terminal: raw while a session uses it, certainly restored afterwards. */
#ifndef DEBUG_TERMINAL_H
#define DEBUG_TERMINAL_H

#include <stdbool.h>

/* Puts the terminal on `fd` into raw mode.  From then on a crash of this process restores it too.
 * False with errno set if it cannot. */
bool terminal_make_raw(int fd) __attribute__((warn_unused_result));

/* Restores what terminal_make_raw found, and undoes what a program that was killed may have left
 * behind (alternate screen, hidden cursor, bracketed paste, mouse reports) by writing to `out_fd`.
 * Harmless if nothing is raw. */
void terminal_restore(int out_fd);

/* A new descriptor of the same terminal or pipe with flags of its own, non-blocking; of anything else one that
 * shares them.  -1 with errno set if there is none to be had. */
int terminal_reopen(int fd, int flags) __attribute__((warn_unused_result));

/* Rows and columns of the first of 0, 1 and 2 that is a terminal; 24 by 80 if none is. */
void terminal_size(unsigned short *rows, unsigned short *columns) __attribute__((nonnull));

#endif
