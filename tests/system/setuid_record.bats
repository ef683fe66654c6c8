# SPDX-License-Identifier: GPL-2.0-or-later
# Sessions that debug.conf(5) wants recorded: the helper keeps what passes, and what cannot be kept does not happen.

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/setuid

setup_file() {
	engines_start
	setuid_begin
	docker_run debug-recorded debug-test/scratch
}
teardown_file() { docker_clean; setuid_end; }
setup() {
	residue_begin
	policy <<< "permit user $ALICE record"
}
teardown() { tmux_end; assert_no_residue; }

field() { jq -r "select(.event == \"$1\") | .$2" "$BATS_TEST_TMPDIR/audit.log"; } # EVENT FIELD
recording() { printf '%s\n' "$BATS_TEST_TMPDIR"/*.cast; }
recorded() { tail -n +2 "$(recording)" | jq -j "select(.[1] == \"$1\") | .[2]"; } # KIND
# The process that was executed from that file of the installation.
holder_of() {
	local exe
	for exe in /proc/[0-9]*/exe; do
		[ "$(readlink "$exe")" != "$SETUID_DIR/$1" ] || cut -d/ -f3 <<< "$exe"
	done
}
@test "streams: what comes out and what goes in, and both arrive" {
	printf 'typed\n' | as_alice debug-recorded -- sh -c 'echo out; echo err >&2; cat; exit 7' \
		> "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" || [ $? -eq 7 ]
	[ "$(cat "$BATS_TEST_TMPDIR/out")" = $'out\ntyped' ]
	[ "$(cat "$BATS_TEST_TMPDIR/err")" = err ]
	[ "$(recorded o | sort)" = $'err\nout\ntyped' ]
	[ "$(recorded i)" = typed ]
	[ "$(field begin recording)" = "$(basename "$(recording)")" ]
	[ "$(field end status)" = 7 ]
	[ "$(stat -c '%a %u' "$(recording)")" = '600 0' ]
	[ "$(head -n 1 "$(recording)" | jq -r '"\(.version) \(.title)"')" = '2 debug-recorded' ]
	[[ $(basename "$(recording)") == 20*T*Z-$(id -u "$ALICE")-$(field begin session).cast ]]
}

@test "bytes are exact, and a command that ends early is no error" {
	head -c 3000000 /dev/urandom > "$BATS_TEST_TMPDIR/bytes"
	as_alice debug-recorded -- cat < "$BATS_TEST_TMPDIR/bytes" | cmp - "$BATS_TEST_TMPDIR/bytes"
	as_alice debug-recorded -- head -c 5 < /dev/zero | cmp - <(head -c 5 /dev/zero)
	as_alice debug-recorded -- seq 1000000 | head -n 1 | grep -qx 1
	as_alice debug-recorded -- true < /dev/null
}

@test "a reader that takes its time gets everything" {
	# A pipe and two buffers hold less than that.
	as_alice debug-recorded -- seq 100000 | { sleep 1.5; cat; } | cmp - <(seq 100000)
}

@test "a terminal: what it shows, its size, and nothing that it does not show" {
	start_in_terminal 100x20 debug-recorded
	tmux_wait_for 'recorded · what you see here is kept on this host'
	tmux_wait_for 'debug debug-recorded'
	tmux_send 'stty size' Enter
	tmux_wait_for '20 100'
	tmux_resize 90 25
	tmux_send 'stty size' Enter
	tmux_wait_for '25 90'
	tmux_send 'read -s secret; echo got ${#secret}' Enter
	sleep 0.3
	tmux_send 'hunter2' Enter
	tmux_wait_for 'got 7'
	tmux_send 'exit 9' Enter
	tmux_wait_for 'status 9'
	recorded o | grep -q 'got 7'
	run ! grep -q hunter2 "$(recording)"
	[ "$(recorded r)" = 90x25 ]
	[ "$(head -n 1 "$(recording)" | jq -c '[.width, .height]')" = '[100,20]' ]
	[ "$(field end status)" = 9 ]
}

