/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of options, which parses and is printed as --help. */
#ifndef DEBUG_OPTIONS_H
#define DEBUG_OPTIONS_H

#include "fail.h"
#include "request.h"

#include <stddef.h>

/* An argument whose name begins with it can be left out, and else follows `=`: the next word is not taken. */
enum { OPTION_OPTIONAL = '[' };

struct option {
	char letter;	      /* or 0 */
	const char *name;     /* or NULL */
	const char *argument; /* its name in the help, or NULL if the option takes none */
	const char *help;     /* or NULL: accepted out of habit, not shown */
	int (*set)(struct request *request, const char *value, struct fail *why);
	size_t flag; /* without `set`: the bool of struct request that it makes true */
};

extern const struct option options[];
extern const size_t option_count;

#endif
