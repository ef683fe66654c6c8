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

# And with sanitizers, for the system tests.  What enters a container or an empty root is static, and traps instead of
# telling; the rest is told what to do by itself, for the helper has no environment.
SANITIZED := build-sanitize
TRAPPING := -O1 -g -fsanitize=undefined -fsanitize-trap=undefined
SANITIZING := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all -DWITH_SANITIZERS
.PHONY: sanitized-programs
sanitized-programs:
	@mkdir -p $(SANITIZED)
	@$(MAKE) --no-print-directory CC=clang B=$(SANITIZED)-trap COMPRESS=lz4 CFLAGS="$(TRAPPING)" all
	$(Q)clang -std=c11 -D_GNU_SOURCE $(SANITIZING) $(WARNINGS) -c -o $(SANITIZED)/sanitizers.o tests/fault/sanitizers.c
	@$(MAKE) --no-print-directory CC=clang B=$(SANITIZED) CFLAGS="$(SANITIZING)" \
		ALL_LDFLAGS="$(SANITIZING) -Wl,--wrap=setrlimit $(SANITIZED)/sanitizers.o" \
		$(SANITIZED)/bin/debug $(SANITIZED)/libexec/debug/debug-helper
	@cp -u $(SANITIZED)-trap/libexec/debug/debug-unpack $(SANITIZED)-trap/libexec/debug/toolbox* $(SANITIZED)/libexec/debug/
	@cp -ru $(B)/tests $(SANITIZED)/
	@cp -ru $(B)/tests $(SANITIZED)-trap/
.PHONY: check-sanitized
check-sanitized: build-dependencies test-dependencies
	@$(MAKE) --no-print-directory $(JOBS) all tests
	@$(MAKE) --no-print-directory $(JOBS) sanitized-programs
	@tests/run $(SANITIZED) --systems

# Dynamic, so that memcheck sees what is allocated.
.PHONY: valgrind
valgrind: build-dependencies test-dependencies long-dependencies
	@$(MAKE) --no-print-directory CC=gcc B=build-valgrind CFLAGS="-O1 -g" ALL_LDFLAGS= build-valgrind/bin/debug unit-tests
	@tests/fault/valgrind build-valgrind $(B)
