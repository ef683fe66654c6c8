# SPDX-License-Identifier: GPL-2.0-or-later
# B14, B26: a user asks for what is called nearly as that which a rule permits, writes numbers in other ways, and comes again after
# the rule is gone.
# That the rule permits is shown by the exact name, before and after.
# weaken: src/3-grant/policy.c s/FNM_PATHNAME \| FNM_NOESCAPE/FNM_CASEFOLD/
# check-long

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/setuid

setup_file() {
	engines_start
	setuid_begin
	for name in names-open names-open. names-opened Names-Open names-ope names-open-2 x-names-open names_open; do
		docker_run "$name" debug-test/scratch
	done
}
teardown_file() { docker_clean; setuid_end; }
setup() { residue_begin; }
teardown() { assert_no_residue; }

@test "nearly the name is not the name" {
	policy <<< "permit user $ALICE on name names-open"
	as_alice names-open -- true
	for name in names-open. names-opened Names-Open names-ope names-open-2 x-names-open names_open; do
		docker inspect "$name" > /dev/null
		refused 'is no container that you may debug' as_alice "$name" -- true
		refused 'is no container that you may debug' as_alice "docker://$name" -- true
		refused 'is no container that you may debug' as_alice "$(docker_id "$name")" -- true
	done
	for name in 'names-open/' 'names-open//' '/names-open' './names-open' 'names-open:' 'DOCKER://names-open' 'docker:///names-open' 'docker://../names-open' \
		' names-open' 'names-open ' $'names-open\n' 'names-op?n' 'names-*'; do
		run as_alice "$name" -- true
		echo "$name: $status $output"
		[[ "$status" == @(125|126) ]]
		[ "${#lines[@]}" -eq 1 ]
	done
	as_alice "$(docker_id names-open)" -- true
}

@test "a policy's numbers are written in one way" {
	for number in -1 4294967295 4294967296 +0 0x0 ' ' 1e3 0. "''" '"0"' nobody; do
		printf 'permit uid %s\n' "$number" | policy
		run "$DEBUG" --check-config "$BATS_TEST_TMPDIR/policy"
		echo "$number: $status $output"
		[ "$status" -eq 125 ]
		[[ "$output" == *'line 1'* ]]
	done
	# A number for a name is a name.
	printf 'permit user %s\n' "$(id -u "$ALICE")" | policy
	run -125 "$DEBUG" --check-config "$BATS_TEST_TMPDIR/policy"
	printf 'permit uid %s\n' "$(id -u "$ALICE")" | policy
	as_alice names-open -- true
}

@test "what was permitted once is asked for again" {
	policy <<< "permit user $ALICE max 1h"
	as_alice names-open -- true
	policy <<< "permit user $BOB"
	refused 'nothing' as_alice names-open -- true
	rm "$BATS_TEST_TMPDIR/policy"
	refused 'is for root alone' as_alice names-open -- true
}
