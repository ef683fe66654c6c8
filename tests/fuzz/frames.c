/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes through `kubectl exec`, in pieces of the size that the first byte says. */
#include "fuzz.h"

#include "kube_frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct frame_reader reader;
	const size_t piece = size > 0 ? 1 + data[0] : 1;
	struct frame_flow flow = { 0 };
	struct frame_start start;
	struct frame frame;
	int found = 0;

	reader = (struct frame_reader){ 0 };
	for (size_t at = 1; at < size && found >= 0; at += piece) {
		const size_t length = size - at < piece ? size - at : piece;
		size_t room;
		uint8_t *to = frame_reader_room(&reader, &room);
		uint32_t number;

		FUZZ_CHECK(room >= length);
		memcpy(to, data + at, length);
		frame_reader_add(&reader, length);
		while ((found = frame_reader_next(&reader, &frame)) > 0) {
			FUZZ_CHECK(frame.kind > 0 && frame.kind < FRAME_KIND_COUNT &&
				   frame.size <= FRAME_BYTES_MAX);
			(void)frame_number(&frame, &number);
			if (frame_start(&frame, &start))
				FUZZ_CHECK(strlen(start.terminal_type) < sizeof(start.terminal_type) &&
					   strlen(start.shell) < sizeof(start.shell));
			if (frame.kind == FRAME_OUTPUT)
				FUZZ_CHECK(frame_flow_add(&flow, frame.bytes, frame.size) ||
					   flow.end - flow.start + frame.size > FRAME_WINDOW);
		}
	}
	frame_flow_free(&flow);
	return 0;
}
