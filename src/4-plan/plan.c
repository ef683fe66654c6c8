/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * request + target + grant → plan.  No system call is made here: what a session will be can be
 * printed and tested without being anybody.
 */
#include "plan.h"

#include "capabilities.h"
#include "text.h"

#include <limits.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_MAX_DIGITS = 10, NOBODY = 65534 };

/* "1000", "1000:1000": known now.  Anything else names an entry of the target's /etc/passwd or
 * /etc/group, which only an unprivileged process may read. */
static int plan_user(struct plan *plan, const char *user, struct fail *why)
{
	const char *colon = strchr(user, ':');
	size_t user_length = colon != NULL ? (size_t)(colon - user) : strlen(user);
	char digits[ID_MAX_DIGITS + 1];
	char shown[80];
	int64_t uid;
	int64_t gid = -1;

	if (colon != NULL && (strchr(colon + 1, ':') != NULL || colon[1] == '\0'))
		return fail_set(why, FAIL_TOOL, "`%s` is not a user; write USER or USER:GROUP",
				text_encode(shown, sizeof(shown), user, strlen(user)));
	if (user[strspn(user, "0123456789:")] != '\0') {
		plan->numbers.is_user_named = 1;
		plan->user = user;
		return 0;
	}
	/* Checked once more where the name is known. */
	if (plan->numbers.is_never_root && strspn(user, "0") == user_length && user_length > 0)
		return fail_set(why, FAIL_TOOL, "--profile restricted is never root; give another --user");
	/* 4294967295 means "no change" to setresuid(2), never a user. */
	if (user_length > ID_MAX_DIGITS)
		return fail_set(why, FAIL_TOOL, "user number in `%s` is out of range",
				text_encode(shown, sizeof(shown), user, strlen(user)));
	memcpy(digits, user, user_length);
	digits[user_length] = '\0';
	if (!text_to_number(digits, 0, UINT32_MAX - 1L, &uid) ||
	    (colon != NULL && !text_to_number(colon + 1, 0, UINT32_MAX - 1L, &gid)))
		return fail_set(why, FAIL_TOOL, "user or group number in `%s` is out of range",
				text_encode(shown, sizeof(shown), user, strlen(user)));
	plan->numbers.uid = (uint32_t)uid;
	plan->numbers.gid = (uint32_t)gid;
	if (colon == NULL && uid != 0) {
		/* The group is the one of the passwd entry, if there is an entry. */
		plan->numbers.is_user_named = 1;
		plan->user = user;
	} else if (colon == NULL) {
		plan->numbers.gid = 0;
	}
	return 0;
}

/* Without --user: root; or the target's user, if root it must not be. */
static void plan_own_user(struct plan *plan)
{
	struct plan_numbers *numbers = &plan->numbers;
	const uint32_t uid = numbers->confinement.uid[CONFINEMENT_EFFECTIVE];
	const bool is_nobody = numbers->is_never_root && uid == 0;

	if (!numbers->is_as_target && !numbers->is_never_root)
		return;
	numbers->uid = is_nobody ? NOBODY : uid;
	numbers->gid = is_nobody ? NOBODY : numbers->confinement.gid[CONFINEMENT_EFFECTIVE];
}

/* A session without target has its own pid namespace in any case. */
static int plan_stealth(struct plan *plan, const struct request *request, const struct target *target,
			struct fail *why)
{
	const uint32_t pid = namespace_flag(NAMESPACE_PID);

	if (!request->is_stealth || target_is_at_rest(target))
		return 0;
	if ((plan->numbers.joined & pid) == 0)
		return fail_set(
		    why, FAIL_TOOL,
		    "`%s` shares the host's pid namespace, in which every process shows; leave --stealth out",
		    target->seen.name);
	plan->numbers.is_stealth = 1;
	plan->numbers.joined &= ~pid;
	return 0;
}

