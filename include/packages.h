/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the programs `install` and `uninstall` of the toolbox ask of debug-helper, over a socket in the
 * session's scratch space.
 *
 *   install (in the session)            debug-helper
 *   packages_request + output ────────►
 *                                       installer writes to the output
 *                                     ◄ packages_reply
 *
 * Whoever is in the session may ask, so a request is believed as little as any other foreign bytes. */
#ifndef DEBUG_PACKAGES_H
#define DEBUG_PACKAGES_H

#include "fail.h"

#include <stdint.h>

#define PACKAGES_SOCKET ".packages"

enum packages_verb {
	PACKAGES_INSTALL,
	PACKAGES_UNINSTALL,
	PACKAGES_SEARCH,
	PACKAGES_UPGRADE,
	PACKAGES_SESSION_COUNT, /* a session may ask for those before this */
	PACKAGES_BUILD = PACKAGES_SESSION_COUNT,
	PACKAGES_VERB_COUNT,
};

enum { PACKAGES_WORDS_MAX = 64, PACKAGES_BYTES_MAX = 4096 };

struct packages_request {
	uint32_t version;
	uint32_t verb;
	uint32_t count;			/* of words */
	uint32_t columns;		/* of the terminal, or 0 if the output is none */
	char words[PACKAGES_BYTES_MAX]; /* one after the other, each with its NUL */
};

struct packages_reply {
	uint32_t version;
	int32_t status;	  /* of the installer: an exit status */
	struct fail fail; /* a sentence, if the installer could not be started */
};

#endif
