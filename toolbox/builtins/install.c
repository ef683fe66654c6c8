/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * install, uninstall, and what people of Debian and Alpine type instead: apt, apt-get, apk.
 *
 * Runs in a session and has no more rights than it.  The work is done on the host, by debug-helper's
 * installer; this asks for it over the session's socket and shows what it says (packages.h).
 *
 * "install" is also a program of coreutils.  That one needs an option or a source that exists; words
 * that are neither are names of packages.
 */
#include "fd.h"
#include "packages.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TOOLBOX "/dev/toolbox"
#define COREUTILS_INSTALL TOOLBOX "/bin/ginstall"
#define SOCKET TOOLBOX "/run/" PACKAGES_SOCKET

enum { CHUNK = 4096 };

static int complain(const char *sentence)
{
	(void)dprintf(STDERR_FILENO, "debug: %s\n", sentence);
	return FAIL_TOOL;
}

static int usage(const char *name)
{
	(void)printf(
	    "Usage: install PACKAGE...      add Debian packages to your toolbox\n"
	    "       uninstall PACKAGE...    remove them again\n"
	    "       install                 install again what an older toolbox had\n\n"
	    "They stay for your later sessions, in any container.  Nothing of the container is used or\n"
	    "changed: not its network, its name servers or its disk.  `apt install`, `apt search` and\n"
	    "`apk add` do the same.%s\n",
	    strcmp(name, "install") == 0 ? "  With an option or an existing file, `install` is the one of\n"
					   "coreutils; `ginstall` always is."
					 : "");
	return 0;
}

/* -- what is meant -- */

struct command {
	enum packages_verb verb;
	char **words;
	size_t count;
};

struct word {
	const char *text;
	enum packages_verb verb;
};

static const struct word words_of_apt[] = {
	{ "install", PACKAGES_INSTALL },  { "add", PACKAGES_INSTALL },
	{ "remove", PACKAGES_UNINSTALL }, { "purge", PACKAGES_UNINSTALL },
	{ "del", PACKAGES_UNINSTALL },	  { "autoremove", PACKAGES_UNINSTALL },
	{ "search", PACKAGES_SEARCH },	  { "upgrade", PACKAGES_UPGRADE },
};

