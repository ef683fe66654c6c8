# SPDX-License-Identifier: GPL-2.0-or-later
# C05: variables, directories and users with real newlines, escapes and equals signs, a megabyte of them, users whose names are
# numbers and whose numbers are none (CVE-2022-4318, CVE-2026-30892, CVE-2026-46680).
# That such a user is root for a reader of less care is shown by a weaker one.
# weaken: src/6-join/identity.c s/!text_to_number\(text, 0, UINT32_MAX - 1L, &number\)/(number = strtol(text, NULL, 0)) < -9/

bats_require_minimum_version 1.5.0

load ../lib/common

setup_file() {
	engines_start
	big=$(head -c 100000 /dev/zero | tr '\0' b)
	printf '%s\n' 'root:x:0:0::/:' '1000:x:0:0::/:' '0:x:4711:4711::/:' 'minus:x:-1:-1::/:' 'most:x:4294967295:0::/:' 'wraps:x:4294967296:4294967296::/:' \
		'signed:x:+0:+0::/:' 'hex:x:0x0:0x0::/:' 'blank:x: 0:0::/:' 'exponent:x:0e0:0::/:' 'none:x:::/:' 'short:x:0' 'zeros:x:00:00::/:' \
		$'tab:x:0\t:0::/:' 'sound:x:7:8::/:' > "$BATS_FILE_TMPDIR/passwd"
	docker_run -e $'HOME=/x\nroot::0:0::/:/bin/sh' -e $'USER=a\e[2J\r' -e 'EQUALS==a=b=' -e $'\nNEWLINE=in a name' -e 'EMPTY=' -e "B1=$big" -e "B2=$big" \
		-e "B3=$big" -e "B4=$big" -e "B5=$big" -e "B6=$big" -e "B7=$big" -e "B8=$big" -e "B9=$big" -w $'/a\nb\e[2J' \
		-v "$BATS_FILE_TMPDIR/passwd:/etc/passwd:ro" fields debug-test/scratch
}
teardown_file() { docker_clean; }
setup() { residue_begin; target_begin fields; }
teardown() { assert_no_residue; assert_target_unchanged fields; }

@test "variables are the session's as they are the target's, to the byte, and no others come of them" {
	tr '\0' '\n' < "/proc/$(docker_pid fields)/environ" > "$BATS_TEST_TMPDIR/theirs"
	"$DEBUG" fields -- env -0 | tr '\0' '\n' > "$BATS_TEST_TMPDIR/ours"
	ours='^(HOME|PATH|TMPDIR|TMUX_TMPDIR|SHELL|LANG|TERM)='
	diff <(grep -vE "$ours|^root::0:0" "$BATS_TEST_TMPDIR/theirs" | sort) <(grep -vE "$ours" "$BATS_TEST_TMPDIR/ours" | sort)
	[ "$(grep -c ^HOME= "$BATS_TEST_TMPDIR/ours")" = 1 ]
	grep -qx HOME=/dev/toolbox/run "$BATS_TEST_TMPDIR/ours"
	# In place of the whole variable, not of its first line.
	run ! grep -q ^root:: "$BATS_TEST_TMPDIR/ours"
	grep -q ^root:: "$BATS_TEST_TMPDIR/theirs"
}

@test "the working directory is entered, and shown in one line" {
	[ "$("$DEBUG" fields -- pwd)" = $'/a\nb\e[2J' ]
	run -0 "$DEBUG" --dry-run fields -- true
	[[ "$output" == *'directory     /a\012b\033[2J'* ]]
	run -125 "$DEBUG" -w $'/no\nsuch\e[2J' fields -- true
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == *'`/no\012such\033[2J`'* ]]
	typed "$BATS_TEST_TMPDIR/screen" exit script -qec "$DEBUG --shell bash fields" /dev/null
	run ! grep -aqF $'\e[2J' "$BATS_TEST_TMPDIR/screen"
}

@test "a number is a number, and a user whose numbers are none is no user" {
	[ "$("$DEBUG" -u 1000 fields -c 'id -u')" = 1000 ]
	[ "$("$DEBUG" -u 0 fields -c 'id -u')" = 0 ]
	[ "$("$DEBUG" -u sound fields -c 'id -u; id -g' | tr '\n' :)" = 7:8: ]
	for user in minus most wraps signed hex blank exponent none short tab; do
		run "$DEBUG" -u "$user" fields -- id -u
		echo "$user: $status $output"
		[ "$status" -eq 125 ]
		[ "${#lines[@]}" -eq 1 ]
	done
	# Zeros before it make no other number.
	run "$DEBUG" -u zeros fields -- id -u
	[ "$status/$output" = 0/0 ] || [ "$status" -eq 125 ]
	for user in 4294967295 4294967296 -1 +0 ' 0' 0x0 0e0 1:2:3 : 0: :0 $'0\n' $'\e[31mblue' $'root\nx'; do
		run "$DEBUG" -u "$user" fields -- id -u
		printf '%q: %s\n' "$user" "$status $output"
		[ "$status" -eq 125 ]
		[ "${#lines[@]}" -eq 1 ]
		LC_ALL=C run ! grep -q '[^ -~]' <<< "$output"
	done
}

@test "a list of users that is endless costs a sentence" {
	echo 'sound:x:7:8::/:' > "$BATS_FILE_TMPDIR/long"
	docker_run -v "$BATS_FILE_TMPDIR/long:/etc/passwd:ro" fields-long debug-test/scratch
	[ "$("$DEBUG" -u sound fields-long -- id -u)" = 7 ]
	# The engine would not have started it like that.
	head -c 3000000 /dev/zero | tr '\0' x >> "$BATS_FILE_TMPDIR/long"
	run -125 "$DEBUG" -u sound fields-long -- id -u
	[[ "$output" == *'no user `sound`'* ]]
	truncate -s 1T "$BATS_FILE_TMPDIR/long"
	run -125 "$DEBUG" -u sound fields-long -- id -u
	[ "$("$DEBUG" -u 7 fields-long -- id -u)" = 7 ]
}
