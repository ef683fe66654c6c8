# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016 # the strings are for the shell of the session
# The builtin entrypoint in real containers, whose images are the tests' own; what cannot start is checked by name.

load ../lib/common

setup_file() { engines_start; images_build; }
teardown_file() { docker_clean; engines_stop; }
setup() { residue_begin; }
teardown() { assert_no_residue; }

@test "what ENTRYPOINT and CMD make, and what runs, with the target unchanged" {
	docker_run -e A=1 -u 65532:65532 ep-plain debug-test/scratch
	target_begin ep-plain
	run "$DEBUG" ep-plain -- entrypoint
	assert_target_unchanged ep-plain
	[ "$status" = 0 ]
	[ "${lines[0]}" = 'no problem found' ]
	[[ $output == *$'\nENTRYPOINT   /app/server server\nCMD          not set\nstarts as    /app/server server\nprogram      /app/server, amd64, static\n'* ]]
	[[ $output == *$'\nin           /app as user 65532:65532 (no entry in /etc/passwd)\n'* ]]
	[[ $output == *$'\nrunning as process 1: '* ]]
	[[ $output == *$'\n  directory    /app, as configured\n'* ]]
	[[ $output == *$'\n  user         65532, group 65532'* ]]
	[[ $output == *$'\n  capabilities none; seccomp filter\n'* ]]
}

@test "--print is one line, and quoted so that a shell reads it back" {
	docker_run ep-words debug-test/scratch 'a b' "it's" '' '$HOME'
	run "$DEBUG" ep-words -- entrypoint --print
	[ "$status" = 0 ]
	[ "${#lines[@]}" = 1 ]
	local words=()
	eval "words=($output)"
	[ "${words[*]: -4:1}" = 'a b' ]
	[ "${words[-3]}" = "it's" ]
	[ "${words[-2]}" = '' ]
	[ "${words[-1]}" = '$HOME' ]
}

@test "--json has the same, for programs" {
	docker_run -e SECRET=hidden ep-json debug-test/scratch
	"$DEBUG" ep-json -- entrypoint --json > "$BATS_TEST_TMPDIR/json"
	jq -e '.configured and .command == ["/app/server", "server"] and .findings == [] and .running.pid == 1' "$BATS_TEST_TMPDIR/json"
	[ "$(grep -c hidden "$BATS_TEST_TMPDIR/json")" = 0 ]
}

@test "shell form is a warning; what replaces the shell is not a difference" {
	docker_run -v /bin/busybox:/bin/sh:ro --entrypoint '' ep-shell debug-test/scratch /bin/sh -c 'sleep 1000; true'
	run "$DEBUG" ep-shell -- entrypoint
	[ "$status" = 1 ]
	[ "${lines[0]}" = '1 problem found' ]
	[[ $output == *'CMD is in shell form'*'[shell-form]'* ]]
	[[ $output == *'  command      as configured'* ]]
	docker_run -v /bin/busybox:/bin/sh:ro --entrypoint '' ep-exec debug-test/scratch /bin/sh -c 'exec sleep 1000'
	run "$DEBUG" ep-exec -- entrypoint
	[ "$status" = 0 ]
	[[ $output == *'  command      as configured: the shell has replaced itself by its command'* ]]
}

@test "what was added to the environment, and values only when asked for" {
	docker_run -v /bin/busybox:/bin/sh:ro -e KEPT=secret --entrypoint '' ep-env debug-test/scratch \
		/bin/sh -c 'export ADDED=secret KEPT=other; exec sleep 1000'
	run "$DEBUG" ep-env -- entrypoint
	[[ $output == *'added ('*'ADDED'*'1 changed (KEPT)'* ]]
	[ "$(grep environment <<< "$output" | grep -c =)" = 0 ]
	run "$DEBUG" ep-env -- entrypoint --show-values
	[[ $output == *'KEPT=other'* ]]
}

