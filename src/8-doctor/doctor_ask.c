/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `debug doctor`, the front's side: what can be told without the helper, and what the helper says.
 */
#include "doctor.h"

#include "fd.h"
#include "terminal.h"
#include "text.h"
#include "wire.h"

#include <bsd/string.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COLUMNS_LEAST = 60, COLUMNS_MOST = 120, COLUMNS_UNKNOWN = 100, SHOWN_MAX = 200 };

#define LOCAL_SOCKET "unix://"

__attribute__((format(printf, 6, 7))) static void add(struct doctor_report *report, enum doctor_group group,
						      const char *name, enum doctor_state state,
						      bool is_needed, const char *format, ...)
{
	struct doctor_check *check = &report->checks[report->count];
	va_list arguments;

	if (report->count == DOCTOR_CHECKS_MAX)
		return;
	report->count++;
	*check = (struct doctor_check){ .group = (uint8_t)group,
					.state = (uint8_t)state,
					.is_needed = is_needed,
					.is_folded = state == DOCTOR_OK };
	(void)strlcpy(check->name, name, sizeof(check->name));
	va_start(arguments, format);
	(void)vsnprintf(check->text, sizeof(check->text), format, arguments);
	va_end(arguments);
}

/* Whatever the helper is, what goes to the terminal is printable and in range. */
static void take(struct doctor_report *report, const struct doctor_check *said)
{
	struct doctor_check *check = &report->checks[report->count];

	if (report->count == DOCTOR_CHECKS_MAX || said->group >= DOCTOR_GROUP_COUNT ||
	    said->state >= DOCTOR_STATE_COUNT)
		return;
	*check = *said;
	(void)text_encode(check->name, sizeof(check->name), said->name,
			  strnlen(said->name, sizeof(said->name)));
	(void)text_encode(check->text, sizeof(check->text), said->text,
			  strnlen(said->text, sizeof(said->text)));
	if (check->group == DOCTOR_PROGRAM && strcmp(check->name, "version") == 0) {
		const bool is_same = strcmp(check->text, DEBUG_VERSION) == 0;

		add(report, DOCTOR_PROGRAM, "version", is_same ? DOCTOR_OK : DOCTOR_LIMITED, true,
		    is_same ? "debug and debug-helper are both %s"
			    : "debug is " DEBUG_VERSION " and debug-helper is %s; install both again",
		    said->text);
		return;
	}
	report->count++;
}

static void check_docker_host(struct doctor_report *report, struct request *request)
{
	const char *host = getenv("DOCKER_HOST");
	char shown[SHOWN_MAX];

	if (host == NULL || host[0] == '\0')
		return;
	(void)text_encode(shown, sizeof(shown), host, strlen(host));
	if (strncmp(host, LOCAL_SOCKET, strlen(LOCAL_SOCKET)) != 0) {
		add(report, DOCTOR_PROGRAM, "$DOCKER_HOST", DOCTOR_LIMITED, false,
		    "is %s, an engine elsewhere; debug attaches on the host where the container runs", shown);
		return;
	}
	add(report, DOCTOR_PROGRAM, "$DOCKER_HOST", DOCTOR_OK, false, "is %s", shown);
	if (request->docker_socket == NULL)
		request->docker_socket = host + strlen(LOCAL_SOCKET);
}

/* Until REPLY_ENDED; whatever comes instead is what is wrong with the helper. */
static void listen_to(struct doctor_report *report, int talk_fd)
{
	struct reply reply;
	size_t fd_count;

	for (;;) {
		if (wire_receive(talk_fd, &reply, sizeof(reply), NULL, 0, &fd_count) != sizeof(reply) ||
		    reply.version != WIRE_VERSION) {
			add(report, DOCTOR_PROGRAM, "helper", DOCTOR_MISSING, true,
			    "debug-helper ended without a word, or is of another version; install debug again");
			return;
		}
		if (reply.kind == REPLY_ENDED)
			return;
		if (reply.kind == REPLY_CHECK) {
			take(report, &reply.with.check);
			continue;
		}
		reply.with.fail.text[sizeof(reply.with.fail.text) - 1] = '\0';
		add(report, DOCTOR_PROGRAM, "helper", DOCTOR_MISSING, true, "%.600s",
		    reply.kind == REPLY_FAILED ? reply.with.fail.text
					       : "debug-helper said something out of turn");
		return;
	}
}

static int ask(struct doctor_report *report, const struct request *request, int talk_fd, struct fail *why)
{
	const struct order order = { .version = WIRE_VERSION, .kind = ORDER_REQUEST };
	CLOSE_AT_EXIT int memory_fd = request_seal(request, why);

	if (memory_fd < 0)
		return -1;
	add(report, DOCTOR_PROGRAM, "helper", DOCTOR_OK, true, "debug-helper was found and runs");
	/* A helper that ended at once is told by listen_to. */
	(void)wire_send(talk_fd, &order, sizeof(order), &memory_fd, 1);
	listen_to(report, talk_fd);
	return 0;
}

int doctor_ask(struct request *request, int talk_fd, const struct fail *no_helper, struct fail *why)
{
	static struct doctor_report report;
	unsigned short rows;
	unsigned short columns;
	char sentence[SHOWN_MAX];

	report.target = request->target;
	check_docker_host(&report, request);
	if (talk_fd == FD_NONE)
		add(&report, DOCTOR_PROGRAM, "helper", DOCTOR_MISSING, true, "%.600s", no_helper->text);
	else if (ask(&report, request, talk_fd, why) < 0)
		return -1;
	terminal_size(&rows, &columns);
	if (!isatty(STDOUT_FILENO) || columns == 0)
		columns = COLUMNS_UNKNOWN;
	if (columns < COLUMNS_LEAST)
		columns = COLUMNS_LEAST;
	if (request->is_json)
		doctor_show_json(&report, stdout);
	else
		doctor_show(&report, columns > COLUMNS_MOST ? COLUMNS_MOST : columns, stdout);
	if (fflush(stdout) != 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot write to standard output");
	return doctor_judge(&report, sentence, sizeof(sentence)) == DOCTOR_MISSING;
}
