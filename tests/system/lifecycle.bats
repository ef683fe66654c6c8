# SPDX-License-Identifier: GPL-2.0-or-later
# However a session ends, nothing of it is left: each of its processes killed in turn, signals, the target
# stopping under it.  Processes are found as children of the one we started, never by name.

load ../lib/common

setup_file() { engines_start; images_build; docker_run web debug-test/scratch; }
teardown_file() { docker_clean; engines_stop; }
setup() { residue_begin; target_begin web; }
teardown() { assert_no_residue; assert_target_unchanged web; }

children() { cat "/proc/$1/task/$1/children"; }

# Starts a session that is hard to end: a command, a daemonised child, one that ignores signals.
session_start() {
	"$DEBUG" web -c 'setsid sleep 901 & (trap "" HUP TERM; setsid sh -c "sleep 902; sleep 903" &); echo ready; sleep 904' \
		> "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" < /dev/null 3>&- &
	P0=$!
	for _ in $(seq 100); do grep -q ready "$BATS_TEST_TMPDIR/out" && break; sleep 0.05; done
	P1=$(children "$P0" | tr -d ' ')
	P4=$(children "$P1" | tr -d ' ')
	read -r P5 _ <<< "$(children "$P4")"
	[ -n "$P5" ]
}

# Waits at most SECONDS for our child P0 to end; its status in $status.
await_end() {
	status=timeout
	timeout "$1" tail --pid="$P0" -s 0.05 -f /dev/null || return 1
	status=0
	wait "$P0" || status=$?
}

# The session's own processes are gone from the target within two seconds.
assert_session_gone() {
	for _ in $(seq 40); do
		run docker top web -o pid,args
		[[ "$output" != *"sleep 90"* && "$output" != *debug-session* ]] && return
		sleep 0.05
	done
	echo "still in the target: $output"
	return 1
}

@test "SIGKILL of debug" {
	session_start
	kill -KILL "$P0"
	await_end 5
	assert_session_gone
}

@test "SIGKILL of debug-helper" {
	session_start
	kill -KILL "$P1"
	await_end 5
	[ "$status" = 125 ]
	[[ "$(cat "$BATS_TEST_TMPDIR/err")" == *"debug-helper was killed"* ]]
	assert_session_gone
}

@test "SIGKILL of the session init" {
	session_start
	kill -KILL "$P4"
	await_end 5
	[ "$status" = 137 ]
	assert_session_gone
}

@test "SIGKILL of the command" {
	session_start
	kill -KILL "$P5"
	await_end 5
	[ "$status" = 137 ]
	assert_session_gone
}

@test "SIGKILL of debug and debug-helper at once: the processes end, the next run removes the cgroup" {
	session_start
	kill -KILL "$P0" "$P1"
	await_end 5
	assert_session_gone
	"$DEBUG" web -- true
}

@test "SIGKILL of debug-helper and the session init at once" {
	session_start
	kill -KILL "$P1" "$P4"
	await_end 5
	[ "$status" = 125 ]
	assert_session_gone
}

@test "SIGKILL of all four at once: the next run ends what is left" {
	session_start
	kill -KILL "$P0" "$P1" "$P4" "$P5"
	await_end 5
	"$DEBUG" web -- true
	assert_session_gone
}

@test "SIGTERM and SIGHUP to debug end the session" {
	for signal in TERM:143 HUP:129; do
		session_start
		kill -"${signal%:*}" "$P0"
		await_end 5
		[ "$status" = "${signal#*:}" ]
		assert_session_gone
	done
}

@test "SIGTERM and SIGHUP to debug-helper end the session" {
	for signal in TERM HUP; do
		session_start
		kill -"$signal" "$P1"
		await_end 5
		assert_session_gone
	done
}

