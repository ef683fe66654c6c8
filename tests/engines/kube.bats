# SPDX-License-Identifier: GPL-2.0-or-later
# Sessions by `kubectl sidecar`: Debian's old kubectl (SPDY) and its newer one (WebSockets), a fake API server, and below it
# the real thing: the image as users load it, a privileged container of containerd for the helper pod, debug-node, debug.

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/engines-containerd
load ../lib/kube

setup_file() {
	kube_start
	containerd_pod main demo web-1
	for name in app sidecar; do containerd_pod_run main demo web-1 "$name"; done
	id=$(containerd_pod_run main demo web-1 setup 0 /app/server --no-such-option)
	containerd_wait_for_end main k8s.io "$id"
	kube_add_pod node-a demo web-1 app=running sidecar=running setup=ended later=new
	containerd_pod main demo crash-1
	id=$(containerd_pod_run main demo crash-1 app 0 /app/server --no-such-option)
	containerd_wait_for_end main k8s.io "$id"
	kube_add_pod node-b demo crash-1 app=crashing
	kube_use new
	kubectl sidecar install > "$KUBE/installed"
	timeout 30 sh -c 'until [ "$("$KUBECTL" get pods -n debug-sidecar -o json | jq "[.items[].status.conditions[]?.status] == [\"True\", \"True\"]")" = true ]; do sleep 0.1; done'
	# containerd looks through them by itself, once; a first look is for the times of directories.
	find "$CONTAINERD_HOME/main/root" > "$BATS_FILE_TMPDIR/files"
	# The first session of a helper pod mounts the toolbox, for as long as that lives.
	kubectl sidecar web-1 -- true
	kubectl sidecar -q crash-1 -- true
}
teardown_file() {
	kube_use new
	kubectl sidecar uninstall
	kube_stop
}
setup() {
	residue_begin
	kube_use new
	: > "$KUBE/requests"
	rm -f "$KUBE/denied" "$KUBE/silent"
}
teardown() {
	rm -f "$KUBE/silent"
	tmux_end
	assert_no_residue && kube_assert_no_helper && kube_assert_read_only demo/web-1
}

app_pid() { containerd_task_pid main k8s.io "$(containerd_pod_container main demo web-1 app)"; }

