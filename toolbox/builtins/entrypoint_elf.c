/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The few facts of an ELF file that decide whether it can start.  The file may be hostile. */
#include "entrypoint.h"

#include <elf.h>
#include <string.h>

enum { PROGRAM_HEADERS_MAX = 1024, DYNAMIC_MAX = 4096 };

struct segment {
	uint64_t type, offset, address, file_size;
};

static bool is_inside(const struct elf *elf, uint64_t offset, uint64_t length)
{
	return offset <= elf->size && length <= elf->size - offset;
}

/* A number of 2, 4 or 8 bytes in the file's own byte order; 0 outside the file. */
static uint64_t number(const struct elf *elf, uint64_t offset, unsigned int width)
{
	uint64_t value = 0;

	if (!is_inside(elf, offset, width))
		return 0;
	for (unsigned int i = 0; i < width; i++) {
		unsigned int at = elf->is_little ? width - 1 - i : i;

		value = value << 8 | (unsigned char)elf->bytes[offset + at];
	}
	return value;
}

static const char *string(const struct elf *elf, uint64_t offset)
{
	if (offset >= elf->size || memchr(elf->bytes + offset, '\0', elf->size - offset) == NULL)
		return NULL;
	return elf->bytes + offset;
}

static uint64_t header(const struct elf *elf, size_t offset_64, size_t offset_32, unsigned int width)
{
	return number(elf, elf->is_64 ? offset_64 : offset_32, width);
}

static unsigned int word_size(const struct elf *elf)
{
	return elf->is_64 ? 8 : 4;
}

#define HEADER(elf, field, width) header(elf, offsetof(Elf64_Ehdr, field), offsetof(Elf32_Ehdr, field), width)

static bool get_segment(const struct elf *elf, size_t index, struct segment *segment)
{
	uint64_t size = elf->is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	uint64_t at = HEADER(elf, e_phoff, word_size(elf));

	if (at > elf->size || index >= HEADER(elf, e_phnum, 2) || index >= PROGRAM_HEADERS_MAX ||
	    HEADER(elf, e_phentsize, 2) != size || !is_inside(elf, at + index * size, size))
		return false;
	at += index * size;
	segment->type = number(elf, at, 4);
	segment->offset = number(elf, at + (elf->is_64 ? 8 : 4), word_size(elf));
	segment->address = number(elf, at + (elf->is_64 ? 16 : 8), word_size(elf));
	segment->file_size = number(elf, at + (elf->is_64 ? 32 : 16), word_size(elf));
	return true;
}

/* Where in the file a virtual address is; SIZE_MAX if nowhere. */
static uint64_t file_offset(const struct elf *elf, uint64_t address)
{
	struct segment segment;

	for (size_t i = 0; get_segment(elf, i, &segment); i++)
		if (segment.type == PT_LOAD && address >= segment.address &&
		    address - segment.address < segment.file_size && segment.offset <= elf->size)
			return segment.offset + (address - segment.address);
	return SIZE_MAX;
}

/* The first value of a tag; 0 if there is none. */
static uint64_t dynamic_value(const struct elf *elf, const struct segment *dynamic, uint64_t tag,
			      size_t *from)
{
	unsigned int word = word_size(elf);

	for (size_t i = *from; i < DYNAMIC_MAX && i < dynamic->file_size / (2 * word); i++) {
		uint64_t at = dynamic->offset + i * 2 * word;

		if (!is_inside(elf, at, 2 * word) || number(elf, at, word) == DT_NULL)
			break;
		if (number(elf, at, word) == tag) {
			*from = i + 1;
			return number(elf, at + word, word);
		}
	}
	*from = SIZE_MAX;
	return 0;
}

static const char *dynamic_string(const struct elf *elf, const struct segment *dynamic, uint64_t strings,
				  uint64_t tag, size_t *from)
{
	uint64_t offset = dynamic_value(elf, dynamic, tag, from);

	return *from == SIZE_MAX || offset > elf->size ? NULL : string(elf, strings + offset);
}

static bool read_dynamic(struct elf *elf, const struct segment *dynamic)
{
	size_t at = 0;
	uint64_t strings;

	if (!is_inside(elf, dynamic->offset, dynamic->file_size))
		return false;
	strings = file_offset(elf, dynamic_value(elf, dynamic, DT_STRTAB, &at));
	if (strings > elf->size)
		return at == SIZE_MAX;
	at = 0;
	elf->rpath = dynamic_string(elf, dynamic, strings, DT_RPATH, &at);
	at = 0;
	elf->runpath = dynamic_string(elf, dynamic, strings, DT_RUNPATH, &at);
	for (at = 0; elf->needed_count < ENTRY_LIBRARIES_MAX;) {
		const char *name = dynamic_string(elf, dynamic, strings, DT_NEEDED, &at);

		if (name == NULL)
			return at == SIZE_MAX;
		elf->needed[elf->needed_count++] = name;
	}
	return true;
}

enum elf_result elf_parse(struct elf *elf, const void *bytes, size_t size)
{
	const unsigned char *ident = bytes;
	struct segment segment;

	memset(elf, 0, sizeof(*elf));
	elf->bytes = bytes;
	elf->size = size;
	if (size < SELFMAG || memcmp(bytes, ELFMAG, SELFMAG) != 0)
		return ELF_NOT;
	if (size < sizeof(Elf32_Ehdr) || (ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64) ||
	    (ident[EI_CLASS] == ELFCLASS64 && size < sizeof(Elf64_Ehdr)) ||
	    (ident[EI_DATA] != ELFDATA2LSB && ident[EI_DATA] != ELFDATA2MSB))
		return ELF_BROKEN;
	elf->is_64 = ident[EI_CLASS] == ELFCLASS64;
	elf->is_little = ident[EI_DATA] == ELFDATA2LSB;
	elf->type = (uint16_t)HEADER(elf, e_type, 2);
	elf->machine = (uint16_t)HEADER(elf, e_machine, 2);
	if (!get_segment(elf, 0, &segment))
		return ELF_BROKEN;
	for (size_t i = 0; get_segment(elf, i, &segment); i++) {
		if (segment.type == PT_INTERP) {
			elf->interpreter = string(elf, segment.offset);
			if (elf->interpreter == NULL)
				return ELF_BROKEN;
		}
		if (segment.type == PT_LOAD && !is_inside(elf, segment.offset, segment.file_size))
			return ELF_BROKEN;
		if (segment.type == PT_DYNAMIC && !read_dynamic(elf, &segment))
			return ELF_BROKEN;
	}
	return ELF_OK;
}

const char *elf_machine_name(uint16_t machine)
{
	static const struct {
		uint16_t machine;
		const char *name;
	} names[] = {
		{ EM_386, "386" },	 { EM_X86_64, "amd64" },  { EM_ARM, "arm" },
		{ EM_AARCH64, "arm64" }, { EM_RISCV, "riscv64" }, { EM_PPC64, "ppc64" },
		{ EM_S390, "s390x" },	 { EM_MIPS, "mips" },	  { EM_LOONGARCH, "loong64" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].machine == machine)
			return names[i].name;
	return "an unknown processor";
}
