/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What answers on containerd's socket: HTTP/2 frames, gRPC messages, protocol buffers.  The first byte says
 * for what was asked. */
#include "fuzz.h"

#include "containerd.h"
#include "sighting.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sighting seen;
	struct fail why = { 0 };
	const int64_t deadline_ms = clock_now_ms() + FUZZ_SECOND_MS;
	int peer_fd, fd, outcome;

	if (size == 0)
		return 0;
	fd = fuzz_answer(data + 1, size - 1, &peer_fd);
	if (fd < 0)
		return 0;
	memset(&seen, 0, sizeof(seen));
	if (data[0] % 3 == 0)
		outcome = containerd_find_container(&seen, fd, "default", "web", deadline_ms, &why);
	else if (data[0] % 3 == 1)
		outcome = containerd_find_image(&seen, fd, "default", "web", deadline_ms, &why);
	else
		outcome = containerd_find_layers(&seen, fd, "moby", "overlayfs", "key", deadline_ms, &why);
	FUZZ_CHECK(outcome >= 0 || (why.status != FAIL_NONE && text_is_encoded(why.text, sizeof(why.text))));
	(void)close(fd);
	(void)close(peer_fd);
	return 0;
}
