/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The audit trail.  One line before a session, one after it; one alone for what was refused.
 *
 * Should:  be valid JSON in printable ASCII whatever the fields hold: foreign bytes are written as vis(3)
 * does, ESC as \033, so that no name can forge a line or a field, and every one can be had back with
 * unvis(1). Mustn't: wait for a reader, follow a link, or let a log that is full or gone end a session.
 */
#include "audit.h"

#include "capabilities.h"
#include "clock.h"
#include "fd.h"
#include "text.h"

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
	LINE_MAX_SIZE = 16 << 10,
	FIELD_MAX = 1024,   /* encoded */
	COMMAND_MAX = 4096, /* so much of the words in all */
	PRIORITY = 85,	    /* authpriv.notice (syslog(3)) */
};

struct line {
	char text[LINE_MAX_SIZE];
	size_t used;
	bool is_cut;
};

__attribute__((format(printf, 2, 3))) static void put(struct line *line, const char *format, ...)
{
	const size_t left = sizeof(line->text) - line->used;
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(line->text + line->used, left, format, arguments);
	va_end(arguments);
	line->used += size < 0 ? 0 : (size_t)size < left ? (size_t)size : left - 1;
}

/* As vis(3) with VIS_OCTAL, whose own backslash is two here, so that no text looks like another's encoding.
 * JSON wants each of these escaped once more, and the quotation mark. */
static void put_quoted(struct line *line, const char *value)
{
	const size_t most = line->used + FIELD_MAX;

	put(line, "\"");
	for (const char *at = value; *at != '\0'; at++) {
		if (line->used >= most) {
			line->is_cut = true;
			break;
		}
		if (*at == '\\')
			put(line, "\\\\\\\\");
		else if (*at == '"')
			put(line, "\\\"");
		else if (*at >= ' ' && *at <= '~')
			put(line, "%c", *at);
		else
			put(line, "\\\\%03o", (unsigned int)(unsigned char)*at);
	}
	put(line, "\"");
}

static void put_string(struct line *line, const char *key, const char *value)
{
	put(line, ",\"%s\":", key);
	if (value == NULL)
		put(line, "null");
	else
		put_quoted(line, value);
}

static void put_command(struct line *line, const struct request *request)
{
	const size_t start = line->used;

	put(line, ",\"command\":[");
	for (size_t i = 0; i < request->command_count; i++) {
		if (line->used - start > COMMAND_MAX) {
			line->is_cut = true;
			break;
		}
		put(line, "%s", i > 0 ? "," : "");
		put_quoted(line, request->command[i]);
	}
	put(line, "]");
}

static void begin_line(struct line *line, const struct audit *audit, const char *event)
{
	struct timespec now;
	struct tm utc;
	char stamp[32] = "";

	line->used = 0;
	line->is_cut = false;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (gmtime_r(&now.tv_sec, &utc) != NULL)
		(void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &utc);
	put(line, "{\"time\":\"%s.%03ldZ\",\"event\":\"%s\",\"session\":\"%016" PRIx64 "\",\"uid\":%u", stamp,
	    now.tv_nsec / 1000000, event, audit->session, (unsigned int)audit->uid);
	if (audit->login_uid >= 0)
		put(line, ",\"login_uid\":%d", (int)audit->login_uid);
	else
		put(line, ",\"login_uid\":null");
}

/* What the caller's environment says, which the caller may have written. */
static void put_claims(struct line *line, const struct request *request)
{
	put_string(line, "claimed_sudo_user", request->sudo_user);
	put_string(line, "claimed_ssh_connection", request->ssh_connection);
	put_string(line, "reason", request->reason);
	put_string(line, "asked_for", request->target);
}

/* A write that was cut short, by a full disk or a crash, has left half a line: ours begins on one of its own.
 */
static bool has_half_a_line(int file_fd)
{
	const off_t size = lseek(file_fd, 0, SEEK_END);
	char last = '\n';

	return size > 0 && pread(file_fd, &last, 1, size - 1) == 1 && last != '\n';
}

static bool write_to_file(const struct audit *audit, struct line *line)
{
	const char newline = '\n';
	ssize_t size;

	if (has_half_a_line(audit->file_fd) && write(audit->file_fd, &newline, 1) != 1)
		return false;
	/* In one piece: others append, too. */
	line->text[line->used] = '\n';
	size = write(audit->file_fd, line->text, line->used + 1);
	line->text[line->used] = '\0';
	if (size >= 0 && (size_t)size < line->used + 1)
		errno = ENOSPC;
	return size == (ssize_t)line->used + 1;
}

static bool write_to_syslog(const struct audit *audit, const struct line *line)
{
	char message[LINE_MAX_SIZE + 64];
	const int size =
	    snprintf(message, sizeof(message), "<%d>debug[%d]: %s", PRIORITY, (int)getpid(), line->text);

	return send(audit->syslog_fd, message, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL) == size;
}

/* True if anybody took the line. */
static bool end_line(struct audit *audit, struct line *line)
{
	bool is_taken = false;

	put(line, "%s}", line->is_cut ? ",\"is_cut\":true" : "");
	if (audit->file_fd != FD_NONE) {
		is_taken = write_to_file(audit, line);
		if (!is_taken)
			(void)fail_errno(&audit->problem, FAIL_TOOL, errno, "cannot write to %s",
					 AUDIT_DIRECTORY "/" AUDIT_FILE);
	}
	if (audit->syslog_fd != FD_NONE) {
		const bool is_sent = write_to_syslog(audit, line);

		if (!is_sent)
			(void)fail_errno(&audit->problem, FAIL_TOOL, errno, "cannot write to %s",
					 AUDIT_SYSLOG);
		is_taken = is_taken || is_sent;
	}
	return is_taken;
}

