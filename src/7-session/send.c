/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The front's first message: the request with its descriptors, opened here with the caller's rights.
 *
 * Mustn't: hand the caller's own streams over.  Without a terminal the session gets pipes.
 */
#include "send.h"

#include "fd.h"
#include "talk.h"
#include "text.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILE_SCHEME "file://"

/* The session's pipes: [0] for reading, [1] for writing, as pipe(2). */
struct pipes {
	int in[2], out[2], err[2];
};

/* Under `2>&1` both outputs are one open file, and so they are for the session: one pipe keeps the
 * order of what is written.  kcmp(2) may be missing or refused; then there are two. */
bool send_is_one_output(void)
{
	const pid_t self = getpid();

	return syscall(SYS_kcmp, self, self, KCMP_FILE, STDOUT_FILENO, STDERR_FILENO) == 0;
}

static int make_pipes(struct pipes *pipes)
{
	if (pipe2(pipes->in, O_CLOEXEC) < 0 || pipe2(pipes->out, O_CLOEXEC) < 0)
		return -1;
	if (!send_is_one_output())
		return pipe2(pipes->err, O_CLOEXEC);
	pipes->err[0] = FD_NONE;
	pipes->err[1] = fcntl(pipes->out[1], F_DUPFD_CLOEXEC, 3);
	return pipes->err[1] < 0 ? -1 : 0;
}

int send_request(struct relay *relay, const struct request *request, const struct send_files *files,
		 struct fail *why)
{
	const struct order order = { .version = WIRE_VERSION, .kind = ORDER_REQUEST };
	CLOSE_AT_EXIT int memory_fd = request_seal(request, why);
	struct pipes pipes;
	size_t count = 1;
	int fds[6];
	int failed;

	if (memory_fd < 0)
		return -1;
	if (!request->has_terminal && make_pipes(&pipes) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make pipes for the session");
	fds[0] = memory_fd;
	if (!request->has_terminal) {
		fds[count++] = pipes.in[0];
		fds[count++] = pipes.out[1];
		fds[count++] = pipes.err[1];
	}
	if (files->target_fd != FD_NONE)
		fds[count++] = files->target_fd;
	if (files->receipt_fd != FD_NONE)
		fds[count++] = files->receipt_fd;
	failed = wire_send(relay->talk_fd, &order, sizeof(order), fds, count);
	if (!request->has_terminal) {
		for (int i = 1; i < 4; i++)
			(void)close(fds[i]);
		relay->input_fd = pipes.in[1];
		relay->output_fd[0] = pipes.out[0];
		relay->output_fd[1] = pipes.err[0];
	}
	if (failed < 0)
		return fail_set(why, FAIL_TOOL, "debug-helper ended at once; install debug again");
	return 0;
}

/* With the caller's rights.  "./images.tar:web:1" is the image web:1 of that file, unless there is a file of
 * the whole name.  FD_NONE if the target is no path. */
static int open_target(struct request *request, struct fail *why)
{
	const char *path = request->target;
	char shown[PATH_MAX];
	char *cut;
	int fd;

	if (!request_is_path(path))
		return FD_NONE;
	if (strncmp(path, FILE_SCHEME, strlen(FILE_SCHEME)) == 0)
		path += strlen(FILE_SCHEME);
	cut = strdup(path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	for (char *colon = cut;
	     cut != NULL && fd < 0 && errno == ENOENT && (colon = strchr(colon, ':')) != NULL;) {
		*colon = '\0';
		fd = open(cut, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (fd < 0) {
			*colon++ = ':';
			errno = ENOENT;
			continue;
		}
		/* Both live until the end of the process. */
		request->target = cut;
		request->image = colon + 1;
		return fd;
	}
	free(cut);
	if (fd >= 0)
		return fd;
	(void)fail_errno(why, FAIL_TOOL, errno, "cannot open `%s`",
			 text_encode(shown, sizeof(shown), path, strlen(path)));
	return FD_NONE;
}

/* Not over a file that is there: that could be the last receipt, or the target's. */
static int open_receipt(struct request *request, struct fail *why)
{
	char shown[PATH_MAX];
	int fd;

	if (request->receipt == NULL)
		return FD_NONE;
	fd = open(request->receipt, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	request->has_receipt_file = fd >= 0;
	if (fd < 0)
		(void)fail_errno(
		    why, FAIL_TOOL, errno, "cannot make `%.512s` for the receipt",
		    text_encode(shown, sizeof(shown), request->receipt, strlen(request->receipt)));
	return fd < 0 ? FD_NONE : fd;
}

int send_open(struct send_files *files, struct request *request, struct fail *why)
{
	*files = (struct send_files){ .target_fd = FD_NONE, .receipt_fd = FD_NONE };
	files->target_fd = open_target(request, why);
	if (why->status == FAIL_NONE)
		files->receipt_fd = open_receipt(request, why);
	if (why->status == FAIL_NONE)
		return 0;
	send_close(files);
	return -1;
}

void send_close(struct send_files *files)
{
	fd_close(&files->target_fd);
	fd_close(&files->receipt_fd);
}
