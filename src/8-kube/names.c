/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 1123, as Kubernetes applies it: letters are small, and a name begins and ends with a letter or a digit.
 */
#include "kube_request.h"

#include <string.h>

enum { LABEL_MAX = 63, NAME_MAX_LENGTH = 253 };

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_label(const char *from, size_t length, size_t most)
{
	if (length == 0 || length > most || !is_plain(from[0]) || !is_plain(from[length - 1]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!is_plain(from[i]) && from[i] != '-')
			return false;
	return true;
}

bool kube_is_label(const char *name)
{
	return is_label(name, strlen(name), LABEL_MAX);
}

bool kube_is_name(const char *name)
{
	if (strlen(name) > NAME_MAX_LENGTH)
		return false;
	for (const char *from = name;;) {
		const size_t length = strcspn(from, ".");

		if (!is_label(from, length, NAME_MAX_LENGTH))
			return false;
		if (from[length] == '\0')
			return true;
		from += length + 1;
	}
}
