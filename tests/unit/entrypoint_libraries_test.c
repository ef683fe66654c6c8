/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../toolbox/builtins/entrypoint_libraries.c"

#include "unit.h"

#include <elf.h>
#include <sys/stat.h>

static char *tree;
static int root_fd;
static struct report report;

void report_add(struct report *to, enum finding_level level, const char *check, const char *format, ...)
{
	struct finding *finding = &to->findings[to->count++];
	va_list arguments;

	assert_true(to->count <= ENTRY_FINDINGS_MAX);
	finding->level = level;
	(void)snprintf(finding->check, sizeof(finding->check), "%s", check);
	va_start(arguments, format);
	(void)vsnprintf(finding->text, sizeof(finding->text), format, arguments);
	va_end(arguments);
}

const char *shown(const char *text)
{
	return text;
}

struct wanted {
	const char *path, *loader, *rpath, *runpath;
	const char *needed[4];
	uint16_t machine;
};

static void make_directories(const char *name)
{
	char path[512];

	for (const char *at = strchr(name + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
		(void)snprintf(path, sizeof(path), "%s%.*s", tree, (int)(at - name), name);
		assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
	}
}

static void write_file(const char *path, const void *bytes, size_t size)
{
	make_directories(path);
	unit_write(tree, path, bytes, size);
}

static void write_text(const char *path, const char *text)
{
	write_file(path, text, strlen(text));
}

static void add_entry(Elf64_Dyn **entry, int64_t tag, char *strings, size_t *used, const char *text)
{
	if (text == NULL)
		return;
	(*entry)->d_tag = tag;
	(*entry)++->d_un.d_val = *used;
	*used += (size_t)snprintf(strings + *used, 1024 - *used, "%s", text) + 1;
}

/* A library or a program in the root, as a linker would leave it; addresses are offsets. */
static void write_elf(const struct wanted *wanted)
{
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr segments[3];
		Elf64_Dyn dynamic[16];
		char loader[64];
		char strings[1024];
	} file = { .header = { .e_type = ET_DYN, .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2 } };
	Elf64_Dyn *entry = file.dynamic;
	size_t used = 1;

	memcpy(file.header.e_ident, ELFMAG, SELFMAG);
	file.header.e_ident[EI_CLASS] = ELFCLASS64;
	file.header.e_ident[EI_DATA] = ELFDATA2LSB;
	file.header.e_machine = wanted->machine != 0 ? wanted->machine : EM_X86_64;
	file.header.e_phoff = sizeof(file.header);
	file.segments[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_filesz = sizeof(file) };
	file.segments[1] = (Elf64_Phdr){ .p_type = PT_DYNAMIC,
					 .p_offset = sizeof(file.header) + sizeof(file.segments),
					 .p_filesz = sizeof(file.dynamic) };
	if (wanted->loader != NULL) {
		file.header.e_phnum = 3;
		(void)snprintf(file.loader, sizeof(file.loader), "%s", wanted->loader);
		file.segments[2] =
		    (Elf64_Phdr){ .p_type = PT_INTERP, .p_filesz = strlen(wanted->loader) + 1 };
		file.segments[2].p_offset = (uint64_t)(file.loader - (char *)&file);
	}
	entry->d_tag = DT_STRTAB;
	entry++->d_un.d_val = (uint64_t)(file.strings - (char *)&file);
	for (size_t i = 0; i < COUNT(wanted->needed); i++)
		add_entry(&entry, DT_NEEDED, file.strings, &used, wanted->needed[i]);
	add_entry(&entry, DT_RPATH, file.strings, &used, wanted->rpath);
	add_entry(&entry, DT_RUNPATH, file.strings, &used, wanted->runpath);
	write_file(wanted->path, &file, sizeof(file));
}

static void library(const char *path, const char *needed)
{
	write_elf(&(struct wanted){ .path = path, .needed = { needed } });
}

static void says_when_the_program_was_cut(void **state)
{
	static struct elf elf = { .is_cut = true, .needed = { "/lib/liba.so" }, .needed_count = 1 };

	(void)state;
	report.count = 0;
	libraries_check(&report, root_fd, &elf, "/bin/p", NULL);
	assert_int_equal(report.count, 2);
	assert_string_equal(report.findings[1].check, "limit");
}

static void check(const char *path, const char *library_path)
{
	static struct elf elf;
	uint64_t size;
	int fd = target_open_file(root_fd, path, &size);
	int fds = unit_count_fds();

	assert_true(fd >= 0);
	assert_int_equal(elf_read(&elf, fd), ELF_OK);
	report.count = 0;
	libraries_check(&report, root_fd, &elf, path, library_path);
	assert_int_equal(unit_count_fds(), fds);
	(void)close(fd);
}

#define GLIBC "/lib64/ld-linux-x86-64.so.2"
#define MUSL "/lib/ld-musl-x86_64.so.1"

