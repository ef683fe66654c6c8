# SPDX-License-Identifier: GPL-2.0-or-later
# debug.conf(5): what users may who are not root, and that they cannot turn the setuid helper into more.

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/setuid

setup_file() {
	engines_start
	setuid_begin
	docker_run --label team=web debug-open debug-test/scratch
	docker_run debug-closed debug-test/scratch
}
teardown_file() { docker_clean; setuid_end; }
setup() { residue_begin; }
teardown() { engine_resume; assert_no_residue; }

field() { jq -r "select(.event == \"$1\") | .$2" "$BATS_TEST_TMPDIR/audit.log"; } # EVENT FIELD

@test "who is permitted has a session, which changes nothing and is audited" {
	policy <<- END
		permit group $ONCALL on runtime docker name debug-open
	END
	run as_alice --reason drill debug-open -- sh -c 'id -u; exit 7'
	[ "$status/$output" = 7/0 ]
	[ "$(field begin uid)/$(field begin rule)/$(field begin reason)" = "$(id -u "$ALICE")/1/drill" ]
	[ "$(field end status)" = 7 ]
	export -f as as_alice
	# shellcheck disable=SC2016
	assert_unchanged "$(docker_pid debug-open)" bash -c 'as_alice "$@"' as_alice debug-open -- true
	[ "$(as_alice debug-open -- readlink /proc/self/ns/pid)" = "$(readlink "/proc/$(docker_pid debug-open)/ns/pid")" ]
}

@test "on a terminal" {
	policy <<< "permit user $ALICE"
	declare -f as > "$BATS_TEST_TMPDIR/as"
	tmux_start 100x20 "bash -c '. $BATS_TEST_TMPDIR/as; BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR; as $ALICE $SETUID_DIR/bin/debug debug-open'"
	tmux_wait_for 'debug debug-open'
	tmux_send 'echo $((6 * 7))' Enter
	tmux_wait_for 42
	tmux_send 'exit' Enter
	for _ in $(seq 100); do tmux_private has-session 2> /dev/null || break; sleep 0.05; done
	tmux_end
}

@test "without a policy, a rule or the group there is nothing" {
	refused 'is for root alone as long as there is no /etc/debug/debug.conf' as_alice debug-open -- true
	policy <<< 'permit uid 4711'
	refused "permits user $(id -u "$ALICE") nothing" as_alice debug-open -- true
	refused "permits user $(id -u "$ALICE") nothing" as_alice ls
	policy <<< "permit user $BOB"
	refused 'cannot run' as_bob debug-open -- true
}

@test "what is not permitted looks like what is not there" {
	policy <<< "permit user $ALICE on name debug-open"
	as_alice debug-closed -- true > "$BATS_TEST_TMPDIR/closed" 2>&1 || [ $? -eq 126 ]
	as_alice debug-absent -- true > "$BATS_TEST_TMPDIR/absent" 2>&1 || [ $? -eq 126 ]
	diff <(sed s/debug-closed/X/ "$BATS_TEST_TMPDIR/closed") <(sed s/debug-absent/X/ "$BATS_TEST_TMPDIR/absent")
	grep -q 'is no container that you may debug' "$BATS_TEST_TMPDIR/closed"
	refused 'is no container that you may debug' as_alice "$(docker_id debug-closed)" -- true
	refused 'is no container that you may debug' as_alice debug- -- true
	[ "$(as_alice ls -q)" = "docker://$(docker_id debug-open)" ] || [ "$(as_alice ls --json | jq -r '.[].name')" = debug-open ]
	[ "$(grep -c refused "$BATS_TEST_TMPDIR/audit.log")" = 4 ]
}

