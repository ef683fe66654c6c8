# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tests: tools in C below $(B)/tests, unit tests (cmocka), system tests (bats) against real engines.
-include tests/unit.mk
include tests/fuzz/fuzz.mk
include tests/fault/fault.mk

TEST_TOOLS := $(addprefix $(B)/tests/,target attacker reuse syscalls hung-fuse fingerprint mountwatch bench containerd-ask forge strike)
$(addprefix $(B)/tests/,target attacker reuse syscalls): $(B)/tests/%: tests/fixtures/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $<
$(B)/tests/hung-fuse: tests/fixtures/hung_fuse.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $<
$(B)/tests/fingerprint: $(addprefix tests/lib/fingerprint,.c _files.c _processes.c _joined.c .h) Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $(filter %.c,$^)
$(B)/tests/mountwatch: tests/lib/mountwatch.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $<
$(B)/tests/bench: tests/bench/bench.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $<

$(B)/tests/containerd-ask: tests/lib/containerd_ask.c $(UNIT_OBJECTS) Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(UNIT_OBJECTS) -Wl,--wrap=grpc_call \
		-ljansson -lnghttp2 -lseccomp -lcap -lbsd -lmd

$(B)/tests/forge: tests/lib/forge.c $(UNIT_OBJECTS) Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(UNIT_OBJECTS) -lseccomp -lbsd -lmd

# A target, and a session in it, on a machine that has nothing yet.
demo: build-dependencies
	@$(MAKE) --no-print-directory all $(B)/tests/target
	@tests/fixtures/demo $(B)

JOBS := -j$(shell nproc)
check: build-dependencies test-dependencies
	@$(MAKE) --no-print-directory $(JOBS) all tests
	@$(MAKE) --no-print-directory $(JOBS) CC=clang B=build-clang programs tests
	@$(MAKE) --no-print-directory $(JOBS) ARCH=arm64 B=build-arm64 CACHE=$(CACHE)/arm64 COMPRESS=lz4 EDITION=core all
	@$(WITH_SANITIZERS) $(JOBS) fuzz-programs
	@$(MAKE) --no-print-directory $(JOBS) fault-programs
	@tests/run $(B) build-clang
# And what takes longer to fetch: other kernels, in QEMU.
check-long: check long-dependencies sanitize check-sanitized valgrind
	@tests/run $(B) --kernels

.PHONY: tests unit-tests
tests: $(TEST_TOOLS) unit-tests
unit-tests: $(UNIT_TESTS)

bench: build-dependencies test-dependencies
	@$(MAKE) --no-print-directory all $(TEST_TOOLS)
	@tests/bench/run $(B)
	@tests/bench/starts $(B)

lint:
	@tests/lint/run
