/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The few facts of an ELF file that decide whether it can start.  The file may be hostile and may change
 * while it is read: nothing is mapped, each piece is copied within bounds, and every loop has a limit. */
#include "entrypoint.h"

#include <elf.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The kernel takes no more program headers than fit in 64 KiB. */
enum { HEADERS_BYTES_MAX = 65536, DYNAMIC_MAX = 4096 };

struct source {
	const char *bytes; /* or NULL: then from `fd` */
	int fd;
	uint64_t size;
};

struct segment {
	uint64_t type, offset, address, file_size;
};

struct reader {
	const struct source *source;
	struct elf *elf;
	uint64_t headers;
	size_t header_count;
};

static bool is_inside(const struct source *source, uint64_t offset, uint64_t length)
{
	return offset <= source->size && length <= source->size - offset;
}

/* Copies a piece; false if any of it is outside the file, or the file has become shorter. */
static bool copy(const struct source *source, uint64_t offset, void *out, size_t length)
{
	if (!is_inside(source, offset, length))
		return false;
	if (source->bytes != NULL) {
		memcpy(out, source->bytes + offset, length);
		return true;
	}
	for (size_t done = 0; done < length;) {
		ssize_t got = pread(source->fd, (char *)out + done, length - done, (off_t)(offset + done));

		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

static uint64_t number(const struct elf *elf, const unsigned char *at, unsigned int width)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < width; i++)
		value = value << 8 | at[elf->is_little ? width - 1 - i : i];
	return value;
}

static unsigned int word_size(const struct elf *elf)
{
	return elf->is_64 ? 8 : 4;
}

static size_t header_size(const struct elf *elf)
{
	return elf->is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
}

static bool broken(struct elf *elf, const char *problem)
{
	elf->problem = problem;
	return false;
}

/* Appends a string of the file to the parsed one's text; NULL if it does not end, or there is no room. */
static const char *keep_string(struct reader *reader, uint64_t offset, size_t most)
{
	struct elf *elf = reader->elf;
	char *out = elf->text + elf->text_used;
	size_t room = sizeof(elf->text) - elf->text_used;
	size_t length = most < room ? most : room;

	if (offset >= reader->source->size)
		return NULL;
	if (length > reader->source->size - offset)
		length = (size_t)(reader->source->size - offset);
	if (length == 0 || !copy(reader->source, offset, out, length) || memchr(out, '\0', length) == NULL)
		return NULL;
	elf->text_used += strlen(out) + 1;
	return out;
}

static bool get_segment(const struct reader *reader, size_t index, struct segment *segment)
{
	unsigned char raw[sizeof(Elf64_Phdr)];
	const struct elf *elf = reader->elf;
	size_t size = header_size(elf);

	if (index >= reader->header_count || !copy(reader->source, reader->headers + index * size, raw, size))
		return false;
	segment->type = number(elf, raw, 4);
	segment->offset = number(elf, raw + (elf->is_64 ? 8 : 4), word_size(elf));
	segment->address = number(elf, raw + (elf->is_64 ? 16 : 8), word_size(elf));
	segment->file_size = number(elf, raw + (elf->is_64 ? 32 : 16), word_size(elf));
	return true;
}

/* Where in the file a virtual address is; UINT64_MAX if nowhere. */
static uint64_t file_offset(const struct reader *reader, uint64_t address)
{
	struct segment segment;

	for (size_t i = 0; get_segment(reader, i, &segment); i++)
		if (segment.type == PT_LOAD && address >= segment.address &&
		    address - segment.address < segment.file_size && segment.offset <= reader->source->size)
			return segment.offset + (address - segment.address);
	return UINT64_MAX;
}

/* Entry `index` of the dynamic section; false at its end. */
static bool get_dynamic(const struct reader *reader, const struct segment *dynamic, size_t index,
			uint64_t *tag, uint64_t *value)
{
	unsigned int word = word_size(reader->elf);
	unsigned char raw[16];

	if (index >= DYNAMIC_MAX || index >= dynamic->file_size / (2 * word) ||
	    !copy(reader->source, dynamic->offset + index * 2 * word, raw, 2 * word))
		return false;
	*tag = number(reader->elf, raw, word);
	*value = number(reader->elf, raw + word, word);
	return *tag != DT_NULL;
}

