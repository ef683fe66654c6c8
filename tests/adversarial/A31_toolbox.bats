# SPDX-License-Identifier: GPL-2.0-or-later
# A31: from the session, and from the container, the toolbox is remounted, covered, unmounted, written to, removed.
# That the session's mounts could be changed:
# weaken: src/6-join/strip.c s/return load_filters.*/return filter_session.len == 0;/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() {
	engines_start
	docker_run toolbox-target "${ALMOST_PRIVILEGED[@]}" debug-test/musl
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() {
	[ -z "${SESSION-}" ] || { kill "$SESSION" && wait "$SESSION" || :; }
	assert_no_residue
}

# Each says "done" if it works.
ATTEMPTS=('mount -o remount,rw /dev/toolbox' 'mount -o remount,bind,rw /dev/toolbox' 'mount --bind /app /dev/toolbox/bin' 'mount -t tmpfs none /dev/toolbox'
	'umount -l /dev/toolbox' 'umount -l /dev' 'touch /dev/toolbox/new' 'rm /dev/toolbox/bin/ls' 'mv /dev/toolbox/bin/ls /dev/toolbox/bin/la'
	'chmod 777 /dev/toolbox/bin/ls' 'chown 1:1 /dev/toolbox/bin/ls' 'setfattr -n user.x -v y /dev/toolbox/bin/ls' 'chattr +i /dev/toolbox/bin/ls'
	'sh -c "echo x >> /dev/toolbox/bin/ls"' 'sh -c "echo x > /dev/toolbox/etc/profile"' 'unshare -m true' 'unshare -Ur true' 'pivot_root / /app'
	'rm /dev/null' 'touch /dev/new' 'ln -sf /app /dev/bin' 'mount -o remount,rw /')

digest() { sha256sum "$BUILD/libexec/debug/toolbox.erofs"; }

@test "not from the session, with whatever profile" {
	before=$(digest)
	for options in '' --write '--profile sysadmin' '--write --profile sysadmin' '--user 65532'; do
		for attempt in "${ATTEMPTS[@]}"; do printf '%s && echo "%s: done"\n' "$attempt" "$attempt"; done > "$BATS_TEST_TMPDIR/script"
		# shellcheck disable=SC2086
		"$DEBUG" $options toolbox-target -- sh < "$BATS_TEST_TMPDIR/script" > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" || :
		cat "$BATS_TEST_TMPDIR/out"
		[ ! -s "$BATS_TEST_TMPDIR/out" ]
		[ "$(wc -l < "$BATS_TEST_TMPDIR/err")" -ge "${#ATTEMPTS[@]}" ]
	done
	[ "$(digest)" = "$before" ]
}

@test "not from the container, through the session's root" {
	before=$(digest)
	"$DEBUG" toolbox-target -c 'echo begun; sleep 60' > "$BATS_TEST_TMPDIR/out" < /dev/null 3>&- &
	SESSION=$!
	for _ in $(seq 100); do grep -q begun "$BATS_TEST_TMPDIR/out" && break; sleep 0.02; done
	pid=$(evil toolbox-target 'pidof sleep')
	[ "$(evil toolbox-target "cat /proc/$pid/comm")" = sleep ]
	# The way there is open.
	evil toolbox-target "cd /proc/$pid/root/dev/toolbox && ls bin/ls"
	for attempt in 'touch new' 'rm bin/ls' 'chmod 777 bin/ls' 'sh -c "echo x >> bin/ls"' 'sh -c "echo x > etc/profile"' 'mount -o remount,rw .'; do
		evil toolbox-target "cd /proc/$pid/root/dev/toolbox && $attempt && echo done || :" > "$BATS_TEST_TMPDIR/out" 2>&1
		run ! grep "done" "$BATS_TEST_TMPDIR/out"
	done
	[ "$(digest)" = "$before" ]
}
