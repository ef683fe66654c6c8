# SPDX-License-Identifier: GPL-2.0-or-later
# Docker of three releases and both ways to keep images: by name, with the daemon hanging, and what does not run.

load ../lib/common
load ../lib/engines-docker

setup_file() {
	engines_start
	images_build
	docker_start d26 trixie
	docker_start d28 sid
	docker_start store sid '{"features":{"containerd-snapshotter":true}}' /run/k0s/containerd.sock
	for name in d26 d28 store; do
		docker_image "$name"
		for container in web stopped paused; do
			docker_at "$name" run -d --name "debug-$name-$container" --network none debug-test/engine:1 > /dev/null
		done
		docker_at "$name" pause "debug-$name-paused"
		"$DEBUG" --write "pid://$(docker_at "$name" inspect -f '{{.State.Pid}}' "debug-$name-stopped")" -c 'echo made > /app/made'
		docker_at "$name" stop -t 0 "debug-$name-stopped"
	done
}
teardown_file() { for name in d26 d28 store; do docker_stop "$name"; done; }
setup() { residue_begin; }
teardown() {
	for name in d26 d28 store; do kill -CONT "$(cat "$(docker_directory "$name")/process")"; done
	kill -CONT "$(engine_pid)"
	docker_clean
	assert_no_residue
}

at() { # NAME COMMAND...: as a user of that engine
	local name=$1
	shift
	env DOCKER_HOST="unix://$(docker_directory "$name")/docker.sock" "$@"
}

@test "DOCKER_HOST names the engine: by name, by id, paused" {
	for name in d26 d28 store; do
		pid=$(docker_at "$name" inspect -f '{{.State.Pid}}' "debug-$name-web")
		id=$(docker_at "$name" inspect -f '{{.Id}}' "debug-$name-web")
		for target in "debug-$name-web" "docker://debug-$name-web" "${id:0:12}"; do
			[ "$(at "$name" "$DEBUG" "$target" -- readlink /proc/self/ns/pid)" = "$(readlink "/proc/$pid/ns/pid")" ]
		done
		assert_unchanged "$pid" env DOCKER_HOST="unix://$(docker_directory "$name")/docker.sock" "$DEBUG" "debug-$name-web" -- ls /app
		[ "$(at "$name" timeout 10 "$DEBUG" "debug-$name-paused" -- ls /app)" = server ]
	done
}

@test "the current context of DOCKER_CONFIG names the engine" {
	export DOCKER_CONFIG=$BATS_TEST_TMPDIR/config
	mkdir -p "$DOCKER_CONFIG"
	command /usr/bin/docker context create other --docker "host=unix://$(docker_directory d26)/docker.sock"
	run "$DEBUG" debug-d26-web -- true
	[ "$status" -eq 125 ]
	DOCKER_CONTEXT=other "$DEBUG" debug-d26-web -- true
	command /usr/bin/docker context use other
	"$DEBUG" debug-d26-web -- true
}

@test "a stopped container: as it was left, changed in the session alone, unchanged afterwards" {
	for name in d26 d28 store; do
		docker_layers "$name" > "$BATS_TEST_TMPDIR/before"
		[ -s "$BATS_TEST_TMPDIR/before" ]
		run at "$name" "$DEBUG" "debug-$name-stopped" -c 'cat made; rm made server; touch /new; ls /app /new; echo "$COLOUR $PWD"'
		[ "${lines[0]}" = made ]
		[ "${lines[-1]}" = 'blue /app' ]
		[ "$(at "$name" "$DEBUG" "debug-$name-stopped" -- ls /app)" = $'made\nserver' ]
		diff "$BATS_TEST_TMPDIR/before" <(docker_layers "$name")
		[ "$(docker_at "$name" inspect -f '{{.State.Status}}' "debug-$name-stopped")" = exited ]
	done
}

