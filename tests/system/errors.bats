# SPDX-License-Identifier: GPL-2.0-or-later
# Every failure is one sentence that says what to do, with the right status, and changes nothing.

load ../lib/common

setup_file() { engines_start; images_build; docker_run web debug-test/scratch; docker_run webserver debug-test/scratch; }
teardown_file() { docker_clean; engines_stop; }
setup() { residue_begin; target_begin web; }
teardown() { assert_no_residue; assert_target_unchanged web; }

# Runs it and checks: status, exactly one line, beginning with "debug: ", containing TEXT.
fails() { # STATUS TEXT COMMAND...
	local status_wanted=$1 text=$2
	shift 2
	run "$@"
	[ "$status" -eq "$status_wanted" ]
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == "debug: "* ]]
	[[ "$output" == *"$text"* ]]
}

@test "no such container, with close matches" {
	fails 125 'did you mean `web`' "$DEBUG" wbe -- true
	fails 125 'no container is named `zzzzzz`' "$DEBUG" zzzzzz -- true
}

@test "an ambiguous id prefix lists the candidates" {
	declare -A seen
	for i in $(seq 17); do
		docker_run "many$i" debug-test/scratch
		first=$(docker_id "many$i" | cut -c1)
		if [ -n "${seen[$first]:-}" ]; then
			fails 125 'fits several' "$DEBUG" "$first" -- true
			[[ "$output" == *"many$i"* && "$output" == *"${seen[$first]}"* ]]
			return
		fi
		seen[$first]=many$i
	done
	false
}

@test "not running" {
	docker_run stopped debug-test/scratch
	docker stop -t 0 stopped > /dev/null
	fails 125 'which does not run' "$DEBUG" --write stopped -- true
}

@test "names that cannot be names are not sent anywhere" {
	for name in 'x/../y' 'a b' $'a\nb' '$(id)' ';id' "$(printf 'a%.0s' $(seq 300))"; do
		fails 125 "container's name" "$DEBUG" -- "$name"
	done
	fails 125 '\033' "$DEBUG" -- $'web\033[31m'
	fails 125 'unknown scheme' "$DEBUG" ftp://web
}

@test "pids that are none" {
	for pid in 0 -1 +1 ' 1' 01x 4294967297 99999999999999999999 ''; do
		fails 125 '' "$DEBUG" "pid://$pid" -- true
	done
	fails 125 'there is no process' "$DEBUG" pid://2147483646 -- true
	fails 125 'thread of the kernel' "$DEBUG" pid://2 -- true
}

@test "options: unknown, without value, contradicting" {
	fails 125 'unknown option `--bad`' "$DEBUG" --bad web
	fails 125 'unknown option `-Z`' "$DEBUG" -Z web
	fails 125 'needs USER' "$DEBUG" web -u
	fails 125 'NAME=VALUE' "$DEBUG" -e novalue web
	fails 125 'absolute path' "$DEBUG" -w relative web
	fails 125 'exclude each other' "$DEBUG" -c true web -- true
	fails 125 'no target given' "$DEBUG"
	fails 125 'takes no value' "$DEBUG" --write=yes web
	for user in 4294967295 99999999999 1:2:3 1: :1; do fails 125 'user' "$DEBUG" -u "$user" web -- true; done
}

@test "command not found, not executable, without its loader" {
	fails 127 'was not found' "$DEBUG" web -- no-such-command
	fails 126 'cannot be executed' "$DEBUG" web -- /app
	fails 126 'cannot be executed' "$DEBUG" web -- /etc/hosts
}

@test "without root's rights" {
	# Where that user may read it, wherever this tree lies.
	local stage
	stage=$(mktemp -d /tmp/debug-test.XXXXXX)
	mkdir -p "$stage/bin" "$stage/libexec/debug"
	cp "$DEBUG" "$stage/bin/debug"
	cp "$BUILD/libexec/debug/debug-helper" "$stage/libexec/debug/debug-helper"
	chmod -R a+rX "$stage"
	fails 126 'sudo' setpriv --reuid 65534 --regid 65534 --clear-groups -- "$stage/bin/debug" web -- true
	# The same words whether the container exists or not.
	[ "$(setpriv --reuid 65534 --regid 65534 --clear-groups -- "$stage/bin/debug" nosuch -- true 2>&1)" = "$output" ]
	rm -r "$stage"
}

@test "the engine hangs: what it keeps on disk tells the name, and a wrong one is told in time" {
	engine_stop_responding
	"$DEBUG" web -- true || { engine_resume; false; }
	run timeout 20 "$DEBUG" nosuch -- true
	engine_resume
	[ "$status" -eq 124 ]
	[[ "$output" == *'did not answer in time'*'no container is named `nosuch`'* ]]
}

@test "neither the engine's socket nor what it keeps is there" {
	fails 125 'no container is named `web`' without_docker_socket "$DEBUG" web -- true
}

@test "the toolbox is missing, damaged, or not root's" {
	stage=$BATS_TEST_TMPDIR/stage
	mkdir -p "$stage"
	cp -a "$BUILD/bin" "$BUILD/libexec" "$stage/"
	image=$stage/libexec/debug/toolbox.erofs
	chown 1000 "$image"
	fails 125 'by others than root' "$stage/bin/debug" web -- true
	chown 0 "$image"
	printf 'x' | dd of="$image" bs=1 seek=70000 conv=notrunc status=none
	fails 125 'is damaged' "$stage/bin/debug" web -- true
	truncate -s -4096 "$image"
	fails 125 'is damaged' "$stage/bin/debug" web -- true
	rm "$image.sha256"
	fails 125 'digest' "$stage/bin/debug" web -- true
	rm "$image"
	fails 125 'toolbox image' "$stage/bin/debug" web -- true
	rm "$stage/libexec/debug/debug-helper"
	fails 125 'install debug again' "$stage/bin/debug" web -- true
}

@test "--dry-run says what would be done and does nothing" {
	assert_unchanged "$(docker_pid web)" "$DEBUG" --dry-run web -- touch /app/new
	run "$DEBUG" --dry-run web -- ls
	[ "$status" -eq 0 ]
	[[ "$output" == *"join"*"mount pid network ipc uts"* ]]
	[[ "$output" == *"read-only"* ]]
}

@test "--help fits on one screen" {
	run "$DEBUG" --help
	[ "$status" -eq 0 ]
	((${#lines[@]} <= 48))
	for line in "${lines[@]}"; do ((${#line} <= 100)); done
}
