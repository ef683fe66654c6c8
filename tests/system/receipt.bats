# SPDX-License-Identifier: GPL-2.0-or-later
# --receipt: what of the target is different after a session, file by file.

bats_require_minimum_version 1.5.0

load ../lib/common

setup_file() { engines_start; docker_run receipted debug-test/scratch; }
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { podman_clean; assert_no_residue; }

receipt() { jq -r "$1" "$BATS_TEST_TMPDIR/receipt"; } # FILTER
files() { receipt '.compared.files.changes[] | .change + " " + .path'; }

@test "looking changes nothing, and leaves no trace of having looked twice" {
	run -0 --separate-stderr "$DEBUG" --receipt receipted -- ls /app
	# shellcheck disable=SC2154
	[[ "$stderr" =~ ^debug:\ receipt:\ nothing\ changed:\ [0-9]+\ mounts,\ [0-9]+\ process(es)?,\ [0-9]+\ files\ beyond\ the\ image\'s,\ namespaces,\ limits$ ]]
	assert_unchanged "$(docker_pid receipted)" "$DEBUG" --receipt receipted -- true
	"$DEBUG" --receipt="$BATS_TEST_TMPDIR/receipt" receipted -- true
	[ "$(receipt .is_unchanged)/$(receipt .could_write)/$(receipt .pid)" = "true/false/$(docker_pid receipted)" ]
	[ "$(receipt '.compared | map_values(.changes | length) | add')" = 0 ]
	[ "$(receipt '.compared | map(.compared) | all')" = true ]
	[ "$(receipt '.not_compared | length')" -gt 0 ]
	[ "$(stat -c %a "$BATS_TEST_TMPDIR/receipt")" = 600 ]
}

@test "with --write it lists what was changed, and no more" {
	run -7 "$DEBUG" --write --receipt="$BATS_TEST_TMPDIR/receipt" receipted -- \
		sh -c 'mkdir /made; echo a > /made/file; echo b > /.dockerenv; exit 7'
	[ "$(files | sort)" = $'added /made\nadded /made/file\nchanged /.dockerenv' ]
	[ "$(receipt .could_write)/$(receipt .is_unchanged)" = true/false ]
	rm "$BATS_TEST_TMPDIR/receipt"
	"$DEBUG" --write --receipt="$BATS_TEST_TMPDIR/receipt" receipted -- sh -c 'echo b >> /made/file; chmod 700 /app; rm /.dockerenv'
	[ "$(files | sort)" = $'changed /app\nchanged /made/file\nremoved /.dockerenv' ]
	rm "$BATS_TEST_TMPDIR/receipt"
	"$DEBUG" --write --receipt="$BATS_TEST_TMPDIR/receipt" receipted -- rm -r /made
	[ "$(files | sort)" = $'removed /made\nremoved /made/file' ]
}

@test "what the target does meanwhile shows, and is not called the session's" {
	run -0 --separate-stderr "$DEBUG" --receipt="$BATS_TEST_TMPDIR/receipt" receipted -- sh -c 'sleep 1' &
	session=$!
	sleep 0.4
	# By another way than a session: from the host's side of the same files.
	echo x > "/proc/$(docker_pid receipted)/root/by-the-target"
	wait "$session"
	[ "$(files)" = 'added /by-the-target' ]
	[[ "$(receipt .summary)" == *'not by the session, which could not write' ]]
	rm "/proc/$(docker_pid receipted)/root/by-the-target"
}

@test "a root that is no overlay, with a user namespace, in stealth" {
	podman_run_userns receipted-userns debug-test/scratch
	"$DEBUG" --receipt="$BATS_TEST_TMPDIR/receipt" "pid://$(podman_pid receipted-userns)" -- true
	receipt .summary
	[ "$(receipt '.compared.mounts.changes | length')" = 0 ]
	"$DEBUG" --stealth --receipt="$BATS_TEST_TMPDIR/stealth" receipted -- true
	[ "$(jq -r .is_unchanged "$BATS_TEST_TMPDIR/stealth")" = true ]
	fixture_start
	"$DEBUG" --receipt="$BATS_TEST_TMPDIR/third" "pid://$FIXTURE_PID" -- true
	jq -r .summary "$BATS_TEST_TMPDIR/third"
	[ "$(jq -r '.compared.processes.changes | length' "$BATS_TEST_TMPDIR/third")" = 0 ]
	fixture_stop
}

@test "a target that ends, one that does not run, and a command that is not there" {
	docker_run receipted-short debug-test/scratch
	"$DEBUG" --receipt="$BATS_TEST_TMPDIR/receipt" receipted-short -- sleep 30 &
	session=$!
	sleep 0.5
	docker kill receipted-short > /dev/null
	wait "$session" || :
	[ "$(receipt .summary)/$(receipt .is_unchanged)/$(receipt .compared)" = 'nothing was compared, as the target has ended/false/null' ]
	rm "$BATS_TEST_TMPDIR/receipt"
	"$DEBUG" --runtime docker --receipt="$BATS_TEST_TMPDIR/receipt" image://debug-test/scratch -- true
	[[ "$(receipt .summary)" == 'nothing was compared: the target does not run,'* ]]
	rm "$BATS_TEST_TMPDIR/receipt"
	run -127 "$DEBUG" --receipt="$BATS_TEST_TMPDIR/receipt" receipted -- no-such-command
	[ "$(receipt .is_unchanged)" = true ]
}

@test "the file is a new one of the caller's" {
	echo mine > "$BATS_TEST_TMPDIR/receipt"
	ln -s /etc/hostname "$BATS_TEST_TMPDIR/link"
	for path in "$BATS_TEST_TMPDIR/receipt" "$BATS_TEST_TMPDIR/link" "$BATS_TEST_TMPDIR" /nowhere/receipt /dev/full; do
		run -125 "$DEBUG" --receipt="$path" receipted -- true
		[[ "$output" == "debug: cannot make \`$path\` for the receipt: "* ]]
		[ "${#lines[@]}" -eq 1 ]
	done
	[ "$(cat "$BATS_TEST_TMPDIR/receipt")" = mine ]
}
