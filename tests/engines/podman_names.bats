# SPDX-License-Identifier: GPL-2.0-or-later
# Podman's containers by name: found without asking Podman, which has no daemon, and refused when that is right.

load ../lib/common
load ../lib/engines-podman

setup_file() {
	podman_begin rootless
	podman_add podman_default debug-rootful
	podman_add podman_default debug-userns --uidmap 0:100000:65536 --gidmap 0:100000:65536
	podman_add podman_default debug-pid-host --pid host
	podman_add podman_default debug-crun --runtime "$PODMAN_DIR/bin/crun"
	podman_add podman_default debug-orphan
	podman_add_pod podman_default debug-shop debug-shop-web
	podman_add_paused podman_default debug-paused
	podman_add podman_private debug-private
	podman_add podman_rootless debug-rootless
	podman_add podman_rootless_vfs debug-rootless-vfs
	podman_add_pod podman_rootless debug-rootless-shop debug-rootless-web

	# Stopped ones that differ from their image: a file more, and one less.
	podman_add podman_default debug-stopped --user 65532 --workdir /app --env COLOUR=blue
	podman_change podman_default debug-stopped
	podman_default stop -t 0 debug-stopped > /dev/null
	podman_add_created podman_default debug-created
}
teardown_file() { podman_end; }
setup() { residue_begin; }
teardown() {
	podman_service_end
	[ ! -s "$BATS_TEST_TMPDIR/forged" ] || kill "$(cat "$BATS_TEST_TMPDIR/forged")"
	assert_no_residue
}

podman_change() { # PLACE NAME: adds /app/made and removes /note
	"$DEBUG" --write "pid://$(podman_pid_of "$1" "$2")" -c 'echo made > /app/made; rm /note'
}

# The session is in that process's pid namespace, and the target is the same as before.
enters() { # PLACE NAME TARGET
	local pid
	pid=$(podman_pid_of "$1" "$2")
	[ "$("$DEBUG" "$3" -- readlink /proc/self/ns/pid /proc/self/ns/net)" = "$(readlink "/proc/$pid/ns/pid" "/proc/$pid/ns/net")" ]
	assert_unchanged "$pid" "$DEBUG" "$3" -- true
}

fails() { # STATUS TEXT COMMAND...
	local status_wanted=$1 text=$2
	shift 2
	run "$@"
	[ "$status" -eq "$status_wanted" ]
	[[ "${lines[0]}" == "debug: "* ]]
	[[ "$output" == *"$text"* ]]
}

@test "by name, by podman://, by id, by a prefix of it" {
	id=$(podman_id_of podman_default debug-rootful)
	for target in debug-rootful podman://debug-rootful "$id" "podman://$id" "${id:0:12}"; do
		enters podman_default debug-rootful "$target"
	done
	run "$DEBUG" --runtime podman debug-rootful -- true
	[ "$status" -eq 0 ]
	fails 125 debug-rootful "$DEBUG" --runtime docker debug-rootful -- true
}

@test "with a user namespace" { enters podman_default debug-userns debug-userns; }
@test "with --pid host" { enters podman_default debug-pid-host debug-pid-host; }
@test "made by crun" { enters podman_default debug-crun debug-crun; }
@test "paused" { enters podman_default debug-paused debug-paused; }
@test "in a store of its own, which only the monitor tells about" { enters podman_private debug-private debug-private; }

@test "its monitor was killed" {
	kill -KILL "$(podman_monitor_of podman_default debug-orphan)"
	enters podman_default debug-orphan debug-orphan
}

@test "a pod's container, and the infra container by its name" {
	enters podman_default debug-shop-web debug-shop-web
	infra=$(podman_field podman_default debug-shop-web '{{.Pod}}')
	enters podman_default "${infra:0:12}-infra" "${infra:0:12}-infra"
}

@test "Podman's service hangs: nothing is different" {
	podman_service_start podman_default /run/podman/podman.sock
	podman_service_suspend
	enters podman_default debug-rootful debug-rootful
	enters podman_default debug-rootful podman://debug-rootful
	fails 125 'no container is named `debug-nothing`' "$DEBUG" debug-nothing -- true
}

@test "rootless, by root" {
	enters podman_rootless debug-rootless debug-rootless
	enters podman_rootless debug-rootless podman://debug-rootless
	enters podman_rootless_vfs debug-rootless-vfs debug-rootless-vfs
	enters podman_rootless debug-rootless-web debug-rootless-web
}

@test "rootless, refused for another user, as is root's" {
	for target in debug-rootless debug-rootful "pid://$(podman_pid_of podman_rootless debug-rootless)"; do
		run setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH="$PATH" "$DEBUG" "$target" -- true
		[ "$status" -ne 0 ]
		[[ "${lines[0]}" == "debug: "* ]]
	done
}

@test "one name, of root and of a user: refused, with both" {
	podman_add podman_default debug-twin
	podman_add podman_rootless debug-twin
	fails 125 'debug-twin' "$DEBUG" debug-twin -- true
	[[ "$output" == *"$(podman_id_of podman_default debug-twin | cut -c 1-12)"* ]]
	[[ "$output" == *"$(podman_id_of podman_rootless debug-twin | cut -c 1-12)"* ]]
	enters podman_rootless debug-twin "$(podman_id_of podman_rootless debug-twin)"
	podman_default rm -f -t 0 debug-twin > /dev/null
	podman_rootless rm -f -t 0 debug-twin > /dev/null
}

