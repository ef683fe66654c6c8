/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The toolbox: its image, its mount, and what the user has installed.
 *
 * Mustn't: make /run/debug or /var/lib/debug, or leave a mount, as the first session would.
 */
#include "doctor_checks.h"

#include "fd.h"
#include "image.h"
#include "joiner.h"
#include "layer.h"
#include "shared_mount.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { DEADLINE_MS = 2000, SHOWN_DIGITS = 12, SPACE_WANTED_MB = 500 };

static void say_missing(const char *name, const struct fail *why)
{
	doctor_say(DOCTOR_TOOLBOX, name, DOCTOR_MISSING, DOCTOR_NEEDED, "%s", why->text);
}

/* The mount that the first session since the boot has made, cloned; or FD_NONE. */
static int find_mounted(const struct image *image)
{
	CLOSE_AT_EXIT int shared_fd = open("/run/debug", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return shared_fd < 0 ? FD_NONE : shared_clone(shared_fd, image->key, 0);
}

/* In the child of a probe: becomes the joiner, which exits with its version. */
static int ask_joiner(void *mount_fd)
{
	char name[] = "debug-joiner";
	char question[] = JOINER_ASK_VERSION;
	char *argv[] = { name, question, NULL };
	char *envp[] = { NULL };
	const int fd =
	    openat(*(const int *)mount_fd, "libexec/debug-joiner", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		(void)execveat(fd, "", argv, envp, AT_EMPTY_PATH);
	return errno;
}

static void check_joiner(int mount_fd)
{
	if (faccessat(mount_fd, "libexec/debug-joiner", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		doctor_say(DOCTOR_TOOLBOX, "joiner", DOCTOR_MISSING, DOCTOR_NEEDED,
			   "the image has no libexec/debug-joiner; install the toolbox again");
	else if (probe_run(ask_joiner, &mount_fd, DEADLINE_MS) == WIRE_VERSION)
		doctor_say(DOCTOR_TOOLBOX, "joiner", DOCTOR_OK, DOCTOR_NEEDED | DOCTOR_FOLDED,
			   "the image's debug-joiner runs and is of debug-helper's version");
	else
		doctor_say(
		    DOCTOR_TOOLBOX, "joiner", DOCTOR_MISSING, DOCTOR_NEEDED,
		    "the image's debug-joiner is of another version than debug-helper, or does not run; "
		    "install debug and its toolbox together");
}

/* A filesystem driver sees the image only after it was verified. */
static void try_mount(struct image *image)
{
	struct fail why = { 0 };
	const int error = image->is_directory ? 0 : probe_run(probe_erofs, &image->fd, DEADLINE_MS);
	CLOSE_AT_EXIT int mount_fd = image_mount(image, &why);

	if (mount_fd < 0) {
		say_missing("mount", &why);
		return;
	}
	if (error == 0)
		doctor_say(DOCTOR_TOOLBOX, "mount", DOCTOR_OK, DOCTOR_NEEDED, "tried: %s",
			   image->is_directory ? "a directory stands in for the image"
					       : "erofs reads the image from its file");
	else
		doctor_say(DOCTOR_TOOLBOX, "mount", DOCTOR_OK, DOCTOR_NEEDED, "tried: %s",
			   error == ENOTBLK ? "erofs reads the image through a loop device"
					    : "the directory toolbox, because this kernel has no erofs");
	check_joiner(mount_fd);
}

static void check_image(struct image *image, bool is_root)
{
	CLOSE_AT_EXIT int mounted_fd = is_root ? find_mounted(image) : FD_NONE;
	char digest[IMAGE_DIGEST_MAX];
	struct fail why = { 0 };

	if (image_read_digest(image, digest, &why) < 0) {
		say_missing("digest", &why);
		return;
	}
	if (mounted_fd >= 0) {
		doctor_say(DOCTOR_TOOLBOX, "digest", DOCTOR_OK, DOCTOR_NEEDED | DOCTOR_FOLDED,
			   "sha256 %.*s..., verified when it was mounted", SHOWN_DIGITS, digest);
		doctor_say(DOCTOR_TOOLBOX, "mount", DOCTOR_OK, DOCTOR_NEEDED | DOCTOR_FOLDED,
			   "verified and mounted below /run/debug");
		check_joiner(mounted_fd);
		return;
	}
	if (image_verify(image, &why) < 0) {
		say_missing("digest", &why);
		return;
	}
	doctor_say(DOCTOR_TOOLBOX, "digest", DOCTOR_OK, DOCTOR_NEEDED | DOCTOR_FOLDED,
		   "sha256 %.*s..., compared just now", SHOWN_DIGITS, digest);
	if (is_root)
		try_mount(image);
	else
		doctor_say(DOCTOR_TOOLBOX, "mount", DOCTOR_UNKNOWN, DOCTOR_NEEDED | DOCTOR_FOLDED,
			   "only root can try it");
}

/* Where the user's packages go, or would go. */
static void check_space(void)
{
	struct statvfs status;
	const char *path = "/var/lib/debug";
	unsigned long long free_mb;

	if (statvfs(path, &status) < 0 && statvfs(path = "/var/lib", &status) < 0) {
		doctor_say(DOCTOR_TOOLBOX, "space", DOCTOR_LIMITED, 0,
			   "there is no /var/lib: packages cannot be installed");
		return;
	}
	free_mb = (unsigned long long)status.f_bavail * status.f_frsize >> 20;
	if ((status.f_flag & ST_RDONLY) != 0)
		doctor_say(DOCTOR_TOOLBOX, "space", DOCTOR_LIMITED, 0,
			   "%s is read-only: packages cannot be installed, the image's tools work", path);
	else if (free_mb < SPACE_WANTED_MB)
		doctor_say(
		    DOCTOR_TOOLBOX, "space", DOCTOR_LIMITED, 0,
		    "%llu MB are free at %s: few packages can be installed; `debug toolbox gc` frees some",
		    free_mb, path);
	else
		doctor_say(DOCTOR_TOOLBOX, "space", DOCTOR_OK, DOCTOR_FOLDED, "%llu MB are free at %s",
			   free_mb, path);
}

static void check_layer(void)
{
	struct stat status;

	if (lstat("/var/lib/debug", &status) == 0 &&
	    (status.st_uid != 0 || !S_ISDIR(status.st_mode) || (status.st_mode & 022) != 0))
		doctor_say(DOCTOR_TOOLBOX, "own packages", DOCTOR_LIMITED, 0,
			   "/var/lib/debug can be changed by others than root, so it is not used; remove it");
	else
		doctor_say(DOCTOR_TOOLBOX, "own packages", DOCTOR_OK, DOCTOR_FOLDED, "%s",
			   layer_has_packages(getuid()) ? "some are installed" : "none are installed");
	if (lstat("/run/debug", &status) == 0 &&
	    (status.st_uid != 0 || !S_ISDIR(status.st_mode) || (status.st_mode & 022) != 0))
		doctor_say(DOCTOR_TOOLBOX, "/run/debug", DOCTOR_MISSING, DOCTOR_NEEDED,
			   "/run/debug is not a directory of root's alone; remove it");
}

void check_toolbox(bool is_root)
{
	struct fail why = { 0 };
	struct image image;
	char path[256];

	if (image_find(&image, &why) < 0) {
		say_missing("image", &why);
	} else {
		doctor_say(DOCTOR_TOOLBOX, "image", DOCTOR_OK, DOCTOR_NEEDED | DOCTOR_FOLDED,
			   "%s, root's alone", image_path(&image, path, sizeof(path)));
		check_image(&image, is_root);
		image_close(&image);
	}
	check_space();
	check_layer();
}
