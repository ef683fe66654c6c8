# SPDX-License-Identifier: GPL-2.0-or-later
#
#   make demo      install what it needs, build, and attach to a built-in target
#   make check     install what it needs, build with gcc and clang, run every test
#   make           build into build/         make install    PREFIX, DESTDIR
#   make bench     speed against peers       make clean      remove build/, keep downloads
#   make fuzz      inputs made up by libFuzzer    make sanitize  the unit tests with ASan and UBSan
#   make check-sanitized  the system tests so     make valgrind  memcheck: the unit tests, the front-end
#   ARCH=arm64 or ARCH=amd64 builds for that machine, on the other one into build-$(ARCH)/
#
VERSION := 0.1
PREFIX ?= /usr/local
MANDIR ?= $(PREFIX)/share/man
MAN := debug.1 debug-doctor.1 kubectl-sidecar.1 debug.conf.5 debug-security.7 debug-toolbox.7 debug-helper.8

MACHINE_amd64 := x86_64
MACHINE_arm64 := aarch64
THIS_MACHINE := $(shell uname -m)
MACHINE := $(if $(ARCH),$(or $(MACHINE_$(ARCH)),$(error ARCH is amd64 or arm64)),$(THIS_MACHINE))
ifneq ($(MACHINE),$(THIS_MACHINE))
include toolbox/cross.mk
endif
ifeq ($(origin CC),default)
CC := gcc
endif
# For what the build itself runs.
HOST_CC ?= $(CC)

# V=1 shows the commands.
Q := $(if $(V),,@)
say = @printf '  %-8s %s\n' $(1) $(2)
B ?= build
# Downloaded packages and the relocated tree: expensive, and kept by `make clean`.
CACHE ?= .cache
COMPRESS ?= lz4hc

BUILD_PACKAGES := gcc libc6-dev make libseccomp-dev libcap-dev libbsd-dev libmd-dev libjansson-dev zlib1g-dev libzstd-dev \
	libnghttp2-dev erofs-utils \
	debian-archive-keyring ca-certificates jq $(CROSS_PACKAGES)
include tests/packages.mk

ARCH_FLAGS := $(if $(filter x86_64,$(MACHINE)),-fcf-protection=full)
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wundef -Wvla \
	-Wformat=2 -Wconversion -Wcast-qual -Wwrite-strings -Wpointer-arith -Wimplicit-fallthrough -Wswitch-enum
WERROR ?= -Werror
CFLAGS ?= -O2 -g
HOST_CFLAGS := -std=c11 -D_GNU_SOURCE -pedantic $(CFLAGS) $(WARNINGS) $(WERROR) -Iinclude \
	-DDEBUG_VERSION='"$(VERSION)"' -ffile-prefix-map=$(CURDIR)=. -fstack-protector-strong -fstack-clash-protection \
	-fno-strict-aliasing -fno-delete-null-pointer-checks -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
ALL_CFLAGS := $(HOST_CFLAGS) $(ARCH_FLAGS) $(CROSS_CFLAGS)
# Static: nothing of the host or of a container is loaded at run time, and the files run on any distribution.
ALL_LDFLAGS := -static -Wl,-z,relro,-z,now,-z,noexecstack,--build-id=sha1 $(CROSS_LDFLAGS) $(LDFLAGS)

