/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of capabilities, for the front as well, which has no use for the library that sets them. */
#include "capabilities.h"

#include <bsd/string.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const names[] = {
	[CAP_CHOWN] = "chown",
	[CAP_DAC_OVERRIDE] = "dac_override",
	[CAP_DAC_READ_SEARCH] = "dac_read_search",
	[CAP_FOWNER] = "fowner",
	[CAP_FSETID] = "fsetid",
	[CAP_KILL] = "kill",
	[CAP_SETGID] = "setgid",
	[CAP_SETUID] = "setuid",
	[CAP_SETPCAP] = "setpcap",
	[CAP_LINUX_IMMUTABLE] = "linux_immutable",
	[CAP_NET_BIND_SERVICE] = "net_bind_service",
	[CAP_NET_BROADCAST] = "net_broadcast",
	[CAP_NET_ADMIN] = "net_admin",
	[CAP_NET_RAW] = "net_raw",
	[CAP_IPC_LOCK] = "ipc_lock",
	[CAP_IPC_OWNER] = "ipc_owner",
	[CAP_SYS_MODULE] = "sys_module",
	[CAP_SYS_RAWIO] = "sys_rawio",
	[CAP_SYS_CHROOT] = "sys_chroot",
	[CAP_SYS_PTRACE] = "sys_ptrace",
	[CAP_SYS_PACCT] = "sys_pacct",
	[CAP_SYS_ADMIN] = "sys_admin",
	[CAP_SYS_BOOT] = "sys_boot",
	[CAP_SYS_NICE] = "sys_nice",
	[CAP_SYS_RESOURCE] = "sys_resource",
	[CAP_SYS_TIME] = "sys_time",
	[CAP_SYS_TTY_CONFIG] = "sys_tty_config",
	[CAP_MKNOD] = "mknod",
	[CAP_LEASE] = "lease",
	[CAP_AUDIT_WRITE] = "audit_write",
	[CAP_AUDIT_CONTROL] = "audit_control",
	[CAP_SETFCAP] = "setfcap",
	[CAP_MAC_OVERRIDE] = "mac_override",
	[CAP_MAC_ADMIN] = "mac_admin",
	[CAP_SYSLOG] = "syslog",
	[CAP_WAKE_ALARM] = "wake_alarm",
	[CAP_BLOCK_SUSPEND] = "block_suspend",
	[CAP_AUDIT_READ] = "audit_read",
	[CAP_PERFMON] = "perfmon",
	[CAP_BPF] = "bpf",
	[CAP_CHECKPOINT_RESTORE] = "checkpoint_restore",
};

enum { COUNT = sizeof(names) / sizeof(names[0]) };

const uint64_t capability_all = (UINT64_C(1) << COUNT) - 1;

static bool parse_name(uint64_t *set, const char *name, size_t length)
{
	static const char prefix[] = "cap_";

	if (length == strlen("all") && strncasecmp(name, "all", length) == 0) {
		*set |= capability_all;
		return true;
	}
	if (strncasecmp(name, prefix, strlen(prefix)) == 0 && length > strlen(prefix)) {
		name += strlen(prefix);
		length -= strlen(prefix);
	}
	for (size_t i = 0; i < COUNT; i++) {
		if (strlen(names[i]) == length && strncasecmp(name, names[i], length) == 0) {
			*set |= CAPABILITY_BIT(i);
			return true;
		}
	}
	return false;
}

bool capability_parse(uint64_t *set, const char *list)
{
	for (;;) {
		const size_t length = strcspn(list, ",");

		if (!parse_name(set, list, length))
			return false;
		if (list[length] == '\0')
			return true;
		list += length + 1;
	}
}

const char *capability_list(uint64_t set, char *out, size_t capacity)
{
	out[0] = '\0';
	for (size_t i = 0; i < COUNT; i++) {
		if ((set & CAPABILITY_BIT(i)) == 0)
			continue;
		if (out[0] != '\0')
			(void)strlcat(out, " ", capacity);
		(void)strlcat(out, names[i], capacity);
	}
	if (out[0] == '\0')
		(void)strlcpy(out, "none", capacity);
	return out;
}

/* Tools and what most of their uses need.  Those that work with less are told of only when they fail. */
static const struct {
	const char *command;
	int capability;
} tools[] = {
	{ "tcpdump", CAP_NET_RAW },	{ "ngrep", CAP_NET_RAW },      { "tshark", CAP_NET_RAW },
	{ "arping", CAP_NET_RAW },	{ "ping", CAP_NET_RAW },       { "mtr", CAP_NET_RAW },
	{ "nmap", CAP_NET_RAW },	{ "traceroute", CAP_NET_RAW }, { "tcptraceroute", CAP_NET_RAW },
	{ "ip", CAP_NET_ADMIN },	{ "tc", CAP_NET_ADMIN },       { "ethtool", CAP_NET_ADMIN },
	{ "nft", CAP_NET_ADMIN },	{ "iptables", CAP_NET_ADMIN }, { "ip6tables", CAP_NET_ADMIN },
	{ "conntrack", CAP_NET_ADMIN }, { "ifconfig", CAP_NET_ADMIN }, { "route", CAP_NET_ADMIN },
	{ "strace", CAP_SYS_PTRACE },	{ "ltrace", CAP_SYS_PTRACE },  { "gdb", CAP_SYS_PTRACE },
	{ "gcore", CAP_SYS_PTRACE },	{ "py-spy", CAP_SYS_PTRACE },  { "renice", CAP_SYS_NICE },
	{ "chrt", CAP_SYS_NICE },	{ "ionice", CAP_SYS_NICE },    { "dmesg", CAP_SYSLOG },
	{ "perf", CAP_PERFMON },	{ "bpftrace", CAP_BPF },       { "bpftool", CAP_BPF },
};

bool capability_explain(char *out, size_t capacity, const char *command, uint64_t held)
{
	const char *slash = strrchr(command, '/');
	const char *word = slash != NULL ? slash + 1 : command;

	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		const int capability = tools[i].capability;

		if (strcmp(word, tools[i].command) != 0 || (held & CAPABILITY_BIT(capability)) != 0)
			continue;
		if (capability == CAP_BPF || capability == CAP_PERFMON)
			(void)snprintf(
			    out, capacity,
			    "if `%s` was refused something: it needs %s, which a session with --profile "
			    "sysadmin has",
			    word, names[capability]);
		else
			(void)snprintf(
			    out, capacity,
			    "if `%s` was refused something: it needs %s, which a session as root with "
			    "--cap-add %s%s has",
			    word, names[capability], names[capability],
			    capability == CAP_NET_ADMIN ? " or --profile netadmin" : "");
		return true;
	}
	return false;
}
