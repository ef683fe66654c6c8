/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan on its way from the helper to the joiner.  Both are ours, but the joiner lives in the
 * toolbox image, which may be of another version: the first number says so before anything is used.
 */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

enum { PLAN_FIELD_COUNT = 8 };

void plan_put(const struct plan *plan, struct wire_writer *writer)
{
	wire_put(writer, &plan->numbers, sizeof(plan->numbers));
	wire_put_string(writer, plan->target_name);
	wire_put_string(writer, plan->user);
	wire_put_string(writer, plan->workdir);
	wire_put_string(writer, plan->fallback_workdir);
	wire_put_string(writer, plan->shell);
	wire_put_string(writer, plan->caller_shell);
	wire_put_string(writer, plan->shell_line);
	wire_put_string(writer, plan->terminal_type);
	for (size_t i = 0; i < plan->numbers.environment_count; i++)
		wire_put_string(writer, plan->environment[i]);
	for (size_t i = 0; i < plan->numbers.command_count; i++)
		wire_put_string(writer, plan->command[i]);
	if (plan->numbers.configured_size > 0)
		wire_put(writer, plan->configured, plan->numbers.configured_size);
	if (plan->numbers.filter_count > 0)
		wire_put(writer, plan->target_filter,
			 plan->numbers.filter_count * sizeof(*plan->target_filter));
}

/* What others take for granted of a plan. */
static bool is_consistent(const struct plan *plan)
{
	const struct plan_numbers *numbers = &plan->numbers;

	return numbers->filter < GRANT_FILTER_COUNT && numbers->root <= PLAN_ROOT_OWN &&
	       (!numbers->is_user_named || plan->user != NULL) &&
	       (numbers->filter != GRANT_FILTER_TARGET || numbers->filter_count > 0) &&
	       memchr(numbers->confinement.label, '\0', sizeof(numbers->confinement.label)) != NULL;
}

int plan_get(struct plan *plan, struct wire_reader *reader)
{
	const char **fields[PLAN_FIELD_COUNT] = { &plan->target_name, &plan->user,
						  &plan->workdir,     &plan->fallback_workdir,
						  &plan->shell,	      &plan->caller_shell,
						  &plan->shell_line,  &plan->terminal_type };
	const struct plan_numbers *numbers = &plan->numbers;
	const void *bytes = wire_get(reader, sizeof(plan->numbers));

	if (bytes == NULL)
		return -1;
	memcpy(&plan->numbers, bytes, sizeof(plan->numbers));
	if (numbers->version != WIRE_VERSION)
		return -1;
	for (size_t i = 0; i < PLAN_FIELD_COUNT; i++) {
		bool is_valid;

		*fields[i] = wire_get_string(reader, &is_valid);
		if (!is_valid)
			return -1;
	}
	plan->environment = wire_get_strings(reader, numbers->environment_count);
	plan->command = wire_get_strings(reader, numbers->command_count);
	plan->configured = wire_get(reader, numbers->configured_size);
	if (numbers->filter_count > BPF_MAXINSNS)
		return -1;
	plan->target_filter = wire_get(reader, numbers->filter_count * sizeof(*plan->target_filter));
	if (plan->configured == NULL || plan->target_filter == NULL || plan->target_name == NULL ||
	    plan->fallback_workdir == NULL || plan->environment == NULL || plan->command == NULL)
		return -1;
	return is_consistent(plan) ? 0 : -1;
}
