/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which paths move, and which stay.
 *
 * A path that names a tool's own files moves.  A path that names the system under examination
 * stays: the session must show the target's accounts, hosts, time zone and kernel modules, not the
 * toolbox's.  Below /usr most paths are the first kind, so a table lists what stays; below /etc
 * most are the second, so a table lists what moves.  A listed name moves even where the toolbox
 * has no such file: a tool without configuration is right, and a tool configured by the target is
 * not.
 *
 * "/usr/share" and "/usr/lib" alone also stay.  Programs that hold them bare do so in order to
 * search or to compare (whereis, htop), and must find the target's.
 */
#include "relocate.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

_Static_assert(sizeof(PREFIX) == sizeof("/usr"), "the prefix must have the length of what it replaces");

struct name {
	const char *bytes;
	size_t length;
};

#define NAME(literal)                          \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}

/* Below /usr/share, /usr/lib and /usr/libexec: the target's. */
static const struct name target_data[] = {
	NAME("binfmt.d"),   NAME("debug"),	NAME("dict"),	  NAME("factory"),  NAME("info"),
	NAME("issue"),	    NAME("issue.d"),	NAME("man"),	  NAME("modules"),  NAME("modules-load.d"),
	NAME("os-release"), NAME("pam.d"),	NAME("security"), NAME("sysctl.d"), NAME("systemd"),
	NAME("sysusers.d"), NAME("tmpfiles.d"), NAME("udev"),	  NAME("zoneinfo"),
};

/* Below /etc: the toolbox's. */
static const struct name toolbox_configuration[] = {
	NAME("bash.bash_logout"),
	NAME("bash.bashrc"),
	NAME("bash_completion"),
	NAME("bash_completion.d"),
	NAME("bindresvport.blacklist"),
	NAME("busybox.conf"),
	NAME("curlrc"),
	NAME("dpkg"),
	NAME("ethertypes"),
	NAME("fish"),
	NAME("gdb"),
	NAME("gitattributes"),
	NAME("gitconfig"),
	NAME("gnutls"),
	NAME("gss"),
	NAME("htoprc"),
	NAME("inputrc"),
	NAME("less"),
	NAME("lesskey"),
	NAME("libaudit.conf"),
	NAME("ltrace.conf"),
	NAME("magic"),
	NAME("magic.mime"),
	NAME("malloc.conf"),
	NAME("my.cnf"),
	NAME("mysql"),
	NAME("nanorc"),
	NAME("netconfig"),
	NAME("nsswitch.conf"),
	NAME("pkcs11"),
	NAME("postgresql-common"),
	NAME("profile"),
	NAME("profile.d"),
	NAME("protocols"),
	NAME("rpc"),
	NAME("sasl"),
	NAME("sasl2"),
	NAME("screenrc"),
	NAME("services"),
	NAME("ssh"),
	NAME("ssl"),
	NAME("sysless"),
	NAME("syslesskey"),
	NAME("terminal-colors.d"),
	NAME("terminfo"),
	NAME("tmux.conf"),
	NAME("topdefaultrc"),
	NAME("toprc"),
	NAME("vim"),
	NAME("wgetrc"),
	NAME("xattr.conf"),
	NAME("zsh"),
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const char *const rule_names[RULE_COUNT] = {
	[RULE_NONE] = "none",
	[RULE_DATA] = "data",
	[RULE_CONFIGURATION] = "configuration",
	[RULE_PROGRAM] = "program",
	[RULE_SHELL] = "shell",
	[RULE_SCRIPT] = "script",
	[RULE_INTERPRETER] = "interpreter",
	[RULE_LOADER] = "loader",
	[RULE_LINK] = "link",
	[RULE_VARIABLE] = "variable",
};

/* The characters that paths of programs are made of. */
static bool is_path_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
	       (byte != '\0' && strchr("/._+-%@~", byte) != NULL);
}

/* A slash after one of these continues a path, a variable or a pattern ("${prefix}/usr", "*" "/usr"). */
static bool is_inside_path(char before)
{
	return is_path_byte(before) || (before != '\0' && strchr("})]*\\", before) != NULL);
}

static bool starts_with(const char *text, size_t length, const char *literal, size_t literal_length)
{
	return length >= literal_length && memcmp(text, literal, literal_length) == 0;
}

#define STARTS_WITH(text, length, literal) starts_with((text), (length), (literal), sizeof(literal) - 1)

/* The length of the first component of a path. */
static size_t component_length(const char *path, size_t length)
{
	size_t end = 0;

	while (end < length && path[end] != '/')
		end++;
	return end;
}

static bool is_listed(const struct name *table, size_t count, const char *bytes, size_t length)
{
	for (size_t i = 0; i < count; i++) {
		if (table[i].length == length && memcmp(table[i].bytes, bytes, length) == 0)
			return true;
	}
	return false;
}

