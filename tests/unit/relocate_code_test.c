/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../toolbox/relocate_code.c"

#include "unit.h"

/* As an assembler writes them; wide and narrow, movz and movk. */
static uint32_t move_of(uint32_t opcode, unsigned int target, unsigned int half, const char *bytes)
{
	const uint32_t operand = (uint32_t)(unsigned char)bytes[0] | (uint32_t)(unsigned char)bytes[1] << 8;

	return opcode | half << 21 | operand << 5 | target;
}

static const uint32_t movz = 0xd2800000;
static const uint32_t movk = 0xf2800000;
static const uint32_t movz_narrow = 0x52800000;
static const uint32_t movk_narrow = 0x72800000;

/* Eight bytes into a register by four instructions. */
static void load(uint32_t code[static 4], unsigned int target, const char *bytes)
{
	for (unsigned int half = 0; half < 4; half++)
		code[half] = move_of(half == 0 ? movz : movk, target, half, bytes + 2 * (size_t)half);
}

static unsigned long apply(enum rule rule, uint32_t *code, size_t words)
{
	struct toolbox toolbox = { .tree_fd = -1, .base_fd = -1, .path = "test" };

	relocate_code(&toolbox, (char *)code, words * sizeof(code[0]), EM_AARCH64);
	for (size_t i = 0; i < RULE_COUNT; i++)
		assert_true(i == (size_t)rule || toolbox.tally[i] == 0);
	return toolbox.tally[rule];
}

static void changes_the_shell_of_bash(void **state)
{
	/* From Debian's bash for arm64: mov x2,#0x622f; mov x0,#2; movk x2,#0x6e69,lsl #16; movk
	 * x2,#0x732f,lsl #32; movk x2,#0x68,lsl #48 */
	uint32_t code[] = { 0xd28c45e2, 0xd2800040, 0xf2adcd22, 0xf2ce65e2, 0xf2e00d02 };
	const uint32_t changed[] = { 0xd28c85e2, 0xd2800040, 0xf2aecca2, 0xf2ce65e2, 0xf2e00d02 };

	(void)state;
	assert_int_equal(apply(RULE_SHELL, code, COUNT(code)), 1);
	assert_memory_equal(code, changed, sizeof(code));
}

static void changes_interleaved_constants(void **state)
{
	uint32_t first[4], second[4], code[8], changed[8];

	(void)state;
	load(first, 5, "/usr/lib");
	load(second, 17, "/git-cor");
	for (size_t i = 0; i < 4; i++) {
		code[2 * i] = changed[2 * i] = first[i];
		code[2 * i + 1] = changed[2 * i + 1] = second[i];
	}
	load(first, 5, "/dev/lib");
	changed[0] = first[0];
	changed[2] = first[1];
	assert_int_equal(apply(RULE_DATA, code, COUNT(code)), 1);
	assert_memory_equal(code, changed, sizeof(code));
}

static void asks_what_follows(void **state)
{
	static const struct {
		const char *parts[3];
		enum rule rule;
	} cases[] = {
		{ { "/usr/lib", "/os-rele", "ase\0\0\0\0" }, RULE_NONE },
		{ { "/usr/lib", "/debug/.", "build-id" }, RULE_NONE },
		{ { "/usr/sha", "re/zonei", "nfo\0\0\0\0" }, RULE_NONE },
		{ { "/usr/sha", "re/termi", "nfo\0\0\0\0" }, RULE_DATA },
		{ { "/etc/ter", "minfo\0\0", "\0\0\0\0\0\0\0" }, RULE_CONFIGURATION },
		{ { "/etc/ter", "restrial", "\0\0\0\0\0\0\0" }, RULE_NONE },
		{ { "/etc/ssl", "/certs\0", "\0\0\0\0\0\0\0" }, RULE_CONFIGURATION },
		{ { "/etc/pas", "swd\0\0\0\0", "\0\0\0\0\0\0\0" }, RULE_NONE },
		{ { "/home/us", "er\0\0\0\0\0", "\0\0\0\0\0\0\0" }, RULE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint32_t code[12];

		for (unsigned int part = 0; part < 3; part++)
			load(code + 4 * (size_t)part, part, cases[i].parts[part]);
		assert_int_equal(apply(cases[i].rule, code, COUNT(code)), cases[i].rule == RULE_NONE ? 0 : 1);
		assert_int_equal((uint16_t)(code[0] >> 5),
				 cases[i].rule == RULE_NONE ? 0x2f + 0x100 * cases[i].parts[0][1] : 0x642f);
	}
}

static void keeps_what_is_no_whole_path(void **state)
{
	const uint32_t narrow[] = { move_of(movz_narrow, 0, 0, "/u"), move_of(movk_narrow, 0, 1, "sr") };
	const uint32_t other_register[] = { move_of(movz, 0, 0, "/b"), move_of(movk, 1, 1, "in"),
					    move_of(movk, 1, 2, "/s"), move_of(movk, 1, 3, "h\0") };
	const uint32_t set_anew[] = { move_of(movz, 0, 0, "/b"), move_of(movz, 0, 0, "/x"),
				      move_of(movk, 0, 1, "in"), move_of(movk, 0, 2, "/s"),
				      move_of(movk, 0, 3, "h\0") };
	const uint32_t cut[] = { move_of(movz, 0, 0, "/b") };
	const struct {
		const uint32_t *words;
		size_t count;
	} cases[] = { { narrow, COUNT(narrow) },
		      { other_register, COUNT(other_register) },
		      { set_anew, COUNT(set_anew) },
		      { cut, COUNT(cut) } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint32_t code[8];

		memcpy(code, cases[i].words, cases[i].count * sizeof(code[0]));
		assert_int_equal(apply(RULE_NONE, code, cases[i].count), 0);
		assert_memory_equal(code, cases[i].words, cases[i].count * sizeof(code[0]));
	}
}

static void changes_operands_of_x86(void **state)
{
	/* movabs $0x68732f6e69622f,%rax, with a byte of another instruction on each side */
	char code[] = "\x90\x48\xb8/bin/sh\0\xc3";
	struct toolbox toolbox = { .tree_fd = -1, .base_fd = -1, .path = "test" };

	(void)state;
	relocate_code(&toolbox, code, sizeof(code) - 1, EM_X86_64);
	assert_memory_equal(code, "\x90\x48\xb8/dev/sh\0\xc3", sizeof(code));
	assert_int_equal(toolbox.tally[RULE_SHELL], 1);
	relocate_code(&toolbox, code, sizeof(code) - 1, EM_RISCV);
	assert_int_equal(toolbox.tally[RULE_SHELL], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_the_shell_of_bash), cmocka_unit_test(changes_interleaved_constants),
		cmocka_unit_test(asks_what_follows),	     cmocka_unit_test(keeps_what_is_no_whole_path),
		cmocka_unit_test(changes_operands_of_x86),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
