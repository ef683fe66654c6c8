/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What runtimes leave on disk about their containers, gathered as bytes: it needs no daemon to answer, and
 * works when they hang or are gone.  The helper gathers (it may open the files) and understands nothing but
 * names of directories and numbers; the resolver process understands (claims.h) and may open nothing. */
#ifndef DEBUG_EVIDENCE_H
#define DEBUG_EVIDENCE_H

#include "fail.h"
#include "query.h"
#include "sighting.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum evidence_kind {
	EVIDENCE_BUNDLE,	/* config.json of an OCI bundle, whose annotations may have names */
	EVIDENCE_DOCKER_BUNDLE, /* the same of one of Docker's: it tells where Docker keeps its containers */
	EVIDENCE_DOCKER,	/* config.v2.json of Docker */
	EVIDENCE_STORAGE,	/* containers.json of containers/storage: Podman's and CRI-O's */
	EVIDENCE_CONMON,	/* arguments of the monitor of one of their containers */
	EVIDENCE_STORAGE_IMAGE, /* images.json of containers/storage */
	EVIDENCE_IMAGE_CONFIG,	/* configuration of an OCI image */
	EVIDENCE_NAMESPACE,	/* the id is the name, and there is nothing to read: LXC */
	EVIDENCE_MACHINE,	/* the file of systemd-machined */
	EVIDENCE_NSPAWN,	/* arguments of systemd-nspawn */
	EVIDENCE_ROOT,		/* the place is the root directory of what does not run */
};

struct evidence {
	uint8_t kind;
	uint8_t runtime; /* enum target_runtime, as far as the place tells */
	uint32_t owner;	 /* uid whose directory it lies in */
	pid_t pid;	 /* from a pid file; 0 if there is none */
	char scope[96];
	char id[128];
	char place[256]; /* directory that paths in the bytes are below, or "" */
	char *bytes;	 /* owned; foreign */
	size_t size;
};

struct evidence_list {
	struct evidence *all; /* owned */
	size_t count, capacity;
	size_t size;			/* of all bytes */
	size_t users_count, users_size; /* of those that are not root's */
	bool is_truncated;		/* there was more than fits */
};

/* Everything that can concern the query, of all runtimes it names but Docker, which is asked itself; if
 * `is_thorough` also where a look costs something for each container or process of the host.  What cannot be
 * read is left out.  -1 with *why set only if memory runs out. */
int evidence_gather(struct evidence_list *list, const struct query *query, int host_proc_fd, bool is_thorough,
		    struct fail *why) __attribute__((nonnull, warn_unused_result));

/* What is kept about the one container or image of containers/storage that *seen is about: its bundle's or
 * its image's configuration, as EVIDENCE_BUNDLE or EVIDENCE_IMAGE_CONFIG. */
