/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debug.conf(5), one rule a line, of which the last that fits decides:
 *
 *   permit|deny user NAME|uid N|group NAME|gid N [OPTION...] [on KEY PATTERN [KEY PATTERN...]]
 *   audit required
 *
 * Should:  take the text whole or not at all.
 * Mustn't: guess.  A name that cannot be looked up, a word that is not known, a last line without its end:
 * each makes the whole file invalid, and then nobody but root has a session.
 */
#include "policy.h"

#include "text.h"

#include <bsd/string.h>
#include <errno.h>
#include <fnmatch.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	RULES_MAX = 1024,
	SHOWN_MAX = 64,
	LABEL_VALUE_MAX = 4096,
	PROCESSES_MOST = 32768,
	SESSIONS_MOST = 1000,
	SESSIONS_DEFAULT = 16,
};

static const int64_t memory_most = INT64_C(1) << 40;

static const char *const keys[POLICY_KEY_COUNT] = {
	[POLICY_RUNTIME] = "runtime",	  [POLICY_NAME] = "name",   [POLICY_IMAGE] = "image",
	[POLICY_NAMESPACE] = "namespace", [POLICY_LABEL] = "label",
};

/* One line, cut into words as they are taken. */
struct line {
	const char *path;
	unsigned int number;
	char *next;
	struct fail *why;
};

static const char *take_word(struct line *line)
{
	char *word = line->next + strspn(line->next, " \t");
	const size_t length = strcspn(word, " \t");

	if (word[0] == '\0' || word[0] == '#') {
		line->next = word + strlen(word);
		return NULL;
	}
	line->next = word + length + (word[length] != '\0' ? 1 : 0);
	word[length] = '\0';
	return word;
}

static int refuse(const struct line *line, const char *what, const char *word)
{
	char shown[SHOWN_MAX];

	if (word == NULL)
		return fail_set(line->why, FAIL_TOOL, "%s, line %u: %s", line->path, line->number, what);
	return fail_set(line->why, FAIL_TOOL, "%s, line %u: %s, not `%s`", line->path, line->number, what,
			text_encode(shown, sizeof(shown), word, strlen(word)));
}

static bool find_user(const char *name, uint32_t *uid)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *entry = NULL;
	bool is_found = false;

	while (file != NULL && !is_found && (entry = fgetpwent(file)) != NULL)
		is_found = strcmp(entry->pw_name, name) == 0;
	if (is_found)
		*uid = entry->pw_uid;
	if (file != NULL)
		(void)fclose(file);
	return is_found;
}

static bool find_group(const char *name, uint32_t *gid)
{
	FILE *file = fopen("/etc/group", "re");
	const struct group *entry = NULL;
	bool is_found = false;

	while (file != NULL && !is_found && (entry = fgetgrent(file)) != NULL)
		is_found = strcmp(entry->gr_name, name) == 0;
	if (is_found)
		*gid = entry->gr_gid;
	if (file != NULL)
		(void)fclose(file);
	return is_found;
}

const struct policy_names policy_names_of_host = { .find_user = find_user, .find_group = find_group };

/* user NAME, uid N, group NAME, gid N */
static int parse_identity(struct policy_rule *rule, struct line *line, const struct policy_names *names)
{
	const char *kind = take_word(line);
	const char *who = kind == NULL ? NULL : take_word(line);
	int64_t number;

	if (kind == NULL || who == NULL)
		return refuse(line, "say for whom: user NAME, uid N, group NAME or gid N", NULL);
	rule->is_group = kind[0] == 'g';
	if (strcmp(kind, "uid") == 0 || strcmp(kind, "gid") == 0) {
		/* 4294967295 means "no change" to setresuid(2), never a user. */
		if (!text_to_number(who, 0, UINT32_MAX - 1L, &number))
			return refuse(line, "a uid or gid is a number", who);
		rule->id = (uint32_t)number;
		return 0;
	}
	if (strcmp(kind, "user") == 0)
		return names->find_user(who, &rule->id)
			   ? 0
			   : refuse(line, "user takes a name that is in /etc/passwd (for others give uid N)",
				    who);
	if (strcmp(kind, "group") == 0)
		return names->find_group(who, &rule->id)
			   ? 0
			   : refuse(line, "group takes a name that is in /etc/group (for others give gid N)",
				    who);
	return refuse(line, "a rule is for user NAME, uid N, group NAME or gid N", kind);
}

