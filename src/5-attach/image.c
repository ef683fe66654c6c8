/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image lies beside the helper, so that a copied directory works as well as an installed one.
 * The place comes from the kernel (/proc/self/exe), never from the environment or the request.
 */
#include "image.h"

#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fsverity.h>
#include <linux/loop.h>
#include <sha2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define IMAGE_NAME "toolbox.erofs"
#define DIRECTORY_NAME "toolbox"

enum { DIGEST_HEX = 64, READ_CHUNK = 1 << 18, LOOP_ATTEMPTS = 64 };

static int open_own_directory(struct fail *why)
{
	const int fd = fd_open_own_directory();

	return fd >= 0 ? fd : fail_errno(why, FAIL_TOOL, errno, "cannot open the directory of debug-helper");
}

static int check_owner(int fd, const char *name, mode_t kind, struct stat *status, struct fail *why)
{
	if (fstat(fd, status) < 0 || (status->st_mode & S_IFMT) != kind)
		return fail_set(why, FAIL_TOOL, "the toolbox image %s is not a %s", name,
				kind == S_IFREG ? "regular file" : "directory");
	if (status->st_uid != 0 || (status->st_mode & 022) != 0)
		return fail_set(why, FAIL_TOOL,
				"the toolbox image %s can be changed by others than root; `chown root` and "
				"`chmod %s` it",
				name, kind == S_IFREG ? "644" : "755");
	return 0;
}

/* Returns the directory that stands in for the image, or -1; *why is set if it is there and unfit. */
static int open_directory(int dir_fd, struct stat *status, struct fail *why)
{
	CLOSE_AT_EXIT int fd =
	    openat(dir_fd, DIRECTORY_NAME, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 || check_owner(fd, DIRECTORY_NAME, S_IFDIR, status, why) < 0)
		return -1;
	return fd_steal(&fd);
}

