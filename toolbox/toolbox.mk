# SPDX-License-Identifier: GPL-2.0-or-later
#
# The toolbox image: Debian packages relocated to /dev (toolbox/build says how), with our joiner inside.
# full, or core without fish, gdb, git, nmap and python.
EDITION ?= full
TOOLBOX_SOURCES := $(shell find toolbox -type f)

RELOCATE := $(patsubst toolbox/%.c,$(B)/obj/toolbox/%.o,$(wildcard toolbox/relocate*.c))
# What runs here: in a cross build another one than the image has.
RELOCATE_HERE := $(B)/relocate$(if $(CROSS_PACKAGES),-here)

$(B)/obj/toolbox/%.o: toolbox/%.c Makefile | $(SYSROOT)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$(B)/relocate: $(RELOCATE)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lbsd -lmd
$(B)/relocate-here: $(wildcard toolbox/relocate*.c) toolbox/relocate.h Makefile
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(HOST_CC) $(HOST_CFLAGS) -o $@ $(filter %.c,$^)
# What users call in a session; static, like the joiner, for it must run anywhere.
$(B)/install: toolbox/builtins/install.c $(BASE) include/packages.h Makefile | $(SYSROOT)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -s -o $@ $(filter %.c,$^) -lbsd -lmd

# file=place in the image
ADDITIONS := $(B)/debug-joiner=libexec/debug-joiner $(B)/relocate=libexec/relocate $(B)/install=libexec/install \
	toolbox/libexec/packages=libexec/packages toolbox/libexec/builtins=bin/builtins
# Newer whenever another edition is asked for.
.PHONY: edition-asked
$(B)/edition: edition-asked
	@mkdir -p $(@D)
	@echo $(EDITION) | cmp -s - $@ || echo $(EDITION) > $@
$(IMAGE): $(RELOCATE_HERE) $(B)/relocate $(B)/debug-joiner $(B)/install $(B)/edition $(TOOLBOX_SOURCES)
	@mkdir -p $(@D)
	$(call say,IMAGE,$@)
	$(Q)toolbox/build --relocate $(RELOCATE_HERE) --cache $(CACHE) --output $@ --compress $(COMPRESS) \
		--edition $(EDITION) $(if $(ARCH),--architecture $(ARCH)) $(addprefix --add ,$(ADDITIONS))
	@echo $(COMPRESS) > $(B)/compress
	@printf '%s\n' $(ADDITIONS) > $(B)/additions
	@touch $@
