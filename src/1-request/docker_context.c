/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which Docker is meant, as docker(1) decides it: DOCKER_HOST, else DOCKER_CONTEXT, else what `docker context
 * use` has chosen.  The files are the caller's and read with the caller's rights; what comes out is the path
 * of a socket, and the helper decides by itself whether it trusts who listens there.
 *
 *   $DOCKER_CONFIG/config.json                               {"currentContext": NAME}
 *   $DOCKER_CONFIG/contexts/meta/SHA256-OF-NAME/meta.json    {"Endpoints": {"docker": {"Host":
 * "unix:///path"}}}
 */
#include "docker_context.h"

#include "fd.h"
#include "text.h"

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 20, SHOWN_MAX = 200, HOST_MAX = 1024, NAME_MAX_BYTES = 255 };

static const char unix_scheme[] = "unix://";
static const char ssh_scheme[] = "ssh://";

/* NULL, with errno set if it could not be read, and 0 if it is no JSON object.  Never waits for a FIFO. */
static json_t *read_json(const char *path)
{
	CLOSE_AT_EXIT int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	json_t *root = NULL;
	ssize_t size;
	char *text;

	if (fd < 0 || fstat(fd, &status) < 0)
		return NULL;
	errno = 0;
	if (!S_ISREG(status.st_mode) || status.st_size > FILE_MAX)
		return NULL;
	text = malloc(FILE_MAX);
	size = text == NULL ? -1 : fd_read_all(fd, text, FILE_MAX);
	if (size >= 0) {
		root = json_loadb(text, (size_t)size, 0, NULL);
		errno = 0;
	}
	free(text);
	if (root != NULL && !json_is_object(root)) {
		json_decref(root);
		root = NULL;
	}
	return root;
}

/* The caller's directory of docker(1), with `below`; false if there is none. */
static bool path_below(char path[PATH_MAX], const char *below)
{
	const char *directory = getenv("DOCKER_CONFIG");
	const char *home = getenv("HOME");
	int size;

	if (directory != NULL && directory[0] != '\0')
		size = snprintf(path, PATH_MAX, "%s/%s", directory, below);
	else if (home != NULL && home[0] != '\0')
		size = snprintf(path, PATH_MAX, "%s/.docker/%s", home, below);
	else
		return false;
	return size > 0 && size < PATH_MAX;
}

static void warn(const char *path, struct fail *why)
{
	char shown[SHOWN_MAX];

	(void)fail_set(why, FAIL_TOOL, "`%s` is damaged or cannot be read; the usual Docker is asked",
		       text_encode(shown, sizeof(shown), path, strlen(path)));
}

/* The chosen context's name, or "".  False with *why set if the file is damaged. */
static bool read_current(char name[NAME_MAX_BYTES + 1], struct fail *why)
{
	char path[PATH_MAX];
	const json_t *current;
	json_t *root;
	bool is_read = true;

	name[0] = '\0';
	if (!path_below(path, "config.json"))
		return true;
	root = read_json(path);
	if (root == NULL) {
		if (errno == ENOENT || errno == ENOTDIR)
			return true;
		warn(path, why);
		return false;
	}
	current = json_object_get(root, "currentContext");
	if (json_is_string(current))
		is_read = strlcpy(name, json_string_value(current), NAME_MAX_BYTES + 1) <= NAME_MAX_BYTES;
	else
		is_read = current == NULL || json_is_null(current);
	json_decref(root);
	if (!is_read)
		warn(path, why);
	return is_read;
}

/* The address in a context's file; false if there is no such context, or it is damaged. */
static bool read_host(char host[HOST_MAX], const char *name)
{
	char digest[SHA256_DIGEST_STRING_LENGTH];
	char below[sizeof(digest) + 64];
	char path[PATH_MAX];
	const char *found = NULL;
	json_t *root;
	bool is_read;

	if (SHA256Data((const uint8_t *)name, strlen(name), digest) == NULL)
		return false;
	(void)snprintf(below, sizeof(below), "contexts/meta/%s/meta.json", digest);
	root = path_below(path, below) ? read_json(path) : NULL;
	if (root != NULL)
		found = json_string_value(
		    json_object_get(json_object_get(json_object_get(root, "Endpoints"), "docker"), "Host"));
	is_read = found != NULL && strlcpy(host, found, HOST_MAX) < HOST_MAX;
	json_decref(root);
	return is_read;
}

/* Fit to be shown as a word of a command: nothing that a shell or ssh(1) would take for something else. */
static bool is_destination(const char *text, size_t length)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@._-";

	return length > 0 && text[0] != '-' && strspn(text, allowed) >= length;
}

