/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../toolbox/builtins/entrypoint_elf.c"

#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>

enum { PHDRS = 0x40, INTERP = 0x100, DYNAMIC = 0x140, STRINGS = 0x200, SIZE = 0x280, ADDRESS = 0x10000 };

struct image {
	unsigned char bytes[SIZE];
	bool is_64, is_little;
};

static const char table[] = "\0libone.so\0libtwo.so.2\0$ORIGIN/lib\0/opt/lib";

static void put(struct image *image, size_t at, uint64_t value, unsigned int width)
{
	for (unsigned int i = 0; i < width; i++)
		image->bytes[at + (image->is_little ? i : width - 1 - i)] = (unsigned char)(value >> 8 * i);
}

static void put_segment(struct image *image, size_t index, uint32_t type, uint64_t offset, uint64_t size)
{
	unsigned int word = image->is_64 ? 8 : 4;
	size_t at = PHDRS + index * (image->is_64 ? 56 : 32);

	put(image, at, type, 4);
	put(image, at + (image->is_64 ? 8 : 4), offset, word);
	put(image, at + (image->is_64 ? 16 : 8), ADDRESS + offset, word);
	put(image, at + (image->is_64 ? 32 : 16), size, word);
}

static void put_dynamic(struct image *image, size_t index, uint64_t tag, uint64_t value)
{
	unsigned int word = image->is_64 ? 8 : 4;

	put(image, DYNAMIC + index * 2 * word, tag, word);
	put(image, DYNAMIC + (index * 2 + 1) * word, value, word);
}

static struct image make_image(bool is_64, bool is_little, uint16_t machine)
{
	struct image image = { .is_64 = is_64, .is_little = is_little };

	memcpy(image.bytes, ELFMAG, SELFMAG);
	image.bytes[EI_CLASS] = is_64 ? ELFCLASS64 : ELFCLASS32;
	image.bytes[EI_DATA] = is_little ? ELFDATA2LSB : ELFDATA2MSB;
	put(&image, 16, ET_DYN, 2);
	put(&image, 18, machine, 2);
	put(&image, is_64 ? 32 : 28, PHDRS, is_64 ? 8 : 4);
	put(&image, is_64 ? 54 : 42, is_64 ? 56 : 32, 2);
	put(&image, is_64 ? 56 : 44, 3, 2);
	put_segment(&image, 0, PT_INTERP, INTERP, sizeof("/lib/ld-musl-x.so.1"));
	put_segment(&image, 1, PT_LOAD, 0, SIZE);
	put_segment(&image, 2, PT_DYNAMIC, DYNAMIC, STRINGS - DYNAMIC);
	memcpy(image.bytes + INTERP, "/lib/ld-musl-x.so.1", sizeof("/lib/ld-musl-x.so.1"));
	memcpy(image.bytes + STRINGS, table, sizeof(table));
	put_dynamic(&image, 0, DT_NEEDED, 1);
	put_dynamic(&image, 1, DT_NEEDED, 11);
	put_dynamic(&image, 2, DT_RPATH, 23);
	put_dynamic(&image, 3, DT_STRTAB, ADDRESS + STRINGS);
	return image;
}

static struct elf *elf_of(const struct image *image, enum elf_result expected)
{
	static struct elf elf;

	assert_int_equal(elf_parse(&elf, image->bytes, sizeof(image->bytes)), expected);
	return &elf;
}

static void assert_broken(const struct image *image, const char *problem)
{
	assert_string_equal(elf_of(image, ELF_BROKEN)->problem, problem);
}

static void reads_both_classes_in_both_orders(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct image image = make_image(i & 1, i & 2, EM_PPC64);
		const struct elf *elf = elf_of(&image, ELF_OK);

		assert_int_equal(elf->is_64, (i & 1) != 0);
		assert_int_equal(elf->is_little, (i & 2) != 0);
		assert_int_equal(elf->machine, EM_PPC64);
		assert_int_equal(elf->type, ET_DYN);
		assert_string_equal(elf->interpreter, "/lib/ld-musl-x.so.1");
		assert_int_equal(elf->needed_count, 2);
		assert_string_equal(elf->needed[0], "libone.so");
		assert_string_equal(elf->needed[1], "libtwo.so.2");
		assert_string_equal(elf->rpath, "$ORIGIN/lib");
		assert_null(elf->runpath);
		assert_false(elf->is_cut);
	}
}

static void lets_runpath_replace_rpath(void **state)
{
	struct image image = make_image(true, true, EM_X86_64);
	const struct elf *elf;

	(void)state;
	put_dynamic(&image, 4, DT_RUNPATH, 35);
	elf = elf_of(&image, ELF_OK);
	assert_string_equal(elf->runpath, "/opt/lib");
	assert_null(elf->rpath);
}