static bool take_dynamic(struct reader *reader, uint64_t strings, uint64_t tag, uint64_t value)
{
	struct elf *elf = reader->elf;
	const char *text;

	if (tag != DT_NEEDED && tag != DT_RPATH && tag != DT_RUNPATH)
		return true;
	if (tag == DT_NEEDED && elf->needed_count == ENTRY_LIBRARIES_MAX) {
		elf->is_cut = true;
		return true;
	}
	if (value > reader->source->size)
		return broken(elf, "names a library outside of the file");
	text = keep_string(reader, strings + value, PATH_MAX);
	if (text == NULL && sizeof(elf->text) - elf->text_used < PATH_MAX) {
		elf->is_cut = true;
		return true;
	}
	if (text == NULL)
		return broken(elf, "names a library outside of the file");
	if (tag == DT_NEEDED)
		elf->needed[elf->needed_count++] = text;
	else if (tag == DT_RPATH)
		elf->rpath = text;
	else
		elf->runpath = text;
	return true;
}

static bool read_dynamic(struct reader *reader, const struct segment *dynamic)
{
	uint64_t table = 0, strings, tag, value;
	struct elf *elf = reader->elf;
	bool has_strings = false;

	if (!is_inside(reader->source, dynamic->offset, dynamic->file_size))
		return broken(elf, "has its dynamic section outside of the file");
	for (size_t i = 0; get_dynamic(reader, dynamic, i, &tag, &value); i++)
		if (tag == DT_STRTAB) {
			has_strings = true;
			table = value;
		}
	if (!has_strings)
		return true;
	strings = file_offset(reader, table);
	if (strings > reader->source->size)
		return broken(elf, "has its table of names outside of the file");
	elf->needed_count = 0;
	for (size_t i = 0; get_dynamic(reader, dynamic, i, &tag, &value); i++) {
		if (!take_dynamic(reader, strings, tag, value))
			return false;
		elf->is_cut = elf->is_cut || i + 1 == DYNAMIC_MAX;
	}
	if (elf->runpath != NULL)
		elf->rpath = NULL; /* both loaders ignore it then */
	return true;
}

/* As the kernel: the whole segment is one string, its last byte the end. */
static bool read_interpreter(struct reader *reader, const struct segment *segment)
{
	char last;

	if (segment->file_size < 2 || segment->file_size > PATH_MAX ||
	    !is_inside(reader->source, segment->offset, segment->file_size) ||
	    !copy(reader->source, segment->offset + segment->file_size - 1, &last, 1) || last != '\0')
		return broken(reader->elf, "has a damaged name of its loader");
	reader->elf->interpreter = keep_string(reader, segment->offset, (size_t)segment->file_size);
	return reader->elf->interpreter != NULL || broken(reader->elf, "has a damaged name of its loader");
}

static bool read_segments(struct reader *reader)
{
	struct segment segment, dynamic = { 0 };
	struct elf *elf = reader->elf;

	for (size_t i = 0; i < reader->header_count; i++) {
		if (!get_segment(reader, i, &segment))
			return broken(elf, "is cut off");
		if (segment.type == PT_INTERP && elf->interpreter == NULL &&
		    !read_interpreter(reader, &segment))
			return false;
		if (segment.type == PT_LOAD && !is_inside(reader->source, segment.offset, segment.file_size))
			return broken(elf, "is cut off");
		if (segment.type == PT_DYNAMIC)
			dynamic = segment;
	}
	return dynamic.type != PT_DYNAMIC || read_dynamic(reader, &dynamic);
}

#define FIELD(elf, raw, field, width) \
	number(elf, (raw) + ((elf)->is_64 ? offsetof(Elf64_Ehdr, field) : offsetof(Elf32_Ehdr, field)), width)

static bool read_header(struct reader *reader, const unsigned char *raw)
{
	struct elf *elf = reader->elf;
	uint64_t count;

	elf->type = (uint16_t)FIELD(elf, raw, e_type, 2);
	elf->machine = (uint16_t)FIELD(elf, raw, e_machine, 2);
	reader->headers = FIELD(elf, raw, e_phoff, word_size(elf));
	count = FIELD(elf, raw, e_phnum, 2);
	if (count == 0 || count * header_size(elf) > HEADERS_BYTES_MAX)
		return broken(elf, "has no program headers, or too many");
	if (FIELD(elf, raw, e_phentsize, 2) != header_size(elf))
		return broken(elf, "has program headers of an unknown size");
	reader->header_count = (size_t)count;
	if (!is_inside(reader->source, reader->headers, count * header_size(elf)))
		return broken(elf, "is cut off");
	return true;
}

static enum elf_result parse(struct elf *elf, const struct source *source)
{
	unsigned char raw[sizeof(Elf64_Ehdr)] = { 0 };
	struct reader reader = { .source = source, .elf = elf };
	size_t size = source->size < sizeof(raw) ? (size_t)source->size : sizeof(raw);

