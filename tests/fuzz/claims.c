/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that runtimes keep.  The first byte says which kind; whatever is seen must be fit to be printed. */
#include "fuzz.h"

#include "claims.h"

static void see(void *context, const struct sighting *seen)
{
	(void)context;
	FUZZ_CHECK(text_is_encoded(seen->id, sizeof(seen->id)) &&
		   text_is_encoded(seen->name, sizeof(seen->name)) &&
		   text_is_encoded(seen->image, sizeof(seen->image)) &&
		   text_is_encoded(seen->scope, sizeof(seen->scope)));
	FUZZ_CHECK(seen->runtime < TARGET_RUNTIME_COUNT && seen->pid >= 0);
	FUZZ_CHECK(seen->configured_size <= sizeof(seen->configured) &&
		   seen->layers_size <= sizeof(seen->layers));
	FUZZ_CHECK(seen->configured_size == 0 || seen->configured[seen->configured_size - 1] == '\0');
	FUZZ_CHECK(seen->layers_size == 0 ||
		   (seen->layers[seen->layers_size - 1] == '\0' && seen->layers[0] == '/'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sighting scratch;
	const struct query everything = { .is_listing = true, .runtimes = ~0U };
	struct claims claims = { .query = &everything, .see = see, .scratch = &scratch };
	struct evidence piece = { .runtime = TARGET_DOCKER, .pid = 7, .id = "cafe", .place = "/run/place" };
	const struct evidence_list list = { .all = &piece, .count = 1 };

	if (size == 0)
		return 0;
	piece.kind = (uint8_t)(data[0] % (EVIDENCE_ROOT + 1));
	piece.bytes = fuzz_text(data + 1, size - 1);
	piece.size = size - 1;
	claims_make(&claims, &list);
	free(piece.bytes);
	return 0;
}
