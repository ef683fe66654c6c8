# SPDX-License-Identifier: GPL-2.0-or-later
# D04: around a body that is sound the engine sends HTTP that can be read in two ways: contradicting lengths, chunks, bare
# line feeds, NUL, no status.
# That the body leads into a session is shown by the same one in sound HTTP.
# weaken: src/2-target/http.c s/return check_length\(.*/return 0;/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/hostile

setup_file() {
	engines_start
	docker_run malformed debug-test/scratch
}
teardown_file() { docker_clean; }
setup() {
	residue_begin
	engine_claims malformed
	size=$(stat -c %s "$BATS_TEST_TMPDIR/body")
}
teardown() { assert_no_residue; }

answers() { # HEAD, in which printf's escapes are meant
	{ echo 'is_about_container'; printf 'printf %q; cat body\n' "$1"; } | engine_says
}

@test "sound HTTP leads into a session" {
	for head in 'HTTP/1.0 200 OK\r\n\r\n' "HTTP/1.1 200\\r\\nContent-Length: $size\\r\\nX:\\r\\n\\r\\n"; do
		answers "$head"
		[ "$(with_engine "$DEBUG" liar -- readlink /proc/self/ns/pid)" = "$(readlink "/proc/$(docker_pid malformed)/ns/pid")" ]
	done
}

@test "what can be read in two ways is not read" {
	ok='HTTP/1.1 200 OK\r\n'
	for head in "${ok}Content-Length: $size\\r\\nContent-Length: 2\\r\\n\\r\\n" "${ok}Content-Length: $size\\r\\ncontent-length: $size\\r\\n\\r\\n" \
		"${ok}Content-Length: -1\\r\\n\\r\\n" "${ok}Content-Length: +$size\\r\\n\\r\\n" "${ok}Content-Length: $((size + 1))\\r\\n\\r\\n" \
		"${ok}Content-Length: $((size - 1))\\r\\n\\r\\n" "${ok}Content-Length: $size, $size\\r\\n\\r\\n" "${ok}Content-Length: 0x10\\r\\n\\r\\n" \
		"${ok}Content-Length: 18446744073709551615$size\\r\\n\\r\\n" "${ok}Content-Length:\\r\\n\\r\\n" \
		"${ok}Transfer-Encoding: chunked\\r\\n\\r\\n" "${ok}Transfer-Encoding: identity\\r\\nContent-Length: $size\\r\\n\\r\\n"; do
		answers "$head"
		fails 125 'Docker did not answer in HTTP' with_engine "$DEBUG" liar -- true
	done
}

@test "what is no HTTP is not read" {
	for head in '' 'HTTP/1.1 200 OK\n\n' 'HTTP/1.1 200 OK\r\n' 'HTTP/2 200 OK\r\n\r\n' 'HTTP/1.1 20 OK\r\n\r\n' 'HTTP/1.1 2000 OK\r\n\r\n' \
		'HTTP/1.1 -20 OK\r\n\r\n' 'HTTP/9.9 200 OK\r\n\r\n' ' HTTP/1.1 200 OK\r\n\r\n' 'HTTP/1.1 200 OK\r\nX: \0\r\n\r\n' '\0HTTP/1.1 200 OK\r\n\r\n' \
		'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n' 'ICY 200 OK\r\n\r\n'; do
		answers "$head"
		fails 125 'Docker ' with_engine "$DEBUG" liar -- true
	done
	engine_says <<< 'exit'
	fails 125 'Docker did not answer in HTTP' with_engine "$DEBUG" liar -- true
	engine_says <<< 'is_about_container; ok; head -c -2 body'
	fails 125 'is not valid JSON' with_engine "$DEBUG" liar -- true
}