/* Root's alone, or somebody else could have put there what is in it. */
int audit_open_directory(struct fail *problem)
{
	CLOSE_AT_EXIT int fd = open(AUDIT_DIRECTORY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;

	if (fd < 0 && errno == ENOENT)
		return FD_NONE;
	if (fd < 0 || fstat(fd, &status) < 0 || status.st_uid != 0 ||
	    (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		(void)fail_set(problem, FAIL_TOOL, "%s is not a directory that only root may write to",
			       AUDIT_DIRECTORY);
		return FD_NONE;
	}
	return fd_steal(&fd);
}

static int open_file(struct fail *problem)
{
	CLOSE_AT_EXIT int directory_fd = audit_open_directory(problem);
	CLOSE_AT_EXIT int fd = FD_NONE;
	struct stat status;

	if (directory_fd < 0)
		return FD_NONE;
	fd = openat(directory_fd, AUDIT_FILE,
		    O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0 || fstat(fd, &status) < 0) {
		(void)fail_errno(problem, FAIL_TOOL, errno, "cannot open %s", AUDIT_DIRECTORY "/" AUDIT_FILE);
		return FD_NONE;
	}
	if (!S_ISREG(status.st_mode) || status.st_uid != 0 || status.st_nlink != 1) {
		(void)fail_set(problem, FAIL_TOOL, "%s is not a file of root's own",
			       AUDIT_DIRECTORY "/" AUDIT_FILE);
		return FD_NONE;
	}
	return fd_steal(&fd);
}

static int open_syslog(void)
{
	CLOSE_AT_EXIT int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = AUDIT_SYSLOG };

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return FD_NONE;
	return fd_steal(&fd);
}

static int32_t read_login_uid(int host_proc_fd)
{
	char text[32];
	int64_t uid;

	if (fd_read_file_at(host_proc_fd, "self/loginuid", text, sizeof(text)) < 0)
		return -1;
	text[strcspn(text, "\n")] = '\0';
	/* 4294967295: no login. */
	return text_to_number(text, 0, INT32_MAX, &uid) ? (int32_t)uid : -1;
}

void audit_open(struct audit *audit, uint32_t uid, int host_proc_fd)
{
	*audit = (struct audit){ .started_ms = clock_now_ms(),
				 .uid = uid,
				 .login_uid = read_login_uid(host_proc_fd) };
	if (getrandom(&audit->session, sizeof(audit->session), GRND_NONBLOCK) != sizeof(audit->session))
		audit->session = (uint64_t)getpid() << 32 | (uint64_t)(uint32_t)audit->started_ms;
	audit->file_fd = open_file(&audit->problem);
	audit->syslog_fd = open_syslog();
}

int audit_begin(struct audit *audit, const struct request *request, const struct target *target,
		const struct grant *grant, const char *recording, bool is_required, struct fail *why)
{
	const struct sighting *seen = &target->seen;
	char names[CAPABILITY_NAMES_MAX];
	struct line line;

	begin_line(&line, audit, "begin");
	put_claims(&line, request);
	put_string(&line, "runtime", runtime_name((enum target_runtime)seen->runtime));
	put_string(&line, "name", seen->name);
	put_string(&line, "id", seen->id);
	put_string(&line, "scope", seen->scope);
	put_string(&line, "image", seen->image);
	put_string(&line, "image_digest", seen->digest[0] != '\0' ? seen->digest : NULL);
	put(&line, ",\"pid\":%d,\"started\":%" PRIu64 ",\"owner\":%u", (int)seen->pid, target->start_time,
	    (unsigned int)seen->owner);
	put_string(&line, "profile", request_profile_name(request->profile));
	put_string(&line, "capabilities", capability_list(grant->capabilities, names, sizeof(names)));
	put_string(&line, "user", request->user);
	put_string(&line, "recording", recording);
	if (grant->rule != 0)
		put(&line, ",\"rule\":%u,\"max_seconds\":%u", grant->rule, (unsigned int)grant->max_seconds);
	put(&line, ",\"write\":%s,\"scratch\":%s,\"stealth\":%s,\"terminal\":%s",
	    grant->is_write ? "true" : "false", request->is_scratch ? "true" : "false",
	    request->is_stealth ? "true" : "false", request->has_terminal ? "true" : "false");
	put_string(&line, "shell_line", request->shell_line);
	put_command(&line, request);
	audit->has_begun = true;
	if (end_line(audit, &line) || !is_required)
		return 0;
	return fail_set(why, FAIL_DENIED, "this session must be audited, and that is not possible: %.500s",
			audit->problem.status != FAIL_NONE ? audit->problem.text
							   : "there is neither a log nor " AUDIT_DIRECTORY);
}

void audit_end(struct audit *audit, const struct request *request, const struct result *result,
	       const struct fail *why)
{
	struct line line;

	begin_line(&line, audit, audit->has_begun ? "end" : "refused");
	if (!audit->has_begun)
		put_claims(&line, request);
	put(&line, ",\"duration_ms\":%" PRId64, clock_now_ms() - audit->started_ms);
	put(&line, ",\"status\":%d",
	    why->status != FAIL_NONE ? (int)why->status : result_exit_status(result));
	put_string(&line, "error", why->status != FAIL_NONE ? why->text : NULL);
	(void)end_line(audit, &line);
}

void audit_close(struct audit *audit)
{
	fd_close(&audit->file_fd);
	fd_close(&audit->syslog_fd);
}
