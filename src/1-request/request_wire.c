/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The request on its way from `debug` (the caller's rights) to `debug-helper` (root).
 *
 * Should:  turn any bytes into a request whose every pointer is a terminated string, or refuse.
 * Mustn't: believe a count, follow a pointer, or look at what the strings mean.
 */
#include "request.h"

#include "wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ARG_MAX bounds what an exec could have given `debug` (execve(2)): 6 MiB and a little. */
enum { REQUEST_BYTES_MAX = 8 << 20 };

struct request_header {
	uint32_t version;
	uint32_t environment_count;
	uint32_t command_count;
	uint16_t rows, columns;
	uint8_t is_write, is_quiet, is_dry_run, has_terminal;
	uint8_t is_scratch, is_stealth, is_wait, is_all, is_json, is_receipt, has_receipt_file;
	uint8_t action, verb, network, profile;
	uint8_t unused; /* no byte of the structure is without a name, and so without a value */
	uint64_t cap_add, cap_drop;
};

int request_seal(const struct request *request, struct fail *why)
{
	const struct request_header header = {
		.version = WIRE_VERSION,
		.environment_count = (uint32_t)request->environment_count,
		.command_count = (uint32_t)request->command_count,
		.rows = request->rows,
		.columns = request->columns,
		.is_write = request->is_write,
		.is_quiet = request->is_quiet,
		.is_dry_run = request->is_dry_run,
		.has_terminal = request->has_terminal,
		.action = (uint8_t)request->action,
		.verb = (uint8_t)request->verb,
		.network = (uint8_t)request->network,
		.is_scratch = request->is_scratch,
		.is_receipt = request->is_receipt,
		.has_receipt_file = request->has_receipt_file,
		.is_stealth = request->is_stealth,
		.is_wait = request->is_wait,
		.is_all = request->is_all,
		.is_json = request->is_json,
		.profile = (uint8_t)request->profile,
		.cap_add = request->cap_add,
		.cap_drop = request->cap_drop,
	};
	struct wire_writer writer = { 0 };
	int fd;

	wire_put(&writer, &header, sizeof(header));
	wire_put_string(&writer, request->target);
	wire_put_string(&writer, request->shell_line);
	wire_put_string(&writer, request->user);
	wire_put_string(&writer, request->workdir);
	wire_put_string(&writer, request->shell);
	wire_put_string(&writer, request->caller_shell);
	wire_put_string(&writer, request->terminal_type);
	wire_put_string(&writer, request->mirror);
	wire_put_string(&writer, request->image);
	wire_put_string(&writer, request->runtime);
	wire_put_string(&writer, request->docker_socket);
	wire_put_string(&writer, request->reason);
	wire_put_string(&writer, request->sudo_user);
	wire_put_string(&writer, request->ssh_connection);
	for (size_t i = 0; i < request->environment_count; i++)
		wire_put_string(&writer, request->environment[i]);
	for (size_t i = 0; i < request->command_count; i++)
		wire_put_string(&writer, request->command[i]);
	fd = wire_seal(&writer);
	if (fd < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot pass the request to the helper");
	return fd;
}

void request_free(struct request *request)
{
	free(request->environment);
	free(request->command);
	*request = (struct request){ 0 };
}

const char *request_profile_name(enum request_profile profile)
{
	static const char *const names[REQUEST_PROFILE_COUNT] = {
		[REQUEST_PROFILE_DEFAULT] = "general",	     [REQUEST_PROFILE_APP] = "app",
		[REQUEST_PROFILE_RESTRICTED] = "restricted", [REQUEST_PROFILE_BASELINE] = "baseline",
		[REQUEST_PROFILE_GENERAL] = "general",	     [REQUEST_PROFILE_NETADMIN] = "netadmin",
		[REQUEST_PROFILE_SYSADMIN] = "sysadmin",
	};

	return names[profile];
}

bool request_is_path(const char *target)
{
	return target[0] == '/' || strncmp(target, "./", 2) == 0 || strncmp(target, "../", 3) == 0 ||
	       strncmp(target, "file://", strlen("file://")) == 0;
}

static bool get_fields(struct request *request, struct wire_reader *reader)
{
	const char **fields[] = { &request->target,	   &request->shell_line,    &request->user,
				  &request->workdir,	   &request->shell,	    &request->caller_shell,
				  &request->terminal_type, &request->mirror,	    &request->image,
				  &request->runtime,	   &request->docker_socket, &request->reason,
				  &request->sudo_user,	   &request->ssh_connection };

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		bool is_valid;

		*fields[i] = wire_get_string(reader, &is_valid);
		if (!is_valid)
			return false;
	}
	return request->target != NULL || request->action != REQUEST_SESSION;
}

static bool is_known(const struct request_header *header)
{
	return (header->action == REQUEST_SESSION || header->action == REQUEST_TOOLBOX ||
		header->action == REQUEST_LS || header->action == REQUEST_DOCTOR) &&
	       header->verb < TOOLBOX_VERB_COUNT && header->network <= REQUEST_NETWORK_HOST &&
	       header->profile < REQUEST_PROFILE_COUNT;
}

int request_receive(struct request *request, int memory_fd, struct fail *why)
{
	const struct request_header *header;
	struct wire_reader reader;

	*request = (struct request){ 0 };
	if (wire_map(&reader, memory_fd, REQUEST_BYTES_MAX) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "the request is not a sealed memory file");
	header = wire_get(&reader, sizeof(*header));
	if (header == NULL || header->version != WIRE_VERSION)
		return fail_set(why, FAIL_TOOL,
				"debug and debug-helper are of different versions; reinstall both");
	if (!is_known(header))
		return fail_set(why, FAIL_TOOL, "the request is damaged");
	request->action = (enum request_action)header->action;
	request->verb = (enum toolbox_verb)header->verb;
	request->network = (enum request_network)header->network;
	request->profile = (enum request_profile)header->profile;
	request->cap_add = header->cap_add;
	request->cap_drop = header->cap_drop;
	request->is_scratch = header->is_scratch != 0;
	request->is_receipt = header->is_receipt != 0;
	request->has_receipt_file = header->has_receipt_file != 0;
	request->is_stealth = header->is_stealth != 0;
	request->is_wait = header->is_wait != 0;
	request->is_all = header->is_all != 0;
	request->is_json = header->is_json != 0;
	request->is_write = header->is_write != 0;
	request->is_quiet = header->is_quiet != 0;
	request->is_dry_run = header->is_dry_run != 0;
	request->has_terminal = header->has_terminal != 0;
	request->rows = header->rows;
	request->columns = header->columns;
	if (!get_fields(request, &reader))
		return fail_set(why, FAIL_TOOL, "the request is damaged");
	request->environment = wire_get_strings(&reader, header->environment_count);
	request->command = wire_get_strings(&reader, header->command_count);
	if (request->environment == NULL || request->command == NULL) {
		request_free(request);
		return fail_set(why, FAIL_TOOL, "the request is damaged or too large");
	}
	request->environment_count = header->environment_count;
	request->command_count = header->command_count;
	return 0;
}
