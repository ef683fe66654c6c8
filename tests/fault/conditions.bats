# SPDX-License-Identifier: GPL-2.0-or-later
# The world around a session fails: engines, limits, disks, the toolbox, the terminal, the target.  Each time there is
# the command's own status, or one sentence and a status of ours; nothing is left.

bats_require_minimum_version 1.5.0

load ../lib/common

setup_file() { engines_start; images_build; docker_run web debug-test/scratch; }
teardown_file() { docker_clean; }
setup() { residue_begin; target_begin web; STARTED=(); GROUPS_MADE=(); }
teardown() {
	local process group
	for process in "${STARTED[@]}"; do kill -KILL "$process" 2> /dev/null && wait "$process" || :; done
	for group in "${GROUPS_MADE[@]}"; do rmdir "$group"; done
	assert_no_residue
	assert_target_unchanged web
}

# As it should, or one sentence.
assert_well_or_told() { # OUTPUT, after run --separate-stderr
	# shellcheck disable=SC2154
	case $status in
	0) [ "$output" = "$1" ] ;;
	12[4-7]) [ "$(wc -l <<< "$stderr")" = 1 ] && [[ $stderr = 'debug: '* ]] ;;
	*) false ;;
	esac || { echo "status $status: $output: $stderr"; return 1; }
}

session_begin() { # ARGUMENT...: a session that says `ready`, and then does what it is told on its standard input
	mkfifo "$BATS_TEST_TMPDIR/in"
	"$DEBUG" "$@" -c 'echo ready; while read -r line; do eval "$line"; done' \
		< "$BATS_TEST_TMPDIR/in" > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" 3>&- &
	SESSION=$!
	exec {INPUT}> "$BATS_TEST_TMPDIR/in"
	said ready
}
tell() { echo "$1" >&"$INPUT"; }
said() { # TEXT
	local i
	for i in $(seq 200); do
		grep -q -- "$1" "$BATS_TEST_TMPDIR/out" && return 0
		sleep 0.05
	done
	echo "the session did not say \`$1', after $i looks:"
	cat "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err"
	return 1
}
session_end() { # its status in $status
	exec {INPUT}>&-
	status=0
	wait "$SESSION" || status=$?
}

# Engines ------------------------------------------------------------------------------------------------

# Not a real engine, as none does this on purpose.
@test "an engine that drips bytes, one at a time, is given up in time" {
	python3 -c '
import socket, sys, time
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen(16)
print("up", flush=True)
while True:
    client, _ = server.accept()
    try:
        for byte in b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n" + b" " * 1000000:
            client.send(bytes([byte]))
            time.sleep(0.05)
    except OSError: pass' "$BATS_TEST_TMPDIR/drip" > "$BATS_TEST_TMPDIR/up" 3>&- &
	STARTED+=("$!")
	for _ in $(seq 100); do grep -q up "$BATS_TEST_TMPDIR/up" && break; sleep 0.05; done
	DOCKER_HOST=unix://$BATS_TEST_TMPDIR/drip run --separate-stderr timeout 20 "$DEBUG" docker://nosuch -- true
	[ "$status" -eq 124 ]
	[[ $stderr = *'did not answer in time'* ]]
}

@test "an engine that stops answering in the middle of a session is not missed" {
	session_begin web
	engine_stop_responding
	tell 'ls /app; exit 7'
	said server || { engine_resume; false; }
	session_end
	engine_resume
	[ "$status" -eq 7 ]
}

@test "a target that is paused in the middle of a session does not hold it" {
	session_begin web
	docker pause web
	tell 'ls /app; exit 7'
	said server || { docker unpause web; false; }
	session_end
	docker unpause web
	[ "$status" -eq 7 ]
}

# Limits -------------------------------------------------------------------------------------------------

@test "whatever the caller's limits are" {
	local limit
	[ -z "${SANITIZED-}" ] || skip 'programs with sanitizers do not start within such limits'
	for limit in -n:{4,5,6,7,8,10,12,16,20,24,28,32,40,64} -s:{64,128,1024} -l:0 -q:0 -i:0 -c:0 -v:{4000,8000,16000,64000}; do
		run --separate-stderr timeout 20 bash -c 'ulimit "$1" "$2" && exec "$3" web -- echo works' bash "${limit%:*}" "${limit#*:}" "$DEBUG"
		# Too little for libc or the kernel to start a program at all.
		[[ $limit != -[vs]:* ]] || [ "$status" -lt 128 ] || continue
		assert_well_or_told works || { echo "with ulimit $limit"; false; }
	done
}

@test "a caller that may write nothing, not even into memory, is told" {
	run bash -o pipefail -c '(ulimit -f 0; exec timeout 20 "$1" web -- echo works) 2>&1 | cat' bash "$DEBUG"
	[ "$status" -eq 125 ]
	[ "$output" = 'debug: cannot pass the request to the helper: File too large' ]
}

