# SPDX-License-Identifier: GPL-2.0-or-later
# A13: the container traces every process the moment it appears, and looks into it while it stands still.
# That it gets hold of what is there is shown on a program that nsenter brings in.

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() {
	engines_start
	attack_container attack-seize --cap-add SYS_PTRACE
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { attack_end; assert_no_residue; }

@test "whatever is traced never had more than the session" {
	# All that a session may have, in the form of /proc/PID/status.
	wanted=$("$DEBUG" attack-seize -- sed -n 's/^CapBnd:\t/CapEff:\t/p' /proc/self/status)
	attack_begin attack-seize seize
	for _ in $(seq 20); do timeout 5 "$DEBUG" -q attack-seize -- sleep 0.02 || [ $? -ge 124 ]; done
	grep -q '^seized one' "$BATS_TEST_TMPDIR/loot"
	grep '^status CapEff' "$BATS_TEST_TMPDIR/loot"
	while read -r caps; do
		[ $((0x$caps & ~0x${wanted##*$'\t'})) -eq 0 ]
	done < <(sed -n 's/^status CapEff:\t//p' "$BATS_TEST_TMPDIR/loot")
	run ! grep -qE "^fd .*($BUILD|/proc|/usr/|/run/|/var/)" "$BATS_TEST_TMPDIR/loot"
	naive_debugger attack-seize sleep 0.3
	grep -q "^status CapEff:$(printf '\t')$(sed -n 's/^CapEff:\t//p' /proc/self/status)" "$BATS_TEST_TMPDIR/loot"
}
