# SPDX-License-Identifier: GPL-2.0-or-later
# What is asked of containerd, by the code of the resolver under its filter: a containerd of our own with its own
# directories, and containers that are made but never started, so that no runtime is needed.

setup_file() {
	local build=${BUILD:-$BATS_TEST_DIRNAME/../../build} images=$BATS_TEST_DIRNAME/../images
	command -v containerd > /dev/null || skip "containerd is not installed"
	ROOT=$(mktemp -d /tmp/debug-containerd.XXXXXX)
	SOCKET=$ROOT/containerd.sock
	ASK=$build/tests/containerd-ask
	ID=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
	ATTEMPT=23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
	export ROOT SOCKET ASK ID ATTEMPT
	printf '%s\n' 'version = 2' "root = '$ROOT/root'" "state = '$ROOT/state'" \
		'disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]' \
		'[grpc]' "address = '$SOCKET'" '[ttrpc]' "address = '$SOCKET.ttrpc'" > "$ROOT/config.toml"
	containerd -c "$ROOT/config.toml" > "$ROOT/log" 2>&1 3>&- &
	echo $! > "$ROOT/pid"
	for _ in $(seq 100); do
		! ctr -a "$SOCKET" version > /dev/null 2>&1 || break
		sleep 0.1
	done
	for layer in 1 2 3; do
		mkdir -p "$ROOT/layers/$layer"
		echo "$layer" > "$ROOT/layers/$layer/file$layer"
	done
	"$images/oci" docker.io/library/three:latest 'arm64 amd64' '{"Entrypoint":["/app"],"Cmd":["x"],"Env":["A=b"]}' \
		"$ROOT"/layers/* | ctr -a "$SOCKET" images import -
	"$images/oci" example.org/one:1 'arm64 amd64' '{"Cmd":["/app"]}' "$ROOT/layers/1" | ctr -a "$SOCKET" images import -
	"$images/oci" example.org/packed:1 'arm64 amd64' '{"Cmd":["/app"]}' "$ROOT/layers/3" |
		ctr -a "$SOCKET" images import --no-unpack -
	ctr -a "$SOCKET" containers create --label nerdctl/name=web docker.io/library/three:latest "$ID"
	"$images/oci" docker.io/library/pod:1 'arm64 amd64' '{"Cmd":["/app"]}' "$ROOT/layers/2" |
		ctr -a "$SOCKET" -n k8s.io images import -
	for attempt in a0 a1; do
		ctr -a "$SOCKET" -n k8s.io containers create --label io.cri-containerd.kind=container \
			--label io.kubernetes.pod.namespace=demo --label io.kubernetes.pod.name=web-7d4 \
			--label io.kubernetes.container.name=app docker.io/library/pod:1 "$attempt$ATTEMPT"
		sleep 1.1 # their age is compared in seconds
	done
}

teardown_file() {
	[ -n "${ROOT-}" ] || return 0
	kill "$(cat "$ROOT/pid")"
	for _ in $(seq 100); do
		[ -d "/proc/$(cat "$ROOT/pid")" ] || break
		sleep 0.1
	done
	rm -rf "$ROOT"
}

ask() { # KIND SCOPE NAME [KEY]
	run timeout 20 "$ASK" "$SOCKET" "$@"
}

# Files of the layers, uppermost first.
files_of_layers() {
	sed -n 's/^layer //p' <<< "$output" | while read -r directory; do ls "$directory"; done | tr '\n' ' '
}

snapshots() {
	ctr -a "$SOCKET" snapshots ls
	ctr -a "$SOCKET" leases ls
}

@test "a container that does not run, by its name, its id and the beginning of it" {
	for name in web "$ID" 0123; do
		ask container "" "$name"
		[ "$status" = 0 ]
		[[ $output == "state stopped"*"id $ID"*"scope default"*"name web"*"image docker.io/library/three:latest"* ]]
		[[ $output == *"configured entrypoint=/app"*"configured entrypoint=x"*"configured env=A=b"* ]]
		[ "$(files_of_layers)" = "file3 file2 file1 " ]
		[ "$(grep -c '^layer ' <<< "$output")" = 4 ]
	done
	ask layers default overlayfs "$ID"
	[ "$status" = 0 ]
	[ "$(files_of_layers)" = "file3 file2 file1 " ]
}

@test "of the attempts of Kubernetes it is the newest, unless an id says which" {
	for name in app web-7d4 web-7d4/app demo/web-7d4/app; do
		ask container "" "$name"
		[ "$status" = 0 ]
		[[ $output == *"id a1$ATTEMPT"*"scope k8s.io"*"name demo/web-7d4/app"* ]]
	done
	ask container "" a0
	[[ $output == *"id a0$ATTEMPT"* ]]
	ask container "" a
	[ "$status" = 2 ]
	[[ $output == '`a` means several containers: '* ]]
	ask container default app
	[ "$status" = 1 ]
}

@test "an image that a container uses, and nothing is made for it" {
	before=$(snapshots)
	for name in three docker.io/library/three:latest; do
		ask image "" "$name"
		[ "$status" = 0 ]
		[[ $output == "state image"*"configured entrypoint=/app"*"configured cmd=x"* ]]
		[ "$(files_of_layers)" = "file3 file2 file1 " ]
	done
	[ "$(snapshots)" = "$before" ]
}

@test "an image that no container uses, and nothing stays behind" {
	before=$(snapshots)
	ask image "" example.org/one:1
	[ "$status" = 0 ]
	[ "$(files_of_layers)" = "file1 " ]
	[ "$(snapshots)" = "$before" ]
}

@test "an image that is not unpacked, and nothing stays behind" {
	before=$(snapshots)
	ask image "" example.org/packed:1
	[ "$status" = 2 ]
	[[ $output == *"is not unpacked in containerd's namespace"* ]]
	[ "$(snapshots)" = "$before" ]
}

@test "what there is not" {
	ask container "" nothing
	[ "$status" = 1 ]
	ask image "" nothing
	[ "$status" = 1 ]
	ask layers default overlayfs nothing
	[ "$status" = 1 ]
	ask layers default nothing nothing
	[ "$status" = 2 ]
}
