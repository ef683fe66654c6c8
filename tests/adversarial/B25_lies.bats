# SPDX-License-Identifier: GPL-2.0-or-later
# B25: a call that gives up rights is answered in the kernel's place: "done", and nothing was.  strace(1) does that, for one call
# in the helper and in all that it starts.
# That the lie is believed where nobody looks is shown by setpriv(1), which then runs as the one that it should not be.
# weaken: src/6-join/strip.c s/memcmp\(now_gid, gid, sizeof\(now_gid\)\) != 0/false/
# weaken: src/6-join/view.c s/own == plan->numbers\.namespaces\[NAMESPACE_MOUNT\]/false/
# weaken: src/6-join/strip.c s/cap_compare\(now, wanted\) != 0/false/

bats_require_minimum_version 1.5.0

load ../lib/common

setup_file() { engines_start; docker_run lies debug-test/scratch; }
teardown_file() { docker_clean; }
setup() {
	residue_begin
	target_begin lies
	mkdir -p "$BATS_TEST_TMPDIR/bin" "$BATS_TEST_TMPDIR/libexec/debug"
	cp "$DEBUG" "$BATS_TEST_TMPDIR/bin/debug"
}
teardown() { assert_no_residue; assert_target_unchanged lies; }

lied_to() { # CALL OPTION...: a session that says what it is
	local call=$1
	shift
	cat > "$BATS_TEST_TMPDIR/libexec/debug/debug-helper" <<- END
		#!/bin/sh
		exec strace -f -qq -o $BATS_TEST_TMPDIR/trace -e trace=$call -e inject=$call:retval=0 $BUILD/libexec/debug/debug-helper
	END
	chmod 755 "$BATS_TEST_TMPDIR/libexec/debug/debug-helper"
	run timeout -s KILL 60 setpriv --groups 4711,4712 -- "$BATS_TEST_TMPDIR/bin/debug" "$@" "pid://$(docker_pid lies)" -- \
		sh -c 'id -u; id -g; id -G; grep -E "CapEff|CapPrm" /proc/self/status | sort -u -k 2'
	echo "$call: $status $output"
	grep -q INJECTED "$BATS_TEST_TMPDIR/trace"
}
refused() { # TEXT
	[ "$status" -eq 125 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == 'debug: '*"$1"* ]]
}

@test "users, groups and capabilities that were not changed are noticed" {
	lied_to setresuid --user 65534:65534
	refused 'did not take'
	lied_to setresgid --user 65534:65534
	refused 'did not take'
	lied_to setgroups --user 65534:65534
	refused 'did not take'
	lied_to setgroups
	refused 'did not take'
	lied_to capset
	refused "cannot reduce the session's capabilities"
	# The seals: no new privileges, not dumpable, the filter.
	lied_to prctl
	refused 'did not take hold'
}

@test "namespaces that were not entered or made are noticed" {
	lied_to unshare
	refused 'did not get a mount namespace of its own'
	lied_to setns
	refused ''
}

@test "what does not look is deceived" {
	run -0 strace -f -qq -o "$BATS_TEST_TMPDIR/trace" -e trace=setresgid -e inject=setresgid:retval=0 setpriv --regid=65534 --clear-groups id -g
	[ "$output" = 0 ]
}
