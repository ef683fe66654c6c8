/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths inside executables and libraries, changed in place.
 *
 * Sections that hold data are searched for strings.  Sections that hold code are searched for
 * instructions that load the first eight bytes of a path (x86-64 only; arm64 splits constants into
 * pieces of two bytes, which is rare enough for paths to be left alone).  The program header that
 * names the interpreter is set to PREFIX "/ld".
 *
 * The file may come from any archive, so every offset is checked against its size before use.
 */
#include "relocate.h"

#include <elf.h>
#include <err.h>
#include <string.h>

static const char interpreter_old[] = "/ld-linux";
static const char interpreter_new[] = PREFIX "/ld";

bool is_elf(const char *image, size_t size)
{
	return size >= SELFMAG && memcmp(image, ELFMAG, SELFMAG) == 0;
}

static bool fits(uint64_t offset, uint64_t length, size_t size)
{
	return offset <= size && length <= size - offset;
}

static void apply_to_code(struct toolbox *toolbox, char *code, size_t length)
{
	enum { OPCODE = 2, OPERAND = 8, LOOKAHEAD = 32 };

	for (size_t at = OPCODE; at + OPERAND <= length; at++) {
		const size_t after = at + OPERAND;
		const unsigned char rex = (unsigned char)code[at - 2];
		const unsigned char move = (unsigned char)code[at - 1];
		enum rule rule;

		/* movabs $operand, %register: 48 or 49, then b8 to bf */
		if (code[at] != '/' || (rex & 0xfe) != 0x48 || (move & 0xf8) != 0xb8)
			continue;
		rule = rule_of_immediate(code + at, code + after,
					 length - after < LOOKAHEAD ? length - after : LOOKAHEAD);
		if (rule == RULE_NONE)
			continue;
		memcpy(code + at, PREFIX, PREFIX_LENGTH);
		toolbox->tally[rule]++;
	}
}

static int apply_to_sections(struct toolbox *toolbox, char *image, size_t size, const Elf64_Ehdr *header)
{
	for (size_t i = 0; i < header->e_shnum; i++) {
		Elf64_Shdr section;

		memcpy(&section, image + header->e_shoff + i * sizeof(section), sizeof(section));
		if ((section.sh_flags & SHF_ALLOC) == 0)
			continue;
		if (section.sh_type != SHT_PROGBITS && section.sh_type != SHT_STRTAB)
			continue;
		if (!fits(section.sh_offset, section.sh_size, size)) {
			warnx("%s: section %zu ends after the file", toolbox->path, i);
			return -1;
		}
		if ((section.sh_flags & SHF_EXECINSTR) == 0)
			(void)rules_apply(toolbox, image + section.sh_offset, section.sh_size);
		else if (header->e_machine == EM_X86_64)
			apply_to_code(toolbox, image + section.sh_offset, section.sh_size);
	}
	return 0;
}

static int replace_interpreter(struct toolbox *toolbox, char *name, size_t length)
{
	if (length < sizeof(interpreter_new) || name[length - 1] != '\0') {
		warnx("%s: malformed interpreter", toolbox->path);
		return -1;
	}
	/* Programs for another C library do not become programs for this one. */
	if (strstr(name, interpreter_old) == NULL)
		return 0;
	memset(name, '\0', length);
	memcpy(name, interpreter_new, sizeof(interpreter_new));
	toolbox->tally[RULE_INTERPRETER]++;
	return 0;
}

static int apply_to_segments(struct toolbox *toolbox, char *image, size_t size, const Elf64_Ehdr *header)
{
	for (size_t i = 0; i < header->e_phnum; i++) {
		Elf64_Phdr segment;

		memcpy(&segment, image + header->e_phoff + i * sizeof(segment), sizeof(segment));
		if (segment.p_type != PT_INTERP)
			continue;
		if (!fits(segment.p_offset, segment.p_filesz, size)) {
			warnx("%s: segment %zu ends after the file", toolbox->path, i);
			return -1;
		}
		if (replace_interpreter(toolbox, image + segment.p_offset, segment.p_filesz) != 0)
			return -1;
	}
	return 0;
}

/* The loader is the one library named for its interface rather than for its content. */
static bool is_loader(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;

	return strncmp(name, "ld-linux", sizeof("ld-linux") - 1) == 0;
}

int relocate_elf(struct toolbox *toolbox, char *image, size_t size)
{
	Elf64_Ehdr header;

	if (size < sizeof(header))
		return 0;
	memcpy(&header, image, sizeof(header));
	/* Objects of other architectures are data here: firmware, examples, test files. */
	if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
		return 0;
	if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
		return 0;
	if ((header.e_phnum != 0 && header.e_phentsize != sizeof(Elf64_Phdr)) ||
	    (header.e_shnum != 0 && header.e_shentsize != sizeof(Elf64_Shdr))) {
		warnx("%s: headers of unknown size", toolbox->path);
		return -1;
	}
	if (!fits(header.e_phoff, (uint64_t)header.e_phnum * sizeof(Elf64_Phdr), size) ||
	    !fits(header.e_shoff, (uint64_t)header.e_shnum * sizeof(Elf64_Shdr), size)) {
		warnx("%s: headers end after the file", toolbox->path);
		return -1;
	}

	/* First, as its patterns are of a loader that no other rule has touched. */
	if (is_loader(toolbox->path) && relocate_loader(toolbox, image, size, header.e_machine) != 0)
		return -1;
	if (is_python(toolbox->path))
		relocate_python(toolbox, image, size);
	if (apply_to_sections(toolbox, image, size, &header) != 0)
		return -1;
	return apply_to_segments(toolbox, image, size, &header);
}
