/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program of the build: writes the seccomp filters as C arrays to standard output.
 *
 * The resolver's filter is a list of what is allowed; anything else kills it.  The session's is a
 * list of what is refused: calls that no debugging tool needs and that would let somebody who took
 * over the session reach the host, the kernel or the caller's terminal.  They fail with EPERM.  The
 * container's is a list of what is allowed again, for sessions that shall meet the limits of the target.
 */
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST_NEWER = 450, LAST_NEWER = 1024 };

enum {
	NEW_NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
			 CLONE_NEWPID | CLONE_NEWNET
};

/* restart_syscall: for a wait that a freezer has interrupted, as when a machine is suspended. */
static const char *const resolver_allowed[] = {
	"read",
	"write",
	"recvfrom",
	"sendto",
	"recvmsg",
	"sendmsg",
	"poll",
	"ppoll",
	"brk",
	"mmap",
	"munmap",
	"mremap",
	"mprotect",
	"madvise",
	"clock_gettime",
	"clock_gettime64",
	"ppoll_time64",
	"exit",
	"exit_group",
	"rt_sigreturn",
	"futex",
	"gettimeofday",
	"getpid",
	"rt_sigprocmask",
	"gettid",
	"tgkill",
	"restart_syscall",
#ifdef WITH_SANITIZERS
	"sigaltstack", /* their run time, before whatever does not return */
#endif
};

/* Writing files below one's own root. */
static const char *const unpacker_allowed[] = {
	"pread64",   "lseek",	   "openat",	   "openat2", "close",	   "fstat",	"newfstatat",
	"statx",     "fcntl",	   "getdents64",   "mkdirat", "unlinkat",  "symlinkat", "linkat",
	"mknodat",   "fchown",	   "fchownat",	   "fchmod",  "fchmodat",  "fchmodat2", "utimensat",
	"fsetxattr", "readlinkat", "getrandom",	   "dup",     "ftruncate", "uname",	"writev",
	"open",	     "stat",	   "rt_sigaction",
};

/* Ending a stream, and taking back half a line. */
static const char *const recorder_allowed[] = { "close", "ftruncate", "ftruncate64" };

/* The size of a terminal, from one to another. */
static const unsigned int recorder_ioctls[] = { TIOCGWINSZ, TIOCSWINSZ };

static const char *const session_refused[] = {
	/* The kernel itself. */
	"init_module",
	"finit_module",
	"delete_module",
	"create_module",
	"kexec_load",
	"kexec_file_load",
	"reboot",
	"bpf",
	"iopl",
	"ioperm",
	"syslog",
	"acct",
	"swapon",
	"swapoff",
	"settimeofday",
	"clock_settime",
	"clock_settime64",
	"stime",
	"quotactl",
	"quotactl_fd",
	"nfsservctl",
	"vhangup",
	/* Mounts: the view was made before the session began and stays as it is. */
	"mount",
	"umount",
	"umount2",
	"pivot_root",
	"mount_setattr",
	"move_mount",
	"open_tree",
	"fsopen",
	"fsconfig",
	"fsmount",
	"fspick",
	"open_tree_attr",
	/* Ways around paths and descriptors. */
	"open_by_handle_at",
	"setns",
	"userfaultfd",
	"io_uring_setup",
	"io_uring_enter",
	"io_uring_register",
	"lookup_dcookie",
	/* The kernel's key rings are shared with whoever started the session. */
	"add_key",
	"request_key",
	"keyctl",
};

/* Of the session's, what tools that look into the kernel are made of; they need capabilities besides. */
static const char *const sysadmin_allowed[] = { "bpf",	    "syslog",	   "setns",	    "acct",
						"quotactl", "quotactl_fd", "lookup_dcookie" };

/* Requests that type into or read from a terminal on behalf of somebody else. */
static const unsigned int refused_ioctls[] = { TIOCSTI, TIOCLINUX, TIOCCONS };

static void must(int result, const char *what)
{
	if (result < 0)
		errx(1, "%s: %s", what, strerror(-result));
}