@test "labels decide, also while Docker hangs" {
	policy <<< "permit user $ALICE on label team=w*"
	as_alice debug-open -- true
	refused 'is no container that you may debug' as_alice debug-closed -- true
	[ "$(as_alice ls --json | jq -r '.[].name')" = debug-open ]
	engine_stop_responding
	as_alice debug-open -- true
	refused 'debug-closed' as_alice debug-closed -- true
	engine_resume
	policy <<- END
		permit user $ALICE
		deny user $ALICE on label team=web
	END
	refused 'is no container that you may debug' as_alice debug-open -- true
	as_alice debug-closed -- true
}

@test "limits: of memory, processes, and sessions at one time" {
	local fifo=$BATS_TEST_TMPDIR/fifo i
	policy <<< "permit user $ALICE memory 64M processes 20 sessions 2"
	[[ "$(as_alice --dry-run debug-open)" == *$'memory        64 MB\nprocesses     20'* ]]
	mkfifo "$fifo"
	touch "$BATS_TEST_TMPDIR"/{1,2}
	for i in 1 2; do as_alice debug-open -- sh -c 'echo ready; cat' < "$fifo" > "$BATS_TEST_TMPDIR/$i" 2>&1 3>&- & done
	exec 7> "$fifo"
	for i in 1 2; do timeout 10 grep -qm 1 ready <(tail -f "$BATS_TEST_TMPDIR/$i"); done
	cat /sys/fs/cgroup/memory/debug-*/memory.limit_in_bytes > "$BATS_TEST_TMPDIR/memory"
	[ "$(sort -u "$BATS_TEST_TMPDIR/memory")" = $((64 << 20)) ]
	[ "$(sort -u /sys/fs/cgroup/pids/debug-*/pids.max)" = 20 ]
	refused 'you have 2 sessions, as many as you may have at one time' as_alice debug-open -- true
	# Not root's.
	as root "$SETUID_DIR/bin/debug" debug-open -- true
	exec 7>&-
	wait
	as_alice debug-open -- true
}

@test "what a rule does not give is refused" {
	policy <<< "permit user $ALICE profile baseline"
	refused 'leave --write out' as_alice --write debug-open -- true
	refused 'you may have --profile baseline here, and not general' as_alice --profile general debug-open -- true
	refused 'you may have --profile baseline here' as_alice --profile app debug-open -- true
	refused 'sysadmin' as_alice --profile sysadmin debug-open -- true
	refused 'has no net_admin' as_alice --cap-add NET_ADMIN debug-open -- true
	refused "may not have the host's network" as_alice --network host --runtime docker image://debug-test/scratch -- true
	# Without a profile it is the greatest that may be had, and less can be asked for.
	caps=$(as_alice debug-open -- sed -n 's/^CapBnd:\t//p' /proc/self/status)
	[ $((0x$caps & (1 << 19))) = 0 ]
	[ "$(as_alice --profile restricted debug-open -- sed -n 's/^CapBnd:\t//p' /proc/self/status)" = 0000000000000000 ]
}

@test "what a rule gives can be had" {
	policy <<< "permit user $ALICE profile netadmin write"
	as_alice --write debug-open -- sh -c 'echo x > /made; rm /made'
	as_alice --cap-add NET_ADMIN --profile netadmin debug-open -- true
	as_alice --runtime docker image://debug-test/scratch -- true
}

@test "files, sockets and processes of the caller's choice are root's alone" {
	policy <<< "permit user $ALICE profile sysadmin write network privileged"
	mkdir "$BATS_TEST_TMPDIR/root"
	chmod -R a+rX "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR"
	refused 'only root may look into an image or a directory by its path' as_alice / -- true
	refused 'is no container that you may debug' as_alice pid://1 -- true
	refused 'is no container that you may debug' as_alice "pid://$(docker_pid debug-open)" -- true
	refused 'only root may change or look into the toolbox' as_alice toolbox ls
	export DOCKER_HOST=unix:///var/run/docker.sock
	refused 'only root may name a socket' as_alice debug-open -- true
	refused 'only root may name a socket' as_alice ls
}

