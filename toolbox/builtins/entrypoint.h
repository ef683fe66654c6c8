/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The builtin `entrypoint`: what ENTRYPOINT and CMD make of a container, and whether it can start. */
#ifndef DEBUG_ENTRYPOINT_H
#define DEBUG_ENTRYPOINT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ENTRY_WORDS_MAX = 4096, ENTRY_FINDINGS_MAX = 32, ENTRY_LIBRARIES_MAX = 256, ENTRY_GROUPS_MAX = 64 };

struct words {
	const char *at[ENTRY_WORDS_MAX + 1]; /* lent; ends with NULL */
	size_t count;
};

/* What the engine was told.  All strings are lent from `bytes`. */
struct record {
	char *bytes;   /* owned; the life of the process */
	int pid;       /* the target's main process as we count, or 0 */
	bool is_known; /* an engine was asked; false for pid:// targets */
	bool is_incomplete;
	const char *user, *workdir, *stopsignal; /* or NULL */
	const char *program; /* what is executed, if that is known better than by its name; or NULL */
	struct words entrypoint, cmd, env;
};

bool record_read(struct record *record, const char *path) __attribute__((nonnull, warn_unused_result));
bool record_parse(struct record *record, char *bytes, size_t size)
    __attribute__((nonnull, warn_unused_result));
const char *record_env(const struct record *record, const char *name) __attribute__((nonnull));

/* ENTRYPOINT then CMD, or then `extra` in its place if there are any. */
void compose(struct words *argv, const struct record *record, char *const extra[], size_t extra_count)
    __attribute__((nonnull(1, 2)));

/* Opens a path of the target for reading, with symbolic links resolved inside `root_fd`. */
int target_open(int root_fd, const char *path, int flags) __attribute__((nonnull));

/* Opens a regular file for reading and gives its size.  -1 with errno: EISDIR, or ENXIO for what is neither.
 */
int target_open_file(int root_fd, const char *path, uint64_t *size) __attribute__((nonnull));

enum find_result { FIND_OK, FIND_MISSING, FIND_NOT_EXECUTABLE, FIND_DIRECTORY };

/* Where execvp(3) would find `name`, seen from `workdir`.  `path` gets the best candidate, or "". */
enum find_result find_program(int root_fd, const char *name, const char *search, const char *workdir,
			      char path[PATH_MAX]) __attribute__((nonnull));

enum elf_result { ELF_OK, ELF_NOT, ELF_BROKEN, ELF_UNREADABLE };
enum elf_loader { LOADER_NONE, LOADER_GLIBC, LOADER_MUSL, LOADER_OTHER };
enum { ELF_TEXT_MAX = 32 << 10 };

/* Not to be copied: strings point into `text`. */
struct elf {
	bool is_64, is_little;
	bool is_cut;	     /* there are more libraries than are kept here */
	const char *problem; /* "is cut off" and the like, if ELF_BROKEN */
	uint16_t type, machine;
	const char *interpreter;     /* NULL if statically linked */
	const char *rpath, *runpath; /* NULL if there is none; no rpath beside a runpath */
	const char *needed[ENTRY_LIBRARIES_MAX];
	size_t needed_count;
	size_t text_used;
	char text[ELF_TEXT_MAX];
};

/* Every offset is checked against `size`: the file may be hostile. */
enum elf_result elf_parse(struct elf *elf, const void *bytes, size_t size)
    __attribute__((nonnull, warn_unused_result));
/* The same of a descriptor.  Nothing is mapped: the file may become shorter meanwhile. */
enum elf_result elf_read(struct elf *elf, int fd) __attribute__((nonnull, warn_unused_result));
const char *elf_machine_name(uint16_t machine);
/* As image platforms are named (amd64, ppc64le): machine, class and order of bytes. */
const char *elf_architecture(const struct elf *elf) __attribute__((nonnull));
bool elf_is_same_machine(const struct elf *a, const struct elf *b) __attribute__((nonnull));
/* Debian's name of the machine's directory of libraries, and $PLATFORM; NULL if unknown. */
const char *elf_triplet(const struct elf *elf) __attribute__((nonnull));
const char *elf_platform(const struct elf *elf) __attribute__((nonnull));
enum elf_loader elf_loader(const struct elf *elf) __attribute__((nonnull));

struct script {
	bool is_script, has_bom, has_cr;
	bool is_too_long; /* the interpreter's name does not end where the kernel stops to read */
	bool is_cut;	  /* the argument does not */
	char interpreter[256], argument[256];
};

void script_parse(struct script *script, const char *bytes, size_t size) __attribute__((nonnull));

/* What env(1) makes of its one argument. */
struct script_env {
	bool is_env;
	bool is_split;	/* -S */
	bool has_blank; /* words without -S: env looks for one program with a blank in its name */
	char program[256];
};

void script_env(struct script_env *env, const struct script *script) __attribute__((nonnull));

enum finding_level { LEVEL_WARNING, LEVEL_ERROR };