static void refuses_what_is_outside(void **state)
{
	struct image image = make_image(true, true, EM_X86_64);
	const struct image good = image;

	(void)state;
	put(&image, 32, UINT64_MAX - 8, 8);
	assert_broken(&image, "is cut off");
	image = good;
	put(&image, 54, 57, 2);
	assert_broken(&image, "has program headers of an unknown size");
	image = good;
	put(&image, 56, 0, 2);
	assert_broken(&image, "has no program headers, or too many");
	put(&image, 56, 0xffff, 2);
	assert_broken(&image, "has no program headers, or too many");
	image = good;
	put_segment(&image, 1, PT_LOAD, 8, SIZE);
	assert_broken(&image, "is cut off");
	image = good;
	put_segment(&image, 2, PT_DYNAMIC, UINT64_MAX, 16);
	assert_broken(&image, "has its dynamic section outside of the file");
	image = good;
	put_dynamic(&image, 3, DT_STRTAB, 1);
	assert_broken(&image, "has its table of names outside of the file");
	image = good;
	put_dynamic(&image, 0, DT_NEEDED, UINT64_MAX);
	assert_broken(&image, "names a library outside of the file");
	put_dynamic(&image, 0, DT_NEEDED, SIZE - STRINGS);
	assert_broken(&image, "names a library outside of the file");
	image = good;
	image.bytes[SIZE - 1] = 'x';
	put_dynamic(&image, 0, DT_NEEDED, SIZE - STRINGS - 1);
	assert_broken(&image, "names a library outside of the file");
}

static void wants_the_loader_as_the_kernel_does(void **state)
{
	static const size_t sizes[] = { 0, 1, 19, PATH_MAX + 1 };
	struct image image = make_image(true, true, EM_X86_64);

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		put_segment(&image, 0, PT_INTERP, INTERP, sizes[i]);
		assert_broken(&image, "has a damaged name of its loader");
	}
	image.bytes[INTERP + 3] = '\0';
	put_segment(&image, 0, PT_INTERP, INTERP, 6);
	assert_broken(&image, "has a damaged name of its loader");
	put_segment(&image, 0, PT_INTERP, INTERP, 4);
	assert_string_equal(elf_of(&image, ELF_OK)->interpreter, "/li");
}

static void says_when_there_are_too_many_libraries(void **state)
{
	static unsigned char bytes[SIZE + 16 * (ENTRY_LIBRARIES_MAX + 4)];
	struct image image = make_image(true, true, EM_X86_64);
	static struct elf elf;

	(void)state;
	put_segment(&image, 2, PT_DYNAMIC, SIZE, sizeof(bytes) - SIZE);
	memcpy(bytes, image.bytes, SIZE);
	for (size_t i = 0; i < ENTRY_LIBRARIES_MAX + 1; i++) {
		bytes[SIZE + 16 * i] = DT_NEEDED;
		bytes[SIZE + 16 * i + 8] = 1;
	}
	memcpy(bytes + sizeof(bytes) - 48, image.bytes + DYNAMIC + 48, 16);
	assert_int_equal(elf_parse(&elf, bytes, sizeof(bytes)), ELF_OK);
	assert_int_equal(elf.needed_count, ENTRY_LIBRARIES_MAX);
	assert_true(elf.is_cut);
}

static void names_machines_and_loaders(void **state)
{
	static const struct {
		const char *path;
		uint16_t machine;
		enum elf_loader loader;
	} loaders[] = {
		{ NULL, EM_X86_64, LOADER_NONE },
		{ "/lib/ld-musl-x86_64.so.1", EM_X86_64, LOADER_MUSL },
		{ "/lib64/ld-linux-x86-64.so.2", EM_X86_64, LOADER_GLIBC },
		{ "/lib/ld64.so.2", EM_PPC64, LOADER_GLIBC },
		{ "/lib/ld.so.1", EM_S390, LOADER_GLIBC },
		{ "/lib/ld.so.1", EM_X86_64, LOADER_OTHER },
		{ "/ld-musl-x/loader", EM_X86_64, LOADER_OTHER },
		{ "/system/bin/linker64", EM_AARCH64, LOADER_OTHER },
	};
	static struct elf elf;

	(void)state;
	for (size_t i = 0; i < COUNT(loaders); i++) {
		elf.interpreter = loaders[i].path;
		elf.machine = loaders[i].machine;
		assert_int_equal(elf_loader(&elf), loaders[i].loader);
	}
	elf = (struct elf){ .machine = EM_PPC64, .is_64 = true, .is_little = true };
	assert_string_equal(elf_architecture(&elf), "ppc64le");
	assert_string_equal(elf_triplet(&elf), "powerpc64le-linux-gnu");
	elf.is_little = false;
	assert_string_equal(elf_architecture(&elf), "ppc64");
	elf.machine = EM_X86_64;
	assert_string_equal(elf_architecture(&elf), "an unknown processor");
	assert_null(elf_triplet(&elf));
	assert_null(elf_platform(&elf));
}

