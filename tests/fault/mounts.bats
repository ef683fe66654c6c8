# SPDX-License-Identifier: GPL-2.0-or-later
# A target whose mount namespace has room for a few mounts only (/proc/sys/fs/mount-max): a session needs more.

bats_require_minimum_version 1.5.0

load ../lib/common

setup() { residue_begin; }
teardown() { assert_no_residue; }

@test "no room for another mount in the target's namespace" {
	local own target pid
	own=$(wc -l < /proc/self/mountinfo)
	coproc MANY { exec "$TOOLS/target" --until-eof --mounts "$(($(cat /proc/sys/fs/mount-max) - own - 10))" 3>&-; }
	target=${MANY[1]}
	read -r -t 300 -u "${MANY[0]}" _ pid
	# What it could not have while it was made, and two less.
	python3 -c '
import ctypes, os, sys
libc = ctypes.CDLL(None)
assert libc.setns(os.open("/proc/%s/ns/mnt" % sys.argv[1], os.O_RDONLY), 0x20000) == 0
while libc.mount(b"/app", b"/app", None, 4096, None) == 0: pass
for i in range(2): libc.umount2(b"/app", 2)' "$pid"
	facts() { awk '{ print $4, $22 }' "/proc/$pid/stat"; sha256sum < "/proc/$pid/mountinfo"; ls -l "/proc/$pid/ns"; }
	facts > "$BATS_TEST_TMPDIR/before"
	run --separate-stderr timeout 60 "$DEBUG" "pid://$pid" -- echo works
	# shellcheck disable=SC2154
	echo "$status: $stderr"
	[ "$status" -eq 125 ]
	[[ $stderr = 'debug: '*'No space left on device'* ]]
	[ "$(wc -l <<< "$stderr")" = 1 ]
	diff "$BATS_TEST_TMPDIR/before" <(facts)
	exec {target}>&-
	timeout 60 tail --pid="$pid" -s 0.05 -f /dev/null
}
