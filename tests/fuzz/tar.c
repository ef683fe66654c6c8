/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An archive that somebody gave: compressed or not, its entries and the image in it. */
#include "fuzz.h"

#include "archive.h"
#include "choose.h"
#include "fd.h"
#include "tar.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

static void read_entries(int fd, size_t size)
{
	const struct extent extent = { .fd = fd, .size = (int64_t)size };
	static char chunk[4096];
	struct fail why = { 0 };
	static struct tar tar;

	if (tar_open(&tar, &extent, &why) < 0)
		return;
	for (int i = 0; i < 1000 && tar_next(&tar, &why) > 0; i++) {
		FUZZ_CHECK(memchr(tar.entry.name, '\0', sizeof(tar.entry.name)) != NULL);
		FUZZ_CHECK(tar.entry.attribute_count <= TAR_ATTRIBUTES_MAX && tar.entry.size >= 0);
		(void)!tar_read(&tar, chunk, sizeof(chunk), &why);
	}
	tar_close(&tar);
}

static void find_image(int fd, int room_fd)
{
	static struct chosen chosen;
	struct archive archive;
	struct fail why = { 0 };
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (archive_open(&archive, path, room_fd, &why) < 0)
		return;
	if (choose(&chosen, &archive, "", &why) == 0)
		chosen_close(&chosen);
	archive_close(&archive);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int room_fd = FD_NONE;
	CLOSE_AT_EXIT int fd = memfd_create("archive", MFD_CLOEXEC);

	if (room_fd == FD_NONE)
		room_fd = open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	FUZZ_CHECK(fd >= 0 && fd_write_all(fd, data, size) == 0);
	read_entries(fd, size);
	find_image(fd, room_fd);
	return 0;
}
