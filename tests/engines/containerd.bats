# SPDX-License-Identifier: GPL-2.0-or-later
# Real containerd of three versions, by ctr and by the CRI as a kubelet speaks it: every kind of container that it
# makes can be entered by its process, and stays as it is.

load ../lib/common
load ../lib/engines-containerd

# nerdctl's ids are random.
SHOP=5408dbde000000000000000000000000000000000000000000000000000c0de1

setup_file() {
	containerd_start main /run/containerd
	containerd_run main default web
	containerd_run main debug.test web
	containerd_run_nerdctl main default "$SHOP" shop
	containerd_run main default limited --read-only --seccomp --cap-drop CAP_CHOWN
	containerd_run main default runtimes-cgroup --cgroup ''
	containerd_run main default host-network --net-host
	containerd_run main default crun --runc-binary "$(containerd_crun main)"
	containerd_run main default userns --uidmap 0:100000:65536 --gidmap 0:100000:65536
	containerd_import main default localhost/debug-test/many:1 70
	IMAGE=localhost/debug-test/many:1 containerd_run main default many
	containerd_run main default paused
	containerd_ctr main -n default tasks pause paused
	containerd_pods main

	containerd_start k3s /run/k3s/containerd "$(containerd_programs trixie)"
	containerd_run k3s default web-1.7
	containerd_pods k3s

	containerd_start new /run/debug-test-containerd/new "$(containerd_programs sid)"
	containerd_run new default web-2
	containerd_pods new
}
teardown_file() {
	containerd_ctr main -n default tasks resume paused || :
	for name in main k3s new; do containerd_stop "$name"; done
}
setup() { residue_begin; }
teardown() { assert_no_residue; }

# Pods as a kubelet makes them.
containerd_pods() { # NAME
	local id
	containerd_pod "$1" demo shop
	id=$(containerd_pod_run "$1" demo shop setup 0 /app/server --no-such-option)
	containerd_wait_for_end "$1" k8s.io "$id"
	id=$(containerd_pod_run "$1" demo shop app)
	containerd_cri "$1" stop "$id"
	containerd_pod_run "$1" demo shop app 1
	containerd_pod_run "$1" demo shop sidecar
	containerd_pod "$1" demo shared shared-pid
	containerd_pod_run "$1" demo shared app
	# The crun of this Debian does not know the newer version of the specification that the others write.
	[ "$1" = main ] || return 0
	containerd_pod main demo crun handler=crun
	containerd_pod_run main demo crun app
}

# One look around: the root is the target's, the toolbox works, writing does not.
look_around() { # NAME NAMESPACE ID
	local pid
	pid=$(containerd_task_pid "$@")
	assert_unchanged "$pid" "$DEBUG" "pid://$pid" -c '
		test "$(id -u)" = 0 && test "$(ls /app)" = server && test "$(cat /data/link)" = content &&
		test -x /dev/toolbox/bin/strace && ! touch /debug-was-here 2>/dev/null && ps -p 1 -o pid= >/dev/null && test "$PWD" = /app'
}
look_around_pod() { # NAME POD CONTAINER
	look_around "$1" k8s.io "$(containerd_pod_container "$1" demo "$2" "$3")"
}
# The pid namespace that a session in a container of a pod sees.
session_pids() { # NAME POD CONTAINER
	"$DEBUG" "pid://$(containerd_task_pid "$1" k8s.io "$(containerd_pod_container "$1" demo "$2" "$3")")" -- readlink /proc/self/ns/pid
}

@test "1.6: ctr's, of the same id in two namespaces" {
	look_around main default web
	look_around main debug.test web
	[ "$(containerd_task_pid main default web)" != "$(containerd_task_pid main debug.test web)" ]
}
@test "1.7: ctr's, where k3s has its state" { look_around k3s default web-1.7; }
@test "2.1: ctr's, in a private place" { look_around new default web-2; }

