# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Runs commands of the toolbox inside a target that has nothing else.
#
#   DEBUG_TARGET set    the target of that name, through "$DEBUG" (the debug binary)
#   otherwise           an almost empty root that is made here from TOOLBOX_IMAGE, laid out as a session lays it out
#
# TARGET_EMULATOR is QEMU's user mode for an image of another architecture: the kernel starts it for such programs in a user
# namespace of the target, and the host knows nothing of it (Linux 6.7 or later).
#
# target_start and target_stop belong into setup_file and teardown_file.  `inside STRING` runs STRING by the toolbox's bash
# and leaves its output and exit status in $output and $status, as bats' run does.  `inside_with NAME=VALUE... -- STRING` adds
# variables to its environment.

target_start() {
	[ -z "${DEBUG_TARGET-}" ] || return 0
	[ -r "${TOOLBOX_IMAGE-}" ] || {
		echo "TOOLBOX_IMAGE must name the image to test" >&2
		return 1
	}
	TARGET_DIR=$(mktemp -d)
	export TARGET_DIR
	mkfifo "$TARGET_DIR/ready"
	unshare --mount --pid --net --uts --ipc --fork --kill-child --propagation private \
		bash "${BASH_SOURCE[0]}" "$TARGET_DIR" "$TOOLBOX_IMAGE" 3>&- &
	TARGET_PARENT=$!
	export TARGET_PARENT
	read -r _ <"$TARGET_DIR/ready" || return 1
	TARGET_PID=$(cat "/proc/$TARGET_PARENT/task/$TARGET_PARENT/children")
	TARGET_PID=${TARGET_PID%% *}
	export TARGET_PID
}

target_stop() {
	[ -z "${DEBUG_TARGET-}" ] || return 0
	[ -n "${TARGET_PARENT-}" ] || return 0
	# The first process of the new pid namespace; unshare itself ignores what can be ignored.
	kill -KILL "$TARGET_PID" 2>/dev/null || :
	wait "$TARGET_PARENT" 2>/dev/null || :
	rm -rf "$TARGET_DIR"
}

inside() {
	inside_with -- "$1"
}

# shellcheck disable=SC2034 # output and status are for the caller
inside_with() {
	local -a variables=()

	while [ "$1" != -- ]; do
		variables+=("$1")
		shift
	done
	status=0
	if [ -n "${DEBUG_TARGET-}" ]; then
		output=$("$DEBUG" "$DEBUG_TARGET" -c "${variables[*]+export ${variables[*]@Q};} $2" 2>&1 </dev/null) || status=$?
	else
		output=$(nsenter --target "$TARGET_PID" ${TARGET_EMULATOR:+--user} --mount --uts --ipc --net --pid --root --wd \
			/dev/toolbox/bin/env -i PATH=/dev/toolbox/bin:/dev/toolbox/sbin:/usr/bin:/bin \
			HOME=/dev/toolbox/run TMPDIR=/dev/toolbox/run TMUX_TMPDIR=/dev/toolbox/run TERM=xterm-256color \
			LANG=C.UTF-8 SHELL=/dev/toolbox/bin/bash "${variables[@]}" \
			/dev/toolbox/bin/bash -c "$2" 2>&1 </dev/null 3>&-) || status=$?
	fi
}

# The target: runs as first process of the new namespaces, and ends as a sleeping process in the new root.
target_make() {
	local dir=$1 image=$2 root=$1/root alias name

	set -eu
	ip link set lo up
	hostname target
	mkdir "$root"
	mount -t tmpfs -o mode=0755 tmpfs "$root"
	mkdir "$root/etc" "$root/proc" "$root/sys" "$root/dev" "$root/usr"
	echo '127.0.0.1 localhost target' >"$root/etc/hosts"
	echo target >"$root/etc/hostname"
	echo 'nameserver 127.0.0.1' >"$root/etc/resolv.conf"
	echo 'of the target' >"$root/usr/marker"
	mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
	mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"

	mount -t tmpfs -o mode=0755,nosuid tmpfs "$root/dev"
	while read -r name major minor; do
		mknod -m 0666 "$root/dev/$name" c "$major" "$minor"
	done <<-EOF
		null 1 3
		zero 1 5
		full 1 7
		random 1 8
		urandom 1 9
		tty 5 0
	EOF
	mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/mqueue" "$root/dev/toolbox"
	mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,nosuid,noexec devpts "$root/dev/pts"
	ln -s pts/ptmx "$root/dev/ptmx"
	ln -s /proc/self/fd "$root/dev/fd"
	ln -s /proc/self/fd/0 "$root/dev/stdin"
	ln -s /proc/self/fd/1 "$root/dev/stdout"
	ln -s /proc/self/fd/2 "$root/dev/stderr"
	mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
	mount -t mqueue -o nosuid,nodev,noexec mqueue "$root/dev/mqueue"

	mount -t erofs -o ro,loop,nosuid,nodev "$image" "$root/dev/toolbox"
	mount -t tmpfs -o mode=0700,nosuid,nodev tmpfs "$root/dev/toolbox/run"
	echo 'the target' >"$root/dev/toolbox/run/.target"
	for alias in "$root"/dev/toolbox/alias/*; do
		cp -P "$alias" "$root/dev/"
	done
	mount -o remount,ro "$root"

	cd "$root"
	[ -z "${TARGET_EMULATOR-}" ] ||
		exec unshare --user --map-root-user --mount bash "${BASH_SOURCE[0]}" --emulate "$dir"
	target_run "$dir"
}

target_run() {
	echo ready >"$1/ready"
	exec chroot . /dev/toolbox/bin/sleep infinity
}

# The emulator stays open (F), as the target does not have it, and tells programs their own name (P).
target_emulate() {
	local zero='\x00\x00\x00\x00\x00\x00\x00\x00' magic mask

	set -eu
	magic='\x7fELF\x02\x01\x01\x00'$zero'\x02\x00\xb7\x00'
	mask='\xff\xff\xff\xff\xff\xff\xff\x00'${zero//00/ff}'\xfe\xff\xff\xff'
	mkdir "$1/formats"
	mount -t binfmt_misc binfmt_misc "$1/formats"
	printf '%s' ":arm64:M::$magic:$mask:$TARGET_EMULATOR:PF" >"$1/formats/register"
	target_run "$1"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	case $1 in
	--emulate) target_emulate "$2" ;;
	*) target_make "$@" ;;
	esac
fi
