# SPDX-License-Identifier: GPL-2.0-or-later
# What a session is for the one who sits in it: streams, exit status, environment, user, directory.

load ../lib/common

setup_file() {
	engines_start
	images_build
	docker_run -e APP_MODE=production -e $'MULTI=one\ntwo' -e 'PATH=/app:/bin' -w /app web debug-test/scratch
}
teardown_file() { docker_clean; engines_stop; }
setup() { residue_begin; target_begin web; }
teardown() { assert_no_residue; assert_target_unchanged web; }

status_of() { "$DEBUG" "$@" > /dev/null 2>&1; echo "$?"; }

@test "the exit status is the command's own" {
	[ "$(status_of web -- true)" = 0 ]
	[ "$(status_of web -- false)" = 1 ]
	[ "$(status_of web -c 'exit 77')" = 77 ]
	[ "$(status_of web -c 'kill -TERM $$')" = 143 ]
	[ "$(status_of web -c 'kill -KILL $$')" = 137 ]
	[ "$(status_of -t web -c 'exit 7')" = 7 ]
}

@test "output is exact, byte for byte, and stdout and stderr are apart" {
	cp "/proc/$(docker_pid web)/root/app/server" "$BATS_TEST_TMPDIR/server"
	[ "$("$DEBUG" web -- cat /app/server | sha256sum)" = "$(sha256sum < "$BATS_TEST_TMPDIR/server")" ]
	"$DEBUG" web -c 'echo out; echo err >&2' > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err"
	[ "$(cat "$BATS_TEST_TMPDIR/out")" = out ]
	[ "$(cat "$BATS_TEST_TMPDIR/err")" = err ]
}

@test "both outputs into one file keep their order" {
	for _ in 1 2 3 4 5; do
		"$DEBUG" web -c 'for i in 1 2 3; do echo out $i; echo err $i >&2; done' > "$BATS_TEST_TMPDIR/both" 2>&1
		[ "$(tr '\n' , < "$BATS_TEST_TMPDIR/both")" = 'out 1,err 1,out 2,err 2,out 3,err 3,' ]
	done
}

@test "appending and sharing a file loses nothing" {
	for i in $(seq 10); do "$DEBUG" web -- echo "line $i" >> "$BATS_TEST_TMPDIR/log" & done
	wait
	[ "$(wc -l < "$BATS_TEST_TMPDIR/log")" = 10 ]
	(for i in $(seq 10); do "$DEBUG" web -c "echo out $i; echo err $i >&2" & done; wait) > "$BATS_TEST_TMPDIR/log" 2>&1
	[ "$(wc -l < "$BATS_TEST_TMPDIR/log")" = 20 ]
}

@test "input is exact and its end is passed on" {
	head -c 3000000 /dev/urandom > "$BATS_TEST_TMPDIR/random"
	"$DEBUG" web -- cat < "$BATS_TEST_TMPDIR/random" | cmp - "$BATS_TEST_TMPDIR/random"
	# shellcheck disable=SC2002
	cat "$BATS_TEST_TMPDIR/random" | "$DEBUG" web -- cat | cmp - "$BATS_TEST_TMPDIR/random"
	[ "$("$DEBUG" web -- wc -c < /dev/null)" = 0 ]
	# In a shell of its own: under `run` the pipe that collects the output would take the free number.
	run bash -c 'exec timeout 10 "$DEBUG" web -- cat <&-'
	[ "$status" -eq 0 ]
	run bash -c '"$DEBUG" web -- echo hello >&- 2>&-; echo "$?"'
	[ "$output" = 0 ]
	[ "$(echo 'echo from stdin; exit 3' | "$DEBUG" web)" = 'from stdin' ]
}

@test "tar streams both ways" {
	mkdir -p "$BATS_TEST_TMPDIR/tree/a" && echo b > "$BATS_TEST_TMPDIR/tree/a/b"
	tar -C "$BATS_TEST_TMPDIR" -c tree | "$DEBUG" web -c 'tar -x -C $HOME && cat $HOME/tree/a/b' > "$BATS_TEST_TMPDIR/got"
	[ "$(cat "$BATS_TEST_TMPDIR/got")" = b ]
	"$DEBUG" web -- tar -c -C / app | tar -t | grep -qx app/server
}

@test "a reader that leaves ends the writer with SIGPIPE" {
	run bash -c '"$DEBUG" web -- yes | head -n 1; echo "${PIPESTATUS[0]}"'
	[ "${lines[0]}" = y ]
	[ "${lines[1]}" = 141 ]
}

@test "so it does with a terminal" {
	run bash -c 'timeout 10 "$DEBUG" -t web -- yes | head -n 1; echo "${PIPESTATUS[0]}"'
	[ "${lines[0]%$'\r'}" = y ]
	[ "${lines[1]}" = 141 ]
}

@test "output that cannot be written is an error, not silence" {
	run bash -c '"$DEBUG" web -- echo lost > /dev/full'
	[ "$status" -eq 125 ]
	[[ "$output" == *"cannot write the command's output"* ]]
}

@test "a command that does not read its input is not held by it" {
	run timeout 5 bash -c 'yes | "$DEBUG" web -- true'
	[ "$status" -eq 0 ]
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	sleep 100 > "$BATS_TEST_TMPDIR/fifo" 3>&- &
	holder=$!
	run timeout 5 "$DEBUG" web -- true < "$BATS_TEST_TMPDIR/fifo"
	[ "$status" -eq 0 ]
	kill "$holder"
}

