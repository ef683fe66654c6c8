/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network, ipc and host names of a target, seen by joining its namespaces, which it cannot see.
 *
 * What the kernel knows of a network is asked over netlink and printed attribute by attribute, so that
 * nothing is left out for not having been thought of; the few attributes that count or age are.  Of the
 * packet filter one number is enough: its generation grows with every change, also with one undone.
 */
#include "fingerprint.h"

#include <dirent.h>
#include <err.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { ANSWER_CAPACITY = 1 << 16, ATTRIBUTES_MAX = 8 };

struct question {
	const char *label;
	int protocol;
	uint16_t type;
	uint16_t flags;
	size_t header_size; /* of the family's header before the attributes */
	uint16_t moving[ATTRIBUTES_MAX];
};

static const struct question questions[] = {
	{ "link",
	  NETLINK_ROUTE,
	  RTM_GETLINK,
	  NLM_F_DUMP,
	  sizeof(struct ifinfomsg),
	  { IFLA_STATS, IFLA_STATS64, IFLA_AF_SPEC, IFLA_PROTINFO, IFLA_LINKINFO } },
	{ "address", NETLINK_ROUTE, RTM_GETADDR, NLM_F_DUMP, sizeof(struct ifaddrmsg), { IFA_CACHEINFO } },
	{ "route", NETLINK_ROUTE, RTM_GETROUTE, NLM_F_DUMP, sizeof(struct rtmsg), { RTA_CACHEINFO } },
	{ "rule", NETLINK_ROUTE, RTM_GETRULE, NLM_F_DUMP, sizeof(struct fib_rule_hdr), { 0 } },
	{ "neighbour",
	  NETLINK_ROUTE,
	  RTM_GETNEIGH,
	  NLM_F_DUMP,
	  sizeof(struct ndmsg),
	  { NDA_CACHEINFO, NDA_PROBES } },
	{ "queue",
	  NETLINK_ROUTE,
	  RTM_GETQDISC,
	  NLM_F_DUMP,
	  sizeof(struct tcmsg),
	  { TCA_STATS, TCA_STATS2, TCA_XSTATS } },
	/* The name and number in the answer are those of whoever asks. */
	{ "filter",
	  NETLINK_NETFILTER,
	  NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN,
	  0,
	  sizeof(struct nfgenmsg),
	  { NFTA_GEN_PROC_PID, NFTA_GEN_PROC_NAME } },
};

static void print_hex(const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		(void)printf("%02x", bytes[i]);
}

static bool is_moving(const struct question *question, uint16_t type)
{
	for (size_t i = 0; i < ATTRIBUTES_MAX && question->moving[i] != 0; i++)
		if (question->moving[i] == type)
			return true;
	return false;
}

/* A learnt neighbour grows old without anyone's doing; that it is known at all stays. */
static void forget_age(const struct question *question, unsigned char *header)
{
	struct ndmsg neighbour;

	if (question->type != RTM_GETNEIGH)
		return;
	(void)memcpy(&neighbour, header, sizeof(neighbour));
	if ((neighbour.ndm_state & (NUD_PERMANENT | NUD_NOARP)) == 0)
		neighbour.ndm_state = 0;
	(void)memcpy(header, &neighbour, sizeof(neighbour));
}

static void print_message(const struct question *question, unsigned char *body, size_t size)
{
	size_t at = NLMSG_ALIGN(question->header_size);
	struct nlattr attribute;

	if (size < question->header_size)
		return;
	forget_age(question, body);
	(void)printf("net %s ", question->label);
	print_hex(body, question->header_size);
	for (; at + sizeof(attribute) <= size; at += (size_t)NLA_ALIGN(attribute.nla_len)) {
		uint16_t type;

		(void)memcpy(&attribute, body + at, sizeof(attribute));
		if (attribute.nla_len < sizeof(attribute) || attribute.nla_len > size - at)
			break;
		type = (uint16_t)(attribute.nla_type & (uint16_t)NLA_TYPE_MASK);
		if (is_moving(question, type))
			continue;
		(void)printf(" %u=", type);
		print_hex(body + at + sizeof(attribute), attribute.nla_len - sizeof(attribute));
	}
	(void)putchar('\n');
}