	memset(elf, 0, offsetof(struct elf, text));
	if (!copy(source, 0, raw, size))
		return ELF_UNREADABLE;
	if (memcmp(raw, ELFMAG, SELFMAG) != 0)
		return ELF_NOT;
	if (raw[EI_CLASS] == ELFCLASS64 || raw[EI_CLASS] == ELFCLASS32)
		elf->is_64 = raw[EI_CLASS] == ELFCLASS64;
	else if (!broken(elf, size > EI_CLASS ? "is neither for 32 nor for 64 bits" : "is cut off"))
		return ELF_BROKEN;
	if (raw[EI_DATA] == ELFDATA2LSB || raw[EI_DATA] == ELFDATA2MSB)
		elf->is_little = raw[EI_DATA] == ELFDATA2LSB;
	else if (!broken(elf, size > EI_DATA ? "has an unknown order of bytes" : "is cut off"))
		return ELF_BROKEN;
	if (size < (elf->is_64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr))) {
		elf->problem = "is cut off";
		return ELF_BROKEN;
	}
	return read_header(&reader, raw) && read_segments(&reader) ? ELF_OK : ELF_BROKEN;
}

enum elf_result elf_parse(struct elf *elf, const void *bytes, size_t size)
{
	const struct source source = { .bytes = bytes, .fd = -1, .size = size };

	return parse(elf, &source);
}

enum elf_result elf_read(struct elf *elf, int fd)
{
	struct source source = { .fd = fd };
	struct stat status;

	memset(elf, 0, offsetof(struct elf, text));
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size < 0)
		return ELF_UNREADABLE;
	source.size = (uint64_t)status.st_size;
	return parse(elf, &source);
}

bool elf_is_same_machine(const struct elf *a, const struct elf *b)
{
	return a->is_64 == b->is_64 && a->is_little == b->is_little && a->machine == b->machine;
}

static const struct machine {
	uint16_t machine;
	bool is_64, is_little;
	const char *name, *triplet, *platform;
} machines[] = {
	{ EM_386, false, true, "386", "i386-linux-gnu", "i686" },
	{ EM_X86_64, true, true, "amd64", "x86_64-linux-gnu", "x86_64" },
	{ EM_X86_64, false, true, "x32", "x86_64-linux-gnux32", "x86_64" },
	{ EM_ARM, false, true, "arm", "arm-linux-gnueabihf", "v7l" },
	{ EM_AARCH64, true, true, "arm64", "aarch64-linux-gnu", "aarch64" },
	{ EM_RISCV, true, true, "riscv64", "riscv64-linux-gnu", "riscv64" },
	{ EM_PPC64, true, true, "ppc64le", "powerpc64le-linux-gnu", "power8" },
	{ EM_PPC64, true, false, "ppc64", "powerpc64-linux-gnu", "power4" },
	{ EM_S390, true, false, "s390x", "s390x-linux-gnu", "z900" },
	{ EM_LOONGARCH, true, true, "loong64", "loongarch64-linux-gnu", "loongarch64" },
	{ EM_MIPS, true, true, "mips64le", "mips64el-linux-gnuabi64", "mips" },
	{ EM_MIPS, false, true, "mipsle", "mipsel-linux-gnu", "mips" },
};

static const struct machine *find_machine(const struct elf *elf)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (machines[i].machine == elf->machine && machines[i].is_64 == elf->is_64 &&
		    machines[i].is_little == elf->is_little)
			return &machines[i];
	return NULL;
}

const char *elf_architecture(const struct elf *elf)
{
	const struct machine *found = find_machine(elf);

	return found != NULL ? found->name : "an unknown processor";
}

const char *elf_triplet(const struct elf *elf)
{
	const struct machine *found = find_machine(elf);

	return found != NULL ? found->triplet : NULL;
}

const char *elf_platform(const struct elf *elf)
{
	const struct machine *found = find_machine(elf);

	return found != NULL ? found->platform : NULL;
}

const char *elf_machine_name(uint16_t machine)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (machines[i].machine == machine)
			return machines[i].name;
	return "an unknown processor";
}

enum elf_loader elf_loader(const struct elf *elf)
{
	const char *name = elf->interpreter != NULL ? strrchr(elf->interpreter, '/') : NULL;

	if (elf->interpreter == NULL)
		return LOADER_NONE;
	name = name != NULL ? name + 1 : elf->interpreter;
	if (strncmp(name, "ld-musl-", 8) == 0)
		return LOADER_MUSL;
	if (strncmp(name, "ld-linux", 8) == 0 || strncmp(name, "ld64.so.", 8) == 0 ||
	    (strcmp(name, "ld.so.1") == 0 && (elf->machine == EM_S390 || elf->machine == EM_MIPS)))
		return LOADER_GLIBC;
	return LOADER_OTHER;
}
