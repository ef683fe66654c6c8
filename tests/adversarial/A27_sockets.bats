# SPDX-License-Identifier: GPL-2.0-or-later
# A27: on the host's network the container looks for abstract sockets, and for sockets that are inherited (CVE-2020-15257).
# That one would be found is shown on a socket that socat makes.
# weaken: src/0-base/fd.c s/i <= STDERR_FILENO \? 0 : O_CLOEXEC/0/

bats_require_minimum_version 1.5.0

load ../lib/common

setup_file() {
	engines_start
	NETWORK=host docker_run sockets debug-test/scratch
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() {
	[ -z "${SOCAT-}" ] || { kill "$SOCAT" && wait "$SOCAT" || :; }
	assert_no_residue
}

# Names that begin with @ are abstract; those of five digits are the kernel's, for whoever on this host asks for none.
abstract() { awk '$8 ~ /^@/ && $8 !~ /^@[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]$/ { print $8 }' "/proc/$(docker_pid sockets)/net/unix" | sort -u; }

@test "there is none, neither by name nor by descriptor" {
	abstract > "$BATS_TEST_TMPDIR/before"
	for options in '' -t --stealth; do
		# shellcheck disable=SC2086
		"$DEBUG" $options sockets -c 'echo begun; sleep 1; ls -l /proc/self/fd' > "$BATS_TEST_TMPDIR/out" < /dev/null 3>&- &
		session=$!
		for _ in $(seq 100); do grep -q begun "$BATS_TEST_TMPDIR/out" && break; sleep 0.02; done
		diff "$BATS_TEST_TMPDIR/before" <(abstract)
		wait "$session"
		run ! grep socket: "$BATS_TEST_TMPDIR/out"
		# Nor is the helper's, or the engine's, bound where the session can see a path to it: 1 is grep's word.
		run -1 "$DEBUG" $options sockets -c 'find / -xdev -type s -not -path "/dev/toolbox/*" 2> /dev/null | grep .' < /dev/null
	done
	socat ABSTRACT-LISTEN:debug-test-abstract STDOUT 3>&- &
	SOCAT=$!
	for _ in $(seq 100); do abstract | grep -q debug-test-abstract && break; sleep 0.02; done
	run ! diff "$BATS_TEST_TMPDIR/before" <(abstract)
}
