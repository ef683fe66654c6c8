/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Evidence → sightings, piece by piece.
 *
 * Should:  run without privilege, leave out what is damaged, and go on with the next piece.
 * Mustn't: let one container's text change what is said about another.
 */
#include "claims.h"

#include "text.h"

#include <bsd/string.h>
#include <limits.h>
#include <string.h>

void claims_report(struct claims *claims)
{
	if (query_fit(claims->query, claims->scratch) != QUERY_OTHER)
		claims->see(claims->context, claims->scratch);
}

struct sighting *claims_begin(struct claims *claims, const struct evidence *piece)
{
	struct sighting *seen = claims->scratch;

	memset(seen, 0, offsetof(struct sighting, configured));
	seen->runtime = piece->runtime;
	seen->owner = piece->owner;
	seen->pid = piece->pid;
	seen->state = piece->pid != 0 ? SIGHTING_RUNNING : SIGHTING_STOPPED;
	sighting_set_text(seen->id, sizeof(seen->id), piece->id);
	sighting_set_text(seen->name, sizeof(seen->name), piece->id);
	sighting_set_text(seen->scope, sizeof(seen->scope), piece->scope);
	return seen;
}

/* "[lxc monitor] LXCPATH NAME": neither is escaped, but names hold no space. */
static void claim_lxc(struct claims *claims, const struct evidence *piece)
{
	static const char title[] = "[lxc monitor] ";
	struct sighting *seen = claims_begin(claims, piece);
	const char *space;

	if (strncmp(piece->bytes, title, strlen(title)) == 0) {
		/* Two places may have one of the same name; the cgroup of the second is called otherwise. */
		space = strrchr(piece->bytes, ' ');
		sighting_set_text(seen->name, sizeof(seen->name), space + 1);
		sighting_set_text(seen->id, sizeof(seen->id), space + 1);
		sighting_set_text(seen->scope, sizeof(seen->scope), piece->bytes + strlen(title));
	}
	claims_report(claims);
}

static void claim_root(struct claims *claims, const struct evidence *piece)
{
	struct sighting *seen = claims_begin(claims, piece);

	if (sighting_put_layer(seen, piece->place, strlen(piece->place)))
		claims_report(claims);
}

/* The value of KEY=VALUE on a line of its own; NULL if there is none.  Cuts the text. */
static char *find_value(char *text, const char *key)
{
	const size_t length = strlen(key);

	for (char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) == 0 && line[length] == '=')
			return line + length + 1;
	}
	return NULL;
}

static void claim_machine(struct claims *claims, const struct evidence *piece)
{
	struct sighting *seen = claims_begin(claims, piece);
	const char *class = find_value(piece->bytes, "CLASS");
	char *leader = find_value(piece->bytes, "LEADER");
	int64_t pid;

	/* Virtual machines and the host itself are registered there, too. */
	if (class == NULL || leader == NULL || strncmp(class, "container\n", strlen("container\n")) != 0)
		return;
	leader[strcspn(leader, "\n")] = '\0';
	if (!text_to_number(leader, 2, INT_MAX, &pid))
		return;
	seen->pid = (int32_t)pid;
	seen->state = SIGHTING_RUNNING;
	claims_report(claims);
}

/* The value of an option among terminated words: "-MNAME", "-M NAME", "--machine=NAME", "--machine NAME". */
static const char *find_option(const struct evidence *piece, char letter, const char *name)
{
	const char *end = piece->bytes + piece->size;
	const size_t length = strlen(name);

	for (const char *word = piece->bytes; word < end; word += strlen(word) + 1) {
		const char *next = word + strlen(word) + 1;

		if (strcmp(word, "--") == 0)
			return NULL;
		if (word[0] == '-' && word[1] == letter)
			return word[2] != '\0' ? word + 2 : next < end ? next : NULL;
		if (strncmp(word, "--", 2) == 0 && strncmp(word + 2, name, length) == 0) {
			if (word[2 + length] == '=')
				return word + 3 + length;
			if (word[2 + length] == '\0')
				return next < end ? next : NULL;
		}
	}
	return NULL;
}

static void claim_nspawn(struct claims *claims, const struct evidence *piece)
{
	struct sighting *seen = claims_begin(claims, piece);
	const char *name = find_option(piece, 'M', "machine");
	const char *directory = find_option(piece, 'D', "directory");
	const char *slash;

	/* What systemd-nspawn(1) calls a machine that it was given no name for. */
	if (name == NULL && directory != NULL) {
		slash = strrchr(directory, '/');
		name = slash != NULL ? slash + 1 : directory;
	}
	if (name == NULL || name[0] == '\0')
		return;
	sighting_set_text(seen->name, sizeof(seen->name), name);
	sighting_set_text(seen->id, sizeof(seen->id), name);
	claims_report(claims);
}

void claims_make(struct claims *claims, const struct evidence_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct evidence *piece = &list->all[i];

		switch ((enum evidence_kind)piece->kind) {
		case EVIDENCE_BUNDLE:
			claims_of_bundle(claims, piece);
			break;
		case EVIDENCE_DOCKER:
			claims_of_docker(claims, piece);
			break;
		case EVIDENCE_STORAGE:
			claims_of_storage(claims, list, piece);
			break;
		case EVIDENCE_CONMON:
			claims_of_conmon(claims, list, piece);
			break;
		case EVIDENCE_STORAGE_IMAGE:
			claims_of_images(claims, piece);
			break;
		case EVIDENCE_IMAGE_CONFIG:
			claims_of_image_config(claims, piece);
			break;
		case EVIDENCE_NAMESPACE:
			claim_lxc(claims, piece);
			break;
		case EVIDENCE_MACHINE:
			claim_machine(claims, piece);
			break;
		case EVIDENCE_NSPAWN:
			claim_nspawn(claims, piece);
			break;
		case EVIDENCE_ROOT:
			claim_root(claims, piece);
			break;
		case EVIDENCE_DOCKER_BUNDLE:
			claims_of_docker_bundle(claims, piece);
			break;
		}
	}
}