struct finding {
	enum finding_level level;
	char check[24];
	char text[1000]; /* encoded */
};

struct report {
	struct finding findings[ENTRY_FINDINGS_MAX];
	size_t count;
	bool is_user_nameless; /* USER is a number without an entry in /etc/passwd */
	size_t left_out;       /* findings for which there was no room */
	int exec_status;       /* 0, 126 or 127: what --run would end with */
	char program[PATH_MAX];
	char kind[160]; /* what the program is, encoded */
};

void report_add(struct report *report, enum finding_level level, const char *check, const char *format, ...)
    __attribute__((format(printf, 4, 5), nonnull));

/* Foreign text for a message, in one of a few static buffers. */
const char *shown(const char *text);

/* Where a loader looks after all that the program says. */
struct directories {
	char text[16 << 10]; /* separated by colons or line ends */
	char unreadable[PATH_MAX];
	size_t files;
	bool is_cut; /* a limit was met: there may be more */
};

void directories_read(struct directories *all, int root_fd, const struct elf *elf) __attribute__((nonnull));

struct expansion {
	const char *origin; /* the path of the file that says it */
	const struct elf *elf;
	unsigned int variant; /* of $LIB, from 0 */
};

/* Replaces $ORIGIN, $LIB and $PLATFORM and appends `name`, if any.  1; 0 if that is too long; -1 if there is
 * no such variant. */
int directories_expand(char out[PATH_MAX], const char *list, size_t length, const struct expansion *how,
		       const char *name) __attribute__((nonnull(1, 2, 4)));

/* The path of a program with its symbolic links followed, as the loader has it for $ORIGIN. */
void directories_origin(char out[PATH_MAX], int root_fd, const char *path) __attribute__((nonnull));

/* The missing libraries of a program, as findings. */
void libraries_check(struct report *report, int root_fd, const struct elf *elf, const char *path,
		     const char *library_path) __attribute__((nonnull(1, 3, 4)));

/* Who the container's programs run as. */
struct entry_user {
	bool is_known; /* and can be looked up */
	char name[256];
	unsigned int uid;
	unsigned int groups[ENTRY_GROUPS_MAX]; /* the first is the primary one */
	size_t group_count;
};

void lint_user(struct report *report, const struct record *record, int root_fd, struct entry_user *user)
    __attribute__((nonnull));
bool user_may_execute(int root_fd, const char *path, const struct entry_user *user) __attribute__((nonnull));

void lint_forms(struct report *report, const struct record *record) __attribute__((nonnull));
void lint_command(struct report *report, const struct record *record, int root_fd, const struct words *argv)
    __attribute__((nonnull));

/* The running main process.  Words point into memory that stays. */
struct actual {
	int pid;
	struct words argv, env;
	char executable[PATH_MAX], directory[PATH_MAX]; /* "" if not permitted to read */
	char uids[64], gids[64], groups[512];		/* effective, and as the kernel lists them */
	char no_new_privs[8], seccomp[8];
	char open_files[80], processes[80], core[80]; /* soft, hard and unit */
	size_t argc_before_cut;			      /* with empty words at its end, which a title leaves */
	bool is_script;				      /* the configured program is one */
	bool is_renamed;       /* it wrote a title over its arguments, and maybe its environment */
	uint64_t capabilities; /* effective */
};

/* False if there is none, or it may not be read. */
bool actual_read(struct actual *actual, int pid) __attribute__((nonnull, warn_unused_result));
bool actual_is_init(const struct actual *actual) __attribute__((nonnull));
int actual_first_child(const struct actual *actual) __attribute__((nonnull));

/* How what runs came from what was configured. */
enum started {
	STARTED_UNKNOWN,
	STARTED_SAME,
	STARTED_BY_INIT,
	STARTED_BY_INTERPRETER,
	STARTED_REPLACED,
	STARTED_BY_SHELL,
	STARTED_RENAMED,
	STARTED_OTHERWISE,
};

enum started actual_compare(const struct actual *actual, const struct words *configured)
    __attribute__((nonnull));
const char *started_sentence(enum started started);

struct environment_difference {
	struct words added, removed, changed;
};

void environment_compare(struct environment_difference *difference, const struct words *configured,
			 const struct words *running) __attribute__((nonnull));

/* -- entrypoint_show.c -- */

/* argv as one line that a shell would read back the same. */
void show_command(const struct words *argv) __attribute__((nonnull));
void show_configured(const struct record *record, const struct words *argv, const struct report *report)
    __attribute__((nonnull));
void show_findings(const struct report *report) __attribute__((nonnull));
/* What runs, beside the configuration.  Values of variables may be secret. */
void show_actual(const struct actual *actual, const struct record *record, const struct words *argv,
		 bool is_showing_values) __attribute__((nonnull));
/* `actual` is NULL if nothing runs or it may not be read. */
void show_json(const struct record *record, const struct words *argv, const struct report *report,
	       const struct actual *actual, bool is_showing_values) __attribute__((nonnull(1, 2, 3)));

#endif
