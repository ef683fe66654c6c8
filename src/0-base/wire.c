/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes of different privilege talk in SOCK_SEQPACKET messages of fixed size, one structure
 * each, so there is no framing to get wrong.  Anything of variable size (arguments, environment)
 * travels as one sealed memfd beside the message: the receiver maps it and bounds every read.
 */
#include "wire.h"

#include "clock.h"
#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef SCM_PIDFD
#define SCM_PIDFD 0x04
#endif

enum { STRING_ABSENT = 0, STRING_PRESENT = 1 };

int wire_pair(int pair[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
}

static int send_once(int socket_fd, const void *message, size_t size, const int *fds, size_t fd_count,
		     int flags)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * WIRE_FDS_MAX)];
	} control;
	struct iovec part = { .iov_base = (void *)(uintptr_t)message, .iov_len = size };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t n;

	if (fd_count > WIRE_FDS_MAX) {
		errno = EINVAL;
		return -1;
	}
	if (fd_count > 0) {
		struct cmsghdr *rights;

		memset(&control, 0, sizeof(control));
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
		rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
		memcpy(CMSG_DATA(rights), fds, sizeof(int) * fd_count);
	}
	do {
		n = sendmsg(socket_fd, &header, MSG_NOSIGNAL | flags);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)size ? 0 : -1;
}

int wire_send(int socket_fd, const void *message, size_t size, const int *fds, size_t fd_count)
{
	return send_once(socket_fd, message, size, fds, fd_count, 0);
}

/* Not by a time-out of the socket's: the peer may have a descriptor of this end, and set another. */
int wire_send_by(int socket_fd, const void *message, size_t size, const int *fds, size_t fd_count,
		 int64_t deadline_ms)
{
	int failed;

	do {
		failed = send_once(socket_fd, message, size, fds, fd_count, MSG_DONTWAIT);
	} while (failed < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) &&
		 clock_wait(socket_fd, POLLOUT, deadline_ms) && clock_left_ms(deadline_ms) > 0);
	return failed;
}

/* Takes the descriptors out of a received header; false if there were others than allowed, and then all of
 * them are closed.  The peer can have the kernel add a pidfd (SO_PASSPIDFD, Linux 6.5). */
static bool take_fds(struct msghdr *header, int *fds, size_t capacity, size_t *count)
{
	bool is_allowed = (header->msg_flags & (MSG_CTRUNC | MSG_TRUNC)) == 0;
	int received[WIRE_FDS_MAX];

	*count = 0;
	for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part != NULL; part = CMSG_NXTHDR(header, part)) {
		const bool is_rights = part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS;
		size_t n;

		if (!is_rights && !(part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_PIDFD))
			continue;
		n = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(received, CMSG_DATA(part), n * sizeof(int));
		is_allowed = is_allowed && is_rights && n <= capacity && *count == 0;
		for (size_t i = 0; i < n; i++) {
			if (is_allowed)
				fds[(*count)++] = received[i];
			else
				(void)close(received[i]);
		}
	}
	for (size_t i = 0; !is_allowed && i < *count; i++)
		(void)close(fds[i]);
	*count = is_allowed ? *count : 0;
	return is_allowed;
}

ssize_t wire_receive(int socket_fd, void *message, size_t capacity, int *fds, size_t fd_capacity,
		     size_t *fd_count)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * WIRE_FDS_MAX)];
	} control;
	struct iovec part = { .iov_base = message, .iov_len = capacity };
	/* What is not expected is not even received: to close it could take its time (SO_LINGER, FUSE). */
	struct msghdr header = { .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = fd_capacity > 0 ? control.bytes : NULL,
				 .msg_controllen = fd_capacity > 0 ? sizeof(control.bytes) : 0 };
	ssize_t n;

	*fd_count = 0;
	do {
		n = recvmsg(socket_fd, &header, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return n;
	/* An empty message is an end of file to our callers; descriptors with it are nobody's. */
	if (!take_fds(&header, fds, n > 0 ? fd_capacity : 0, fd_count) && n > 0) {
		errno = EBADMSG;
		return -1;
	}
	return n;
}

void wire_put(struct wire_writer *writer, const void *bytes, size_t size)
{
	if (size == 0 || writer->is_failed)
		return;
	if (writer->capacity - writer->size < size) {
		size_t capacity = (writer->size + size) * 2 + 4096;
		char *grown = realloc(writer->bytes, capacity);

		if (grown == NULL) {
			writer->is_failed = true;
			return;
		}
		writer->bytes = grown;
		writer->capacity = capacity;
	}
	memcpy(writer->bytes + writer->size, bytes, size);
	writer->size += size;
}

void wire_put_string(struct wire_writer *writer, const char *string)
{
	char mark = string != NULL ? STRING_PRESENT : STRING_ABSENT;

	wire_put(writer, &mark, 1);
	if (string != NULL)
		wire_put(writer, string, strlen(string) + 1);
}

int wire_seal(struct wire_writer *writer)
{
	CLOSE_AT_EXIT int fd = FD_NONE;
	bool is_complete = false;

	if (writer->is_failed)
		errno = ENOMEM;
	else
		fd = memfd_create("debug-request", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0 && fd_write_all(fd, writer->bytes, writer->size) == 0)
		is_complete =
		    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0;
	free(writer->bytes);
	*writer = (struct wire_writer){ 0 };
	return is_complete ? fd_steal(&fd) : -1;
}

int wire_map(struct wire_reader *reader, int memory_fd, size_t most)
{
	const int needed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	int seals = fcntl(memory_fd, F_GET_SEALS);
	struct stat status;
	void *mapping;

	if (seals < 0 || (seals & needed) != needed || fstat(memory_fd, &status) < 0 || status.st_size <= 0 ||
	    (uint64_t)status.st_size > most) {
		errno = EBADMSG;
		return -1;
	}
	mapping = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, memory_fd, 0);
	if (mapping == MAP_FAILED)
		return -1;
	*reader = (struct wire_reader){ .bytes = mapping, .size = (size_t)status.st_size };
	return 0;
}

const void *wire_get(struct wire_reader *reader, size_t size)
{
	const char *at = reader->bytes + reader->offset;

	if (size > reader->size - reader->offset)
		return NULL;
	reader->offset += size;
	return at;
}

const char *wire_get_string(struct wire_reader *reader, bool *is_valid)
{
	const char *mark = wire_get(reader, 1);
	const char *string = reader->bytes + reader->offset;
	const char *end;

	*is_valid = false;
	if (mark == NULL || (*mark != STRING_ABSENT && *mark != STRING_PRESENT))
		return NULL;
	if (*mark == STRING_ABSENT) {
		*is_valid = true;
		return NULL;
	}
	end = memchr(string, '\0', reader->size - reader->offset);
	if (end == NULL)
		return NULL;
	reader->offset += (size_t)(end - string) + 1;
	*is_valid = true;
	return string;
}

const char **wire_get_strings(struct wire_reader *reader, size_t count)
{
	const char **strings;

	/* Each takes two bytes at least: a count beyond that is a lie, and must not decide an allocation. */
	if (count > (reader->size - reader->offset) / 2)
		return NULL;
	strings = calloc(count + 1, sizeof(*strings));
	for (size_t i = 0; strings != NULL && i < count; i++) {
		bool is_valid;

		strings[i] = wire_get_string(reader, &is_valid);
		if (strings[i] == NULL) {
			free(strings);
			return NULL;
		}
	}
	return strings;
}
