# SPDX-License-Identifier: GPL-2.0-or-later
# B09, B24, B28: the setuid helper is started as what it is not, or from where it is not: as a copy, by a descriptor, from a file
# system without setuid, with capabilities of its file, in a container that brings its own policy.
# That the helper works is shown from its own place.  That it would take a toolbox from where it is said to be started:
# weaken: src/0-base/fd.c s/readlink\("\/proc\/self\/exe"[^;]*;/snprintf(path, sizeof(path), "%s", (const char *)getauxval(AT_EXECFN));/
# weaken: src/0-base/fd.c s/#include <unistd.h>/#include <sys\/auxv.h>\n#include <unistd.h>/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/setuid

setup_file() {
	engines_start
	setuid_begin
	docker_run elsewhere debug-test/scratch
}
teardown_file() { docker_clean; setuid_end; }
setup() {
	residue_begin
	policy <<< "permit user $ALICE"
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR"
	cp "$TOOLS/forge" "$SETUID_DIR/forge"
}
teardown() { assert_no_residue; }

@test "a copy of a user's, and one by a descriptor" {
	[ "$(as "$ALICE" "$SETUID_DIR/forge" "$HELPER" elsewhere sh -c 'exit 3')" = 'ended 3' ]
	install -d -m 0777 "$BATS_TEST_TMPDIR/copy"
	as "$ALICE" cp -r "$SETUID_DIR/bin" "$SETUID_DIR/libexec" "$BATS_TEST_TMPDIR/copy/"
	[ ! -u "$BATS_TEST_TMPDIR/copy/libexec/debug/debug-helper" ]
	refused 'run `sudo debug`' as "$ALICE" "$BATS_TEST_TMPDIR/copy/bin/debug" elsewhere -- true
	# By a descriptor it is the same file, whose place the kernel knows.
	# shellcheck disable=SC2016
	[ "$(as "$ALICE" bash -c 'exec 9< "$0" && exec "$1" /proc/self/fd/9 elsewhere sh -c "exit 3"' "$HELPER" "$SETUID_DIR/forge")" = 'ended 3' ]
	# A link to it in a directory that has another toolbox.
	as "$ALICE" ln -sf "$HELPER" "$BATS_TEST_TMPDIR/copy/libexec/debug/debug-helper"
	echo damaged > "$BATS_TEST_TMPDIR/toolbox"
	as "$ALICE" sh -c "rm -f $BATS_TEST_TMPDIR/copy/libexec/debug/toolbox.erofs; cp $BATS_TEST_TMPDIR/toolbox $BATS_TEST_TMPDIR/copy/libexec/debug/toolbox.erofs"
	run -3 as "$ALICE" "$BATS_TEST_TMPDIR/copy/bin/debug" elsewhere -- sh -c 'exit 3'
}

@test "from a file system that has no setuid, and with capabilities in its place" {
	BEFORE="mount --bind $SETUID_DIR $SETUID_DIR && mount -o remount,bind,nosuid $SETUID_DIR" refused 'run `sudo debug`' as_alice elsewhere -- true
	cp -a "$SETUID_DIR" "$SETUID_DIR.other"
	chmod 0755 "$SETUID_DIR.other/libexec/debug/debug-helper"
	setcap cap_sys_admin,cap_setuid,cap_sys_ptrace+ep "$SETUID_DIR.other/libexec/debug/debug-helper"
	run as "$ALICE" "$SETUID_DIR.other/bin/debug" elsewhere -- true
	rm -rf "$SETUID_DIR.other"
	echo "$output"
	[ "$status" -eq 126 ]
	[[ "$output" == *'run `sudo debug`'* ]]
}

@test "in a container, with a policy of the container's" {
	[ -z "${SANITIZED-}" ] || skip 'programs with sanitizers need libraries, which the container lacks'
	mkdir -p "$BATS_TEST_TMPDIR/etc"
	echo "permit uid 1000 profile sysadmin write network privileged" > "$BATS_TEST_TMPDIR/etc/debug.conf"
	printf 'root:x:0:0::/:\nme:x:1000:1000::/:\n' > "$BATS_TEST_TMPDIR/passwd"
	chmod 0700 "$BATS_TEST_TMPDIR/etc"
	chmod 0600 "$BATS_TEST_TMPDIR/etc/debug.conf"
	chmod 4755 "$HELPER"
	for options in '' '--pid host' '--cap-add SYS_ADMIN' '--cap-add SYS_PTRACE --pid host' '-v /proc:/proc'; do
		for target in pid://1 elsewhere "docker://$(docker_id elsewhere)"; do
			# shellcheck disable=SC2086
			run docker run --rm --network none --label debug.test=1 -u 1000:1000 $options -v "$SETUID_DIR:$SETUID_DIR:ro" -v "$BATS_TEST_TMPDIR/etc:/etc/debug:ro" \
				-v "$BATS_TEST_TMPDIR/passwd:/etc/passwd:ro" --entrypoint "$SETUID_DIR/bin/debug" debug-test/scratch "$target" -- id
			echo "$options $target: $status $output"
			[[ "$status" == @(125|126) ]]
			[[ "$output" == 'debug: '* ]]
			[ "${#lines[@]}" -eq 1 ]
		done
	done
	chmod 4750 "$HELPER"
}
