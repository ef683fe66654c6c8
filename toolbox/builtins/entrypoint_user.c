/* SPDX-License-Identifier: GPL-2.0-or-later */
/* USER, looked up in the container's own /etc/passwd and /etc/group (passwd(5), group(5)). */
#include "entrypoint.h"

#include "text.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_LENGTH_MAX = 1024 };

static bool to_id(const char *text, unsigned int *id)
{
	int64_t number;

	if (text == NULL || !text_to_number(text, 0, UINT32_MAX, &number))
		return false;
	*id = (unsigned int)number;
	return true;
}

static FILE *open_list(int root_fd, const char *path)
{
	uint64_t size;
	int fd = target_open_file(root_fd, path, &size);

	return fd < 0 ? NULL : fdopen(fd, "r");
}

/* An entry of /etc/passwd, by name or number. */
static bool find_account(int root_fd, const char *name, struct entry_user *user)
{
	FILE *list = open_list(root_fd, "/etc/passwd");
	char line[LINE_LENGTH_MAX];
	bool is_found = false;

	while (list != NULL && !is_found && fgets(line, sizeof(line), list) != NULL) {
		char *rest = line;
		const char *account = strsep(&rest, ":\n");
		const char *number;
		unsigned int gid;

		(void)strsep(&rest, ":\n");
		number = strsep(&rest, ":\n");
		if (!to_id(number, &user->uid) || !to_id(strsep(&rest, ":\n"), &gid))
			continue;
		is_found = strcmp(account, name) == 0 || strcmp(number, name) == 0;
		user->groups[0] = gid;
		(void)snprintf(user->name, sizeof(user->name), "%s", account);
	}
	if (list != NULL)
		(void)fclose(list);
	user->group_count = 1;
	return is_found;
}

/* The groups that list the account as a member, and one that is named after USER's colon. */
static void find_groups(int root_fd, const char *named, struct entry_user *user)
{
	FILE *list = open_list(root_fd, "/etc/group");
	char line[LINE_LENGTH_MAX];

	if (to_id(named, &user->groups[0]))
		named = NULL;
	while (list != NULL && user->group_count < ENTRY_GROUPS_MAX &&
	       fgets(line, sizeof(line), list) != NULL) {
		char *rest = line;
		const char *group = strsep(&rest, ":\n");
		const char *member;
		unsigned int gid;

		(void)strsep(&rest, ":\n");
		if (!to_id(strsep(&rest, ":\n"), &gid))
			continue;
		if (named != NULL && strcmp(group, named) == 0)
			user->groups[0] = gid;
		while ((member = strsep(&rest, ",\n")) != NULL)
			if (member[0] != '\0' && strcmp(member, user->name) == 0 &&
			    user->group_count < ENTRY_GROUPS_MAX)
				user->groups[user->group_count++] = gid;
	}
	if (list != NULL)
		(void)fclose(list);
}

void lint_user(struct report *report, const struct record *record, int root_fd, struct entry_user *user)
{
	const char *group;
	char name[256];

	memset(user, 0, sizeof(*user));
	user->is_known = true;
	user->group_count = 1;
	if (record->user == NULL || record->user[0] == '\0')
		return;
	(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(record->user, ":"), record->user);
	group = record->user[strlen(name)] == ':' ? record->user + strlen(name) + 1 : NULL;
	if (!find_account(root_fd, name, user)) {
		memset(user, 0, sizeof(*user));
		user->group_count = 1;
		user->is_known = to_id(name, &user->uid);
		report->is_user_nameless = user->is_known;
		if (!user->is_known)
			report_add(report, LEVEL_ERROR, "user",
				   "USER `%s` is not in the container's /etc/passwd; add it, or use a number",
				   shown(name));
	}
	find_groups(root_fd, group, user);
}

bool user_may_execute(int root_fd, const char *path, const struct entry_user *user)
{
	struct stat status;
	int fd = target_open(root_fd, path, O_PATH);
	bool is_read = fd >= 0 && fstat(fd, &status) == 0;

	if (fd >= 0)
		(void)close(fd);
	if (!is_read || user->uid == 0)
		return is_read;
	if (status.st_uid == user->uid)
		return (status.st_mode & 0100) != 0;
	for (size_t i = 0; i < user->group_count; i++)
		if (status.st_gid == user->groups[i])
			return (status.st_mode & 0010) != 0;
	return (status.st_mode & 0001) != 0;
}
