# SPDX-License-Identifier: GPL-2.0-or-later
# B18, B19: a user's debug is stopped, or killed, while the session prints without an end.
# That something was printed is shown by the session having been blocked, and going on.
# weaken: src/7-session/watch.c s/waited\[WATCH_CALLER\]\.fd = FD_NONE;/waited[WATCH_CALLER].fd = FD_NONE; else/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/setuid

setup_file() {
	engines_start
	setuid_begin
	docker_run flooding debug-test/scratch
}
teardown_file() { docker_clean; setuid_end; }
setup() {
	residue_begin
	policy <<< "permit user $ALICE"
}
teardown() {
	[ -z "${FRONT-}" ] || kill -KILL "$FRONT" 2> /dev/null || :
	assert_no_residue
}

# In $FRONT and $HELPER_PID, when the session has begun.  That nobody reads any more ends `yes`, and not the session.
flood() { # OPTION...
	as_alice "$@" flooding -- sh -c 'yes 0123456789; sleep 60' > "$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	for _ in $(seq 400); do [ ! -s "$BATS_TEST_TMPDIR/out" ] || break; sleep 0.02; done
	FRONT=$(pgrep -x -u "$ALICE" -f "$SETUID_DIR/bin/debug .*" | head -n 1)
	HELPER_PID=$(cat "/proc/$FRONT/task/$FRONT/children")
	HELPER_PID=${HELPER_PID%% *}
}
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; } # PID
size() { stat -c %s "$BATS_TEST_TMPDIR/out"; }

@test "stopped: nothing grows, and the administrator can end it" {
	for options in -T -t; do
		flood $options
		kill -STOP "$FRONT"
		before=$(resident "$HELPER_PID") front=$(resident "$FRONT") written=$(size)
		sleep 1
		[ "$(size)" = "$written" ]
		[ "$(resident "$HELPER_PID")" -le $((before + 1024)) ]
		[ "$(resident "$FRONT")" -le $((front + 1024)) ]
		kill -CONT "$FRONT"
		for _ in $(seq 200); do [ "$(size)" -le "$written" ] || break; sleep 0.02; done
		[ "$(size)" -gt "$written" ]
		kill -STOP "$FRONT"
		kill -TERM "$HELPER_PID"
		for _ in $(seq 200); do [ -d "/proc/$HELPER_PID/fd" ] && [ -n "$(ls "/proc/$HELPER_PID/fd" 2> /dev/null)" ] || break; sleep 0.02; done
		run ! pgrep -x debug-session
		kill -KILL "$FRONT"
		wait
		: > "$BATS_TEST_TMPDIR/out"
	done
}

@test "killed: the session ends, and the trail says so" {
	# The log is somewhere that outlasts `as`, which is over before the helper has written the end.
	install -d -m 0700 "$BATS_TEST_TMPDIR/trail"
	BEFORE="mount --bind $BATS_TEST_TMPDIR/trail /var/log/debug" flood -T
	kill -KILL "$FRONT"
	wait || :
	for _ in $(seq 200); do [ -d "/proc/$HELPER_PID" ] || break; sleep 0.02; done
	[ ! -d "/proc/$HELPER_PID" ]
	run ! pgrep -x debug-session
	[ "$(jq -rs 'map(.event) | join(" ")' "$BATS_TEST_TMPDIR/trail/audit.log")" = 'begin end' ]
	[ "$(jq -r .session "$BATS_TEST_TMPDIR/trail/audit.log" | uniq | wc -l)" = 1 ]
}