/* One datagram of the answer; false with its last message. */
static bool print_datagram(const struct question *question, unsigned char *bytes, size_t size)
{
	struct nlmsghdr header;

	for (size_t at = 0; at + sizeof(header) <= size; at += NLMSG_ALIGN(header.nlmsg_len)) {
		(void)memcpy(&header, bytes + at, sizeof(header));
		if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > size - at)
			return false;
		if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR)
			return false;
		print_message(question, bytes + at + NLMSG_HDRLEN, header.nlmsg_len - NLMSG_HDRLEN);
	}
	return (question->flags & NLM_F_DUMP) == NLM_F_DUMP;
}

/* A kernel that lacks the subject answers with an error: then it has no such facts. */
static void ask(const struct question *question)
{
	static unsigned char answer[ANSWER_CAPACITY];
	struct {
		struct nlmsghdr header;
		unsigned char body[64];
	} request = {
		.header = { .nlmsg_len = (uint32_t)NLMSG_LENGTH(question->header_size),
			    .nlmsg_type = question->type,
			    .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | question->flags) },
	};
	ssize_t size;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, question->protocol);

	if (fd < 0)
		return;
	if (send(fd, &request, request.header.nlmsg_len, 0) < 0)
		err(1, "netlink %s", question->label);
	do {
		size = recv(fd, answer, sizeof(answer), 0);
		if (size < 0)
			err(1, "netlink %s", question->label);
	} while (print_datagram(question, answer, (size_t)size));
	(void)close(fd);
}

static int is_setting(const struct dirent *entry)
{
	static const char *const moving[] = { "nf_conntrack_count", "dentry-state", "rt_cache_stat" };

	for (size_t i = 0; i < sizeof(moving) / sizeof(moving[0]); i++)
		if (strcmp(entry->d_name, moving[i]) == 0)
			return 0;
	return entry->d_name[0] != '.';
}

static void print_settings(const char *path)
{
	struct dirent **entries = NULL;
	char below[PATH_CAPACITY];
	int count = scandir(path, &entries, is_setting, alphasort);

	for (int i = 0; i < count; i++) {
		(void)snprintf(below, sizeof(below), "%s/%s", path, entries[i]->d_name);
		/* Writing to one of these is an order, and nobody may read it: print_file passes it over. */
		if (entries[i]->d_type == DT_DIR)
			print_settings(below);
		else
			print_file(below + strlen("/proc/"), below);
		free(entries[i]);
	}
	free(entries);
}

static void print_network(void)
{
	static const char *const files[] = { "tcp",
					     "tcp6",
					     "udp",
					     "udp6",
					     "icmp",
					     "raw",
					     "raw6",
					     "unix",
					     "packet",
					     "igmp",
					     "mcfilter",
					     "if_inet6",
					     "ip_tables_names",
					     "ip6_tables_names" };
	char path[64];
	char label[64];

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		ask(&questions[i]);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(path, sizeof(path), "/proc/thread-self/net/%s", files[i]);
		(void)snprintf(label, sizeof(label), "net %s", files[i]);
		print_file(label, path);
	}
	print_settings("/proc/sys/net");
}

static void print_ipc(void)
{
	static const char *const files[] = { "sysvipc/shm",	  "sysvipc/sem",       "sysvipc/msg",
					     "sys/kernel/shmmax", "sys/kernel/shmall", "sys/kernel/shmmni",
					     "sys/kernel/sem",	  "sys/kernel/msgmax", "sys/kernel/msgmnb",
					     "sys/kernel/msgmni" };
	char path[64];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(path, sizeof(path), "/proc/%s", files[i]);
		print_file(files[i], path);
	}
	print_settings("/proc/sys/fs/mqueue");
}

void print_joined(const char *proc, int pid_fd)
{
	char path[128];
	struct utsname names;
	bool is_host_network;

	/* On the host's own network there is no end of change, and none of it is the target's. */
	(void)snprintf(path, sizeof(path), "%s/ns/net", proc);
	is_host_network = is_same_namespace(path, "/proc/self/ns/net");
	if (setns(pid_fd, CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		err(1, "setns");
	if (!is_host_network)
		print_network();
	print_ipc();
	if (uname(&names) == 0)
		(void)printf("uts %s %s\n", names.nodename, names.domainname);
}