/* ssh://[USER@]HOST[:PORT][/...] → the words of a command that asks there. */
static bool advise_ssh(char *out, size_t capacity, const char *host, const char *name)
{
	const char *destination = host + strlen(ssh_scheme);
	const size_t length = strcspn(destination, ":/");
	char port[8] = "";
	int64_t number;

	if (!is_destination(destination, length) || !is_destination(name, strlen(name)))
		return false;
	if (destination[length] == ':') {
		const char *from = destination + length + 1;
		const size_t digits = strcspn(from, "/");

		if (digits >= sizeof(port))
			return false;
		(void)snprintf(port, sizeof(port), "%.*s", (int)digits, from);
		if (!text_to_number(port, 1, 65535, &number))
			return false;
	}
	(void)snprintf(out, capacity, "ssh -t %s%s%s%.*s debug %s", port[0] != '\0' ? "-p " : "", port,
		       port[0] != '\0' ? " " : "", (int)length, destination, name);
	return true;
}

static enum docker_context refuse(const char *source, const char *host, const char *name, struct fail *why)
{
	char shown[SHOWN_MAX];
	char advice[2 * SHOWN_MAX];

	(void)text_encode(shown, sizeof(shown), host, strlen(host));
	if (strncmp(host, ssh_scheme, strlen(ssh_scheme)) == 0 &&
	    advise_ssh(advice, sizeof(advice), host, name))
		(void)fail_set(why, FAIL_TOOL,
			       "%s names the Docker of another host, `%s`; run `debug` there: `%s`", source,
			       shown, advice);
	else
		(void)fail_set(
		    why, FAIL_TOOL,
		    "%s names a Docker that is not on a socket of this host, `%s`; run `debug` on its host",
		    source, shown);
	return DOCKER_CONTEXT_REMOTE;
}

static enum docker_context take_host(char socket[DOCKER_SOCKET_MAX], const char *source, const char *host,
				     const char *name, struct fail *why)
{
	const char *path = host + strlen(unix_scheme);

	if (host[0] == '\0' || strcmp(host, unix_scheme) == 0)
		return DOCKER_CONTEXT_USUAL;
	if (strncmp(host, unix_scheme, strlen(unix_scheme)) != 0)
		return refuse(source, host, name, why);
	if (path[0] != '/' || strlcpy(socket, path, DOCKER_SOCKET_MAX) >= DOCKER_SOCKET_MAX) {
		(void)fail_set(why, FAIL_TOOL, "%s names a socket that cannot be: its path is %s", source,
			       path[0] != '/' ? "not absolute" : "too long");
		return DOCKER_CONTEXT_REMOTE;
	}
	return DOCKER_CONTEXT_SOCKET;
}

enum docker_context docker_context_find(char socket[DOCKER_SOCKET_MAX], const char *name, struct fail *why)
{
	const char *host = getenv("DOCKER_HOST");
	const char *chosen = getenv("DOCKER_CONTEXT");
	char shown[SHOWN_MAX];
	char source[SHOWN_MAX + 32];
	char current[NAME_MAX_BYTES + 1];
	char address[HOST_MAX];

	if (host != NULL && host[0] != '\0')
		return take_host(socket, "DOCKER_HOST", host, name, why);
	if (chosen == NULL || chosen[0] == '\0') {
		if (!read_current(current, why))
			return DOCKER_CONTEXT_WARNING;
		chosen = current;
	}
	if (chosen[0] == '\0' || strcmp(chosen, "default") == 0)
		return DOCKER_CONTEXT_USUAL;
	(void)snprintf(source, sizeof(source), "Docker's context `%s`",
		       text_encode(shown, sizeof(shown), chosen, strlen(chosen)));
	if (read_host(address, chosen))
		return take_host(socket, source, address, name, why);
	(void)fail_set(why, FAIL_TOOL,
		       "%s does not exist or its file is damaged; `docker context ls` shows what there is",
		       source);
	return DOCKER_CONTEXT_REMOTE;
}

int docker_context_apply(struct request *request, char socket[DOCKER_SOCKET_MAX], struct fail *why)
{
	static const char scheme[] = "docker://";
	const char *target = request->target != NULL ? request->target : "";
	const bool has_scheme = strncmp(target, scheme, strlen(scheme)) == 0;
	const bool is_asked =
	    has_scheme || (request->runtime != NULL && strcmp(request->runtime, "docker") == 0);
	const char *name = has_scheme ? target + strlen(scheme) : target;
	struct fail found = { 0 };

	switch (docker_context_find(socket, request->action == REQUEST_LS ? "ls" : name, &found)) {
	case DOCKER_CONTEXT_USUAL:
		break;
	case DOCKER_CONTEXT_SOCKET:
		request->docker_socket = socket;
		break;
	case DOCKER_CONTEXT_WARNING:
		if (is_asked && !request->is_quiet)
			(void)dprintf(STDERR_FILENO, "debug: %s\n", found.text);
		break;
	case DOCKER_CONTEXT_REMOTE:
		if (!is_asked)
			break;
		*why = found;
		return -1;
	}
	return 0;
}
