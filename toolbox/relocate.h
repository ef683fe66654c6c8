/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moves unpacked Debian packages from /usr, /etc and /lib to the prefix /dev.
 * See relocate.c for the method.
 */
#ifndef TOOLBOX_RELOCATE_H
#define TOOLBOX_RELOCATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The new prefix has the length of "/usr" and "/etc", and so nothing moves. */
#define PREFIX "/dev"
#define PREFIX_LENGTH (sizeof(PREFIX) - 1)

enum rule {
	RULE_NONE,
	RULE_DATA,	    /* /usr/share/x /usr/lib/x /usr/libexec/x */
	RULE_CONFIGURATION, /* /etc/x, for the names of a table */
	RULE_PROGRAM,	    /* /usr/bin/x, if the toolbox has bin/x */
	RULE_SHELL,	    /* /bin/sh */
	RULE_SCRIPT,	    /* /bin/x in a script: the only rule that inserts */
	RULE_INTERPRETER,   /* the dynamic loader that an executable asks for */
	RULE_LOADER,	    /* the dynamic loader itself */
	RULE_LINK,	    /* symbolic links */
	RULE_VARIABLE,	    /* a variable of Python that is the target's */
	RULE_COUNT
};

/* A tree being relocated. */
struct toolbox {
	int tree_fd;	  /* the tree: hoisted, so that bin/ls is at its top */
	int base_fd;	  /* a finished toolbox below it whose programs count too, or -1 */
	const char *path; /* of the file at hand, for messages */
	unsigned long tally[RULE_COUNT];
};

/* -- relocate_rules.c: which paths move; knows nothing of files -- */

/* The rule by which the path that starts at text[at] moves, or RULE_NONE.  Any other but RULE_SCRIPT
 * means that the four bytes at text[at] become PREFIX. */
enum rule rule_of_path(const struct toolbox *toolbox, const char *text, size_t length, size_t at)
    __attribute__((nonnull, warn_unused_result));

/* The same for a path of which only the first eight bytes are at hand, an operand of an instruction;
 * `rest` is the code that follows it. */
enum rule rule_of_immediate(const char *operand, const char *rest, size_t rest_length)
    __attribute__((nonnull, warn_unused_result));

/* Rewrites each path in a block of data.  Returns how many. */
unsigned long rules_apply(struct toolbox *toolbox, char *text, size_t length) __attribute__((nonnull));

/* Whether the tree or its base has this program. */
bool toolbox_has_program(const struct toolbox *toolbox, const char *name, size_t length)
    __attribute__((nonnull, warn_unused_result));

/* One line for each rule. */
void rules_report(const struct toolbox *toolbox) __attribute__((nonnull));

/* -- one function for each kind of file; 0, or -1 after a message on standard error -- */

/* relocate_elf.c: `image` is the whole file, and is changed in place. */
int relocate_elf(struct toolbox *toolbox, char *image, size_t size)
    __attribute__((nonnull, warn_unused_result));
bool is_elf(const char *image, size_t size) __attribute__((nonnull, warn_unused_result));

/* relocate_loader.c: what only the dynamic loader needs, before all else. */
int relocate_loader(struct toolbox *toolbox, char *image, size_t size, unsigned int machine)
    __attribute__((nonnull, warn_unused_result));

/* relocate_python.c: of an interpreter or its library; changed in place. */
void relocate_python(struct toolbox *toolbox, char *image, size_t size) __attribute__((nonnull));
bool is_python(const char *path) __attribute__((nonnull, warn_unused_result));

/* relocate_text.c: `fd` is the file; its content may grow. */
int relocate_text(struct toolbox *toolbox, int fd, const char *text, size_t size)
    __attribute__((nonnull, warn_unused_result));
bool is_text(const char *text, size_t size) __attribute__((nonnull, warn_unused_result));

/* relocate_link.c: `path` is relative to the tree. */
int relocate_link(struct toolbox *toolbox, const char *path) __attribute__((nonnull, warn_unused_result));

#endif
