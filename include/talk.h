/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `debug` and `debug-helper` say to each other, one SOCK_SEQPACKET message each.
 *
 *   debug                          debug-helper
 *   ORDER_REQUEST + descriptors ►
 *                                ◄ REPLY_FAILED | REPLY_ABSENT | REPLY_TEXT   and it is over
 *                                ◄ REPLY_STARTED (+ terminal)
 *   ORDER_SIGNAL, ORDER_END ...  ►
 *                                ◄ REPLY_FAILED                          the command did not start
 *                                ◄ REPLY_ENDED                           everything is removed
 *
 * For `debug ls` the answer is REPLY_SEEN for each container, REPLY_TEXT if an engine did not answer, and
 * REPLY_ENDED; or REPLY_FAILED.
 *
 * For `debug doctor` the answer is REPLY_CHECK any number of times, then REPLY_ENDED.
 *
 * For `debug toolbox` the request comes with standard output and error and the files to work on, and
 * the answer is REPLY_FAILED, REPLY_TOOLBOX (+ directory) or REPLY_ENDED.
 */
#ifndef DEBUG_TALK_H
#define DEBUG_TALK_H

#include "fail.h"
#include "result.h"

#include <stdint.h>

/* The descriptor on which debug-helper finds its end of the pair. */
enum { TALK_FD = 3 };

enum order_kind {
	ORDER_REQUEST, /* with the sealed request and, without a terminal, the session's 0, 1 and 2 */
	ORDER_SIGNAL,  /* pass `signal` to the command */
	ORDER_END,     /* hang up: end the session now */
};

struct order {
	uint32_t version;
	uint32_t kind;
	int32_t signal;
};

/* For the line above the first prompt.  The strings are encoded for print. */
struct session_facts {
	int32_t pid;
	uint32_t uid;
	int64_t up_seconds;
	uint8_t is_write;
	uint8_t is_paused;
	uint8_t is_scratch, is_stealth, is_at_rest; /* see request.h and target.h */
	uint8_t is_image;			    /* at rest: no container, an image or a directory */
	uint8_t is_recorded;			    /* by the helper */
	uint32_t memory_mb;			    /* what its cgroup allows; 0: no limit */
	uint8_t
	    is_pending; /* packages that the user installed over another image wait to be installed again */
	char name[256];
	char runtime[16];
	char image[256];
	char unaudited[200]; /* why the audit trail lacks this session; else "" */
};

/* What `debug toolbox info` shows. */
struct toolbox_facts {
	int64_t image_size;
	uint8_t is_layered; /* packages can be, or are, installed over the image */
	char image[256];    /* where it lies */
	char digest[65];    /* recorded, in hexadecimal */
	char filesystem[16];
	char state[128]; /* where the user's packages are kept; or why they cannot be */
};

enum list_fact {
	LIST_UNKNOWN,
	LIST_NO,
	LIST_YES,
};

/* A line of `debug ls`.  The strings are terminated and encoded for print. */
struct list_entry {
	uint8_t state;	  /* enum sighting_state */
	uint8_t writable; /* enum list_fact: its root is mounted writable */
	uint8_t shell;	  /* enum list_fact: there is a shell in it */
	int32_t pid;	  /* 0 unless it runs; then the next two say nothing */
	uint32_t uid;	  /* effective, as the host counts */
	int64_t up_seconds;
	uint32_t owner; /* these as in sighting.h */
	char runtime[16];
	char id[128];
	char scope[96];
	char name[256];
	char image[256];
};

enum doctor_state {
	DOCTOR_OK,
	DOCTOR_LIMITED, /* works, but not all of it */
	DOCTOR_MISSING,
	DOCTOR_UNKNOWN, /* could not be checked, mostly for want of rights */
	DOCTOR_STATE_COUNT,
};

/* In the order in which they are shown; from DOCTOR_TARGET on they are about the target. */
enum doctor_group {
	DOCTOR_PROGRAM,
	DOCTOR_KERNEL,
	DOCTOR_CGROUP,
	DOCTOR_SECURITY,
	DOCTOR_RIGHTS,
	DOCTOR_TOOLBOX,
	DOCTOR_ENGINES,
	DOCTOR_TARGET,
	DOCTOR_SESSION,
	DOCTOR_GROUP_COUNT,
};

/* One thing that was checked.  The strings are encoded for print. */
struct doctor_check {
	uint8_t group;	   /* enum doctor_group */
	uint8_t state;	   /* enum doctor_state */
	uint8_t is_needed; /* there is no session without it */
	uint8_t is_folded; /* for people its name says enough, beside others of its group and state */
	char name[48];
	char text[640]; /* a sentence: what it means and, unless it is well, what to do */
};

enum reply_kind {
	REPLY_FAILED,
	REPLY_TEXT,    /* --dry-run: text to print; ls: what should be known, a sentence a line */
	REPLY_STARTED, /* with the master side of the session's terminal, if it has one */
	REPLY_ENDED,
	REPLY_TOOLBOX, /* with the directory share/toolbox of it */
	REPLY_SEEN,    /* ls: one container */
	REPLY_CHECK,   /* doctor: one of many */
	REPLY_ABSENT,  /* as REPLY_FAILED: there is nothing of that name on this host */
};

struct reply {
	uint32_t version;
	uint32_t kind;
	union {
		struct fail fail;
		struct session_facts facts;
		struct result result;
		struct toolbox_facts toolbox;
		struct list_entry seen;
		struct doctor_check check;
		char text[4096];
	} with;
};

#endif
