# SPDX-License-Identifier: GPL-2.0-or-later
# An engine that lies: the attacker listens on Docker's socket and says what a test wants, byte for byte.
# shellcheck shell=bash disable=SC2154

# Lines of shell on standard input, run for each connection with the path that was asked for in $path.
engine_says() {
	{
		cat <<- 'END'
			#!/bin/bash
			cd "${0%/*}" || exit
			read -r method path _ || exit
			echo "$method $path" >> asked
			while read -r line && [ "$line" != $'\r' ]; do :; done
			ok() { printf 'HTTP/1.0 200 OK\r\n\r\n'; }
			is_about_container() { [[ $path == /containers/* ]] || { printf 'HTTP/1.0 404 Not Found\r\n\r\n'; exit; }; }
		END
		cat
	} > "$BATS_TEST_TMPDIR/engine"
	chmod 0755 "$BATS_TEST_TMPDIR/engine"
	: > "$BATS_TEST_TMPDIR/asked"
	chmod 0666 "$BATS_TEST_TMPDIR/asked"
}
# The real engine's words about a container, changed as jq(1) is told, are what the hostile one says about `liar`: a name
# that is nowhere on disk, where an engine's answer is looked for that cannot be used.
engine_claims() { # NAME [FILTER]
	docker inspect "$1" | jq -c ".[0] | .Name = \"/liar\" | ${2:-.}" > "$BATS_TEST_TMPDIR/body"
	engine_says <<< 'is_about_container; ok; cat body'
}
engine_was_asked() { cat "$BATS_TEST_TMPDIR/asked"; }

# The engine is $ENGINE_USER's, or root's.  It has a pid namespace, whose first process stays root's: it ends as a whole.
# shellcheck disable=SC2016
with_engine() { # COMMAND...
	unshare --mount --propagation private bash -c '
		socket=$BATS_TEST_TMPDIR/engine.sock
		rm -f "$socket"
		unshare --pid --fork --kill-child sh -c "\"\$@\" & wait" sh \
			setpriv --reuid="${ENGINE_USER:-root}" --regid="${ENGINE_USER:-root}" --clear-groups \
			socat "UNIX-LISTEN:$socket,fork,mode=0666" "EXEC:$BATS_TEST_TMPDIR/engine" < /dev/null > "$socket.log" 2>&1 3>&- &
		engine=$!
		for _ in $(seq 200); do [ ! -S "$socket" ] || break; sleep 0.02; done
		mount --bind "$socket" "$(readlink -f "${ENGINE_SOCKET:-/var/run/docker.sock}")" || exit 99
		"$@"
		status=$?
		{ kill -KILL "$engine"; wait "$engine"; } 2> /dev/null
		exit "$status"' bash "$@"
}

fails() { # STATUS TEXT COMMAND...: with that status, and one sentence that has TEXT
	local wanted=$1 text=$2
	shift 2
	run "$@"
	echo "$status: $output"
	[ "$status" -eq "$wanted" ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == "debug: "*"$text"* ]]
}

# The same, with the hostile engine, in at most that many seconds and with no process that ever had more than that many MB.
within() { # SECONDS MEGABYTES STATUS TEXT COMMAND...
	local seconds=$1 megabytes=$2 wanted=$3 text=$4
	shift 4
	# The sanitizers keep what was freed, and shadows of all.
	[ -z "${SANITIZED-}" ] || megabytes=$((8 * megabytes))
	fails "$wanted" "$text" with_engine timeout -s KILL "$seconds" /usr/bin/time -q -f %M -o "$BATS_TEST_TMPDIR/peak" "$@"
	echo "at most $(cat "$BATS_TEST_TMPDIR/peak") KB"
	[ "$(cat "$BATS_TEST_TMPDIR/peak")" -lt $((megabytes << 10)) ]
}

# What Docker keeps on disk of a container, changed as jq(1) is told, under that id; seen by with_disk in place of all the rest.
disk_keeps() { # NAME ID FILTER
	local root
	root=$(docker info -f '{{.DockerRootDir}}')
	mkdir -p "$BATS_TEST_TMPDIR/disk/$2"
	jq -c ".ID = \"$2\" | $3" "$root/containers/$(docker_id "$1")/config.v2.json" > "$BATS_TEST_TMPDIR/disk/$2/config.v2.json"
}
# shellcheck disable=SC2016
with_disk() { # COMMAND...
	DISK=$(docker info -f '{{.DockerRootDir}}')/containers unshare --mount --propagation private \
		sh -c 'mount --bind "$BATS_TEST_TMPDIR/disk" "$DISK" && exec "$@"' sh "$@"
}