/* Bytes of their own allocation, so that a sanitizer sees what is read beyond them. */
static enum elf_result parse_copy(struct elf *elf, const void *bytes, size_t size)
{
	void *own = malloc(size > 0 ? size : 1);
	enum elf_result result;

	assert_non_null(own);
	memcpy(own, bytes, size);
	result = elf_parse(elf, own, size);
	free(own);
	return result;
}

static void knows_every_cut_file(void **state)
{
	struct image image = make_image(true, true, EM_X86_64);
	static struct elf elf;

	(void)state;
	for (size_t size = 0; size < SIZE; size++)
		assert_int_equal(parse_copy(&elf, image.bytes, size), size < SELFMAG ? ELF_NOT : ELF_BROKEN);
	assert_int_equal(parse_copy(&elf, image.bytes, SIZE), ELF_OK);
}

static void survives_real_files_with_any_damage(void **state)
{
	static unsigned char bytes[1 << 20];
	FILE *file = fopen("/bin/true", "re");
	static struct elf elf;
	uint64_t random = 1;
	size_t size;

	(void)state;
	assert_non_null(file);
	size = fread(bytes, 1, sizeof(bytes), file);
	(void)fclose(file);
	assert_int_equal(parse_copy(&elf, bytes, size), ELF_OK);
	for (size_t cut = 0; cut < size; cut += cut < 4096 ? 1 : 61)
		assert_true(parse_copy(&elf, bytes, cut) <= ELF_BROKEN);
	for (size_t at = 0; at < size; at++) {
		unsigned char before = bytes[at];

		bytes[at] =
		    (unsigned char)(unit_random(&random) % 2 == 0 ? before ^ 0xff : unit_random(&random));
		assert_true(elf_parse(&elf, bytes, size) <= ELF_BROKEN);
		bytes[at] = before;
	}
	for (size_t i = 0; i < 20000; i++) {
		struct image image = make_image(i & 1, i & 2, EM_X86_64);

		for (size_t j = 0; j < 4; j++)
			image.bytes[unit_random(&random) % (i & 4 ? SIZE : INTERP)] =
			    (unsigned char)unit_random(&random);
		(void)parse_copy(&elf, image.bytes, unit_random(&random) % (SIZE + 1));
		if (elf_parse(&elf, image.bytes, SIZE) == ELF_BROKEN)
			assert_non_null(elf.problem);
	}
}

static void reads_descriptors_that_change(void **state)
{
	struct image image = make_image(true, true, EM_X86_64);
	int fd = memfd_create("elf", MFD_CLOEXEC);
	static struct elf elf;
	const struct source longer = { .fd = fd, .size = SIZE };
	int pipes[2];

	(void)state;
	assert_int_equal(write(fd, image.bytes, SIZE), SIZE);
	assert_int_equal(elf_read(&elf, fd), ELF_OK);
	assert_int_equal(elf.needed_count, 2);
	assert_int_equal(ftruncate(fd, STRINGS), 0);
	assert_int_equal(parse(&elf, &longer), ELF_BROKEN);
	assert_int_equal(elf_read(&elf, fd), ELF_BROKEN);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(parse(&elf, &longer), ELF_UNREADABLE);
	assert_int_equal(elf_read(&elf, fd), ELF_NOT);
	(void)close(fd);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	assert_int_equal(elf_read(&elf, pipes[0]), ELF_UNREADABLE);
	(void)close(pipes[0]);
	(void)close(pipes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_both_classes_in_both_orders),
		cmocka_unit_test(lets_runpath_replace_rpath),
		cmocka_unit_test(refuses_what_is_outside),
		cmocka_unit_test(wants_the_loader_as_the_kernel_does),
		cmocka_unit_test(says_when_there_are_too_many_libraries),
		cmocka_unit_test(names_machines_and_loaders),
		cmocka_unit_test(knows_every_cut_file),
		cmocka_unit_test(survives_real_files_with_any_damage),
		cmocka_unit_test(reads_descriptors_that_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
