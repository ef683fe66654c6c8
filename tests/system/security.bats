# SPDX-License-Identifier: GPL-2.0-or-later
# The table of debug-security(7), held against the live processes.

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/setuid

setup_file() { engines_start; setuid_begin; docker_run secured --env COLOUR=blue debug-test/scratch; }
teardown_file() { docker_clean; setuid_end; }
setup() {
	residue_begin
	sed -n '/^process program/,/^\.Ed/p' "$ROOT/man/debug-security.7" > "$BATS_TEST_TMPDIR/table"
}
teardown() {
	engine_resume
	fixture_end
	tmux_end
	assert_no_residue
}
fixture_end() {
	[ ! -s "$BATS_TEST_TMPDIR/started" ] || while read -r pid; do kill -KILL "$pid" 2> /dev/null || :; done < "$BATS_TEST_TMPDIR/started"
	rm -f "$BATS_TEST_TMPDIR/started"
}

start() { # COMMAND...: in the background, with a pipe as input that stays open
	mkfifo "$BATS_TEST_TMPDIR/input"
	"$@" < "$BATS_TEST_TMPDIR/input" > "$BATS_TEST_TMPDIR/output" 2>&1 3>&- &
	echo "$!" >> "$BATS_TEST_TMPDIR/started"
	exec {INPUT}> "$BATS_TEST_TMPDIR/input"
}

# Where there is a file for the audit trail, as after an installation.
with_audit() {
	exec unshare --mount --propagation private sh -c 'mount -t tmpfs -o mode=755 none /var/log && mkdir -m 700 /var/log/debug && exec "$@"' sh "$@"
}

status_of() { awk -v key="$2:" '$1 == key { $1 = ""; print substr($0, 2) }' "/proc/$1/status"; } # PID KEY

child_of() { # PID NAME: waits for a child that has that name, or whose program has it
	local i child
	for i in $(seq 200); do
		for child in $(cat /proc/"$1"/task/*/children 2> /dev/null); do
			case $(cat "/proc/$child/comm" 2> /dev/null)/$(basename "$(readlink "/proc/$child/exe")") in
			"$2"/* | */"$2") echo "$child"; return 0 ;;
			esac
		done
		sleep 0.02
	done
	echo "process $1 has no child $2 after $i looks" >&2
	return 1
}

# The words of the table for what a process has ------------------------------------------------------------

uid_word() { # PID
	case $(status_of "$1" Uid) in
	'0 0 0 0') echo root ;;
	'65534 65534 65534 65534') echo nobody ;;
	'4711 4711 4711 4711') echo session ;;
	*) status_of "$1" Uid ;;
	esac
}

# `session` is what a plan says; `five` what the unpacker needs for owners, modes and attributes of files.
capability_word() { # PID
	local effective permitted
	effective=$(status_of "$1" CapEff)
	permitted=$(status_of "$1" CapPrm)
	[ "$effective" = "$permitted" ] || { echo "$effective of $permitted"; return; }
	case $effective in
	0000000000000000) echo none ;;
	"$(status_of $$ CapEff)") echo root ;;
	*) echo "$(bits "$effective")" ;;
	esac
}
bits() { local n=$((0x$1)) count=0; while [ "$n" -ne 0 ]; do count=$((count + (n & 1))); n=$((n >> 1)); done; echo "$count"; }

filter_word() { # PID: with no_new_privs if there is one
	case "$(status_of "$1" Seccomp)/$(status_of "$1" NoNewPrivs)" in
	0/0) echo no ;;
	2/1) echo yes ;;
	*) echo "$(status_of "$1" Seccomp)/$(status_of "$1" NoNewPrivs)" ;;
	esac
}

