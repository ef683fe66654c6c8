# SPDX-License-Identifier: GPL-2.0-or-later
# A08: what should be a terminal in the container's /dev is a link, a file or another device (CVE-2025-52565).
# That the bait would be written is shown on nsenter.
# weaken: src/6-join/devices.c s/size_t i = 0; i < NODE_COUNT/size_t i = NODE_COUNT; i < NODE_COUNT/
# weaken: src/6-join/devices.c s/copy_entries\(new_fd, old_fd, has_devices, false\)/copy_entries(new_fd, old_fd, true, true)/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() {
	engines_start
	docker_run false-tty "${ALMOST_PRIVILEGED[@]}" debug-test/musl
	evil false-tty 'umount /dev/console 2> /dev/null; umount /dev/pts && cd /dev && rm -rf pts ptmx tty console stdin stdout stderr fd && mkdir pts && echo bait > /bait &&
		for name in ptmx pts/0 pts/1 pts/ptmx console; do ln -s /bait $name; done; echo bait > tty; ln -s /proc/1/root/bait stdout; mknod stderr c 1 7; mkfifo stdin'
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { tmux_end; assert_no_residue; }

baits() { evil false-tty 'cat /bait /dev/tty'; }

@test "the session's terminal is its own" {
	[ "$(baits)" = $'bait\nbait' ]
	# Major number 136 in sixteens: a slave of devpts.
	[ "$("$DEBUG" -t false-tty -c 'tty; stat -L -c %t "$(tty)" /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2; stat -f -c %T /dev/pts; stat -c "%t:%T" /dev/tty' | tr -d '\r' | tr '\n' ' ')" = \
		'/dev/pts/0 88 88 88 88 devpts 5:0 ' ]
	for option in '' --write; do
		tmux_start 80x20 "$DEBUG $option --shell bash false-tty"
		tmux_wait_for 'false-tty:/ #'
		tmux_send 'clear; echo through > /dev/tty; echo out > /dev/stdout; script -qc "echo of its own" /dev/null' Enter
		for text in through out 'of its own'; do tmux_wait_for "$text"; done
		tmux_end
	done
	[ "$(baits)" = $'bait\nbait' ]
	nsenter --target "$(docker_pid false-tty)" --mount /bin/busybox sh -c 'echo x > /dev/tty; echo x > /dev/ptmx'
	[ "$(baits)" = $'x\nx' ]
}