@test "an image, by image:// and where no container has the name, unchanged afterwards" {
	for name in d26 d28 store; do
		docker_layers "$name" > "$BATS_TEST_TMPDIR/before"
		for target in image://debug-test/engine:1 docker://debug-test/engine:1; do
			[ "$(at "$name" "$DEBUG" --runtime docker "$target" -c 'touch new; ls; echo "$COLOUR"')" = $'new\nserver\nblue' ]
		done
		diff "$BATS_TEST_TMPDIR/before" <(docker_layers "$name")
	done
	run at d28 "$DEBUG" image://debug-test/nothing -- true
	[ "$status" -eq 125 ]
	[[ "$output" == *'no image'* ]]
}

@test "a stopped container can be started while a session looks at it" {
	for name in d26 store; do
		coproc at "$name" "$DEBUG" "debug-$name-stopped" -c 'echo ready; read -r _; cat made' 3>&-
		read -r -t 10 -u "${COPROC[0]}" line
		[ "$line" = ready ]
		docker_at "$name" start "debug-$name-stopped"
		echo >&"${COPROC[1]}"
		read -r -t 10 -u "${COPROC[0]}" line
		[ "$line" = made ]
		wait "$COPROC_PID"
		docker_at "$name" stop -t 0 "debug-$name-stopped"
	done
}

@test "the daemon hangs: a name leads there within the deadline, in what it keeps on disk" {
	docker_run web debug-test/scratch
	pid=$(docker_pid web)
	docker_run other debug-test/scratch
	engine_stop_responding
	for target in web docker://web "$(head -n 1 "$BATS_FILE_TMPDIR/containers")"; do
		[ "$(timeout 10 "$DEBUG" "$target" -- readlink /proc/self/ns/pid)" = "$(readlink "/proc/$pid/ns/pid")" ]
	done
	run timeout 10 "$DEBUG" weg -- true
	[ "$status" -eq 124 ]
	[[ "$output" == *'did not answer in time'*'did you mean `web`'* ]]
	[[ "$(timeout 10 "$DEBUG" ls)" == *web* ]]
	engine_resume
}

@test "a name of two engines is refused, with both, and each is reached by its own" {
	docker_run twin debug-test/scratch
	podman --runtime runc run -d --name twin --network none --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 \
		localhost/debug-test/scratch > "$BATS_FILE_TMPDIR/podman"
	run "$DEBUG" twin -- true
	[ "$status" -eq 125 ]
	[[ "$output" == *"docker://$(docker_id twin)"* && "$output" == *"podman://$(cat "$BATS_FILE_TMPDIR/podman")"* ]]
	"$DEBUG" docker://twin -- true
	"$DEBUG" --runtime podman twin -- true
	podman_clean
}

@test "a container that restarts while somebody is inside: the session ends, and says why" {
	docker_run again debug-test/scratch
	"$DEBUG" again -c 'echo ready; sleep 60' > "$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	session=$!
	for _ in $(seq 100); do
		! grep -q ready "$BATS_TEST_TMPDIR/out" || break
		sleep 0.05
	done
	docker restart -t 0 again
	status=0
	wait "$session" || status=$?
	[ "$status" -eq 137 ]
	grep -q 'the target stopped' "$BATS_TEST_TMPDIR/out"
	"$DEBUG" again -- true
}

@test "--wait: the next start of one in a crash loop, and of one that is not there yet" {
	docker run -d --name loop --label debug.test=1 --network none --restart always --entrypoint /bin/busybox debug-test/musl \
		sh -c 'sleep 0.3; exit 1' >> "$BATS_FILE_TMPDIR/containers"
	for _ in 1 2 3; do
		run timeout 30 "$DEBUG" --wait loop -- echo inside
		[[ "$output" == *inside* ]]
	done
	docker rm -f loop
	(sleep 1; docker_run late debug-test/scratch) 3>&- &
	[ "$(timeout 30 "$DEBUG" --wait late -- ls /app)" = server ]
	wait $!
	# Given up by a signal, it leaves nothing.
	run timeout -s INT 1 "$DEBUG" --wait never -- true
	[ "$status" -eq 124 ]
	run timeout 5 "$DEBUG" --wait image://debug-test/scratch -- true
	[ "$status" -eq 125 ]
	[[ $output == *"an image never starts"* ]]
}
