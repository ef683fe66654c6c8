# SPDX-License-Identifier: GPL-2.0-or-later
# A13: the container traces every process the moment it appears: looks into it while it stands still; keeps its signals and
# its end to itself; stops it for good, also where it ends.
# That the look finds something is shown on a program that nsenter brings in.  That the rest would hold a session:
# weaken: src/6-join/init.c s/fd = session->has_status \? FD_NONE : session->command_fd/fd = FD_NONE/
# weaken: src/7-session/relay_streams.c s/last.kind == REPLY_FAILED/last.kind == REPLY_TEXT/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() {
	engines_start
	attack_container attack-seize --cap-add SYS_PTRACE
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() {
	attack_end
	[ -z "${REAPER-}" ] || wait "$REAPER"
	assert_no_residue
}

session_begin() { # OPTION... -- COMMAND...: in the background
	rm -f "$BATS_TEST_TMPDIR/status"
	become_reaper "$DEBUG" -q attack-seize "$@" > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" < /dev/null 3>&- &
	REAPER=$!
}
session_await() { # SECONDS: its exit status in $status
	for _ in $(seq $(($1 * 20))); do
		[ ! -e "$BATS_TEST_TMPDIR/status" ] || { read -r status < "$BATS_TEST_TMPDIR/status"; return 0; }
		sleep 0.05
	done
	echo "the session has not come back after $1 s"
	cat "$BATS_TEST_TMPDIR/err"
	return 1
}
loot_await() { # LINE
	for _ in $(seq 200); do grep -qx "$1" "$BATS_TEST_TMPDIR/loot" && return 0; sleep 0.05; done
	cat "$BATS_TEST_TMPDIR/loot"
	return 1
}

@test "whatever is traced never had more than the session" {
	# All that a session may have, in the form of /proc/PID/status.
	wanted=$("$DEBUG" attack-seize -- awk '/^CapBnd/ { print $2 }' /proc/self/status)
	attack_begin attack-seize seize of-the-caller
	for i in $(seq 10); do
		# Also as a user, who has no rights at any time.
		SECRET=of-the-caller timeout 20 "$DEBUG" -q --reason of-the-caller --user $((i % 2 * 4711)) attack-seize -- sleep 0.02
	done
	grep -v '^argument' "$BATS_TEST_TMPDIR/loot"
	grep -q '^seized one' "$BATS_TEST_TMPDIR/loot"
	grep -q '^searched memory' "$BATS_TEST_TMPDIR/loot"
	while read -r _ caps; do
		[ $((0x$caps & ~0x$wanted)) -eq 0 ]
	done < <(grep '^status Cap' "$BATS_TEST_TMPDIR/loot" | sed 's/^status //')
	run ! grep -qE "of-the-caller|^fd .*($BUILD|/proc|/usr/|/run/|/var/)" "$BATS_TEST_TMPDIR/loot"
	SECRET=of-the-caller naive_debugger attack-seize sleep 0.3
	grep -q "^status CapEff:$(printf '\t')$(awk '/^CapEff/ { print $2 }' /proc/self/status)" "$BATS_TEST_TMPDIR/loot"
	grep -q '^memory of-the-caller' "$BATS_TEST_TMPDIR/loot"
}

@test "signals and ends that are kept hold no session" {
	attack_begin attack-seize keep
	session_begin -- sleep 0.3
	session_await 10
	loot_await 'kept one'
	[ "$status" -eq 125 ]
	[[ $(cat "$BATS_TEST_TMPDIR/err") = *'keeps its exit status' ]]
}

kill_session() { # SIGNAL
	kill -"$1" "$(cut -d ' ' -f 1 "/proc/$REAPER/task/$REAPER/children")"
}

@test "who is stopped for good can be ended by the caller" {
	attack_begin attack-seize hold
	session_begin -- sleep 60
	loot_await 'held one'
	kill_session TERM
	session_await 10
	[ "$status" -eq 143 ]
}

@test "who is stopped at its end is left behind" {
	attack_begin attack-seize hold-end
	session_begin -- sleep 60
	loot_await 'kept one'
	kill_session TERM
	session_await 15
	[ "$status" -eq 143 ]
	grep -qx 'stopped at its end' "$BATS_TEST_TMPDIR/loot"
	attack_end
	# The next run removes what could not be removed.
	"$DEBUG" attack-seize -- true
}
