# SPDX-License-Identifier: GPL-2.0-or-later
# --profile, --cap-add and --cap-drop: how much a session may do.

bats_require_minimum_version 1.5.0

load ../lib/common

setup_file() {
	local mount="$TOOLS/syscalls:/syscalls:ro"
	engines_start
	docker_run root -v "$mount" debug-test/scratch
	docker_run plain -v "$mount" --user 65532:4711 --group-add 100 --group-add 200 --ulimit nofile=512:600 --ulimit core=0 --oom-score-adj 321 debug-test/scratch
	docker_run bare -v "$mount" --cap-drop ALL --cap-add KILL --security-opt no-new-privileges debug-test/scratch
	docker_run free -v "$mount" --security-opt seccomp=unconfined debug-test/scratch
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() {
	engine_resume
	tmux_end
	# First the one inside: a change of ids has freed it from ending with its parent.
	[ -z "${HOST_PROCESS-}" ] || { kill -KILL "$pid" && wait "$HOST_PROCESS" || :; }
	podman_clean
	assert_no_residue
}

# What `awk` prints of the status of a process, or of the session's.
status_of() { awk "$1" "/proc/$(docker_pid "$2")/status"; }
session_status() { "$DEBUG" --profile "$2" "$3" -- awk "$1" /proc/self/status; }

# A call that is forbidden in the target fails in the session with the same errno.  Two things differ, always: a session
# has nothing of io_uring, and it has given up set-user-id programs, for which landlock_restrict_self (446) asks.
is_as_forbidden() { # NAME
	docker exec "$1" /syscalls > "$BATS_TEST_TMPDIR/target"
	"$DEBUG" --profile app "$1" -- /syscalls > "$BATS_TEST_TMPDIR/session"
	[ "$(wc -l < "$BATS_TEST_TMPDIR/target")" -gt 300 ]
	diff <(grep -Ev '^(42[567]|446) ' "$BATS_TEST_TMPDIR/target") <(grep -Ev '^(42[567]|446) ' "$BATS_TEST_TMPDIR/session")
}

@test "app: every system call that is forbidden in the target is forbidden in the session, with the same error" {
	[ "$(uname -m)" = x86_64 ] # the table of calls is this architecture's
	for name in root plain bare; do is_as_forbidden "$name"; done
	# The list can tell: without a filter far less is forbidden.
	docker exec free /syscalls > "$BATS_TEST_TMPDIR/free"
	[ "$(grep -c ' 1$' "$BATS_TEST_TMPDIR/free")" -lt "$(grep -c ' 1$' "$BATS_TEST_TMPDIR/target")" ]
}

# What engines refuse by default, and two calls with errors that nothing else gives.
make_own_filter() {
	local bundle
	bundle=$(find /run -path "*/$(docker_id root)/config.json" | head -n 1)
	jq '.linux.seccomp | .syscalls |= map(.names -= ["mkdir", "mkdirat"]) | .syscalls += [
		{ "names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 33 },
		{ "names": ["mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 34 }]' "$bundle" > "$BATS_TEST_TMPDIR/profile.json"
}

@test "app: a filter of the target's own is the session's, whichever engine loaded it, also while Docker hangs" {
	make_own_filter
	docker_run own -v "$TOOLS/syscalls:/syscalls:ro" --security-opt "seccomp=$BATS_TEST_TMPDIR/profile.json" debug-test/scratch
	is_as_forbidden own
	[ "$(grep -E '^(83|258) ' "$BATS_TEST_TMPDIR/session")" = $'83 33\n258 34' ]
	[[ $("$DEBUG" --dry-run --profile app own) == *"limits        the target's own system calls"* ]]
	# Others do not ask for it.
	run ! grep -q '33$' <("$DEBUG" --profile baseline own -- /syscalls)
	engine_stop_responding
	[ "$("$DEBUG" --profile app own -- /syscalls | grep -E '^83 ')" = '83 33' ]
	engine_resume
	podman rm -f debug-test-own > /dev/null 2>&1 || :
	podman --runtime runc run -d --name debug-test-own --network none --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 -v "$TOOLS/syscalls:/syscalls:ro" \
		--security-opt "seccomp=$BATS_TEST_TMPDIR/profile.json" debug-test/musl > "$BATS_FILE_TMPDIR/podman"
	[ "$("$DEBUG" --runtime podman --profile app debug-test-own -- /syscalls | grep -E '^83 ')" = '83 33' ]
}

@test "app: ids, groups, capabilities, limits and score are the target's" {
	for name in root plain bare; do
		fields='/^(Uid|Gid|Groups|CapInh|CapPrm|CapEff|CapAmb)/'
		diff <(status_of "$fields" "$name" | sed 's/a80425fb/a00425fb/') <(session_status "$fields" app "$name")
		diff "/proc/$(docker_pid "$name")/limits" <("$DEBUG" --profile app "$name" -- cat /proc/self/limits)
		[ "$("$DEBUG" --profile app "$name" -- cat /proc/self/oom_score_adj)" = "$(cat "/proc/$(docker_pid "$name")/oom_score_adj")" ]
		[ "$(session_status '/^(NoNewPrivs)/ { print $2 }' app "$name")" = 1 ]
	done
	[ "$("$DEBUG" --profile app plain -- id -G)" = '4711 100 200' ]
}

@test "app: of what a target has, the capabilities that reach around it are still not given" {
	# mknod: 27.
	[ $((0x$(status_of '/^CapBnd/ { print $2 }' root) >> 27 & 1)) = 1 ]
	[ $((0x$(session_status '/^CapBnd/ { print $2 }' app root) >> 27 & 1)) = 0 ]
}

@test "app: ambient capabilities of a user who is not root" {
	unshare --mount --pid --fork --kill-child setpriv --reuid 4711 --regid 4712 --clear-groups --inh-caps=-all,+net_raw \
		--ambient-caps=-all,+net_raw --bounding-set=-all,+net_raw,+kill sleep 1000 3>&- &
	HOST_PROCESS=$!
	for _ in $(seq 100); do
		pid=$(pgrep -P "$HOST_PROCESS" || :)
		[ -n "$pid" ] && [ "$(cat "/proc/$pid/comm")" = sleep ] && break
		sleep 0.05
	done
	fields='/^(Uid|Gid|Groups|CapInh|CapPrm|CapEff|CapBnd|CapAmb)/'
	diff <(awk "$fields" "/proc/$pid/status") <("$DEBUG" --profile app "pid://$pid" -- awk "$fields" /proc/self/status)
	[ "$("$DEBUG" --profile app "pid://$pid" -- awk '/^CapAmb/ { print $2 }' /proc/self/status)" = 0000000000002000 ]
}

@test "app in a user namespace: ids as they are inside" {
	podman_run_userns debug-test-profile debug-test/musl
	pid=$(podman_pid debug-test-profile)
	assert_unchanged "$pid" "$DEBUG" --profile app "pid://$pid" -- true
	[ "$("$DEBUG" --profile app "pid://$pid" -c 'echo "$(id -u):$(id -g)"')" = 0:0 ]
}

@test "app: attaches, and changes nothing" {
	for name in root plain bare; do
		assert_unchanged "$(docker_pid "$name")" "$DEBUG" --profile app "$name" -c 'ls / > /dev/null; ps > /dev/null; strace -o /dev/null true; true'
	done
}

@test "restricted: the target's user, or nobody; no capabilities" {
	[ "$("$DEBUG" --profile restricted root -- id -u)" = 65534 ]
	[ "$("$DEBUG" --profile restricted plain -c 'echo "$(id -u):$(id -G)"')" = '65532:4711 100 200' ]
	[ "$(session_status '/^Cap(Prm|Eff|Bnd|Amb)/ { print $2 }' restricted root | sort -u)" = 0000000000000000 ]
	[ "$("$DEBUG" --profile restricted --user 1234 root -- id -u)" = 1234 ]
	for user in 0 0:0 00 root; do
		run "$DEBUG" --profile restricted --user "$user" root -- id -u
		[ "$status" -eq 125 ]
	done
}

@test "baseline, general, netadmin, sysadmin: each more than the one before" {
	before=0
	for profile in restricted baseline general netadmin sysadmin; do
		set=$((0x$(session_status '/^CapEff/ { print $2 }' "$profile" root)))
		[ $((before & ~set)) = 0 ]
		[ "$set" != "$before" ] || [ "$profile" = restricted ]
		# mknod, dac_read_search, sys_module, sys_rawio
		[ $((set & (1 << 27 | 1 << 2 | 1 << 16 | 1 << 17))) = 0 ]
		before=$set
	done
	[ "$(session_status '/^CapEff/ { print $2 }' general root)" = "$("$DEBUG" root -- awk '/^CapEff/ { print $2 }' /proc/self/status)" ]
}

@test "baseline and restricted forbid what an engine forbids; general allows what tools need" {
	for profile in baseline restricted; do
		"$DEBUG" --profile "$profile" root -- /syscalls > "$BATS_TEST_TMPDIR/$profile"
		grep -qx '310 1' "$BATS_TEST_TMPDIR/$profile" # process_vm_readv
	done
	"$DEBUG" root -- /syscalls > "$BATS_TEST_TMPDIR/general"
	run ! grep -qx '310 1' "$BATS_TEST_TMPDIR/general"
	# bpf, setns: for sysadmin alone.  Mounting is for none.
	grep -qx '321 1' "$BATS_TEST_TMPDIR/general"
	"$DEBUG" --profile sysadmin root -- /syscalls > "$BATS_TEST_TMPDIR/sysadmin"
	run ! grep -qx '321 1' "$BATS_TEST_TMPDIR/sysadmin"
	run ! grep -qx '308 1' "$BATS_TEST_TMPDIR/sysadmin"
	grep -qx '165 1' "$BATS_TEST_TMPDIR/sysadmin"
}

@test "netadmin can change the network of the target, general cannot" {
	run "$DEBUG" root -- ip link set lo mtu 60000
	[ "$status" -ne 0 ]
	"$DEBUG" --profile netadmin root -- ip link set lo mtu 60000
	[[ $("$DEBUG" root -- ip link show lo) = *'mtu 60000'* ]]
}

@test "--cap-add and --cap-drop" {
	[ "$("$DEBUG" --cap-add net_admin,CAP_SYS_NICE --cap-drop KILL root -- awk '/^CapEff/ { print $2 }' /proc/self/status)" = \
		"$(printf '%016x' $(($((0x$(session_status '/^CapEff/ { print $2 }' general root))) & ~(1 << 5) | 1 << 12 | 1 << 23)))" ]
	[ "$("$DEBUG" --cap-drop ALL root -- awk '/^CapBnd/ { print $2 }' /proc/self/status)" = 0000000000000000 ]
	[ "$("$DEBUG" --profile app --cap-drop KILL bare -- awk '/^CapEff/ { print $2 }' /proc/self/status)" = 0000000000000000 ]
}

refused() { # STATUS SENTENCE ARGUMENT...
	local expected=$1 sentence=$2
	shift 2
	run "$DEBUG" "$@" -- true
	[ "$status" -eq "$expected" ]
	[[ $output = *"$sentence"* ]]
	[ "${#lines[@]}" = 1 ]
}

@test "what is not given is refused in one sentence" {
	refused 125 'takes app, restricted, baseline, general, netadmin or sysadmin, not `legacy`' --profile legacy root
	refused 125 'needs names of capabilities' --cap-add NET_ADMON root
	refused 125 'needs names of capabilities' --cap-drop '' root
	refused 126 'sys_module is never given' --cap-add SYS_MODULE root
	refused 126 'mknod is never given' --profile sysadmin --cap-add MKNOD root
	refused 126 'sys_admin comes with --profile sysadmin only' --cap-add SYS_ADMIN root
	refused 126 '--profile sysadmin has what can be had' --cap-add ALL root
	refused 125 'leave --cap-add out' --profile app --cap-add KILL root
	refused 125 "is the target's own user; leave --user out" --profile app --user 0 root
	refused 125 'does not run' --runtime docker --profile app image://debug-test/scratch
}

@test "an image can be looked at with few rights" {
	[ "$("$DEBUG" --runtime docker --profile restricted image://debug-test/scratch -- id -u)" = 65534 ]
}

@test "a tool that fails for want of a capability: which one, and how to have it" {
	run --separate-stderr "$DEBUG" root -- ip link set lo mtu 50000
	[ "$status" -ne 0 ]
	# shellcheck disable=SC2154
	[[ $stderr = *'debug: if `ip` was refused something: it needs net_admin, which a session as root with --cap-add net_admin or --profile netadmin has' ]]
	for arguments in '--cap-add net_admin root -- ip link show nothing' 'root -- grep nothing /app/server' 'root -- ip link show lo'; do
		# shellcheck disable=SC2086
		run --separate-stderr "$DEBUG" $arguments
		[[ $stderr != *refused* ]]
	done
}

@test "the shells say so, too, once" {
	for shell in bash zsh fish; do
		tmux_start 200x40 "$DEBUG --shell $shell root"
		tmux_wait_for 'root:/app #'
		tmux_send 'ip link set lo mtu 50000' Enter
		tmux_wait_for 'it needs net_admin'
		tmux_send '' Enter '' Enter 'false' Enter 'echo a"b"c' Enter
		tmux_wait_for abc
		[ "$(tmux_screen | grep -c 'it needs net_admin')" = 1 ]
		tmux_end
	done
}