# Every descriptor by its kind, each kind once.
descriptor_words() { # PID
	local fd link
	for fd in "/proc/$1/fd"/*; do
		link=$(readlink "$fd") || continue
		case $link in
		/dev/null) echo null ;;
		pipe:*) echo pipe ;;
		socket:*) echo socket ;;
		anon_inode:\[signalfd\]) echo signalfd ;;
		anon_inode:\[pidfd\]) echo pidfd ;;
		/memfd:*) echo memory ;;
		/proc | /proc/[0-9]*) echo proc ;;
		/sys/fs/cgroup | /sys/fs/cgroup/* | */cgroup.procs | */cgroup.kill) echo cgroup ;;
		# The root of one, as no other directory of the host is.
		/ | /source | /image) echo mount ;;
		*.cast | *.log) echo file ;;
		*) [ "$(stat -L -c %F "$fd")" = "character special file" ] && echo terminal || echo "$link" ;;
		esac
	done | sort -u
}

row() { grep "^$1 " "$BATS_TEST_TMPDIR/table"; } # PROCESS
cell() { row "$1" | awk -v n="$2" '{ print $n }'; } # PROCESS COLUMN
cells() { row "$1" | awk '{ for (i = 7; i <= NF; i++) print $i }' | sort; } # PROCESS: its descriptors

# All that the row says, and nothing that it does not say.
assert_row() { # PROCESS PID
	local process=$1 pid=$2
	echo "$process: $(uid_word "$pid") $(capability_word "$pid") $(filter_word "$pid") $(descriptor_words "$pid" | tr "\n" " ")"
	[ "$(uid_word "$pid")" = "$(cell "$process" 3)" ]
	case $(cell "$process" 4) in
	session) [ "$(capability_word "$pid")" = 0 ] || [ "$(status_of "$pid" CapEff)" = "$(status_of "$pid" CapBnd)" ] || [ "$(status_of "$pid" CapEff)" = 0000000000000000 ] ;;
	five) [ "$(capability_word "$pid")" = 5 ] ;;
	*) [ "$(capability_word "$pid")" = "$(cell "$process" 4)" ] ;;
	esac
	[ "$(filter_word "$pid")" = "$(cell "$process" 5)" ]
	[ "$(cell "$process" 6)" != empty ] || [ "$(wc -c < "/proc/$pid/environ")" = 0 ]
}
assert_descriptors() { diff <(cells "$1") <(descriptor_words "$2"); } # PROCESS PID

@test "P0, P1, P4 and P5, in a session" {
	SECRET=of-the-caller start with_audit "$DEBUG" --user 4711:4711 secured -- sleep 60
	p0=$(cat "$BATS_TEST_TMPDIR/started")
	p1=$(child_of "$p0" debug-helper)
	p4=$(child_of "$p1" debug-session)
	p5=$(child_of "$p4" sleep)
	[ "$(readlink "/proc/$p0/exe")" = "$DEBUG" ]
	[ "$(basename "$(readlink "/proc/$p1/exe")")" = "$(cell P1 2)" ]
	[ "$(basename "$(readlink "/proc/$p4/exe")")" = "$(cell P4 2)" ]
	[ "$(uid_word "$p0")/$(filter_word "$p0")" = root/no ]
	assert_row P1 "$p1"
	assert_descriptors P1 "$p1"
	assert_row P4 "$p4"
	assert_descriptors P4 "$p4"
	assert_row P5 "$p5"
	assert_descriptors P5 "$p5"
	# Nothing of the caller's got in; what the target has did.
	tr '\0' '\n' < "/proc/$p5/environ" > "$BATS_TEST_TMPDIR/environ"
	grep -qx COLOUR=blue "$BATS_TEST_TMPDIR/environ"
	run ! grep -q SECRET "$BATS_TEST_TMPDIR/environ"
	# Only these two are in the target's pid namespace.
	inside=$(readlink "/proc/$(docker_pid secured)/ns/pid")
	[ "$(readlink "/proc/$p1/ns/pid")" != "$inside" ]
	[ "$(readlink "/proc/$p4/ns/pid")" = "$inside" ]
	exec {INPUT}>&-
	kill "$p0"
	wait "$p0" || :
}

