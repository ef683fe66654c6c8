# SPDX-License-Identifier: GPL-2.0-or-later
# Which targets can be attached to, and what is seen there.  In every test the target's fingerprint is equal
# before and after, its mount table saw no event, and nothing of ours is left on the host.

load ../lib/common

setup_file() { engines_start; images_build; }
teardown_file() { engines_stop; }
setup() { residue_begin; }
teardown() { umount /run/debug 2> /dev/null || :; docker_clean; podman_clean; assert_no_residue; }

# One look around: the root is the target's, the toolbox works, writing does not.
look_around() { # TARGET PID
	assert_unchanged "$2" "$DEBUG" "$1" -c '
		test "$(id -u)" = 0 && ls / >/dev/null && test -x /dev/toolbox/bin/strace &&
		! touch /debug-was-here 2>/dev/null && ps -p 1 -o pid= >/dev/null && test "$PWD" != ""'
}

@test "a FROM scratch container with one static binary" {
	docker_run web debug-test/scratch
	look_around web "$(docker_pid web)"
	run "$DEBUG" web -- ls /app
	[ "$output" = server ]
}

@test "by id, by unique prefix, by docker://, by pid://" {
	docker_run web debug-test/scratch
	id=$(docker_id web)
	for target in "$id" "${id:0:12}" "${id:0:5}" docker://web "docker://$id" "pid://$(docker_pid web)"; do
		run "$DEBUG" "$target" -- true
		[ "$status" -eq 0 ]
	done
}

@test "a distroless-like Debian image: glibc, no shell" {
	docker_run glibc debug-test/glibc
	look_around glibc "$(docker_pid glibc)"
}

@test "an Alpine-like image: musl and busybox" {
	docker_run musl debug-test/musl
	look_around musl "$(docker_pid musl)"
}

@test "--read-only" {
	docker_run ro --read-only debug-test/scratch
	look_around ro "$(docker_pid ro)"
}

@test "--user 65532 --cap-drop ALL, which strace can still attach to" {
	docker_run low --user 65532 --cap-drop ALL debug-test/scratch
	look_around low "$(docker_pid low)"
	run "$DEBUG" low -c 'timeout 1 strace -p 1 2>&1 | head -n 1'
	[[ "$output" == *"Process 1 attached"* ]]
}

@test "--network host" {
	NETWORK=host docker_run hostnet debug-test/scratch
	look_around hostnet "$(docker_pid hostnet)"
	[ "$("$DEBUG" hostnet -- readlink /proc/self/ns/net)" = "$(readlink /proc/self/ns/net)" ]
}

