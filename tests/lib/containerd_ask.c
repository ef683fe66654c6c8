/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks a containerd as the resolver process does, under its filter, and prints what came of it: one line for
 * each field that is set.
 *
 * Usage: containerd-ask [--record] SOCKET container|image SCOPE NAME
 *        containerd-ask [--record] SOCKET layers SCOPE SNAPSHOTTER KEY
 *
 * With --record it prints before that each call as a row for tests/unit/grpc_server.h.
 * Exit status: 0 found, 1 not found, 2 failed, with the sentence on standard output; SIGSYS if the filter
 * lacks something.
 */
#include "clock.h"
#include "containerd.h"
#include "filters.h"
#include "grpc.h"

#include <err.h>
#include <jansson.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { DEADLINE_MS = 5000, MEMORY_MAX = 96 << 20 };

static struct sighting seen;
static char output[1 << 17];

static bool is_recording;

int __real_grpc_call(struct grpc *connection, const struct grpc_request *request, int64_t deadline_ms,
		     struct grpc_answer *answer, struct fail *why);
int __wrap_grpc_call(struct grpc *connection, const struct grpc_request *request, int64_t deadline_ms,
		     struct grpc_answer *answer, struct fail *why);

static void print_literal(const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	int column = 0;

	(void)printf("\n\"");
	for (size_t i = 0; i < size; i++) {
		if (column > 120) {
			(void)printf("\"\n\"");
			column = 0;
		}
		if (at[i] < ' ' || at[i] > '~' || at[i] == '?')
			column += printf("\\%03o", at[i]);
		else
			column += printf("%s%c", at[i] == '"' || at[i] == '\\' ? "\\" : "", at[i]);
	}
	(void)printf("\"");
}

/* The linker puts this in the place of grpc_call. */
int __wrap_grpc_call(struct grpc *connection, const struct grpc_request *request, int64_t deadline_ms,
		     struct grpc_answer *answer, struct fail *why)
{
	int outcome = __real_grpc_call(connection, request, deadline_ms, answer, why);
	bool has_scope = request->metadata_count > 0;

	if (!is_recording || outcome < 0)
		return outcome;
	(void)printf("{ \"%s\", \"%s\",", request->path + strlen("/containerd.services."),
		     has_scope ? request->metadata[0].value : "");
	print_literal(request->message->bytes, request->message->size);
	(void)printf(",\n%zu, %d,", request->message->size, answer->status);
	print_literal(answer->bytes, answer->size);
	(void)printf(",\n%zu },\n", answer->size);
	return outcome;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		errx(2, "%s: too long", path);
	memcpy(address.sun_path, path, strlen(path));
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		err(2, "%s", path);
	return fd;
}

static void confine(void)
{
	const struct rlimit memory = { MEMORY_MAX, MEMORY_MAX };

	json_object_seed(1);
	if (setvbuf(stdout, output, _IOFBF, sizeof(output)) != 0 || setrlimit(RLIMIT_AS, &memory) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter_resolver) < 0)
		err(2, "cannot confine myself");
}

static void print_list(const char *name, const char *list, size_t size)
{
	for (size_t i = 0; i < size; i += strlen(list + i) + 1)
		(void)printf("%s %s\n", name, list + i);
}

static void print_seen(void)
{
	static const char *const states[] = { "running", "paused", "stopped", "image" };

	(void)printf("state %s\npid %d\nid %s\nscope %s\nname %s\nimage %s\n", states[seen.state], seen.pid,
		     seen.id, seen.scope, seen.name, seen.image);
	print_list("configured", seen.configured, seen.configured_size);
	print_list("layer", seen.layers, seen.layers_size);
}

int main(int argc, char *argv[])
{
	struct fail why = { 0 };
	int64_t deadline_ms = clock_now_ms() + DEADLINE_MS;
	int outcome;
	int fd;

	if (argc > 1 && strcmp(argv[1], "--record") == 0) {
		is_recording = true;
		argv++;
		argc--;
	}
	if (argc < 5 || argc != (strcmp(argv[2], "layers") == 0 ? 6 : 5))
		errx(2, "usage: containerd-ask SOCKET container|image|layers SCOPE NAME [KEY]");
	fd = connect_to(argv[1]);
	confine();
	if (strcmp(argv[2], "container") == 0)
		outcome = containerd_find_container(&seen, fd, argv[3], argv[4], deadline_ms, &why);
	else if (strcmp(argv[2], "image") == 0)
		outcome = containerd_find_image(&seen, fd, argv[3], argv[4], deadline_ms, &why);
	else
		outcome = containerd_find_layers(&seen, fd, argv[3], argv[4], argv[5], deadline_ms, &why);
	if (outcome == 0)
		print_seen();
	else
		(void)printf("%s\n", outcome > 0 ? "not found" : why.text);
	if (fflush(stdout) != 0)
		return 2;
	_exit(outcome < 0 ? 2 : outcome);
}
