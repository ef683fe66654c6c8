# SPDX-License-Identifier: GPL-2.0-or-later
#
# The toolbox image: Debian packages relocated to /dev (toolbox/build says how), with our joiner inside.
# full, or core without fish, gdb, git, nmap and python.
EDITION ?= full
TOOLBOX_SOURCES := $(shell find toolbox -type f)

$(B)/relocate: $(wildcard toolbox/relocate*.c) toolbox/relocate.h Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $(filter %.c,$^) -lbsd
# Newer whenever another edition is asked for.
.PHONY: edition-asked
$(B)/edition: edition-asked
	@mkdir -p $(@D)
	@echo $(EDITION) | cmp -s - $@ || echo $(EDITION) > $@
$(IMAGE): $(B)/relocate $(B)/debug-joiner $(B)/edition $(TOOLBOX_SOURCES)
	@mkdir -p $(@D)
	$(call say,IMAGE,$@)
	$(Q)toolbox/build --relocate $(B)/relocate --cache $(CACHE) --output $@ --compress $(COMPRESS) \
		--edition $(EDITION) --add $(B)/debug-joiner=libexec/debug-joiner
	@echo $(COMPRESS) > $(B)/compress
	@touch $@
