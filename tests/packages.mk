TEST_PACKAGES := bats libcmocka-dev clang docker.io podman containerd runc crun tmux musl musl-dev musl-tools busybox-static \
	iproute2 iptables uidmap strace shellcheck mandoc socat procps openssl libc6-dev g++
