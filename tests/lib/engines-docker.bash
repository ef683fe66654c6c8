# SPDX-License-Identifier: GPL-2.0-or-later
# Docker engines of other Debian suites, each with directories and a socket of its own; `docker` of
# tests/lib/common.bash stays the one that the tests share.
# shellcheck shell=bash disable=SC2034

# A directory that is the same in every test of a file.
docker_directory() { echo "${BATS_FILE_TMPDIR:?}/docker-$1"; }

docker_at() { # NAME COMMAND...
	local name=$1
	shift
	command /usr/bin/docker -H "unix://$(docker_directory "$name")/docker.sock" "$@"
}

# A containerd in one of the places where one is looked for.
docker_containerd() { # NAME PROGRAMS SOCKET
	local directory
	directory=$(docker_directory "$1")
	mkdir -p "${3%/*}"
	printf '%s\n' 'version = 2' "root = '$directory/root/containerd'" "state = '$directory/state'" \
		'disabled_plugins = ["io.containerd.grpc.v1.cri"]' '[grpc]' "address = '$3'" > "$directory/containerd.toml"
	PATH="$2/bin:$PATH" containerd -c "$directory/containerd.toml" > "$directory/containerd.log" 2>&1 3>&- &
	echo $! > "$directory/containerd.process"
	for _ in $(seq 100); do
		! ctr -a "$3" version > /dev/null 2>&1 || return 0
		sleep 0.1
	done
	return 1
}

# The daemon starts its own containerd, or uses one at SOCKET; the runtime is the host's, because a newer one needs
# a newer libc.
docker_start() { # NAME SUITE [JSON [SOCKET]]: what daemon.json says besides
	local directory programs with=()
	directory=$(docker_directory "$1")
	programs=$("$ROOT/tests/engines/fetch" "$2" docker.io containerd)/usr
	mkdir -p "$directory/root" "$directory/exec"
	if [ -n "${3-}" ]; then echo "$3"; else echo '{}'; fi > "$directory/daemon.json"
	if [ -n "${4-}" ]; then
		docker_containerd "$1" "$programs" "$4"
		with=(--containerd "$4")
	fi
	env -u DOCKER_HOST PATH="$programs/sbin:$programs/bin:$PATH" dockerd --config-file "$directory/daemon.json" \
		--data-root "$directory/root" --exec-root "$directory/exec" --pidfile "$directory/pid" \
		-H "unix://$directory/docker.sock" --iptables=false --ip6tables=false --bridge=none "${with[@]}" > "$directory/log" 2>&1 3>&- &
	echo $! > "$directory/process"
	for _ in $(seq 120); do
		docker_at "$1" version > /dev/null 2>&1 && return 0
		sleep 0.25
	done
	tail -n 20 "$directory/log"
	return 1
}
docker_stop() { # NAME
	local directory pid
	directory=$(docker_directory "$1")
	[ -e "$directory/process" ] || return 0
	pid=$(cat "$directory/process")
	kill -CONT "$pid" || { rm "$directory/process"; return 0; }
	# shellcheck disable=SC2046
	docker_at "$1" rm -f $(docker_at "$1" ps -aq) > /dev/null 2>&1 || :
	kill "$pid"
	timeout 20 tail --pid="$pid" -s 0.1 -f /dev/null
	if [ -e "$directory/containerd.process" ]; then
		kill "$(cat "$directory/containerd.process")"
		timeout 20 tail --pid="$(cat "$directory/containerd.process")" -s 0.1 -f /dev/null
	fi
	find "$directory" -xdev -mindepth 1 -type d -exec mountpoint -q {} \; -exec umount {} \; || :
	rm "$directory/process"
}

# An image FROM scratch: the target's program, and one file in a layer of its own.
docker_image() { # NAME
	local work
	work=$(mktemp -d)
	mkdir -p "$work/app"
	cp "$TOOLS/target" "$work/app/server"
	tar -C "$work" -c . | docker_at "$1" import -c 'ENTRYPOINT ["/app/server","server"]' -c 'ENV COLOUR=blue' -c 'WORKDIR /app' \
		- debug-test/engine:1 > /dev/null
	rm -r "$work"
}

# Every file that an engine keeps of layers, with all that a careless reader would change; directories without the
# time of the last access, which this very look changes.
docker_layers() { # NAME
	local directory
	directory=$(docker_directory "$1")/root
	find "$directory/overlay2" "$directory/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots" -xdev -mindepth 2 \
		\( -type d -printf '%P %y %m %U %G %s %n %i %T@ %C@\n' -o -printf '%P %y %m %U %G %s %n %i %A@ %T@ %C@\n' \) 2> /dev/null | sort
}
