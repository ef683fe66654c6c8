# SPDX-License-Identifier: GPL-2.0-or-later
# A33: whoever opens a file of the container waits for the container to permit it, which never happens (fanotify(7)).
# That the wait is without end is shown on a program that is told to open one.
# weaken: src/7-session/session.c s/ATTACH_DEADLINE_MS = 10000/ATTACH_DEADLINE_MS = 60000/
# check-long

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() {
	engines_start
	attack_container attack-unanswered "${ALMOST_PRIVILEGED[@]}"
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { attack_end; assert_no_residue; }

@test "a session is refused in time" {
	attack_begin attack-unanswered unanswered /app
	for _ in $(seq 100); do grep -q '^asked /app' "$BATS_TEST_TMPDIR/loot" && break; sleep 0.02; done
	run timeout -s KILL 0.5 cat "/proc/$(docker_pid attack-unanswered)/root/app/server"
	[ "$status" -eq 137 ]
	run timeout 13 "$DEBUG" attack-unanswered -- true
	[ "$status" -eq 124 ]
	[[ $output = 'debug: '*'did not answer in time'* ]]
	attack_end
	"$DEBUG" attack-unanswered -- true
}
