# SPDX-License-Identifier: GPL-2.0-or-later
# The helper pods of `kubectl sidecar`, made for a session or resident; rights; many pods at once; the image.  As in
# kube.bats, the API server is a fake and everything below it is real.

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/engines-containerd
load ../lib/kube

setup_file() {
	kube_start
	for pod in web-1 web-2 db-1; do
		containerd_pod main demo "$pod"
		containerd_pod_run main demo "$pod" app
	done
	containerd_pod_run main demo web-1 log
	containerd_pod main locked hard
	containerd_pod_run main locked hard app
	kube_add_pod node-a demo web-1 app=running log=running
	kube_add_pod node-b demo web-2 app=running
	kube_add_pod node-b demo db-1 app=running
	kube_add_pod node-a locked hard app=running
	cp "$KUBE/pods.json" "$KUBE/pods.all"
}
teardown_file() { kube_stop; }
setup() {
	kube_use new
	residue_begin
	: > "$KUBE/requests"
	rm -f "$KUBE/denied"
	cp "$KUBE/pods.all" "$KUBE/pods.json"
}
teardown() {
	! mountpoint -q /etc/debug || umount /etc/debug
	[ ! -e "$BATS_FILE_TMPDIR/made" ] || { rmdir /etc/debug && rm "$BATS_FILE_TMPDIR/made"; }
	assert_no_residue && kube_assert_no_helper && kube_assert_read_only demo/web-1 demo/web-2 locked/hard
}

# The manifest of the pod that a session makes, as the API server was sent it.
session_pod() {
	"$KUBECTL" get pods -n kube-system -l app.kubernetes.io/component=session -o json | jq '.items[0]'
}
begin_session() { # ARGUMENT...
	coproc SESSION { exec kubectl-sidecar "$@" -- sh -c 'echo ready; exec sleep 1000' 2>&1 3>&-; }
	SESSION_ID=$SESSION_PID
	read -r -t 30 -u "${SESSION[0]}" ready
	[ "$ready" = ready ]
}

