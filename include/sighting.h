/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a container engine, or the files that it keeps, claim about a container or an image: plain data
 * of fixed size, made by the resolver process from foreign bytes. */
#ifndef DEBUG_SIGHTING_H
#define DEBUG_SIGHTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum target_runtime {
	TARGET_PROCESS, /* pid://N: no runtime was asked */
	TARGET_DOCKER,
	TARGET_PODMAN,
	TARGET_CONTAINERD,
	TARGET_CRIO,
	TARGET_LXC,    /* LXC, LXD and Incus */
	TARGET_NSPAWN, /* systemd-nspawn */
	TARGET_FILES,  /* an image or a root directory on disk: no runtime */
	TARGET_RUNTIME_COUNT,
};

enum sighting_state {
	SIGHTING_RUNNING,
	SIGHTING_PAUSED,
	SIGHTING_STOPPED, /* made, but no process: its layers can be looked at */
	SIGHTING_IMAGE,
};

enum { SIGHTING_CONFIGURED_MAX = 32 << 10, SIGHTING_LAYERS_MAX = 32 << 10 };

/* The strings are terminated and encoded for print (text.h).
 *
 * `configured` is what the engine was told to start: `configured_size` bytes of records KEY=VALUE, each
 * terminated, KEY one of entrypoint, cmd, user, workdir, stopsignal, env (lists repeat it), or
 * incomplete if something did not fit; with `has_labels` also label, as KEY=VALUE: what the engine, or for
 * others than Docker the annotations of the bundle, say about it.  It is foreign, not encoded, and carried
 * to the session's scratch space; only a policy reads the labels in it.
 *
 * `layers` are the directories that an overlay of its root is made of: absolute paths, each terminated,
 * the uppermost first, `layers_size` bytes in all.  Only for what does not run; foreign as well. */
struct sighting {
	uint8_t runtime; /* enum target_runtime */
	uint8_t state;	 /* enum sighting_state */
	int32_t pid;	 /* 0 unless it runs */
	uint32_t owner;	 /* uid whose engine it is: 0 the system's */
	char id[128];	 /* as the engine names it for itself; stands in its cgroup's path */
	char scope[96];	 /* containerd's namespace, or ""; part of what tells two of one name apart */
	char name[256];
	char image[256];
	char digest[72]; /* sha256:... of the image's configuration, as the engine calls it; or "" */
	uint8_t has_labels;
	uint32_t configured_size;
	uint32_t layers_size;
	char configured[SIGHTING_CONFIGURED_MAX];
	char layers[SIGHTING_LAYERS_MAX];
};

/* Whether there is no process to join, but layers to make a root of. */
static inline bool sighting_is_at_rest(const struct sighting *seen)
{
	return seen->state == SIGHTING_STOPPED || seen->state == SIGHTING_IMAGE;
}

/* "docker", "cri-o", ...: the scheme of a target's name and what is shown. */
const char *runtime_name(enum target_runtime runtime);

/* The runtime of a scheme or of --runtime, `incus` and `lxd` for LXC among them; false if there is none of
 * that name. */
bool runtime_find(const char *name, enum target_runtime *runtime) __attribute__((nonnull));

/* Appends a record to `configured`, whole or not at all; room is kept for `incomplete`.  False if it did not
 * fit. */
bool sighting_put(struct sighting *seen, const char *key, const char *value) __attribute__((nonnull));
void sighting_mark_incomplete(struct sighting *seen) __attribute__((nonnull));

/* The value of a label, into the caller's room and encoded for print.  1 if it is there, 0 if it certainly is
 * not, -1 if that is not known: the engine does not tell, or not all of it fitted. */
int sighting_find_label(const struct sighting *seen, const char *key, size_t key_length, char *value,
			size_t capacity) __attribute__((nonnull, warn_unused_result));

/* Takes a digest over if it is one: sha256:HEX, or HEX alone. */
void sighting_set_digest(struct sighting *seen, const char *text) __attribute__((nonnull(1)));

/* Appends a directory below those that are there; false if it is not absolute or does not fit. */
bool sighting_put_layer(struct sighting *seen, const char *directory, size_t length) __attribute__((nonnull));

/* Encodes `text` into a field; NULL leaves it alone. */
void sighting_set_text(char *field, size_t capacity, const char *text) __attribute__((nonnull(1)));

#endif