/* The architecture that the build is for, which need not be the one it runs on. */
static scmp_filter_ctx make_filter(uint32_t action, uint32_t architecture)
{
	scmp_filter_ctx filter = seccomp_init(action);

	if (filter == NULL)
		errx(1, "seccomp_init failed");
	if (architecture != seccomp_arch_native()) {
		must(seccomp_arch_add(filter, architecture), "seccomp_arch_add");
		must(seccomp_arch_remove(filter, SCMP_ARCH_NATIVE), "seccomp_arch_remove");
	}
	return filter;
}

/* A name that this architecture or this libseccomp does not know cannot be called either. */
static void add_by_name(scmp_filter_ctx filter, uint32_t action, const char *name)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number != __NR_SCMP_ERROR)
		must(seccomp_rule_add(filter, action, number, 0), name);
}

static scmp_filter_ctx make_resolver_filter(uint32_t architecture)
{
	scmp_filter_ctx filter = make_filter(SCMP_ACT_KILL_PROCESS, architecture);

	for (size_t i = 0; i < sizeof(resolver_allowed) / sizeof(resolver_allowed[0]); i++)
		add_by_name(filter, SCMP_ACT_ALLOW, resolver_allowed[i]);
	return filter;
}

static scmp_filter_ctx make_unpacker_filter(uint32_t architecture)
{
	scmp_filter_ctx filter = make_resolver_filter(architecture);

	for (size_t i = 0; i < sizeof(unpacker_allowed) / sizeof(unpacker_allowed[0]); i++)
		add_by_name(filter, SCMP_ACT_ALLOW, unpacker_allowed[i]);
	return filter;
}

static scmp_filter_ctx make_recorder_filter(uint32_t architecture)
{
	scmp_filter_ctx filter = make_resolver_filter(architecture);

	for (size_t i = 0; i < sizeof(recorder_allowed) / sizeof(recorder_allowed[0]); i++)
		add_by_name(filter, SCMP_ACT_ALLOW, recorder_allowed[i]);
	for (size_t i = 0; i < sizeof(recorder_ioctls) / sizeof(recorder_ioctls[0]); i++)
		must(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				      SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffU, recorder_ioctls[i])),
		     "ioctl");
	return filter;
}

/* The target's own programs may be 32-bit; the same rules hold for them. */
static void add_compatible(scmp_filter_ctx filter, uint32_t architecture)
{
	if (architecture == SCMP_ARCH_X86_64) {
		must(seccomp_arch_add(filter, SCMP_ARCH_X86), "seccomp_arch_add");
		must(seccomp_arch_add(filter, SCMP_ARCH_X32), "seccomp_arch_add");
	} else if (architecture == SCMP_ARCH_AARCH64) {
		must(seccomp_arch_add(filter, SCMP_ARCH_ARM), "seccomp_arch_add");
	}
}

static bool is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* The kernel looks at 32 bits of an ioctl's number, so the comparison does too. */
static void refuse_terminal_tricks(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < sizeof(refused_ioctls) / sizeof(refused_ioctls[0]); i++)
		must(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
				      SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffU, refused_ioctls[i])),
		     "ioctl");
}

static scmp_filter_ctx make_session_filter(uint32_t architecture, bool is_sysadmin)
{
	const uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
	scmp_filter_ctx filter = make_filter(SCMP_ACT_ALLOW, architecture);

	add_compatible(filter, architecture);
	for (size_t i = 0; i < sizeof(session_refused) / sizeof(session_refused[0]); i++)
		if (!is_sysadmin || !is_among(session_refused[i], sysadmin_allowed,
					      sizeof(sysadmin_allowed) / sizeof(sysadmin_allowed[0])))
			add_by_name(filter, refuse, session_refused[i]);
	refuse_terminal_tricks(filter);
	/* A new user namespace hands out every capability inside it. */
	must(seccomp_rule_add(filter, refuse, SCMP_SYS(unshare), 1,
			      SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER)),
	     "unshare");
	must(seccomp_rule_add(filter, refuse, SCMP_SYS(clone), 1,
			      SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER)),
	     "clone");
	/* clone3 hides its flags in memory; ENOSYS makes every libc fall back to clone. */
	must(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0), "clone3");
	return filter;
}