# Broken programs lie in a volume: the container itself has to start.
@test "each way in which a program cannot start gets its sentence" {
	local files=$BATS_TEST_TMPDIR/files
	mkdir -p "$files/directory"
	printf '#!/bin/nothing\n' > "$files/interpreter"
	printf '#!/app/server\r\n' > "$files/crlf"
	printf '\357\273\277#!/app/server\n' > "$files/bom"
	printf '#!/app/env python9\n' > "$files/env"
	printf 'echo no first line\n' > "$files/text"
	: > "$files/empty"
	cp "$BUILD/tests/target" "$files/plain"
	cp "$BUILD/tests/target" "$files/env-program"
	head -c 100 "$BUILD/tests/target" > "$files/cut"
	printf '\267' | dd of="$files/foreign" bs=1 seek=18 conv=notrunc status=none
	cp "$BUILD/tests/target" "$files/foreign"
	printf '\267' | dd of="$files/foreign" bs=1 seek=18 conv=notrunc status=none
	cp /bin/true "$files/dynamic"
	chmod 755 "$files"/*
	chmod 644 "$files/plain"
	docker_run -v "$files:/files:ro" ep-broken debug-test/scratch
	check() { # COMMAND CHECK SENTENCE
		run "$DEBUG" ep-broken -- entrypoint --lint -- "$1"
		[ "$status" = 1 ] && grep -qF -- "$3" <<< "$output" && grep -qF -- "[$2]" <<< "$output" || {
			echo "$1: $output"
			return 1
		}
	}
	check /files/interpreter interpreter 'wants the interpreter `/bin/nothing`, which does not exist'
	check /files/crlf shebang 'ends with a carriage return'
	check /files/bom shebang 'begins with a byte order mark'
	check /files/text format 'neither a program nor a script'
	check /files/empty empty-file 'is empty'
	check /files/cut elf 'is a program that'
	check /files/foreign architecture 'is for arm64 but this host is amd64'
	check /files/dynamic loader 'needs the loader `/lib64/ld-linux-x86-64.so.2`, which does not exist (it was built for glibc'
	check /files/plain not-executable 'is not executable; chmod +x'
	check /files/directory not-executable 'is a directory'
	check /files/none not-found '`/files/none` does not exist'
	check server not-found '`server` does not exist on PATH, but `/app/server` does'
	check 'server --port 80' not-found 'make each word its own list element'
	check /dev/null not-executable '/dev/null'
}

@test "a library that is missing is named" {
	docker_run ep-glibc debug-test/glibc
	run "$DEBUG" ep-glibc -- entrypoint --lint
	[ "$status" = 0 ]
	cp "$(command -v tmux)" "$BATS_TEST_TMPDIR/program"
	docker_run -v "$BATS_TEST_TMPDIR:/files:ro" ep-library debug-test/glibc
	run "$DEBUG" ep-library -- entrypoint --lint -- /files/program
	[ "$status" = 1 ]
	[[ $output == *'libevent'*'[library]'* ]]
}

@test "--run starts it in the session, with the configured environment and directory" {
	docker_run -e GREETING=hello -w /app -v /bin/busybox:/files/busybox:ro --entrypoint /files/busybox ep-run debug-test/scratch sleep 1000
	run "$DEBUG" ep-run -- entrypoint --run -- sh -c 'echo "$GREETING from $PWD, ${SHELL-no shell}"; exit 7'
	[ "$status" = 7 ]
	[ "$output" = 'hello from /app, no shell' ]
	run "$DEBUG" ep-run -- entrypoint --nonsense
	[ "$status" = 125 ]
}

@test "bytes of a hostile image do not reach the terminal" {
	docker_run -e $'X=\e]0;env\a' ep-hostile debug-test/scratch $'\e[2J\e]0;title\a' $'a\nb' $'\302\2332J'
	run "$DEBUG" ep-hostile -- entrypoint
	[ "$(grep -c $'[\e\a]' <<< "$output")" = 0 ]
	[[ $output == *'\033[2J'* ]]
	[ "$(LC_ALL=C grep -c $'\302\233' <<< "$output")" = 0 ]
	run "$DEBUG" ep-hostile -- entrypoint --json
	[ "$(LC_ALL=C grep -c '[^ -~]' <<< "$output")" = 0 ]
}

@test "a process that no engine knows: what runs is checked" {
	fixture_start
	run "$DEBUG" "pid://$FIXTURE_PID" -- entrypoint
	fixture_stop
	[ "$status" = 0 ]
	[[ $output == *'No engine was asked about this process'* ]]
	[[ $output == *'program      /app/server, amd64, static'* ]]
}

@test "one question to the engine is enough" {
	docker_run ep-once debug-test/scratch
	strace -f -e trace=sendto,write -o "$BATS_TEST_TMPDIR/trace" "$DEBUG" ep-once -- entrypoint --print
	[ "$(grep -c 'GET /' "$BATS_TEST_TMPDIR/trace")" = 1 ]
}