@test "a helper pod is made for a session where there is none, and ends with it" {
	for kubectl in old new; do
		kube_use "$kubectl"
		run kubectl-sidecar web-1 -- sh -c 'cat /data/link; exit 7'
		[ "$status" -eq 7 ]
		[ "$output" = content ]
		kube_assert_no_helper
	done
}
@test "the helper pod has what it needs, and no more" {
	begin_session web-1
	session_pod > "$BATS_TEST_TMPDIR/pod"
	kill -TERM "$SESSION_ID"
	jq -e '.spec | .nodeName == "node-a" and .hostPID and (.hostNetwork // .hostIPC | not) and .automountServiceAccountToken == false
		and .restartPolicy == "Never" and .activeDeadlineSeconds == 28800 and .tolerations == [{"operator": "Exists"}]
		and (has("volumes") or has("serviceAccountName") | not)
		and (.containers | length) == 1' "$BATS_TEST_TMPDIR/pod"
	jq -e '.spec.containers[0] | .securityContext == {privileged: true, readOnlyRootFilesystem: true, runAsUser: 0, runAsGroup: 0}
		and .resources.limits.memory == "512Mi" and (has("volumeMounts") or has("env") | not)' "$BATS_TEST_TMPDIR/pod"
	jq -e '.metadata.labels["debug.sidecar/session"] and .metadata.annotations["debug.sidecar/expires"]' "$BATS_TEST_TMPDIR/pod"
}
@test "SIGINT, SIGTERM and SIGHUP before and in a session remove the helper pod" {
	for signal in TERM HUP; do
		begin_session web-1
		kill "-$signal" "$SESSION_ID"
		kube_assert_no_helper
	done
	# While the pod is being made.
	for signal in INT TERM; do
		kubectl-sidecar web-1 -- sleep 1000 < /dev/null > "$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
		local pid=$! status=0
		timeout 20 sh -c 'until [ -n "$(grep "^POST.*kube-system/pods" "$1")" ]; do sleep 0.02; done' sh "$KUBE/requests"
		kill "-$signal" "$pid"
		wait "$pid" || status=$?
		[ "$status" -ne 0 ]
		kube_assert_no_helper
		: > "$KUBE/requests"
	done
}
@test "a terminal that is closed takes the session and the helper pod with it" {
	tmux_start 90x20 "kubectl-sidecar web-1"
	tmux_wait_for "debug demo/web-1/app:/app #"
	tmux_end
	kube_assert_no_helper
}
@test "killed with SIGKILL: the session ends, and gc removes the pod" {
	begin_session web-1
	kill -KILL "$SESSION_ID"
	kubectl-sidecar gc
	[ "$("$KUBECTL" get pods -n kube-system -o name | wc -l)" = 1 ]
	kubectl-sidecar gc --all
	kube_assert_no_helper
}
@test "a helper pod that nobody uses ends by itself, and gc removes it" {
	begin_session web-1
	kill -KILL "$SESSION_ID"
	name=$(session_pod | jq -r .metadata.name)
	containerd_ctr main -n k8s.io tasks kill -s SIGTERM "$name"
	timeout 20 sh -c 'until "$KUBECTL" get pods -n kube-system -o json | jq -e ".items[0].status.phase == \"Succeeded\""; do sleep 0.2; done'
	kubectl-sidecar gc
	kube_assert_no_helper
}
@test "--ttl, --helper-namespace, --image and --image-pull-secret are the pod's" {
	begin_session web-1 --ttl 60 --helper-namespace default --image-pull-secret registry
	"$KUBECTL" get pods -n default -o json | jq -e '.items[0].spec | .activeDeadlineSeconds == 60 and .imagePullSecrets == [{name: "registry"}]'
	kill -TERM "$SESSION_ID"
	kube_assert_no_helper
	run kubectl-sidecar web-1 --image 'registry.example/no/such:1' -- true
	[ "$status" -eq 125 ]
	# Escaped, for whoever makes images writes it.
	[[ $output == *"does not start: ErrImagePull: no such image \\033[2J"*"load the image"*"registry.example/no/such:1"* ]]
}
@test "never in the target's namespace: whoever may exec there would be root on the node" {
	echo 'create pods kube-system' > "$KUBE/denied"
	run kubectl-sidecar web-1 -- true
	[ "$status" -eq 126 ]
	[[ $output == *'namespaces "debug-sidecar" not found'*'in the namespace "kube-system"'*doctor* ]]
	run grep -E '^POST.*/namespaces/demo/' "$KUBE/requests"
	[ "$status" -eq 1 ]
}
@test "a target in a namespace that is restricted" {
	[ "$(kubectl-sidecar -n locked hard -- cat /data/link)" = content ]
	run kubectl-sidecar -n locked hard --helper-namespace locked -- true
	[ "$status" -eq 126 ]
	[[ $output == *"violates PodSecurity"* ]]
}

