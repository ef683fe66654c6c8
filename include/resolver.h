/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a name to what is known about the one container or image it names, whoever runs it. */
#ifndef DEBUG_RESOLVER_H
#define DEBUG_RESOLVER_H

#include "fail.h"
#include "inquiry.h"
#include "query.h"
#include "sighting.h"

#include <stdbool.h>

/* Where to look, besides the places that are always looked at. */
struct resolver {
	int host_proc_fd;	   /* the caller's */
	const char *docker_socket; /* instead of the usual ones, or NULL */
	bool is_running_only;	   /* what does not run is not looked for, nor is its absence explained */
};

/* Finds the one that fits the query: asks the engines, reads what runtimes keep on disk, and waits for none
 * of them longer than a second.  1 with *why set if there is none: the sentence names close matches.  -1 with
 * *why set on failure, or if several fit: the sentence lists them. */
int resolver_find(struct sighting *seen, const struct resolver *resolver, const struct query *query,
		  struct fail *why) __attribute__((nonnull, warn_unused_result));

/* Every container there is, from what is on disk.  The caller frees with findings_free. */
int resolver_list(struct findings *findings, const struct resolver *resolver, const struct query *query,
		  struct fail *why) __attribute__((nonnull, warn_unused_result));

#endif
