/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Docker keeps of each container, stopped ones too: DIRECTORY/ID/config.v2.json.
 *
 * The system's is read here.  A user's lies in a home directory, which may be a link to anywhere or on a
 * server that hangs; so a child process that has become that user reads it, and hands over the bytes:
 *
 *   helper (root)                      child (the user, nothing more)
 *   pipe, fork ─────────────────────►  give up every right, open the directory
 *   ◄───────────────────────────────   struct record, then its bytes; for each file
 *   at the end of the pipe or when time is up: kill it
 *
 * Should:  take from the child what that user could have written anyway, and no more than was asked for.
 * Mustn't: wait for a child that may be stuck in the kernel.
 */
#include "evidence.h"

#include "clock.h"
#include "demote.h"
#include "fd.h"

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEADLINE_MS = 500, PAUSE_MS = 1, REAP_ROUNDS = 20 };

struct search {
	struct evidence_list *list;
	const struct query *query;
	struct evidence item;
	struct fail *why;
	int pipe_fd; /* where a child writes what it finds, or FD_NONE */
};

/* One file of a child's, `size` bytes of which follow. */
struct record {
	char id[sizeof(((struct evidence *)NULL)->id)];
	uint32_t size;
};

static int send_all(int pipe_fd, struct evidence_list *list)
{
	int failed = 0;

	for (size_t i = 0; i < list->count && failed == 0; i++) {
		struct record record = { .size = (uint32_t)list->all[i].size };

		(void)strlcpy(record.id, list->all[i].id, sizeof(record.id));
		if (fd_write_all(pipe_fd, &record, sizeof(record)) < 0 ||
		    fd_write_all(pipe_fd, list->all[i].bytes, list->all[i].size) < 0)
			failed = -1;
	}
	evidence_free(list);
	return failed;
}

static int add_container(void *context, int containers_fd, const char *id)
{
	struct search *search = context;
	CLOSE_AT_EXIT int container_fd = evidence_open_below(containers_fd, id);

	if (container_fd < 0 || !evidence_set_id(&search->item, id))
		return 0;
	if (evidence_add_file(search->list, &search->item, container_fd, "config.v2.json",
			      query_may_mean_id(search->query, id) ? NULL : search->query, search->why) < 0)
		return -1;
	return search->pipe_fd < 0 ? 0 : send_all(search->pipe_fd, search->list);
}

__attribute__((noreturn)) static void read_as_user(const struct search *asked, int pipe_fd, pid_t parent)
{
	struct evidence_list found = { 0 };
	struct search search = *asked;
	int containers_fd;

	/* Of what the helper holds, only the pipe: `debug` shall see its end even if this process stays. */
	if (dup2(pipe_fd, STDIN_FILENO) < 0 || close_range(STDIN_FILENO + 1, ~0U, 0) < 0 ||
	    !demote((uid_t)asked->item.owner, parent))
		_exit(1);
	search.list = &found;
	search.pipe_fd = STDIN_FILENO;
	containers_fd = evidence_open_directory(asked->item.place, (uid_t)asked->item.owner);
	_exit(evidence_each(containers_fd, add_container, &search) < 0);
}

static bool read_exactly(int fd, void *buffer, size_t size, int64_t deadline_ms)
{
	char *at = buffer;

	while (size > 0) {
		ssize_t got;

		if (!clock_wait(fd, POLLIN, deadline_ms))
			return false;
		got = read(fd, at, size);
		if (got <= 0 && !(got < 0 && errno == EINTR))
			return false;
		if (got > 0) {
			at += got;
			size -= (size_t)got;
		}
	}
	return true;
}

/* False at the end, or if what comes is nothing that a child of ours sends. */
static bool receive(struct search *search, int pipe_fd, int64_t deadline_ms, int *failed)
{
	struct record record;
	char *bytes;

	if (!read_exactly(pipe_fd, &record, sizeof(record), deadline_ms) || record.size > EVIDENCE_FILE_MAX ||
	    memchr(record.id, '\0', sizeof(record.id)) == NULL || strchr(record.id, '/') != NULL ||
	    !evidence_set_id(&search->item, record.id))
		return false;
	bytes = malloc((size_t)record.size + 1);
	if (bytes == NULL || !read_exactly(pipe_fd, bytes, record.size, deadline_ms)) {
		free(bytes);
		return false;
	}
	bytes[record.size] = '\0';
	*failed = evidence_adopt(search->list, &search->item, bytes, record.size, search->why);
	return *failed == 0 && !search->list->is_truncated;
}

static void end(pid_t child)
{
	(void)kill(child, SIGKILL);
	for (int i = 0; i < REAP_ROUNDS && waitpid(child, NULL, WNOHANG) == 0; i++)
		(void)poll(NULL, 0, PAUSE_MS);
}

static int gather_of_user(struct search *search)
{
	const int64_t deadline_ms = clock_now_ms() + DEADLINE_MS;
	const pid_t parent = getpid();
	int ends[2], failed = 0;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return 0;
	child = fork();
	if (child == 0)
		read_as_user(search, ends[1], parent);
	(void)close(ends[1]);
	while (child > 0 && receive(search, ends[0], deadline_ms, &failed))
		;
	(void)close(ends[0]);
	if (child > 0)
		end(child);
	return failed;
}

int evidence_gather_docker(struct evidence_list *list, const struct query *query, const char *containers_dir,
			   uid_t owner, struct fail *why)
{
	CLOSE_AT_EXIT int containers_fd = owner == 0 ? evidence_open_directory(containers_dir, 0) : FD_NONE;
	struct search search = {
		.list = list,
		.query = query,
		.why = why,
		.pipe_fd = FD_NONE,
		.item = { .kind = EVIDENCE_DOCKER, .runtime = TARGET_DOCKER, .owner = owner },
	};

	if (strlcpy(search.item.place, containers_dir, sizeof(search.item.place)) >=
	    sizeof(search.item.place))
		return 0;
	return owner == 0 ? evidence_each(containers_fd, add_container, &search) : gather_of_user(&search);
}