static int open_image(struct image *image, struct stat *status, struct fail *why)
{
	int error;

	image->fd =
	    openat(image->dir_fd, IMAGE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	if (image->fd >= 0)
		return check_owner(image->fd, IMAGE_NAME, S_IFREG, status, why);
	error = errno;
	if (error == ENOENT)
		image->fd = open_directory(image->dir_fd, status, why);
	image->is_directory = image->fd >= 0;
	if (image->is_directory || why->status != FAIL_NONE)
		return image->is_directory ? 0 : -1;
	return fail_errno(
	    why, FAIL_TOOL, error,
	    "the toolbox image " IMAGE_NAME
	    " beside debug-helper cannot be opened; install it or build it with `make toolbox`");
}

int image_find(struct image *image, struct fail *why)
{
	struct stat status;

	image->fd = FD_NONE;
	image->is_directory = false;
	image->dir_fd = open_own_directory(why);
	if (image->dir_fd < 0)
		return -1;
	if (open_image(image, &status, why) < 0) {
		image_close(image);
		return -1;
	}
	(void)snprintf(image->key, sizeof(image->key),
		       IMAGE_KEY_PREFIX "%" PRIx64 "-%" PRIx64 "-%" PRIx64 ".%09ld", (uint64_t)status.st_dev,
		       (uint64_t)status.st_ino, (uint64_t)status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
	return 0;
}

static void to_hex(const uint8_t bytes[SHA256_DIGEST_LENGTH], char hex[DIGEST_HEX + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < SHA256_DIGEST_LENGTH; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	hex[DIGEST_HEX] = '\0';
}

static int compute_digest(int fd, char hex[DIGEST_HEX + 1])
{
	uint8_t bytes[SHA256_DIGEST_LENGTH];
	char *chunk = malloc(READ_CHUNK);
	SHA2_CTX context;
	off_t offset = 0;
	ssize_t n;

	if (chunk == NULL)
		return -1;
	SHA256Init(&context);
	while ((n = pread(fd, chunk, READ_CHUNK, offset)) > 0) {
		SHA256Update(&context, (const uint8_t *)chunk, (size_t)n);
		offset += n;
	}
	SHA256Final(bytes, &context);
	free(chunk);
	to_hex(bytes, hex);
	return n < 0 ? -1 : 0;
}

const char *image_path(const struct image *image, char *out, size_t capacity)
{
	char link[32];
	ssize_t length;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", image->fd);
	length = readlink(link, out, capacity - 1);
	out[length < 0 ? 0 : length] = '\0';
	return out;
}

/* What the build recorded beside the image; not compared with anything. */
static int read_recorded(const struct image *image, const char *name, char hex[IMAGE_DIGEST_MAX])
{
	char recorded[256];

	if (fd_read_file_at(image->dir_fd, name, recorded, sizeof(recorded)) < DIGEST_HEX ||
	    strspn(recorded, "0123456789abcdef") != DIGEST_HEX)
		return -1;
	(void)snprintf(hex, IMAGE_DIGEST_MAX, "%.*s", DIGEST_HEX, recorded);
	return 0;
}

int image_read_digest(const struct image *image, char digest[IMAGE_DIGEST_MAX], struct fail *why)
{
	if (read_recorded(image, IMAGE_NAME ".sha256", digest) < 0)
		return fail_set(why, FAIL_TOOL,
				"the digest " IMAGE_NAME
				".sha256 of the toolbox image is missing or damaged; install the "
				"toolbox again");
	return 0;
}

/* Whether the kernel itself checks each block that is read against the digest recorded by the build, so
 * that there is no need to read them all (fs-verity). */
static bool is_checked_by_kernel(const struct image *image)
{
	union {
		struct fsverity_digest header;
		uint8_t space[sizeof(struct fsverity_digest) + SHA256_DIGEST_LENGTH];
	} measured = { .header.digest_size = SHA256_DIGEST_LENGTH };
	char recorded[IMAGE_DIGEST_MAX];
	char actual[DIGEST_HEX + 1];

	if (read_recorded(image, IMAGE_NAME ".verity", recorded) < 0 ||
	    ioctl(image->fd, FS_IOC_MEASURE_VERITY, &measured) < 0 ||
	    measured.header.digest_algorithm != FS_VERITY_HASH_ALG_SHA256 ||
	    measured.header.digest_size != SHA256_DIGEST_LENGTH)
		return false;
	to_hex(measured.header.digest, actual);
	return strcmp(recorded, actual) == 0;
}

int image_verify(const struct image *image, struct fail *why)
{
	char recorded[IMAGE_DIGEST_MAX];
	char actual[DIGEST_HEX + 1];

	/* Of a directory there is nothing to compare; root alone can have written it. */
	if (image->is_directory || is_checked_by_kernel(image))
		return 0;
	if (image_read_digest(image, recorded, why) < 0)
		return -1;
	if (compute_digest(image->fd, actual) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "the toolbox image " IMAGE_NAME " cannot be read");
	if (strcmp(recorded, actual) != 0)
		return fail_set(why, FAIL_TOOL,
				"the toolbox image " IMAGE_NAME
				" is damaged (its digest is not the recorded one); install "
				"the toolbox again");
	return 0;
}

/* Returns the detached mount, or -1 with errno set. */
static int mount_source(const char *source)
{
	CLOSE_AT_EXIT int context_fd = fsopen("erofs", FSOPEN_CLOEXEC);

	if (context_fd < 0 || fsconfig(context_fd, FSCONFIG_SET_STRING, "source", source, 0) < 0 ||
	    fsconfig(context_fd, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0 ||
	    fsconfig(context_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return fsmount(context_fd, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

/* Binds the open image to a free loop device, by descriptor: what was verified is what is mounted
 * (CVE-2026-27456 is the race otherwise). */
static int open_loop(int image_fd, char *path, size_t capacity)
{
	CLOSE_AT_EXIT int control_fd = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	const struct loop_config config = {
		.fd = (uint32_t)image_fd,
		.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR,
	};

	for (int attempt = 0; control_fd >= 0 && attempt < LOOP_ATTEMPTS; attempt++) {
		int number = ioctl(control_fd, LOOP_CTL_GET_FREE);
		CLOSE_AT_EXIT int loop_fd = FD_NONE;

		if (number < 0)
			return -1;
		(void)snprintf(path, capacity, "/dev/loop%d", number);
		loop_fd = open(path, O_RDONLY | O_CLOEXEC);
		if (loop_fd < 0)
			return -1;
		if (ioctl(loop_fd, LOOP_CONFIGURE, &config) == 0)
			return fd_steal(&loop_fd);
		/* Somebody else took it between the two calls. */
		if (errno != EBUSY)
			return -1;
	}
	return -1;
}

/* Returns the detached mount, or -1 with errno set.  What is mounted below the directory stays out. */
static int mount_directory(int directory_fd)
{
	struct mount_attr attributes = {
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
	};
	CLOSE_AT_EXIT int mount_fd =
	    open_tree(directory_fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	if (mount_fd < 0 || mount_setattr(mount_fd, "", AT_EMPTY_PATH, &attributes, sizeof(attributes)) < 0)
		return -1;
	return fd_steal(&mount_fd);
}

static int mount_file(int image_fd)
{
	CLOSE_AT_EXIT int loop_fd = FD_NONE;
	char source[48];
	int mount_fd;

	(void)snprintf(source, sizeof(source), "/proc/self/fd/%d", image_fd);
	mount_fd = mount_source(source);
	/* ENOTBLK: this kernel, or the filesystem that the image lies on, wants a block device. */
	if (mount_fd < 0 && errno == ENOTBLK) {
		loop_fd = open_loop(image_fd, source, sizeof(source));
		mount_fd = loop_fd < 0 ? -1 : mount_source(source);
	}
	return mount_fd;
}

/* For a kernel without erofs. */
static int mount_beside(int dir_fd, struct fail *why)
{
	struct stat status;
	CLOSE_AT_EXIT int directory_fd = open_directory(dir_fd, &status, why);

	if (directory_fd < 0 && why->status != FAIL_NONE)
		return -1;
	if (directory_fd < 0)
		return fail_set(why, FAIL_TOOL,
				"this kernel has no erofs filesystem, which the toolbox is (try `modprobe "
				"erofs`, or `make install-directory`)");
	return mount_directory(directory_fd);
}

int image_mount(const struct image *image, struct fail *why)
{
	int mount_fd = image->is_directory ? mount_directory(image->fd) : mount_file(image->fd);

	if (mount_fd < 0 && !image->is_directory && errno == ENODEV)
		mount_fd = mount_beside(image->dir_fd, why);
	if (mount_fd < 0 && why->status == FAIL_NONE)
		return fail_errno(why, FAIL_TOOL, errno, "cannot mount the toolbox image");
	return mount_fd;
}

void image_close(struct image *image)
{
	fd_close(&image->fd);
	fd_close(&image->dir_fd);
}