group_make() { # CONTROLLER: its directory in $group
	local at
	for at in "/sys/fs/cgroup/$1" /sys/fs/cgroup; do
		[ ! -e "$at/cgroup.procs" ] || break
	done
	group=$at/test-limit-$BATS_TEST_NUMBER
	mkdir "$group"
	GROUPS_MADE+=("$group")
}
in_group() { bash -c 'echo 0 > "$1/cgroup.procs" && shift && exec "$@"' bash "$group" "$@"; }

@test "no room for processes where the caller is" {
	local most
	group_make pids
	[ -e "$group/pids.max" ] || skip 'there is no controller of that kind'
	for most in 1 2 3 4 5 6; do
		echo "$most" > "$group/pids.max"
		run --separate-stderr in_group timeout 20 "$DEBUG" web -- echo works
		# Not even `debug` itself, below timeout.
		[ "$most" -gt 1 ] || continue
		assert_well_or_told works || { echo "with $most processes"; false; }
	done
	echo 50 > "$group/pids.max"
	[ "$(in_group "$DEBUG" web -- echo works)" = works ]
}

@test "more processes or memory than a session may have are refused to it, and to nobody else" {
	run timeout 60 "$DEBUG" web -- python3 -c '
import os, time
try:
    while True:
        if os.fork() == 0: time.sleep(100)
except OSError as error: print(error.strerror, flush=True)'
	[ "$status" -eq 0 ]
	[[ $output = 'Resource temporarily unavailable' ]]
	run timeout 60 "$DEBUG" web -c 'tail /dev/zero > /dev/null; echo "status $?"'
	[[ $output = *'status 137' ]]
}

# Disks --------------------------------------------------------------------------------------------------

@test "a receipt for which there is no room is said to be lost, and the status is the command's" {
	run --separate-stderr unshare --mount --propagation private sh -c 'mount -t tmpfs -o size=8k none "$1" && cd "$1" &&
		touch receipt && head -c 20000 /dev/zero > fill; rm receipt; exec "$2" --receipt=receipt web -- sh -c "exit 6"' sh "$BATS_TEST_TMPDIR" "$DEBUG"
	[ "$status" -eq 6 ]
	[[ $stderr = *'receipt: it cannot be written; see whether the disk is full'* ]]
}

# The toolbox ----------------------------------------------------------------------------------------------

stage_make() {
	stage=$BATS_TEST_TMPDIR/stage
	mkdir "$stage"
	cp -a "$BUILD/bin" "$BUILD/libexec" "$stage/"
	image=$stage/libexec/debug/toolbox.erofs
}

@test "a toolbox that is replaced or removed during a session stays for that session" {
	stage_make
	toolbox_unmount
	DEBUG=$stage/bin/debug session_begin web
	rm "$image"
	head -c 1000000 "$BUILD/libexec/debug/toolbox.erofs" > "$image"
	tell 'gdb --version > /dev/null && echo gdb works; exit 7'
	said 'gdb works'
	session_end
	[ "$status" -eq 7 ]
	toolbox_unmount
	run "$stage/bin/debug" web -- true
	[ "$status" -eq 125 ]
	[ "${#lines[@]}" = 1 ]
}

@test "a toolbox that loses its end during a session takes the programs in it along, not the tool" {
	stage_make
	toolbox_unmount
	DEBUG=$stage/bin/debug session_begin web
	truncate -s 1M "$image"
	echo 1 > /proc/sys/vm/drop_caches
	tell 'gdb --version; exit 7'
	exec {INPUT}>&-
	status=0
	timeout 20 tail --pid="$SESSION" -s 0.05 -f /dev/null
	wait "$SESSION" || status=$?
	[ "$status" -ne 0 ]
	toolbox_unmount
	[ "$("$DEBUG" web -- echo works)" = works ]
}

# The terminal -----------------------------------------------------------------------------------------------

@test "a terminal that is resized all the time, as fast as it can be" {
	run timeout 60 python3 -c '
import fcntl, os, pty, struct, sys, termios, time
pid, master = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "-q", "web", "-c", "echo ready; read line; stty size; exit 5"])
said = b""
while b"ready" not in said: said += os.read(master, 4096)
for i in range(20000):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 20 + i % 50, 80 + i % 90, 0, 0))
fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 111, 0, 0))
time.sleep(0.2)
os.write(master, b"\n")
try:
    while True: said += os.read(master, 4096)
except OSError: pass
_, status = os.waitpid(pid, 0)
print(said.decode(), os.waitstatus_to_exitcode(status))' "$DEBUG"
	[[ $output = *'33 111'*' 5' ]]
}

@test "a terminal's output that cannot be written ends the session" {
	run timeout 20 bash -c '"$1" -t web -- sh -c "while echo more; do :; done" > /dev/full' bash "$DEBUG"
	[ "$status" -ne 124 ]
	[ "$status" -ne 0 ]
}
