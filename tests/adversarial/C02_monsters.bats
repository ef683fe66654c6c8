# SPDX-License-Identifier: GPL-2.0-or-later
# C02: the engine's answer is JSON that no program likes: a million deep, a million elements, a string of four megabytes, the
# same key twice, numbers that are none, text that is no Unicode; each beside all that is needed for a session.
# That the answer without the monster leads into a session is shown first.
# weaken: src/2-target/json.c s/JSON_REJECT_DUPLICATES/JSON_DISABLE_EOF_CHECK/
# weaken: src/0-base/sandbox.c s/limit\(RLIMIT_AS, rules->memory_max\) && //

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/hostile

setup_file() {
	engines_start
	docker_run monstrous debug-test/scratch
}
teardown_file() { docker_clean; }
setup() {
	residue_begin
	engine_claims monstrous
	mv "$BATS_TEST_TMPDIR/body" "$BATS_TEST_TMPDIR/sound"
}
teardown() { assert_no_residue; }

beside() { # COMMAND: what it prints is the value of one more key
	{ printf '{"Monster":'; eval "$1"; tail -c +2 "$BATS_TEST_TMPDIR/sound" | sed '1s/^/,/'; } > "$BATS_TEST_TMPDIR/body"
}
repeat() { yes "$1" | head -n "$2" | tr -d '\n'; } # TEXT TIMES

@test "without a monster there is a session, and beside one that is JSON" {
	for monster in 'echo 1' 'printf \"; repeat x 4000000; printf \"' 'printf "{"; seq -f "\"%.0f\":0," 300000; printf "\"a\":0}"' \
		'repeat [ 2000; repeat ] 2000' "printf '\"\\\\uD83D\\\\uDE00\"'"; do
		beside "$monster"
		[ "$(with_engine "$DEBUG" liar -- readlink /proc/self/ns/pid)" = "$(readlink "/proc/$(docker_pid monstrous)/ns/pid")" ]
	done
}

@test "what is too deep, too much or no JSON costs neither time nor memory" {
	for monster in 'repeat [ 1000000' 'repeat "{\"a\":" 700000' 'repeat [ 3000; repeat ] 3000' 'printf \"; repeat x 3000000' 'repeat 9 400' 'echo 1e999' \
		'echo -1e999' 'echo NaN' 'echo Infinity' 'echo nil' 'echo 0x10' 'echo +1' 'echo .5' 'echo "[1,]"' "echo \"'a'\"" 'echo "/**/1"' \
		"printf '\"\\\\u0000\": 1'" "printf '{\"\\\\u0000\": 1}'" "printf '\"\\\\uD800\"'" "printf '\"\\\\uDC00\\\\uD800\"'" \
		"printf '\"\\xff\"'" "printf '\"\\xc0\\xaf\"'" "printf '\"\\xed\\xa0\\x80\"'" "printf '\"a\\nb\"'" "printf '\"\\0\"'" \
		'echo "{\"a\":1,\"a\":1}"'; do
		beside "$monster"
		within 20 16 125 'is not valid JSON' "$DEBUG" liar -- true
	done
	# Valid, not too long, and sixty times as large in memory: the resolver ends at its limit, which it cannot have with the
	# sanitizers' shadow.
	[ -z "${SANITIZED-}" ] || return 0
	beside 'printf "["; repeat "{}," 1300000; printf "{}]"'
	within 20 256 125 'the resolver process ended without an answer' "$DEBUG" liar -- true
}

@test "what is around or twice in the whole" {
	for change in 'cat sound; echo x' 'cat sound sound' 'printf "\357\273\277"; cat sound' 'iconv -t UTF-16 sound' 'iconv -t UTF-32LE sound' \
		'printf "["; cat sound; printf "]"' 'sed "s/\"State\":{/\"State\":{},&/" sound' 'sed "s/\"Pid\":/\"Pid\":2,&/" sound' \
		'sed "s/\"Id\":/\"Id\":\"\",&/" sound' 'printf "\"liar\""' 'true' 'echo null'; do
		(cd "$BATS_TEST_TMPDIR" && eval "$change" > body)
		within 20 16 125 "Docker's answer about \`liar\`" "$DEBUG" liar -- true
	done
}