static void program_of(struct wanted wanted)
{
	wanted.path = "/bin/p";
	wanted.loader = wanted.loader != NULL ? wanted.loader : GLIBC;
	if (wanted.needed[0] == NULL)
		wanted.needed[0] = "liba.so";
	write_elf(&wanted);
}

static void assert_finding(const char *text)
{
	assert_int_equal(report.count, 1);
	assert_string_equal(report.findings[0].text, text);
	assert_int_equal(report.findings[0].level, LEVEL_ERROR);
}

static void assert_missing(const char *user, const char *name)
{
	char text[400];

	(void)snprintf(
	    text, sizeof(text),
	    "`%s` needs the library `%s`, which is not in the container for this processor; add it, or "
	    "link the program statically",
	    user, name);
	assert_finding(text);
}

static int set_up(void **state)
{
	(void)state;
	tree = unit_make_tree();
	root_fd = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root_fd < 0;
}

static int tear_down(void **state)
{
	(void)state;
	(void)close(root_fd);
	unit_remove_tree(tree);
	return 0;
}

static void finds_libraries_of_libraries(void **state)
{
	(void)state;
	program_of((struct wanted){ 0 });
	check("/bin/p", NULL);
	assert_missing("/bin/p", "liba.so");
	library("/usr/lib/x86_64-linux-gnu/liba.so", "libb.so");
	check("/bin/p", NULL);
	assert_missing("/usr/lib/x86_64-linux-gnu/liba.so", "libb.so");
	library("/lib64/libb.so", "liba.so");
	check("/bin/p", NULL);
	assert_int_equal(report.count, 0);
}

static void searches_the_environment_and_dollar_words(void **state)
{
	static const char *const rpaths[] = { "$ORIGIN/../q", "/none:${ORIGIN}/../q", "/$LIB",
					      "/x-${PLATFORM}" };

	(void)state;
	program_of((struct wanted){ 0 });
	library("/q/liba.so", NULL);
	library("/lib32/liba.so", NULL);
	library("/x-x86_64/liba.so", NULL);
	check("/bin/p", NULL);
	assert_int_equal(report.count, 1);
	check("/bin/p", "/none;/q");
	assert_int_equal(report.count, 0);
	for (size_t i = 0; i < COUNT(rpaths); i++) {
		program_of((struct wanted){ .runpath = rpaths[i] });
		check("/bin/p", "");
		assert_int_equal(report.count, 0);
	}
	program_of((struct wanted){ .runpath = "/z/$ORIGINAL" });
	check("/bin/p", NULL);
	assert_int_equal(report.count, 1);
	library("/z/$ORIGINAL/liba.so", "libb.so");
	library("/q/libb.so", NULL);
	check("/bin/p", "$ORIGIN/../q");
	assert_int_equal(report.count, 0);
}

static void inherits_rpath_but_not_runpath(void **state)
{
	(void)state;
	library("/opt/liba.so", "libb.so");
	library("/opt/libb.so", NULL);
	program_of((struct wanted){ .rpath = "/opt" });
	check("/bin/p", NULL);
	assert_int_equal(report.count, 0);
	program_of((struct wanted){ .runpath = "/opt" });
	check("/bin/p", NULL);
	assert_missing("/opt/liba.so", "libb.so");
	program_of((struct wanted){ .runpath = "/opt", .loader = MUSL });
	check("/bin/p", NULL);
	assert_int_equal(report.count, 0);
	program_of((struct wanted){ .rpath = "/opt" });
	write_elf(&(struct wanted){ .path = "/opt/liba.so", .runpath = "/none", .needed = { "libb.so" } });
	check("/bin/p", NULL);
	assert_missing("/opt/liba.so", "libb.so");
}

static void takes_origin_from_the_real_program(void **state)
{
	char path[512];

	(void)state;
	library("/app/lib/liba.so", NULL);
	write_elf(&(struct wanted){
	    .path = "/app/p", .loader = GLIBC, .runpath = "$ORIGIN/lib", .needed = { "liba.so" } });
	make_directories("/bin/p");
	(void)snprintf(path, sizeof(path), "%s/bin/link", tree);
	assert_int_equal(symlink("../app/p", path), 0);
	check("/bin/link", NULL);
	assert_int_equal(report.count, 0);
}

static void reads_the_loaders_configuration(void **state)
{
	(void)state;
	program_of((struct wanted){ 0 });
	library("/opt/x/liba.so", NULL);
	write_text("/etc/ld.so.conf", "# /opt/x\n  include ld.so.conf.d/*.conf\n");
	write_text("/etc/ld.so.conf.d/x.other", "/opt/x\n");
	check("/bin/p", NULL);
	assert_int_equal(report.count, 1);
	write_text("/etc/ld.so.conf.d/x.conf", "include /etc/more/y\n");
	write_text("/etc/more/y", "\t/opt/x # here\r\n");
	check("/bin/p", NULL);
	assert_int_equal(report.count, 0);
	write_text("/etc/ld.so.conf", "include /etc/ld.so.conf\n");
	check("/bin/p", NULL);
	assert_int_equal(report.count, 2);
	assert_string_equal(report.findings[1].check, "limit");
}

