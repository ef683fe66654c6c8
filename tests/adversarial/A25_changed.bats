# SPDX-License-Identifier: GPL-2.0-or-later
# A25: between being looked at and being entered the process goes into other namespaces.  A session is in those that were
# pinned, or is not; never in a mixture.
# weaken: src/6-join/join.c s/if \(kind == NAMESPACE_MOUNT \|\|/if (kind != NAMESPACE_USER ||/

bats_require_minimum_version 1.5.0

load ../lib/common

setup() { residue_begin; }
teardown() {
	[ -z "${RESTLESS_PID-}" ] || { kill -KILL "$RESTLESS_PID" && wait "$RESTLESS_PID" || :; }
	assert_no_residue
}

# A process in namespaces of its own, which makes others when told to.
restless_begin() { # FLAGS of unshare(2)
	local line
	coproc RESTLESS { exec unshare --mount --net --uts --ipc python3 -c '
import ctypes, sys, time
print("up", flush=True)
sys.stdin.readline()
print(ctypes.CDLL(None).unshare(int(sys.argv[1], 0)), flush=True)
time.sleep(1000)' "$1" 3>&-; }
	TARGET=$RESTLESS_PID
	read -r -t 10 -u "${RESTLESS[0]}" line
	[ "$line" = up ]
}

# The joiner is held where it enters the first namespace.
attach_meanwhile() {
	local line
	rm -f "$BATS_TEST_TMPDIR/trace"
	strace -f -qq -o "$BATS_TEST_TMPDIR/trace" -e trace=setns -e inject=setns:delay_enter=1500000:when=1 \
		"$DEBUG" "pid://$TARGET" -c 'readlink /proc/self/ns/net /proc/self/ns/uts /proc/self/ns/ipc' > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" < /dev/null 3>&- &
	session=$!
	for _ in $(seq 500); do grep -q setns "$BATS_TEST_TMPDIR/trace" 2> /dev/null && break; sleep 0.01; done
	echo >&"${RESTLESS[1]}"
	read -r -t 10 -u "${RESTLESS[0]}" line
	[ "$line" = 0 ]
	status=0
	wait "$session" || status=$?
	cat "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err"
}

@test "another network, host name, IPC" {
	for flags in 0x40000000 0x0c000000; do
		restless_begin "$flags"
		attach_meanwhile
		[ "$status" -eq 125 ]
		[[ $(cat "$BATS_TEST_TMPDIR/err") = 'debug: the target changed its '*' namespace meanwhile; try again' ]]
		[ ! -s "$BATS_TEST_TMPDIR/out" ]
		# And the next try is in the new ones.
		[ "$("$DEBUG" "pid://$TARGET" -- readlink /proc/self/ns/net)" = "$(readlink "/proc/$TARGET/ns/net")" ]
		kill -KILL "$RESTLESS_PID" && wait "$RESTLESS_PID" || :
	done
}

@test "another mount namespace" {
	restless_begin 0x00020000
	attach_meanwhile
	[ "$status" -eq 125 ]
	[ "$(cat "$BATS_TEST_TMPDIR/err")" = 'debug: the target changed its mount namespace meanwhile; try again' ]
	[ ! -s "$BATS_TEST_TMPDIR/out" ]
	"$DEBUG" "pid://$TARGET" -- true
}
