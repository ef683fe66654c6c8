/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adds Debian packages to a user's toolbox, on the host's side and outside every target. */
#ifndef DEBUG_INSTALLER_H
#define DEBUG_INSTALLER_H

#include "fail.h"
#include "packages.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* All pointers and descriptors are lent. */
struct installer_order {
	enum packages_verb verb;
	const char *const *words; /* names of packages */
	size_t word_count;
	const int *file_fds; /* packages as files, in addition; for PACKAGES_BUILD the image and its digest,
			      * to write; only from the user on the host */
	size_t file_count;
	const char *mirror; /* archive to use instead of the configured one: a URI or a directory; or NULL */
	int output_fd, error_fd;
	unsigned int columns;
	uid_t uid; /* whose toolbox */
};

struct installer {
	pid_t pid;
	int pid_fd; /* owned */
};

/* Whether `word` can be the name of a package, with a version if it has one, and nothing else. */
bool installer_accepts(const char *word) __attribute__((nonnull, warn_unused_result));

/* Starts it; -1 with *why set.  It ends by itself, and its exit status tells. */
int installer_start(struct installer *installer, const struct installer_order *order, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Ends it, if it has not ended, and gives its exit status. */
int installer_end(struct installer *installer) __attribute__((nonnull));

#endif
