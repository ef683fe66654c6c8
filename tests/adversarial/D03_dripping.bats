# SPDX-License-Identifier: GPL-2.0-or-later
# D03, D11: the engine takes the connection and says nothing, a byte now and then, or more than anybody can keep: heads,
# bodies and chunks without an end.
# That each bound can be exceeded is shown by programs without it.
# weaken: src/2-target/http.c s/if \(used > most\)/if (0)/
# weaken: src/2-target/inquiry.c s/ENGINE_DEADLINE_MS = 1000/ENGINE_DEADLINE_MS = 60000/
# weaken: src/2-target/inquiry.c s/\tDEADLINE_MS = 5000/\tDEADLINE_MS = 60000/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/hostile

setup_file() { engines_start; }
setup() { residue_begin; }
teardown() { assert_no_residue; }

@test "one that says nothing, or a byte at a time, costs seconds" {
	for says in 'sleep 60' 'printf "HTTP/1.0 200 OK\r\nX: "; while sleep 0.1; do printf x; done' 'ok; while sleep 0.1; do printf " "; done'; do
		engine_says <<< "$says"
		within 20 16 124 'did not answer in time' "$DEBUG" liar -- true
		[ "$(engine_was_asked | head -n 1)" = 'GET /containers/liar/json' ]
	done
}

@test "one that never ends is left soon" {
	for says in 'yes HTTP/1.0' 'printf "HTTP/1.0 200 OK\r\n"; yes $'"'X: y\r'" 'ok; yes "{"' 'ok; cat /dev/zero' \
		'printf "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"; yes $'"'1\r\n \r'" \
		'yes $'"'HTTP/1.1 100 Continue\r\n\r'" 'ok; head -c 50000000 /dev/zero'; do
		engine_says <<< "$says"
		within 20 16 125 'is too large to be right' "$DEBUG" liar -- true
	done
}
