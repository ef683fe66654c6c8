# SPDX-License-Identifier: GPL-2.0-or-later
# A23: signals rain on every process of the session, its terminal is resized all the time, from both sides.
# That they arrive is shown on the one that a process of the session counts.
# weaken: src/6-join/init.c s/received\.ssi_signo != SIGCHLD/received.ssi_signo != 0/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() {
	engines_start
	# Its first process reaps those of a session whose own first process was killed.
	docker_run storm --cpus 0.5 -v "$TOOLS/target:/target:ro" --entrypoint /target debug-test/musl server
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { storm_end; tmux_end; assert_no_residue; }

storm_begin() { # SIGNAL...: to all but the container's first process, until the file is gone
	evil storm ': > /go-on'
	docker exec storm /bin/busybox sh -c "trap '' $*; while [ -e /go-on ]; do for signal in $*; do kill -\$signal -1 2> /dev/null; done; done" 3>&- &
	STORM=$!
}
storm_end() {
	[ -n "${STORM-}" ] || return 0
	rm "/proc/$(docker_pid storm)/root/go-on"
	wait "$STORM" || :
	STORM=
}

@test "signals that end nothing change nothing" {
	storm_begin CHLD URG WINCH CONT
	for _ in $(seq 3); do
		run --separate-stderr timeout 20 "$DEBUG" storm -c 'trap "n=\$((n + 1))" WINCH; for i in $(seq 20); do read -rt 0.01 _ < /dev/zero; done; echo "$((n > 0))"; exit 7'
		[ "$status" -eq 7 ]
		[ "$output" = 1 ]
	done
}

@test "signals that do end it do so cleanly" {
	storm_begin USR1 HUP TERM
	for _ in $(seq 5); do
		run timeout 20 "$DEBUG" storm -- sleep 20
		[ "$status" -ne 0 ]
		[ "$status" -ne 124 ]
	done
}

@test "the caller's terminal is as it was, after a storm of both and of sizes" {
	tmux_start 100x30 'bash --norc --noprofile'
	tmux_send "PS1='host> '; clear; $DEBUG -q --shell bash storm" Enter
	tmux_wait_for 'storm:/ #'
	storm_begin CHLD URG WINCH CONT
	shell=$(tmux_pane_pid)
	debug=$(cut -d ' ' -f 1 "/proc/$shell/task/$shell/children")
	for i in $(seq 300); do kill -WINCH "$debug"; [ $((i % 30)) -ne 0 ] || tmux_resize $((60 + i % 40)) $((20 + i % 9)); done
	tmux_resize 77 22
	for _ in $(seq 20); do
		tmux_send 'clear; stty size; echo a"liv"e' Enter
		tmux_wait_for alive
		! tmux_screen | grep -q '22 77' || break
	done
	tmux_wait_for '22 77'
	storm_end
	tmux_send 'exit' Enter
	tmux_wait_for 'host>'
	tmux_send 'clear; stty -a | tr " " "\n" | grep -xE -- "-?(echo|icanon);?" | xargs' Enter
	tmux_wait_for 'icanon echo'
}