@test "capabilities of P4 and P5 are the plan's" {
	start "$DEBUG" secured -- sleep 60
	p0=$(cat "$BATS_TEST_TMPDIR/started")
	p4=$(child_of "$(child_of "$p0" debug-helper)" debug-session)
	p5=$(child_of "$p4" sleep)
	planned=$("$DEBUG" --dry-run secured | sed -n 's/^capabilities *//p' | tr ' ,' '\n\n' | sed '/^$/d' | wc -l)
	for pid in "$p4" "$p5"; do
		for set in CapEff CapPrm CapBnd; do [ "$(bits "$(status_of "$pid" "$set")")" = "$planned" ]; done
		[ "$(bits "$(status_of "$pid" CapInh)")/$(bits "$(status_of "$pid" CapAmb)")" = 0/0 ]
	done
	exec {INPUT}>&-
	kill "$p0"
	wait "$p0" || :
}

@test "P2, while Docker hangs" {
	engine_stop_responding
	start "$DEBUG" secured -- true
	p1=$(child_of "$(cat "$BATS_TEST_TMPDIR/started")" debug-helper)
	p2=$(child_of "$p1" debug-helper)
	for _ in $(seq 50); do [ "$(filter_word "$p2")" = no ] || break; sleep 0.005; done
	assert_row P2 "$p2"
	assert_descriptors P2 "$p2"
	engine_resume
	exec {INPUT}>&-
	wait "$(cat "$BATS_TEST_TMPDIR/started")"
}

# Held by strace where it is about to join the first namespace: with all that it ever has.
@test "P3, before it enters" {
	start strace -f -qq -o "$BATS_TEST_TMPDIR/trace" -e trace=setns -e inject=setns:delay_enter=1500000:when=1 "$DEBUG" secured -- true
	p0=$(child_of "$(cat "$BATS_TEST_TMPDIR/started")" debug)
	p1=$(child_of "$p0" debug-helper)
	p3=$(child_of "$p1" "$(cell P3 2)")
	for _ in $(seq 100); do grep -q setns "$BATS_TEST_TMPDIR/trace" && break; sleep 0.01; done
	assert_row P3 "$p3"
	# SIGHUP and SIGTERM are for the session; where the target's pid namespace is ours, its first process sees this one, too.
	[ $((0x$(status_of "$p3" SigBlk) & 0x4001)) = $((0x4001)) ]
	# Not the host's root, which would be one, too.
	for fd in /proc/"$p3"/fd/*; do [ "$(readlink "$fd")" != / ] || [ "$(stat -L -c %d:%i "$fd")" != "$(stat -c %d:%i /)" ]; done
	assert_descriptors P3 "$p3"
	exec {INPUT}>&-
	wait "$(cat "$BATS_TEST_TMPDIR/started")"
}

@test "the recorder of a session that the policy wants recorded" {
	policy <<< "permit user $ALICE record"
	start_in_terminal 100x20 secured -- sleep 60
	recorder=
	# The helper has the file before it, for a moment.
	for _ in $(seq 200); do
		while IFS=/ read -r _ _ recorder _; do
			[ "$(filter_word "$recorder")" != yes ] || break 2
		done < <(find /proc/[0-9]*/fd -lname '*.cast' 2> /dev/null)
		sleep 0.05
	done
	[ "$(basename "$(readlink "/proc/$recorder/exe")")" = "$(cell record 2)" ]
	assert_row record "$recorder"
	assert_descriptors record "$recorder"
	tmux_end
}

@test "the unpacker, while it unpacks" {
	docker save -o "$BATS_TEST_TMPDIR/image.tar" debug-test/scratch
	start strace -f -qq -o "$BATS_TEST_TMPDIR/trace" -e trace=mkdirat -e inject=mkdirat:delay_enter=500000 "$DEBUG" "$BATS_TEST_TMPDIR/image.tar" -- true
	p0=$(child_of "$(cat "$BATS_TEST_TMPDIR/started")" debug)
	p1=$(child_of "$p0" debug-helper)
	unpacker=$(child_of "$p1" debug-unpack)
	for _ in $(seq 200); do [ "$(filter_word "$unpacker")" = no ] || break; sleep 0.01; done
	assert_row unpack "$unpacker"
	assert_descriptors unpack "$unpacker"
	exec {INPUT}>&-
	wait "$(cat "$BATS_TEST_TMPDIR/started")"
}