@test "SIGINT is passed to the command" {
	"$DEBUG" web -c 'trap "echo interrupted; exit 9" INT; echo ready; while :; do sleep 0.1; done' \
		> "$BATS_TEST_TMPDIR/out" < /dev/null 3>&- &
	P0=$!
	for _ in $(seq 100); do grep -q ready "$BATS_TEST_TMPDIR/out" && break; sleep 0.05; done
	kill -INT "$P0"
	await_end 5
	[ "$status" = 9 ]
	[ "$(tail -n 1 "$BATS_TEST_TMPDIR/out")" = interrupted ]
}

@test "a frozen command does not hold the end of the session" {
	session_start
	kill -STOP "$P5"
	kill -TERM "$P0"
	await_end 6
	assert_session_gone
}

@test "a frozen session init does not either" {
	session_start
	kill -STOP "$P4"
	kill -TERM "$P0"
	await_end 8
	assert_session_gone
}

@test "the target stopping ends the session with a sentence" {
	docker_run brief debug-test/scratch
	"$DEBUG" brief -c 'echo ready; sleep 900' > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" < /dev/null 3>&- &
	P0=$!
	for _ in $(seq 100); do grep -q ready "$BATS_TEST_TMPDIR/out" && break; sleep 0.05; done
	docker stop -t 0 brief > /dev/null
	await_end 5
	[ "$status" = 137 ]
	[[ "$(cat "$BATS_TEST_TMPDIR/err")" == "debug: the target stopped"* ]]
	docker rm -f brief > /dev/null
}

@test "the target can be removed while a session is in it" {
	docker_run brief debug-test/scratch
	"$DEBUG" brief -c 'echo ready; sleep 900' > "$BATS_TEST_TMPDIR/out" 2>&1 < /dev/null 3>&- &
	P0=$!
	for _ in $(seq 100); do grep -q ready "$BATS_TEST_TMPDIR/out" && break; sleep 0.05; done
	docker rm -f brief > /dev/null
	await_end 5
	[ "$status" = 137 ]
}

@test "two sessions in one target are strangers" {
	"$DEBUG" web -c 'echo one > $HOME/mark; echo ready; sleep 2; cat $HOME/mark' > "$BATS_TEST_TMPDIR/out" < /dev/null 3>&- &
	P0=$!
	for _ in $(seq 100); do grep -q ready "$BATS_TEST_TMPDIR/out" && break; sleep 0.05; done
	run "$DEBUG" web -c 'cat $HOME/mark'
	[ "$status" -ne 0 ]
	await_end 5
	[ "$(tail -n 1 "$BATS_TEST_TMPDIR/out")" = one ]
}

@test "fifty sessions at once" {
	for i in $(seq 50); do "$DEBUG" web -c "echo $i" > "$BATS_TEST_TMPDIR/out.$i" 2>&1 < /dev/null 3>&- & done
	wait
	# What any of them said instead.
	grep -vxE '[0-9]+' "$BATS_TEST_TMPDIR"/out.* || :
	[ "$(cat "$BATS_TEST_TMPDIR"/out.* | sort -n | tr '\n' ' ')" = "$(seq 50 | tr '\n' ' ')" ]
}

@test "interrupted at any moment of the start, nothing is left, not even a zombie" {
	fixture_start --no-reap
	for i in $(seq 40); do
		"$DEBUG" "pid://$FIXTURE_PID" -- sleep 0.01 < /dev/null 2> /dev/null 3>&- &
		P0=$!
		sleep "0.00$((i % 10))"
		kill -INT "$P0" 2> /dev/null || :
		wait "$P0" || :
	done
	run "$DEBUG" "pid://$FIXTURE_PID" -c 'ps -eo stat= | grep -c Z'
	[ "$output" = 0 ]
	fixture_stop
}

@test "a resize while the session starts does not end it" {
	for i in $(seq 20); do
		"$DEBUG" web -- true < /dev/null 3>&- &
		P0=$!
		sleep "0.00$((i % 5))"
		kill -WINCH "$P0" 2> /dev/null || :
		status=0
		wait "$P0" || status=$?
		[ "$status" = 0 ]
	done
}
