/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `debug toolbox`, the helper's side.  What only shows something hands the directory share/toolbox to
 * `debug`, which reads and prints it with the caller's rights.
 */
#include "toolbox_command.h"

#include "fd.h"
#include "image.h"
#include "installer.h"
#include "layer.h"
#include "result.h"
#include "shared_mount.h"
#include "toolbox.h"
#include "wire.h"

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { FD_OUTPUT, FD_ERROR, FD_FILES, COLUMNS_UNKNOWN = 80 };

static int reply_ended(int status)
{
	const struct reply message = { .version = WIRE_VERSION,
				       .kind = REPLY_ENDED,
				       .with.result = { .kind = RESULT_EXITED, .status = status } };

	(void)wire_send(TALK_FD, &message, sizeof(message), NULL, 0);
	return 0;
}

static const char *filesystem_name(int mount_fd)
{
	struct statfs status;

	if (fstatfs(mount_fd, &status) < 0)
		return "unknown";
	switch ((unsigned long)status.f_type) {
	case EROFS_SUPER_MAGIC_V1:
		return "erofs";
	default:
		return "directory";
	}
}

static int describe(struct toolbox_facts *facts, const struct toolbox *toolbox, struct fail *why)
{
	struct fail no_state = { 0 };
	CLOSE_AT_EXIT int state_fd = layer_open_state(getuid(), &no_state);
	struct image image;
	struct stat status = { 0 };
	struct statfs layer;
	int failed;

	if (image_find(&image, why) < 0)
		return -1;
	(void)fstat(image.fd, &status);
	facts->image_size = status.st_size;
	(void)image_path(&image, facts->image, sizeof(facts->image));
	failed = image_read_digest(&image, facts->digest, why);
	image_close(&image);
	(void)strlcpy(facts->filesystem, filesystem_name(toolbox->base_fd), sizeof(facts->filesystem));
	facts->is_layered = fstatfs(toolbox->view_fd, &layer) == 0 && layer.f_type == OVERLAYFS_SUPER_MAGIC;
	if (state_fd < 0)
		(void)strlcpy(facts->state, no_state.text, sizeof(facts->state));
	else
		(void)snprintf(facts->state, sizeof(facts->state), LAYER_STATE "/%u", getuid());
	return failed;
}

static int show(struct fail *why)
{
	struct reply message = { .version = WIRE_VERSION, .kind = REPLY_TOOLBOX };
	CLOSE_AT_EXIT int directory_fd = FD_NONE;
	struct toolbox toolbox;
	int failed;

	if (toolbox_open(&toolbox, FD_NONE, getuid(), why) < 0)
		return -1;
	failed = describe(&message.with.toolbox, &toolbox, why);
	directory_fd = openat(toolbox.view_fd, "share/toolbox", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	toolbox_close(&toolbox);
	if (failed < 0 || directory_fd < 0)
		return fail_errno(why, FAIL_TOOL, errno,
				  "the toolbox has no list of its packages; install it again");
	(void)wire_send(TALK_FD, &message, sizeof(message), &directory_fd, 1);
	return 0;
}

static int verify(int output_fd, struct fail *why)
{
	char digest[IMAGE_DIGEST_MAX];
	struct image image;
	int failed;

	if (image_find(&image, why) < 0)
		return -1;
	failed = image_read_digest(&image, digest, why) < 0 || image_verify(&image, why) < 0 ? -1 : 0;
	image_close(&image);
	if (failed < 0)
		return -1;
	(void)dprintf(output_fd, "the toolbox image is whole: sha256 %s\n", digest);
	return reply_ended(0);
}

/* Until it ends, or `debug` does. */
static int await(struct installer *installer)
{
	struct pollfd waited[] = { { installer->pid_fd, POLLIN, 0 }, { TALK_FD, POLLIN, 0 } };

	while (poll(waited, 2, -1) < 0 && errno == EINTR)
		;
	return reply_ended(installer_end(installer));
}

static int install(const struct request *request, enum packages_verb verb, const int *fds, size_t fd_count,
		   struct fail *why)
{
	const struct installer_order order = {
		.verb = verb,
		.words = request->command,
		.word_count = request->command_count,
		.file_fds = fds + FD_FILES,
		.file_count = fd_count - FD_FILES,
		.mirror = request->mirror,
		.output_fd = fds[FD_OUTPUT],
		.error_fd = fds[FD_ERROR],
		.columns = request->columns,
		.uid = getuid(),
	};
	struct installer installer;

	if (request->command_count > PACKAGES_WORDS_MAX)
		return fail_set(why, FAIL_TOOL, "these are too many packages for one time; give fewer");
	for (size_t i = 0; i < request->command_count; i++)
		if (!installer_accepts(request->command[i]))
			return fail_set(
			    why, FAIL_TOOL,
			    "word %zu is not the name of a package; names are like `ngrep` or `g++`", i + 1);
	if (installer_start(&installer, &order, why) < 0)
		return -1;
	return await(&installer);
}

static int collect(int output_fd, struct fail *why)
{
	CLOSE_AT_EXIT int shared_fd = shared_open(why);
	CLOSE_AT_EXIT int state_fd = shared_fd < 0 ? FD_NONE : layer_open_state(getuid(), why);
	char digest[IMAGE_DIGEST_MAX];
	struct image image;
	int64_t freed;
	int failed;

	if (state_fd < 0 || image_find(&image, why) < 0)
		return -1;
	failed = image_read_digest(&image, digest, why);
	digest[LAYER_DIGEST_LENGTH] = '\0';
	if (failed == 0)
		shared_forget_others(shared_fd, image.key, digest);
	image_close(&image);
	if (failed < 0)
		return -1;
	freed = layer_forget_others(state_fd, digest);
	(void)dprintf(output_fd, "removed %lld MB of packages and lists that no present toolbox uses\n",
		      (long long)(freed >> 20));
	return reply_ended(0);
}

int toolbox_command_serve(const struct request *request, const int *fds, size_t fd_count, struct fail *why)
{
	if (fd_count < FD_FILES)
		return fail_set(why, FAIL_TOOL, "the request came without the caller's streams");
	switch (request->verb) {
	case TOOLBOX_LS:
	case TOOLBOX_INFO:
	case TOOLBOX_SBOM:
		return show(why);
	case TOOLBOX_VERIFY:
		return verify(fds[FD_OUTPUT], why);
	case TOOLBOX_INSTALL:
		return install(request, PACKAGES_INSTALL, fds, fd_count, why);
	case TOOLBOX_UNINSTALL:
		return install(request, PACKAGES_UNINSTALL, fds, fd_count, why);
	case TOOLBOX_SEARCH:
		return install(request, PACKAGES_SEARCH, fds, fd_count, why);
	case TOOLBOX_UPGRADE:
		return install(request, PACKAGES_UPGRADE, fds, fd_count, why);
	case TOOLBOX_BUILD:
		return install(request, PACKAGES_BUILD, fds, fd_count, why);
	case TOOLBOX_GC:
		return collect(fds[FD_OUTPUT], why);
	case TOOLBOX_VERB_COUNT:
		break;
	}
	return fail_set(why, FAIL_TOOL, "the request is damaged");
}