static void plan_rights(struct plan_numbers *numbers, const struct grant *grant)
{
	numbers->capabilities = grant->capabilities;
	numbers->max_seconds = grant->max_seconds;
	numbers->memory_max = grant->max_memory;
	numbers->processes_max = grant->max_processes;
	numbers->may_install = grant->may_install;
	numbers->is_recorded = grant->must_record;
	numbers->filter = (uint8_t)grant->filter;
	numbers->is_as_target = grant->is_as_target;
	numbers->is_never_root = grant->is_never_root;
	numbers->has_label = grant->has_label;
	numbers->is_write = grant->is_write;
	numbers->has_devices = grant->has_devices;
}

int plan_make(struct plan *plan, const struct request *request, const struct target *target,
	      const struct grant *grant, struct fail *why)
{
	struct plan_numbers *numbers = &plan->numbers;

	memset(plan, 0, sizeof(*plan));
	if (grant->is_write && target_is_at_rest(target))
		return fail_set(
		    why, FAIL_TOOL,
		    "--write cannot change `%s`, which does not run; a session with it is writable "
		    "anyhow, and its changes are discarded: leave the option out",
		    target->seen.name);
	numbers->version = WIRE_VERSION;
	numbers->target_pid = target->seen.pid;
	for (int kind = 0; kind < NAMESPACE_COUNT && !target_is_at_rest(target); kind++) {
		numbers->namespaces[kind] = target->namespaces.inode[kind];
		if (target->namespaces.inode[kind] != target->ours.inode[kind])
			numbers->joined |= namespace_flag((enum namespace_kind)kind);
	}
	if (plan_stealth(plan, request, target, why) < 0)
		return -1;
	plan_rights(numbers, grant);
	numbers->confinement = target->confinement;
	numbers->is_network_host = request->network == REQUEST_NETWORK_HOST;
	numbers->root = target_is_at_rest(target) ? PLAN_ROOT_OWN
			: request->is_scratch	  ? PLAN_ROOT_SCRATCH
						  : PLAN_ROOT_LIVE;
	numbers->has_terminal = request->has_terminal;
	numbers->rows = request->rows;
	numbers->columns = request->columns;
	numbers->environment_count = (uint32_t)request->environment_count;
	numbers->command_count = (uint32_t)request->command_count;
	numbers->configured_size = target->seen.configured_size;
	plan->configured = target->seen.configured;
	numbers->filter_count = (uint32_t)target->filter_count;
	plan->target_filter = target->filter;
	plan->target_name = target->seen.name;
	plan->workdir = request->workdir;
	plan->fallback_workdir = target->workdir[0] != '\0' ? target->workdir : "/";
	plan->shell = request->shell;
	plan->caller_shell = request->caller_shell;
	plan->shell_line = request->shell_line;
	plan->terminal_type = request->terminal_type;
	plan->environment = request->environment;
	plan->command = request->command;
	if (request->user != NULL)
		return plan_user(plan, request->user, why);
	plan_own_user(plan);
	return 0;
}

/* snprintf that appends and, when full, stays full. */
__attribute__((format(printf, 3, 4))) static void append(char *out, size_t capacity, const char *format, ...)
{
	size_t used = strlen(out);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(out + used, capacity - used, format, arguments);
	va_end(arguments);
}

static void describe_command(const struct plan *plan, char *out, size_t capacity)
{
	const char *wanted = plan->shell != NULL ? plan->shell : plan->caller_shell;
	const char *shell = wanted != NULL ? wanted : "bash";
	char word[256];

	if (plan->shell_line != NULL || plan->numbers.command_count == 0)
		append(out, capacity, "%s", text_encode(word, sizeof(word), shell, strlen(shell)));
	if (plan->shell_line != NULL) {
		append(out, capacity, " -c `%s`",
		       text_encode(word, sizeof(word), plan->shell_line, strlen(plan->shell_line)));
		return;
	}
	if (plan->numbers.command_count == 0)
		append(out, capacity,
		       plan->numbers.has_terminal ? ", interactive" : ", reading commands from its input");
	for (size_t i = 0; i < plan->numbers.command_count; i++)
		append(out, capacity, "%s%s", i == 0 ? "" : " ",
		       text_encode(word, sizeof(word), plan->command[i], strlen(plan->command[i])));
}

static void describe_own(const struct plan *plan, char *out, size_t capacity)
{
	append(out, capacity, "target        %s, which does not run\n", plan->target_name);
	append(out, capacity, "make          namespaces of its own; network: %s\n",
	       plan->numbers.is_network_host ? "the host's" : "none");
	append(out, capacity, "view          its files, writable; changes are discarded\n");
}

