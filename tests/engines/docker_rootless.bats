# SPDX-License-Identifier: GPL-2.0-or-later
# A user's own Docker, found by root: through its socket, and when it hangs by what it keeps in the user's home.

load ../lib/common
load ../lib/engines-rootless

setup_file() {
	engines_start
	images_build
	rootless_begin
	rootless_run debug-rootless-web
	# Without a cgroup of its own it cannot be paused; but stopped.
	rootless_run debug-rootless-stopped
	rootless stop -t 0 debug-rootless-stopped > /dev/null
	rootless_run debug-rootless-twin
}
teardown_file() { rootless_end; }
setup() { residue_begin; }
teardown() {
	kill -CONT "$(rootless_daemon)"
	docker_clean
	assert_no_residue
}

enters() { # NAME TARGET
	local pid wanted
	pid=$(cat "$BATS_FILE_TMPDIR/pid-$1" 2> /dev/null) || pid=$(rootless_pid "$1" | tee "$BATS_FILE_TMPDIR/pid-$1")
	wanted=$(readlink "/proc/$pid/ns/pid")
	[ "$(timeout 20 "$DEBUG" "$2" -- readlink /proc/self/ns/pid)" = "$wanted" ]
}

@test "by name, by docker://, by id, by a prefix of it" {
	id=$(rootless_id debug-rootless-web)
	for target in debug-rootless-web docker://debug-rootless-web "$id" "docker://$id" "${id:0:12}"; do
		enters debug-rootless-web "$target"
	done
	assert_unchanged "$(rootless_pid debug-rootless-web)" "$DEBUG" debug-rootless-web -- true
	assert_unchanged "$(rootless_pid debug-rootless-web)" "$DEBUG" --profile app debug-rootless-web -- true
}

@test "what a session writes is the container's root's" {
	"$DEBUG" --write debug-rootless-web -- sh -c 'echo made > /made'
	[ "$(stat -c %u "/proc/$(rootless_pid debug-rootless-web)/root/made")" = "$ROOTLESS_UID" ]
	"$DEBUG" --write debug-rootless-web -- rm /made
}

@test "listed, with the user's name" {
	run "$DEBUG" ls -a --json
	[ "$status" -eq 0 ]
	[ "$(jq -r --arg pid "$(rootless_pid debug-rootless-web)" '.[] | select(.pid == ($pid | tonumber)) | .name' <<< "$output")" = debug-rootless-web ]
	[ "$(jq -r '.[] | select(.name == "debug-rootless-stopped") | .state' <<< "$output")" = stopped ]
}

# Root does not mount what a user's home says it should.
@test "stopped: refused with a reason" {
	run timeout 20 "$DEBUG" debug-rootless-stopped -- ls /
	[ "$status" -eq 125 ]
	[[ "$output" == "debug: container "*" is not running, and its layers are not known; "* ]]
}

@test "the daemon hangs" {
	id=$(rootless_id debug-rootless-web)
	rootless_pid debug-rootless-web > "$BATS_FILE_TMPDIR/pid-debug-rootless-web"
	kill -STOP "$(rootless_daemon)"
	for target in debug-rootless-web docker://debug-rootless-web "$id" "${id:0:12}"; do
		enters debug-rootless-web "$target"
	done
	run timeout 20 "$DEBUG" ls
	[[ "$output" == *debug-rootless-web* ]]
}

@test "root's Docker has one of the same name: both are shown, and their ids tell them apart" {
	docker_run debug-rootless-twin debug-test/scratch
	run "$DEBUG" debug-rootless-twin -- true
	[ "$status" -eq 125 ]
	[[ "$output" == *"fits several"*"$(docker_id debug-rootless-twin)"* ]]
	[[ "$output" == *"$(rootless_id debug-rootless-twin)"* ]]
	enters debug-rootless-twin "$(rootless_id debug-rootless-twin)"
}

# Their directories are their own: they may write there what they like.
@test "a user's files that name a process of root's are not believed" {
	docker_run debug-rootless-victim debug-test/scratch
	victim=$(docker_pid debug-rootless-victim)
	forged=$ROOTLESS_DIR/home/docker/containers/$(printf 'f%.0s' $(seq 64))
	setpriv --reuid="$ROOTLESS_USER" --regid="$ROOTLESS_USER" --clear-groups mkdir "$forged"
	jq --arg id "${forged##*/}" --argjson pid "$victim" '.ID = $id | .Name = "/debug-rootless-forged" | .State.Pid = $pid' \
		"$ROOTLESS_DIR/home/docker/containers/$(rootless_id debug-rootless-web)/config.v2.json" > "$ROOTLESS_DIR/forged"
	install -o "$ROOTLESS_USER" -m 0600 "$ROOTLESS_DIR/forged" "$forged/config.v2.json"
	run timeout 20 "$DEBUG" debug-rootless-forged -- true
	[ "$status" -eq 125 ]
	[[ "$output" == *"but it belongs to another"* ]]
	run "$DEBUG" ls --json
	[ "$(jq -c '[.[] | select(.name == "debug-rootless-forged") | .pid // 0]' <<< "$output")" != "[$victim]" ]
	rm -r "$forged"
}

@test "a user's engine that names a process of root's is not believed" {
	docker_run debug-rootless-victim debug-test/scratch
	kill -STOP "$(rootless_daemon)"
	mv "/run/user/$ROOTLESS_UID/docker.sock" "/run/user/$ROOTLESS_UID/real.sock"
	setpriv --reuid="$ROOTLESS_USER" --regid="$ROOTLESS_USER" --clear-groups /usr/bin/python3 - "/run/user/$ROOTLESS_UID/docker.sock" \
		"$(docker_pid debug-rootless-victim)" < /dev/null > "$BATS_TEST_TMPDIR/log" 2>&1 3>&- <<- 'END' &
		import json, socket, sys
		server = socket.socket(socket.AF_UNIX)
		server.bind(sys.argv[1])
		server.listen()
		server.settimeout(20)
		body = json.dumps({'Id': 'e' * 64, 'Name': '/debug-rootless-liar', 'Image': 'sha256:' + 'e' * 64,
		                   'State': {'Status': 'running', 'Running': True, 'Paused': False, 'Pid': int(sys.argv[2])},
		                   'Config': {'Image': 'liar'}})
		client = server.accept()[0]
		client.recv(65536)
		client.sendall(f'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}'.encode())
	END
	liar=$!
	for _ in $(seq 100); do [ ! -S "/run/user/$ROOTLESS_UID/docker.sock" ] || break; sleep 0.05; done
	run timeout 20 "$DEBUG" debug-rootless-liar -- true
	wait "$liar"
	mv -f "/run/user/$ROOTLESS_UID/real.sock" "/run/user/$ROOTLESS_UID/docker.sock"
	[ "$status" -eq 125 ]
	[[ "$output" == *"but it belongs to another"* ]]
}
