/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `debug` and `debug-helper` say to each other, one SOCK_SEQPACKET message each.
 *
 *   debug                          debug-helper
 *   ORDER_REQUEST + descriptors ►
 *                                ◄ REPLY_FAILED | REPLY_TEXT             and it is over
 *                                ◄ REPLY_STARTED (+ terminal)
 *   ORDER_SIGNAL, ORDER_END ...  ►
 *                                ◄ REPLY_FAILED                          the command did not start
 *                                ◄ REPLY_ENDED                           everything is removed
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
	uint8_t is_limited; /* in a cgroup of its own with limits */
	uint8_t
	    is_pending; /* packages that the user installed over another image wait to be installed again */
	char name[128];
	char runtime[16];
	char image[256];
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

enum reply_kind {
	REPLY_FAILED,
	REPLY_TEXT,    /* --dry-run: text to print */
	REPLY_STARTED, /* with the master side of the session's terminal, if it has one */
	REPLY_ENDED,
	REPLY_TOOLBOX, /* with the directory share/toolbox of it */
};

struct reply {
	uint32_t version;
	uint32_t kind;
	union {
		struct fail fail;
		struct session_facts facts;
		struct result result;
		struct toolbox_facts toolbox;
		char text[4096];
	} with;
};

#endif
