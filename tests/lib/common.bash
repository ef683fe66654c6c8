# SPDX-License-Identifier: GPL-2.0-or-later
# What every system test uses.  Everything started is remembered by id or pid, and ended by it.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=${BUILD:-$ROOT/build}
DEBUG=${DEBUG:-$BUILD/bin/debug}
TOOLS=$BUILD/tests
export ROOT BUILD DEBUG TOOLS

# Engines -----------------------------------------------------------------------------------------

docker() { command /usr/bin/docker "$@"; }

# The tests' engine is started once for all files by tests/run and stays until the end of the run.
engines_start() { docker version > /dev/null; }
engines_stop() { :; }
images_build() { docker image inspect debug-test/scratch debug-test/glibc debug-test/musl > /dev/null; }

docker_run() { # [OPTION...] NAME [OPTION...] IMAGE: the first word that is no option is the name
	local before=()
	while [[ $1 == -* ]]; do
		case $1 in
		-t) before+=("$1"); shift ;;
		*) before+=("$1" "$2"); shift 2 ;;
		esac
	done
	local name=$1
	shift
	docker rm -f "$name" > /dev/null 2>&1 || :
	docker run -d --name "$name" --label debug.test=1 --network "${NETWORK:-none}" "${before[@]}" "$@" > "$BATS_FILE_TMPDIR/id"
	cat "$BATS_FILE_TMPDIR/id" >> "$BATS_FILE_TMPDIR/containers"
}
docker_pid() { docker inspect -f '{{.State.Pid}}' "$1"; }
docker_id() { docker inspect -f '{{.Id}}' "$1"; }
docker_clean() {
	[ -e "$BATS_FILE_TMPDIR/containers" ] || return 0
	while read -r id; do docker rm -f "$id" > /dev/null 2>&1 || :; done < "$BATS_FILE_TMPDIR/containers"
	rm "$BATS_FILE_TMPDIR/containers"
}

# Limits are given because a root without CAP_SYS_RESOURCE may not raise them.
podman_run_userns() { # NAME IMAGE
	podman rm -f "$1" > /dev/null 2>&1 || :
	podman --runtime runc run -d --name "$1" --network none --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 \
		--uidmap 0:100000:65536 --gidmap 0:100000:65536 "$2" > "$BATS_FILE_TMPDIR/podman"
}
podman_pid() { podman inspect -f '{{.State.Pid}}' "$1"; }
podman_clean() {
	[ -e "$BATS_FILE_TMPDIR/podman" ] || return 0
	# Podman and its own monitor, which cleans up as well, are sometimes in each other's way (also without us).
	podman rm -f -t 0 "$(cat "$BATS_FILE_TMPDIR/podman")" > /dev/null 2>&1 ||
		podman rm -f -i -t 0 "$(cat "$BATS_FILE_TMPDIR/podman")" > /dev/null
	rm "$BATS_FILE_TMPDIR/podman"
}

engine_pid() { cat /var/run/docker.pid; }
engine_stop_responding() { kill -STOP "$(engine_pid)"; }
engine_resume() { kill -CONT "$(engine_pid)"; }

# Runs a command where the engine's socket is covered by an empty directory.
without_docker_socket() {
	unshare --mount --propagation private sh -c 'mount -t tmpfs none "$(readlink -f /var/run)" && exec "$@"' sh "$@"
}

# The built-in target, without an engine ------------------------------------------------------------

fixture_start() { # OPTION...
	coproc SUPERVISOR { exec "$TOOLS/target" --until-eof "$@" 2> "$BATS_TEST_TMPDIR/fixture" 3>&-; }
	read -r -t 10 -u "${SUPERVISOR[0]}" _ FIXTURE_PID
	[ -n "$FIXTURE_PID" ]
}
fixture_stop() {
	local input=${SUPERVISOR[1]}
	exec {input}>&-
	timeout 5 tail --pid="$FIXTURE_PID" -s 0.05 -f /dev/null
}

# What must not change --------------------------------------------------------------------------------

# The target's fingerprint is the same after COMMAND as before, and its mount table saw no event.
assert_unchanged() { # PID COMMAND...
	local pid=$1 events
	shift
	"$TOOLS/fingerprint" "$pid" > "$BATS_TEST_TMPDIR/before"
	"$TOOLS/mountwatch" -o "$BATS_TEST_TMPDIR/events" "$pid" -- "$@"
	"$TOOLS/fingerprint" "$pid" > "$BATS_TEST_TMPDIR/after"
	diff -U0 "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	read -r events _ < "$BATS_TEST_TMPDIR/events"
	[ "$events" = 0 ]
}

