# SPDX-License-Identifier: GPL-2.0-or-later
# C01: the engine, its files and directories call a container what takes over terminals: ESC, CR, BS, BEL, C1 controls, OSC 8
# and 52, right-to-left override, zero width, no UTF-8.  Wherever a name is shown it is these printable bytes, and no others.
# weaken: src/0-base/text.c s/memcpy\(out \+ used, encoded, length\)/length = 1; out[used] = from[i]/
# weaken: src/2-target/inquiry.c s/text_is_encoded\(seen->(name|image|id), sizeof\(seen->(name|image|id)\)\)/seen->pid >= 0/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/hostile

RAW=$'\e]0;owned\a\r\b\u009b31m\e]8;;http://x\e\\\e]52;c;eA==\a\u202e\u200b\x7f\t\n'
GOLDEN='\033]0;owned\007\015\010\302\23331m\033]8;;http://x\033\\033]52;c;eA==\007\342\200\256\342\200\213\177\011\012'
export RAW

setup_file() {
	engines_start
	docker_run encoded debug-test/scratch
}
teardown_file() { docker_clean; }
setup() {
	residue_begin
	hostile='.Name = "/evil" + env.RAW | .Config.Image = "img" + env.RAW'
	id=$(docker_id encoded)
	OUT=$BATS_TEST_TMPDIR/out
	export OUT
}
teardown() { assert_no_residue; }

# Nothing but printable ASCII in lines, and the dot between fields of the header.
harmless() { # FILE
	LC_ALL=C sed 's/\xc2\xb7/./g' "$1" | LC_ALL=C run ! grep -anv '^[ -~]*$'
}
# What a shell's line editor prints itself is no part of that.
nothing_raw() { # FILE
	local part
	for part in $'\e]0;o' $'\a\r\b' $'\u009b' $'\e]8;;http' $'\e]52;' $'\u202e' $'\u200b'; do
		run ! grep -aqF -- "$part" "$1"
	done
}

@test "the engine's answer: header, prompt, plan, audit, receipt, recording" {
	engine_claims encoded "$hostile"
	typed "$OUT" exit with_engine script -qec "$DEBUG --shell bash --record $BATS_TEST_TMPDIR/cast ${id:0:20}" /dev/null
	nothing_raw "$OUT"
	grep -aqF "evil$GOLDEN · docker · img$GOLDEN · pid" "$OUT"
	grep -aqF "debug evil$GOLDEN:/app #" "$OUT"
	nothing_raw "$BATS_TEST_TMPDIR/cast"
	jq -es '.[0].title == "'"${id:0:20}"'"' "$BATS_TEST_TMPDIR/cast"
	with_engine "$DEBUG" --dry-run "${id:0:20}" -- true > "$OUT"
	harmless "$OUT"
	grep -qF "target        evil$GOLDEN, process" "$OUT"
	# shellcheck disable=SC2016
	with_engine sh -c 'mount -t tmpfs none /var/log && mkdir -m 700 /var/log/debug && "$@"; cp /var/log/debug/audit.log "$OUT"' \
		sh "$DEBUG" --receipt="$BATS_TEST_TMPDIR/receipt" "${id:0:20}" -- true
	harmless "$OUT"
	[ "$(jq -r 'select(.event == "begin").name' "$OUT")" = "evil${GOLDEN//\\/\\\\}" ]
	[ "$(jq -r 'select(.event == "begin").image' "$OUT")" = "img${GOLDEN//\\/\\\\}" ]
	harmless "$BATS_TEST_TMPDIR/receipt"
}

@test "the engine's answer: errors" {
	engine_claims encoded "$hostile | .State.Pid = 2147483647"
	with_engine "$DEBUG" "${id:0:20}" -- true > "$OUT" 2>&1 || [ $? -eq 125 ]
	grep -qF "container \`evil$GOLDEN\` ended just now" "$OUT"
	harmless "$OUT"
	engine_claims encoded "$hostile | .State.Pid = $$"
	with_engine "$DEBUG" doctor "${id:0:20}" > "$OUT" 2>&1 || [ $? -eq 1 ]
	grep -qF "evil$GOLDEN" "$OUT"
	LC_ALL=C sed 's/\xe2\x9c\x93//g' "$OUT" > "$BATS_TEST_TMPDIR/ticked"
	harmless "$BATS_TEST_TMPDIR/ticked"
	# What is typed is not let through to anybody.
	engine_claims encoded
	run with_engine "$DEBUG" "liar$RAW" -- true
	[ "$status" -eq 125 ]
	printf '%s\n' "$output" > "$OUT"
	harmless "$OUT"
	[ -z "$(engine_was_asked)" ]
}

@test "what is kept on disk: list, choice, suggestion, several" {
	one=$(printf 'a%.0s' $(seq 63))1 two=$(printf 'a%.0s' $(seq 63))2
	disk_keeps encoded "$one" "$hostile"
	disk_keeps encoded "$two" "$hostile | .State.Running = false"
	for options in -a '-a --json' '-a -q'; do
		# shellcheck disable=SC2086
		with_disk "$DEBUG" ls $options --runtime docker > "$OUT" 2>&1
		harmless "$OUT"
		[ "$options" = '-a -q' ] || grep -qF "evil" "$OUT"
	done
	with_disk "$DEBUG" ls -a --runtime docker > "$OUT"
	grep -qE "^docker +evil" "$OUT"
	grep -qF "evil$GOLDEN" "$OUT"
	[ "$(with_disk "$DEBUG" ls -a --json --runtime docker | jq -r '.[0].name, .[0].image')" = "evil$GOLDEN"$'\n'"img$GOLDEN" ]
	with_disk "$DEBUG" aaaa -- true > "$OUT" 2>&1 || [ $? -eq 125 ]
	harmless "$OUT"
	grep -qF 'fits several' "$OUT"
	grep -qF '(evil\033]0;owned' "$OUT"
	rm -r "$BATS_TEST_TMPDIR/disk"
	disk_keeps encoded "$id" "$hostile"
	PROMPT='number, or' typed "$OUT" q with_disk script -qec "stty cols 200; $DEBUG --runtime docker" /dev/null
	nothing_raw "$OUT"
	grep -aqF 'evil\033]0;owned' "$OUT" || { cat -v "$OUT"; false; }
	disk_keeps encoded "$id" '.Name = "/evil-container\u001b"'
	with_disk "$DEBUG" docker://evil-container -- true > "$OUT" 2>&1 || [ $? -eq 125 ]
	harmless "$OUT"
	grep -qF 'did you mean `evil-container\033`' "$OUT"
}

@test "directories of machines, which hold any byte" {
	# shellcheck disable=SC2016
	run -0 unshare --mount --propagation private bash -c 'mkdir -p /var/lib/machines && mount -t tmpfs -o mode=755 none /var/lib/machines || exit 99
		mkdir -p /var/lib/machines/$'"'evil\\e[2J\\x9b31m\\xff\\n\\xe2\\x80\\xaeend'"'/usr
		"$DEBUG" ls -a --runtime nspawn > "$OUT"; "$DEBUG" ls -a --runtime nspawn --json > "$OUT.json"'
	harmless "$OUT"
	grep -qF 'evil\033[2J\23331m\377\012\342\200\256end' "$OUT"
	harmless "$OUT.json"
	[ "$(jq -r '.[0].name' "$OUT.json")" = 'evil\033[2J\23331m\377\012\342\200\256end' ]
}