@test "a user's pid file that names a process of others is not believed" {
	podman_add podman_rootless debug-liar
	file=$(podman_field podman_rootless debug-liar '{{.PidFile}}')
	own=$(podman_pid_of podman_rootless debug-liar)
	podman_pid_of podman_default debug-userns > "$file"
	# Either it is refused, or what the kernel says is believed; never what the file says.
	seen=$("$DEBUG" debug-liar -- readlink /proc/self/ns/pid) || seen=refused
	[ "$seen" = refused ] || [ "$seen" = "$(readlink "/proc/$own/ns/pid")" ]
	printf %s "$own" > "$file"
	podman_rootless rm -f -t 0 debug-liar > /dev/null
}

@test "a stopped container's pid file that names another process is not believed" {
	file=$(podman_field podman_default debug-stopped '{{.PidFile}}')
	cp "$file" "$BATS_TEST_TMPDIR/pidfile"
	podman_pid_of podman_default debug-userns > "$file"
	seen=$("$DEBUG" debug-stopped -- readlink /proc/self/ns/pid) || seen=refused
	cp "$BATS_TEST_TMPDIR/pidfile" "$file"
	[ "$seen" != "$(readlink "/proc/$(podman_pid_of podman_default debug-userns)/ns/pid")" ]
}

@test "a user's process that calls itself the monitor of a container of root is not believed" {
	id=$(podman_id_of podman_default debug-rootful)
	mkfifo "$PODMAN_DIR/home/ready"
	install -m 0644 "$ROOT/tests/fixtures/forged-monitor" "$PODMAN_DIR/home/"
	podman_as_user bash -c 'exec -a /usr/bin/conmon python3 "$@"' sh "$PODMAN_DIR/home/forged-monitor" conmon \
		--api-version 1 -c "$id" -u "$id" -r /usr/bin/runc -b /nowhere -p /nowhere/pidfile -n debug-rootful > "$PODMAN_DIR/home/ready" 3>&- &
	# Its own pid: other processes stand between it and this shell.
	timeout 10 head -n 1 "$PODMAN_DIR/home/ready" > "$BATS_TEST_TMPDIR/forged"
	enters podman_default debug-rootful debug-rootful
	rm "$PODMAN_DIR/home/ready"
}

@test "what does not run is told from what does not exist" {
	fails 125 'no container is named `debug-rootfull`' "$DEBUG" debug-rootfull -- true
	[[ "$output" == *'did you mean `debug-rootful`'* ]]
}

@test "debug ls shows them, with --all the stopped ones too" {
	run "$DEBUG" ls
	[ "$status" -eq 0 ]
	for name in debug-rootful debug-userns debug-paused debug-shop-web debug-private debug-rootless debug-rootless-vfs; do
		[[ "$output" == *"$name"* ]]
	done
	[[ "$output" != *debug-stopped* ]]
	run "$DEBUG" ls --all --runtime podman
	[[ "$output" == *debug-stopped* && "$output" == *debug-created* ]]
}

# What does not run ------------------------------------------------------------------------------------

@test "a stopped container: its files, as it left them" {
	layers=$(podman_layers_of podman_default)
	tree_fingerprint "$layers" > "$BATS_TEST_TMPDIR/before"
	run "$DEBUG" debug-stopped -c 'ls /app; ls /note; cat /app/made'
	[ "${lines[0]}" = made ]
	[ "${lines[1]}" = server ]
	[[ "$output" == *"/note"*"No such file"* ]]
	[ "${lines[-1]}" = made ]
	run "$DEBUG" debug-stopped -c 'touch /app/new; rm /app/made; cp /app/server /server'
	diff "$BATS_TEST_TMPDIR/before" <(tree_fingerprint "$layers")
	[ "$(podman_field podman_default debug-stopped '{{.State.Status}}')" = exited ]
}

@test "a container that was never started" {
	run "$DEBUG" debug-created -c 'ls /app; cat /note'
	[ "$output" = $'server\nof the image' ]
}

@test "an image, by name and by id" {
	layers=$(podman_layers_of podman_default)
	id=$(podman_default image inspect -f '{{.Id}}' "$PODMAN_IMAGE")
	tree_fingerprint "$layers" > "$BATS_TEST_TMPDIR/before"
	for target in "image://$PODMAN_IMAGE" "image://$PODMAN_IMAGE:latest" "image://${PODMAN_IMAGE#localhost/}" "image://$id"; do
		run "$DEBUG" --runtime podman "$target" -c 'ls /app; cat /note; touch /new'
		[ "${lines[0]}" = server ]
		[ "${lines[1]}" = 'of the image' ]
	done
	diff "$BATS_TEST_TMPDIR/before" <(tree_fingerprint "$layers")
	fails 125 'debug-test/nothing' "$DEBUG" image://localhost/debug-test/nothing -- true
}

@test "what a container was told to start is known from its files" {
	run "$DEBUG" debug-stopped -- entrypoint
	[[ "$output" == *"/app/server"* && "$output" == *65532* ]]
	run "$DEBUG" debug-rootful -- entrypoint
	[[ "$output" == *"as configured"* ]]
}
