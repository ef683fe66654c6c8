/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths inside instructions.
 *
 * Compilers copy a short string by loading it, eight bytes at a time, into registers.  x86-64 has
 * one instruction for eight bytes.  arm64 has none: "movz" sets two bytes and clears the others,
 * and "movk" sets two more, with other instructions in between as the scheduler likes.
 */
#include "relocate.h"

#include <elf.h>
#include <string.h>

enum { OPERAND = 8 };

/* -- x86-64 -- */

static void apply_to_x86(struct toolbox *toolbox, char *code, size_t length)
{
	enum { OPCODE = 2, LOOKAHEAD = 32 };

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

/* -- arm64 -- */

enum { WORD = 4, WINDOW = 24, REGISTERS = 32 };

struct move {
	bool keeps; /* movk: the other bytes stay */
	bool is_wide;
	size_t target; /* the register's number */
	size_t offset; /* of the two bytes in the register */
	char bytes[2];
};

/* The constants that a window of code loads, in the order in which their first instructions stand. */
struct constants {
	char bytes[WINDOW][OPERAND];
	size_t count;
	size_t second; /* where the third and fourth byte of the first one are set, or 0 */
};

static bool read_move(const char *code, struct move *move)
{
	uint32_t word;

	memcpy(&word, code, sizeof(word));
	/* sf opc 100101 hw imm16 Rd, with opc 10 for movz and 11 for movk */
	if ((word & 0x5f800000U) != 0x52800000U)
		return false;
	move->keeps = (word & 0x20000000U) != 0;
	move->is_wide = (word & 0x80000000U) != 0;
	move->target = word & 0x1f;
	move->offset = (word >> 21 & 3) * 2;
	move->bytes[0] = (char)(word >> 5 & 0xff);
	move->bytes[1] = (char)(word >> 13 & 0xff);
	return true;
}

static void write_move(char *code, const char *bytes)
{
	const uint32_t operand = (uint32_t)(unsigned char)bytes[0] | (uint32_t)(unsigned char)bytes[1] << 8;
	uint32_t word;

	memcpy(&word, code, sizeof(word));
	word = (word & ~(UINT32_C(0xffff) << 5)) | operand << 5;
	memcpy(code, &word, sizeof(word));
}

static void read_constants(const char *code, size_t length, struct constants *constants)
{
	enum { NO_CONSTANT = WINDOW };
	size_t held[REGISTERS];

	memset(constants, 0, sizeof(*constants));
	for (size_t i = 0; i < REGISTERS; i++)
		held[i] = NO_CONSTANT;

	for (size_t at = 0; at + WORD <= length && at < (size_t)WINDOW * WORD; at += WORD) {
		struct move move;

		if (!read_move(code + at, &move))
			continue;
		if (!move.keeps)
			held[move.target] = constants->count++;
		if (held[move.target] == NO_CONSTANT)
			continue;
		memcpy(constants->bytes[held[move.target]] + move.offset, move.bytes, sizeof(move.bytes));
		if (held[move.target] == 0 && move.offset == 2)
			constants->second = at;
	}
}

static void apply_to_arm(struct toolbox *toolbox, char *code, size_t length)
{
	for (size_t at = 0; at + WORD <= length; at += WORD) {
		struct constants constants;
		struct move move;
		enum rule rule;

		if (!read_move(code + at, &move) || move.keeps || !move.is_wide || move.offset != 0 ||
		    move.bytes[0] != '/')
			continue;
		read_constants(code + at, length - at, &constants);
		if (constants.second == 0)
			continue;
		rule = rule_of_immediate(constants.bytes[0], constants.bytes[1],
					 (constants.count - 1) * OPERAND);
		if (rule == RULE_NONE)
			continue;
		write_move(code + at, PREFIX);
		write_move(code + at + constants.second, &PREFIX[2]);
		toolbox->tally[rule]++;
	}
}

void relocate_code(struct toolbox *toolbox, char *code, size_t length, unsigned int machine)
{
	if (machine == EM_X86_64)
		apply_to_x86(toolbox, code, length);
	else if (machine == EM_AARCH64)
		apply_to_arm(toolbox, code, length);
}
