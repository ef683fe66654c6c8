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
$(B)/verity: toolbox/verity.c Makefile
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(if $(CROSS_PACKAGES),$(HOST_CC) $(HOST_CFLAGS),$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS)) -o $@ $< -lmd
# What users call in a session; static, like the joiner, for it must run anywhere.
$(B)/install: $(B)/obj/toolbox/builtins/install.o $(call objects,$(BASE))
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -s -o $@ $^ -lbsd -lmd
ENTRYPOINT := $(patsubst toolbox/%.c,$(B)/obj/toolbox/%.o,$(wildcard toolbox/builtins/entrypoint*.c))
$(B)/entrypoint: $(ENTRYPOINT) $(B)/obj/0-base/text.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -s -o $@ $^ -ljansson -lcap -lbsd -lmd

# file=place in the image
ADDITIONS := $(B)/debug-joiner=libexec/debug-joiner $(B)/relocate=libexec/relocate $(B)/install=libexec/install \
	toolbox/libexec/packages=libexec/packages toolbox/sbom=libexec/sbom toolbox/libexec/builtins=bin/builtins \
	toolbox/libexec/command-not-found=libexec/command-not-found $(B)/entrypoint=bin/entrypoint
TOOLBOX_PROGRAMS := $(sort $(RELOCATE_HERE) $(B)/relocate) $(B)/verity $(B)/debug-joiner $(B)/install $(B)/entrypoint
# --locked, --snapshot URI
TOOLBOX_OPTIONS ?=
TOOLBOX_BUILD = toolbox/build --relocate $(RELOCATE_HERE) --verity $(B)/verity --cache $(CACHE) --output $(IMAGE) \
	--compress $(COMPRESS) --edition $(EDITION) $(if $(ARCH),--architecture $(ARCH)) $(addprefix --add ,$(ADDITIONS)) $(TOOLBOX_OPTIONS)

# Newer whenever another edition is asked for.
.PHONY: edition-asked
$(B)/edition: edition-asked
	@mkdir -p $(@D)
	@echo $(EDITION) | cmp -s - $@ || echo $(EDITION) > $@
$(IMAGE): $(TOOLBOX_PROGRAMS) $(B)/edition $(TOOLBOX_SOURCES)
	@mkdir -p $(@D)
	$(call say,IMAGE,$@)
	$(Q)$(TOOLBOX_BUILD)
	@echo $(COMPRESS) > $(B)/compress
	@printf '%s\n' $(ADDITIONS) > $(B)/additions
	@touch $@

# Looks for the newest packages, pins them in toolbox/snapshot, and builds.
.PHONY: toolbox-update
toolbox-update: $(TOOLBOX_PROGRAMS) $(B)/edition
	@mkdir -p $(dir $(IMAGE))
	$(Q)$(TOOLBOX_BUILD) --update
	@echo $(COMPRESS) > $(B)/compress
	@touch $(IMAGE)

# For kernels without erofs: the same as a directory, which debug-helper takes when there is no other way.
.PHONY: install-directory
install-directory: install
	rm -rf $(DESTDIR)$(PREFIX)/libexec/debug/toolbox.new
	fsck.erofs --extract=$(DESTDIR)$(PREFIX)/libexec/debug/toolbox.new $(IMAGE) > /dev/null
	rm -rf $(DESTDIR)$(PREFIX)/libexec/debug/toolbox
	mv $(DESTDIR)$(PREFIX)/libexec/debug/toolbox.new $(DESTDIR)$(PREFIX)/libexec/debug/toolbox

# The helper pod's image for `kubectl sidecar`, without a daemon and a registry; kubectl-sidecar(1) says where it goes.
SIDECAR := localhost/debug-sidecar:$(VERSION)
SIDECAR_ARCHIVE := $(B)/debug-sidecar-$(VERSION).tar
SIDECAR_OTHER := $(if $(filter x86_64,$(THIS_MACHINE)),arm64,amd64)
SIDECAR_THIS := $(if $(filter x86_64,$(THIS_MACHINE)),amd64,arm64)
.PHONY: image
image: build-dependencies
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory ARCH=$(SIDECAR_OTHER) build-dependencies
	$(Q)$(MAKE) --no-print-directory ARCH=$(SIDECAR_OTHER) B=build-$(SIDECAR_OTHER) CACHE=$(CACHE)/$(SIDECAR_OTHER) all
	$(call say,IMAGE,$(SIDECAR_ARCHIVE))
	$(Q)toolbox/oci-image --output $(SIDECAR_ARCHIVE) --name $(SIDECAR) \
		$(SIDECAR_THIS)=$(B) $(SIDECAR_OTHER)=build-$(SIDECAR_OTHER)

# The plugin alone, for Krew; the same files make the same bytes.
KREW_ARCHIVE = $(B)/kubectl-sidecar-$(VERSION)-linux-$(if $(filter x86_64,$(MACHINE)),amd64,arm64).tar.gz
.PHONY: krew
krew: $(BIN)
	@mkdir -p $(B)/krew
	@install -m 755 $(BIN) $(B)/krew/kubectl-sidecar && install -m 644 LICENSE $(B)/krew/LICENSE
	$(Q)tar -C $(B)/krew --format=gnu --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf - . | gzip -n9 > $(KREW_ARCHIVE)
	@sha256sum $(KREW_ARCHIVE)