BASE := src/0-base/capabilities.c src/0-base/clock.c src/0-base/fail.c src/0-base/fd.c src/0-base/text.c src/0-base/wire.c
KERNEL := src/0-base/demote.c src/0-base/mountinfo.c src/0-base/proc.c
DEBUG := src/debug.c $(BASE) $(wildcard src/1-request/*.c) \
	$(addprefix src/7-session/,helper.c record_cast.c relay.c relay_streams.c relay_terminal.c result.c send.c terminal.c) \
	src/8-toolbox/ask.c src/8-toolbox/show.c $(addprefix src/8-list/,ask.c choose.c show.c table.c) \
	src/2-target/sighting.c src/2-target/json.c src/3-grant/policy.c src/3-grant/policy_file.c \
	src/8-doctor/doctor_ask.c src/8-doctor/doctor_show.c $(filter-out %/node_relay.c %/node_start.c,$(wildcard src/8-kube/*.c))
HELPER := src/debug-helper.c $(BASE) $(KERNEL) src/0-base/sandbox.c src/1-request/request_wire.c \
	$(wildcard src/2-target/*.c src/3-grant/*.c src/4-plan/*.c src/5-attach/*.c) \
	$(addprefix src/7-session/,audit.c package_server.c receipt.c record_cast.c record_relay.c recorder.c result.c \
		session.c snapshot.c watch.c) \
	src/6-join/devices.c src/6-join/overlay.c src/8-toolbox/serve.c src/8-list/serve.c src/8-list/look.c \
	$(filter-out %_ask.c %_show.c,$(wildcard src/8-doctor/*.c))
UNPACK := src/debug-unpack.c $(BASE) src/2-target/configured.c src/2-target/sighting.c $(wildcard src/2-unpack/*.c)
JOINER := src/debug-joiner.c $(BASE) $(KERNEL) src/4-plan/plan_wire.c $(wildcard src/6-join/*.c)
NODE := src/debug-node.c $(BASE) src/8-kube/frames.c src/8-kube/node_relay.c \
	src/8-kube/node_start.c
objects = $(patsubst src/%.c,$(B)/obj/%.o,$(1))

BIN := $(B)/bin/debug
LIBEXEC := $(B)/libexec/debug
IMAGE := $(LIBEXEC)/toolbox.erofs
SBOM := $(LIBEXEC)/toolbox.sbom.json

.PHONY: all programs toolbox install uninstall clean distclean demo check \
	check-long bench lint build-dependencies test-dependencies long-dependencies
all: programs toolbox
programs: $(BIN) $(LIBEXEC)/debug-helper $(LIBEXEC)/debug-unpack $(B)/debug-node $(B)/debug-joiner $(B)/install $(B)/entrypoint
toolbox: $(IMAGE)

$(BIN): $(call objects,$(DEBUG))
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -ljansson -lbsd -lmd -pthread
$(LIBEXEC)/debug-helper: $(call objects,$(HELPER)) $(B)/obj/filters.o
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -ljansson -lnghttp2 -lseccomp -lcap -lbsd -lmd
$(LIBEXEC)/debug-unpack: $(call objects,$(UNPACK)) $(B)/obj/filters.o
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -ljansson -lz -lzstd -lbsd -lmd
$(B)/debug-node: $(call objects,$(NODE))
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -s -o $@ $^ -lbsd -lmd
$(B)/debug-joiner: $(call objects,$(JOINER)) $(B)/obj/filters.o
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -s -o $@ $^ -lcap -lbsd -lmd

$(B)/obj/%.o: src/%.c Makefile | $(SYSROOT)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$(B)/filters-generate: src/0-base/filters_generate.c Makefile
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(HOST_CC) $(HOST_CFLAGS) -o $@ $< -lseccomp
$(B)/filters.c: $(B)/filters-generate src/0-base/filter_container.txt
	$(Q)$< $(MACHINE) src/0-base/filter_container.txt > $@.new && mv $@.new $@
$(B)/obj/filters.o: $(B)/filters.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<
-include $(shell find $(B) -name '*.d' 2>/dev/null)

include toolbox/toolbox.mk

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/debug $(addprefix $(DESTDIR)$(MANDIR)/man,1 5 7 8)
	install -d -m 700 $(DESTDIR)/var/log/debug
	install -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/debug
	ln -sf debug $(DESTDIR)$(PREFIX)/bin/kubectl-sidecar
	install -m 755 src/8-kube/kubectl_complete-sidecar $(DESTDIR)$(PREFIX)/bin/kubectl_complete-sidecar
	install -m 755 $(LIBEXEC)/debug-helper $(DESTDIR)$(PREFIX)/libexec/debug/debug-helper
	install -m 755 $(LIBEXEC)/debug-unpack $(DESTDIR)$(PREFIX)/libexec/debug/debug-unpack
	install -m 644 $(IMAGE) $(IMAGE).sha256 $(IMAGE).verity $(SBOM) $(DESTDIR)$(PREFIX)/libexec/debug/
	@$(B)/verity --enable $(DESTDIR)$(PREFIX)/libexec/debug/toolbox.erofs 2> /dev/null && echo "fs-verity checks the image" || :
	for page in $(MAN); do install -m 644 man/$$page $(DESTDIR)$(MANDIR)/man$${page##*.}/ || exit 1; done

uninstall:
	rm -rf $(DESTDIR)$(PREFIX)/libexec/debug/toolbox
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/bin/,debug kubectl-sidecar kubectl_complete-sidecar) \
		$(addprefix $(DESTDIR)$(PREFIX)/libexec/debug/,debug-helper debug-unpack toolbox.sbom.json \
			toolbox.erofs toolbox.erofs.sha256 toolbox.erofs.verity)
	for page in $(MAN); do rm -f $(DESTDIR)$(MANDIR)/man$${page##*.}/$$page; done
	-rmdir $(DESTDIR)$(PREFIX)/libexec/debug

clean:
	rm -rf $(B) build-clang build-arm64 build-fuzz build-fault build-sanitize build-sanitize-trap build-valgrind
distclean: clean
	rm -rf $(CACHE)

# Installs the Debian packages that are missing; quiet and offline when none is.
build-dependencies: PACKAGES = $(BUILD_PACKAGES)
test-dependencies: PACKAGES = $(TEST_PACKAGES)
long-dependencies: PACKAGES = $(LONG_PACKAGES)
build-dependencies test-dependencies long-dependencies:
	@missing=; \
	for package in $(PACKAGES); do \
		dpkg-query -W -f '$${db:Status-Status}' "$$package" 2>/dev/null | grep -qx installed || \
			missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
		echo "Installing from Debian:$$missing"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
			$$missing > /dev/null; \
	fi

include tests/tests.mk
