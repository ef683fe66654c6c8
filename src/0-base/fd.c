/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One way to open, read and write.  Every descriptor made here is close-on-exec and follows no
 * link in its last component; what the next process may keep is an explicit list at the exec.
 */
#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void fd_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	*fd = FD_NONE;
	errno = saved;
}

int fd_steal(int *fd)
{
	int stolen = *fd;

	*fd = FD_NONE;
	return stolen;
}

ssize_t fd_read_all(int fd, void *buffer, size_t capacity)
{
	size_t used = 0;

	while (used < capacity) {
		ssize_t n = read(fd, (char *)buffer + used, capacity - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	return (ssize_t)used;
}

int fd_write_all(int fd, const void *buffer, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = write(fd, (const char *)buffer + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

ssize_t fd_read_file_at(int dir_fd, const char *name, char *buffer, size_t capacity)
{
	CLOSE_AT_EXIT int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	ssize_t size;

	if (fd < 0)
		return -1;
	size = fd_read_all(fd, buffer, capacity);
	if (size < 0)
		return -1;
	if ((size_t)size == capacity) {
		errno = EFBIG;
		return -1;
	}
	buffer[size] = '\0';
	return size;
}

int fd_write_file_at(int dir_fd, const char *name, const char *text)
{
	CLOSE_AT_EXIT int fd = openat(dir_fd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);

	if (fd < 0)
		return -1;
	return fd_write_all(fd, text, strlen(text));
}

int fd_open_how(int dir_fd, const char *path, uint64_t flags, uint64_t resolve)
{
	const struct open_how how = { .flags = flags, .resolve = resolve };

	return (int)syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));
}

int fd_open_own_directory(void)
{
	char path[PATH_MAX];
	const ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (length < 0)
		return -1;
	path[length] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL) {
		errno = ENOENT;
		return -1;
	}
	slash[1] = '\0';
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

int fd_keep(const int *kept, size_t count)
{
	int moved[FD_KEEP_MAX];

	/* First out of the way of where they go. */
	for (size_t i = 0; i < count; i++) {
		moved[i] = kept[i] == FD_NONE ? FD_NONE : fcntl(kept[i], F_DUPFD_CLOEXEC, FD_KEEP_MAX);
		if (kept[i] != FD_NONE && moved[i] < 0)
			return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (moved[i] == FD_NONE)
			(void)close((int)i);
		else if (dup3(moved[i], (int)i, i <= STDERR_FILENO ? 0 : O_CLOEXEC) < 0)
			return -1;
	}
	return close_range((unsigned int)count, ~0U, 0);
}

int fd_repair_standard(int all)
{
	for (int fd = 0; fd <= 2; fd++) {
		int null_fd;

		if (!all && fcntl(fd, F_GETFD) >= 0)
			continue;
		null_fd = open("/dev/null", O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (null_fd < 0)
			return -1;
		if (null_fd == fd) {
			(void)fcntl(fd, F_SETFD, 0);
			continue;
		}
		if (dup2(null_fd, fd) < 0)
			return -1;
		(void)close(null_fd);
	}
	return 0;
}