static void reads_the_path_file_of_musl(void **state)
{
	(void)state;
	program_of(
	    (struct wanted){ .loader = MUSL, .needed = { "libc.musl-x86_64.so.1", "libm.so.6", "liba.so" } });
	library("/usr/local/lib/liba.so", NULL);
	write_text("/etc/ld.so.conf", "/q\n");
	check("/bin/p", NULL);
	assert_int_equal(report.count, 0);
	write_text("/etc/ld-musl-x86_64.path", "/lib\n/q:/none\n");
	check("/bin/p", NULL);
	assert_missing("/bin/p", "liba.so");
	library("/q/liba.so", NULL);
	check("/bin/p", NULL);
	assert_int_equal(report.count, 0);
}

static void names_libraries_that_do_not_fit(void **state)
{
	const struct wanted other = { .path = "/lib/liba.so", .machine = EM_AARCH64 };
	char path[512];

	(void)state;
	program_of((struct wanted){ 0 });
	write_elf(&other);
	check("/bin/p", NULL);
	assert_finding(
	    "`/bin/p` needs the library `liba.so`, but `/lib/liba.so` is for arm64; replace it by one "
	    "for amd64");
	library("/usr/lib/liba.so", NULL);
	check("/bin/p", NULL);
	assert_int_equal(report.count, 0);
	write_text("/lib/liba.so", "text");
	check("/bin/p", NULL);
	assert_finding(
	    "`/bin/p` needs the library `liba.so`, but `/lib/liba.so` is no library; replace it by one "
	    "for amd64");
	write_text("/lib/liba.so", "\177ELF");
	check("/bin/p", NULL);
	assert_finding(
	    "`/bin/p` needs the library `liba.so`, but `/lib/liba.so` is cut off; replace it by one for "
	    "amd64");
	(void)snprintf(path, sizeof(path), "%s/lib/liba.so", tree);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0755), 0);
	check("/bin/p", NULL);
	assert_int_equal(report.count, 0);
	(void)snprintf(path, sizeof(path), "%s/usr/lib/liba.so", tree);
	assert_int_equal(unlink(path), 0);
	check("/bin/p", NULL);
	assert_finding(
	    "`/bin/p` needs the library `liba.so`, but `/lib/liba.so` is no regular file; replace it by "
	    "one for amd64");
}

static void limits_the_loaders_configuration(void **state)
{
	char text[FILENAME_MAX] = "", path[32];

	(void)state;
	program_of((struct wanted){ 0 });
	library("/lib/liba.so", NULL);
	write_text("/etc/ld.so.conf", "include 1\n");
	for (unsigned int i = 1; i < 6; i++) {
		(void)snprintf(path, sizeof(path), "/etc/%u", i);
		(void)snprintf(text, sizeof(text), "include %u\n", i + 1);
		check("/bin/p", NULL);
		assert_int_equal(report.count, 0);
		write_text(path, text);
	}
	check("/bin/p", NULL);
	assert_int_equal(report.count, 1);
	assert_string_equal(report.findings[0].check, "limit");
	write_text("/etc/plain", "/opt\n");
	for (size_t i = 0, used = 0; i < 70; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "include plain\n");
	write_text("/etc/ld.so.conf", text);
	check("/bin/p", NULL);
	assert_int_equal(report.count, 1);
	assert_string_equal(report.findings[0].check, "limit");
}

static void says_how_many_it_did_not_look_at(void **state)
{
	char path[64], one[64], two[64], three[64];

	(void)state;
	for (unsigned int i = 0; i < 300; i++) {
		(void)snprintf(path, sizeof(path), "/lib/lib%u.so", i);
		(void)snprintf(one, sizeof(one), "lib%u.so", i + 1);
		(void)snprintf(two, sizeof(two), "libx%u.so", i);
		(void)snprintf(three, sizeof(three), "liby%u.so", i % 7);
		write_elf(&(struct wanted){ .path = path, .needed = { one, i < 20 ? two : three } });
	}
	program_of((struct wanted){ .needed = { "lib0.so" } });
	check("/bin/p", NULL);
	assert_int_equal(report.count, MISSING_MAX + 2);
	assert_string_equal(report.findings[MISSING_MAX].text, "15 more libraries are not there");
	assert_string_equal(report.findings[MISSING_MAX + 1].check, "limit");
}

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		IN_TREE(finds_libraries_of_libraries),	   IN_TREE(searches_the_environment_and_dollar_words),
		IN_TREE(inherits_rpath_but_not_runpath),   IN_TREE(takes_origin_from_the_real_program),
		IN_TREE(reads_the_loaders_configuration),  IN_TREE(reads_the_path_file_of_musl),
		IN_TREE(limits_the_loaders_configuration), IN_TREE(names_libraries_that_do_not_fit),
		IN_TREE(says_when_the_program_was_cut),	   IN_TREE(says_how_many_it_did_not_look_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