@test "the target and what the API server knows of the pod stay as they are" {
	kubectl get pod web-1 -o json > "$BATS_TEST_TMPDIR/pod"
	for kubectl in old new; do
		kube_use "$kubectl"
		assert_unchanged "$(app_pid)" kubectl sidecar web-1 -- sh -c 'ls / /app > /dev/null; ! touch /here 2> /dev/null'
	done
	kubectl get pod web-1 -o json | diff "$BATS_TEST_TMPDIR/pod" -
}
@test "the exit status is the command's own" {
	for kubectl in old new; do
		kube_use "$kubectl"
		for wanted in 0 7 255; do
			run kubectl-sidecar web-1 -- sh -c "exit $wanted"
			[ "$status" -eq "$wanted" ]
		done
		run kubectl-sidecar web-1 -- sh -c 'kill -9 $$'
		[ "$status" -eq 137 ]
		run -127 kubectl-sidecar web-1 -- no-such-command
	done
}
@test "standard output and standard error are apart, and in one order under 2>&1" {
	for kubectl in old new; do
		kube_use "$kubectl"
		kubectl-sidecar web-1 -- sh -c 'echo out; echo err >&2' > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err"
		[ "$(cat "$BATS_TEST_TMPDIR/out"):$(cat "$BATS_TEST_TMPDIR/err")" = out:err ]
		kubectl-sidecar web-1 -- sh -c 'for i in $(seq 50); do echo $i; echo $i >&2; done' > "$BATS_TEST_TMPDIR/out" 2>&1
		for i in $(seq 50); do printf '%s\n%s\n' "$i" "$i"; done | diff - "$BATS_TEST_TMPDIR/out"
	done
}
@test "input and output of any bytes, more than a window of them" {
	head -c 5000000 /dev/urandom > "$BATS_TEST_TMPDIR/bytes"
	for kubectl in old new; do
		kube_use "$kubectl"
		kubectl-sidecar web-1 -- cat < "$BATS_TEST_TMPDIR/bytes" | cmp - "$BATS_TEST_TMPDIR/bytes"
	done
	[ "$(kubectl-sidecar web-1 -- wc -c < /dev/null)" = 0 ]
}
@test "a command that ends with input left" {
	for kubectl in old new; do
		kube_use "$kubectl"
		for wanted in 0 0 3; do
			run --separate-stderr kubectl-sidecar web-1 -- sh -c "exit $wanted" < /dev/zero
			[ "$status" -eq "$wanted" ]
			[ -z "$stderr" ]
		done
	done
}
@test "a reader that leaves, and one that does not read for longer than a silence may last" {
	[ "$(kubectl-sidecar web-1 -- yes | head -n 1)" = y ]
	kubectl-sidecar web-1 -- sh -c 'head -c 4000000 /dev/zero' | { sleep 12; wc -c > "$BATS_TEST_TMPDIR/count"; }
	[ "$(cat "$BATS_TEST_TMPDIR/count")" = 4000000 ]
}
@test "the words of a command arrive as they are, and are in no command line and no request" {
	[ "$(kubectl-sidecar web-1 -e 'PASSWORD=the secret' -- printf '%s|' '' ' a  b' $'c\nd' -- --write '$PASSWORD' "'")" = "| a  b|c"$'\n'"d|--|--write|\$PASSWORD|'|" ]
	[ "$(kubectl-sidecar web-1 -- sh -c 'echo $#' sh $(seq 10000))" = 10000 ]
	[ "$(kubectl-sidecar web-1 -e 'PASSWORD=the secret' --command 'echo "$PASSWORD"')" = 'the secret' ]
	coproc SESSION { exec kubectl-sidecar web-1 -e 'PASSWORD=the secret' -- sh -c 'echo ready; read -r line' 3>&-; }
	read -r -t 20 -u "${SESSION[0]}" ready
	[ "$ready" = ready ]
	[ "$(pgrep -P "$SESSION_PID" -f "kubectl exec -i -n debug-sidecar")" -gt 1 ]
	run pgrep -af 'the secret|secret-token' --parent "$SESSION_PID"
	[ -z "$output" ]
	local pid=$SESSION_PID
	echo >&"${SESSION[1]}"
	wait "$pid"
	run grep -aE 'the.secret|secret-token' "$KUBE/requests" "$KUBE/kubelet.log"
	[ "$status" -eq 1 ]
}

@test "-c, and the default container" {
	[ "$(kubectl-sidecar web-1 -c sidecar -- hostname)" = "$(kubectl-sidecar web-1 -- hostname)" ]
	id=$(containerd_pod_container main demo web-1 sidecar)
	kubectl-sidecar web-1 -c sidecar -- grep -q "$id" /proc/1/cgroup
	grep -q "demo/web-1/sidecar', 'containerd://$id" "$KUBE/kubelet.log"
	run kubectl-sidecar web-1 -c nothing -- true
	[ "$status" -eq 125 ]
	[[ $output == *"no container \`nothing\`; it has app, sidecar, setup, later"* ]]
}
@test "options of debug: --profile, --write, --stealth, -u, --dry-run, --receipt" {
	[ "$(kubectl-sidecar web-1 -u 65532 -- id -u)" = 65532 ]
	[ "$(kubectl-sidecar web-1 --user=65532:12 -w /data -- sh -c 'id -g; pwd')" = $'12\n/data' ]
	kubectl-sidecar web-1 --write -- sh -c 'echo made > /data/made'
	[ "$(cat "/proc/$(app_pid)/root/data/made")" = made ]
	rm "/proc/$(app_pid)/root/data/made"
	kubectl-sidecar web-1 --profile restricted -- grep -x 'CapEff:	0000000000000000' /proc/self/status
	kubectl-sidecar web-1 --stealth -- true
	[[ "$(kubectl-sidecar web-1 --dry-run -- true)" == *demo/web-1/app* ]]
	run kubectl-sidecar web-1 --receipt -- true
	[[ $output == *receipt:* ]]
}
@test "an init container that has ended: its files; one that has not begun" {
	run kubectl-sidecar web-1 -c setup -- ls /app
	[ "$status" -eq 0 ]
	[[ $output == *"does not run (Completed)"*server ]]
	run kubectl-sidecar web-1 -c later -- true
	[ "$status" -eq 125 ]
	[[ $output == *ContainerCreating*--wait* ]]
}
@test "a container in a crash loop: --wait attaches to its next start" {
	local id
	coproc SESSION { exec kubectl-sidecar --wait crash-1 -- cat /data/link 3>&-; }
	timeout 20 sh -c 'until grep -q pod://demo/crash-1/app "$1"; do sleep 0.1; done' sh "$KUBE/kubelet.log"
	id=$(containerd_pod_run main demo crash-1 app 1)
	read -r -t 30 -u "${SESSION[0]}" line
	[ "$line" = content ]
	containerd_remove main k8s.io "$id"
}

terminal_session() { # old|new
	kube_use "$1"
	tmux_start 90x20 "bash --norc --noprofile"
	tmux_send "PS1='host> '; clear; kubectl sidecar --record $BATS_TEST_TMPDIR/cast web-1" Enter
	tmux_wait_for "demo/web-1/app · containerd"
	tmux_wait_for "debug demo/web-1/app:/app #"
	tmux_send "stty size" Enter
	tmux_wait_for "20 90"
	tmux_resize 77 18
	tmux_send "until [ \"\$(stty size)\" = '18 77' ]; do sleep 0.1; done; echo has fol\"\"lowed" Enter
	tmux_wait_for "has followed"
	# Said by the program that the key is for.
	tmux_send "sh -c 'echo slee\"\"ping; exec sleep 100'" Enter
	tmux_wait_for sleeping
	tmux_send C-c
	tmux_wait_for "^C"
	tmux_send "echo \$((6 * 7)); exit 5" Enter
	tmux_wait_for 42
	tmux_wait_for "host>"
	tmux_send "echo status \$?; stty -a | grep -o ' echo '" Enter
	tmux_wait_for "status 5"
	tmux_wait_for " echo"
	jq -se '.[0].width == 90 and any(.[1:][]; .[1] == "r" and .[2] == "77x18") and any(.[1:][]; .[1] == "o" and (.[2] | contains("42")))' \
		"$BATS_TEST_TMPDIR/cast"
}
@test "a terminal: its size, a resize, what is typed, the exit status" { terminal_session new; }
@test "a terminal, by an old kubectl" { terminal_session old; }

@test "signals mean to the command what they mean locally" {
	coproc SESSION { exec kubectl-sidecar web-1 -- sh -c 'trap "echo got int; exit 9" INT; echo ready; while :; do sleep 0.1; done' 3>&-; }
	read -r -t 20 -u "${SESSION[0]}" ready
	[ "$ready" = ready ]
	local pid=$SESSION_PID status=0
	kill -INT "$pid"
	read -r -t 20 -u "${SESSION[0]}" line
	[ "$line" = "got int" ]
	wait "$pid" || status=$?
	[ "$status" -eq 9 ]
}
@test "SIGTERM and SIGHUP end the session, at the node too" {
	for signal in TERM HUP; do
		coproc SESSION { exec kubectl-sidecar web-1 -- sh -c 'echo ready; exec sleep 1000' 3>&-; }
		read -r -t 20 -u "${SESSION[0]}" ready
		local pid=$SESSION_PID status=0
		kill "-$signal" "$pid"
		wait "$pid" || status=$?
		[ "$status" -eq $((128 + $(kill -l "$signal"))) ]
		assert_no_residue
	done
}
@test "killed with SIGKILL: the session at the node ends" {
	coproc SESSION { exec kubectl-sidecar web-1 -- sh -c 'echo ready; exec sleep 1000' 3>&-; }
	read -r -t 20 -u "${SESSION[0]}" ready
	[ "$ready" = ready ]
	kill -KILL "$SESSION_PID"
	assert_no_residue
}
@test "kubectl killed: an error, and the session at the node ends" {
	local pid
	coproc SESSION { exec kubectl-sidecar web-1 -- sh -c 'echo ready; exec sleep 1000' 2>&1 3>&-; }
	pid=$SESSION_PID
	read -r -t 20 -u "${SESSION[0]}" ready
	kill -KILL "$(pgrep -P "$pid")"
	read -r -t 20 -u "${SESSION[0]}" line
	[[ $line == *"connection to the node is lost"* ]]
	wait "$pid" || status=$?
	[ "$status" -eq 125 ]
	assert_no_residue
}
@test "a network that carries nothing any more: both sides end" {
	coproc SESSION { exec kubectl-sidecar web-1 -- sh -c 'echo ready; exec sleep 1000' 2>&1 3>&-; }
	read -r -t 20 -u "${SESSION[0]}" ready
	touch "$KUBE/silent"
	read -r -t 30 -u "${SESSION[0]}" line
	[[ $line == *"connection to the node is lost"* ]]
	for _ in $(seq 60); do
		pgrep -x debug-session > "$BATS_TEST_TMPDIR/sessions" || break
		sleep 0.25
	done
	[ ! -s "$BATS_TEST_TMPDIR/sessions" ]
}

@test "who may not exec into the pod is refused, and nothing is made" {
	echo 'create pods/exec demo' > "$KUBE/denied"
	for kubectl in old new; do
		kube_use "$kubectl"
		run kubectl-sidecar web-1 -- true
		[ "$status" -eq 126 ]
		[[ $output == *"may not create pods/exec"*print-rbac* ]]
	done
	run grep -E '^POST.*/pods' "$KUBE/requests"
	[ "$status" -eq 1 ]
}
@test "names that are none never reach kubectl" {
	for name in -- '' .. ../demo web/1 Web web_1 'web 1' $'web\n1' web- -web "$(printf 'a%.0s' $(seq 300))"; do
		run kubectl-sidecar -- "$name"
		[ "$status" -eq 125 ]
		run kubectl-sidecar -n "$name" web-1 -- true
		[ "$status" -eq 125 ]
		run kubectl-sidecar -c "$name" web-1 -- true
		[ "$status" -eq 125 ]
	done
	[ ! -s "$KUBE/requests" ]
}
@test "kubectl is never taken from the current directory, nor from where everybody may write" {
	cd "$BATS_TEST_TMPDIR"
	mkdir open
	printf '#!/bin/sh\ntouch "%s/taken"\n' "$BATS_TEST_TMPDIR" > kubectl
	chmod +x kubectl
	cp kubectl open/kubectl
	chmod 777 open
	for path in .:"$PATH" :"$PATH" "$PWD/open:$PATH" "open:$PATH"; do
		[ "$(KUBECTL='' PATH=$path "$KUBE/bin/kubectl-sidecar" web-1 -- echo reached)" = reached ]
	done
	KUBECTL=kubectl run "$KUBE/bin/kubectl-sidecar" web-1 -- true
	[ "$status" -eq 125 ]
	[ ! -e taken ]
}

@test "kubectl's completion knows pods, containers and namespaces" {
	[ "$(kubectl __complete sidecar we 2> /dev/null)" = $'web-1\n:4' ]
	[ "$(kubectl __complete sidecar -n demo web-1 -c s 2> /dev/null)" = $'sidecar\nsetup\n:4' ]
	[ "$(kubectl __complete sidecar --write -n lo 2> /dev/null)" = $'locked\n:4' ]
	[ "$(kubectl __complete sidecar web-1 -- we 2> /dev/null)" = ':4' ]
}

@test "debug pod://: what is on this host is entered without kubectl, the rest through it" {
	id=$(containerd_pod_container main demo web-1 app)
	: > "$KUBE/requests"
	"$DEBUG" pod://demo/web-1/app -- grep -q "$id" /proc/1/cgroup
	[ ! -s "$KUBE/requests" ]
	# Of another name at the API server than on this node, which so is not this one.
	jq --arg id "$id" '. + [(.[0] | .metadata.name = "far-1" | .spec.containers |= .[:1])]' "$KUBE/pods.json" > "$KUBE/pods.new"
	mv "$KUBE/pods.new" "$KUBE/pods.json"
	for target in pod://demo/far-1/app pod://demo/far-1; do
		run "$DEBUG" "$target" -c 'cat /data/link; exit 4'
		[ "$status" -eq 4 ]
		[ "$output" = content ]
	done
	run "$DEBUG" -u 65532 pod://demo/far-1/app -- id -u
	[ "$output" = 65532 ]
	# Where no helper is installed, as beside a laptop's kubectl.
	cp "$DEBUG" "$BATS_TEST_TMPDIR/debug"
	[ "$("$BATS_TEST_TMPDIR/debug" pod://demo/far-1/app -- cat /data/link)" = content ]
	run "$DEBUG" pod://demo/no-such/app -- true
	[ "$status" -eq 125 ]
	[[ $output == *'here: no container is named `demo/no-such/app`'*'pods "no-such" not found'* ]]
}
