/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command (P5): its environment, directory and program.  Everything here is foreign (the
 * target's environment, the user's words), and this process has no more rights than the session.
 *
 * The environment is the target's own (what its configuration says, if it does not run), with the few
 * variables a shell from the toolbox needs laid over it.  No library path, no variable of the toolbox's
 * programs: what the target's own programs are started with is what they know.
 */
#include "joiner.h"

#include "fd.h"
#include "text.h"
#include "wire.h"

#include <errno.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define TOOLBOX_PATH PLAN_TOOLBOX "/bin:" PLAN_TOOLBOX "/sbin"
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define SCRATCH PLAN_TOOLBOX "/run"

/* Variables that would make the toolbox's programs run, load or read what the target chose, which can be more
 * than the target itself may: a process can write over its environment, and its user need not be root. */
static const char *const removed[] = { "ENV",	      "SHELLOPTS",   "INPUTRC",	  "FCEDIT",    "MAIL",
				       "MAILPATH",    "HISTFILE",    "ZDOTDIR",	  "FPATH",     "NULLCMD",
				       "READNULLCMD", "OLDPWD",	     "SHLVL",	  "_",	       "TERMCAP",
				       "LC_ALL",      "EDITOR",	     "VISUAL",	  "PAGER",     "MANPAGER",
				       "BROWSER",     "SSH_ASKPASS", "CURL_HOME", "EXINIT",    "GCONV_PATH",
				       "GVIMINIT",    "MYVIMRC",     "NMAPDIR",	  "RSYNC_RSH", "TAR_OPTIONS",
				       "WGETRC" };
/* bash's functions and files of completion are among these; and prompts, in which bash and zsh run commands.
 */
static const char *const removed_prefixes[] = { "BASH",	   "DEBUGINFOD_", "GIT_",     "LESS",	"OPENSSL_",
						"PERL",	   "PROMPT",	  "PS0",      "PS1",	"PS2",
						"PS3",	   "PS4",	  "PSQL",     "PYTHON", "RPS",
						"RPROMPT", "SPROMPT",	  "TERMINFO", "VIM",	"XDG_",
						"fish",	   "__fish" };

/* Of those with such a beginning, what the toolbox's Python does not hear, and the target's own may need. */
static const char *const harmless[] = { "PYTHONHOME", "PYTHONPATH", "PYTHONPLATLIBDIR", "PYTHONSTARTUP",
					"PYTHONUSERBASE" };

struct environment {
	char **entries;
	size_t count;
};