static int parse_profile(struct policy_rule *rule, struct line *line, const char *word)
{
	for (int i = REQUEST_PROFILE_APP; word != NULL && i < REQUEST_PROFILE_COUNT; i++) {
		if (strcmp(word, request_profile_name((enum request_profile)i)) == 0) {
			rule->profile = (enum request_profile)i;
			return 0;
		}
	}
	return refuse(line, "profile takes app, restricted, baseline, general, netadmin or sysadmin",
		      word == NULL ? "" : word);
}

/* 90s, 30m, 8h, 2d */
static int parse_duration(struct policy_rule *rule, struct line *line, const char *word)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	const size_t length = word == NULL ? 0 : strlen(word);
	char digits[8];
	int64_t number;

	for (size_t i = 0; length >= 2 && length <= sizeof(digits) && i < sizeof(units) / sizeof(units[0]);
	     i++) {
		if (word[length - 1] != units[i].unit)
			continue;
		(void)strlcpy(digits, word, length);
		if (!text_to_number(digits, 1, UINT32_MAX / units[i].seconds, &number))
			break;
		rule->max_seconds = (uint32_t)(number * units[i].seconds);
		return 0;
	}
	return refuse(line, "max takes a time, as in 90s, 30m, 8h or 2d", word == NULL ? "" : word);
}

/* 64M, 2G */
static int parse_size(uint64_t *bytes, struct line *line, const char *word)
{
	const size_t length = word == NULL ? 0 : strlen(word);
	const int shift = length > 0 && word[length - 1] == 'G' ? 30 : 20;
	char digits[8];
	int64_t number;

	if (length < 2 || length > sizeof(digits) || (word[length - 1] != 'M' && word[length - 1] != 'G'))
		return refuse(line, "memory takes a size, as in 256M or 2G", word == NULL ? "" : word);
	(void)strlcpy(digits, word, length);
	if (!text_to_number(digits, 1, memory_most >> shift, &number))
		return refuse(line, "memory takes a size, as in 256M or 2G", word);
	*bytes = (uint64_t)number << shift;
	return 0;
}

static int parse_count(uint32_t *count, uint32_t most, struct line *line, const char *what, const char *word)
{
	int64_t number;

	if (word == NULL || !text_to_number(word, 1, most, &number))
		return refuse(line, what, word == NULL ? "" : word);
	*count = (uint32_t)number;
	return 0;
}

static int set_flag(bool *flag, struct line *line, const char *word)
{
	if (*flag)
		return refuse(line, "each option is given once", word);
	*flag = true;
	return 0;
}

static int parse_option(struct policy_rule *rule, struct line *line, const char *word)
{
	if (!rule->is_permit)
		return refuse(line, "a rule that denies takes no options", word);
	if (strcmp(word, "write") == 0)
		return set_flag(&rule->may_write, line, word);
	if (strcmp(word, "network") == 0)
		return set_flag(&rule->may_network, line, word);
	if (strcmp(word, "privileged") == 0)
		return set_flag(&rule->may_privileged, line, word);
	if (strcmp(word, "record") == 0)
		return set_flag(&rule->must_record, line, word);
	if (strcmp(word, "profile") == 0 && rule->profile == REQUEST_PROFILE_DEFAULT)
		return parse_profile(rule, line, take_word(line));
	if (strcmp(word, "max") == 0 && rule->max_seconds == 0)
		return parse_duration(rule, line, take_word(line));
	if (strcmp(word, "memory") == 0 && rule->max_memory == 0)
		return parse_size(&rule->max_memory, line, take_word(line));
	if (strcmp(word, "processes") == 0 && rule->max_processes == 0)
		return parse_count(&rule->max_processes, PROCESSES_MOST, line,
				   "processes takes a number up to 32768", take_word(line));
	if (strcmp(word, "sessions") == 0 && rule->max_sessions == 0)
		return parse_count(&rule->max_sessions, SESSIONS_MOST, line,
				   "sessions takes a number up to 1000", take_word(line));
	return refuse(line,
		      "the options are profile, write, network, privileged, record, max, memory, processes "
		      "and sessions, each once",
		      word);
}

