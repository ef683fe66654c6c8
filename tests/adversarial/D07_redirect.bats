# SPDX-License-Identifier: GPL-2.0-or-later
# D07: the engine sends whoever asks elsewhere: to a port of the host's, to another socket, to another protocol.
# That one who follows would be seen is shown by curl(1), which follows.
# weaken: src/2-target/docker.c s/answer\.status == 200/answer.status < 400/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/hostile

setup_file() {
	engines_start
	docker_run redirected debug-test/scratch
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { assert_no_residue; }

connects() { # COMMAND...: with a trace of where it connects to
	with_engine strace -qq -f -e signal=none -e trace=connect -o "$BATS_TEST_TMPDIR/trace" "$@"
}
sockets() { sed -E 's/^[0-9]+ +//; s/^connect\([0-9]+, //; s/\) += .*//' "$BATS_TEST_TMPDIR/trace" | sort -u; }

@test "nobody is followed" {
	engine_says <<< 'printf "HTTP/1.0 404 Not Found\r\n\r\n"'
	fails 125 'no container is named' connects "$DEBUG" liar -- true
	sockets > "$BATS_TEST_TMPDIR/usual"
	grep -q docker.sock "$BATS_TEST_TMPDIR/usual"
	engine_claims redirected
	for head in '301 Moved\r\nLocation: http://127.0.0.1:2375/elsewhere' '302 Found\r\nLocation: unix://engine.sock/elsewhere' \
		'307 Temporary Redirect\r\nLocation: /elsewhere' '305 Use Proxy\r\nLocation: http://127.0.0.1:2375/' \
		'101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade' '401 Unauthorized\r\nWWW-Authenticate: Basic' '206 Partial Content' \
		'204 No Content' '600 Else'; do
		printf 'printf %q; cat body\n' "HTTP/1.1 $head\\r\\n\\r\\n" | engine_says
		fails 125 "Docker answered with status ${head:0:3} about \`liar\`" connects "$DEBUG" liar -- true
		diff "$BATS_TEST_TMPDIR/usual" <(sockets)
		run ! grep -vE '^GET /(containers|images)/liar/json$' "$BATS_TEST_TMPDIR/asked"
	done
	engine_says <<< 'printf "HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\n\r\n"'
	run with_engine curl -s -L --max-redirs 1 --unix-socket "$BATS_TEST_TMPDIR/engine.sock" http://localhost/containers/liar/json
	engine_was_asked | grep -q elsewhere
}
