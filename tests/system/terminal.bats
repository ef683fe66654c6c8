# SPDX-License-Identifier: GPL-2.0-or-later
# Interactive sessions in a real terminal (tmux), as a person has them.

load ../lib/common

setup_file() { engines_start; images_build; docker_run -w /app web debug-test/scratch; }
teardown_file() { docker_clean; engines_stop; }
setup() { residue_begin; target_begin web; is_changed=no; }
teardown() {
	tmux_end
	assert_no_residue
	[ "$is_changed" = yes ] || assert_target_unchanged web
}

# A host shell in a terminal that runs debug, so that what it leaves in the terminal can be seen.
start() { tmux_start "${2:-100x30}" "bash --norc --noprofile"; tmux_send "PS1='host> '; clear; $DEBUG $1" Enter; }

@test "greeting, prompt with name and directory, exit status, host shell as before" {
	start web
	tmux_wait_for 'read-only view'
	tmux_wait_for 'debug web:/app #'
	tmux_send 'cd /etc' Enter
	tmux_wait_for 'debug web:/etc #'
	tmux_send 'exit 7' Enter
	tmux_wait_for 'host>'
	tmux_send 'echo status=$?; stty -a | tr " " "\n" | grep -xE -- "-?(echo|icanon);?" | xargs' Enter
	tmux_wait_for 'status=7'
	tmux_wait_for 'icanon echo'
}

@test "the size is right at once and follows" {
	start web 91x27
	tmux_wait_for 'debug web:/app #'
	tmux_send 'stty size' Enter
	tmux_wait_for '27 91'
	tmux_resize 77 22
	tmux_send 'stty size' Enter
	tmux_wait_for '22 77'
	tmux_send 'exit' Enter
}

@test "job control: Ctrl-Z, fg, Ctrl-C, Ctrl-\\" {
	start web
	tmux_wait_for 'debug web:/app #'
	tmux_send 'sleep 900' Enter
	sleep 0.3
	tmux_send C-z
	tmux_wait_for 'Stopped'
	tmux_send 'fg' Enter
	sleep 0.3
	tmux_send C-c
	tmux_send 'echo "int=$?"' Enter
	tmux_wait_for 'int=130'
	tmux_send 'sleep 900' Enter
	sleep 0.3
	tmux_send 'C-\'
	tmux_wait_for 'Quit'
	tmux_send 'exit' Enter
	tmux_wait_for 'host>'
}

@test "vim edits a file of the target with --write" {
	is_changed=yes
	start '--write web'
	tmux_wait_for 'debug web:/app #'
	tmux_send 'vim /app/edited' Enter
	tmux_wait_for '"/app/edited"'
	tmux_send 'ihello from vim' Escape ':wq' Enter
	tmux_wait_for 'debug web:/app #'
	tmux_send 'exit' Enter
	tmux_wait_for 'host>'
	[ "$(cat "/proc/$(docker_pid web)/root/app/edited")" = 'hello from vim' ]
	rm "/proc/$(docker_pid web)/root/app/edited"
}

@test "less, htop and tmux inside" {
	start web
	tmux_wait_for 'debug web:/app #'
	tmux_send 'seq 1000 | less' Enter
	tmux_wait_for '25'
	tmux_send G
	tmux_wait_for '1000'
	tmux_send q
	tmux_send 'htop' Enter
	tmux_wait_for 'F10'
	tmux_send q
	tmux_send 'clear; tmux' Enter
	sleep 1
	tmux_send 'tty' Enter
	tmux_wait_for '/dev/pts/1'
	tmux_send 'exit' Enter
	tmux_wait_for 'exited'
	tmux_send 'exit' Enter
	tmux_wait_for 'host>'
}

@test "UTF-8 both ways" {
	start web
	tmux_wait_for 'debug web:/app #'
	tmux_send 'x="grüße 漢字"; echo "${#x} $x"' Enter
	tmux_wait_for '8 grüße 漢字'
	tmux_send 'exit' Enter
}

@test "the terminal is restored when debug or its helper is killed by a signal" {
	for victim in TERM HUP helper; do
		start web
		tmux_wait_for 'debug web:/app #'
		shell=$(tmux_pane_pid)
		debug=$(cat "/proc/$shell/task/$shell/children")
		debug=${debug%% *}
		case $victim in
		helper) helper=$(cat "/proc/$debug/task/$debug/children") && kill -KILL "${helper%% *}" ;;
		*) kill -"$victim" "$debug" ;;
		esac
		tmux_wait_for 'host>'
		tmux_send 'clear; stty -a | tr " " "\n" | grep -xE -- "-?(echo|icanon);?" | xargs' Enter
		tmux_wait_for 'icanon echo'
		tmux_end
	done
}

@test "closing the terminal ends the session" {
	start web
	tmux_wait_for 'debug web:/app #'
	tmux_send 'sleep 905' Enter
	sleep 0.3
	tmux_end
	for _ in $(seq 60); do
		run docker top web -o args
		[[ "$output" != *"sleep 905"* ]] && return
		sleep 0.05
	done
	false
}

@test "the target stopping says so and restores the terminal" {
	docker_run brief debug-test/scratch
	start brief
	tmux_wait_for 'debug brief:'
	docker stop -t 0 brief > /dev/null
	tmux_wait_for 'the target stopped'
	tmux_wait_for 'host>'
	tmux_send 'clear; stty -a | tr " " "\n" | grep -xE -- "-?(echo|icanon);?" | xargs' Enter
	tmux_wait_for 'icanon echo'
	docker rm -f brief > /dev/null
}

@test "what the session types into its terminal stays there" {
	start web
	tmux_wait_for 'debug web:/app #'
	tmux_send 'printf "\033[6n\033[c"; sleep 0.2; exit' Enter
	tmux_wait_for 'host>'
	tmux_send 'echo clean' Enter
	tmux_wait_for 'host> echo clean'
}

@test "suspended by kill -TSTP and brought back" {
	start web
	tmux_wait_for 'debug web:/app #'
	shell=$(tmux_pane_pid)
	debug=$(cat "/proc/$shell/task/$shell/children")
	kill -TSTP "${debug%% *}"
	tmux_wait_for 'Stopped'
	tmux_send 'fg' Enter
	sleep 0.5
	tmux_send 'echo back again' Enter
	tmux_wait_for 'back again'
	tmux_send 'exit' Enter
	tmux_wait_for 'host>'
}
