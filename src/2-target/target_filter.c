/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seccomp filter of a target.  The kernel gives it to nobody who does not stop the process, but the
 * runtime made it from the bundle, and from that it can be made again: by the resolver, which understands and
 * compiles it without rights.
 *
 * Should:  believe no more of what comes back than that it is a program; the kernel checks it again.
 */
#include "target.h"

#include "clock.h"
#include "evidence.h"
#include "fd.h"
#include "inquiry.h"
#include "json.h"
#include "seccomp_profile.h"
#include "text.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEADLINE_MS = 3000, PIPE_FD_FIRST = SANDBOX_FD_FIRST };

struct answer {
	uint32_t version;
	uint32_t count; /* 0: the bundle has no profile */
	struct fail why;
	struct sock_filter code[BPF_MAXINSNS];
};

/* In the sandbox. */
static void compile(const void *context)
{
	static struct answer answer = { .version = WIRE_VERSION };
	static const int pipe_fd[2] = { PIPE_FD_FIRST, PIPE_FD_FIRST + 1 };
	const struct evidence *bundle = context;
	json_t *config = json_parse(bundle->bytes, bundle->size);
	const json_t *profile = json_object_get(json_object_get(config, "linux"), "seccomp");
	int count = 0;

	if (config == NULL)
		count = fail_set(&answer.why, FAIL_TOOL,
				 "the target's OCI bundle is no JSON; give another --profile");
	else if (profile != NULL)
		count = seccomp_profile_compile(answer.code, profile, pipe_fd, &answer.why);
	answer.count = count > 0 ? (uint32_t)count : 0;
	(void)wire_send(SANDBOX_ANSWER_FD, &answer, sizeof(answer), NULL, 0);
}

static int receive(struct target *target, int answer_fd, struct fail *why)
{
	static struct answer answer;
	size_t fd_count;

	if (!clock_wait(answer_fd, POLLIN, clock_now_ms() + DEADLINE_MS) ||
	    wire_receive(answer_fd, &answer, sizeof(answer), NULL, 0, &fd_count) != sizeof(answer) ||
	    answer.version != WIRE_VERSION || answer.count > BPF_MAXINSNS ||
	    !text_is_encoded(answer.why.text, sizeof(answer.why.text)))
		return fail_set(why, FAIL_TOOL,
				"the target's seccomp profile cannot be read; give another --profile");
	if (answer.why.status != FAIL_NONE)
		return fail_set(why, FAIL_TOOL, "%s", answer.why.text);
	if (answer.count == 0)
		return 0;
	target->filter = reallocarray(NULL, answer.count, sizeof(answer.code[0]));
	if (target->filter == NULL)
		return fail_errno(why, FAIL_TOOL, ENOMEM, "cannot keep the target's seccomp filter");
	memcpy(target->filter, answer.code, answer.count * sizeof(answer.code[0]));
	target->filter_count = answer.count;
	return 0;
}

static int ask(struct target *target, const struct evidence *bundle, struct fail *why)
{
	struct sandbox sandbox;
	int pipe_fd[2];
	int failed;

	if (pipe2(pipe_fd, O_CLOEXEC | O_NONBLOCK) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make a pipe");
	failed = inquiry_start(&sandbox, pipe_fd, 2, compile, bundle, why);
	(void)close(pipe_fd[0]);
	(void)close(pipe_fd[1]);
	if (failed < 0)
		return -1;
	failed = receive(target, sandbox.answer_fd, why);
	sandbox_end(&sandbox);
	return failed;
}

int target_read_filter(struct target *target, struct fail *why)
{
	struct evidence_list evidence = { 0 };
	int failed = evidence_gather_bundle(&evidence, &target->seen, why);

	if (failed == 0 && evidence.count > 0)
		failed = ask(target, &evidence.all[0], why);
	evidence_free(&evidence);
	return failed;
}
