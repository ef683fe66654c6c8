# SPDX-License-Identifier: GPL-2.0-or-later
# A32: whoever is not root in a session looks for a program that makes root of him: with the bit, with capabilities, a device
# (CVE-2025-6019).  That the toolbox's image has none by itself: tests/toolbox/image.bats.
# That the container's would:
# weaken: src/6-join/view.c s/MOUNT_ATTR_NOSUID \| //

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() {
	engines_start
	docker_run set-user-id --tmpfs /own:exec,suid debug-test/musl
	evil set-user-id 'cp /bin/busybox /own/busybox; cp /bin/busybox /app/busybox; chmod 6755 /own/busybox /app/busybox; mknod /app/disk b 7 0; chmod 666 /app/disk'
	root=/proc/$(docker_pid set-user-id)/root
	mkdir "$root/app/capable"
	cp "$root/bin/busybox" "$root/app/capable/busybox"
	setcap cap_net_raw=ep "$root/app/capable/busybox"
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { assert_no_residue; }

@test "there is none, and those of the container have no effect" {
	[ -z "$("$DEBUG" set-user-id -c 'find /dev/toolbox /dev/toolbox/run \( -perm /6000 -o -type b -o -type c \) 2> /dev/null; getcap -r /dev/toolbox 2> /dev/null')" ]
	for option in '' --write; do
		for program in /own/busybox /app/busybox /app/capable/busybox; do
			# shellcheck disable=SC2086
			[ "$("$DEBUG" $option --user 1234:1234 set-user-id -- $program awk '/^([UG]id|CapEff|CapPrm)/ { $1 = ""; print }' /proc/self/status | xargs)" = \
				'1234 1234 1234 1234 1234 1234 1234 1234 0000000000000000 0000000000000000' ]
		done
		# shellcheck disable=SC2086
		run ! "$DEBUG" $option set-user-id -- head -c 1 /app/disk
		# shellcheck disable=SC2086
		"$DEBUG" $option set-user-id -- cat /proc/self/mountinfo > "$BATS_TEST_TMPDIR/mounts"
		# Every one without set-user-id programs, and without devices but those made for the session.
		run ! grep -v nosuid "$BATS_TEST_TMPDIR/mounts"
		[ "$(grep -v nodev "$BATS_TEST_TMPDIR/mounts" | awk '{ print $5 }' | sort | xargs)" = '/dev /dev/pts' ]
		grep ' /dev/toolbox ' "$BATS_TEST_TMPDIR/mounts" | grep -q ' ro,'
	done
	# In the container itself they have one.
	[ "$(docker exec --user 1234 set-user-id /app/capable/busybox awk '/^CapEff/ { print $2 }' /proc/self/status)" = 0000000000002000 ]
}
