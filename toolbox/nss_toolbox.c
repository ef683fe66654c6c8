/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accounts for targets that have no /etc/passwd: the name service module behind "files" in the
 * toolbox's nsswitch.conf.  The target's own files always win.
 *
 * Some tools refuse to work for a user without a name.  The current user gets its number as name,
 * which is what every tool would print without this module: nothing is invented.  tcpdump is root
 * here, because it becomes that user as soon as it has opened its socket, and no other user is
 * certain to exist in the target's user namespace, or could write the capture file.
 */
#include <errno.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum nss_status _nss_toolbox_getpwnam_r(const char *, struct passwd *, char *, size_t, int *);
enum nss_status _nss_toolbox_getpwuid_r(uid_t, struct passwd *, char *, size_t, int *);
enum nss_status _nss_toolbox_getgrnam_r(const char *, struct group *, char *, size_t, int *);
enum nss_status _nss_toolbox_getgrgid_r(gid_t, struct group *, char *, size_t, int *);

struct account {
	const char *name;
	unsigned int user;
	unsigned int group;
};

static const struct account accounts[] = {
	{ "root", 0, 0 },	    { "tcpdump", 0, 0 },      { "_apt", 42, 65534 },
	{ "nobody", 65534, 65534 }, { "sshd", 65534, 65534 },
};
static const struct account groups[] = {
	{ "root", 0, 0 },
	{ "tty", 0, 5 },
	{ "nogroup", 0, 65534 },
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define HOME "/dev/toolbox/run"
#define SHELL "/dev/toolbox/bin/bash"

/* Splits the caller's buffer into strings. */
struct buffer {
	char *next;
	size_t left;
};

static char *put(struct buffer *buffer, const char *text)
{
	const size_t size = strlen(text) + 1;
	char *copy = buffer->next;

	if (copy == NULL || size > buffer->left) {
		buffer->next = NULL;
		return NULL;
	}
	memcpy(copy, text, size);
	buffer->next += size;
	buffer->left -= size;
	return copy;
}

static enum nss_status finish(const struct buffer *buffer, int *error)
{
	if (buffer->next != NULL)
		return NSS_STATUS_SUCCESS;
	*error = ERANGE;
	return NSS_STATUS_TRYAGAIN;
}

static enum nss_status not_found(int *error)
{
	*error = ENOENT;
	return NSS_STATUS_NOTFOUND;
}

static enum nss_status fill_user(const struct account *account, struct passwd *result, struct buffer buffer,
				 int *error)
{
	result->pw_name = put(&buffer, account->name);
	result->pw_passwd = put(&buffer, "*");
	result->pw_gecos = put(&buffer, "");
	result->pw_dir = put(&buffer, HOME);
	result->pw_shell = put(&buffer, SHELL);
	result->pw_uid = account->user;
	result->pw_gid = account->group;
	return finish(&buffer, error);
}

static enum nss_status fill_group(const struct account *account, struct group *result, struct buffer buffer,
				  int *error)
{
	const size_t padding = (size_t)(-(uintptr_t)buffer.next % _Alignof(char *));
	char **members;

	if (buffer.left < padding + sizeof(char *)) {
		buffer.next = NULL;
		return finish(&buffer, error);
	}
	buffer.next += padding;
	/* No members: only the end of the list. */
	members = (void *)buffer.next;
	members[0] = NULL;
	result->gr_mem = members;
	buffer.next += sizeof(char *);
	buffer.left -= padding + sizeof(char *);

	result->gr_name = put(&buffer, account->name);
	result->gr_passwd = put(&buffer, "*");
	result->gr_gid = account->group;
	return finish(&buffer, error);
}

enum nss_status _nss_toolbox_getpwnam_r(const char *name, struct passwd *result, char *bytes, size_t size,
					int *error)
{
	for (size_t i = 0; i < COUNT_OF(accounts); i++) {
		if (strcmp(accounts[i].name, name) == 0)
			return fill_user(&accounts[i], result, (struct buffer){ bytes, size }, error);
	}
	return not_found(error);
}

enum nss_status _nss_toolbox_getpwuid_r(uid_t user, struct passwd *result, char *bytes, size_t size,
					int *error)
{
	char number[16];

	for (size_t i = 0; i < COUNT_OF(accounts); i++) {
		if (accounts[i].user == user)
			return fill_user(&accounts[i], result, (struct buffer){ bytes, size }, error);
	}
	if (user != getuid() && user != geteuid())
		return not_found(error);
	(void)snprintf(number, sizeof(number), "%u", user);
	return fill_user(&(struct account){ number, user, getgid() }, result, (struct buffer){ bytes, size },
			 error);
}

enum nss_status _nss_toolbox_getgrnam_r(const char *name, struct group *result, char *bytes, size_t size,
					int *error)
{
	for (size_t i = 0; i < COUNT_OF(groups); i++) {
		if (strcmp(groups[i].name, name) == 0)
			return fill_group(&groups[i], result, (struct buffer){ bytes, size }, error);
	}
	return not_found(error);
}

enum nss_status _nss_toolbox_getgrgid_r(gid_t group, struct group *result, char *bytes, size_t size,
					int *error)
{
	for (size_t i = 0; i < COUNT_OF(groups); i++) {
		if (groups[i].group == group)
			return fill_group(&groups[i], result, (struct buffer){ bytes, size }, error);
	}
	return not_found(error);
}