static int parse_patterns(struct policy_rule *rule, struct line *line)
{
	const char *key;
	size_t count = 0;

	while ((key = take_word(line)) != NULL) {
		const char *pattern = take_word(line);
		size_t i = 0;

		while (i < POLICY_KEY_COUNT && strcmp(keys[i], key) != 0)
			i++;
		if (i == POLICY_KEY_COUNT || rule->patterns[i] != NULL)
			return refuse(
			    line, "behind `on` stand runtime, name, image, namespace and label, each once",
			    key);
		if (pattern == NULL)
			return refuse(line, "each key has a pattern behind it", key);
		if (i == POLICY_RUNTIME && strpbrk(pattern, "*?[") == NULL &&
		    !runtime_find(pattern, &(enum target_runtime){ 0 }))
			return refuse(line, "runtime takes docker, podman, containerd, cri-o, lxc or nspawn",
				      pattern);
		if (i == POLICY_LABEL && (pattern[0] == '=' || strchr(pattern, '=') == NULL))
			return refuse(line, "label takes KEY=PATTERN, as in `on label team=web`", pattern);
		rule->patterns[i] = pattern;
		count++;
	}
	return count > 0 ? 0 : refuse(line, "`on` needs a key and a pattern, as in `on name web-*`", NULL);
}

static int parse_rule(struct policy_rule *rule, struct line *line, const struct policy_names *names)
{
	const char *word;

	if (parse_identity(rule, line, names) < 0)
		return -1;
	while ((word = take_word(line)) != NULL) {
		if (strcmp(word, "on") == 0) {
			if (parse_patterns(rule, line) < 0)
				return -1;
			break;
		}
		if (parse_option(rule, line, word) < 0)
			return -1;
	}
	if (rule->profile == REQUEST_PROFILE_DEFAULT)
		rule->profile = REQUEST_PROFILE_GENERAL;
	if (rule->max_sessions == 0)
		rule->max_sessions = SESSIONS_DEFAULT;
	return 0;
}

static int parse_audit(struct policy *policy, struct line *line)
{
	const char *word = take_word(line);

	if (word == NULL || strcmp(word, "required") != 0)
		return refuse(line, "audit can only be required", word == NULL ? "" : word);
	word = take_word(line);
	if (word != NULL)
		return refuse(line, "nothing stands behind `audit required`", word);
	return set_flag(&policy->is_audit_required, line, "audit");
}

static int parse_line(struct policy *policy, struct line *line, const struct policy_names *names)
{
	const char *word = take_word(line);
	struct policy_rule *rule;

	if (word == NULL)
		return 0;
	if (strcmp(word, "audit") == 0)
		return parse_audit(policy, line);
	if (strcmp(word, "permit") != 0 && strcmp(word, "deny") != 0)
		return refuse(line, "a line begins with permit, deny or audit", word);
	if (policy->count == RULES_MAX)
		return refuse(line, "these are too many rules", NULL);
	if (policy->count == policy->capacity) {
		const size_t capacity = policy->capacity == 0 ? 16 : 2 * policy->capacity;
		struct policy_rule *rules = reallocarray(policy->rules, capacity, sizeof(*rules));

		if (rules == NULL)
			return fail_errno(line->why, FAIL_TOOL, ENOMEM, "cannot read %s", line->path);
		policy->rules = rules;
		policy->capacity = capacity;
	}
	rule = &policy->rules[policy->count++];
	*rule = (struct policy_rule){ .line = line->number, .is_permit = word[0] == 'p' };
	return parse_rule(rule, line, names);
}