@test "install: a pod on every node, then no session makes one; uninstall" {
	kubectl-sidecar install --print | jq -e '[.items[].kind] == ["Namespace", "DaemonSet"]
		and .items[0].metadata.labels["pod-security.kubernetes.io/enforce"] == "privileged"'
	kubectl-sidecar install
	timeout 30 sh -c 'until kubectl-sidecar doctor | grep -q "2 of 2 pods are ready"; do sleep 0.2; done'
	: > "$KUBE/requests"
	[ "$(kubectl-sidecar web-2 -- cat /data/link)" = content ]
	run grep -E '^(POST|DELETE).*/pods(\?|$)' "$KUBE/requests"
	[ "$status" -eq 1 ]
	kubectl-sidecar uninstall
	run "$KUBECTL" get pods,namespaces,daemonsets -A -o name
	[[ $output != *debug-sidecar* ]]
}
@test "install --policy-user: debug.conf on the node decides, and nobody can go around it" {
	[ -d /etc/debug ] || { mkdir /etc/debug; touch "$BATS_FILE_TMPDIR/made"; }
	mount -t tmpfs -o mode=755 none /etc/debug
	[ -d /var/log/debug ] || mkdir -m 700 /var/log/debug
	printf 'permit uid 64000 profile general on name demo/web-1/app\n' > /etc/debug/debug.conf
	chmod 600 /etc/debug/debug.conf
	kubectl-sidecar install --policy-user 64000
	timeout 30 sh -c 'until kubectl-sidecar doctor | grep -q "2 of 2 pods are ready"; do sleep 0.2; done'
	[ "$(kubectl-sidecar web-1 -- cat /data/link)" = content ]
	kubectl-sidecar -t web-1 -- sh -c 'test -t 0 && stty size' < /dev/null | grep '24 80'
	for asked in 'web-1 -c log' 'web-2' 'web-1 --write' 'web-1 --profile sysadmin'; do
		# shellcheck disable=SC2086
		run kubectl-sidecar $asked -- true
		[ "$status" -eq 126 ]
	done
	# What `kubectl exec` itself could be used for: there is no other program, and none of these gives more.
	helper="-n debug-sidecar debug-sidecar-node-a --"
	# shellcheck disable=SC2086
	for words in '/bin/sh' '/run/debug-node/bin/debug demo/web-2/app' '/bin/debug demo/web-2/app -- true' '/bin/debug pid://1 -- true'; do
		run "$KUBECTL" exec $helper $words
		[ "$status" -ne 0 ]
	done
	kubectl-sidecar uninstall
}

@test "many pods: each line behind its container, on all nodes, and the greatest exit status" {
	for kubectl in old new; do
		kube_use "$kubectl"
		run --separate-stderr kubectl-sidecar -l app=web -- sh -c 'hostname > /dev/null; echo one; printf two'
		[ "$status" -eq 0 ]
		[ "$(sort <<< "$output")" = "$(printf '%s\n' demo/web-{1/app,1/log,2/app}:\ {one,two} | sort)" ]
		kube_assert_no_helper
	done
	run kubectl-sidecar -l app=web -c app -- sh -c 'grep -q "$1" /proc/1/cgroup && exit 3; echo well' sh "$(containerd_pod_container main demo web-2 app)"
	[ "$status" -eq 3 ]
	[[ $output == *"demo/web-1/app: well"* && $output == *"1 of 2 failed"* && $output != *log* ]]
}
@test "many pods: one that may not be entered, or whose node has no helper, hides no other" {
	echo 'create pods/exec locked' > "$KUBE/denied"
	jq 'map(if .metadata.name == "web-2" then .status.containerStatuses[0].containerID = "containerd://" + ("0" * 64) else . end)
		| map(.metadata.labels.app = "all")' "$KUBE/pods.all" > "$KUBE/pods.json"
	run kubectl-sidecar -A -l app=all -c app --group -- cat /data/link
	[ "$status" -eq 126 ]
	[[ $output == *"== demo/web-1/app on node-a: exit status 0"$'\n'content* ]]
	[[ $output == *"== demo/db-1/app on node-b: exit status 0"$'\n'content* ]]
	[[ $output == *"locked/hard/app: you may not create pods/exec"* ]]
	[[ $output == *"== demo/web-2/app on node-b: exit status 125"* ]]
	[[ $output == *"2 of 4 failed"* ]]
}
@test "many pods: JSON, a line for each" {
	kubectl-sidecar -l app=web --parallel 1 --json -- sh -c 'printf "a\n\377"; echo "\"b\"" >&2; exit 2' > "$BATS_TEST_TMPDIR/lines" 2> "$BATS_TEST_TMPDIR/err" || [ $? -eq 2 ]
	jq -se 'length == 3 and (map(.status) | unique) == [2] and (map(.node) | unique) == ["node-a", "node-b"]
		and .[0].stdout == "a\\012\\377" and .[0].stderr == "\"b\"\n" and .[0].error == null' "$BATS_TEST_TMPDIR/lines"
	run kubectl-sidecar -l app=nothing -- true
	[ "$status" -eq 125 ]
	run kubectl-sidecar -l app=web
	[[ $output == *"needs a command"* ]]
}
@test "many pods: SIGTERM ends all sessions" {
	kubectl-sidecar -l app=web -- sh -c 'echo ready; exec sleep 1000' > "$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	local pid=$! status=0
	timeout 30 sh -c 'until [ "$(grep -c ready "$1")" = 3 ]; do sleep 0.1; done' sh "$BATS_TEST_TMPDIR/out"
	kill -TERM "$pid"
	wait "$pid" || status=$?
	[ "$status" -eq 143 ]
}