@test "--pid host, where the session gets no ptrace over the host" {
	docker_run hostpid --pid host debug-test/scratch
	assert_unchanged "$(docker_pid hostpid)" "$DEBUG" hostpid -- ls /
	run "$DEBUG" hostpid -- sh -c 'grep CapEff /proc/self/status'
	(((16#${output##*[[:space:]]} >> 19 & 1) == 0))
}

@test "volumes and tmpfs mounts are there, and read-only" {
	mkdir -p "$BATS_TEST_TMPDIR/volume"
	echo content > "$BATS_TEST_TMPDIR/volume/file"
	docker_run vol -v "$BATS_TEST_TMPDIR/volume:/data" --tmpfs /scratch debug-test/scratch
	look_around vol "$(docker_pid vol)"
	[ "$("$DEBUG" vol -- cat /data/file)" = content ]
	run "$DEBUG" vol -c 'touch /data/new || touch /scratch/new'
	[ "$status" -ne 0 ]
	[ ! -e "$BATS_TEST_TMPDIR/volume/new" ]
}

@test "--write writes to the target, live, and to nothing else" {
	docker_run web debug-test/scratch
	run "$DEBUG" --write web -c 'echo written > /app/note && cat /app/note'
	[ "$output" = written ]
	[ "$(cat "/proc/$(docker_pid web)/root/app/note")" = written ]
	[ "$(docker diff web | sort)" = $'A /app/note\nC /app' ]
}

@test "a paused container is entered and stays paused" {
	docker_run paused debug-test/scratch
	docker pause paused
	run timeout 10 "$DEBUG" paused -- ls /app
	[ "$output" = server ]
	[ "$(docker inspect -f '{{.State.Paused}}' paused)" = true ]
	docker unpause paused
}

@test "a container with a terminal of its own" {
	docker_run -t term debug-test/scratch
	look_around term "$(docker_pid term)"
}

@test "podman with a user namespace, by pid" {
	podman_run_userns userns debug-test/scratch
	pid=$(podman_pid userns)
	look_around "pid://$pid" "$pid"
	run "$DEBUG" "pid://$pid" -- cat /proc/self/uid_map
	[ "$output" = "$(cat "/proc/$pid/uid_map")" ]
	run "$DEBUG" "pid://$pid" -c 'mount -o remount,rw / 2>/dev/null || umount /dev/toolbox 2>/dev/null || echo sealed'
	[ "$output" = sealed ]
	run "$DEBUG" -u 4000000 "pid://$pid" -- true
	[ "$status" -eq 125 ]
	[[ "$output" == *"does not exist in the target's user namespace"* ]]
}

@test "targets without /tmp, without /etc/passwd, without /dev, in a chroot, with 500 mounts, rshared" {
	for options in --no-tmp --no-passwd --chroot "--chroot --no-dev" --no-dev "--mounts 500" --rshared "--rshared --no-reap"; do
		# shellcheck disable=SC2086
		fixture_start $options
		assert_unchanged "$FIXTURE_PID" "$DEBUG" "pid://$FIXTURE_PID" -c 'ls /app/server && whoami'
		fixture_stop
	done
}

@test "a process of the host itself" {
	sleep 1000 3>&- &
	process=$!
	run "$DEBUG" "pid://$process" -c 'cat /etc/hostname; readlink /proc/self/ns/pid'
	[ "$status" -eq 0 ]
	[ "${lines[1]}" = "$(readlink /proc/self/ns/pid)" ]
	kill "$process"
}

@test "what is not standard in the target's /dev is shown but does not open" {
	docker_run web debug-test/scratch
	# The container may make the node; its device cgroup keeps it from opening it.
	"$DEBUG" --write web -c 'true'
	mknod "/proc/$(docker_pid web)/root/dev/disk0" b 7 0
	run "$DEBUG" web -- head -c 1 /dev/disk0
	[ "$status" -ne 0 ]
	[[ "$output" == *"Permission denied"* ]]
	rm "/proc/$(docker_pid web)/root/dev/disk0"
}

@test "a target that receives the host's mounts does not receive ours" {
	toolbox_unmount
	mount --bind /run/debug /run/debug
	mount --make-shared /run/debug
	fixture_start --slave /run/debug
	before=$(grep -c . "/proc/$FIXTURE_PID/mountinfo")
	assert_unchanged "$FIXTURE_PID" "$DEBUG" "pid://$FIXTURE_PID" -- true
	[ "$(grep -c . "/proc/$FIXTURE_PID/mountinfo")" = "$before" ]
	fixture_stop
	umount /run/debug
	# And the control: one that does not receive them shares the mount of all sessions.
	fixture_start
	"$DEBUG" "pid://$FIXTURE_PID" -- true
	fixture_stop
	[ "$(grep -c ' /run/debug/toolbox-' /proc/self/mountinfo)" = 1 ]
}

@test "a target without /dev: nothing is made there, and no way leads to something writable" {
	fixture_start --chroot --no-dev
	run "$DEBUG" "pid://$FIXTURE_PID" -c 'touch /x; touch /app/x; touch /dev/x; ls -d /app/server /dev/toolbox/bin'
	[[ "$output" == *$'/app/server\n/dev/toolbox/bin' ]]
	[ "$(grep -c 'Read-only' <<< "$output")" = 3 ]
	[ "$("$DEBUG" --write "pid://$FIXTURE_PID" -c 'touch /app/new; ls /app')" = $'new\nserver' ]
	[ ! -e "/proc/$FIXTURE_PID/root/dev" ]
	fixture_stop
}
