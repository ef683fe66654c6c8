# SPDX-License-Identifier: GPL-2.0-or-later
# B12: while a user starts sessions in the container that a rule names, that name passes from container to container, and they
# restart.  ROUNDS says how often.
# Each session is in the container that the audit trail has, which had the name when it was asked for.  That the name does pass
# is shown by both having been entered.
# weaken: src/2-target/membership.c s/return has_id\(proc_fd, "cgroup", id\) \|\|/return id[0] != 0 ||/
# check-long

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/setuid
load ../lib/hostile

setup_file() {
	engines_start
	setuid_begin
	docker_run renamed-one debug-test/scratch
	docker_run renamed-two debug-test/scratch
}
teardown_file() { docker_clean; setuid_end; }
setup() {
	residue_begin
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR"
	policy <<< "permit user $ALICE write on name renamed-permitted"
}
teardown() {
	[ -z "${SHUFFLER-}" ] || { kill "$SHUFFLER"; wait "$SHUFFLER"; } 2> /dev/null || :
	assert_no_residue
}

shuffle() { # ID ID: until it is ended
	local now=$1 next=$2 swap
	# An engine's work is ended as a whole, or a name would be lost.
	trap 'exit 0' TERM
	while :; do
		docker rename "$now" renamed-permitted
		sleep 0.3
		docker restart -t 0 "$now" > /dev/null
		docker rename "$now" renamed-refused
		docker rename "$now" "renamed-${now:0:12}"
		swap=$now now=$next next=$swap
	done 2> /dev/null
}

seen_both() { grep -q "^0 ${one:0:12}" "$BATS_TEST_TMPDIR/seen" && grep -q "^0 ${two:0:12}" "$BATS_TEST_TMPDIR/seen"; }

@test "a session is where the name was, and in nothing else" {
	one=$(docker_id renamed-one) two=$(docker_id renamed-two)
	shuffle "$one" "$two" 3>&- &
	SHUFFLER=$!
	# More of them until each of the two was hit, which a busy machine does seldom.
	for round in $(seq 200); do
		[ "$round" -le "${ROUNDS:-25}" ] || ! seen_both || break
		rm -f "$BATS_TEST_TMPDIR/audit.log"
		# With --write, as the files alone of one that is about to start again would be shown otherwise.
		run as_alice --write renamed-permitted -- hostname
		[[ "$status" == @(0|125|126|137) ]]
		if [ "$status" = 0 ]; then
			echo "$output"
			cat "$BATS_TEST_TMPDIR/audit.log"
			[ "$(jq -r 'select(.event == "begin").id[0:12]' "$BATS_TEST_TMPDIR/audit.log")" = "$output" ]
			[ "$(jq -r 'select(.event == "begin").name' "$BATS_TEST_TMPDIR/audit.log")" = renamed-permitted ]
		fi
		echo "$status $output" >> "$BATS_TEST_TMPDIR/seen"
	done
	sort "$BATS_TEST_TMPDIR/seen" | uniq -c
	seen_both
}

@test "a number that was one's before it restarted is no other's" {
	old=$(docker_pid "$(head -n 1 "$BATS_FILE_TMPDIR/containers")")
	docker restart -t 0 "$(head -n 1 "$BATS_FILE_TMPDIR/containers")" > /dev/null
	engine_claims "$(head -n 1 "$BATS_FILE_TMPDIR/containers")" \
		".Name = \"/renamed-permitted\" | .State.Pid = $(docker_pid "$(tail -n 1 "$BATS_FILE_TMPDIR/containers")")"
	fails 125 'but it belongs to another' with_engine "$DEBUG" renamed-permitted -- true
	# A user is not told so much.
	run -126 with_engine bash -c "$(declare -f as as_alice); as_alice renamed-permitted -- true"
	run -125 "$DEBUG" "pid://$old" -- true
}
