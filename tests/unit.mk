# SPDX-License-Identifier: GPL-2.0-or-later
# Unit tests: each tests/unit/NAME_test.c includes the source it tests, so that static functions are reachable.
# What else it needs comes out of an archive, from which a linker takes only what is still missing.
UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/*_test.c))
UNIT_SOURCES := $(filter-out src/debug.c src/debug-helper.c src/debug-joiner.c src/debug-unpack.c src/debug-node.c,\
	$(sort $(DEBUG) $(HELPER) $(JOINER) $(UNPACK) $(NODE)))
UNIT_OBJECTS := $(B)/tests/unit/objects.a
UNIT_ENTRYPOINT := $(addprefix $(B)/obj/toolbox/builtins/entrypoint_,actual.o directories.o elf.o find.o \
	libraries.o lint.o record.o script.o show.o user.o)

$(UNIT_OBJECTS): $(call objects,$(UNIT_SOURCES)) $(B)/obj/filters.o $(filter-out %/relocate.o,$(RELOCATE)) $(UNIT_ENTRYPOINT)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcsP $@ $^
$(B)/tests/unit/%: tests/unit/%.c $(UNIT_OBJECTS) Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -MT $@ -MF $@.d $(LDFLAGS) -o $@ $< $(UNIT_OBJECTS) \
		-lcmocka -ljansson -lnghttp2 -lseccomp -lz -lzstd -lcap -lbsd -lmd -pthread

.PHONY: check-unit
check-unit: $(UNIT_TESTS)
	@failed=0; for test in $(sort $(UNIT_TESTS)); do $$test || failed=1; done; exit $$failed
