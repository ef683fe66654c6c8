/* SPDX-License-Identifier: GPL-2.0-or-later */
/* argv: words, each terminated; and what `debug` makes of them, to the helper and back. */
#include "fuzz.h"

#include "query.h"
#include "request.h"

enum { WORDS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	char *argv[WORDS_MAX + 2] = { NULL };
	char name[] = "debug";
	struct request request;
	struct query query;
	struct fail why = { 0 };
	int argc = 1;

	argv[0] = name;
	for (char *at = text; at < text + size && argc <= WORDS_MAX; at += strlen(at) + 1)
		argv[argc++] = at;
	if (request_parse(&request, argc, argv, &why) == 0) {
		if (request.action == REQUEST_SESSION && request.target != NULL &&
		    !request_is_path(request.target) &&
		    query_parse(&query, request.target, request.runtime, &why) == 0)
			FUZZ_CHECK(memchr(query.name, '\0', sizeof(query.name)) != NULL);
		request_free(&request);
	} else {
		FUZZ_CHECK(why.status != FAIL_NONE && text_is_encoded(why.text, sizeof(why.text)));
	}
	free(text);
	return 0;
}
