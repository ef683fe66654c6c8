# SPDX-License-Identifier: GPL-2.0-or-later
# A34: a hundred sessions that look around leave the target as it was: files with all their times and attributes, mounts,
# processes, descriptors, control group, network.
# weaken: src/6-join/view.c s/MOUNT_ATTR_RDONLY \| //
# That a difference would be seen is shown by a session that writes a byte, and by one that sets a time of access.

bats_require_minimum_version 1.5.0

load ../lib/common

setup_file() {
	engines_start
	docker_run unchanged debug-test/scratch
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { assert_no_residue; }

look_around() { # COUNT
	for _ in $(seq "$1"); do
		"$DEBUG" unchanged -- sh -c 'find / -xdev > /dev/null; cat /app/server > /dev/null; ps; ss -tln; ls -la /proc/1/fd' > /dev/null
	done
}

@test "a hundred times" {
	export -f look_around
	assert_unchanged "$(docker_pid unchanged)" bash -c 'look_around 100'
}

@test "what does change is seen" {
	pid=$(docker_pid unchanged)
	"$TOOLS/fingerprint" "$pid" > "$BATS_TEST_TMPDIR/before"
	"$DEBUG" --write unchanged -- sh -c 'echo x > /made'
	"$TOOLS/fingerprint" "$pid" > "$BATS_TEST_TMPDIR/written"
	run ! diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/written"
	"$DEBUG" --write unchanged -- touch -a /made
	run ! diff "$BATS_TEST_TMPDIR/written" <("$TOOLS/fingerprint" "$pid")
	"$DEBUG" --write unchanged -- rm /made
}
