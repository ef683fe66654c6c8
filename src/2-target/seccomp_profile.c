/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.seccomp of a runtime specification → BPF, by the library that runtimes use for it, and with what runc
 * and crun add: a call whose number is above all that the profile knows fails with ENOSYS, so that programs
 * take it for one that this kernel lacks, and fall back.
 *
 * Should:  skip names that this libseccomp does not know, as runtimes do.
 * Mustn't: make a system call: the process that runs this may not.
 */
#include "seccomp_profile.h"

#include "json.h"

#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <linux/seccomp.h>

enum {
	ARGUMENTS_MAX = 6,
	API_LEVEL =
	    3,	      /* of libseccomp: with LOG and KILL_PROCESS; said, so that it does not ask the kernel */
	PROLOGUE = 6, /* instructions of begin_with_newer */
	NUMBERS_END = 1 << 30, /* where x86's other ABI begins */
};

/* `word` is lent, from the profile or from here. */
struct named {
	const char *word;
	uint32_t value;
};

static const struct named architectures[] = {
	{ "SCMP_ARCH_X86", SCMP_ARCH_X86 },	    { "SCMP_ARCH_X86_64", SCMP_ARCH_X86_64 },
	{ "SCMP_ARCH_X32", SCMP_ARCH_X32 },	    { "SCMP_ARCH_ARM", SCMP_ARCH_ARM },
	{ "SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64 },
};

static const struct named comparisons[] = {
	{ "SCMP_CMP_NE", SCMP_CMP_NE },
	{ "SCMP_CMP_LT", SCMP_CMP_LT },
	{ "SCMP_CMP_LE", SCMP_CMP_LE },
	{ "SCMP_CMP_EQ", SCMP_CMP_EQ },
	{ "SCMP_CMP_GE", SCMP_CMP_GE },
	{ "SCMP_CMP_GT", SCMP_CMP_GT },
	{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
};

static const struct named actions[] = {
	{ "SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS },
	{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP },
	{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW },
	{ "SCMP_ACT_LOG", SCMP_ACT_LOG },
	/* Without a supervisor or a tracer these are what the kernel makes of them. */
	{ "SCMP_ACT_NOTIFY", SCMP_ACT_ERRNO(ENOSYS) },
	{ "SCMP_ACT_TRACE", SCMP_ACT_ERRNO(ENOSYS) },
};

#define FIND(table, word, value) find(table, sizeof(table) / sizeof((table)[0]), word, value)

static bool find(const struct named *table, size_t count, const char *word, uint32_t *value)
{
	for (size_t i = 0; word != NULL && i < count; i++) {
		if (strcmp(table[i].word, word) == 0) {
			*value = table[i].value;
			return true;
		}
	}
	return false;
}

/* ERRNO has a number with it, EPERM if none is given. */
static bool read_action(uint32_t *action, const json_t *object, const char *key, const char *errno_key)
{
	const char *word = json_text(object, key);
	const json_t *number = json_object_get(object, errno_key);

	if (word == NULL || strcmp(word, "SCMP_ACT_ERRNO") != 0)
		return FIND(actions, word, action);
	*action = SCMP_ACT_ERRNO(json_is_integer(number) ? (uint32_t)json_integer_value(number) & 0xffffU
							 : (uint32_t)EPERM);
	return true;
}

static bool read_comparison(struct scmp_arg_cmp *comparison, const json_t *argument)
{
	const json_int_t index = json_integer_value(json_object_get(argument, "index"));
	const uint64_t value = (uint64_t)json_integer_value(json_object_get(argument, "value"));
	const uint64_t second = (uint64_t)json_integer_value(json_object_get(argument, "valueTwo"));
	uint32_t kind;

	if (index < 0 || index >= ARGUMENTS_MAX || !FIND(comparisons, json_text(argument, "op"), &kind))
		return false;
	*comparison = (struct scmp_arg_cmp){ .arg = (unsigned int)index,
					     .op = (enum scmp_compare)kind,
					     .datum_a = value,
					     .datum_b = kind == SCMP_CMP_MASKED_EQ ? second : 0 };
	return true;
}

/* The rules of one entry.  libseccomp takes each argument once in a rule; where the profile names one twice,
 * each comparison is a rule of its own, as runtimes do it. */
struct entry {
	uint32_t action;
	struct scmp_arg_cmp comparisons[ARGUMENTS_MAX];
	unsigned int count;
	bool is_apart;
};

static bool read_entry(struct entry *entry, const json_t *object)
{
	unsigned int seen = 0;
	size_t i;
	json_t *argument;

	*entry = (struct entry){ .count = 0 };
	if (!read_action(&entry->action, object, "action", "errnoRet") ||
	    json_array_size(json_object_get(object, "args")) > ARGUMENTS_MAX)
		return false;
	json_array_foreach(json_object_get(object, "args"), i, argument)
	{
		if (!read_comparison(&entry->comparisons[i], argument))
			return false;
		entry->is_apart = entry->is_apart || (seen & 1U << entry->comparisons[i].arg) != 0;
		seen |= 1U << entry->comparisons[i].arg;
		entry->count++;
	}
	return true;
}

static int add_rules(scmp_filter_ctx filter, const struct entry *entry, int number)
{
	int failed = 0;

	if (!entry->is_apart)
		return seccomp_rule_add_array(filter, entry->action, number, entry->count,
					      entry->comparisons);
	for (unsigned int i = 0; failed == 0 && i < entry->count; i++)
		failed = seccomp_rule_add_array(filter, entry->action, number, 1, &entry->comparisons[i]);
	return failed;
}

/* Of libseccomp: the call means nothing on one of the architectures, or the rule is there already. */
static bool is_harmless(int error)
{
	return error == -EDOM || error == -EEXIST;
}

static bool add_entry(scmp_filter_ctx filter, const json_t *object, uint32_t default_action, int *highest)
{
	struct entry entry;
	size_t i;
	json_t *name;

	if (!read_entry(&entry, object))
		return false;
	json_array_foreach(json_object_get(object, "names"), i, name)
	{
		const int number =
		    json_is_string(name) ? seccomp_syscall_resolve_name(json_string_value(name)) : -1;
		int failed = 0;

		if (number == __NR_SCMP_ERROR)
			continue;
		*highest = number > *highest ? number : *highest;
		/* libseccomp refuses what the filter does anyhow. */
		if (entry.action != default_action)
			failed = add_rules(filter, &entry, number);
		if (failed < 0 && !is_harmless(failed))
			return false;
	}
	return true;
}

static bool add_architectures(scmp_filter_ctx filter, const json_t *profile)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_object_get(profile, "architectures"), i, item)
	{
		uint32_t architecture;

		/* Others cannot run here, or not without their own emulator. */
		if (FIND(architectures, json_string_value(item), &architecture) &&
		    seccomp_arch_exist(filter, architecture) == -EEXIST &&
		    seccomp_arch_add(filter, architecture) < 0)
			return false;
	}
	return true;
}

static bool add_all(scmp_filter_ctx filter, const json_t *profile, uint32_t default_action, int *highest)
{
	size_t i;
	json_t *entry;

	if (!add_architectures(filter, profile))
		return false;
	json_array_foreach(json_object_get(profile, "syscalls"), i, entry)
	{
		if (!add_entry(filter, entry, default_action, highest))
			return false;
	}
	return true;
}

static size_t begin_with_newer(struct sock_filter code[PROLOGUE], int highest)
{
	const struct sock_filter newer[PROLOGUE] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, seccomp_arch_native(), 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		/* Above the highest, but not of the ABI that has its numbers far above. */
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (uint32_t)highest, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, NUMBERS_END, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	};

	memcpy(code, newer, sizeof(newer));
	return PROLOGUE;
}

