/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Protocol buffers: every field lies within the message, and the end is reached. */
#include "fuzz.h"

#include "protobuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = fuzz_text(data, size);
	struct protobuf_bytes message = { .at = bytes, .size = size };
	const struct protobuf_bytes whole = message;
	struct protobuf_field field;
	struct protobuf_bytes value;
	size_t left = size + 1;

	while (protobuf_next(&message, &field) > 0) {
		FUZZ_CHECK(message.size < left);
		left = message.size;
		if (field.kind == PROTOBUF_BYTES)
			FUZZ_CHECK(field.bytes.at >= bytes && field.bytes.size <= size &&
				   field.bytes.at + field.bytes.size <= bytes + size);
	}
	(void)!protobuf_get(whole, 1, PROTOBUF_BYTES, &field);
	(void)!protobuf_get_entry(whole, 2, "key", &value);
	free(bytes);
	return 0;
}
