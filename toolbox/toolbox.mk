# SPDX-License-Identifier: GPL-2.0-or-later
#
# The toolbox image: Debian packages relocated to /dev (toolbox/build says how), with our joiner inside.
TOOLBOX_SOURCES := $(shell find toolbox -type f)

$(B)/relocate: $(wildcard toolbox/relocate*.c) toolbox/relocate.h Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $(filter %.c,$^) -lbsd
$(B)/entrypoint: $(wildcard toolbox/builtins/entrypoint*.c) src/0-base/text.c toolbox/builtins/entrypoint.h Makefile
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -s -o $@ $(filter %.c,$^) -ljansson -lbsd -lmd
$(IMAGE): $(B)/relocate $(B)/debug-joiner $(B)/entrypoint $(TOOLBOX_SOURCES)
	@mkdir -p $(@D)
	$(call say,IMAGE,$@)
	$(Q)toolbox/build --relocate $(B)/relocate --cache $(CACHE) --output $@ --compress $(COMPRESS) \
		--add $(B)/debug-joiner=libexec/debug-joiner \
		--add $(B)/entrypoint=bin/entrypoint
	@echo $(COMPRESS) > $(B)/compress
	@touch $@
