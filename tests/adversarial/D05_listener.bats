# SPDX-License-Identifier: GPL-2.0-or-later
# D05, D10: who listens on Docker's socket is not root: a user's program has its place, or a link leads there, or root was
# talked into naming it.
# That the same program is believed when it is root's is shown first.
# weaken: src/2-target/engines.c s/\(wanted != anybody && peer.uid != wanted\)/peer.uid == anybody/
# weaken: src/2-target/engines.c s/\.uid = peer\.uid/.uid = 0/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/hostile

setup_file() {
	engines_start
	docker_run listened-to debug-test/scratch
	docker_run listened-stopped debug-test/scratch
	docker stop -t 0 listened-stopped > /dev/null
}
teardown_file() { docker_clean; }
setup() {
	residue_begin
	# A user can reach only what bats' own directory lets them.
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR"
	chmod 0777 "$BATS_TEST_TMPDIR"
}
teardown() { assert_no_residue; }

as_named() { # COMMAND...: with DOCKER_HOST at the hostile socket, and the real one in its place
	ENGINE_SOCKET=$BATS_TEST_TMPDIR/named.sock
	touch "$ENGINE_SOCKET"
	export ENGINE_SOCKET
	DOCKER_HOST=unix://$ENGINE_SOCKET with_engine "$@"
}

@test "root's is asked, a user's is not" {
	engine_claims listened-to
	[ "$(with_engine "$DEBUG" liar -- readlink /proc/self/ns/pid)" = "$(readlink "/proc/$(docker_pid listened-to)/ns/pid")" ]
	export ENGINE_USER=65534
	engine_claims listened-to
	fails 125 'no container is named `liar`' with_engine "$DEBUG" liar -- true
	[ -z "$(engine_was_asked)" ]
	# What is on disk is still found.
	with_engine "$DEBUG" listened-to -- true
	with_engine "$DEBUG" ls --json | jq -e '.[] | select(.name == "listened-to")'
}

@test "a link to a user's" {
	export ENGINE_USER=65534
	engine_claims listened-to
	place=$(readlink -f /var/run/docker.sock)
	fails 125 'no container is named `liar`' as_named unshare --mount --propagation private sh -c '
		mkdir "$1/run" && mount --bind "${2%/*}" "$1/run" && mount -t tmpfs none "${2%/*}" && ln -s "$3" "$2" || exit 99
		shift 3; unset DOCKER_HOST; "$@"' sh "$BATS_TEST_TMPDIR" "$place" "$BATS_TEST_TMPDIR/named.sock" "$DEBUG" liar -- true
	[ -z "$(engine_was_asked)" ]
}

@test "nobody listens any more" {
	fails 125 'no container is named `liar`' unshare --mount --propagation private bash -c '
		socat UNIX-LISTEN:"$1" - < /dev/null > /dev/null & for _ in $(seq 200); do [ ! -S "$1" ] || break; sleep 0.02; done
		{ kill -KILL $!; wait $!; } 2> /dev/null
		mount --bind "$1" "$(readlink -f /var/run/docker.sock)" && exec "$2" liar -- true' bash "$BATS_TEST_TMPDIR/dead.sock" "$DEBUG"
}

@test "a user's that root names speaks for that user's processes alone" {
	engine_claims listened-to
	as_named "$DEBUG" liar -- true
	export ENGINE_USER=65534
	engine_claims listened-to
	fails 125 'but it belongs to another' as_named "$DEBUG" liar -- true
	engine_was_asked | grep -q /containers/liar/json
}

@test "directories of the host as a container's layers: a user's says so, or root's" {
	for ENGINE_USER in 65534 0; do
		export ENGINE_USER
		for directory in /root /etc / /var/lib/docker /proc/1/root /root/../etc; do
			engine_claims listened-stopped ".GraphDriver.Data = {\"UpperDir\": \"$directory\"}"
			fails 126 'is no place for layers' as_named "$DEBUG" liar -- ls -a /
		done
	done
}