@test "privileged containers and those with the host's processes need to be named so" {
	docker_run --cap-add SYS_ADMIN debug-privileged debug-test/scratch
	docker_run --pid host debug-host-pid debug-test/scratch
	policy <<< "permit user $ALICE profile sysadmin write network"
	refused 'would reach the host' as_alice debug-privileged -- true
	refused 'would reach the host' as_alice debug-host-pid -- true
	policy <<< "permit user $ALICE privileged"
	as_alice debug-privileged -- true
	as_alice debug-host-pid -- true
}

@test "its time ends" {
	policy <<< "permit user $ALICE max 1s"
	run as_alice debug-open -- sleep 60
	[ "$status" -eq 124 ]
	[[ "$output" == "debug: the session has lasted as long as /etc/debug/debug.conf permits, and was ended" ]]
	[ "$(field end status)" = 124 ]
}

@test "nobody installs packages into root's toolbox from there" {
	policy <<< "permit user $ALICE"
	run as_alice debug-open -- install ngrep
	[ "$status" -ne 0 ]
	[[ "$output" == *"nobody who installs packages"* ]]
}

@test "no session without an audit trail" {
	policy <<< "permit user $ALICE"
	BEFORE='rmdir /var/log/debug; [ ! -S /dev/log ] || mount --bind /dev/null /dev/log'
	export BEFORE
	refused 'must be audited' as_alice debug-open -- true
	# Root's only if the policy says so.
	as root "$SETUID_DIR/bin/debug" debug-open -- true
	policy <<< 'audit required'
	refused 'must be audited' as root "$SETUID_DIR/bin/debug" debug-open -- true
}

# B13: a policy that is not root's, or not whole, is none.
@test "a policy that somebody else could have written, or that is damaged, permits nothing" {
	printf 'permit user %s\n' "$ALICE" | policy
	for BEFORE in 'chmod 0660 /etc/debug/debug.conf' 'chown 4711 /etc/debug/debug.conf' 'chmod 0777 /etc/debug' 'chown 4711 /etc/debug' \
		'ln /etc/debug/debug.conf /etc/debug/other' 'mv /etc/debug/debug.conf /etc/debug/real; ln -s real /etc/debug/debug.conf' \
		'rm /etc/debug/debug.conf; mkfifo /etc/debug/debug.conf' 'rm /etc/debug/debug.conf; mkdir /etc/debug/debug.conf' \
		': > /etc/debug/debug.conf' 'truncate -s -1 /etc/debug/debug.conf' 'echo nolog >> /etc/debug/debug.conf' \
		'dd if=/dev/zero bs=70000 count=1 2> /dev/null >> /etc/debug/debug.conf'; do
		export BEFORE
		run as_alice debug-open -- true
		echo "$BEFORE: $output"
		[ "$status" -eq 125 ]
		[ "${#lines[@]}" -eq 1 ]
		[[ "$output" == "debug: "*/etc/debug* ]]
	done
}

@test "--check-config says what is wrong, as any user" {
	printf 'permit user %s\naudit required\n' "$ALICE" | policy
	chmod -R a+rX "$BATS_RUN_TMPDIR"
	[ "$("$DEBUG" --check-config "$BATS_TEST_TMPDIR/policy")" = '1 rule; audit is required' ]
	[ "$(as root "$DEBUG" --check-config)" = '1 rule; audit is required' ]
	echo 'permit user nobody-of-that-name' | policy
	run "$DEBUG" --check-config "$BATS_TEST_TMPDIR/policy"
	[ "$status" -eq 125 ]
	[[ "$output" == *"line 1: user takes a name that is in /etc/passwd"* ]]
}

forged() { # OPTION... -- COMMAND...: what a hostile front hears, with the helper $HELPER
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	as "$ALICE" "$TOOLS/forge" "${options[@]}" "$HELPER" debug-open "$@"
}

