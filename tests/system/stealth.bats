# SPDX-License-Identifier: GPL-2.0-or-later
# --stealth: not even a process shows in the target, and the session sees the target's as ever.

load ../lib/common

setup_file() { engines_start; images_build; docker_run web debug-test/scratch; }
teardown_file() { docker_clean; engines_stop; }
setup() { residue_begin; }
teardown() { podman_clean; assert_no_residue; }


@test "no process of the session is in the target's pid namespace, nor in its cgroup" {
	pid=$(docker_pid web)
	before=$(readlink "/proc/$pid/ns/pid")
	"$DEBUG" --stealth web -c 'sleep 2 & sleep 1; wait' &
	session=$!
	for _ in $(seq 20); do
		for process in /proc/[0-9]*; do
			[ "$process" != "/proc/$pid" ] || continue
			[ "$(readlink "$process/ns/pid" 2> /dev/null)" != "$before" ] || { echo "${process#/proc/} is there"; wait; false; }
		done
		sleep 0.05
	done
	wait "$session"
	assert_unchanged "$pid" "$DEBUG" --stealth web -- ls /app
}

@test "what a plain session shows, so that the test above can fail" {
	pid=$(docker_pid web)
	"$DEBUG" web -- sleep 1 &
	session=$! found=
	for _ in $(seq 40); do
		for process in /proc/[0-9]*; do
			[ "$process" = "/proc/$pid" ] || [ "$(readlink "$process/ns/pid" 2> /dev/null)" != "$(readlink "/proc/$pid/ns/pid")" ] || found=1
		done
		sleep 0.02
	done
	wait "$session"
	[ "$found" = 1 ]
}

@test "the target's processes are seen, and those of the session find themselves" {
	[ "$("$DEBUG" --stealth web -c 'ps | grep -c server')" -ge 1 ]
	[ "$("$DEBUG" --stealth web -c 'ps -ef | grep -c "[d]ebug-session"')" = 0 ]
	[ "$("$DEBUG" --stealth web -- pgrep server)" = 1 ]
	[ "$("$DEBUG" --stealth web -c 'cat <(echo through a descriptor)')" = 'through a descriptor' ]
	[ "$("$DEBUG" --stealth web -- readlink /proc/self/exe)" = /dev/toolbox/bin/readlink ]
	[ "$("$DEBUG" --stealth web -- cat /proc/1/comm)" = server ]
	[ "$("$DEBUG" --stealth web -c 'readlink /proc/self/ns/net')" = "$(readlink "/proc/$(docker_pid web)/ns/net")" ]
	run "$DEBUG" --stealth web -c 'touch /debug-was-here'
	[ "$status" -ne 0 ]
}

@test "signals to the target's numbers reach nothing of it" {
	pid=$(docker_pid web)
	"$DEBUG" --stealth web -c 'kill -9 1; kill -9 7; true' || :
	[ "$(docker_pid web)" = "$pid" ]
	[ "$(docker inspect -f '{{.State.Running}}' web)" = true ]
}

@test "with a user namespace, and with the target's end" {
	podman_run_userns userns debug-test/scratch
	[ "$("$DEBUG" --stealth userns -- pgrep server)" = 1 ]
	[ "$("$DEBUG" --stealth userns -- cat /proc/self/uid_map)" = "$(cat "/proc/$(podman_pid userns)/uid_map")" ]
	"$DEBUG" --stealth userns -- sleep 60 > "$BATS_TEST_TMPDIR/out" 2>&1 &
	session=$!
	sleep 0.5
	podman_clean
	status=0
	wait "$session" || status=$?
	[ "$status" -eq 137 ]
	grep -q 'the target stopped' "$BATS_TEST_TMPDIR/out"
}

@test "killed at any place, nothing is left" {
	"$DEBUG" --stealth web -c 'sleep 60 & sleep 60' &
	session=$!
	sleep 0.5
	kill -KILL "$session"
	wait "$session" || :
}

@test "refused where the target shares the host's pid namespace" {
	docker_run hostpid --pid host debug-test/scratch
	run "$DEBUG" --stealth hostpid -- true
	[ "$status" -eq 125 ]
	[[ "$output" == *"host's pid namespace"* ]]
}

@test "--dry-run says it" {
	run "$DEBUG" --stealth --dry-run web
	[[ "$output" == *'none of the session shows'* ]]
}
