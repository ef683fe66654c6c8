/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * We ask in HTTP/1.0, so the answer is neither chunked nor kept alive: it is a head, an empty line
 * and a body that ends with the connection (RFC 9112, 6.3).  Anything else is an error.
 */
#include "http.h"

#include "clock.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HTTP_CHUNK = 64 << 10, HTTP_PATH_MAX = 1024 };

static int late(const char *who, struct fail *why)
{
	return fail_set(why, FAIL_DEADLINE,
			"%s did not answer in time; attach by process id instead, as in `debug pid://N`",
			who);
}

static int send_request(int socket_fd, const char *who, const char *path, int64_t deadline_ms,
			struct fail *why)
{
	char text[HTTP_PATH_MAX + 64];
	int length = snprintf(text, sizeof(text), "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n", path);

	if (length < 0 || (size_t)length >= sizeof(text))
		return fail_set(why, FAIL_TOOL, "the name is too long to ask %s about", who);
	if (!clock_wait(socket_fd, POLLOUT, deadline_ms))
		return late(who, why);
	/* The buffer of a fresh socket takes these few bytes whole. */
	if (send(socket_fd, text, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT) != length)
		return fail_errno(why, FAIL_TOOL, errno, "cannot send a request to %s", who);
	return 0;
}

/* Reads to end of file into a growing buffer that keeps one byte for a terminating NUL. */
static ssize_t receive_all(char **bytes, int socket_fd, const char *who, size_t most, int64_t deadline_ms,
			   struct fail *why)
{
	size_t used = 0;
	size_t capacity = 0;

	for (;;) {
		ssize_t n;

		if (capacity - used < 2) {
			char *grown = realloc(*bytes, capacity * 2 + HTTP_CHUNK);

			if (grown == NULL)
				return fail_set(why, FAIL_TOOL, "the answer of %s is too large to be right",
						who);
			*bytes = grown;
			capacity = capacity * 2 + HTTP_CHUNK;
		}
		if (!clock_wait(socket_fd, POLLIN, deadline_ms))
			return late(who, why);
		n = recv(socket_fd, *bytes + used, capacity - used - 1, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0)
			return fail_errno(why, FAIL_TOOL, errno, "the connection to %s broke", who);
		if (n == 0)
			return (ssize_t)used;
		used += (size_t)n;
		if (used > most)
			return fail_set(why, FAIL_TOOL, "the answer of %s is too large to be right", who);
	}
}

/* The value of header `name` in the lines [at, end), or NULL; *count says how often it occurs. */
static const char *find_header(const char *at, const char *end, const char *name, int *count)
{
	const char *value = NULL;
	size_t length = strlen(name);

	*count = 0;
	while (at < end) {
		const char *line_end = strstr(at, "\r\n");

		if (line_end == NULL)
			break;
		if ((size_t)(line_end - at) > length && at[length] == ':' &&
		    strncasecmp(at, name, length) == 0) {
			value = at + length + 1 + strspn(at + length + 1, " \t");
			(*count)++;
		}
		at = line_end + 2;
	}
	return value;
}

static int check_length(const struct http_answer *answer, const char *headers, const char *end)
{
	int count;
	const char *value = find_header(headers, end, "Transfer-Encoding", &count);
	char *digits_end;

	if (value != NULL)
		return -1;
	value = find_header(headers, end, "Content-Length", &count);
	if (value == NULL)
		return 0;
	if (count != 1 || !isdigit((unsigned char)*value))
		return -1;
	errno = 0;
	if (strtoull(value, &digits_end, 10) != answer->body_size || errno != 0 || *digits_end != '\r')
		return -1;
	return 0;
}

int http_parse(struct http_answer *answer, size_t size)
{
	char *text = answer->bytes;
	char *head_end;
	char *line_end;

	text[size] = '\0';
	head_end = strstr(text, "\r\n\r\n");
	line_end = strstr(text, "\r\n");
	if (head_end == NULL || memchr(text, '\0', (size_t)(head_end - text)) != NULL)
		return -1;
	/* "HTTP/1.0 200 OK": the reason is free text, the rest is not. */
	if (line_end - text < 12 || strncmp(text, "HTTP/1.", 7) != 0 || (text[7] != '0' && text[7] != '1') ||
	    text[8] != ' ')
		return -1;
	for (int i = 9; i < 12; i++)
		if (!isdigit((unsigned char)text[i]))
			return -1;
	if (text[12] != ' ' && text[12] != '\r')
		return -1;
	answer->status = (text[9] - '0') * 100 + (text[10] - '0') * 10 + (text[11] - '0');
	answer->body = head_end + 4;
	answer->body_size = size - (size_t)(answer->body - text);
	return check_length(answer, line_end + 2, head_end + 2);
}

int http_get(struct http_answer *answer, int socket_fd, const char *who, const char *path, size_t most,
	     int64_t deadline_ms, struct fail *why)
{
	ssize_t size;

	*answer = (struct http_answer){ 0 };
	if (send_request(socket_fd, who, path, deadline_ms, why) < 0)
		return -1;
	size = receive_all(&answer->bytes, socket_fd, who, most, deadline_ms, why);
	if (size < 0) {
		free(answer->bytes);
		return -1;
	}
	if (http_parse(answer, (size_t)size) < 0) {
		free(answer->bytes);
		return fail_set(why, FAIL_TOOL,
				"%s did not answer in HTTP; is something else listening there?", who);
	}
	return 0;
}