# B01 to B07: everything that execve(2) carries over.
@test "what a hostile caller hands over at the start has no effect" {
	policy <<< "permit user $ALICE"
	cp "$TOOLS/forge" "$SETUID_DIR/forge"
	TOOLS=$SETUID_DIR
	for options in '' '--env LD_PRELOAD=/tmp/x.so --env LD_LIBRARY_PATH=/tmp --env GLIBC_TUNABLES=glibc.malloc.check=3 --env GCONV_PATH=/tmp
		--env LOCPATH=/tmp --env TZ=/etc/shadow --env TMPDIR=/tmp/nowhere --env PATH=/tmp --env MALLOC_PERTURB_=1 --env LISTEN_FDS=1' \
		--deaf '--extra 200' '--close 0' '--close 1' '--close 2' '--close 01' '--close 02' '--close 12' '--close 012' '--limit 4=1000000'; do
		# shellcheck disable=SC2086
		run forged $options -- sh -c 'echo hello; sleep 0.5; exit 3'
		echo "$options: $output"
		[ "$output" = $'hello\nended 3' ]
	done
	# The session's environment is the target's and the toolbox's.
	run forged --env LD_PRELOAD=/tmp/x.so --env SECRET=1 -- env
	[[ "$output" != *LD_PRELOAD* && "$output" != *SECRET* ]]
}

@test "limits that would stop it half way are raised, or refused in one sentence" {
	[ -z "${SANITIZED-}" ] || skip 'programs with sanitizers do not start within such limits'
	policy <<< "permit user $ALICE"
	cp "$TOOLS/forge" "$SETUID_DIR/forge"
	TOOLS=$SETUID_DIR
	# RLIMIT_CPU, FSIZE, DATA, STACK, NOFILE, AS
	for limit in 0=1 1=0 2=65536 3=65536 7=3 7=8 9=30000000; do
		run forged --limit "$limit" -- sh -c 'exit 3'
		echo "$limit: $output"
		[[ "$output" == 'ended 3' || "$output" == "failed 125: "*limit*raise\ it* || "$output" == 'ended without a word' ]]
		# With too little to be loaded at all it may die, but not without the kernel saying so to its parent.
		[ "$limit" != 1=0 ] || [[ "$output" != 'ended without a word' ]]
	done
	# Where the limits can be raised there were sessions, and each line of theirs is whole.
	[ ! -e "$BATS_TEST_TMPDIR/audit.log" ] || [ "$(grep -c '^{.*}$' "$BATS_TEST_TMPDIR/audit.log")" = "$(wc -l < "$BATS_TEST_TMPDIR/audit.log")" ]
}

@test "without arguments, with nonsense for a request, with a directory of the host for a stream" {
	policy <<< "permit user $ALICE"
	cp "$TOOLS/forge" "$SETUID_DIR/forge"
	TOOLS=$SETUID_DIR
	# Since Linux 5.18 there is an empty name then; before, it says who starts it.
	run forged --argc0 -- true
	[[ "$output" == 'ended 0' || "$output" == *'is started by `debug`'* ]]
	for size in 1 16 4096 60000; do
		run forged --garbage "$size" -- true
		[[ "$output" == 'failed 125: debug and debug-helper are of different versions; reinstall both' ]]
	done
	for path in / /etc /dev/null /etc/hostname /proc/self/ns/mnt; do
		run forged --stdin "$path" -- ls -a /proc/self/fd/0/
		[ "$output" = "failed 125: the session's streams are not pipes" ]
	done
	run forged --write -- true
	[[ "$output" == 'failed 126: '*'leave --write out'* ]]
}

