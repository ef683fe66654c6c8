# SPDX-License-Identifier: GPL-2.0-or-later
# A02: the container holds the program of whoever comes, and writes to it as soon as it runs no more (CVE-2019-5736).
# That this succeeds is shown on a copy of nsenter, which comes as the program that it is.
# weaken: src/5-attach/attach.c s/openat\(toolbox->base_fd, "libexec.*/(int)syscall(SYS_memfd_create, "debug-joiner", 0), from_fd = &\n\t(void)syscall(SYS_sendfile, executable_fd, from_fd, NULL, 1L << 30);/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() {
	engines_start
	attack_container attack-overwrite --cap-add SYS_PTRACE
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { attack_end; assert_no_residue; }

@test "neither the helper nor the toolbox can be written to" {
	before=$(sha256sum "$BUILD/libexec/debug/debug-helper" "$BUILD/bin/debug" "$BUILD/libexec/debug/toolbox.erofs")
	attack_begin attack-overwrite overwrite
	for _ in $(seq 20); do "$DEBUG" attack-overwrite -- sleep 0.05; done
	grep -q '^held .*debug-joiner' "$BATS_TEST_TMPDIR/loot"
	run ! grep -q '^opened' "$BATS_TEST_TMPDIR/loot"
	grep -q '^refused Read-only file system' "$BATS_TEST_TMPDIR/loot"
	[ "$(sha256sum "$BUILD/libexec/debug/debug-helper" "$BUILD/bin/debug" "$BUILD/libexec/debug/toolbox.erofs")" = "$before" ]
	# A copy, as what is opened here is a file of the host.
	cp /usr/bin/nsenter "$BATS_TEST_TMPDIR/victim"
	for _ in $(seq 20); do
		"$BATS_TEST_TMPDIR/victim" --target "$(docker_pid attack-overwrite)" --pid "$BATS_TEST_TMPDIR/victim" --version > /dev/null
	done
	cat "$BATS_TEST_TMPDIR/loot"
	for _ in $(seq 60); do grep -q '^opened .*victim' "$BATS_TEST_TMPDIR/loot" && break; sleep 0.05; done
	grep -q '^opened .*victim' "$BATS_TEST_TMPDIR/loot"
}
