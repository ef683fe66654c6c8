/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Seccomp profiles of bundles: what is compiled is a program that the kernel would take, or nothing. */
#include "fuzz.h"

#include "json.h"
#include "seccomp_profile.h"

#include <fcntl.h>
#include <linux/seccomp.h>

/* As the kernel's own check: each jump leads to an instruction, and the last one answers. */
static void check(const struct sock_filter *code, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (BPF_CLASS(code[i].code) != BPF_JMP)
			continue;
		if (BPF_OP(code[i].code) == BPF_JA)
			FUZZ_CHECK(code[i].k < count - i - 1);
		else
			FUZZ_CHECK(i + 1 + code[i].jt < count && i + 1 + code[i].jf < count);
	}
	FUZZ_CHECK(BPF_CLASS(code[count - 1].code) == BPF_RET);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sock_filter code[BPF_MAXINSNS];
	char *text = fuzz_text(data, size);
	json_t *profile = json_parse(text, size);
	struct fail why = { 0 };
	int pipe_fd[2];
	int count;

	FUZZ_CHECK(pipe2(pipe_fd, O_CLOEXEC | O_NONBLOCK) == 0);
	if (profile != NULL) {
		count = seccomp_profile_compile(code, profile, pipe_fd, &why);
		FUZZ_CHECK(count <= BPF_MAXINSNS && (count > 0) == (why.status == FAIL_NONE));
		if (count > 0)
			check(code, (size_t)count);
	}
	(void)close(pipe_fd[0]);
	(void)close(pipe_fd[1]);
	json_decref(profile);
	free(text);
	return 0;
}
