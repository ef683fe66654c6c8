# SPDX-License-Identifier: GPL-2.0-or-later
# B01, B06, B07: a user starts debug where nothing is as it should be: a directory that is gone, closed or hung, a mask of any
# kind, a thousand descriptors, ten thousand words.
# That a program of less care stumbles there is shown by sh(1), which says so.
# weaken: src/debug-helper.c s/chdir\("\/"\) < 0/false/
# weaken: src/debug-helper.c s/\(void\)umask\(022\);//
# weaken: src/debug-helper.c s/close_range\(TALK_FD \+ 1, ~0U, 0\) < 0 \|\|//

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/setuid

setup_file() {
	engines_start
	setuid_begin
	docker_run surroundings debug-test/scratch
}
teardown_file() { docker_clean; setuid_end; }
setup() {
	residue_begin
	policy <<< "permit user $ALICE"
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR"
}
teardown() { assert_no_residue; }

@test "a directory that is gone, closed or of another root" {
	for place in 'mkdir -p /tmp/gone.$$; cd /tmp/gone.$$; rmdir /tmp/gone.$$' 'mkdir -p /tmp/shut.$$; cd /tmp/shut.$$; rmdir /tmp/shut.$$; chmod 0 .' 'cd /proc/self/fd' \
		'cd /proc/self/task/self/cwd 2>/dev/null || cd /dev/shm'; do
		run -5 as "$ALICE" sh -c "$place"'; "$@"' sh "$SETUID_DIR/bin/debug" surroundings -- sh -c 'pwd; exit 5'
		echo "$place: $output"
		[[ "$output" == *"$(docker inspect -f '{{.Config.WorkingDir}}' surroundings)" ]]
	done
	# Nor is it held: the helper is in the root.
	mkfifo -m 0666 "$BATS_TEST_TMPDIR/hold"
	cp "$TOOLS/forge" "$SETUID_DIR/forge"
	(cd /var && exec "$TOOLS/forge" --hold "$BATS_TEST_TMPDIR/hold" "$BUILD/libexec/debug/debug-helper" surroundings sleep 1 > /dev/null 3>&-) &
	exec {hold}<> "$BATS_TEST_TMPDIR/hold"
	read -r -t 10 -u "$hold" pid
	[ "$(readlink "/proc/$pid/cwd")" = / ]
	[ "$(awk '/^Umask/ { print $2 }' "/proc/$pid/status")" = 0022 ]
	wait
}

@test "masks: what is made has the modes that it should have" {
	rm -f "$BATS_TEST_TMPDIR/audit.log"
	for mask in 0000 0777 0377 0022; do
		# shellcheck disable=SC2016
		BEFORE="umask $mask" run -0 as "$ALICE" sh -c 'umask "$1"; shift; "$@"' sh "$mask" "$SETUID_DIR/bin/debug" surroundings -- \
			sh -c 'umask; touch $HOME/x && echo x > $TMPDIR/y && stat -c %a /dev /dev/toolbox/run'
		echo "$mask: $output"
		[ "$output" = "$(as_alice surroundings -- sh -c 'umask; stat -c %a /dev /dev/toolbox/run')" ]
		[ "$(find /run/debug -maxdepth 1 -perm /022 | wc -l)" = 0 ]
	done
	(umask 0000; as_alice surroundings -- true)
	BEFORE='umask 0' as root sh -c 'umask 0; "$1" surroundings -- true; stat -c %a /var/log/debug/audit.log' sh "$SETUID_DIR/bin/debug" | grep -qx 600
}

@test "ten thousand words, and words of a megabyte in all" {
	mapfile -t many < <(seq 10000)
	[ "$(as_alice surroundings -- sh -c 'echo $#' sh "${many[@]}")" = 10000 ]
	large=$(head -c 120000 /dev/zero | tr '\0' x)
	[ "$(as_alice surroundings -- sh -c 'echo "$*" | wc -c' sh "$large" "$large" "$large" "$large" "$large" "$large" "$large" "$large")" = 960008 ]
	[ "$(jq -r 'select(.event == "begin").is_cut' "$BATS_TEST_TMPDIR/audit.log" | sort -u)" = true ]
}

@test "a thousand descriptors of all kinds" {
	# shellcheck disable=SC2016
	run -0 as "$ALICE" python3 -c 'import os, select, socket, sys
for i in range(700):
    os.set_inheritable(os.dup(0), True)
for each in [select.epoll().fileno(), os.eventfd(0), os.memfd_create("x", 0), os.open("/dev/null", os.O_RDWR), os.open("/", os.O_PATH),
             os.pidfd_open(os.getpid()), *[s.fileno() for s in socket.socketpair()]]:
    for i in range(30):
        os.set_inheritable(os.dup(each), True)
os.execv(sys.argv[1], sys.argv[1:])' "$SETUID_DIR/bin/debug" surroundings -- sh -c 'ls /proc/self/fd | wc -l; ls /proc/$PPID/fd | wc -l'
	[ "${lines[0]}" -le 4 ]
}
