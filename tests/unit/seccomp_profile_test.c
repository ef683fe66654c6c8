/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-target/seccomp_profile.c"

#include "unit.h"

#include <fcntl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static struct sock_filter code[BPF_MAXINSNS];

static int compile(const char *text, struct fail *why)
{
	json_t *profile = json_loads(text, 0, NULL);
	int pipe_fd[2];
	int count;

	assert_non_null(profile);
	*why = (struct fail){ 0 };
	assert_int_equal(pipe2(pipe_fd, O_CLOEXEC | O_NONBLOCK), 0);
	count = seccomp_profile_compile(code, profile, pipe_fd, why);
	(void)close(pipe_fd[0]);
	(void)close(pipe_fd[1]);
	json_decref(profile);
	return count;
}

/* The errno of a call, made by a child that is under the profile; 0 if it succeeds, -1 if it is killed. */
static int try(const char *profile, long number, unsigned long first, unsigned long second)
{
	struct sock_fprog program = { .filter = code };
	struct fail why;
	const int count = compile(profile, &why);
	int status;
	pid_t child;

	assert_true(count > 0);
	program.len = (unsigned short)count;
	child = fork();
	if (child == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
			_exit(255);
		/* Not by _exit, before which a sanitizer makes calls of its own. */
		(void)syscall(SYS_exit_group,
			      syscall(number, first, second, 0, 0, 0, 0) < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void refuses_by_name_with_its_own_errno(void **state)
{
	static const char profile[] =
	    "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
	    "{\"names\":[\"getppid\",\"no_such_call\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":33},"
	    "{\"names\":[\"getuid\"],\"action\":\"SCMP_ACT_ERRNO\"},"
	    "{\"names\":[\"getgid\"],\"action\":\"SCMP_ACT_NOTIFY\"},"
	    "{\"names\":[\"geteuid\"],\"action\":\"SCMP_ACT_KILL_PROCESS\"}]}";

	(void)state;
	assert_int_equal(try(profile, SYS_getppid, 0, 0), 33);
	assert_int_equal(try(profile, SYS_getuid, 0, 0), EPERM);
	assert_int_equal(try(profile, SYS_getgid, 0, 0), ENOSYS);
	assert_int_equal(try(profile, SYS_geteuid, 0, 0), -1);
	assert_int_equal(try(profile, SYS_umask, 022, 0), 0);
	/* Whatever this kernel makes of it; no filter has refused it. */
	assert_int_equal(try(profile, 1000, 0, 0), ENOSYS);
}

static void a_call_that_the_profile_is_too_old_for_is_not_there(void **state)
{
	static const char profile[] =
	    "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":["
	    "{\"names\":[\"exit_group\",\"exit\",\"pidfd_open\"],\"action\":\"SCMP_ACT_ALLOW\"}]}";

	(void)state;
	assert_int_equal(try(profile, SYS_getppid, 0, 0), EPERM);
	assert_int_equal(try(profile, SYS_pidfd_open, 0, 0), EINVAL);
	assert_int_equal(try(profile, SYS_pidfd_open + 1, 0, 0), ENOSYS);
	assert_int_equal(try(profile, 1000, 0, 0), ENOSYS);
}

static void compares_arguments(void **state)
{
	static const char one[] =
	    "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"personality\"],"
	    "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":34,\"args\":["
	    "{\"index\":0,\"value\":8,\"op\":\"SCMP_CMP_EQ\"}]}]}";
	static const char masked[] =
	    "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"umask\"],"
	    "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":34,\"args\":["
	    "{\"index\":0,\"value\":2,\"valueTwo\":2,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}]}";
	static const char twice[] =
	    "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"personality\"],"
	    "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":34,\"args\":["
	    "{\"index\":0,\"value\":8,\"op\":\"SCMP_CMP_EQ\"},"
	    "{\"index\":0,\"value\":4294967295,\"op\":\"SCMP_CMP_EQ\"}]}]}";

	(void)state;
	assert_int_equal(try(one, SYS_personality, 8, 0), 34);
	assert_int_equal(try(one, SYS_personality, 0xffffffffU, 0), 0);
	assert_int_equal(try(masked, SYS_umask, 3, 0), 34);
	assert_int_equal(try(masked, SYS_umask, 1, 0), 0);
	assert_int_equal(try(twice, SYS_personality, 8, 0), 34);
	assert_int_equal(try(twice, SYS_personality, 0xffffffffU, 0), 34);
	assert_int_equal(try(twice, SYS_personality, 0, 0), 0);
}

static void refuses_what_it_does_not_understand(void **state)
{
	static const char *const bad[] = {
		"{}",
		"[]",
		"{\"defaultAction\":7}",
		"{\"defaultAction\":\"SCMP_ACT_MAYBE\"}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"]}]}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],\"action\":\"?\"}]}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_KILL\","
		"\"args\":[{\"index\":6,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]}]}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_KILL\","
		"\"args\":[{\"index\":-1,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]}]}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_KILL\","
		"\"args\":[{\"index\":0,\"value\":1,\"op\":\"=\"}]}]}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_KILL\","
		"\"args\":[{},{},{},{},{},{},{}]}]}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct fail why;

		assert_int_equal(compile(bad[i], &why), -1);
		assert_int_equal(why.status, FAIL_TOOL);
		assert_non_null(strstr(why.text, "give another --profile"));
	}
}

/* Names of no call, of another architecture's, and twice the same. */
static void skips_what_runtimes_skip(void **state)
{
	struct fail why;

	(void)state;
	assert_true(
	    compile(
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\","
		"\"SCMP_ARCH_X32\",\"SCMP_ARCH_S390X\"],\"syscalls\":["
		"{\"names\":[\"no_such_call\",7,\"set_tls\",\"read\",\"read\"],\"action\":\"SCMP_ACT_LOG\"},"
		"{\"names\":[\"write\"],\"action\":\"SCMP_ACT_ALLOW\"}]}",
		&why) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_by_name_with_its_own_errno),
		cmocka_unit_test(a_call_that_the_profile_is_too_old_for_is_not_there),
		cmocka_unit_test(compares_arguments),
		cmocka_unit_test(refuses_what_it_does_not_understand),
		cmocka_unit_test(skips_what_runtimes_skip),
	};

	return cmocka_run_group_tests_name("seccomp_profile", tests, NULL, NULL);
}
