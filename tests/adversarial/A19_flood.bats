# SPDX-License-Identifier: GPL-2.0-or-later
# A19: the session writes without end and without a newline, to a reader that is fast, or that does not read at all
# (CVE-2022-1708, CVE-2022-31030): what debug and debug-helper use of memory stays the same, and the caller can leave.
# That growth is seen:
# weaken: src/7-session/relay_terminal.c s/#include <string.h>/#include <stdlib.h>\n#include <string.h>/
# weaken: src/7-session/relay_terminal.c s/(\tdirection->end = \(size_t\)n;)/\1 *(volatile char *)malloc(sizeof(direction->bytes)) = 1;/

bats_require_minimum_version 1.5.0

load ../lib/common

setup_file() { engines_start; docker_run floods debug-test/scratch; }
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() {
	[ -z "${READER-}" ] || { kill -KILL "$READER" && wait "$READER" || :; }
	assert_no_residue
}

memory_of() { awk '/^VmRSS:/ { print $2 }' "/proc/$1/status"; } # PID: in KiB
read_bytes() { awk '/^rchar:/ { print $2 }' "/proc/$1/io"; } # PID

# A debug whose output goes into a fifo; both of its processes in $P0 and $P1.
flood_begin() { # OPTION...
	rm -f "$BATS_TEST_TMPDIR/fifo"
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	"$DEBUG" "$@" floods -c 'exec cat /dev/zero' > "$BATS_TEST_TMPDIR/fifo" 2> /dev/null < /dev/null 3>&- &
	P0=$!
	exec {FIFO}< "$BATS_TEST_TMPDIR/fifo"
	# The first byte.
	head -c 1 <&"$FIFO" > /dev/null
	P1=$(tr -d ' ' < "/proc/$P0/task/$P0/children")
}
flood_end() {
	local begun=$EPOCHREALTIME status=0
	kill -TERM "$P0"
	timeout 10 tail --pid="$P0" -s 0.02 -f /dev/null
	wait "$P0" || status=$?
	[ "$status" -eq 143 ]
	# In a second it has asked the session to end, and been told.
	[ $(((${EPOCHREALTIME/./} - ${begun/./}) / 1000)) -lt 5000 ]
	exec {FIFO}<&-
}
assert_same_memory() { # KIB-OF-P0 KIB-OF-P1
	echo "P0 $1 to $(memory_of "$P0") KiB, P1 $2 to $(memory_of "$P1") KiB"
	# The sanitizers keep what was freed for a while.
	local most=$((${SANITIZED:+7 * 1024} + 1024))
	[ $(($(memory_of "$P0") - $1)) -lt "$most" ]
	[ $(($(memory_of "$P1") - $2)) -lt "$most" ]
}

@test "a reader that reads all of it" {
	for options in -t -T; do
		flood_begin "$options"
		cat <&"$FIFO" > /dev/null &
		READER=$!
		for _ in $(seq 200); do [ "$(read_bytes "$READER")" -gt 4000000 ] && break; sleep 0.05; done
		p0=$(memory_of "$P0") p1=$(memory_of "$P1")
		for _ in $(seq 400); do [ "$(read_bytes "$READER")" -gt 64000000 ] && break; sleep 0.05; done
		[ "$(read_bytes "$READER")" -gt 64000000 ]
		assert_same_memory "$p0" "$p1"
		flood_end
		wait "$READER"
		READER=
	done
}

@test "a reader that does not read" {
	for options in -t -T; do
		flood_begin "$options"
		p0=$(memory_of "$P0") p1=$(memory_of "$P1")
		sleep 0.5
		assert_same_memory "$p0" "$p1"
		flood_end
	done
}
