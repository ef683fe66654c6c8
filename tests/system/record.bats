# SPDX-License-Identifier: GPL-2.0-or-later
# --record: what a session's terminal printed, in a file of the caller's.

bats_require_minimum_version 1.5.0

load ../lib/common

setup_file() { engines_start; docker_run recorded debug-test/scratch; }
teardown_file() { docker_clean; }
setup() { residue_begin; CAST=$BATS_TEST_TMPDIR/session.cast; }
teardown() { tmux_end; assert_no_residue; }

printed() { jq -rj 'select(type == "array" and .[1] == "o") | .[2]' "$CAST"; }

@test "a session that is typed" {
	tmux_start 90x25 "sh -c '$DEBUG --shell bash --record $CAST recorded; echo status \$? >&2; sleep 60'"
	tmux_wait_for 'recorded:'
	tmux_send 'echo $((6 * 7))' Enter
	tmux_wait_for 42
	tmux_resize 100 30
	tmux_send 'exit 9' Enter
	tmux_wait_for 'status 9'
	[ "$(jq -r 'select(type == "object") | "\(.version) \(.width)x\(.height) \(.title)"' "$CAST")" = '2 90x25 recorded' ]
	printed > "$BATS_TEST_TMPDIR/printed"
	grep -q 'echo $((6 \* 7))' "$BATS_TEST_TMPDIR/printed"
	grep -q 42 "$BATS_TEST_TMPDIR/printed"
	[ "$(jq -r 'select(type == "array" and .[1] == "r") | .[2]' "$CAST")" = 100x30 ]
	# Times grow.
	jq -es 'map(select(type == "array") | .[0]) | . == sort' "$CAST"
	[ "$(stat -c %a "$CAST")" = 600 ]
}

@test "what was printed is what was recorded, byte for byte, and the status is the command's" {
	run -3 script -qec "$DEBUG --record $CAST recorded -- sh -c 'seq 20000; printf \"gr\\303\\274n\"; exit 3'" "$BATS_TEST_TMPDIR/typescript"
	sed '1d' "$BATS_TEST_TMPDIR/typescript" | sed '$d' | head -c 100000 > "$BATS_TEST_TMPDIR/seen"
	printed | head -c 100000 > "$BATS_TEST_TMPDIR/printed"
	[ "$(stat -c %s "$BATS_TEST_TMPDIR/printed")" = 100000 ]
	cmp "$BATS_TEST_TMPDIR/seen" "$BATS_TEST_TMPDIR/printed"
	printed | tail -c 10 | grep -q grün
}

@test "what cannot be recorded is refused before anything is done" {
	echo mine > "$CAST"
	ln -s /etc/hostname "$BATS_TEST_TMPDIR/link"
	for path in "$CAST" "$BATS_TEST_TMPDIR/link" "$BATS_TEST_TMPDIR" /nowhere/cast /dev/full; do
		run -125 "$DEBUG" -t --record "$path" recorded -- true
		[ "${#lines[@]}" -eq 1 ]
		[[ "$output" == *"\`$path\`"* ]]
	done
	[ "$(cat "$CAST")" = mine ]
	run -125 "$DEBUG" --record "$BATS_TEST_TMPDIR/new" recorded -- true
	[ "$output" = 'debug: --record is for a session with a terminal; -t gives it one' ]
	run -125 "$DEBUG" --record "$BATS_TEST_TMPDIR/new" ls
	[ "$output" = 'debug: option --record is for a session' ]
	# No session, no recording.
	run -125 "$DEBUG" -t --record "$BATS_TEST_TMPDIR/new" recorded-not -- true
	[ ! -e "$BATS_TEST_TMPDIR/new" ]
}

@test "on a disk that is full the session goes on, and says where the recording ends" {
	mkdir "$BATS_TEST_TMPDIR/small"
	# shellcheck disable=SC2016
	run -4 unshare --mount --propagation private sh -c 'mount -t tmpfs -o size=16k none "$1"; shift; "$@"; status=$?; cp "$CAST" "$KEPT"; exit $status' sh \
		"$BATS_TEST_TMPDIR/small" env CAST="$BATS_TEST_TMPDIR/small/cast" KEPT="$CAST" sh -c '"$0" -t --record "$CAST" recorded -- sh -c "seq 20000; exit 4"; status=$?; cp "$CAST" "$KEPT"; exit $status' "$DEBUG"
	[[ "$output" == *20000* ]]
	[[ "$output" == *"the recording \`$BATS_TEST_TMPDIR/small/cast\` ends "*"s after the session began: No space left on device"* ]]
	jq -es 'length > 1' "$CAST"
}
