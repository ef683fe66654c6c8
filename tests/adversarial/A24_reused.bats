# SPDX-License-Identifier: GPL-2.0-or-later
# A24: the container ends, and another process has its number, before the process is pinned, before it is entered, before
# the session's first process is made (runc #1934).
# That the number then leads to the other process is shown by asking for the number itself.
# weaken: src/2-target/target.c s/seen->runtime == TARGET_PROCESS/seen->pid > 0/
# check-long

bats_require_minimum_version 1.5.0

load ../lib/common

setup_file() { engines_start; }
teardown_file() { docker_clean; }
setup() {
	residue_begin
	docker_run reused debug-test/scratch
	pid=$(docker_pid reused)
}
teardown() {
	[ -z "${REUSE_PID-}" ] || { kill -TERM "$REUSE_PID" && wait "$REUSE_PID" || :; }
	docker_clean
	assert_no_residue
}

# Where a system call of `debug` is held for a second, which is when another process gets the number.
reuse_at() { # CALL
	local line
	strace -f -qq -o "$BATS_TEST_TMPDIR/trace" -e "trace=$1" -e "inject=$1:delay_enter=1500000:when=1" \
		"$DEBUG" docker://reused -c 'echo inside' > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" < /dev/null 3>&- &
	session=$!
	for _ in $(seq 500); do grep -q "$1" "$BATS_TEST_TMPDIR/trace" 2> /dev/null && break; sleep 0.01; done
	grep -q "$1" "$BATS_TEST_TMPDIR/trace"
	coproc REUSE { exec "$TOOLS/reuse" "$pid" 3>&-; }
	read -r -t 10 -u "${REUSE[0]}" line
	[ "$line" = reused ]
	status=0
	wait "$session" || status=$?
	cat "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err"
}

assert_refused() {
	[ "$status" -eq 125 ]
	[ ! -s "$BATS_TEST_TMPDIR/out" ]
	[ "$(wc -l < "$BATS_TEST_TMPDIR/err")" = 1 ]
	# It is there, and the number alone leads to it.
	[ "$(cat "/proc/$pid/comm")" = reuse ]
	[ "$("$DEBUG" "pid://$pid" -- cat "/proc/$pid/comm")" = reuse ]
}

@test "before the process is pinned" {
	reuse_at pidfd_open
	assert_refused
}

@test "before it is entered" {
	reuse_at setns
	assert_refused
}

@test "between its mounts and its other namespaces" {
	reuse_at unshare
	assert_refused
}
