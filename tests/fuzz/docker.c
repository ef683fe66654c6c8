/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What answers on Docker's socket: HTTP head, body, JSON.  The first byte says for what was asked. */
#include "fuzz.h"

#include "docker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sighting seen;
	struct fail why = { 0 };
	int peer_fd, fd, outcome;

	if (size == 0)
		return 0;
	fd = fuzz_answer(data + 1, size - 1, &peer_fd);
	if (fd < 0)
		return 0;
	memset(&seen, 0, offsetof(struct sighting, configured));
	outcome = (data[0] & 1) != 0
		      ? docker_inspect_image(&seen, fd, "web", clock_now_ms() + FUZZ_SECOND_MS, &why)
		      : docker_inspect(&seen, fd, "web", clock_now_ms() + FUZZ_SECOND_MS, &why);
	FUZZ_CHECK(outcome == 0 || outcome == 1 || why.status != FAIL_NONE);
	FUZZ_CHECK(outcome >= 0 || text_is_encoded(why.text, sizeof(why.text)));
	if (outcome == 0)
		FUZZ_CHECK(text_is_encoded(seen.name, sizeof(seen.name)) &&
			   text_is_encoded(seen.id, sizeof(seen.id)) &&
			   text_is_encoded(seen.image, sizeof(seen.image)) && seen.pid >= 0);
	(void)close(fd);
	(void)close(peer_fd);
	return 0;
}
