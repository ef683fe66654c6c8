# SPDX-License-Identifier: GPL-2.0-or-later
# B20: a user who may have sessions starts what costs the host something, again and again: waits for a container that never
# comes, all at once, and looks that find nothing, one after the other.
# That they would all be there is shown by the number that is.
# weaken: src/debug-helper.c s/WAITS_MAX = 32/WAITS_MAX = 1000/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/setuid

setup_file() {
	engines_start
	setuid_begin
}
teardown_file() { docker_clean; setuid_end; }
setup() {
	residue_begin
	policy <<< "permit user $ALICE"
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR"
}
teardown() { assert_no_residue; }

@test "forty waits are thirty-two, and end when they are told to" {
	# shellcheck disable=SC2016
	run as "$ALICE" sh -c '
		for i in $(seq 40); do
			timeout -k 5 6 "$1" --wait debug-never-comes -- true &
		done 2>&1
		wait' sh "$SETUID_DIR/bin/debug"
	echo "$output"
	[ "$(grep -c 'you have 32 sessions with --wait, as many as you may have' <<< "$output")" = 8 ]
	[ "$(jq -r 'select(.event == "refused" and (.error | contains("sessions with --wait"))) | .status' "$BATS_TEST_TMPDIR/audit.log" | sort | uniq -c | xargs)" = '8 126' ]
	# And others may wait again.
	run as "$ALICE" timeout -k 5 1 "$SETUID_DIR/bin/debug" --wait debug-never-comes -- true
	[[ "$output" != *'as many as you may have'* ]]
}

@test "two hundred looks leave nothing that grows" {
	# shellcheck disable=SC2016
	as "$ALICE" sh -c 'for i in $(seq 200); do "$1" debug-not-there -- true; done' sh "$SETUID_DIR/bin/debug" > "$BATS_TEST_TMPDIR/out" 2>&1 || :
	[ "$(sort -u "$BATS_TEST_TMPDIR/out" | wc -l)" = 1 ]
	[ "$(wc -l < "$BATS_TEST_TMPDIR/out")" = 200 ]
	[ ! -s /run/debug/sessions ]
}
