# SPDX-License-Identifier: GPL-2.0-or-later
#
#   make fuzz                                  a minute of each
#   make fuzz FUZZ=docker FUZZ_SECONDS=3600    an hour of one
# Each tests/fuzz/NAME.c gets inputs that libFuzzer makes, from those in tests/fuzz/corpus/NAME on; what it finds new is
# kept below build-fuzz/corpus.
FUZZ ?= $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
FUZZ_SECONDS ?= 60
FUZZ_FLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all

$(B)/fuzz/%: tests/fuzz/%.c tests/fuzz/fuzz.h $(UNIT_OBJECTS) Makefile
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -Wno-cast-qual -fsanitize=fuzzer -o $@ $< $(UNIT_OBJECTS) \
		-ljansson -lnghttp2 -lseccomp -lz -lzstd -lcap -lbsd -lmd -pthread

.PHONY: fuzz fuzz-programs sanitize
fuzz-programs: $(addprefix $(B)/fuzz/,$(FUZZ))
# Everything with the sanitizers, in a directory of its own.
WITH_SANITIZERS = $(MAKE) --no-print-directory CC=clang B=build-fuzz CFLAGS="$(FUZZ_FLAGS)"
fuzz: build-dependencies test-dependencies
	@$(WITH_SANITIZERS) FUZZ="$(FUZZ)" fuzz-programs
	@tests/fuzz/run build-fuzz $(FUZZ_SECONDS) $(FUZZ)

# The unit tests under the address and undefined-behaviour sanitizers.
sanitize: build-dependencies test-dependencies
	@$(WITH_SANITIZERS) unit-tests
	@tests/run build-fuzz --units
