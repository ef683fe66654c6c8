/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `debug toolbox`, the front's side: opens the files that it was given with the caller's rights, and
 * sends them with the request.  Ctrl-C ends this process, and with it the helper's work.
 */
#include "toolbox_command.h"

#include "fd.h"
#include "result.h"
#include "terminal.h"
#include "text.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIXED_FDS = 3, IMAGE_FILES = 2, WORD_SHOWN = 200 };

struct sent {
	int fds[WIRE_FDS_MAX]; /* request, standard output and error, files; the files are owned */
	size_t count;
};

static bool is_package_file(const char *word)
{
	const size_t length = strlen(word);

	return length > 4 && strcmp(word + length - 4, ".deb") == 0;
}

static int add_file(struct sent *sent, const char *path, int flags, struct fail *why)
{
	char shown[WORD_SHOWN];
	int fd;

	if (sent->count == WIRE_FDS_MAX)
		return fail_set(why, FAIL_TOOL, "these are too many files for one time; give %d at most",
				WIRE_FDS_MAX - FIXED_FDS);
	fd = open(path, flags | O_CLOEXEC, 0644);
	if (fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open `%s`",
				  text_encode(shown, sizeof(shown), path, strlen(path)));
	sent->fds[sent->count++] = fd;
	return 0;
}

/* Words that are files become descriptors. */
static int take_package_files(struct sent *sent, struct request *request, struct fail *why)
{
	size_t kept = 0;

	for (size_t i = 0; i < request->command_count; i++) {
		const char *word = request->command[i];

		if (request->verb != TOOLBOX_INSTALL || !is_package_file(word))
			request->command[kept++] = word;
		else if (add_file(sent, word, O_RDONLY, why) < 0)
			return -1;
	}
	request->command_count = kept;
	return 0;
}

/* The image and its digest appear whole or not at all: they are written beside their names first. */
static const char *const image_ends[] = { "", ".sha256" };

static int image_paths(char part[PATH_MAX], char whole[PATH_MAX], const char *output, size_t which)
{
	const int size = snprintf(whole, PATH_MAX, "%s%s", output, image_ends[which]);
	const int part_size = snprintf(part, PATH_MAX, "%s%s.part", output, image_ends[which]);

	return size > 0 && size < PATH_MAX && part_size < PATH_MAX ? 0 : -1;
}

static int make_image_files(struct sent *sent, const struct request *request, struct fail *why)
{
	char part[PATH_MAX];
	char whole[PATH_MAX];

	for (size_t i = 0; i < IMAGE_FILES; i++) {
		if (image_paths(part, whole, request->output, i) < 0)
			return fail_set(why, FAIL_TOOL, "the path after --output is too long");
		if (add_file(sent, part, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, why) < 0)
			return -1;
	}
	return 0;
}

static int finish_image(const char *output, bool is_made, struct fail *why)
{
	char part[PATH_MAX];
	char whole[PATH_MAX];

	for (size_t i = 0; i < IMAGE_FILES; i++) {
		if (image_paths(part, whole, output, i) < 0)
			continue;
		if (!is_made)
			(void)unlink(part);
		else if (rename(part, whole) < 0)
			return fail_errno(why, FAIL_TOOL, errno, "cannot put the image in its place");
	}
	return 0;
}

/* A directory's name means the same to the helper, which works in /. */
static int resolve_mirror(struct request *request, char path[PATH_MAX], struct fail *why)
{
	if (request->mirror == NULL || strstr(request->mirror, "://") != NULL)
		return 0;
	if (realpath(request->mirror, path) == NULL)
		return fail_errno(why, FAIL_TOOL, errno, "cannot open the directory after --mirror");
	request->mirror = path;
	return 0;
}

static int send_request(struct sent *sent, const struct request *asked, int talk_fd, struct fail *why)
{
	const struct order order = { .version = WIRE_VERSION, .kind = ORDER_REQUEST };
	struct request request = *asked;
	char mirror[PATH_MAX];

	if (resolve_mirror(&request, mirror, why) < 0 || take_package_files(sent, &request, why) < 0 ||
	    (request.verb == TOOLBOX_BUILD && make_image_files(sent, &request, why) < 0))
		return -1;
	sent->fds[0] = request_seal(&request, why);
	if (sent->fds[0] < 0)
		return -1;
	if (wire_send(talk_fd, &order, sizeof(order), sent->fds, sent->count) < 0)
		return fail_set(why, FAIL_TOOL, "debug-helper ended at once; install debug again");
	return 0;
}

static void close_sent(struct sent *sent)
{
	fd_close(&sent->fds[0]);
	for (size_t i = FIXED_FDS; i < sent->count; i++)
		fd_close(&sent->fds[i]);
}

static int take_answer(const struct request *request, int talk_fd, struct fail *why)
{
	CLOSE_AT_EXIT int directory_fd = FD_NONE;
	struct reply reply;
	size_t fd_count;

	if (wire_receive(talk_fd, &reply, sizeof(reply), &directory_fd, 1, &fd_count) != sizeof(reply) ||
	    reply.version != WIRE_VERSION)
		return fail_set(why, FAIL_TOOL, "debug-helper ended without a word; install debug again");
	if (reply.kind == REPLY_TOOLBOX)
		return toolbox_command_show(request, &reply.with.toolbox, directory_fd, why);
	if (reply.kind == REPLY_ENDED)
		return result_exit_status(&reply.with.result);
	reply.with.fail.text[sizeof(reply.with.fail.text) - 1] = '\0';
	*why = reply.with.fail;
	return -1;
}

int toolbox_command_ask(struct request *request, int talk_fd, struct fail *why)
{
	struct sent sent = { .fds = { FD_NONE, STDOUT_FILENO, STDERR_FILENO }, .count = FIXED_FDS };
	int failed;

	terminal_size(&request->rows, &request->columns);
	if (!isatty(STDOUT_FILENO))
		request->columns = 0;
	failed = send_request(&sent, request, talk_fd, why);
	close_sent(&sent);
	if (failed == 0)
		failed = take_answer(request, talk_fd, why);
	if (request->verb == TOOLBOX_BUILD && finish_image(request->output, failed == 0, why) < 0)
		return -1;
	return failed;
}
