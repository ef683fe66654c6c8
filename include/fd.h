/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File descriptors: who closes them, and bounded reads and complete writes on them. */
#ifndef DEBUG_FD_H
#define DEBUG_FD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The empty descriptor.  Never 0: that is somebody's standard input. */
#define FD_NONE (-1)

/* Closes the variable's descriptor when it goes out of scope, unless it was stolen first. */
#define CLOSE_AT_EXIT __attribute__((cleanup(fd_close)))

/* Closes *fd if there is one and leaves FD_NONE; errno is kept. */
void fd_close(int *fd) __attribute__((nonnull));

/* Hands the descriptor over: returns it and leaves FD_NONE behind. */
int fd_steal(int *fd) __attribute__((nonnull, warn_unused_result));

/* Reads until end of file or `capacity` bytes.  Returns the count, or -1 with errno set.  A file
 * longer than `capacity` is cut: callers that care pass one byte more than they accept. */
ssize_t fd_read_all(int fd, void *buffer, size_t capacity) __attribute__((nonnull, warn_unused_result));

/* Writes everything or returns -1 with errno set. */
int fd_write_all(int fd, const void *buffer, size_t size) __attribute__((nonnull, warn_unused_result));

/* Reads the small text file `name` below the directory `dir_fd`, without following a link at its
 * end, and NUL-terminates it.  Returns its length, or -1 with errno set (EFBIG if it does not fit). */
ssize_t fd_read_file_at(int dir_fd, const char *name, char *buffer, size_t capacity)
    __attribute__((nonnull, warn_unused_result));

/* Writes `text` to the existing file `name` below `dir_fd`; -1 with errno set on failure. */
int fd_write_file_at(int dir_fd, const char *name, const char *text)
    __attribute__((nonnull, warn_unused_result));

/* openat2(2), Linux 5.6, which glibc does not wrap: `flags` as openat's, `resolve` of RESOLVE_*.  A new
 * descriptor, or -1 with errno set. */
int fd_open_how(int dir_fd, const char *path, uint64_t flags, uint64_t resolve)
    __attribute__((nonnull, warn_unused_result));

/* The directory that this process's program lies in, as the kernel tells (proc_pid_exe(5)), O_PATH; the
 * caller's, or -1 with errno set. */
int fd_open_own_directory(void) __attribute__((warn_unused_result));

/* Leaves this process with exactly these: kept[i] becomes descriptor i, close-on-exec from 3 on, or closed if
 * it is FD_NONE; at most FD_KEEP_MAX.  -1 with errno set on failure: then anything may be open. */
enum { FD_KEEP_MAX = 16 };
int fd_keep(const int *kept, size_t count) __attribute__((nonnull, warn_unused_result));

/* Makes 0, 1 and 2 refer to /dev/null if `all`, else only those that are closed, so that no file
 * opened later can become a standard stream.  -1 with errno set on failure. */
int fd_repair_standard(int all) __attribute__((warn_unused_result));

#endif
