/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text of /proc and /sys, as the kernel formats it.  Pure: no system calls.
 */
#include "doctor_checks.h"

#include <bsd/string.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands behind "\nNAME:\t"; NULL if there is no such line. */
static const char *find_field(const char *text, const char *name)
{
	const char *line = strstr(text, name);

	return line != NULL ? line + strlen(name) : NULL;
}

bool status_parse(struct status_facts *facts, const char *text)
{
	const char *state = find_field(text, "\nState:\t");
	const char *bounding = find_field(text, "\nCapBnd:\t");
	const char *effective = find_field(text, "\nCapEff:\t");
	const char *seccomp = find_field(text, "\nSeccomp:\t");
	const char *no_new_privs = find_field(text, "\nNoNewPrivs:\t");

	if (state == NULL || bounding == NULL || effective == NULL)
		return false;
	facts->state = state[0];
	facts->bounding = strtoull(bounding, NULL, 16);
	facts->effective = strtoull(effective, NULL, 16);
	facts->seccomp = seccomp != NULL ? (int)strtol(seccomp, NULL, 10) : -1;
	facts->no_new_privs = no_new_privs != NULL && no_new_privs[0] == '1';
	return true;
}

const char *status_pick_chosen(const char *line, char *out, size_t capacity)
{
	const char *open = strchr(line, '[');
	const char *close = open != NULL ? strchr(open, ']') : NULL;

	if (close == NULL)
		(void)strlcpy(out, line, capacity);
	else
		(void)snprintf(out, capacity, "%.*s", (int)(close - open - 1), open + 1);
	return out;
}

const char *status_machine_name(uint16_t machine)
{
	switch (machine) {
	case EM_X86_64:
		return "x86_64";
	case EM_386:
		return "i686";
	case EM_AARCH64:
		return "aarch64";
	case EM_ARM:
		return "arm";
	case EM_RISCV:
		return "riscv64";
	case EM_PPC64:
		return "ppc64";
	case EM_S390:
		return "s390x";
	default:
		return NULL;
	}
}
