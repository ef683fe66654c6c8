# SPDX-License-Identifier: GPL-2.0-or-later
# A21: a directory that a session cannot do without is on a filesystem that never answers: /dev, /etc, /proc, the whole root's
# entries.  An ordinary directory, and the working directory: tests/system/kinds.bats.
# That the mount does hold who asks it is shown on a program in the session.
# weaken: src/7-session/session.c s/ATTACH_DEADLINE_MS = 10000/ATTACH_DEADLINE_MS = 60000/
# check-long

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() { engines_start; }
teardown_file() { docker_clean; }
setup() {
	residue_begin
	docker_run hung --workdir /app debug-test/musl
}
teardown() {
	[ -z "${HUNG-}" ] || { kill -KILL "$HUNG" && wait "$HUNG" || :; }
	docker_clean
	assert_no_residue
}

# In time, and with a sentence if it does not work.
# shellcheck disable=SC2154
comes_back() { # OPTION... : its exit status in $status
	run --separate-stderr timeout 14 "$DEBUG" "$@"
	echo "$* is $status: $output $stderr"
	[ "$status" -eq 0 ] || { [ "$status" -eq 124 ] && [[ $stderr = 'debug: '* ]]; }
}

@test "/etc: numbers do not need it, and names are not waited for" {
	hang hung /etc
	HUNG=$HUNG_PID
	comes_back hung -- true
	[ "$status" -eq 0 ]
	comes_back --profile app hung -- true
	[ "$status" -eq 0 ]
	comes_back --user somebody hung -- true
	[ "$status" -eq 124 ]
	run timeout -s INT 2 "$DEBUG" hung -- cat /etc/passwd
	[ "$status" -eq 124 ]
}

@test "/dev" {
	hang hung /dev
	HUNG=$HUNG_PID
	comes_back hung -- true
}

@test "/proc and the working directory" {
	hang hung /proc
	HUNG=$HUNG_PID
	comes_back hung -- true
	[ "$status" -eq 0 ]
	comes_back --stealth hung -- true
}
