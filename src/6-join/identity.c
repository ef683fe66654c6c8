/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who the session is.  Numbers are taken as they are; names are looked up in the target's own
 * /etc/passwd and /etc/group, which the target's owner may have made hostile: endless, a fifo, a
 * device, a file of four gigabytes.
 *
 * Should:  read them in a child that is nobody, bounded, regular files only.
 * Mustn't: parse them with privilege, or load a name service module of the target (CVE-2019-14271).
 */
#include "joiner.h"

#include "fd.h"
#include "text.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 20, NOBODY = 65534, FIELDS_MAX = 7, NAME_CAPACITY = 256 };

struct answer {
	struct fail why;
	struct identity identity;
};

/* USER[:GROUP], cut in two. */
struct wanted {
	char user[NAME_CAPACITY];
	char group[NAME_CAPACITY]; /* "" if not given */
};

/* The whole file, terminated; "" if it is not there, not regular or too long.  O_NONBLOCK keeps a
 * fifo from blocking us. */
static char *read_file(const char *path)
{
	CLOSE_AT_EXIT int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *text = calloc(1, FILE_MAX);
	struct stat status;
	ssize_t size;

	if (text == NULL || fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		return text;
	/* Cut in the middle of a line, a number could become another one: all or nothing. */
	size = fd_read_all(fd, text, FILE_MAX);
	if (size < 0 || size == FILE_MAX)
		size = 0;
	text[size] = '\0';
	return text;
}

/* Cuts the next line of *text at its colons.  Returns the number of fields, 0 at the end. */
static size_t next_line(char **text, char *fields[FIELDS_MAX])
{
	char *line = *text;
	char *newline = strchr(line, '\n');
	size_t count = 0;

	if (*line == '\0')
		return 0;
	*text = newline != NULL ? newline + 1 : line + strlen(line);
	if (newline != NULL)
		*newline = '\0';
	for (char *field = line; field != NULL && count < FIELDS_MAX; count++) {
		char *colon = strchr(field, ':');

		fields[count] = field;
		if (colon != NULL)
			*colon = '\0';
		field = colon != NULL ? colon + 1 : NULL;
	}
	return count;
}

static bool to_id(const char *text, uint32_t *id)
{
	int64_t number;

	if (!text_to_number(text, 0, UINT32_MAX - 1L, &number))
		return false;
	*id = (uint32_t)number;
	return true;
}

/* Name or number → uid and the passwd entry's group.  A number needs no entry. */
static bool find_user(struct identity *identity, const char *user, char *name, size_t capacity, char *passwd)
{
	uint32_t number;
	bool is_number = to_id(user, &number);
	char *field[FIELDS_MAX];
	size_t count;

	name[0] = '\0';
	while ((count = next_line(&passwd, field)) != 0) {
		uint32_t uid;
		uint32_t gid;

		if (count < 4 || !to_id(field[2], &uid) || !to_id(field[3], &gid))
			continue;
		if (is_number ? uid != number : strcmp(field[0], user) != 0)
			continue;
		identity->uid = uid;
		identity->gid = gid;
		if (strlen(field[0]) < capacity)
			memcpy(name, field[0], strlen(field[0]) + 1);
		return true;
	}
	identity->uid = is_number ? number : 0;
	identity->gid = 0;
	return is_number;
}

static bool is_member(const char *list, const char *name)
{
	size_t length = strlen(name);

	while (*list != '\0') {
		size_t word = strcspn(list, ",");

		if (word == length && strncmp(list, name, length) == 0)
			return true;
		list += word + (list[word] == ',');
	}
	return false;
}

/* With a group given, that one alone; else the groups that list the user. */
static bool find_groups(struct identity *identity, const char *group, const char *name, char *groups)
{
	char *field[FIELDS_MAX];
	size_t count;

	if (group[0] != '\0' && to_id(group, &identity->gid))
		return true;
	while ((count = next_line(&groups, field)) != 0) {
		uint32_t gid;

		if (count < 3 || !to_id(field[2], &gid))
			continue;
		if (group[0] != '\0') {
			if (strcmp(field[0], group) != 0)
				continue;
			identity->gid = gid;
			return true;
		}
		if (count > 3 && name[0] != '\0' && is_member(field[3], name) &&
		    identity->group_count < IDENTITY_GROUPS_MAX)
			identity->groups[identity->group_count++] = gid;
	}
	return group[0] == '\0';
}

static void look_up(struct answer *answer, const struct wanted *wanted)
{
	char *passwd = read_file("/etc/passwd");
	char *groups = read_file("/etc/group");
	char shown[NAME_CAPACITY];
	char name[NAME_CAPACITY];

	if (passwd == NULL || groups == NULL)
		(void)fail_errno(&answer->why, FAIL_TOOL, ENOMEM, "cannot read the target's users");
	else if (!find_user(&answer->identity, wanted->user, name, sizeof(name), passwd))
		(void)fail_set(&answer->why, FAIL_TOOL,
			       "the target's /etc/passwd has no user `%s`; give a number instead",
			       text_encode(shown, sizeof(shown), wanted->user, strlen(wanted->user)));
	else if (!find_groups(&answer->identity, wanted->group, name, groups))
		(void)fail_set(&answer->why, FAIL_TOOL,
			       "the target's /etc/group has no group `%s`; give a number instead",
			       text_encode(shown, sizeof(shown), wanted->group, strlen(wanted->group)));
	free(passwd);
	free(groups);
}

/* The child's life: from here on nobody, and it keeps no descriptor but the one to answer on. */
__attribute__((noreturn)) static void look_up_as_nobody(int answer_fd, const struct wanted *wanted)
{
	struct answer answer;

	memset(&answer, 0, sizeof(answer));
	if (dup2(answer_fd, 0) < 0 || close_range(1, ~0U, 0) < 0 || setgroups(0, NULL) < 0 ||
	    setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		_exit(1);
	look_up(&answer, wanted);
	_exit(wire_send(0, &answer, sizeof(answer), NULL, 0) < 0);
}

static int split(struct wanted *wanted, const char *text, struct fail *why)
{
	const char *colon = strchr(text, ':');
	size_t user_length = colon != NULL ? (size_t)(colon - text) : strlen(text);
	size_t group_length = colon != NULL ? strlen(colon + 1) : 0;

	if (user_length >= NAME_CAPACITY || group_length >= NAME_CAPACITY)
		return fail_set(why, FAIL_TOOL, "the user's name is too long");
	memset(wanted, 0, sizeof(*wanted));
	memcpy(wanted->user, text, user_length);
	if (colon != NULL)
		memcpy(wanted->group, colon + 1, group_length);
	return 0;
}

/* The target's own user has the target's groups. */
static void take_groups(struct identity *identity, const struct plan *plan)
{
	const struct confinement *confinement = &plan->numbers.confinement;
	const bool is_own = plan->numbers.is_as_target || plan->numbers.is_never_root;

	if (!is_own || identity->uid != confinement->uid[CONFINEMENT_EFFECTIVE] ||
	    identity->gid != confinement->gid[CONFINEMENT_EFFECTIVE])
		return;
	identity->group_count = confinement->group_count;
	memcpy(identity->groups, confinement->groups, sizeof(identity->groups));
}

int identity_find(struct identity *identity, const struct plan *plan, struct fail *why)
{
	struct answer answer;
	struct wanted wanted;
	size_t fd_count;
	ssize_t size;
	int pair[2];
	pid_t child;

	memset(identity, 0, sizeof(*identity));
	identity->uid = plan->numbers.uid;
	identity->gid = plan->numbers.gid;
	if (!plan->numbers.is_user_named) {
		take_groups(identity, plan);
		return 0;
	}
	if (plan->user == NULL || split(&wanted, plan->user, why) < 0)
		return fail_set(why, FAIL_TOOL, "no user is named in the plan");
	if (wire_pair(pair) < 0)
		return fail_errno(why, FAIL_TOOL, errno, "cannot make a socket pair");
	child = fork();
	if (child == 0)
		look_up_as_nobody(pair[1], &wanted);
	(void)close(pair[1]);
	/* No deadline here: the helper has one for the whole attach, and ends us all when it passes. */
	size = child < 0 ? -1 : wire_receive(pair[0], &answer, sizeof(answer), NULL, 0, &fd_count);
	(void)close(pair[0]);
	if (child > 0)
		(void)waitpid(child, NULL, 0);
	if (size != sizeof(answer) || answer.identity.group_count > IDENTITY_GROUPS_MAX)
		return fail_set(why, FAIL_TOOL, "cannot look up the user in the target");
	answer.why.text[sizeof(answer.why.text) - 1] = '\0';
	if (answer.why.status != FAIL_NONE)
		return fail_set(why, FAIL_TOOL, "%s", answer.why.text);
	*identity = answer.identity;
	if (plan->numbers.is_never_root && identity->uid == 0)
		return fail_set(why, FAIL_TOOL, "--profile restricted is never root; give another --user");
	return 0;
}
