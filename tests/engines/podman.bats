# SPDX-License-Identifier: GPL-2.0-or-later
# Real Podman: every kind of container that it makes can be entered by its process, and stays as it is.

load ../lib/common
load ../lib/engines-podman

setup_file() {
	podman_begin rootless
	podman_add podman_default debug-rootful
	podman_add podman_private private
	podman_add podman_private userns --uidmap 0:100000:65536 --gidmap 0:100000:65536
	podman_add podman_private userns-auto --userns=auto:size=4096,uidmapping=0:200000:4096,gidmapping=0:200000:4096
	podman_add podman_private limited --read-only --user 65532 --cap-drop ALL
	podman_add podman_private crun --runtime "$PODMAN_DIR/bin/crun"
	podman_add podman_private pid-host --pid host
	podman_add podman_private orphan
	podman_add_pod podman_private shop shop-web
	podman_add_paused podman_private paused
	podman_add podman_rootless rootless
	podman_add podman_rootless_vfs rootless-vfs
	podman_add_pod podman_rootless rootless-shop rootless-web
}
teardown_file() { podman_end; }
setup() { residue_begin; }
teardown() { assert_no_residue; }

# One look around: the root is the target's, the toolbox works, writing does not.
look_around() { # PLACE NAME
	local pid
	pid=$(podman_pid_of "$1" "$2")
	assert_unchanged "$pid" "$DEBUG" "pid://$pid" -c '
		test "$(id -u)" = 0 && test "$(ls /app)" = server && test -x /dev/toolbox/bin/strace &&
		! touch /debug-was-here 2>/dev/null && ps -p 1 -o pid= >/dev/null && test "$PWD" = /app'
}

@test "a container of root, in the default place" { look_around podman_default debug-rootful; }
@test "a container of root, in a private place" { look_around podman_private private; }

@test "a user namespace with a map of its own" {
	look_around podman_private userns
	pid=$(podman_pid_of podman_private userns)
	[ "$("$DEBUG" "pid://$pid" -c 'tr -s " " < /proc/self/uid_map')" = " 0 100000 65536" ]
}

@test "--userns=auto" {
	look_around podman_private userns-auto
	pid=$(podman_pid_of podman_private userns-auto)
	[ "$("$DEBUG" "pid://$pid" -c 'tr -s " " < /proc/self/uid_map')" = " 0 200000 4096" ]
}

@test "--read-only --user 65532 --cap-drop ALL" { look_around podman_private limited; }
@test "crun instead of runc" { look_around podman_private crun; }

@test "--pid host" {
	look_around podman_private pid-host
	pid=$(podman_pid_of podman_private pid-host)
	[ "$("$DEBUG" "pid://$pid" -- readlink /proc/self/ns/pid)" = "$(readlink /proc/self/ns/pid)" ]
}

@test "in a pod: the network of the pod, the root of the container" {
	look_around podman_private shop-web
	infra=$(podman_field podman_private shop-web '{{.Pod}}')
	infra=$(podman_pid_of podman_private "${infra:0:12}-infra")
	pid=$(podman_pid_of podman_private shop-web)
	[ "$("$DEBUG" "pid://$pid" -- readlink /proc/self/ns/net)" = "$(readlink "/proc/$infra/ns/net")" ]
	[ "$("$DEBUG" "pid://$pid" -- readlink /proc/self/ns/mnt)" != "$(readlink "/proc/$infra/ns/mnt")" ]
	[ "$("$DEBUG" "pid://$pid" -- hostname)" = shop ]
}

@test "a pod's infra container" {
	infra=$(podman_field podman_private shop-web '{{.Pod}}')
	look_around podman_private "${infra:0:12}-infra"
}

@test "paused, and still paused afterwards" {
	look_around podman_private paused
	[ "$(podman_field podman_private paused '{{.State.Status}}')" = paused ]
}

@test "its monitor was killed" {
	# Once: a monitor that was killed does not come back.
	kill -KILL "$(podman_monitor_of podman_private orphan)"
	look_around podman_private orphan
}

@test "rootless, of another user" {
	look_around podman_rootless rootless
	pid=$(podman_pid_of podman_rootless rootless)
	[ "$("$DEBUG" "pid://$pid" -c 'tr -s " " < /proc/self/uid_map | head -n 1')" = " 0 $PODMAN_UID 1" ]
}

@test "rootless, with the storage driver vfs" { look_around podman_rootless_vfs rootless-vfs; }
@test "rootless, in a pod" { look_around podman_rootless rootless-web; }

@test "--write in a user namespace: files belong to the container's root" {
	pid=$(podman_pid_of podman_private userns)
	"$DEBUG" --write "pid://$pid" -- touch /app/made
	[ "$(stat -c %u:%g "/proc/$pid/root/app/made")" = 100000:100000 ]
	"$DEBUG" --write "pid://$pid" -- rm /app/made
	[ ! -e "/proc/$pid/root/app/made" ]
}

@test "--write in a rootless container: files belong to the user" {
	pid=$(podman_pid_of podman_rootless rootless)
	"$DEBUG" --write "pid://$pid" -- touch /app/made
	[ "$(stat -c %u "/proc/$pid/root/app/made")" = "$PODMAN_UID" ]
	"$DEBUG" --write "pid://$pid" -- rm /app/made
}

@test "the rootless user may not enter a container of root by its process" {
	run podman_as_user "$DEBUG" "pid://$(podman_pid_of podman_private private)" -- true
	[ "$status" -ne 0 ]
}

@test "what sessions did to storage: nothing" {
	layers=$(podman_layers_of podman_private)
	tree_fingerprint "$layers" > "$BATS_TEST_TMPDIR/before"
	for name in private userns limited paused; do "$DEBUG" "pid://$(podman_pid_of podman_private "$name")" -c 'cat /app/server | wc -c'; done
	diff "$BATS_TEST_TMPDIR/before" <(tree_fingerprint "$layers")
}
