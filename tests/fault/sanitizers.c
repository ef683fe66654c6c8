/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program with AddressSanitizer needs to run as ours do: to be told by itself, for the helper has no
 * environment, and no limit of its address space, of which the sanitizer takes terabytes.  Programs that end
 * at once free nothing.  A finding ends the process by SIGABRT, which no test takes for an answer.
 */
#include <sys/resource.h>

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:abort_on_error=1:disable_coredump=1:handle_segv=0:detect_stack_use_after_return=1";
}

int __real_setrlimit(__rlimit_resource_t resource, const struct rlimit *limit);
int __wrap_setrlimit(__rlimit_resource_t resource, const struct rlimit *limit);
int __wrap_setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	return resource == RLIMIT_AS ? 0 : __real_setrlimit(resource, limit);
}
