/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first line of a script, read as the kernel reads it. */
#include "entrypoint.h"

#include <stdio.h>
#include <string.h>

/* BINPRM_BUF_SIZE: what the kernel looks at, `#!` included. */
enum { LINE_MAX_KERNEL = 256 };

void script_parse(struct script *script, const char *bytes, size_t size)
{
	char line[LINE_MAX_KERNEL];
	size_t length;
	char *at;

	memset(script, 0, sizeof(*script));
	if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		script->has_bom = true;
		bytes += 3;
		size -= 3;
	}
	if (size < 2 || memcmp(bytes, "#!", 2) != 0)
		return;
	script->is_script = true;
	for (length = 0; length + 2 < size && length + 2 < LINE_MAX_KERNEL && bytes[length + 2] != '\n';
	     length++)
		line[length] = bytes[length + 2] != '\0' ? bytes[length + 2] : ' ';
	script->is_too_long = length + 2 == LINE_MAX_KERNEL;
	script->has_cr = length > 0 && line[length - 1] == '\r';
	length -= script->has_cr;
	while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\t'))
		length--;
	line[length < sizeof(line) ? length : sizeof(line) - 1] = '\0';
	at = line + strspn(line, " \t");
	(void)snprintf(script->interpreter, sizeof(script->interpreter), "%.*s", (int)strcspn(at, " \t"), at);
	at += strcspn(at, " \t");
	at += strspn(at, " \t");
	(void)snprintf(script->argument, sizeof(script->argument), "%s", at);
}
