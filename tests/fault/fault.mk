# SPDX-License-Identifier: GPL-2.0-or-later
#
# The programs once more, of which an allocation of one's choice fails.
FAULT_WRAPS := malloc calloc realloc reallocarray strdup
FAULT_FLAGS = $(addprefix -Wl$(comma)--wrap=,$(FAULT_WRAPS)) build-fault/memory.o
comma := ,

$(B)/tests/strike: tests/fault/strike.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $< -lseccomp

.PHONY: fault-programs
fault-programs:
	@mkdir -p build-fault
	@rm -f build-fault/bin/debug build-fault/libexec/debug/debug-helper
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE $(CFLAGS) $(WARNINGS) -fno-builtin -c -o build-fault/memory.o tests/fault/memory.c
	@$(MAKE) --no-print-directory B=build-fault LDFLAGS="$(FAULT_FLAGS)" build-fault/bin/debug build-fault/libexec/debug/debug-helper
