/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debug-unpack: reads an image that somebody made, with jansson, zlib and libzstd, and writes its files.
 * A program of its own, so that the helper has none of that in it.  When it starts, nothing of the host can
 * be reached any more (src/2-target/unpack.c); it still is root, with the capabilities that owners, modes
 * and attributes of files need, and a filter that leaves it the system calls to write files.
 */
#include "archive.h"
#include "choose.h"
#include "configured.h"
#include "fd.h"
#include "filters.h"
#include "place.h"
#include "unpack.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static int place_all(const struct chosen *chosen, int image_fd, struct fail *why)
{
	struct place place = { .root_fd = image_fd };

	for (size_t i = 0; i < chosen->layer_count; i++)
		if (place_layer(&place, &chosen->layers[i], why) < 0)
			return -1;
	place_end(&place);
	return 0;
}

static int run(struct unpack_answer *answer, const char *asked, struct fail *why)
{
	CLOSE_AT_EXIT int image_fd = open(UNPACK_IMAGE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	static struct sighting seen;
	static struct chosen chosen;
	struct archive archive;
	int failed = -1;

	if (image_fd < 0 || archive_open(&archive, UNPACK_SOURCE, image_fd, why) < 0)
		return image_fd < 0 ? fail_errno(why, FAIL_TOOL, errno, "cannot open the place for the image")
				    : -1;
	if (choose(&chosen, &archive, asked, why) == 0) {
		configured_from_image(&seen, json_object_get(chosen.config, "config"));
		answer->configured_size = seen.configured_size;
		memcpy(answer->configured, seen.configured, seen.configured_size);
		memcpy(answer->image, chosen.name, sizeof(answer->image));
		failed = place_all(&chosen, image_fd, why);
		chosen_close(&chosen);
	}
	archive_close(&archive);
	return failed;
}

int main(int argc, char *argv[])
{
	static struct unpack_answer answer = { .version = WIRE_VERSION };
	unsigned int seed = 1;

	(void)umask(0);
	(void)!getrandom(&seed, sizeof(seed), GRND_NONBLOCK);
	json_object_seed(seed | 1);
	if (argc != 2 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter_unpacker) < 0)
		return FAIL_TOOL;
	(void)run(&answer, argv[1], &answer.why);
	(void)wire_send(UNPACK_ANSWER_FD, &answer, sizeof(answer), NULL, 0);
	return 0;
}