@test "doctor names each right that is missing" {
	kubectl-sidecar doctor web-1
	printf '%s\n' 'delete pods debug-sidecar' 'create pods/exec demo' > "$KUBE/denied"
	run kubectl-sidecar doctor -n demo web-1
	[ "$status" -eq 1 ]
	[[ $output == *"missing  create pods/exec in demo"* && $output == *"missing  delete pods in debug-sidecar"* ]]
	[[ $output == *"ok       get pods in demo"* && $output == *"ok       helper pod in kube-system"* && $output == *"missing  a session"* ]]
	kubectl-sidecar doctor --json | jq -se 'map(select(.check == "a session"))[0].state == "missing"' || [ "${PIPESTATUS[0]}" -eq 1 ]
	# It has made nothing.
	run grep -E '^(POST|DELETE).*/pods\?' "$KUBE/requests"
	[[ $output != *DELETE* ]]
	[ "$(grep -c POST <<< "$output")" = "$(grep -c 'POST.*dryRun=All' <<< "$output")" ]
}
@test "the roles that are printed are objects of the API" {
	kubectl-sidecar --print-rbac -n demo | jq -e '[.items[] | .kind + " " + .metadata.namespace] == ["Role demo", "Role debug-sidecar", "Role debug-sidecar"]
		and ([.items[].rules[].verbs[]] | unique) == ["create", "delete", "get", "list"]'
}

@test "the image is the same whenever it is built, and podman, Docker and containerd take it" {
	local once=$BATS_TEST_TMPDIR/once twice=$BATS_TEST_TMPDIR/twice this
	this=$(dpkg --print-architecture)
	# A toolbox of a few bytes: what is looked at is how the archive is made.
	for build in "$once" "$twice"; do
		mkdir -p "$build/bin" "$build/libexec/debug"
		cp "$BUILD/bin/debug" "$build/bin/"
		cp "$BUILD/debug-node" "$build/"
		cp "$BUILD/libexec/debug/debug-"{helper,unpack} "$build/libexec/debug/"
		for file in toolbox.erofs{,.sha256,.verity} toolbox.sbom.json; do echo "$file" > "$build/libexec/debug/$file"; done
		(umask 077; "$ROOT/toolbox/oci-image" --output "$build/image.tar" --name localhost/debug-test/sidecar:2 "$this=$build" arm64="$build" amd64="$build" > "$build/digest")
	done
	cmp "$once/image.tar" "$twice/image.tar"
	podman load -i "$once/image.tar"
	[ "$(podman image inspect -f '{{.Os}}/{{.Architecture}} {{.Config.Entrypoint}}' localhost/debug-test/sidecar:2)" = "linux/$this [/bin/debug-node]" ]
	podman rmi localhost/debug-test/sidecar:2
	docker load -i "$once/image.tar"
	[ "$(docker image inspect -f '{{.Os}}/{{.Architecture}} {{.Config.Entrypoint}}' localhost/debug-test/sidecar:2)" = "linux/$this [/bin/debug-node]" ]
	docker rmi localhost/debug-test/sidecar:2
	containerd_ctr main -n default images import "$once/image.tar"
	containerd_ctr main -n default images rm localhost/debug-test/sidecar:2
}