@test "the environment is the target's, with a PATH that begins with the toolbox" {
	run "$DEBUG" web -c 'printf "%s\n" "$APP_MODE" "$MULTI" "$PATH" "$HOME" "$TMPDIR"'
	[ "${lines[0]}" = production ]
	[ "${lines[1]}" = one ] && [ "${lines[2]}" = two ]
	[ "${lines[3]}" = /dev/toolbox/bin:/dev/toolbox/sbin:/app:/bin ]
	[ "${lines[4]}" = /dev/toolbox/run ] && [ "${lines[5]}" = /dev/toolbox/run ]
	run "$DEBUG" web -- env
	[[ "$output" != *LD_LIBRARY_PATH* && "$output" != *LD_PRELOAD* && "$output" != *TERMINFO* && "$output" != *SSL_CERT* ]]
}

@test "-e sets, and wins over the target" {
	run "$DEBUG" -e APP_MODE=test -e 'SPACED=a b' --env=EMPTY= web -c 'echo "$APP_MODE,$SPACED,${EMPTY-unset}"'
	[ "$output" = 'test,a b,' ]
}

@test "a hostile environment reaches neither the shell's startup nor the tools" {
	docker_run -e BASH_ENV=/app/evil -e ENV=/app/evil -e LD_PRELOAD=/app/evil.so -e LD_LIBRARY_PATH=/app \
		-e PROMPT_COMMAND=evil -e LC_ALL=xx_YY -e 'BASH_FUNC_ls%%=() { echo evil; }' hostile debug-test/scratch
	run "$DEBUG" hostile -c 'ls /app; echo "$LD_PRELOAD"'
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = server ]
	[ "${lines[1]}" = /app/evil.so ]
	[ "${#lines[@]}" = 2 ]
	docker rm -f hostile > /dev/null
}

@test "the working directory is the target's, or --workdir, or /" {
	[ "$("$DEBUG" web -- pwd)" = /app ]
	[ "$("$DEBUG" --workdir /etc web -- pwd)" = /etc ]
	run "$DEBUG" -w /no/such web -- pwd
	[ "$status" -eq 125 ]
	[[ "$output" == *'`/no/such`'* ]]
}

@test "users: numbers, names of the target, groups" {
	docker_run glibc debug-test/glibc
	[ "$("$DEBUG" -u 1000:1001 web -c 'id -u; id -g' | tr '\n' ' ')" = '1000 1001 ' ]
	[ "$("$DEBUG" -u 0 web -- id -u)" = 0 ]
	[ "$("$DEBUG" -u nonroot glibc -- id -un)" = nonroot ]
	[ "$("$DEBUG" -u nonroot:root glibc -- id -g)" = 0 ]
	[ "$("$DEBUG" -u 65532 glibc -- id -gn)" = nonroot ]
	run "$DEBUG" -u nosuch glibc -- true
	[ "$status" -eq 125 ]
	[[ "$output" == *'no user `nosuch`'* ]]
	# No rights come along with another user.
	run "$DEBUG" -u 1000 web -c 'grep CapEff /proc/self/status; touch $HOME/mine && echo mine'
	[[ "${lines[0]}" == *0000000000000000 ]]
	[ "${lines[1]}" = mine ]
	docker rm -f glibc > /dev/null
}

@test "the toolbox's program comes first, then the target's own" {
	[ "$("$DEBUG" web -c 'command -v ls')" = /dev/toolbox/bin/ls ]
	docker_run musl debug-test/musl
	run "$DEBUG" musl -- hello-musl
	[ "$status" -eq 0 ]
	run "$DEBUG" musl -- /bin/busybox echo own
	[ "$output" = own ]
	docker rm -f musl > /dev/null
}

@test "docker exec habits: -it, and a command without --" {
	run "$DEBUG" -it web echo hello
	[ "$status" -eq 0 ]
	[[ "$output" == *hello* ]]
	[ "$("$DEBUG" web echo -n x -c y)" = 'x -c y' ]
}

@test "-t gives a terminal to a pipe, -T takes it from a terminal" {
	run "$DEBUG" -t web -- tty
	[[ "$output" == /dev/pts/0* ]]
	run "$DEBUG" -T web -- tty
	[ "$output" = 'not a tty' ]
}

@test "what a session leaves running ends with it" {
	run "$DEBUG" web -c 'setsid sleep 1000 & (trap "" HUP TERM; setsid sleep 1001 &) ; sleep 0.2; echo left'
	[ "$output" = left ]
	run docker top web -o pid,args
	[[ "$output" != *"sleep 100"* ]]
}

@test "the session is neither in the target's cgroup nor without limits" {
	run "$DEBUG" web -- cat /proc/self/cgroup
	[[ "$output" == */debug-* ]]
	[[ "$output" != *"$(docker_id web)"* ]] || [[ "$output" == *freezer* ]]
}

@test "the session holds nothing of the host: descriptors, capabilities, mounts" {
	run "$DEBUG" web -c 'for fd in /proc/self/fd/*; do readlink "$fd"; done; :' < /dev/null
	for link in "${lines[@]}"; do [[ "$link" == pipe:* || "$link" == /proc/* || "$link" == "" ]]; done
	run "$DEBUG" web -- cat /proc/self/mountinfo
	[[ "$output" != *"$ROOT"* ]]
	run "$DEBUG" web -c 'grep -E "NoNewPrivs|Seccomp:" /proc/self/status | tr "\n" " "'
	[[ "$output" == *"NoNewPrivs:	1"*"Seccomp:	2"* ]]
	run "$DEBUG" web -c 'mknod /dev/toolbox/run/disk b 8 0'
	[ "$status" -ne 0 ]
}
