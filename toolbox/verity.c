/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verity FILE            prints the digest that fs-verity gives a file (SHA-256, blocks of 4096, no salt)
 * verity --enable FILE   makes the file immutable and has the kernel check what is read of it
 *
 * Each block's digest goes into a block of the level above, filled up with zeros, until one digest is left;
 * the file's digest is that of a descriptor with the size and this root
 * (Documentation/filesystems/fsverity.rst).
 */
#include <err.h>
#include <fcntl.h>
#include <linux/fsverity.h>
#include <sha2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 4096, LOG_BLOCK = 12, DIGEST = SHA256_DIGEST_LENGTH, LEVELS_MAX = 8 };

/* Blocks that are being filled, the lowest level first. */
struct tree {
	uint8_t blocks[LEVELS_MAX][BLOCK];
	size_t used[LEVELS_MAX];
};

/* What fs-verity takes the digest of; numbers are little-endian. */
struct descriptor {
	uint8_t version;
	uint8_t hash_algorithm;
	uint8_t log_block;
	uint8_t salt_size;
	uint8_t reserved[4];
	uint8_t data_size[8];
	uint8_t root[64];
	uint8_t rest[176];
};

static void hash(const void *bytes, size_t size, uint8_t digest[DIGEST])
{
	SHA2_CTX context;

	SHA256Init(&context);
	SHA256Update(&context, bytes, size);
	SHA256Final(digest, &context);
}

static void hash_block(uint8_t *block, size_t used, uint8_t digest[DIGEST])
{
	memset(block + used, 0, BLOCK - used);
	hash(block, BLOCK, digest);
}

static void add(struct tree *tree, size_t level, const uint8_t digest[DIGEST])
{
	uint8_t full[DIGEST];

	if (level == LEVELS_MAX)
		errx(1, "the file is too large");
	if (tree->used[level] == BLOCK) {
		hash_block(tree->blocks[level], BLOCK, full);
		tree->used[level] = 0;
		add(tree, level + 1, full);
	}
	memcpy(tree->blocks[level] + tree->used[level], digest, DIGEST);
	tree->used[level] += DIGEST;
}

/* Closes the levels from below until one holds a single digest, which is the root. */
static void finish(struct tree *tree, uint8_t root[DIGEST])
{
	for (size_t level = 0; level < LEVELS_MAX; level++) {
		if (tree->used[level] == DIGEST && (level + 1 == LEVELS_MAX || tree->used[level + 1] == 0)) {
			memcpy(root, tree->blocks[level], DIGEST);
			return;
		}
		if (tree->used[level] > 0) {
			hash_block(tree->blocks[level], tree->used[level], root);
			add(tree, level + 1, root);
		}
	}
}

static void print_digest(const char *path)
{
	static struct tree tree;
	struct descriptor descriptor = { .version = 1,
					 .hash_algorithm = FS_VERITY_HASH_ALG_SHA256,
					 .log_block = LOG_BLOCK };
	uint8_t block[BLOCK];
	uint8_t digest[DIGEST];
	uint64_t size = 0;
	size_t n;
	FILE *file = fopen(path, "re");

	if (file == NULL)
		err(1, "%s", path);
	while ((n = fread(block, 1, sizeof(block), file)) > 0) {
		hash_block(block, n, digest);
		add(&tree, 0, digest);
		size += n;
	}
	if (ferror(file) != 0)
		err(1, "%s", path);
	(void)fclose(file);
	if (size > 0)
		finish(&tree, descriptor.root);
	for (unsigned int i = 0; i < sizeof(descriptor.data_size); i++)
		descriptor.data_size[i] = (uint8_t)(size >> 8 * i);
	hash(&descriptor, sizeof(descriptor), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		(void)printf("%02x", digest[i]);
	(void)printf("\n");
}

static void enable(const char *path)
{
	const struct fsverity_enable_arg argument = {
		.version = 1,
		.hash_algorithm = FS_VERITY_HASH_ALG_SHA256,
		.block_size = BLOCK,
	};
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, FS_IOC_ENABLE_VERITY, &argument) < 0)
		err(1, "%s", path);
	(void)close(fd);
}

int main(int argc, char *argv[])
{
	if (argc == 3 && strcmp(argv[1], "--enable") == 0)
		enable(argv[2]);
	else if (argc == 2)
		print_digest(argv[1]);
	else
		errx(2, "usage: verity [--enable] FILE");
	return fflush(stdout) == 0 ? 0 : 1;
}