int policy_parse(struct policy *policy, const char *path, const char *text, size_t size,
		 const struct policy_names *names, struct fail *why)
{
	struct line line = { .path = path, .why = why };

	*policy = (struct policy){ .text = malloc(size + 1) };
	if (policy->text == NULL)
		return fail_errno(why, FAIL_TOOL, ENOMEM, "cannot read %s", path);
	memcpy(policy->text, text, size);
	policy->text[size] = '\0';
	if (size == 0 || size > POLICY_TEXT_MAX || strlen(policy->text) != size)
		return fail_set(why, FAIL_TOOL, "%s is empty, larger than %d bytes, or no text", path,
				POLICY_TEXT_MAX);
	/* What was cut off could be what narrows a rule. */
	if (policy->text[size - 1] != '\n')
		return fail_set(why, FAIL_TOOL, "%s ends in the middle of a line; end it with a newline",
				path);
	for (char *at = policy->text, *end; *at != '\0'; at = end + 1) {
		end = strchr(at, '\n');
		*end = '\0';
		line.number++;
		line.next = at;
		for (const char *c = at; *c != '\0'; c++)
			if ((*c < ' ' && *c != '\t') || *c > '~')
				return refuse(&line, "only printable ASCII may stand there", at);
		if (parse_line(policy, &line, names) < 0)
			return -1;
	}
	return 0;
}

static bool is_for(const struct policy_rule *rule, const struct caller *caller)
{
	return rule->is_group ? caller_is_in(caller, rule->id) : caller->uid == rule->id;
}

bool policy_knows(const struct policy *policy, const struct caller *caller)
{
	for (size_t i = 0; i < policy->count; i++)
		if (policy->rules[i].is_permit && is_for(&policy->rules[i], caller))
			return true;
	return false;
}

/* Kubernetes' names are NAMESPACE/POD/CONTAINER, and nothing else has two slashes. */
static void find_namespace(char *out, size_t capacity, const struct sighting *seen)
{
	const char *slash = strchr(seen->name, '/');

	if (slash != NULL && strchr(slash + 1, '/') != NULL && (size_t)(slash - seen->name) < capacity)
		(void)strlcpy(out, seen->name, (size_t)(slash - seen->name) + 1);
	else
		(void)strlcpy(out, seen->scope, capacity);
}

/* What is not known fits a rule that denies, and none that permits. */
static bool fits_label(const struct policy_rule *rule, const struct sighting *seen)
{
	const char *key = rule->patterns[POLICY_LABEL];
	const char *pattern = strchr(key, '=') + 1;
	char value[LABEL_VALUE_MAX];
	const int outcome = sighting_find_label(seen, key, (size_t)(pattern - 1 - key), value, sizeof(value));

	if (outcome < 0)
		return !rule->is_permit;
	return outcome > 0 && fnmatch(pattern, value, FNM_PATHNAME | FNM_NOESCAPE) == 0;
}

/* A star does not reach over a slash: what is written for the pods of one namespace fits no other's, and a
 * registry's name no image two levels down.  What is not known fits a rule that denies, and none that
 * permits. */
static bool fits(const struct policy_rule *rule, const struct sighting *seen)
{
	char namespace[sizeof(seen->name)];
	const char *const values[POLICY_KEY_COUNT] = {
		[POLICY_RUNTIME] = runtime_name((enum target_runtime)seen->runtime),
		[POLICY_NAME] = seen->name,
		[POLICY_IMAGE] = seen->image,
		[POLICY_NAMESPACE] = namespace,
	};

	find_namespace(namespace, sizeof(namespace), seen);
	for (size_t i = 0; i < POLICY_KEY_COUNT; i++) {
		if (rule->patterns[i] == NULL || i == POLICY_LABEL)
			continue;
		if (values[i][0] == '\0' && !rule->is_permit)
			continue;
		if (values[i][0] == '\0' ||
		    fnmatch(rule->patterns[i], values[i], FNM_PATHNAME | FNM_NOESCAPE) != 0)
			return false;
	}
	return rule->patterns[POLICY_LABEL] == NULL || fits_label(rule, seen);
}

const struct policy_rule *policy_find(const struct policy *policy, const struct caller *caller,
				      const struct sighting *seen)
{
	const struct policy_rule *last = NULL;

	/* A process by its number, a file, or a user's own engine's: whose name says nothing to rely on. */
	if (seen->runtime == TARGET_PROCESS || seen->runtime == TARGET_FILES || seen->owner != 0)
		return NULL;
	for (size_t i = 0; i < policy->count; i++)
		if (is_for(&policy->rules[i], caller) && fits(&policy->rules[i], seen))
			last = &policy->rules[i];
	return last != NULL && last->is_permit ? last : NULL;
}

void policy_free(struct policy *policy)
{
	free(policy->rules);
	free(policy->text);
	*policy = (struct policy){ 0 };
}
