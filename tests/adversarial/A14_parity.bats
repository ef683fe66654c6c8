# SPDX-License-Identifier: GPL-2.0-or-later
# A14: whatever confines the container confines a session in it: five capability sets, securebits, no_new_privs, seccomp, id
# maps, groups, label, limits, score.  With --profile app it is the same, otherwise no more (CVE-2022-0070, CVE-2022-27649).
# That a difference is seen is shown on nsenter; system calls one by one, and each profile's set: tests/system/profiles.bats.
# weaken: src/6-join/strip.c s/!has_bit\(kept, capability\)/false/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() {
	engines_start
	docker_run parity-default debug-test/scratch
	docker_run parity-ptrace --cap-add SYS_PTRACE debug-test/scratch
	docker_run parity-few --user 65532:4711 --group-add 100 --cap-drop ALL --security-opt no-new-privileges --ulimit nofile=512:600 \
		--ulimit memlock=0 --oom-score-adj 500 debug-test/scratch
	docker_run parity-privileged "${ALMOST_PRIVILEGED[@]}" debug-test/scratch
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() {
	[ -z "${NOROOT-}" ] || { kill -KILL "$NOROOT" && wait "$NOROOT" || :; }
	podman_clean
	assert_no_residue
}

# One line for each, from /proc in $1; the sets without those bits that are never given.
NEVER=$((1 << 2 | 1 << 16 | 1 << 17 | 1 << 27))
CONFINEMENT='cd "$1" && grep -E "^(Uid|Gid|Groups|Cap[A-Z][a-z]*|NoNewPrivs|Seccomp):" status; sed "s/^/uid_map /" uid_map; sed "s/^/gid_map /" gid_map
	echo "label $(cat attr/current 2> /dev/null)"; echo "score $(cat oom_score_adj)"; sed "s/^/limit /" limits'
of_target() { bash -c "$CONFINEMENT" bash "/proc/$1"; } # PID
of_session() { "$DEBUG" -q "$@" -c "set -- /proc/self; $CONFINEMENT"; } # [OPTION...] TARGET

bits() { awk -v key="$1:" '$1 == key { print $2 }' "$2"; } # KEY FILE

# The session's is the target's, less what is never given.  It has given up set-user-id programs, and has a filter, in any case.
assert_same() { # PID TARGET
	local set
	# Where ids are mapped, the host's number of its root is this.
	of_target "$1" | sed '/^[UG]id:/s/\<100000\>/0/g' > "$BATS_TEST_TMPDIR/target"
	of_session --profile app "$2" > "$BATS_TEST_TMPDIR/session"
	diff <(grep -vE '^(Cap|NoNewPrivs|Seccomp)' "$BATS_TEST_TMPDIR/target") <(grep -vE '^(Cap|NoNewPrivs|Seccomp)' "$BATS_TEST_TMPDIR/session")
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		echo "$2 $set target $(bits "$set" "$BATS_TEST_TMPDIR/target") session $(bits "$set" "$BATS_TEST_TMPDIR/session")"
		[ $((0x$(bits "$set" "$BATS_TEST_TMPDIR/session"))) = $((0x$(bits "$set" "$BATS_TEST_TMPDIR/target") & ~NEVER)) ]
	done
	grep -qx 'NoNewPrivs:	1' "$BATS_TEST_TMPDIR/session"
	grep -qx 'Seccomp:	2' "$BATS_TEST_TMPDIR/session"
}
assert_no_more() { # PID TARGET PROFILE
	local set
	of_target "$1" > "$BATS_TEST_TMPDIR/target"
	of_session --profile "$3" "$2" > "$BATS_TEST_TMPDIR/session"
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		[ $((0x$(bits "$set" "$BATS_TEST_TMPDIR/session") & ~0x$(bits CapBnd "$BATS_TEST_TMPDIR/target"))) = 0 ]
	done
	diff <(grep _map "$BATS_TEST_TMPDIR/target") <(grep _map "$BATS_TEST_TMPDIR/session")
	grep -qx 'NoNewPrivs:	1' "$BATS_TEST_TMPDIR/session"
	grep -qx 'Seccomp:	2' "$BATS_TEST_TMPDIR/session"
	[ "$(awk '$1 == "score" { print $2 }' "$BATS_TEST_TMPDIR/session")" -ge 0 ]
	# The caller's groups are not among them.
	[ -z "$(awk '$1 == "Groups:" { $1 = ""; print }' "$BATS_TEST_TMPDIR/session" | tr -d ' ')" ] ||
		diff <(grep ^Groups "$BATS_TEST_TMPDIR/target") <(grep ^Groups "$BATS_TEST_TMPDIR/session")
}

@test "--profile app: the same" {
	for name in parity-default parity-ptrace parity-few parity-privileged; do assert_same "$(docker_pid "$name")" "$name"; done
	podman_run_userns debug-test-parity debug-test/scratch
	assert_same "$(podman_pid debug-test-parity)" "pid://$(podman_pid debug-test-parity)"
}

@test "restricted and baseline: no more" {
	for name in parity-default parity-ptrace parity-privileged; do
		for profile in restricted baseline; do assert_no_more "$(docker_pid "$name")" "$name" "$profile"; done
	done
	assert_no_more "$(docker_pid parity-few)" parity-few restricted
	pid=$(docker_pid parity-few)
	of_target "$pid" > "$BATS_TEST_TMPDIR/target"
	nsenter --target "$pid" --mount=/proc/self/ns/mnt --pid --net --uts --ipc bash -c "$CONFINEMENT" bash /proc/self > "$BATS_TEST_TMPDIR/naive"
	for field in Uid CapEff CapBnd score 'limit Max open files'; do
		run ! diff <(grep "^$field" "$BATS_TEST_TMPDIR/target") <(grep "^$field" "$BATS_TEST_TMPDIR/naive")
	done
}

# A root without rights, which keep away from it only by a bit that the session has not.
@test "securebits: what a program does not gain there it does not gain in a session" {
	unshare --mount --pid --fork --kill-child setpriv --securebits=+noroot,+noroot_locked sleep 1000 3>&- &
	NOROOT=$!
	for _ in $(seq 100); do
		pid=$(pgrep -P "$NOROOT" || :)
		[ -n "$pid" ] && [ "$(cat "/proc/$pid/comm")" = sleep ] && break
		sleep 0.05
	done
	of_target "$pid" > "$BATS_TEST_TMPDIR/target"
	[ "$(bits CapPrm "$BATS_TEST_TMPDIR/target")" = 0000000000000000 ]
	[ "$(bits CapBnd "$BATS_TEST_TMPDIR/target")" != 0000000000000000 ]
	of_session --profile app "pid://$pid" > "$BATS_TEST_TMPDIR/session"
	for set in CapInh CapPrm CapEff CapAmb; do [ "$(bits "$set" "$BATS_TEST_TMPDIR/session")" = 0000000000000000 ]; done
	kill -KILL "$pid"
}