int evidence_gather_details(struct evidence_list *list, const struct sighting *seen, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* The bundle that the one running container *seen was made from, as EVIDENCE_BUNDLE; nothing if it is not
 * known. */
int evidence_gather_bundle(struct evidence_list *list, const struct sighting *seen, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Turns the layer that *seen has, a directory of an overlay driver, into it and all below it.  False if they
 * are not as they should be; *seen is then without layers. */
bool evidence_expand_layers(struct sighting *seen) __attribute__((nonnull, warn_unused_result));

/* The process of a container of containers/storage, whose list does not say; 0 if it has none. */
pid_t evidence_pid_of_storage(const char *id, uid_t owner) __attribute__((nonnull, warn_unused_result));

/* Docker's, for when it does not answer: first a bundle of each daemon, the system's and users', to learn
 * where it keeps its containers; then that directory.  One of a user's is read by a child process with that
 * user's rights, for half a second at most: it lies in a home, which may lead anywhere and hang. */
int evidence_gather_docker_bundles(struct evidence_list *list, const struct query *query, struct fail *why)
    __attribute__((nonnull, warn_unused_result));
int evidence_gather_docker(struct evidence_list *list, const struct query *query, const char *containers_dir,
			   uid_t owner, struct fail *why) __attribute__((nonnull, warn_unused_result));

/* The lists of images of containers/storage. */
int evidence_gather_images(struct evidence_list *list, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

void evidence_free(struct evidence_list *list) __attribute__((nonnull));

/* For the gatherers of the single runtimes.  ---------------------------------------------------- */

enum { EVIDENCE_PATH_MAX = 256, EVIDENCE_FILE_MAX = 8 << 20 };

/* Opens a directory of the host that may be absent; FD_NONE then.  `owner` is whose it must be, and nobody
 * else but root may write to it. */
int evidence_open_directory(const char *path, uid_t owner) __attribute__((nonnull, warn_unused_result));

/* A directory below another, no link and on the same filesystem; FD_NONE if it is not there. */
int evidence_open_below(int dir_fd, const char *name) __attribute__((nonnull, warn_unused_result));

/* Adds a copy of *item with the contents of the regular file `name` below dir_fd as its bytes; with `query`
 * only if they could be about what it names.  0 also if there is no such file; -1 with *why set if memory
 * runs out. */
int evidence_add_file(struct evidence_list *list, const struct evidence *item, int dir_fd, const char *name,
		      const struct query *query, struct fail *why)
    __attribute__((nonnull(1, 2, 4, 6), warn_unused_result));

/* Adds *item with `bytes`, which were made by malloc and are taken over, also on failure. */
int evidence_adopt(struct evidence_list *list, const struct evidence *item, char *bytes, size_t size,
		   struct fail *why) __attribute__((nonnull, warn_unused_result));

/* The same with bytes at hand, which are copied. */
int evidence_add(struct evidence_list *list, const struct evidence *item, const char *bytes, size_t size,
		 struct fail *why) __attribute__((nonnull(1, 2, 5), warn_unused_result));

/* The number in a pid file below dir_fd, or 0. */
pid_t evidence_read_pid(int dir_fd, const char *name) __attribute__((nonnull, warn_unused_result));

/* Told of an entry of a directory; a negative return ends the walk. */
typedef int (*evidence_visit)(void *context, int dir_fd, const char *name);

/* Tells of every entry but dot files of a directory that was opened as above, or O_PATH; FD_NONE has none.
 * What the visitor returned, if that is negative, else 0. */
int evidence_each(int dir_fd, evidence_visit visit, void *context)
    __attribute__((nonnull, warn_unused_result));

/* The same with /run/user: `visit` gets the directory of each user that is that user's own, and the uid. */
typedef int (*evidence_visit_user)(void *context, int user_fd, uint32_t owner);
int evidence_each_user(evidence_visit_user visit, void *context) __attribute__((nonnull, warn_unused_result));

/* Names *item; false if the name is longer than any that a runtime gives. */
bool evidence_set_id(struct evidence *item, const char *id) __attribute__((nonnull, warn_unused_result));

int evidence_gather_bundles(struct evidence_list *list, const struct query *query, struct fail *why)
    __attribute__((nonnull, warn_unused_result));
int evidence_gather_storage(struct evidence_list *list, const struct query *query, int host_proc_fd,
			    struct fail *why) __attribute__((nonnull, warn_unused_result));
int evidence_gather_machines(struct evidence_list *list, const struct query *query, int host_proc_fd,
			     bool is_thorough, struct fail *why) __attribute__((nonnull, warn_unused_result));
int evidence_gather_processes(struct evidence_list *list, const struct query *query, int host_proc_fd,
			      struct fail *why) __attribute__((nonnull, warn_unused_result));

/* Among the numbers in a file of the kernel's (cgroup.procs, or a task's children) the process that is the
 * first of a pid namespace just below ours, and its parent; 0 if there is none. */
pid_t evidence_find_init(int host_proc_fd, int dir_fd, const char *name, pid_t *parent)
    __attribute__((nonnull, warn_unused_result));

/* The arguments of a process as bytes; 0 if it is gone or not the owner's. */
size_t evidence_read_arguments(int host_proc_fd, pid_t pid, uid_t owner, char *arguments, size_t capacity)
    __attribute__((nonnull, warn_unused_result));

#endif
