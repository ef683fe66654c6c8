/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records of sighting.h: what an engine was told to start, out of the JSON of the OCI. */
#ifndef DEBUG_CONFIGURED_H
#define DEBUG_CONFIGURED_H

#include "sighting.h"

#include <jansson.h>

/* From the member `config` of an image's configuration: Entrypoint, Cmd, User, WorkingDir, StopSignal, Env,
 * Labels. */
void configured_from_image(struct sighting *seen, const json_t *config) __attribute__((nonnull(1)));

/* From a runtime specification: args, user, cwd, env of its process, and its annotations as labels.  It does
 * not tell ENTRYPOINT from CMD, so all of args is the entrypoint. */
void configured_from_spec(struct sighting *seen, const json_t *spec) __attribute__((nonnull(1)));

#endif