@test "the whole output of a terminal arrives and is kept" {
	run as_alice -t debug-recorded -- seq 20000 < /dev/null
	[ "$status" -eq 0 ]
	[ "$(tr -d '\r' <<< "$output" | cksum)" = "$(seq 20000 | cksum)" ]
	[ "$(recorded o | tr -d '\r' | cksum)" = "$(seq 20000 | cksum)" ]
}

@test "who hangs up ends the session, and its last words are kept" {
	local kept=$BATS_TEST_TMPDIR/kept i
	mkdir -m 700 "$kept"
	export BEFORE="mount --bind $kept /var/log/debug"
	as_alice -t debug-recorded -- sh -c 'trap "echo last words; exit 1" HUP TERM; echo ready; while :; do sleep 0.1; done' \
		< <(exec sleep 60) > "$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	for i in $(seq 200); do grep -q ready "$BATS_TEST_TMPDIR/out" && break; sleep 0.05; done
	kill -KILL "$(holder_of bin/debug)"
	for i in $(seq 200); do [ "$(jq -r .event "$kept/audit.log")" != $'begin\nend' ] || break; sleep 0.05; done
	echo "$i looks"
	tail -n +2 "$kept"/*.cast | jq -j 'select(.[1] == "o") | .[2]' | grep -q 'last words'
	[ "$(jq -r .event "$kept/audit.log")" = $'begin\nend' ]
	wait $! || :
}

@test "without a place for it there is no session" {
	export BEFORE='rmdir /var/log/debug'
	refused 'must be recorded, and there is no /var/log/debug' as_alice debug-recorded -- sh -c 'echo ran >&2'
	export BEFORE='chmod 777 /var/log/debug'
	refused 'must be recorded, and /var/log/debug is not a directory that only root may write to' as_alice debug-recorded -- true
	export BEFORE='mount -o remount,size=500m /var/log'
	refused 'must be recorded, and /var/log/debug has no room for that' as_alice debug-recorded -- sh -c 'echo ran >&2'
}

@test "what cannot be kept any more ends the session" {
	export BEFORE='mount -o remount,size=600m /var/log; (sleep 1; head -c 700m /dev/zero > /var/log/full) 2> /dev/null &'
	run as_alice debug-recorded -- sh -c 'while :; do echo much; done'
	[ "$status" -eq 125 ]
	[[ "${lines[-1]}" == *'recording of this session cannot be written, so the session was ended: No space left'* ]]
	# Every line that is there is whole.
	jq -es 'length > 10' "$(recording)"
}

@test "nor does it outlive its recorder" {
	start_in_terminal 120x20 debug-recorded -- sleep 60
	for _ in $(seq 100); do
		recorder=$(for fd in /proc/[0-9]*/fd/*; do case $(readlink "$fd") in *.cast) echo "$fd" ;; esac; done | cut -d/ -f3 | sort -u)
		[ -z "$recorder" ] || break
		sleep 0.05
	done
	[ "$(sed -n 's/^Uid:\t\([0-9]*\).*/\1/p' "/proc/$recorder/status")" = 65534 ]
	[ "$(sed -n 's/^Seccomp:\t//p' "/proc/$recorder/status")" = 2 ]
	[ "$(sed -n 's/^CapPrm:\t//p' "/proc/$recorder/status")" = 0000000000000000 ]
	kill -KILL "$recorder"
	tmux_wait_for 'the recorder of this session was killed'
	tmux_wait_for 'status 125'
}

@test "a session that did not begin leaves no file, and root's are not recorded" {
	run as_alice --user no-such-user debug-recorded -- true
	[ "$status" -eq 125 ]
	[ ! -e "$(recording)" ]
	as root "$SETUID_DIR/bin/debug" debug-recorded -- true
	[ ! -e "$(recording)" ]
	[ "$(jq -r 'select(.event == "begin" and .uid == 0).recording' "$BATS_TEST_TMPDIR/audit.log")" = null ]
	run as_alice --dry-run debug-recorded
	[[ "$output" == *"recorded      by debug-helper, in a file of root's"* ]]
	[ ! -e "$(recording)" ]
}
