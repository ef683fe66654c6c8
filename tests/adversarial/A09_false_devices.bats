# SPDX-License-Identifier: GPL-2.0-or-later
# A09: the devices that every program relies on are files, fifos and links in the container (CVE-2025-31133).
# That they would be used is shown on nsenter.
# weaken: src/6-join/devices.c s/size_t i = 0; i < NODE_COUNT/size_t i = NODE_COUNT; i < NODE_COUNT/
# weaken: src/6-join/devices.c s/copy_entries\(new_fd, old_fd, has_devices, false\)/copy_entries(new_fd, old_fd, true, true)/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() {
	engines_start
	docker_run false-dev debug-test/musl
	evil false-dev 'cd /dev && rm -f null zero full random urandom && echo bait > /bait && ln -s /bait null && mkfifo zero && : > full && ln -s zero random && echo known > urandom'
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { assert_no_residue; }

@test "the session has its own" {
	for option in '' --write '--user 65532' '--profile app'; do
		# shellcheck disable=SC2086
		[ "$("$DEBUG" $option false-dev -c 'stat -c "%F %t:%T" /dev/null /dev/zero /dev/full /dev/random /dev/urandom')" = \
			"$(printf 'character special file 1:%s\n' 3 5 7 8 9)" ]
		# shellcheck disable=SC2086
		"$DEBUG" $option false-dev -c 'echo lost > /dev/null; [ "$(head -c 4 /dev/zero | od -An -tx1)" = " 00 00 00 00" ]; ! echo x > /dev/full 2> /dev/null'
	done
	[ "$(evil false-dev 'cat /bait')" = bait ]
	nsenter --target "$(docker_pid false-dev)" --mount /bin/busybox sh -c 'echo lost > /dev/null'
	[ "$(evil false-dev 'cat /bait')" = lost ]
}
