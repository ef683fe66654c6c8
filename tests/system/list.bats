# SPDX-License-Identifier: GPL-2.0-or-later
# `debug ls`, and choosing from the same list.

load ../lib/common

setup_file() {
	engines_start
	images_build
	docker_run --label $'io.kubernetes.pod.name=\033[2J' list-web --label $'x=\r\033]0;owned\a' debug-test/scratch
	docker_run list-alpine --read-only -u 65532 debug-test/musl
	docker_run list-glibc debug-test/glibc
	docker_run list-paused debug-test/scratch
	docker pause list-paused > /dev/null
	docker_run list-stopped debug-test/scratch
	docker stop -t 0 list-stopped > /dev/null
}
teardown_file() { docker unpause list-paused > /dev/null 2>&1 || :; docker_clean; engines_stop; }
setup() { residue_begin; target_begin list-web; }
teardown() {
	tmux_end
	assert_no_residue
	assert_target_unchanged list-web
}

# A field of the container of that name, as JSON has it.
field() { # NAME FIELD [OPTION...]
	local name=$1 field=$2
	shift 2
	"$DEBUG" ls --json --runtime docker "$@" | jq -c --arg id "$(docker_id "$name")" ".[] | select(.id == \$id) | .$field"
}

# Like run, with standard error in $errors.
separately() { # COMMAND...
	status=0
	"$@" > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err" || status=$?
	output=$(< "$BATS_TEST_TMPDIR/out")
	errors=$(< "$BATS_TEST_TMPDIR/err")
}

@test "JSON has what is known of each" {
	[ "$(field list-alpine name)" = '"list-alpine"' ]
	[ "$(field list-alpine runtime)" = '"docker"' ]
	[ "$(field list-alpine image)" = '"debug-test/musl"' ]
	[ "$(field list-alpine state)" = '"running"' ]
	[ "$(field list-alpine pid)" = "$(docker_pid list-alpine)" ]
	[ "$(field list-alpine uid)" = 65532 ]
	[ "$(field list-alpine owner)" = 0 ]
	[ "$(field list-alpine target)" = "\"docker://$(docker_id list-alpine)\"" ]
	[ "$(field list-alpine up_seconds)" -ge 0 ]
	[ "$(field list-web uid)" = 0 ]
}

@test "root read-only or not, shell or none" {
	[ "$(field list-alpine root)" = '"ro"' ]
	[ "$(field list-web root)" = '"rw"' ]
	[ "$(field list-alpine shell)" = true ]
	[ "$(field list-web shell)" = false ]
	[ "$(field list-glibc shell)" = false ]
	[ "$(field list-paused shell)" = false ]
}

@test "a paused one is listed, and says so" {
	[ "$(field list-paused state)" = '"paused"' ]
	run "$DEBUG" ls --runtime docker
	[ "$status" -eq 0 ]
	[[ "$output" == *STATE* ]]
	grep -qE '^docker +list-paused .* paused$' <<< "$output"
}

@test "a stopped one is listed with -a only" {
	[ -z "$(field list-stopped state)" ]
	[ "$(field list-stopped state -a)" = '"stopped"' ]
	[ "$(field list-stopped pid -a)" = null ]
	[ "$(field list-stopped shell --all)" = null ]
	"$DEBUG" ls -a --runtime docker | grep -qE '^docker +list-stopped +debug-test/scratch +- +- +- +- +- +stopped$'
}

@test "a table for people: headings, sorted, one line each" {
	run "$DEBUG" ls --runtime docker
	[ "$status" -eq 0 ]
	[[ "${lines[0]}" == 'RUNTIME '*' NAME '*' IMAGE '*' PID '*' UP '*' USER '*' ROOT '*' SHELL'* ]]
	grep -qE '^docker +list-alpine +debug-test/musl +[0-9]+ +[0-9]+ (s|min) +65532 +ro +yes' <<< "$output"
	diff <(tail -n +2 <<< "$output" | awk '{ print $2 }') <(tail -n +2 <<< "$output" | awk '{ print $2 }' | LC_ALL=C sort)
}

@test "-q prints targets that can be attached to" {
	run "$DEBUG" ls -q --runtime docker
	[ "$status" -eq 0 ]
	[[ "$output" == *"docker://$(docker_id list-web)"* ]]
	[[ "$output" != *"$(docker_id list-stopped)"* ]]
	for name in list-web list-alpine list-glibc; do
		[ "$("$DEBUG" "$(grep -xF "docker://$(docker_id "$name")" <<< "$output")" -- hostname < /dev/null)" = "$(docker_id "$name" | cut -c1-12)" ]
	done
}

@test "nothing that a terminal obeys is printed" {
	for options in '' -a -q --json '-a --json'; do
		# shellcheck disable=SC2086
		"$DEBUG" ls $options > "$BATS_TEST_TMPDIR/out" 2>&1
		grep -q list-web "$BATS_TEST_TMPDIR/out" || [ "$options" = -q ]
		run env LC_ALL=C grep '[^ -~]' "$BATS_TEST_TMPDIR/out"
		[ "$status" -eq 1 ]
	done
}

@test "only of one runtime; none of that name" {
	[ "$("$DEBUG" ls --json --runtime docker | jq -r '.[].runtime' | sort -u)" = docker ]
	run "$DEBUG" ls --runtime dockre
	[ "$status" -eq 125 ]
	[ "${#lines[@]}" -eq 1 ]
}

@test "nothing to list is said, and is no failure" {
	separately "$DEBUG" ls --runtime lxc
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[[ "$errors" == *'no container was found'* ]]
	[ "$("$DEBUG" ls --json --runtime lxc)" = '[]' ]
}

