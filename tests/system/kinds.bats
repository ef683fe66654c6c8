# SPDX-License-Identifier: GPL-2.0-or-later
# Targets that are odd or in trouble: what hangs, is half dead, nested, hidden or of another machine.

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() { engines_start; images_build; }
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() {
	local process
	for process in "${STARTED[@]}"; do kill -KILL "$process" 2> /dev/null && wait "$process" || :; done
	docker_clean
	# What the inner engine leaves.
	for group in /sys/fs/cgroup/debug-test-inner /sys/fs/cgroup/*/debug-test-inner; do
		[ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} +
	done
	assert_no_residue
}

# A mount that hangs ---------------------------------------------------------------------------------

# The fingerprint would ask the mount.  These do not.
STARTED=()
facts_of() { # PID
	cat "/proc/$1/mountinfo"
	ls -l "/proc/$1/fd" "/proc/$1/ns"
	awk '{ print $4, $22 }' "/proc/$1/stat"
	cat "/proc/$1/cgroup"
}

@test "a mount that hangs hangs who looks at it, and nobody else" {
	mkdir -p "$BATS_TEST_TMPDIR/data"
	docker_run stuck -v "$BATS_TEST_TMPDIR/data:/data" debug-test/scratch
	hang stuck /data
	STARTED+=("$HUNG_PID")
	facts_of "$(docker_pid stuck)" > "$BATS_TEST_TMPDIR/before"
	for options in '' --write --scratch --stealth '--profile app'; do
		# shellcheck disable=SC2086
		[ "$(timeout 20 "$DEBUG" $options stuck -c 'ls / /app > /dev/null && ps > /dev/null && df /app > /dev/null && echo well')" = well ]
	done
	[[ $(timeout 20 "$DEBUG" ls) = *' stuck '* ]]
	timeout 20 "$DEBUG" doctor stuck > /dev/null
	# Who asks for it can be interrupted, and leaves nothing.
	run timeout -s INT 2 "$DEBUG" stuck -- ls /data
	[ "$status" -eq 124 ]
	run timeout 20 "$DEBUG" --workdir /data stuck -- true
	[ "$status" -eq 124 ]
	[[ $output = *'the directory `/data` of the target does not answer' ]]
	diff "$BATS_TEST_TMPDIR/before" <(facts_of "$(docker_pid stuck)")
}

@test "a working directory that hangs is not waited for" {
	mkdir -p "$BATS_TEST_TMPDIR/data"
	docker_run stuck -v "$BATS_TEST_TMPDIR/data:/data" -w /data debug-test/scratch
	[ "$("$DEBUG" stuck -- pwd)" = /data ]
	hang stuck /data
	STARTED+=("$HUNG_PID")
	run --separate-stderr timeout 20 "$DEBUG" stuck -- pwd
	[ "$status" -eq 0 ]
	[ "$output" = / ]
	# shellcheck disable=SC2154
	[[ $stderr = *"the target's working directory does not answer, so the session starts in /" ]]
	tmux_start 80x20 "$DEBUG --shell bash stuck"
	tmux_wait_for 'stuck:/ #'
	tmux_send 'echo $((6 * 7))' Enter
	tmux_wait_for 42
	tmux_end
}

# Much, hidden, nested -----------------------------------------------------------------------------------

@test "2000 mounts" {
	fixture_start --mounts 2000
	assert_unchanged "$FIXTURE_PID" "$DEBUG" "pid://$FIXTURE_PID" -- test "$(wc -l < "/proc/$FIXTURE_PID/mountinfo")" -gt 2000
	[ "$("$DEBUG" "pid://$FIXTURE_PID" -c 'wc -l < /proc/self/mountinfo')" -gt 2000 ]
	[ "$("$DEBUG" --write "pid://$FIXTURE_PID" -c 'wc -l < /proc/self/mountinfo')" -gt 2000 ]
	fixture_stop
}

hide() { # MOUNT-OPTION: a target whose /proc hides processes
	unshare --mount --pid --fork --kill-child --mount-proc sh -c "mount -t proc -o $1 proc /proc && sleep 1000" 3>&- &
	STARTED+=("$!")
	for _ in $(seq 100); do
		pid=$(pgrep -P "$!" || :)
		[ -z "$pid" ] || ! pgrep -P "$pid" > /dev/null || return 0
		sleep 0.05
	done
	return 1
}

@test "a /proc that hides other users' processes hides them from such a session alone" {
	for option in hidepid=2 hidepid=invisible,gid=4711; do
		hide "$option"
		# Its root is the host's, with all its files: the facts have to do.
		facts_of "$pid" > "$BATS_TEST_TMPDIR/before"
		"$DEBUG" "pid://$pid" -- ps -p 1 -o pid=
		diff "$BATS_TEST_TMPDIR/before" <(facts_of "$pid")
		[ "$("$DEBUG" "pid://$pid" -c 'ls -d /proc/1')" = /proc/1 ]
		run "$DEBUG" --user 4712:4712 "pid://$pid" -c 'ls -d /proc/1'
		[ "$status" -ne 0 ]
		kill -KILL "$pid"
	done
	# The host's own may be so, too.
	docker_run web debug-test/scratch
	[ "$(unshare --mount sh -c 'mount -t proc -o hidepid=2 proc /proc && exec "$@"' sh "$DEBUG" web -- ls /app)" = server ]
}

inner() { docker exec outer /usr/bin/docker "$@"; }

@test "Docker in Docker: the outer by its name, the inner by its process" {
	local options=() capability root=$BATS_TEST_TMPDIR/root
	mkdir -p "$root"/{usr,etc,var,run,tmp,proc,sys,dev}
	for directory in bin sbin lib lib64; do ln -s "usr/$directory" "$root/$directory"; done
	tar -C "$root" -c . | docker import -c 'LABEL debug.test=1' - debug-test/host > /dev/null
	for capability in SYS_ADMIN NET_ADMIN SYS_PTRACE DAC_READ_SEARCH; do options+=(--cap-add "$capability"); done
	for option in seccomp apparmor systempaths; do options+=(--security-opt "$option=unconfined"); done
	for mount in /usr:/usr:ro /etc:/etc:ro /sys/fs/cgroup:/sys/fs/cgroup; do options+=(-v "$mount"); done
	for directory in /run /tmp /var; do options+=(--tmpfs "$directory:exec"); done
	docker_run outer "${options[@]}" --cgroupns host debug-test/host /usr/sbin/dockerd --storage-driver vfs --iptables=false --bridge=none \
		--cgroup-parent /debug-test-inner
	for _ in $(seq 100); do inner version > /dev/null 2>&1 && break; sleep 0.1; done
	docker save debug-test/scratch | docker exec -i outer /usr/bin/docker load
	inner run -d --name nested --network none --ulimit nofile=1024:1024 debug-test/scratch
	# Its number is one of the outer's pid namespace.
	pid=$(awk -v inner="$(inner inspect -f '{{.State.Pid}}' nested)" '/^NSpid:/ && NF == 4 && $3 == inner { print $2 }' /proc/[0-9]*/status 2> /dev/null)
	assert_unchanged "$pid" "$DEBUG" "pid://$pid" -c 'ls /app && ps -p 1'
	[ "$("$DEBUG" "pid://$pid" -- hostname)" = "$(inner inspect -f '{{.Config.Hostname}}' nested)" ]
	[[ $("$DEBUG" outer -- docker ps) = *nested* ]]
	# The host's engines have no such container.
	run "$DEBUG" nested -- true
	[ "$status" -eq 125 ]
	inner rm -f nested
	docker rm -f outer
	docker image rm debug-test/host
}

