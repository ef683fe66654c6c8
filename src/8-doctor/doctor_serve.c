/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `debug doctor`, the helper's side: one check after the other, each told as soon as it is known.
 */
#include "doctor.h"
#include "doctor_checks.h"

#include "fd.h"
#include "grant.h"
#include "text.h"
#include "wire.h"

#include <bsd/string.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

enum { LINE_LENGTH_MAX = 256 };

void doctor_say(enum doctor_group group, const char *name, enum doctor_state state, int flags,
		const char *format, ...)
{
	struct reply message = { .version = WIRE_VERSION, .kind = REPLY_CHECK };
	struct doctor_check *check = &message.with.check;
	va_list arguments;

	check->group = (uint8_t)group;
	check->state = (uint8_t)state;
	check->is_needed = (flags & DOCTOR_NEEDED) != 0;
	check->is_folded = (flags & DOCTOR_FOLDED) != 0;
	(void)strlcpy(check->name, name, sizeof(check->name));
	va_start(arguments, format);
	(void)vsnprintf(check->text, sizeof(check->text), format, arguments);
	va_end(arguments);
	(void)wire_send(TALK_FD, &message, sizeof(message), NULL, 0);
}

bool check_read_line(const char *path, char *line, size_t capacity)
{
	char text[LINE_LENGTH_MAX];
	CLOSE_AT_EXIT int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	const ssize_t size = fd < 0 ? -1 : fd_read_all(fd, text, sizeof(text));
	const char *end = size < 0 ? NULL : memchr(text, '\n', (size_t)size);

	if (size < 0)
		return false;
	(void)text_encode(line, capacity, text, end != NULL ? (size_t)(end - text) : (size_t)size);
	return true;
}

static void check_caller(const struct caller *caller, bool *is_root)
{
	struct fail refusal = { 0 };

	*is_root = grant_check_caller(caller, NULL, &refusal) == 0;
	if (*is_root)
		doctor_say(DOCTOR_RIGHTS, "root", DOCTOR_OK, DOCTOR_NEEDED | DOCTOR_FOLDED,
			   "runs with root's rights");
	else
		doctor_say(DOCTOR_RIGHTS, "root", DOCTOR_MISSING, DOCTOR_NEEDED,
			   "%s; what needs rights could not be checked: run `sudo debug doctor`",
			   refusal.text);
}

int doctor_serve(const struct request *request, const struct caller *caller, struct fail *why)
{
	const struct reply end = { .version = WIRE_VERSION, .kind = REPLY_ENDED };
	CLOSE_AT_EXIT int host_proc_fd = proc_open(why);
	bool is_root;

	if (host_proc_fd < 0)
		return -1;
	/* The front compares it with its own. */
	doctor_say(DOCTOR_PROGRAM, "version", DOCTOR_OK, DOCTOR_NEEDED, "%s", DEBUG_VERSION);
	check_caller(caller, &is_root);
	check_kernel(is_root);
	check_cgroup(host_proc_fd, is_root);
	check_security();
	check_rights();
	check_toolbox(is_root);
	check_engines(request->docker_socket);
	if (request->target != NULL && is_root)
		check_target(request, host_proc_fd);
	else if (request->target != NULL)
		doctor_say(DOCTOR_TARGET, "process", DOCTOR_UNKNOWN, DOCTOR_NEEDED,
			   "only root can look at it; run `sudo debug doctor TARGET`");
	(void)wire_send(TALK_FD, &end, sizeof(end), NULL, 0);
	return 0;
}
