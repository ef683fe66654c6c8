# SPDX-License-Identifier: GPL-2.0-or-later
# containerd's containers by name: found without asking containerd, and refused when that is right; stopped ones
# and images, for which it is asked.

load ../lib/common
load ../lib/engines-containerd

# nerdctl's ids are random.
SHOP=5408dbde000000000000000000000000000000000000000000000000000c0de1

setup_file() {
	# Where `debug` looks first, and one that it must find beside it.
	containerd_start main /run/containerd
	containerd_run main default web
	containerd_run main default tw
	containerd_run main default twice
	containerd_run main debug.test twice
	containerd_run main debug.test other
	containerd_run_nerdctl main default "$SHOP" shop
	containerd_run main default crun --runc-binary "$(containerd_crun main)"
	containerd_run main default paused
	containerd_ctr main -n default tasks pause paused
	containerd_pods main

	# Ended: of one the task is still there with its last pid, of the other only the container; both differ from
	# their image by a file more, and one less.
	for id in ended stopped; do
		containerd_run main default "$id"
		containerd_change main default "$id"
	done
	containerd_ctr main -n default tasks kill -s KILL ended
	containerd_wait_for_end main default ended
	containerd_end main default stopped
	containerd_ctr main -n default containers create "$CONTAINERD_IMAGE" created
	containerd_import main default localhost/debug-test/many:1 70

	containerd_start k3s /run/k3s/containerd "$(containerd_programs trixie)"
	containerd_run k3s default web-1.7
	containerd_pod k3s cluster frontend
	containerd_pod_run k3s cluster frontend app
}
teardown_file() {
	containerd_ctr main -n default tasks resume paused || :
	for name in main k3s; do containerd_stop "$name"; done
}
setup() { residue_begin; }
teardown() {
	# Were it stopped or killed by a test that failed.
	kill -CONT "$(containerd_pid main)" || containerd_serve main
	assert_no_residue
}

containerd_pods() { # NAME
	local id
	containerd_pod "$1" demo shop
	id=$(containerd_pod_run "$1" demo shop setup 0 /app/server --no-such-option)
	containerd_wait_for_end "$1" k8s.io "$id"
	id=$(containerd_pod_run "$1" demo shop app)
	containerd_cri "$1" stop "$id"
	containerd_pod_run "$1" demo shop app 1
	containerd_pod_run "$1" demo shop sidecar
	# The same pod and container in another namespace, as every cluster has; and a pod of one container.
	containerd_pod "$1" staging shop
	containerd_pod_run "$1" staging shop app
	containerd_pod "$1" demo alone
	containerd_pod_run "$1" demo alone app
}

containerd_change() { # NAME NAMESPACE ID: adds /app/made and removes /etc/passwd
	local root
	root=$(containerd_task "$@")/rootfs
	echo made > "$root/app/made"
	rm "$root/etc/passwd"
}

# The name leads to that process, and nothing of it changes.
reaches() { # TARGET NAME NAMESPACE ID
	local pid
	pid=$(containerd_task_pid "$2" "$3" "$4")
	assert_unchanged "$pid" "$DEBUG" "$1" -c 'test "$(ls /app)" = server && test "$(cat /data/link)" = content && ! touch /debug-was-here 2>/dev/null'
	[ "$("$DEBUG" "$1" -- stat -L -c %i /)" = "$(stat -L -c %i "/proc/$pid/root/")" ]
	[ "$("$DEBUG" "$1" -- readlink /proc/self/ns/pid)" = "$(readlink "/proc/$pid/ns/pid")" ]
}
reaches_pod() { # TARGET NAME NAMESPACE POD CONTAINER
	reaches "$1" "$2" k8s.io "$(containerd_pod_container "$2" "$3" "$4" "$5")"
}
refuses() { # TARGET WORD...: with one sentence that has all the words
	local target=$1 word
	shift
	run "$DEBUG" "$target" -- true
	[ "$status" -eq 125 ]
	[[ $output != *"unknown scheme"* ]]
	for word; do [[ $output == *"$word"* ]] || { echo "no \`$word' in: $output"; return 1; }; done
}
# Layers, their times included, and what containerd knows of, are as before.
leaves_storage() { # COMMAND...
	{ containerd_layers main; containerd_records main; } > "$BATS_TEST_TMPDIR/storage"
	"$@"
	{ containerd_layers main; containerd_records main; } | diff "$BATS_TEST_TMPDIR/storage" -
}

