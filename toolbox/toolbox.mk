# SPDX-License-Identifier: GPL-2.0-or-later
#
# The toolbox image: Debian packages relocated to /dev (toolbox/build says how), with our joiner inside.
TOOLBOX_SOURCES := $(shell find toolbox -type f)

$(B)/relocate: $(wildcard toolbox/relocate*.c) toolbox/relocate.h Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $(filter %.c,$^) -lbsd
$(IMAGE): $(B)/relocate $(B)/debug-joiner $(TOOLBOX_SOURCES)
	@mkdir -p $(@D)
	$(call say,IMAGE,$@)
	$(Q)toolbox/build --relocate $(B)/relocate --cache $(CACHE) --output $@ --compress $(COMPRESS) \
		--add $(B)/debug-joiner=libexec/debug-joiner
	@echo $(COMPRESS) > $(B)/compress
	@touch $@
