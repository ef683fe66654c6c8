# SPDX-License-Identifier: GPL-2.0-or-later
# What `debug doctor` says is so, and finding it out changes nothing.

bats_require_minimum_version 1.5.0
load ../lib/common

setup_file() { engines_start; images_build; docker_run web debug-test/scratch; }
teardown_file() { docker_clean; engines_stop; }
setup() { residue_begin; target_begin web; }
teardown() {
	engine_resume
	[ -z "${STAGE:-}" ] || rm -rf "$STAGE"
	assert_no_residue
	assert_target_unchanged web
}

# The state, or the text, of one check in the JSON of the last run.
state_of() { jq -re --arg name "$1" '(.host + (.target.checks // []))[] | select(.name == $name) | .state' <<< "$output"; }
text_of() { jq -re --arg name "$1" '(.host + (.target.checks // []))[] | select(.name == $name) | .text' <<< "$output"; }
verdict() { jq -re .verdict <<< "$output"; }

# A copy of the programs, with the files of the toolbox that are named, where every user may read it.
stage() { # FILE...
	local file
	STAGE=$(mktemp -d /tmp/debug-test.XXXXXX)
	mkdir -p "$STAGE/bin" "$STAGE/libexec/debug"
	cp "$DEBUG" "$STAGE/bin/debug"
	cp "$BUILD/libexec/debug/debug-helper" "$STAGE/libexec/debug/"
	for file; do cp "$BUILD/libexec/debug/$file" "$STAGE/libexec/debug/"; done
	chmod -R a+rX "$STAGE"
}

