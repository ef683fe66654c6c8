# SPDX-License-Identifier: GPL-2.0-or-later
# A cluster of one machine for the tests of `kubectl sidecar`: the real kubectl, a fake API server (tests/kube), and the
# pods and helper pods in a real containerd.
# shellcheck shell=bash

KUBE_IMAGE=localhost/debug-sidecar:0.1

# Debian's kubectl, which need not be installed: 1.20 speaks SPDY, 1.32 WebSockets.
kube_kubectl() { # SUITE PACKAGE: prints its path
	echo "$("$ROOT/tests/engines/fetch" "$1" "$2")/usr/bin/kubectl"
}
kube_use() { # old|new: for the plugin, and for kubectl itself
	local path=$KUBE_NEW
	[ "$1" = new ] || path=$KUBE_OLD
	export KUBECTL=$path PATH=$KUBE/bin:${path%/*}:$KUBE_PATH
}

kube_start() {
	KUBE=$BATS_FILE_TMPDIR/kube KUBE_PATH=$PATH
	KUBE_OLD=$(kube_kubectl bookworm kubernetes-client)
	KUBE_NEW=$(kube_kubectl trixie kubectl)
	export KUBE KUBE_PATH KUBE_OLD KUBE_NEW KUBECONFIG=$KUBE/kubeconfig HOME=$KUBE/home
	mkdir -p "$KUBE/bin" "$HOME"
	ln -s "$DEBUG" "$KUBE/bin/kubectl-sidecar"
	ln -s "$ROOT/src/8-kube/kubectl_complete-sidecar" "$KUBE/bin/"
	containerd_start main /run/containerd
	"$ROOT/toolbox/oci-image" --output "$KUBE/image.tar" --name "$KUBE_IMAGE" "$(dpkg --print-architecture)=$BUILD" > "$KUBE/digest"
	containerd_ctr main -n k8s.io images import "$KUBE/image.tar" > "$KUBE/import"
	rm "$KUBE/image.tar"
	echo '[]' > "$KUBE/pods.json"
	echo '{"default": "privileged", "kube-system": "privileged", "demo": "privileged", "locked": "restricted"}' > "$KUBE/namespaces.json"
	"$ROOT/tests/kube/apiserver" "$KUBE" /usr/bin/ctr -a "$(containerd_socket main)" -n k8s.io > "$KUBE/log" 2>&1 3>&- &
	echo $! > "$KUBE/pid"
	disown $!
	timeout 20 sh -c 'until [ -e "$1" ]; do sleep 0.05; done' sh "$KUBE/kubeconfig"
}
kube_stop() {
	kill "$(cat "$KUBE/pid")" 2> /dev/null || :
	containerd_stop main
	rmdir /run/debug-node 2> /dev/null || :
}

# What the API server knows of a pod, whose containers are containerd's already.
kube_add_pod() { # NODE NAMESPACE POD CONTAINER=STATE...: running, crashing, ended or new
	local node=$1 namespace=$2 pod=$3 part name state id specs=() statuses=() labels
	shift 3
	for part; do
		name=${part%%=*} state=${part#*=}
		id=$(containerd_pod_container main "$namespace" "$pod" "$name" 2> /dev/null) || id=
		specs+=("{\"name\":\"$name\",\"image\":\"$CONTAINERD_IMAGE\"}")
		case $state in
		running) state='{"running":{"startedAt":"2026-01-01T00:00:00Z"}}' ;;
		crashing) state='{"waiting":{"reason":"CrashLoopBackOff"}}' ;;
		ended) state='{"terminated":{"reason":"Completed","exitCode":0}}' ;;
		new) state='{"waiting":{"reason":"ContainerCreating"}}' id='' ;;
		esac
		statuses+=("{\"name\":\"$name\",\"state\":$state,\"containerID\":\"${id:+containerd://$id}\",\"restartCount\":0}")
	done
	labels="{\"app\":\"${pod%%-*}\"}"
	jq --argjson specs "[$(IFS=,; echo "${specs[*]}")]" --argjson statuses "[$(IFS=,; echo "${statuses[*]}")]" --argjson labels "$labels" \
		--arg node "$node" --arg namespace "$namespace" --arg pod "$pod" '. + [{
			apiVersion: "v1", kind: "Pod",
			metadata: {name: $pod, namespace: $namespace, labels: $labels, uid: "39960e18-4f7c-4856-8a12-4a504f9d69d2",
				managedFields: [{manager: "kubelet", operation: "Update"}]},
			spec: {nodeName: $node, containers: $specs},
			status: {phase: "Running", conditions: [{type: "Ready", status: "True"}], containerStatuses: $statuses}}]' \
		"$KUBE/pods.json" > "$KUBE/pods.new"
	mv "$KUBE/pods.new" "$KUBE/pods.json"
}

# Nothing that the user asked of the API server could have changed one of its pods.
kube_assert_read_only() { # NAMESPACE/POD...
	local pod
	for pod; do
		grep -vE '^GET ' "$KUBE/requests" | grep -F "/namespaces/${pod%/*}/pods/${pod#*/}" && return 1
	done
	return 0
}

# No pod of a session's own, and no container of one.
kube_assert_no_helper() {
	local i
	for i in $(seq 100); do
		"$KUBECTL" get pods -A -l app.kubernetes.io/component=session -o name > "$BATS_TEST_TMPDIR/left" 2> /dev/null
		containerd_ctr main -n k8s.io containers ls -q | grep -E '^debug-sidecar-[a-z0-9]{10}-' >> "$BATS_TEST_TMPDIR/left" || :
		[ -s "$BATS_TEST_TMPDIR/left" ] || return 0
		sleep 0.1
	done
	echo "left after $i looks:"
	cat "$BATS_TEST_TMPDIR/left"
	return 1
}