static bool has_name(const char *entry, const char *name)
{
	size_t length = strlen(name);

	return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

static bool is_removed(const char *entry)
{
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (has_name(entry, harmless[i]))
			return false;
	for (size_t i = 0; i < sizeof(removed) / sizeof(removed[0]); i++)
		if (has_name(entry, removed[i]))
			return true;
	for (size_t i = 0; i < sizeof(removed_prefixes) / sizeof(removed_prefixes[0]); i++)
		if (strncmp(entry, removed_prefixes[i], strlen(removed_prefixes[i])) == 0)
			return true;
	return false;
}

static const char *find(const struct environment *environment, const char *name)
{
	for (size_t i = 0; i < environment->count; i++)
		if (has_name(environment->entries[i], name))
			return environment->entries[i] + strlen(name) + 1;
	return NULL;
}

/* Adds, or replaces all of that name; `entry` is kept, not copied. */
static void put(struct environment *environment, char *entry)
{
	size_t name_length = strcspn(entry, "=");
	size_t kept = 0;

	for (size_t i = 0; i < environment->count; i++)
		if (strncmp(environment->entries[i], entry, name_length + 1) != 0)
			environment->entries[kept++] = environment->entries[i];
	environment->entries[kept++] = entry;
	environment->entries[kept] = NULL;
	environment->count = kept;
}

static void put_value(struct environment *environment, const char *name, const char *value)
{
	char *entry = NULL;

	if (asprintf(&entry, "%s=%s", name, value) >= 0)
		put(environment, entry);
}

/* The next value of the records in plan->configured with that key; *at is how far the search has come. */
static const char *next_configured(const struct plan *plan, const char *key, size_t *at)
{
	while (*at < plan->numbers.configured_size) {
		const char *record = plan->configured + *at;

		*at += strlen(record) + 1;
		if (has_name(record, key))
			return record + strlen(key) + 1;
	}
	return NULL;
}

/* The bytes of the target's environment, as /proc/PID/environ would have them; the caller's to free. */
static char *target_environment(const struct plan *plan, size_t *size)
{
	const bool is_own = plan->numbers.root == PLAN_ROOT_OWN;
	char *bytes =
	    malloc((is_own ? plan->numbers.configured_size : plan->numbers.target_environment_size) + 1);
	const char *entry;
	size_t at = 0;

	*size = 0;
	if (bytes == NULL)
		return NULL;
	if (!is_own) {
		*size = plan->numbers.target_environment_size;
		memcpy(bytes, plan->target_environment, *size);
	}
	while (is_own && (entry = next_configured(plan, "env", &at)) != NULL) {
		memcpy(bytes + *size, entry, strlen(entry) + 1);
		*size += strlen(entry) + 1;
	}
	bytes[*size] = '\0';
	return bytes;
}

/* The target's entries.  A process can write over its environment: what is no NAME=VALUE is not
 * one, and the last string may lack its end. */
static int copy_target_environment(struct environment *environment, const struct plan *plan)
{
	size_t size;
	char *bytes = target_environment(plan, &size);
	size_t most = plan->numbers.environment_count + 16;

	if (bytes == NULL)
		return -1;
	for (size_t i = 0; i < size; i++)
		most += bytes[i] == '\0';
	environment->count = 0;
	environment->entries = calloc(most + 2, sizeof(*environment->entries));
	if (environment->entries == NULL)
		return -1;
	for (char *entry = bytes; entry < bytes + size; entry += strlen(entry) + 1)
		if (entry[0] != '=' && strchr(entry, '=') != NULL && !is_removed(entry))
			environment->entries[environment->count++] = entry;
	return 0;
}

/* An edition of the toolbox may lack the caller's own; one that was asked for must be there. */
static const char *shell_of(const struct plan *plan)
{
	char path[PATH_MAX];

	if (plan->shell != NULL)
		return plan->shell;
	if (plan->caller_shell == NULL ||
	    (size_t)snprintf(path, sizeof(path), PLAN_TOOLBOX "/bin/%s", plan->caller_shell) >=
		sizeof(path) ||
	    access(path, X_OK) < 0)
		return "bash";
	return plan->caller_shell;
}

static void put_shell(struct environment *environment, const char *shell)
{
	char *path = NULL;

	if (asprintf(&path, "%s%s", strchr(shell, '/') != NULL ? "" : PLAN_TOOLBOX "/bin/", shell) < 0)
		return;
	put_value(environment, "SHELL", path);
	free(path);
}

static int make_environment(struct environment *environment, const struct plan *plan)
{
	const char *target_path;
	char *path = NULL;

	if (copy_target_environment(environment, plan) < 0)
		return -1;
	target_path = find(environment, "PATH");
	if (asprintf(&path, "%s:%s", TOOLBOX_PATH,
		     target_path != NULL && target_path[0] != '\0' ? target_path : DEFAULT_PATH) < 0)
		return -1;
	put_value(environment, "PATH", path);
	free(path);
	put_value(environment, "HOME", SCRATCH);
	put_value(environment, "TMPDIR", SCRATCH);
	put_value(environment, "TMUX_TMPDIR", SCRATCH);
	put_shell(environment, shell_of(plan));
	put_value(environment, "LANG", "C.UTF-8");
	if (plan->numbers.has_terminal || plan->terminal_type != NULL)
		put_value(environment, "TERM", plan->terminal_type != NULL ? plan->terminal_type : "xterm");
	for (size_t i = 0; i < plan->numbers.environment_count; i++) {
		char *entry = strdup(plan->environment[i]);

		if (entry == NULL)
			return -1;
		put(environment, entry);
	}
	return 0;
}

__attribute__((noreturn)) static void refuse(const struct fail *why)
{
	struct joiner_message message = { .kind = INIT_NOT_EXECUTED, .fail = *why };

	(void)wire_send(INIT_CONTROL, &message, sizeof(message), NULL, 0);
	_exit(why->status);
}

void launch_enter_directory(const struct plan *plan)
{
	struct fail why = { 0 };
	char shown[200];
	size_t at = 0;

	if (plan->workdir == NULL) {
		const char *own =
		    plan->numbers.root == PLAN_ROOT_OWN ? next_configured(plan, "workdir", &at) : NULL;

		/* The target's own may be gone or unreadable for this user: its root always is there. */
		if (chdir(own != NULL && own[0] != '\0' ? own : plan->fallback_workdir) < 0)
			(void)!chdir("/");
		return;
	}
	if (chdir(plan->workdir) < 0) {
		(void)fail_errno(&why, FAIL_TOOL, errno, "cannot enter the directory `%s` of the target",
				 text_encode(shown, sizeof(shown), plan->workdir, strlen(plan->workdir)));
		refuse(&why);
	}
}

/* "(unreachable)/...": the directory lies outside the session's root, as a descriptor that leaked
 * into the target's environment would make it (CVE-2024-21626). */
static void check_directory(void)
{
	char path[PATH_MAX];

	if (getcwd(path, sizeof(path)) == NULL || path[0] != '/')
		(void)!chdir("/");
}

/* execve(2) also says ENOENT for a program that is there but whose loader or interpreter is not. */
static int try_execute(const char *path, char *const argv[], const struct environment *environment)
{
	int error;

	(void)execve(path, argv, environment->entries);
	error = errno;
	return error == ENOENT && access(path, F_OK) == 0 ? ELIBACC : error;
}

/* execvp(3), but a program that exists and cannot be executed is told from one that does not. */
static int execute(char *const argv[], const struct environment *environment)
{
	const char *path = find(environment, "PATH");
	char candidate[PATH_MAX];
	int error = ENOENT;

	if (strchr(argv[0], '/') != NULL)
		return try_execute(argv[0], argv, environment);
	for (const char *at = path != NULL ? path : ""; *at != '\0';) {
		size_t length = strcspn(at, ":");
		int size = snprintf(candidate, sizeof(candidate), "%.*s/%s", (int)length, at, argv[0]);

		/* An empty or relative directory would search the current one. */
		if (at[0] == '/' && size > 0 && (size_t)size < sizeof(candidate)) {
			int failure = try_execute(candidate, argv, environment);

			if (failure != ENOENT && failure != ENOTDIR)
				error = failure;
		}
		at += length + (at[length] == ':');
	}
	return error;
}

/* The words to execute; the arrays live until the exec. */
static char **make_arguments(const struct plan *plan)
{
	char **argv = calloc(plan->numbers.command_count + 4, sizeof(*argv));
	size_t count = 0;

	if (argv == NULL)
		return NULL;
	for (size_t i = 0; i < plan->numbers.command_count; i++)
		argv[count++] = strdup(plan->command[i]);
	if (count > 0)
		return argv;
	argv[count++] = strdup(shell_of(plan));
	if (plan->shell_line != NULL) {
		argv[count++] = strdup("-c");
		argv[count++] = strdup(plan->shell_line);
	} else if (plan->numbers.has_terminal) {
		argv[count++] = strdup("-i");
	}
	return argv;
}

/* Last of all, as the runtime did it for the target: what the filter refuses is refused from here on, and
 * that may be most of what a session is made with.  In the mapping the instructions are not aligned. */
static int load_target_filter(const struct plan *plan)
{
	const size_t count = plan->numbers.filter_count;
	struct sock_fprog program = { .len = (unsigned short)count };
	int failed;

	program.filter = reallocarray(NULL, count, sizeof(*program.filter));
	if (program.filter == NULL)
		return -1;
	memcpy(program.filter, plan->target_filter, count * sizeof(*program.filter));
	failed = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	free(program.filter);
	return failed;
}

void launch(const struct plan *plan)
{
	struct environment environment;
	struct fail why = { 0 };
	char shown[200];
	char **argv;
	int error;

	if (make_environment(&environment, plan) < 0 || (argv = make_arguments(plan)) == NULL) {
		(void)fail_errno(&why, FAIL_TOOL, ENOMEM, "cannot prepare the command");
		refuse(&why);
	}
	check_directory();
	if (plan->numbers.filter == GRANT_FILTER_TARGET && load_target_filter(plan) < 0) {
		(void)fail_errno(&why, FAIL_TOOL, errno, "cannot load the target's seccomp filter");
		refuse(&why);
	}
	error = execute(argv, &environment);
	text_encode(shown, sizeof(shown), argv[0], strlen(argv[0]));
	if (error == ENOENT || error == ENOTDIR)
		(void)fail_set(&why, FAIL_NOT_FOUND,
			       "command `%s` was not found, neither in the toolbox nor in the target's PATH",
			       shown);
	else if (error == ELIBACC)
		(void)fail_set(&why, FAIL_DENIED,
			       "command `%s` cannot be executed: its loader or interpreter is missing",
			       shown);
	else
		(void)fail_errno(&why, FAIL_DENIED, error, "command `%s` cannot be executed", shown);
	refuse(&why);
}
