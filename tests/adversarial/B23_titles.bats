# SPDX-License-Identifier: GPL-2.0-or-later
# B23: processes are called as /proc/PID/stat is written (CVE-2017-1000367), with brackets, spaces, states, newlines and bytes
# that are no text.
# That a reader who splits at spaces is misled is shown by awk(1).
# weaken: src/0-base/proc.c s/strrchr\(text, '\)'\)/strchr(text, ')')/

bats_require_minimum_version 1.5.0

load ../lib/common

setup() { residue_begin; }
teardown() {
	[ -z "${PARENT-}" ] || { kill -KILL "$PARENT"; wait "$PARENT"; } 2> /dev/null || :
	assert_no_residue
}

@test "whatever a process is called, it is the one that was meant" {
	for title in 'a) Z 1 1 1 (' ') X 0 0' '(((' ')))' $'a\nb) R 1' $'\xff\xfe)\e[2J' 'a b c d e f g h' $'x) S 2 2\t'; do
		cp /usr/bin/sleep "$BATS_TEST_TMPDIR/$title"
		unshare --mount --pid --fork --kill-child "$BATS_TEST_TMPDIR/$title" 100 3>&- &
		PARENT=$!
		for _ in $(seq 200); do
			read -r VICTIM _ < "/proc/$PARENT/task/$PARENT/children" || :
			[ -n "$VICTIM" ] && cmp -s <(printf '%s\n' "$title") "/proc/$VICTIM/comm" && break
			sleep 0.02
		done
		cmp <(printf '%s\n' "$title") "/proc/$VICTIM/comm"
		[ "$("$DEBUG" "pid://$VICTIM" -- readlink /proc/self/ns/pid)" = "$(readlink "/proc/$VICTIM/ns/pid")" ]
		"$DEBUG" ls > "$BATS_TEST_TMPDIR/list" 2>&1
		LC_ALL=C run ! grep -av '^[ -~]*$' "$BATS_TEST_TMPDIR/list"
		{ kill -KILL "$PARENT"; wait "$PARENT"; } 2> /dev/null || :
		# A zombie's state, where there is none.
		[ "$title" != 'a) Z 1 1 1 (' ] || [ "$(echo "1 ($title) S 2" | awk '{ print $3 }')" = Z ]
		PARENT=
	done
}