static bool exists(int directory_fd, const char *path)
{
	struct stat status;

	return directory_fd >= 0 && fstatat(directory_fd, path, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

bool toolbox_has_program(const struct toolbox *toolbox, const char *name, size_t length)
{
	char path[64];

	if (length == 0 || length >= sizeof(path) - sizeof("sbin/") || memchr(name, '/', length) != NULL)
		return false;

	(void)snprintf(path, sizeof(path), "bin/%.*s", (int)length, name);
	if (exists(toolbox->tree_fd, path) || exists(toolbox->base_fd, path))
		return true;
	(void)snprintf(path, sizeof(path), "sbin/%.*s", (int)length, name);
	return exists(toolbox->tree_fd, path) || exists(toolbox->base_fd, path);
}

/* A path below /usr, `length` bytes to its end. */
static enum rule rule_of_usr(const struct toolbox *toolbox, const char *path, size_t length)
{
	static const struct name data[] = { NAME("/usr/share/"), NAME("/usr/lib/"), NAME("/usr/libexec/") };
	static const struct name programs[] = { NAME("/usr/bin/"), NAME("/usr/sbin/") };

	for (size_t i = 0; i < COUNT_OF(data); i++) {
		const size_t skip = data[i].length;
		size_t component;

		if (!starts_with(path, length, data[i].bytes, skip))
			continue;
		component = component_length(path + skip, length - skip);
		if (component == 0 || is_listed(target_data, COUNT_OF(target_data), path + skip, component))
			return RULE_NONE;
		return RULE_DATA;
	}

	for (size_t i = 0; i < COUNT_OF(programs); i++) {
		const size_t skip = programs[i].length;

		if (starts_with(path, length, programs[i].bytes, skip) &&
		    toolbox_has_program(toolbox, path + skip, length - skip))
			return RULE_PROGRAM;
	}
	return RULE_NONE;
}

static enum rule rule_of_etc(const char *name, size_t length)
{
	length = component_length(name, length);
	if (is_listed(toolbox_configuration, COUNT_OF(toolbox_configuration), name, length))
		return RULE_CONFIGURATION;
	return RULE_NONE;
}

enum rule rule_of_path(const struct toolbox *toolbox, const char *text, size_t length, size_t at)
{
	const char *path = text + at;
	size_t end = at;

	if (text[at] != '/' || (at > 0 && is_inside_path(text[at - 1])))
		return RULE_NONE;
	while (end < length && is_path_byte(text[end]))
		end++;
	length = end - at;

	if (STARTS_WITH(path, length, "/usr/"))
		return rule_of_usr(toolbox, path, length);
	if (STARTS_WITH(path, length, "/etc/"))
		return rule_of_etc(path + sizeof("/etc/") - 1, length - (sizeof("/etc/") - 1));
	if (STARTS_WITH(path, length, "/lib/terminfo") || STARTS_WITH(path, length, "/var/lib/vim"))
		return RULE_DATA;
	if (length == sizeof("/bin/sh") - 1 && STARTS_WITH(path, length, "/bin/sh"))
		return RULE_SHELL;
	if (STARTS_WITH(path, length, "/bin/")) {
		const size_t skip = sizeof("/bin/") - 1;

		return toolbox_has_program(toolbox, path + skip, length - skip) ? RULE_SCRIPT : RULE_NONE;
	}
	return RULE_NONE;
}

/* Whether the code after an operand loads the end of a name.  Compilers load a short string by
 * instructions that hold eight bytes each, of which the last often overlaps the one before. */
static bool is_continued(const struct name *name, const char *code, size_t length)
{
	const size_t tail = name->length < 4 ? name->length : 4;

	return memmem(code, length, name->bytes + name->length - tail, tail) != NULL;
}

enum rule rule_of_immediate(const char *operand, const char *rest, size_t rest_length)
{
	const size_t skip = sizeof("/etc/") - 1;
	const size_t known = 8 - skip;

	if (memcmp(operand, "/bin/sh", sizeof("/bin/sh")) == 0)
		return RULE_SHELL;
	if (memcmp(operand, "/usr/sha", 8) == 0 || memcmp(operand, "/usr/lib", 8) == 0) {
		for (size_t i = 0; i < COUNT_OF(target_data); i++) {
			if (is_continued(&target_data[i], rest, rest_length))
				return RULE_NONE;
		}
		return RULE_DATA;
	}
	if (memcmp(operand, "/etc/", skip) != 0)
		return RULE_NONE;
	for (size_t i = 0; i < COUNT_OF(toolbox_configuration); i++) {
		const struct name *name = &toolbox_configuration[i];

		if (memcmp(operand + skip, name->bytes, known) == 0 &&
		    (name->length == known || is_continued(name, rest, rest_length)))
			return RULE_CONFIGURATION;
	}
	return RULE_NONE;
}

unsigned long rules_apply(struct toolbox *toolbox, char *text, size_t length)
{
	unsigned long count = 0;
	char *at = text;

	while ((at = memchr(at, '/', length - (size_t)(at - text))) != NULL) {
		enum rule rule = rule_of_path(toolbox, text, length, (size_t)(at - text));

		if (rule != RULE_NONE && rule != RULE_SCRIPT) {
			memcpy(at, PREFIX, PREFIX_LENGTH);
			toolbox->tally[rule]++;
			count++;
		}
		at++;
	}
	return count;
}

void rules_report(const struct toolbox *toolbox)
{
	for (size_t i = RULE_NONE + 1; i < RULE_COUNT; i++)
		printf("%s\t%lu\n", rule_names[i], toolbox->tally[i]);
}