@test "a process in a chroot inside a container" {
	mkdir -p "$BATS_TEST_TMPDIR/jail/app" "$BATS_TEST_TMPDIR/jail/dev"
	cp "$TOOLS/target" "$BATS_TEST_TMPDIR/jail/app/jailed"
	docker_run cage -v "$BATS_TEST_TMPDIR/jail:/jail" debug-test/musl
	docker exec -d cage /bin/busybox chroot /jail /app/jailed server
	for _ in $(seq 100); do
		pid=$(docker top cage -o pid,comm | awk '$2 == "jailed" { print $1 }')
		[ -z "$pid" ] || break
		sleep 0.05
	done
	assert_unchanged "$pid" "$DEBUG" "pid://$pid" -c 'ls /app'
	[ "$("$DEBUG" "pid://$pid" -- ls /app)" = jailed ]
}

# Half dead --------------------------------------------------------------------------------------------------

@test "a zombie, and a process whose first thread has ended: one sentence" {
	python3 -c 'import os, time
child = os.fork()
if child == 0: os._exit(0)
print(child, flush=True)
time.sleep(1000)' > "$BATS_TEST_TMPDIR/zombie" 3>&- &
	STARTED+=("$!")
	python3 -c 'import ctypes, threading, time
threading.Thread(target=time.sleep, args=(1000,)).start()
print("up", flush=True)
ctypes.CDLL(None).pthread_exit(None)' > "$BATS_TEST_TMPDIR/headless" 3>&- &
	headless=$!
	STARTED+=("$headless")
	for _ in $(seq 200); do
		zombie=$(cat "$BATS_TEST_TMPDIR/zombie")
		[ -n "$zombie" ] && grep -q 'State:.Z' "/proc/$zombie/status" "/proc/$headless/status" && break
		sleep 0.05
	done
	for pid in "$zombie" "$headless"; do
		run timeout 10 "$DEBUG" "pid://$pid" -- true
		[ "$status" -eq 125 ]
		[ "${#lines[@]}" = 1 ]
		[[ $output = *"process $pid has ended"* ]]
	done
}

@test "a container that ends in the middle of an attach is never half entered" {
	for pause in 0 0.002 0.004 0.006 0.008 0.01 0.015 0.02; do
		docker_run brief debug-test/scratch
		pid=$(docker_pid brief)
		# One that has ended before it is found could be looked at, but not be written to.
		"$DEBUG" --write brief -c 'echo inside; sleep 100' > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/why" 3>&- &
		session=$!
		sleep "$pause"
		kill -KILL "$pid"
		status=0
		wait "$session" || status=$?
		case $status in
		125) [ "$(wc -l < "$BATS_TEST_TMPDIR/why")" = 1 ] ;;
		137) [ "$(cat "$BATS_TEST_TMPDIR/out")" = inside ] || [ ! -s "$BATS_TEST_TMPDIR/out" ] ;;
		*) echo "status $status after $pause"; cat "$BATS_TEST_TMPDIR/why"; false ;;
		esac
	done
}