static int export(struct sock_filter *code, size_t capacity, scmp_filter_ctx filter, const int pipe_fd[2])
{
	const size_t room = capacity * sizeof(*code);
	ssize_t size;

	if (seccomp_export_bpf(filter, pipe_fd[1]) < 0)
		return -1;
	size = read(pipe_fd[0], code, room);
	/* Cut short, by the pipe or by us, it would not end in an answer. */
	if (size <= 0 || (size_t)size >= room || (size_t)size % sizeof(*code) != 0 ||
	    BPF_CLASS(code[(size_t)size / sizeof(*code) - 1].code) != BPF_RET)
		return -1;
	return (int)((size_t)size / sizeof(*code));
}

int seccomp_profile_compile(struct sock_filter code[BPF_MAXINSNS], const json_t *profile,
			    const int pipe_fd[2], struct fail *why)
{
	uint32_t default_action;
	scmp_filter_ctx filter;
	size_t first = 0;
	int highest = -1;
	int count = -1;

	if (seccomp_api_set(API_LEVEL) < 0 ||
	    !read_action(&default_action, profile, "defaultAction", "defaultErrnoRet") ||
	    (filter = seccomp_init(default_action)) == NULL)
		return fail_set(why, FAIL_TOOL,
				"the target's seccomp profile has an action that is not known; give another "
				"--profile");
	if (add_all(filter, profile, default_action, &highest)) {
		if (default_action != SCMP_ACT_ALLOW && default_action != SCMP_ACT_LOG && highest >= 0)
			first = begin_with_newer(code, highest);
		count = export(code + first, BPF_MAXINSNS - first, filter, pipe_fd);
	}
	seccomp_release(filter);
	if (count < 0)
		return fail_set(why, FAIL_TOOL,
				"the target's seccomp profile cannot be compiled; give another --profile");
	return (int)first + count;
}