@test "with nerdctl's labels and annotations" {
	look_around main default "$SHOP"
	[ "$(jq -r '.annotations["nerdctl/name"]' "$(containerd_task main default "$SHOP")/config.json")" = shop ]
}
@test "--read-only --seccomp --cap-drop" { look_around main default limited; }
@test "with the cgroup that the runtime chooses" { look_around main default runtimes-cgroup; }
@test "--net-host" {
	look_around main default host-network
	[ "$("$DEBUG" "pid://$(containerd_task_pid main default host-network)" -- readlink /proc/self/ns/net)" = "$(readlink /proc/self/ns/net)" ]
}
@test "crun instead of runc" {
	look_around main default crun
	[ -e /run/containerd/runc/default/crun/status ]
}
@test "a user namespace" {
	look_around main default userns
	pid=$(containerd_task_pid main default userns)
	[ "$("$DEBUG" "pid://$pid" -c 'tr -s " " < /proc/self/uid_map')" = " 0 100000 65536" ]
}
@test "seventy layers, whose directories are mounted by relative paths" {
	pid=$(containerd_task_pid main default many)
	grep -q ' / / .*lowerdir=[0-9]*/fs:' "/proc/$pid/mountinfo"
	look_around main default many
	[ "$("$DEBUG" "pid://$pid" -c 'ls /layers | wc -l')" = 70 ]
}
@test "paused, and still paused afterwards" {
	look_around main default paused
	[ "$(containerd_status main default paused)" = PAUSED ]
}

@test "1.6: the containers of a pod, the restarted one too, and its sandbox" {
	look_around_pod main shop app
	look_around_pod main shop sidecar
	look_around main k8s.io "$(containerd_pod_id main demo shop)"
}
@test "1.7: the containers of a pod, the restarted one too, and its sandbox" {
	look_around_pod k3s shop app
	look_around_pod k3s shop sidecar
	look_around k3s k8s.io "$(containerd_pod_id k3s demo shop)"
}
@test "2.1: the containers of a pod, the restarted one too, and its sandbox" {
	look_around_pod new shop app
	look_around_pod new shop sidecar
	look_around new k8s.io "$(containerd_pod_id new demo shop)"
}
@test "1.6, 1.7, 2.1: a pod whose containers share their processes" {
	for name in main k3s new; do
		look_around_pod "$name" shared app
		pause=$(containerd_task_pid "$name" k8s.io "$(containerd_pod_id "$name" demo shared)")
		[ "$(session_pids "$name" shared app)" = "$(readlink "/proc/$pause/ns/pid")" ]
		[ "$(session_pids "$name" shop app)" != "$(session_pids "$name" shop sidecar)" ]
	done
}
@test "1.6: a pod of crun's" { look_around_pod main crun app; }

@test "the CRI's annotations are those that Kubernetes' nodes have" {
	for name in main k3s new; do
		id=$(containerd_pod_container "$name" demo shop app)
		[ "$(jq -r '.annotations | [.["io.kubernetes.cri.container-type", "io.kubernetes.cri.container-name",
			"io.kubernetes.cri.sandbox-namespace", "io.kubernetes.cri.sandbox-name"]] | join(" ")' \
			"$(containerd_task "$name" k8s.io "$id")/config.json")" = "container app demo shop" ]
		[ ! -e "$(containerd_task "$name" k8s.io "$(containerd_pod_container "$name" demo shop setup)")" ]
	done
}

@test "containerd does not answer" {
	kill -STOP "$(containerd_pid main)"
	pid=$(cat "$(containerd_task main default web)/init.pid")
	run "$DEBUG" "pid://$pid" -- cat /data/inner/file
	kill -CONT "$(containerd_pid main)"
	[ "$status" -eq 0 ]
	[ "$output" = content ]
}
@test "containerd was killed, and then started again" {
	pid=$(containerd_task_pid new default web-2)
	kill -KILL "$(containerd_pid new)"
	assert_unchanged "$pid" "$DEBUG" "pid://$pid" -- ls /app
	containerd_serve new
	[ "$(containerd_task_pid new default web-2)" = "$pid" ]
	look_around new default web-2
}

@test "what sessions did to the layers, and to what containerd knows: nothing" {
	{ containerd_layers main; containerd_records main; } > "$BATS_TEST_TMPDIR/before"
	for id in web many userns limited; do "$DEBUG" "pid://$(containerd_task_pid main default "$id")" -c 'cat /app/server | wc -c; cat /data/link'; done
	{ containerd_layers main; containerd_records main; } | diff "$BATS_TEST_TMPDIR/before" -
}