# Another machine ---------------------------------------------------------------------------------------------

@test "an image for another architecture: the tools are this machine's" {
	case $(uname -m) in
	x86_64) compiler=aarch64-linux-gnu-gcc other='ARM aarch64' ;;
	*) skip 'there is no compiler for another architecture' ;;
	esac
	mkdir -p "$BATS_TEST_TMPDIR/foreign/app"
	echo 'int main(void) { return 0; }' > "$BATS_TEST_TMPDIR/main.c"
	"$compiler" -static -o "$BATS_TEST_TMPDIR/foreign/app/server" "$BATS_TEST_TMPDIR/main.c"
	tar -C "$BATS_TEST_TMPDIR/foreign" -c . | docker import --platform linux/arm64 -c 'ENTRYPOINT ["/app/server"]' -c 'LABEL debug.test=1' - debug-test/foreign > /dev/null
	for target in docker://debug-test/foreign "$BATS_TEST_TMPDIR/foreign"; do
		[[ $("$DEBUG" "$target" -- file /app/server) = *"$other"* ]]
		run "$DEBUG" "$target" -- /app/server
		if [ -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ]; then
			[ "$status" -eq 0 ]
		else
			[ "$status" -eq 126 ]
			[[ $output = *'cannot be executed'*'Exec format error'* ]]
		fi
	done
	[[ $("$DEBUG" docker://debug-test/foreign -- entrypoint) = *arm64* ]]
	docker image rm debug-test/foreign
}
