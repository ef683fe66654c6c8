# SPDX-License-Identifier: GPL-2.0-or-later
# C11, B17: every byte that can stand in a word, in every field of the audit trail that a caller fills: what was asked for, why,
# for whom, what is run.
# That the bytes were all there is shown by having them back.
# weaken: src/7-session/audit.c s/\*at >= ' ' && \*at <= '~'/*at != 7/

bats_require_minimum_version 1.5.0

load ../lib/common

setup_file() { engines_start; docker_run bytes debug-test/scratch; }
teardown_file() { docker_clean; }
setup() { residue_begin; LOG=$BATS_TEST_TMPDIR/log; export LOG; }
teardown() { assert_no_residue; }

# shellcheck disable=SC2016
audited() { # COMMAND...
	unshare --mount --propagation private sh -c 'mount -t tmpfs -o mode=755 none /var/log && mkdir -m 700 /var/log/debug || exit 99
		"$@"; status=$?; cp /var/log/debug/audit.log "$LOG"; exit $status' sh "$@"
}
every_byte() { local i; for i in $(seq 255); do printf '%b' "\\0$(printf %o "$i")"; done; }
# What unvis(3) does.
decoded() { printf '%b' "$(sed -E 's/\\([0-7]{3})/\\0\1/g')"; }
assert_sound() {
	LC_ALL=C run ! grep -anv '^[ -~]*$' "$LOG"
	jq -e . "$LOG" > /dev/null
	# Each line by itself, and no field twice.
	while IFS= read -r line; do
		[ "$(jq -rc 'keys_unsorted | length' <<< "$line")" = "$(jq --stream -c 'select(length == 2 and (.[0] | length) == 1) | .[0][0]' <<< "$line" | sort -u | wc -l)" ] ||
			[ "$(jq -rc 'has("command")' <<< "$line")" = true ]
	done < "$LOG"
}

@test "each byte comes back, and no line is made of them" {
	all=$(every_byte)
	audited "$DEBUG" --reason "$all" bytes -- printf %s "$all" > "$BATS_TEST_TMPDIR/out"
	[ "$(cat "$BATS_TEST_TMPDIR/out")" = "$all" ]
	assert_sound
	[ "$(wc -l < "$LOG")" = 2 ]
	jq -rj 'select(.event == "begin").reason' "$LOG" | decoded | cmp - <(every_byte)
	jq -rj 'select(.event == "begin").command[2]' "$LOG" | decoded | cmp - <(every_byte)
}

@test "in what is refused, and in what is too long" {
	all=$(every_byte)
	run -125 audited "$DEBUG" "$all" -- true
	assert_sound
	[ "$(jq -r .event "$LOG")" = refused ]
	run -125 audited "$DEBUG" --user "$all" bytes -- true
	assert_sound
	SUDO_USER=$all SSH_CONNECTION=$all run -0 audited "$DEBUG" --reason "$all$all$all$all$all$all" bytes -c ": '${all//\'/}'$(head -c 20000 /dev/zero | tr '\0' x)"
	assert_sound
	[ "$(jq -r 'select(.event == "begin").is_cut' "$LOG")" = true ]
	[ "$(jq -r .event "$LOG" | paste -sd/)" = begin/end ]
}
