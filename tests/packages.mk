# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the tests need from Debian besides what the build needs.
LONG_PACKAGES := valgrind qemu-system-x86 cpio e2fsprogs
TEST_PACKAGES := git bats libcmocka-dev clang g++ shellcheck mandoc tmux procps strace socat openssl iproute2 iptables \
	docker.io podman containerd runc crun uidmap rootlesskit lxc systemd-container musl musl-dev musl-tools busybox-static \
	zstd attr jq gnupg bc curl python3 vim time keyutils \
	qemu-user-static gcc-aarch64-linux-gnu libc6-dev-arm64-cross