@test "debug <ctr id>" { reaches web main default web; }
@test "containerd://<id>" { reaches containerd://web main default web; }
@test "containerd://NAMESPACE/ID" {
	reaches containerd://default/web main default web
	reaches containerd://default/twice main default twice
	reaches containerd://debug.test/twice main debug.test twice
	reaches containerd://debug.test/other main debug.test other
}
@test "an id in a namespace that is not the default one" { reaches other main debug.test other; }
@test "containerd:// as Kubernetes prints it, and a unique prefix of an id" {
	id=$(containerd_pod_container main demo shop sidecar)
	reaches "containerd://$id" main k8s.io "$id"
	reaches "$id" main k8s.io "$id"
	reaches "${id:0:12}" main k8s.io "$id"
}
@test "the same id in two namespaces is refused, with both" {
	refuses twice default/twice debug.test/twice
	refuses containerd://twice default/twice debug.test/twice
}
@test "an id that is the beginning of another one is that one" { reaches tw main default tw; }
@test "a namespace without such an id" {
	refuses containerd://default/other other
	refuses containerd://k8s.io/web web
}
@test "names that lead out of the state directory are refused" {
	for name in containerd://../default/web containerd://default/.. containerd://default/../debug.test containerd:// containerd:///web containerd://default/; do
		run "$DEBUG" "$name" -- true
		[ "$status" -eq 125 ]
		[[ $output != *"unknown scheme"* ]]
	done
}

@test "a nerdctl name" {
	reaches shop main default "$SHOP"
	reaches containerd://shop main default "$SHOP"
	reaches "${SHOP:0:12}" main default "$SHOP"
}

@test "pod/container where the pod is in one namespace" {
	reaches_pod alone/app main demo alone app
}
@test "pod/container where two namespaces have it is refused, with both" { refuses shop/app demo/shop/app staging/shop/app; }
@test "namespace/pod/container" {
	reaches_pod demo/shop/app main demo shop app
	reaches_pod demo/shop/sidecar main demo shop sidecar
	reaches_pod staging/shop/app main staging shop app
}
@test "pod://namespace/pod/container" {
	reaches_pod pod://demo/shop/app main demo shop app
	reaches_pod pod://staging/shop/app main staging shop app
}
@test "pod://namespace/pod is the sandbox" {
	reaches pod://demo/shop main k8s.io "$(containerd_pod_id main demo shop)"
	reaches pod://demo/alone main k8s.io "$(containerd_pod_id main demo alone)"
}
@test "a container that was restarted is the one that runs" {
	reaches_pod demo/shop/app main demo shop app
	[ "$(jq -r '.annotations["io.kubernetes.cri.container-name"]' \
		"$(containerd_task main k8s.io "$(containerd_pod_container main demo shop app)")/config.json")" = app ]
}
@test "a pod without such a container: the ones that it has" { refuses demo/shop/nothing app sidecar; }
@test "an init container that has ended: its files" {
	id=$(containerd_pod_container main demo shop setup)
	for target in demo/shop/setup "containerd://$id"; do
		run "$DEBUG" "$target" -- ls /app
		[ "$output" = server ]
		run "$DEBUG" --dry-run "$target"
		[[ $output == *"does not run"* ]]
	done
}

@test "crun instead of runc" { reaches crun main default crun; }
@test "paused, and still paused afterwards" {
	reaches paused main default paused
	[ "$("$DEBUG" ls --json | jq -r '.[] | select(.name == "paused" and .runtime == "containerd").state')" = paused ]
	[ "$(containerd_status main default paused)" = PAUSED ]
}
@test "k3s's, beside containerd's own" {
	reaches web-1.7 k3s default web-1.7
	reaches containerd://default/web-1.7 k3s default web-1.7
	reaches_pod cluster/frontend/app k3s cluster frontend app
	reaches_pod pod://cluster/frontend/app k3s cluster frontend app
	reaches_pod frontend/app k3s cluster frontend app
}

@test "containerd stopped with SIGSTOP: names still work" {
	pid=$(containerd_task_pid main default web)
	kill -STOP "$(containerd_pid main)"
	for target in web containerd://default/web shop demo/shop/app pod://demo/shop; do
		assert_unchanged "$pid" timeout 20 "$DEBUG" "$target" -- true
	done
	run timeout 20 "$DEBUG" twice -- true
	[ "$status" -eq 125 ]
	kill -CONT "$(containerd_pid main)"
}
@test "containerd killed: names still work, and after it was started again" {
	kill -KILL "$(containerd_pid main)"
	for target in web containerd://default/web shop demo/shop/app pod://demo/shop; do "$DEBUG" "$target" -- true; done
	containerd_serve main
	reaches web main default web
}
@test "containerd stopped with SIGSTOP: what it must be asked for is a sentence, and in time" {
	kill -STOP "$(containerd_pid main)"
	for target in stopped image://localhost/debug-test/many:1; do
		run timeout 20 "$DEBUG" "$target" -- true
		[ "$status" -eq 124 ]
		[[ $output == *containerd*"did not answer in time"* ]]
	done
	kill -CONT "$(containerd_pid main)"
}

@test "a stopped container is seen as it was left" {
	for target in stopped containerd://default/stopped containerd://stopped; do
		[ "$("$DEBUG" "$target" -- cat /app/made)" = made ]
		[ "$("$DEBUG" "$target" -c 'ls /app | wc -l')" = 2 ]
		run "$DEBUG" "$target" -- test -e /etc/passwd
		[ "$status" -eq 1 ]
		# Writable, and gone afterwards.
		"$DEBUG" "$target" -c 'touch /debug-was-here && rm /app/made'
		run "$DEBUG" "$target" -- test -e /debug-was-here
		[ "$status" -eq 1 ]
	done
}
@test "an ended one with its last pid still written down is a stopped one" {
	[ "$("$DEBUG" ended -- cat /app/made)" = made ]
	[ "$(containerd_status main default ended)" = STOPPED ]
}
@test "one that was only created" { [ "$("$DEBUG" created -- cat /data/link)" = content ]; }
@test "a stopped container's layers, and what containerd knows, are as before" {
	for target in stopped ended created; do leaves_storage "$DEBUG" "$target" -c 'cat /app/* /data/link > /dev/null; touch /app/new && rm /app/server'; done
}
@test "a stopped container can be started after a session, as if there had been none" {
	"$DEBUG" stopped -- cat /app/made
	containerd_ctr main -n default tasks start -d --null-io stopped
	[ "$("$DEBUG" stopped -- cat /app/made)" = made ]
	containerd_end main default stopped
}

@test "image://REF" {
	[ "$("$DEBUG" image://localhost/debug-test/layers:1 -- cat /data/link)" = content ]
	[ "$("$DEBUG" image://localhost/debug-test/layers:1 -- readlink -f .)" = /app ]
	"$DEBUG" image://localhost/debug-test/layers:1 -- touch /debug-was-here
	run "$DEBUG" image://localhost/debug-test/layers:1 -- test -e /debug-was-here
	[ "$status" -eq 1 ]
}
@test "image:// of seventy layers" { [ "$("$DEBUG" image://localhost/debug-test/many:1 -c 'cat /layers/* | wc -l')" = 70 ]; }
@test "an image's layers, and what containerd knows, are as before" {
	for image in layers:1 many:1; do
		leaves_storage "$DEBUG" "image://localhost/debug-test/$image" -c 'cat /app/* /data/link > /dev/null; touch /app/new && rm /app/server'
	done
}
snapshots_and_leases() {
	local namespace
	for namespace in "${CONTAINERD_NAMESPACES[@]}"; do
		containerd_ctr main -n "$namespace" snapshots ls
		containerd_ctr main -n "$namespace" leases ls
	done
}
@test "no snapshot and no lease is left behind, neither if the session is killed" {
	snapshots_and_leases > "$BATS_TEST_TMPDIR/before"
	"$DEBUG" image://localhost/debug-test/layers:1 -- true
	snapshots_and_leases | diff "$BATS_TEST_TMPDIR/before" -
	coproc SESSION { exec "$DEBUG" image://localhost/debug-test/layers:1 -c 'echo ready; exec sleep 1000' 3>&-; }
	read -r -t 20 -u "${SESSION[0]}" ready
	[ "$ready" = ready ]
	kill -KILL "$SESSION_PID"
	# Whoever is left of the session needs a moment to notice.
	for _ in $(seq 100); do
		snapshots_and_leases | diff "$BATS_TEST_TMPDIR/before" - > "$BATS_TEST_TMPDIR/left" && return 0
		sleep 0.05
	done
	cat "$BATS_TEST_TMPDIR/left"
	return 1
}
@test "an image that is not there" { refuses image://localhost/debug-test/no-such:1 localhost/debug-test/no-such:1; }
