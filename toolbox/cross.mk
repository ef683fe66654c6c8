# SPDX-License-Identifier: GPL-2.0-or-later
#
# Building for another architecture with Debian's cross compiler: ARCH is amd64 or arm64, and not this machine's.
CROSS_PACKAGES := gcc-$(subst _,-,$(MACHINE))-linux-gnu libc6-dev-$(ARCH)-cross qemu-user-static
ifeq ($(origin CC),default)
CC := $(MACHINE)-linux-gnu-gcc
endif
HOST_CC ?= gcc
B ?= build-$(ARCH)
CACHE ?= .cache/$(ARCH)

# The libraries that our programs are linked with, unpacked where nothing else sees them.
SYSROOT := $(CACHE)/sysroot
CROSS_CFLAGS := -isystem $(SYSROOT)/usr/include -isystem $(SYSROOT)/usr/include/$(MACHINE)-linux-gnu
CROSS_LDFLAGS := -L$(SYSROOT)/usr/lib/$(MACHINE)-linux-gnu

# Made again when this list changes.
$(SYSROOT): toolbox/cross.mk
	$(call say,SYSROOT,$@)
	$(Q)toolbox/sysroot $(ARCH) $@ libcap-dev libbsd-dev libmd-dev libjansson-dev zlib1g-dev libzstd-dev libnghttp2-dev \
		libseccomp-dev
	$(Q)touch $@
