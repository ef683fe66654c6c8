# SPDX-License-Identifier: GPL-2.0-or-later
# B27: a user has a session recorded, or its receipt written, where only root may write, by way of links, fifos and directories.
# That the helper could write there is shown by its own log, which is root's.
# weaken: src/7-session/record_cast.c s/O_EXCL \| O_NOFOLLOW/O_NOFOLLOW/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/setuid

setup_file() {
	engines_start
	setuid_begin
	docker_run recordings debug-test/scratch
}
teardown_file() { docker_clean; setuid_end; }
setup() {
	residue_begin
	policy <<< "permit user $ALICE"
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR"
	install -d -m 0777 "$BATS_TEST_TMPDIR/hers" "$BATS_TEST_TMPDIR/hers/directory"
	install -d -m 0700 "$BATS_TEST_TMPDIR/roots"
	echo secret > "$BATS_TEST_TMPDIR/roots/file"
	cd "$BATS_TEST_TMPDIR/hers" || exit
	as "$ALICE" sh -c 'ln -s ../roots/file to-file; ln -s ../roots/new to-new; ln -s ../roots to-directory; mkfifo fifo; ln /etc/hostname hard 2> /dev/null; touch mine'
}
teardown() { assert_no_residue; }

@test "nothing is written that the user could not write" {
	for place in "$BATS_TEST_TMPDIR/roots/new" "$BATS_TEST_TMPDIR/roots/file" /etc/debug/debug.conf /etc/new /var/log/debug/audit.log /root/new to-file to-new \
		to-directory/new directory mine fifo /dev/null /proc/self/mem /dev/fd/1; do
		for option in "--receipt=$place" "-t --record $place"; do
			# shellcheck disable=SC2086
			run as_alice $option recordings -- true
			echo "$option: $status $output"
			[ "$status" -eq 125 ]
			[[ "${lines[0]}" == "debug: "*"\`$place\`"* ]]
		done
	done
	[ "$(ls "$BATS_TEST_TMPDIR/roots")" = file ]
	[ "$(cat "$BATS_TEST_TMPDIR/roots/file")" = secret ]
	run as_alice --receipt="$BATS_TEST_TMPDIR/hers/receipt" recordings -- true
	[ "$(stat -c %U:%a "$BATS_TEST_TMPDIR/hers/receipt")" = "$ALICE:600" ]
	run as_alice -t --record "$BATS_TEST_TMPDIR/hers/cast" recordings -- true
	[ "$(stat -c %U:%a "$BATS_TEST_TMPDIR/hers/cast")" = "$ALICE:600" ]
	# The trail of all these sessions, where she may write nothing.
	[ -s "$BATS_TEST_TMPDIR/audit.log" ]
}