/* Words of names; a line that begins with a `#` says nothing. */
static void add_from_file(scmp_filter_ctx filter, uint32_t action, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t capacity = 0;

	if (file == NULL)
		err(1, "%s", path);
	while (getline(&line, &capacity, file) > 0) {
		char *rest = line;
		char *name;

		while (line[0] != '#' && (name = strsep(&rest, " \n")) != NULL)
			if (name[0] != '\0')
				add_by_name(filter, action, name);
	}
	free(line);
	(void)fclose(file);
}

/* Loaded on top of the session's, which sees to ioctls. */
static scmp_filter_ctx make_container_filter(uint32_t architecture, const char *path)
{
	/* The domains of personality(2) that change how a program is run, not what it may do. */
	static const unsigned int personalities[] = { 0, 0x8, 0x20000, 0x20008, 0xffffffffU };
	scmp_filter_ctx filter = make_filter(SCMP_ACT_ERRNO(EPERM), architecture);

	add_compatible(filter, architecture);
	add_from_file(filter, SCMP_ACT_ALLOW, path);
	add_by_name(filter, SCMP_ACT_ALLOW, "ioctl");
	for (size_t i = 0; i < sizeof(personalities) / sizeof(personalities[0]); i++)
		must(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(personality), 1,
				      SCMP_A0(SCMP_CMP_EQ, personalities[i], 0)),
		     "personality");
	/* Virtual machines' sockets reach the hypervisor, which no namespace hides. */
	must(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_NE, AF_VSOCK, 0)),
	     "socket");
	must(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
			      SCMP_A0(SCMP_CMP_MASKED_EQ, NEW_NAMESPACES, 0)),
	     "clone");
	must(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0), "clone3");
	return filter;
}

/* Calls that Linux got after the list of the container's was written say that they are not there, as an older
 * kernel would: programs then do without.  Those numbers mean the same on every architecture. */
static const struct sock_filter newer_calls[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST_NEWER, 0, 2),
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, LAST_NEWER, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
};

static void print_code(const struct sock_filter *code, size_t count)
{
	for (size_t i = 0; i < count; i++)
		(void)printf("\t{ 0x%04x, %u, %u, 0x%08x },\n", code[i].code, code[i].jt, code[i].jf,
			     code[i].k);
}

/* `first`: instructions that run before the filter's own. */
static void write_filter(scmp_filter_ctx filter, const char *name, const struct sock_filter *first,
			 size_t first_count)
{
	struct sock_filter code[4096];
	int fd = memfd_create(name, 0);
	ssize_t size;
	size_t count;

	if (fd < 0)
		err(1, "memfd_create");
	must(seccomp_export_bpf(filter, fd), "seccomp_export_bpf");
	seccomp_release(filter);
	size = pread(fd, code, sizeof(code), 0);
	if (size <= 0 || (size_t)size == sizeof(code) || (size_t)size % sizeof(code[0]) != 0)
		errx(1, "the %s filter is empty or too long", name);
	(void)close(fd);
	count = (size_t)size / sizeof(code[0]);
	(void)printf("static struct sock_filter %s_code[] = {\n", name);
	print_code(first, first_count);
	print_code(code, count);
	(void)printf("};\n\nconst struct sock_fprog filter_%s = { %zu, %s_code };\n\n", name,
		     first_count + count, name);
}

int main(int argc, char *argv[])
{
	const uint32_t architecture = argc == 3 ? seccomp_arch_resolve_name(argv[1]) : 0;

	if (architecture == 0)
		errx(2, "usage: filters-generate MACHINE CONTAINER-LIST");
	(void)printf("#include \"filters.h\"\n\n");
	write_filter(make_resolver_filter(architecture), "resolver", NULL, 0);
	write_filter(make_unpacker_filter(architecture), "unpacker", NULL, 0);
	write_filter(make_recorder_filter(architecture), "recorder", NULL, 0);
	write_filter(make_session_filter(architecture, false), "session", NULL, 0);
	write_filter(make_session_filter(architecture, true), "sysadmin", NULL, 0);
	write_filter(make_container_filter(architecture, argv[2]), "container", newer_calls,
		     sizeof(newer_calls) / sizeof(newer_calls[0]));
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