@test "as root: sessions work here, in lines that fit" {
	run -0 "$DEBUG" doctor
	[[ "${lines[0]}" == 'A session here would work'* ]]
	((${#lines[@]} <= 45))
	for line in "${lines[@]}"; do ((${#line} <= 100)); done
	run -0 "$DEBUG" web -- true
}

@test "every group is checked, and JSON says all of it" {
	run -0 "$DEBUG" doctor --json web
	jq -e '.version and .summary and (.verdict == "ok" or .verdict == "limited")' <<< "$output"
	[ "$(jq -r '[.host[].group] | unique | join(" ")' <<< "$output")" = 'cgroup engines kernel lsm program rights toolbox' ]
	[ "$(jq -r '[.target.checks[].group] | unique | join(" ")' <<< "$output")" = 'session target' ]
	[ "$(jq -r .target.name <<< "$output")" = web ]
	jq -e '(.host + .target.checks) | all(.state | IN("ok", "limited", "missing", "unknown"))' <<< "$output"
	jq -e '(.host + .target.checks) | all((.text | length > 0) and (.name | length > 0) and (.needed | type == "boolean"))' <<< "$output"
	# Whatever is needed is well, as the verdict has it.
	jq -e '(.host + .target.checks) | map(select(.needed)) | length > 20 and all(.state == "ok" or .state == "limited")' <<< "$output"
	[ "$(state_of docker)" = ok ]
	[[ "$(text_of process)" == "web (docker), process $(docker_pid web), user 0, running" ]]
	[[ "$(text_of 'own shell')" == none* ]]
	run -0 "$DEBUG" doctor --json
	jq -e '.target == null' <<< "$output"
}

@test "without root's rights: what can be told, and a failure" {
	stage
	run -1 setpriv --reuid 65534 --regid 65534 --clear-groups -- "$STAGE/bin/debug" doctor --json web
	[ "$(verdict)" = missing ]
	[ "$(state_of root)" = missing ]
	[[ "$(text_of root)" == *'sudo debug doctor'* ]]
	[ "$(state_of 'mount API')" = unknown ]
	[ "$(state_of pidfd_open)" = ok ]
	[ "$(state_of process)" = unknown ]
	# Setuid: root's eyes are not lent.
	before=$output
	chmod u+s "$STAGE/libexec/debug/debug-helper"
	run -1 setpriv --reuid 65534 --regid 65534 --clear-groups -- "$STAGE/bin/debug" doctor --json web
	# What is free may change meanwhile.
	diff <(sed 's/[0-9]* MB are free/MB are free/' <<< "$before") <(sed 's/[0-9]* MB are free/MB are free/' <<< "$output")
}

@test "a capability that the bounding set lacks" {
	run -1 setpriv --bounding-set -sys_admin --inh-caps -sys_admin -- "$DEBUG" doctor --json
	[ "$(state_of CAP_SYS_ADMIN)" = missing ]
	[[ "$(text_of CAP_SYS_ADMIN)" == *'nothing can be mounted'* ]]
	[ "$(state_of 'mount API')" = missing ]
	run -0 setpriv --bounding-set -net_raw --inh-caps -net_raw -- "$DEBUG" doctor --json
	[ "$(verdict)" = limited ]
	[[ "$(text_of CAP_NET_RAW)" == *'ping and tcpdump do not work'* ]]
}

@test "a container of its own is noticed" {
	run unshare --pid --fork --mount-proc --propagation private "$DEBUG" doctor --json
	[[ "$(text_of "host's processes")" == *'hostPID: true'* ]]
	[ "$(state_of "host's processes")" = limited ]
}

@test "an engine that hangs does not hang it" {
	engine_stop_responding
	run -0 timeout 20 "$DEBUG" doctor --json
	engine_resume
	[ "$(state_of docker)" = limited ]
	[[ "$(text_of docker)" == *'because it is stopped'*'pid://N'* ]]
	engine_stop_responding
	run timeout 20 "$DEBUG" doctor --json web
	engine_resume
	[ "$status" -eq 0 ]
	[ "$(state_of process)" = ok ]
}

@test "sockets: nobody listens, and nobody takes connections" {
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$BATS_TEST_TMPDIR/dead"
	run -0 env DOCKER_HOST="unix://$BATS_TEST_TMPDIR/dead" "$DEBUG" doctor --json
	[[ "$(jq -r '.host[] | select(.group == "engines" and .name == "$DOCKER_HOST") | .text' <<< "$output")" == 'nobody listens on '*dead* ]]
	coproc FULL { exec python3 -c '
import socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(0)
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
print("full", flush=True)
sys.stdin.read()' "$BATS_TEST_TMPDIR/full" 3>&-; }
	read -r -t 10 -u "${FULL[0]}" _
	run -0 timeout 20 env DOCKER_HOST="unix://$BATS_TEST_TMPDIR/full" "$DEBUG" doctor --json
	[[ "$(jq -r '.host[] | select(.group == "engines" and .name == "$DOCKER_HOST") | .text' <<< "$output")" == *'takes no connection within'* ]]
	kill "$FULL_PID"
	run -0 env DOCKER_HOST=tcp://192.0.2.1:2375 "$DEBUG" doctor --json
	[[ "$(text_of '$DOCKER_HOST')" == *'an engine elsewhere'* ]]
}

@test "a target with a read-only root" {
	docker_run closed --read-only debug-test/scratch
	run -0 "$DEBUG" doctor --json closed
	[[ "$(text_of root)" != *'writable;'* ]]
	[[ "$(jq -r '.target.checks[] | select(.name == "root") | .text' <<< "$output")" == 'read-only by itself: --write cannot'* ]]
	run -0 "$DEBUG" doctor --json --write closed
	[ "$(jq -r '.target.checks[] | select(.name == "root") | .state' <<< "$output")" = limited ]
	run "$DEBUG" --write closed -- touch /new
	[ "$status" -ne 0 ]
}

@test "a target without capabilities" {
	docker_run bare --cap-drop ALL debug-test/scratch
	run -0 "$DEBUG" doctor --json bare
	[[ "$(text_of capabilities)" == 'beyond the target'*'net_raw'*'sys_ptrace'*'not given: none' ]]
	[ "$(state_of 'strace, gdb')" = ok ]
}

@test "a target that shares the host's processes cannot be traced as root" {
	docker_run shared --pid host debug-test/scratch
	run -0 "$DEBUG" doctor --json shared
	[ "$(state_of 'strace, gdb')" = limited ]
	[[ "$(text_of namespaces)" == *"the host's:"*pid* ]]
}

@test "a paused target" {
	docker_run ice debug-test/scratch
	docker pause ice > /dev/null
	run -0 "$DEBUG" doctor --json ice
	docker unpause ice > /dev/null
	[[ "$(text_of process)" == *'paused'* ]]
}

@test "a target in a user namespace" {
	fixture_start --userns
	run -0 "$DEBUG" doctor --json "pid://$FIXTURE_PID"
	fixture_stop
	[[ "$(text_of ids)" == 'user namespace: its root is user '* ]]
}

@test "targets that are none" {
	run -1 "$DEBUG" doctor --json wbe
	[[ "$(text_of process)" == *'did you mean `web`'* ]]
	run -1 "$DEBUG" doctor "$(printf 'a\033[31m"')"
	[[ "$output" != *$'\033'* ]]
	run -1 "$DEBUG" doctor --json "$(printf 'a\033[31m"')"
	jq -e '.target.name | contains("\\033")' <<< "$output"
	run -125 "$DEBUG" doctor web -- ls
}

@test "the toolbox: absent, without digest, damaged; and no helper" {
	stage
	run -1 "$STAGE/bin/debug" doctor --json
	[ "$(state_of image)" = missing ]
	[[ "$(text_of image)" == *'make toolbox'* ]]
	cp "$BUILD/libexec/debug/toolbox.erofs" "$STAGE/libexec/debug/"
	run -1 "$STAGE/bin/debug" doctor --json
	[[ "$(text_of digest)" == *'missing or damaged'* ]]
	printf '%064d  toolbox.erofs\n' 0 > "$STAGE/libexec/debug/toolbox.erofs.sha256"
	run -1 "$STAGE/bin/debug" doctor --json
	[[ "$(text_of digest)" == *'its digest is not the recorded one'* ]]
	cp "$BUILD/libexec/debug/toolbox.erofs.sha256" "$STAGE/libexec/debug/"
	run -0 "$STAGE/bin/debug" doctor --json
	[[ "$(text_of digest)" == *'compared just now' ]]
	[[ "$(text_of mount)" == 'tried: '* ]]
	chmod g+w "$STAGE/libexec/debug/toolbox.erofs"
	run -1 "$STAGE/bin/debug" doctor --json
	[[ "$(text_of image)" == *'by others than root'* ]]
	rm "$STAGE/libexec/debug/debug-helper"
	run -1 "$STAGE/bin/debug" doctor --json
	[ "$(state_of helper)" = missing ]
}

@test "an unwritable output is a failure of its own" {
	run -125 sh -c '"$1" doctor > /dev/full' sh "$DEBUG"
	[[ "$output" == 'debug: cannot write'* ]]
}

@test "the target and its mount table stay as they are" {
	assert_unchanged "$(docker_pid web)" "$DEBUG" doctor web
}

@test "a toolbox of another version" {
	stage toolbox.erofs toolbox.erofs.sha256
	run -0 "$STAGE/bin/debug" doctor --json
	[ "$(state_of joiner)" = ok ]
	# A directory stands in for the image, with a joiner that is none.
	rm "$STAGE/libexec/debug/toolbox.erofs"
	mkdir -p "$STAGE/libexec/debug/toolbox/libexec"
	cp "$TOOLS/target" "$STAGE/libexec/debug/toolbox/libexec/debug-joiner"
	run -1 "$STAGE/bin/debug" doctor --json
	[ "$(state_of joiner)" = missing ]
	[[ "$(text_of joiner)" == *'of another version'* ]]
	rm "$STAGE/libexec/debug/toolbox/libexec/debug-joiner"
	run -1 "$STAGE/bin/debug" doctor --json
	[[ "$(text_of joiner)" == *'has no libexec/debug-joiner'* ]]
}
