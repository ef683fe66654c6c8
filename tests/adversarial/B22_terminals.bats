# SPDX-License-Identifier: GPL-2.0-or-later
# B22: the user's terminal is another user's, is no terminal, changes hands, or belongs to another process group.
# That a terminal can be left changed is shown by leaving one so.
# weaken: src/7-session/terminal.c s/tcsetattr\(saved_fd, TCSAFLUSH, &saved_modes\)/saved_fd/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/setuid

setup_file() {
	engines_start
	setuid_begin
	docker_run debug-tty debug-test/scratch
}
teardown_file() { docker_clean; setuid_end; }
setup() {
	residue_begin
	policy <<< "permit user $ALICE"
	declare -f as > "$BATS_TEST_TMPDIR/as"
}
teardown() { tmux_end; assert_no_residue; }

# A shell of root's that has `as`, and prints the modes of its terminal.
start_shell() {
	tmux_start 110x24 "env PS1='host> ' bash --norc"
	tmux_send ". $BATS_TEST_TMPDIR/as; BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR; modes() { stty -g > $BATS_TEST_TMPDIR/\$1; echo modes of \$1; }" Enter
	tmux_send 'modes before' Enter
	tmux_wait_for 'modes of before'
}
# What is typed before that is discarded with the rest of the session's.
back_at_the_shell() {
	for _ in $(seq 200); do ! tmux_screen | grep -v '^$' | tail -n 1 | grep -qx 'host>' || return 0; sleep 0.05; done
	tmux_screen
	return 1
}
modes_are_back() {
	tmux_send 'modes after' Enter
	tmux_wait_for 'modes of after'
	diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	tmux_send 'stty raw -echo; modes changed' C-j
	tmux_wait_for 'modes of changed'
	run ! diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/changed"
}

@test "another user's: it serves, as what was inherited open, and is left as it was" {
	start_shell
	tmux_send "as $ALICE $SETUID_DIR/bin/debug debug-tty" Enter
	tmux_wait_for 'debug debug-tty:/app #'
	tmux_send 'stat -c %u /proc/self/fd/0; exit 4' Enter
	back_at_the_shell
	tmux_send 'echo status $?' Enter
	tmux_wait_for 'status 4'
	modes_are_back
}

@test "taken away while the session runs: it ends with the terminal, or goes on with it" {
	start_shell
	tmux_send "as $ALICE $SETUID_DIR/bin/debug debug-tty" Enter
	tmux_wait_for 'debug debug-tty:/app #'
	chown nobody "$(tmux_private display-message -p '#{pane_tty}')"
	# shellcheck disable=SC2016
	tmux_send 'echo still $((40 + 2))' Enter
	tmux_wait_for 'still 42'
	tmux_send 'exit' Enter
	back_at_the_shell
	tmux_send 'echo status $?' Enter
	tmux_wait_for 'status 0'
	modes_are_back
}

@test "in the background it waits to be brought forward" {
	start_shell
	tmux_send "$DEBUG debug-tty &" Enter
	tmux_wait_for 'builtins'
	for _ in $(seq 40); do
		tmux_send 'jobs' Enter
		! tmux_screen | grep -q Stopped || break
		sleep 0.1
	done
	tmux_wait_for Stopped
	tmux_send 'clear' Enter
	tmux_send 'fg' Enter
	tmux_wait_for 'debug debug-tty:/app #'
	tmux_send 'exit 5' Enter
	back_at_the_shell
	tmux_send 'echo status $?' Enter
	tmux_wait_for 'status 5'
	modes_are_back
}

@test "none, but asked for: the session has one, and the caller's files are files" {
	: > "$BATS_TEST_TMPDIR/out"
	as_alice -t debug-tty -- tty < /dev/null > "$BATS_TEST_TMPDIR/out"
	[ "$(tr -d '\r' < "$BATS_TEST_TMPDIR/out")" = /dev/pts/0 ]
	run as_alice -t debug-tty -- true > /dev/full < /dev/null
	[ "$status" -eq 0 ]
}