@test "output that cannot be written" {
	run bash -c '"$1" ls > /dev/full' bash "$DEBUG"
	[ "$status" -eq 125 ]
	[[ "$output" == *'cannot write to standard output'* ]]
}

@test "the engine hangs: what it keeps on disk is listed" {
	engine_stop_responding
	separately timeout 20 "$DEBUG" ls --json --runtime docker
	engine_resume
	[ "$status" -eq 0 ]
	# What the disk says may be all that is needed; if Docker was asked, one line says that it was in vain.
	[ -z "$errors" ] || [ "$errors" = 'debug: docker did not answer; what it keeps on disk is shown' ]
	[ "$(jq -r '.[] | select(.name == "list-web") | .pid' <<< "$output")" = "$(docker_pid list-web)" ]
}

@test "the engine is not there" {
	separately without_docker_socket "$DEBUG" ls --json --runtime docker
	[ "$status" -eq 0 ]
	jq -e 'type == "array"' <<< "$output"
}

@test "on a terminal no line is wrapped" {
	tmux_start 70x40 "bash --norc --noprofile"
	tmux_send "clear; $DEBUG ls --runtime docker; echo end=\$?" Enter
	tmux_wait_for 'end=0'
	tmux_screen | grep -qE '^docker +list-web +…'
	# Each line of the table begins with its runtime.
	[ "$(tmux_screen | sed -n '/^RUNTIME/,/^end=/p' | grep -cvE '^(RUNTIME|docker|end=)')" = 0 ]
}

@test "the Docker that DOCKER_HOST and contexts name" {
	ln -s "$(readlink -f /var/run/docker.sock)" "$BATS_TEST_TMPDIR/other.sock"
	export DOCKER_CONFIG=$BATS_TEST_TMPDIR/config
	mkdir "$DOCKER_CONFIG"
	[ "$(DOCKER_HOST=unix://$BATS_TEST_TMPDIR/other.sock field list-web state)" = '"running"' ]
	DOCKER_HOST=unix://$BATS_TEST_TMPDIR/other.sock "$DEBUG" docker://list-web -- true < /dev/null
	run env DOCKER_HOST=ssh://me@far "$DEBUG" docker://list-web -- true
	[ "$status" -eq 125 ]
	[[ "$output" == *'`ssh -t me@far debug list-web`'* ]]
	# It matters only to who asks Docker.
	run env DOCKER_HOST=ssh://me@far "$DEBUG" list-web -- true
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	# As docker(1) has written it.
	docker --config "$DOCKER_CONFIG" context create here --docker "host=unix://$BATS_TEST_TMPDIR/other.sock" > /dev/null
	docker --config "$DOCKER_CONFIG" context create far --docker host=tcp://far:2376 > /dev/null
	[ "$(DOCKER_CONTEXT=here field list-web state)" = '"running"' ]
	docker --config "$DOCKER_CONFIG" context use far > /dev/null
	run "$DEBUG" ls --runtime docker
	[ "$status" -eq 125 ]
	[[ "$output" == *'`tcp://far:2376`'* ]]
	echo '{' > "$DOCKER_CONFIG/config.json"
	run "$DEBUG" docker://list-web -- true
	[ "$status" -eq 0 ]
	[[ "$output" == 'debug: '*'config.json` is damaged'* ]]
}

# `debug` alone in a terminal, with a host shell around it.
start() { tmux_start "${1:-110x40}" "bash --norc --noprofile"; tmux_send "PS1='host> '; clear; $DEBUG --runtime docker; echo end=\$?" Enter; }

@test "choosing by number begins a session with that one" {
	start
	tmux_wait_for 'number, or part of a name'
	number=$(tmux_screen | awk '$3 == "list-alpine" { print $1 }')
	tmux_send "$number" Enter
	tmux_wait_for 'debug list-alpine:'
	tmux_send 'exit 3' Enter
	tmux_wait_for 'end=3'
}

@test "choosing by a part of a name: several, none, one" {
	start
	tmux_wait_for 'number, or part of a name'
	tmux_send 'list-' Enter
	tmux_wait_for 'list-glibc'
	tmux_send 'nosuchname' Enter
	tmux_wait_for '`nosuchname` is in none of these names'
	tmux_send Up Enter
	tmux_wait_for 'Type the number'
	tmux_send 'GLI' Enter
	tmux_wait_for 'debug list-glibc:'
	tmux_send 'exit' Enter
	tmux_wait_for 'end=0'
}

@test "leaving without choice" {
	start
	tmux_wait_for 'number, or part of a name'
	tmux_send q Enter
	tmux_wait_for 'end=0'
	tmux_send "clear; $DEBUG; echo end=\$?" Enter
	tmux_wait_for 'number, or part of a name'
	tmux_send C-d
	tmux_wait_for 'end=0'
	tmux_send "clear; $DEBUG" Enter
	tmux_wait_for 'number, or part of a name'
	tmux_send C-c
	tmux_send "" Enter 'echo end=$?' Enter
	tmux_wait_for 'end=130'
}

@test "more containers than rows, and a window that changes its size" {
	start 110x6
	tmux_wait_for 'more'
	tmux_wait_for 'number, or part of a name'
	tmux_screen | grep -qE '^ *RUNTIME'
	tmux_resize 110 40
	tmux_send '' Enter
	tmux_wait_for 'list-web'
	tmux_wait_for 'list-paused'
	tmux_send q Enter
	tmux_wait_for 'end=0'
}

@test "without a terminal there is nothing to choose" {
	run "$DEBUG" < /dev/null
	[ "$status" -eq 125 ]
	[[ "$output" == *'no target given'* ]]
}