# B08: it is root's process in every respect that a signal or a debugger asks for.
@test "the caller can neither signal nor look into the helper" {
	policy <<< "permit user $ALICE"
	cp "$TOOLS/forge" "$SETUID_DIR/forge"
	TOOLS=$SETUID_DIR
	mkfifo "$BATS_TEST_TMPDIR/hold"
	chmod 0666 "$BATS_TEST_TMPDIR/hold"
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR"
	forged --hold "$BATS_TEST_TMPDIR/hold" -- sh -c 'sleep 2; exit 5' > "$BATS_TEST_TMPDIR/forged" 3>&- &
	# Opened for both, as opening it to read waits for who writes.
	exec {hold}<> "$BATS_TEST_TMPDIR/hold"
	read -r -t 10 -u "$hold" pid
	[ "$(awk '/^Uid:/ { print $2, $3, $4, $5 } /^Groups:/ { print NF }' "/proc/$pid/status")" = $'0 0 0 0\n1' ]
	for signal in KILL STOP TERM CONT; do
		run ! as "$ALICE" kill -s "$signal" "$pid"
	done
	for file in environ mem maps fd/3 root exe; do
		run ! as "$ALICE" head -c 1 "/proc/$pid/$file"
	done
	run ! as "$ALICE" timeout 1 strace -p "$pid"
	for child in $(cat "/proc/$pid/task/$pid/children"); do
		run ! as "$ALICE" kill -s KILL "$child"
		run ! as "$ALICE" head -c 1 "/proc/$child/environ"
	done
	wait %1
	[ "$(cat "$BATS_TEST_TMPDIR/forged")" = 'ended 5' ]
}

# Where it could be frozen or killed while the session goes on.
@test "the helper leaves the control group that its caller is in" {
	local group hold pid parent
	policy <<< "permit user $ALICE"
	for group in /sys/fs/cgroup/unified /sys/fs/cgroup; do [ ! -e "$group/cgroup.procs" ] || break; done
	group+=/callers-$$
	mkdir "$group"
	cp "$TOOLS/forge" "$SETUID_DIR/forge"
	mkfifo -m 0666 "$BATS_TEST_TMPDIR/hold"
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR"
	(
		echo "$BASHPID" > "$group/cgroup.procs"
		as "$ALICE" "$SETUID_DIR/forge" --hold "$BATS_TEST_TMPDIR/hold" "$HELPER" debug-open sleep 1
	) > /dev/null 3>&- &
	exec {hold}<> "$BATS_TEST_TMPDIR/hold"
	read -r -t 10 -u "$hold" pid
	parent=$(awk '/^PPid/ { print $2 }' "/proc/$pid/status")
	grep -q "^0::/callers-$$\$" "/proc/$parent/cgroup"
	grep -qx '0::/' "/proc/$pid/cgroup"
	wait
	rmdir "$group"
}

# B09, B24, B28.
@test "it does not run from elsewhere, with another mode, or in a user namespace" {
	policy <<< "permit user $ALICE"
	mkdir -p "$SETUID_DIR/else/libexec/debug"
	ln "$HELPER" "$SETUID_DIR/else/libexec/debug/debug-helper"
	install -D -m 0755 "$BUILD/bin/debug" "$SETUID_DIR/else/bin/debug"
	refused 'another link' as "$ALICE" "$SETUID_DIR/else/bin/debug" debug-open -- true
	rm -r "$SETUID_DIR/else"
	as_alice debug-open -- true
	chmod 6755 "$HELPER"
	# Without rights there is no log to write.
	refused_unheard 'not setgid' as_alice debug-open -- true
	chmod 4775 "$HELPER"
	refused_unheard 'not for others to write' as_alice debug-open -- true
	chmod 4750 "$HELPER"
	run as "$ALICE" unshare --user --map-root-user "$SETUID_DIR/bin/debug" debug-open -- true
	echo "$output"
	[ "$status" -ne 0 ]
	run as "$ALICE" setpriv --no-new-privs "$SETUID_DIR/bin/debug" debug-open -- true
	[ "$status" -eq 126 ]
}

@test "doctor sees with the caller's own eyes" {
	policy <<< "permit user $ALICE"
	run as_alice doctor
	[ "$status" -eq 1 ]
	[[ "$output" == *'needs root'* ]]
	run as_alice doctor debug-open
	[[ "$output" == *'only root can look at it'* ]]
}