static bool ends_with(const char *text, const char *end)
{
	const size_t length = strlen(text);

	return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static bool is_package_file(const char *word)
{
	return ends_with(word, ".deb");
}

static bool is_for_coreutils(int argc, char *argv[])
{
	if (argc < 2 || strcmp(argv[1], "--help") == 0)
		return false;
	return argv[1][0] == '-' || (access(argv[1], F_OK) == 0 && !is_package_file(argv[argc - 1]));
}

/* "apt-get -y install x": options are of no use here and are left out. */
static int parse_apt(struct command *command, int argc, char *argv[])
{
	int at = 1;
	int kept = 0;

	while (at < argc && argv[at][0] == '-')
		at++;
	for (size_t i = 0; at < argc && i < sizeof(words_of_apt) / sizeof(words_of_apt[0]); i++) {
		if (strcmp(argv[at], words_of_apt[i].text) != 0)
			continue;
		command->verb = words_of_apt[i].verb;
		for (int word = at + 1; word < argc; word++)
			if (argv[word][0] != '-')
				argv[kept++] = argv[word];
		command->words = argv;
		command->count = (size_t)kept;
		return 0;
	}
	if (at < argc && strcmp(argv[at], "update") == 0)
		return complain(
		    "package lists are read when something is installed; there is nothing to update");
	return complain(
	    "here apt knows install, remove, upgrade and search, for your toolbox; a container's own apt is at "
	    "/usr/bin/apt if it has one");
}

static int parse(struct command *command, const char *name, int argc, char *argv[])
{
	command->verb = strcmp(name, "uninstall") == 0 ? PACKAGES_UNINSTALL : PACKAGES_INSTALL;
	command->words = argv + 1;
	command->count = (size_t)argc - 1;
	if (strncmp(name, "ap", 2) == 0 && parse_apt(command, argc, argv) != 0)
		return FAIL_TOOL;
	for (size_t i = 0; i < command->count; i++)
		if (is_package_file(command->words[i]))
			return complain(
			    "a package in a file is installed from the host, by `debug toolbox install "
			    "FILE.deb`; from inside a container only packages signed by Debian are taken");
	if (command->count == 0 && command->verb != PACKAGES_INSTALL && command->verb != PACKAGES_UPGRADE)
		return complain("name the packages, as in `uninstall ngrep`");
	return 0;
}

/* -- asking -- */

static int fill(struct packages_request *request, const struct command *command)
{
	struct winsize size;
	size_t used = 0;

	*request = (struct packages_request){ .version = WIRE_VERSION, .verb = (uint32_t)command->verb };
	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		request->columns = size.ws_col > 0 ? size.ws_col : 80;
	if (command->count > PACKAGES_WORDS_MAX)
		return complain("these are too many packages for one time; give fewer");
	for (size_t i = 0; i < command->count; i++) {
		const size_t length = strlen(command->words[i]) + 1;

		if (length > sizeof(request->words) - used)
			return complain("these are too many packages for one time; give fewer");
		memcpy(request->words + used, command->words[i], length);
		used += length;
	}
	request->count = (uint32_t)command->count;
	return 0;
}

static int connect_to_helper(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	CLOSE_AT_EXIT int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	return fd_steal(&fd);
}

/* False at the end of it. */
static bool pass_on(struct pollfd *from, int to_fd)
{
	char chunk[CHUNK];
	ssize_t size;

	if (from->revents == 0)
		return true;
	size = read(from->fd, chunk, sizeof(chunk));
	if (size < 0)
		return errno == EINTR;
	if (size == 0 || fd_write_all(to_fd, chunk, (size_t)size) < 0) {
		from->fd = FD_NONE;
		return false;
	}
	return true;
}

/* Until the installer has closed both, or nobody reads what it says. */
static void show_output(int output_fd, int error_fd)
{
	struct pollfd waited[] = { { output_fd, POLLIN, 0 }, { error_fd, POLLIN, 0 } };

	while (waited[0].fd != FD_NONE || waited[1].fd != FD_NONE) {
		if (poll(waited, 2, -1) < 0)
			continue;
		if (!pass_on(&waited[0], STDOUT_FILENO))
			waited[0].fd = FD_NONE;
		if (!pass_on(&waited[1], STDERR_FILENO))
			waited[1].fd = FD_NONE;
	}
}

static int ask(const struct packages_request *request)
{
	CLOSE_AT_EXIT int helper_fd = connect_to_helper();
	struct packages_reply reply;
	int output[2];
	int error[2];
	size_t fd_count;

	if (helper_fd < 0)
		return complain(
		    "this session has nobody who installs packages; root has, in a session that `sudo debug` starts");
	if (pipe2(output, O_CLOEXEC) < 0 || pipe2(error, O_CLOEXEC) < 0)
		return complain("cannot make a pipe");
	if (wire_send(helper_fd, request, sizeof(*request), (const int[]){ output[1], error[1] }, 2) < 0)
		return complain("the session's helper does not answer");
	(void)close(output[1]);
	(void)close(error[1]);
	show_output(output[0], error[0]);
	if (wire_receive(helper_fd, &reply, sizeof(reply), NULL, 0, &fd_count) != sizeof(reply))
		return complain(
		    "the session's helper refused or ended; only processes of the session may install");
	reply.fail.text[sizeof(reply.fail.text) - 1] = '\0';
	return reply.fail.status != FAIL_NONE ? complain(reply.fail.text) : reply.status;
}

int main(int argc, char *argv[])
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *name = slash != NULL ? slash + 1 : argv[0];
	struct packages_request request;
	struct command command;

	if (argc < 1)
		return FAIL_TOOL;
	if (strcmp(name, "install") == 0 && is_for_coreutils(argc, argv)) {
		(void)execv(COREUTILS_INSTALL, argv);
		return complain("the toolbox has no " COREUTILS_INSTALL);
	}
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return usage(name);
	(void)signal(SIGPIPE, SIG_IGN);
	if (parse(&command, name, argc, argv) != 0 || fill(&request, &command) != 0)
		return FAIL_TOOL;
	return ask(&request);
}
