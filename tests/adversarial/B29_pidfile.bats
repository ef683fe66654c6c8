# SPDX-License-Identifier: GPL-2.0-or-later
# B29: a user reads the id of a container of root's, and keeps a pid file under it where Podman keeps users': of a process of the
# user's in a control group of that name, or of none.
# That the file is read is shown by what `debug ls` says of that user.
# weaken: src/2-target/claims_storage.c s/list->all\[i\]\.owner == owner &&/true \&\&/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/engines-podman

setup_file() {
	podman_begin
	podman_add podman_default debug-wanted
	MALLORY=debug-test-mallory-$$
	useradd --no-create-home --home-dir / --shell /bin/sh "$MALLORY"
	MALLORY_UID=$(id -u "$MALLORY")
	install -d -m 0755 /run/user
	install -d -m 0700 -o "$MALLORY" -g "$MALLORY" "/run/user/$MALLORY_UID"
	for HIERARCHY in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
		[ ! -w "$HIERARCHY/cgroup.procs" ] || break
	done
	export MALLORY MALLORY_UID HIERARCHY
}
teardown_file() {
	rm -rf "/run/user/${MALLORY_UID:?}"
	userdel "$MALLORY"
	podman_end
}
setup() { residue_begin; }
teardown() {
	if [ -n "${OWN-}" ]; then
		{ kill -KILL "$OWN" && wait "$OWN"; } 2> /dev/null || :
		for _ in $(seq 100); do rmdir "$HIERARCHY/$ID.scope" 2> /dev/null && break; sleep 0.02; done
	fi
	assert_no_residue
}

mallory() { setpriv --reuid="$MALLORY" --regid="$MALLORY" --clear-groups "$@"; }
keep_pid() { # PID
	ID=$(podman_id_of podman_default debug-wanted)
	mallory mkdir -p "/run/user/$MALLORY_UID/containers/overlay-containers/$ID/userdata"
	echo "$1" | mallory tee "/run/user/$MALLORY_UID/containers/overlay-containers/$ID/userdata/pidfile" > /dev/null
}
enters_the_real_one() {
	for target in debug-wanted podman://debug-wanted; do
		run -0 "$DEBUG" "$target" -- readlink /proc/self/ns/pid
		[ "$output" = "$(readlink "/proc/$(podman_pid_of podman_default debug-wanted)/ns/pid")" ]
	done
}

@test "a process of the user's, dressed as the container" {
	mallory unshare --user --map-root-user --mount --pid --fork --kill-child sleep 100 3>&- &
	OWN=$!
	for _ in $(seq 200); do
		inside=$(cat "/proc/$OWN/task/$OWN/children")
		inside=${inside%% *}
		[ -z "$inside" ] || break
		sleep 0.02
	done
	keep_pid "$inside"
	mkdir "$HIERARCHY/$ID.scope"
	echo "$inside" > "$HIERARCHY/$ID.scope/cgroup.procs"
	grep -q "$ID" "/proc/$inside/cgroup"
	enters_the_real_one
	# As that user's, and nobody else's.
	[ "$("$DEBUG" ls --json | jq -r ".[] | select(.pid == $inside) | .runtime")" = podman ]
}

@test "no process at all" {
	keep_pid 4194303
	enters_the_real_one
}
