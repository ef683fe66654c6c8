# SPDX-License-Identifier: GPL-2.0-or-later
# A01, A29, A30: the container looks into every process that comes, with and without CAP_SYS_PTRACE.
# weaken: src/0-base/fd.c s/return close_range\(\(unsigned int\)count, ~0U, 0\);/return 0;/
# That the look finds something is shown on a program that nsenter brings in: the same attack has its descriptors, its
# environment and its capabilities.

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() {
	engines_start
	attack_container attack-plain
	attack_container attack-ptrace --cap-add SYS_PTRACE
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { attack_end; assert_no_residue; }

attach_often() { # NAME
	for _ in $(seq 40); do SECRET=of-the-caller "$DEBUG" --reason of-the-host "$1" -- sleep 0.02; done
}

# Only what is the session's own, and nothing whose name leads to the host.
assert_loot_is_harmless() {
	grep -v cgroup "$BATS_TEST_TMPDIR/loot"
	run ! grep -qE 'SECRET|of-the-host|of-the-caller' "$BATS_TEST_TMPDIR/loot"
	run ! grep -vE '^(status|environ|argument) |^fd (/dev/null|/dev/toolbox/.*|/dev/pts/[0-9]+|pipe:|socket:|anon_inode:|(/sys/fs/cgroup/.*|/debug-[0-9-]*|/dev/pts)/cgroup\.(procs|kill))$|^exe (/dev/toolbox/.*|/libexec/debug-joiner|/app/server)$' \
		"$BATS_TEST_TMPDIR/loot"
	run ! grep -qE "^(exe|fd|argument) .*($BUILD|libexec/debug/|debug-helper)" "$BATS_TEST_TMPDIR/loot"
}

@test "a container as engines make them gets hold of nothing" {
	attack_begin attack-plain watch
	attach_often attack-plain
	assert_loot_is_harmless
	naive_debugger attack-plain sleep 0.3
	grep -q '^argument sleep' "$BATS_TEST_TMPDIR/loot"
}

@test "one with CAP_SYS_PTRACE sees the session, and no more than that" {
	attack_begin attack-ptrace watch
	attach_often attack-ptrace
	grep -q '^exe .*debug-joiner' "$BATS_TEST_TMPDIR/loot"
	assert_loot_is_harmless
	SECRET=of-the-caller naive_debugger attack-ptrace sleep 0.3
	grep -q '^environ SECRET=of-the-caller' "$BATS_TEST_TMPDIR/loot"
	grep -q '^exe /usr/bin/sleep' "$BATS_TEST_TMPDIR/loot"
}
