# SPDX-License-Identifier: GPL-2.0-or-later
# F05: the programs are of different versions, or one of them is something else: other numbers, other kinds and lengths of
# messages, in both directions.
# That the same message with the right number begins a session is shown first.
# weaken: src/debug-helper.c s/order\.version != WIRE_VERSION/false/
# weaken: src/debug.c s/first->version != WIRE_VERSION/first->version == 6/

bats_require_minimum_version 1.5.0

load ../lib/common

setup_file() { engines_start; docker_run versions debug-test/scratch; }
teardown_file() { docker_clean; }
setup() { residue_begin; target_begin versions; }
teardown() { assert_no_residue; assert_target_unchanged versions; }

# shellcheck disable=SC2120
forge() { "$TOOLS/forge" "$@" "$BUILD/libexec/debug/debug-helper" versions sh -c 'exit 3'; } # OPTION...

@test "the helper hears another version, or another message" {
	[ "$(forge)" = 'ended 3' ]
	current=$(sed -n 's/.*WIRE_VERSION = \([0-9]*\),.*/\1/p' "$ROOT/include/wire.h")
	for options in "--wire $((current - 1))" "--wire $((current + 1))" '--wire 0' '--wire -1' '--kind 1' '--kind 2' '--kind 77' '--kind -1' \
		'--garbage 1' '--garbage 300' '--garbage 65000'; do
		# shellcheck disable=SC2086
		run -0 forge $options
		echo "$options: $output"
		[ "$output" = 'failed 125: debug and debug-helper are of different versions; reinstall both' ]
	done
}

# A helper that is the real one, but for what it says in its first word.
helper_with() { # VERSION
	mkdir -p "$BATS_TEST_TMPDIR/bin" "$BATS_TEST_TMPDIR/libexec/debug"
	cp "$DEBUG" "$BATS_TEST_TMPDIR/bin/debug"
	cat > "$BATS_TEST_TMPDIR/libexec/debug/debug-helper" <<- END
		#!/usr/bin/python3
		import os, select, socket, subprocess
		debug = socket.socket(fileno=3)
		ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		helper = subprocess.Popen(["$BUILD/libexec/debug/debug-helper"], preexec_fn=lambda: os.dup2(theirs.fileno(), 3), close_fds=False)
		theirs.close()
		while True:
		    for end in select.select([debug, ours], [], [])[0]:
		        message, fds, _, _ = socket.recv_fds(end, 1 << 20, 16)
		        if not message:
		            raise SystemExit
		        if end is ours:
		            message = ($1).to_bytes(4, "little") + message[4:]
		        socket.send_fds(ours if end is debug else debug, [message], fds)
		        for fd in fds:
		            os.close(fd)
	END
	chmod 755 "$BATS_TEST_TMPDIR/libexec/debug/debug-helper"
}

@test "debug hears another version" {
	current=$(sed -n 's/.*WIRE_VERSION = \([0-9]*\),.*/\1/p' "$ROOT/include/wire.h")
	helper_with "$current"
	run -3 timeout -s KILL 30 "$BATS_TEST_TMPDIR/bin/debug" versions -- sh -c 'exit 3'
	for version in $((current - 1)) $((current + 1)) 0 4294967295; do
		helper_with "$version"
		run -125 timeout -s KILL 30 "$BATS_TEST_TMPDIR/bin/debug" versions -- true
		[ "${lines[0]}" = 'debug: debug-helper ended without a word; install debug again' ]
	done
}

@test "debug hears nothing, or what is no message" {
	helper_with 0
	for says in '' 'x' '\7\0\0\0' '\7\0\0\0\1\0\0\0' "$(printf '\\7\\0\\0\\0\\377\\377\\377\\377%60000s' x)"; do
		printf '%b' "$says" > "$BATS_TEST_TMPDIR/says"
		# As one message, which the socket keeps together.
		printf '#!/usr/bin/python3\nimport os\nos.write(3, open("%s", "rb").read())\n' "$BATS_TEST_TMPDIR/says" \
			> "$BATS_TEST_TMPDIR/libexec/debug/debug-helper"
		run -125 timeout -s KILL 30 "$BATS_TEST_TMPDIR/bin/debug" versions -- true
		[ "$output" = 'debug: debug-helper ended without a word; install debug again' ]
	done
}
