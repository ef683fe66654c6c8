# SPDX-License-Identifier: GPL-2.0-or-later
# Incus of Debian's next release, unpacked privately: its programs and libraries lie over /usr in a mount namespace that
# only the daemon and what it starts are in.  No network, one pool of plain directories, an image made here.
# shellcheck shell=bash

INCUS_PACKAGES=(incus-base incus-client libc6 libacl1 libcap2 libcap2-bin libcowsql0 libraft0 libuv1t64 libsqlite3-0 libudev1
	liblxc1t64 liblxc-common lxcfs libfuse3-4 libgcc-s1 libselinux1 libseccomp2 libdbus-1-3 libapparmor1 libpcre2-8-0 libsystemd0
	libssl3t64 libzstd1 attr rsync libpopt0 libxxhash0 liblz4-1 squashfs-tools liblzo2-2 liblzma5)

# shellcheck disable=SC2016
incus_begin() {
	INCUS_HOME=$(mktemp -d /var/tmp/debug-test-incus.XXXXXX)
	INCUS_ROOT=$("$ROOT/tests/engines/fetch" trixie "${INCUS_PACKAGES[@]}")
	export INCUS_HOME INCUS_ROOT
	chmod 0711 "$INCUS_HOME"
	mkdir -p "$INCUS_HOME/var" "$INCUS_HOME/image/rootfs"/{sbin,dev,proc,sys,etc,run,tmp}
	echo 'root:1000000:65536' > "$INCUS_HOME/ids"
	INCUS_DIR=$INCUS_HOME/var unshare --mount --propagation slave sh -c '
		mount --make-rprivate / && mount -t overlay -o "lowerdir=$INCUS_ROOT/usr:/usr" none /usr &&
			touch /etc/subuid /etc/subgid && mount --bind "$INCUS_HOME/ids" /etc/subuid && mount --bind "$INCUS_HOME/ids" /etc/subgid &&
			exec /usr/libexec/incus/incusd --group root' < /dev/null > "$INCUS_HOME/log" 2>&1 3>&- 4>&- &
	echo "$!" > "$INCUS_HOME/pid"
	for _ in $(seq 200); do
		! incus query /1.0 > /dev/null 2>&1 || break
		sleep 0.1
	done
	cp "$TOOLS/target" "$INCUS_HOME/image/rootfs/sbin/init"
	printf 'architecture: %s\ncreation_date: 1700000000\nproperties:\n  description: debug-test\n' "$(uname -m)" > "$INCUS_HOME/image/metadata.yaml"
	tar -C "$INCUS_HOME/image" -czf "$INCUS_HOME/image.tar.gz" metadata.yaml rootfs
	{
		incus storage create default dir &&
			incus profile device add default root disk path=/ pool=default &&
			incus image import "$INCUS_HOME/image.tar.gz" --alias debug-test
	} > "$INCUS_HOME/setup" 2>&1 || { tail -n 20 "$INCUS_HOME/setup" "$INCUS_HOME/log"; return 1; }
}

incus_daemon() { cat "$INCUS_HOME/pid"; }
incus() {
	INCUS_DIR=$INCUS_HOME/var INCUS_CONF=$INCUS_HOME/conf timeout 60 nsenter --mount="/proc/$(incus_daemon)/ns/mnt" /usr/bin/incus --force-local "$@" \
		< /dev/null 3>&-
}
incus_launch() { incus launch debug-test -c raw.lxc="lxc.init.cmd = /sbin/init server" "$@" > "$INCUS_HOME/launch" 2>&1 || { tail -n 5 "$INCUS_HOME/launch"; return 1; }; } # NAME [OPTION...]
incus_pid() { incus query "/1.0/instances/$1/state?project=${2:-default}" | jq .pid; }                                         # NAME [PROJECT]

incus_end() {
	local project name
	[ -s "${INCUS_HOME-}/pid" ] || return 0
	kill -CONT "$(incus_daemon)"
	incus list --all-projects -f csv -c en | while IFS=, read -r project name; do
		incus delete -f --project "$project" "$name" || :
	done
	kill "$(incus_daemon)"
	timeout 20 tail --pid="$(incus_daemon)" -s 0.1 -f /dev/null
	rm -rf "$INCUS_HOME"
}
