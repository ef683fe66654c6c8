/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `debug ls`: everything that can be attached to, as a table or to choose from. */
#ifndef DEBUG_LIST_H
#define DEBUG_LIST_H

#include "caller.h"
#include "fail.h"
#include "policy.h"
#include "request.h"
#include "talk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The helper's side: replies on TALK_FD.  Only what `policy` permits the caller is listed; NULL: root sees
 * all. -1 with *why set. */
int list_serve(const struct request *request, const struct caller *caller, const struct policy *policy,
	       struct fail *why) __attribute__((nonnull(1, 2, 4), warn_unused_result));

/* What /proc says about the process of *entry: its user, age and mounts.  A descriptor of its directory
 * there, the caller's; FD_NONE if it has ended. */
int list_look_at_process(struct list_entry *entry, int host_proc_fd)
    __attribute__((nonnull, warn_unused_result));

/* Whether there is a shell below the roots of processes: for each of proc_fds (FD_NONE: do not look) an enum
 * list_fact. It comes back within a second, whatever filesystems do. */
void list_look_for_shells(uint8_t *shells, const int *proc_fds, size_t count) __attribute__((nonnull));

/* The front's side. */
struct listing {
	struct list_entry *all; /* owned; sorted by runtime and name */
	size_t count, capacity;
};

/* Asks over `talk_fd` for the list, and prints which engines did not answer.  -1 with *why set; the caller
 * frees with listing_free in any case. */
int listing_ask(struct listing *listing, const struct request *request, int talk_fd, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

int listing_add(struct listing *listing, const struct list_entry *seen)
    __attribute__((nonnull, warn_unused_result));
void listing_sort(struct listing *listing) __attribute__((nonnull));
void listing_free(struct listing *listing) __attribute__((nonnull));

enum { LIST_TARGET_MAX = 512, LIST_COLUMNS = 9, LIST_CELL_MAX = 264 };

/* "running", "paused", "stopped" or "image". */
const char *list_state(const struct list_entry *entry) __attribute__((nonnull, returns_nonnull));

/* When there is nothing to list; with one string behind it. */
#define LIST_NONE "no container was found on this host%s"

/* A target that is this container and no other, as in docker://ID; returns `out`. */
const char *list_target(char out[LIST_TARGET_MAX], const struct list_entry *entry)
    __attribute__((nonnull, returns_nonnull));

/* How wide each column of a table is: 0 leaves it out. */
struct list_widths {
	size_t of[LIST_COLUMNS];
	size_t number; /* digits of the numbers before the rows; 0: none */
};

/* Fits the table into `columns` (0: any number), with the state of each if asked or if one does not run, and
 * with the numbers of its rows. */
void list_fit(struct list_widths *widths, const struct listing *listing, size_t columns, bool has_state,
	      bool has_numbers) __attribute__((nonnull));

/* A line of the table without its end, at most as many columns as were given to list_fit; the headings if
 * `entry` is NULL.  Returns `out`. */
enum { LIST_LINE_MAX = 2048 };
const char *list_line(char out[LIST_LINE_MAX], const struct list_widths *widths,
		      const struct list_entry *entry, size_t number, size_t columns)
    __attribute__((nonnull(1, 2), returns_nonnull));

/* Prints it to standard output: as a table, as JSON, or as targets only.  -1 with *why set. */
int list_show(const struct listing *listing, const struct request *request, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Lets the user pick one on the terminal.  Its target in `target`, or "" if the user would rather leave; -1
 * with *why set. */
int list_choose(char target[LIST_TARGET_MAX], const struct listing *listing, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

#endif
