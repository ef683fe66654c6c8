/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A failure is a value.  Library code fills one and returns -1; only the mains print.  A second
 * failure on the way out (while cleaning up, say) must not hide the first, so the first one stays.
 */
#include "fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 3, 0))) static int fail_compose(struct fail *why, enum fail_status status,
							      const char *format, va_list arguments)
{
	if (why->status != FAIL_NONE)
		return -1;
	why->status = (int)status;
	(void)vsnprintf(why->text, sizeof(why->text), format, arguments);
	return 0;
}

int fail_set(struct fail *why, enum fail_status status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)fail_compose(why, status, format, arguments);
	va_end(arguments);
	return -1;
}

int fail_errno(struct fail *why, enum fail_status status, int error, const char *format, ...)
{
	va_list arguments;
	int first;

	va_start(arguments, format);
	first = fail_compose(why, status, format, arguments) == 0;
	va_end(arguments);
	if (first) {
		const char *description = strerrordesc_np(error);
		size_t used = strlen(why->text);

		(void)snprintf(why->text + used, sizeof(why->text) - used, ": %s",
			       description != NULL ? description : "unknown error");
	}
	return -1;
}