static void describe_joined(const struct plan *plan, char *out, size_t capacity)
{
	const struct plan_numbers *numbers = &plan->numbers;

	append(out, capacity, "target        %s, process %d\n", plan->target_name, (int)numbers->target_pid);
	append(out, capacity, "join         ");
	for (int kind = 0; kind < NAMESPACE_COUNT; kind++)
		if ((numbers->joined & namespace_flag((enum namespace_kind)kind)) != 0)
			append(out, capacity, " %s", namespace_name((enum namespace_kind)kind));
	append(out, capacity, "%s\n", numbers->joined == 0 ? " nothing: all namespaces are the host's" : "");
	append(out, capacity, "view          the target's root, %s, in a mount namespace of its own\n",
	       numbers->root == PLAN_ROOT_SCRATCH ? "as a copy whose changes are discarded"
	       : numbers->is_write		  ? "writable"
						  : "read-only");
	if (numbers->is_stealth)
		append(out, capacity, "processes     none of the session shows in the target\n");
}

static void describe_limits(const struct plan_numbers *numbers, char *out, size_t capacity)
{
	static const char *const filters[GRANT_FILTER_COUNT] = {
		[GRANT_FILTER_SESSION] = "the session's system calls",
		[GRANT_FILTER_CONTAINER] = "a container's system calls",
		[GRANT_FILTER_TARGET] = "the target's own system calls",
		[GRANT_FILTER_SYSADMIN] = "the session's system calls, and those that look into the kernel",
	};
	const char *label = numbers->has_label ? numbers->confinement.label : "";
	char shown[CONFINEMENT_LABEL_MAX];

	append(out, capacity, "limits        %s%s%s%s\n", filters[numbers->filter],
	       numbers->is_as_target ? "; the target's resource limits" : "",
	       label[0] != '\0' ? "; label " : "", text_encode(shown, sizeof(shown), label, strlen(label)));
}

void plan_describe(const struct plan *plan, char *out, size_t capacity)
{
	const struct plan_numbers *numbers = &plan->numbers;
	const char *directory = plan->workdir != NULL ? plan->workdir : plan->fallback_workdir;
	char names[CAPABILITY_NAMES_MAX];
	char word[512];

	out[0] = '\0';
	if (numbers->root == PLAN_ROOT_OWN)
		describe_own(plan, out, capacity);
	else
		describe_joined(plan, out, capacity);
	append(out, capacity, "toolbox       " PLAN_TOOLBOX ", read-only\n");
	append(out, capacity, "devices       %s\n",
	       numbers->has_devices ? "all that the target has" : "the standard ones");
	if (numbers->is_user_named)
		append(out, capacity, "user          %s, looked up in the target\n",
		       text_encode(word, sizeof(word), plan->user, strlen(plan->user)));
	else
		append(out, capacity, "user          %u:%u%s\n", numbers->uid, numbers->gid,
		       numbers->is_as_target ? ", the target's own" : "");
	append(out, capacity, "capabilities  %s\n",
	       capability_list(numbers->capabilities, names, sizeof(names)));
	describe_limits(numbers, out, capacity);
	if (numbers->memory_max != 0)
		append(out, capacity, "memory        %" PRIu64 " MB\n", numbers->memory_max >> 20);
	if (numbers->processes_max != 0)
		append(out, capacity, "processes     %u\n", numbers->processes_max);
	if (numbers->max_seconds != 0) {
		text_describe_age(word, sizeof(word), numbers->max_seconds);
		append(out, capacity, "ends          after %s\n", word);
	}
	if (numbers->is_recorded)
		append(out, capacity, "recorded      by debug-helper, in a file of root's\n");
	append(out, capacity, "terminal      %s\n", numbers->has_terminal ? "one of its own" : "none");
	append(out, capacity, "directory     %s\n",
	       text_encode(word, sizeof(word), directory, strlen(directory)));
	append(out, capacity, "command       ");
	describe_command(plan, out, capacity);
	append(out, capacity, "\n");
}