# The same around a whole test, for the container that its file shares: in setup and in teardown.
target_begin() { "$TOOLS/fingerprint" "$(docker_pid "$1")" > "$BATS_TEST_TMPDIR/target"; }
assert_target_unchanged() { # NAME
	local i
	# Processes of a session that was killed need a moment to go.
	for i in $(seq 40); do
		diff -U0 "$BATS_TEST_TMPDIR/target" <("$TOOLS/fingerprint" "$(docker_pid "$1")") > "$BATS_TEST_TMPDIR/target.diff" &&
			return 0
		sleep 0.05
	done
	echo "the target changed, after $i looks:"
	cat "$BATS_TEST_TMPDIR/target.diff"
	return 1
}

# What of the host a session could leave.  The shared toolbox mount below /run/debug is not residue: it is
# made once per boot, and documented.
residue() {
	find /sys/fs/cgroup -maxdepth 3 -type d -name 'debug-*' 2> /dev/null | sort
	# Not the engines' own mounts, which come and go with the tests' containers.
	sed 's/^[0-9]* [0-9]* //' /proc/self/mountinfo |
		grep -vE ' (/run/debug/(toolbox|layer)-|/run/docker/|/var/lib/[a-z-]*docker/|/var/lib/containers/|/run/(user/[0-9]+/)?containers/)' | sort
	for loop in /sys/block/loop*/loop/backing_file; do [ -e "$loop" ] && cat "$loop"; done
	find /dev/pts -type c | sort
	# Not there before the first session since the host was started.
	[ ! -d /run/debug ] || find /run/debug -mindepth 1 -maxdepth 1 ! -name 'toolbox-*' ! -name 'layer-*'
	# A program whose file or mount is gone is named by its process only.
	{
		stat -c %N /proc/[0-9]*/exe 2> /dev/null |
			sed -n "s|^'/proc/\([0-9]*\)/exe' -> '.*/debug\(-helper\|-joiner\)\{0,1\}'\$|process \1|p"
		grep -lxE 'debug-(helper|joiner|session)' /proc/[0-9]*/comm 2> /dev/null | sed 's|/proc/\([0-9]*\)/comm|process \1|'
	} | sort -u
	return 0
}
residue_begin() { residue > "$BATS_TEST_TMPDIR/residue"; }
assert_no_residue() {
	local i
	# A closed terminal or a killed process is noticed by the others at once, but not in no time.
	for i in $(seq 40); do
		diff "$BATS_TEST_TMPDIR/residue" <(residue) > "$BATS_TEST_TMPDIR/residue.diff" && return 0
		sleep 0.05
	done
	echo "left behind after $i looks:"
	cat "$BATS_TEST_TMPDIR/residue.diff"
	return 1
}

toolbox_unmount() {
	local mounted
	for mounted in /run/debug/layer-* /run/debug/toolbox-*; do
		[ -d "$mounted" ] || continue
		while mountpoint -q "$mounted"; do umount "$mounted"; done
		rmdir "$mounted"
	done
}

# A real terminal -------------------------------------------------------------------------------------

tmux_private() { tmux -L "debug-test-$BATS_ROOT_PID-$BATS_TEST_NUMBER" -f /dev/null "$@"; }
tmux_start() { # COLUMNSxROWS COMMAND
	tmux_private new-session -d -x "${1%x*}" -y "${1#*x}" "$2" 3>&-
	tmux_private set-option -g status off
	tmux_private set-option -g window-size manual
	tmux_private resize-window -x "${1%x*}" -y "${1#*x}"
}
tmux_send() { tmux_private send-keys "$@"; }
tmux_screen() { tmux_private capture-pane -p; }
tmux_resize() { tmux_private resize-window -x "$1" -y "$2"; }
tmux_pane_pid() { tmux_private display-message -p '#{pane_pid}'; }
tmux_wait_for() { # TEXT
	local i
	for i in $(seq 160); do
		tmux_screen | grep -qF -- "$1" && return 0
		sleep 0.05
	done
	echo "no \`$1' on the screen after $i looks:"
	tmux_screen
	return 1
}
tmux_end() {
	local server
	server=$(tmux_private display-message -p '#{pid}' 2> /dev/null) || return 0
	tmux_private kill-server 2> /dev/null || :
	# One that is about to go would take the next test's session along.
	timeout 5 tail --pid="$server" -s 0.02 -f /dev/null || :
}
