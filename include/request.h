/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user asked for: the first stage.  Made from argv by `debug`, read by `debug-helper`. */
#ifndef DEBUG_REQUEST_H
#define DEBUG_REQUEST_H

#include "fail.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a command line asks for besides a session. */
enum request_action {
	REQUEST_SESSION,
	REQUEST_HELP,
	REQUEST_VERSION,
	REQUEST_TOOLBOX, /* debug toolbox VERB ... */
	REQUEST_TOOLBOX_HELP,
	REQUEST_LS,	      /* debug ls: everything that can be attached to */
	REQUEST_CHOOSE,	      /* a session with one that the user picks from that list */
	REQUEST_DOCTOR,	      /* debug doctor [TARGET] */
	REQUEST_CHECK_CONFIG, /* debug --check-config [FILE]; the target is the file, or NULL */
};

enum toolbox_verb {
	TOOLBOX_LS,
	TOOLBOX_INFO,
	TOOLBOX_SBOM,
	TOOLBOX_VERIFY,
	TOOLBOX_INSTALL,
	TOOLBOX_UNINSTALL,
	TOOLBOX_SEARCH,
	TOOLBOX_UPGRADE,
	TOOLBOX_BUILD,
	TOOLBOX_GC,
	TOOLBOX_VERB_COUNT,
};

enum request_terminal {
	REQUEST_TERMINAL_AUTO, /* one if standard input and output both are */
	REQUEST_TERMINAL_ALWAYS,
	REQUEST_TERMINAL_NEVER,
};

/* The network of a session that has no running target to share one with. */
enum request_network {
	REQUEST_NETWORK_NONE,
	REQUEST_NETWORK_HOST,
};

/* How much a session may do, in growing order; debug(1) says what each is. */
enum request_profile {
	REQUEST_PROFILE_DEFAULT, /* not said: as much as REQUEST_PROFILE_GENERAL */
	REQUEST_PROFILE_APP,
	REQUEST_PROFILE_RESTRICTED,
	REQUEST_PROFILE_BASELINE,
	REQUEST_PROFILE_GENERAL,
	REQUEST_PROFILE_NETADMIN,
	REQUEST_PROFILE_SYSADMIN,
	REQUEST_PROFILE_COUNT,
};

/* All pointers are lent: they point into argv, or into the mapping that request_receive made. */
struct request {
	enum request_action action;
	const char *target;
	const char *shell_line;	   /* -c STRING, or NULL */
	const char *user;	   /* USER[:GROUP], or NULL for the default, root */
	const char *workdir;	   /* or NULL: the target's own */
	const char *shell;	   /* --shell, or NULL: the caller's if the toolbox has it */
	const char *caller_shell;  /* its name, or NULL if it shall not matter */
	const char *terminal_type; /* $TERM of the caller, or NULL */
	const char **environment;  /* K=V each; owned array, freed by request_free */
	size_t environment_count;
	const char **command; /* program and arguments, or the words after VERB; owned array */
	size_t command_count;
	enum toolbox_verb verb;
	const char *image;	   /* which image of the file that `target` names, or NULL */
	const char *runtime;	   /* --runtime: only containers of this one; or NULL */
	const char *docker_socket; /* path of the one the caller's environment or context names; or NULL */
	enum request_network network;
	enum request_profile profile;
	uint64_t cap_add, cap_drop; /* one bit per CAP_* */
	const char *reason;	    /* --reason, or NULL */
	const char *sudo_user;	    /* the caller's $SUDO_USER and $SSH_CONNECTION, or NULL: claims */
	const char *ssh_connection;
	const char *receipt; /* --receipt=FILE: a file that `debug` makes; or NULL */
	const char *record;  /* --record, or NULL: a file that `debug` itself makes */
	const char *mirror;  /* --mirror, or NULL */
	const char *output;  /* --output, or NULL */
	bool is_json;
	bool is_all; /* ls: stopped ones too */
	bool is_write;
	bool is_scratch; /* changes go to a copy that ends with the session */
	bool is_stealth; /* no process of the session shows in the target */
	bool is_wait;	 /* attach to the next start if it does not run */
	bool is_quiet;
	bool is_dry_run;
	bool is_receipt;       /* say at the end what of the target has changed */
	bool has_receipt_file; /* and into a file that comes with the request */
	enum request_terminal terminal;
	bool has_terminal; /* decided: the session gets a pseudo-terminal */
	unsigned short rows, columns;
};

/* Parses argv.  On failure nothing is kept and *why has the sentence; on success the caller frees
 * with request_free. */
int request_parse(struct request *request, int argc, char *const argv[], struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Parses what follows `debug toolbox`, from argv[first]; the rest of *request is as request_parse made it. */
int request_parse_toolbox(struct request *request, int argc, char *const argv[], int first, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* "app", ...; REQUEST_PROFILE_DEFAULT is called what it means. */
const char *request_profile_name(enum request_profile profile) __attribute__((returns_nonnull));

/* Whether it asks for no more than the target's own confinement, which then must be known. */
static inline bool request_profile_is_confined(enum request_profile profile)
{
	return profile == REQUEST_PROFILE_APP || profile == REQUEST_PROFILE_RESTRICTED ||
	       profile == REQUEST_PROFILE_BASELINE;
}

/* Whether a TARGET is a file of the caller's and not a name: /PATH, ./PATH, ../PATH or file://PATH. */
bool request_is_path(const char *target) __attribute__((nonnull, warn_unused_result));

/* The request as a sealed memfd (wire.h), owned by the caller; -1 with *why set. */
int request_seal(const struct request *request, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

/* Reads a sealed request, which may come from a hostile caller: every count and string is checked.
 * `memory_fd` stays the caller's; the mapping stays until the process ends. */
int request_receive(struct request *request, int memory_fd, struct fail *why)
    __attribute__((nonnull, warn_unused_result));

void request_free(struct request *request) __attribute__((nonnull));

/* The text of --help, from the same table that parses. */
void request_print_help(void);
void request_print_toolbox_help(void);

#endif
