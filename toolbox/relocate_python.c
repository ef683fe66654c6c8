/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Python of the toolbox ignores the variables by which the target tells its own Python where its
 * modules are.
 *
 * A session that has the target's environment, or a tool started by a program of the target, would
 * otherwise start with the wrong standard library and end at once.  As with the loader's variables,
 * the first letter changes: TYTHONHOME and so on work instead.  The target's own Python finds its
 * variables as they are.
 *
 * The interpreter looks some names up in a table of its own ("ENV_PYTHONPATH"), from compiled Python
 * code as well as from C.  Every occurrence changes, so both sides still agree.
 */
#include "relocate.h"

#include <string.h>

static const char *const variables[] = {
	"PYTHONHOME", "PYTHONPATH", "PYTHONPLATLIBDIR", "PYTHONSTARTUP", "PYTHONUSERBASE",
};

bool is_python(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;

	return strncmp(name, "python3", sizeof("python3") - 1) == 0 ||
	       strncmp(name, "libpython3", sizeof("libpython3") - 1) == 0;
}

void relocate_python(struct toolbox *toolbox, char *image, size_t size)
{
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const size_t length = strlen(variables[i]);
		char *at = image;

		while ((at = memmem(at, size - (size_t)(at - image), variables[i], length)) != NULL) {
			*at = 'T';
			at += length;
			toolbox->tally[RULE_VARIABLE]++;
		}
	}
}
