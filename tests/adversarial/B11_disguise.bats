# SPDX-License-Identifier: GPL-2.0-or-later
# B10, B11, D10: a user dresses a process of his own as a container (CVE-2022-31214): by an engine's socket where his would be,
# by files as an engine keeps them, by the words of a monitor, in a user namespace where he is root.
# That root, who may look into users' containers, finds that one there is shown as well.
# weaken: src/3-grant/policy.c s/.*owner != 0.*/if (false)/
# check-long

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/setuid
load ../lib/hostile

setup_file() {
	engines_start
	setuid_begin
	docker_run disguise-victim debug-test/scratch
	ALICE_UID=$(id -u "$ALICE")
	export ALICE_UID
	install -d -m 0755 /run/user
	install -d -m 0700 -o "$ALICE" -g "$ALICE" "/run/user/$ALICE_UID"
}
teardown_file() { rm -rf "/run/user/${ALICE_UID:?}"; docker_clean; setuid_end; }
setup() {
	residue_begin
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR"
	chmod 0777 "$BATS_TEST_TMPDIR"
	policy <<< "permit user $ALICE profile sysadmin write network privileged"
	# A process of hers, root in a namespace of hers, with a root of its own.
	setpriv --reuid="$ALICE" --regid="$ALICE" --clear-groups unshare --user --map-root-user --mount --pid --fork --kill-child sleep 100 3>&- &
	OWN=$!
	for _ in $(seq 200); do read -r INSIDE _ < "/proc/$OWN/task/$OWN/children" || [ -z "$INSIDE" ] || break; sleep 0.02; done
}
teardown() {
	{ kill -KILL "$OWN"; wait "$OWN"; } 2> /dev/null || :
	assert_no_residue
}

@test "a socket where an engine of hers would listen" {
	export ENGINE_USER=$ALICE_UID ENGINE_SOCKET=/run/user/$ALICE_UID/docker.sock
	touch "$ENGINE_SOCKET"
	for pid in "$INSIDE" "$(docker_pid disguise-victim)" 1; do
		engine_claims disguise-victim ".State.Pid = $pid"
		refused 'is no container that you may debug' with_engine bash -c "$(declare -f as as_alice); as_alice \"\$@\"" bash liar -- true
		engine_claims disguise-victim ".State.Pid = $pid"
		refused 'is no container that you may debug' with_engine bash -c "$(declare -f as as_alice); as_alice \"\$@\"" bash docker://liar -- true
	done
	# Root may, and is told what it is.
	engine_claims disguise-victim ".State.Pid = $INSIDE"
	[ "$(with_engine "$DEBUG" liar -- readlink /proc/self/ns/mnt | cut -c1-4)" = 'mnt:' ]
	engine_claims disguise-victim ".State.Pid = $(docker_pid disguise-victim)"
	fails 125 'but it belongs to another' with_engine "$DEBUG" liar -- true
}

@test "the words of a monitor, and of LXC's" {
	victim=$(docker_id disguise-victim)
	for words in "conmon -c $victim -n disguise-victim" "conmon -c $victim -n liar" '[lxc monitor] /var/lib/lxc liar' "systemd-nspawn -M liar" \
		"containerd-shim -namespace moby -id $victim"; do
		setpriv --reuid="$ALICE" --regid="$ALICE" --clear-groups bash -c 'exec -a "$1" unshare --user --map-root-user --mount --pid --fork --kill-child sleep 100' \
			bash "$words" 3>&- &
		monitor=$!
		refused 'is no container that you may debug' as_alice liar -- true
		[ "$(as_alice disguise-victim -- readlink /proc/self/ns/pid)" = "$(readlink "/proc/$(docker_pid disguise-victim)/ns/pid")" ]
		{ kill -KILL "$monitor"; wait "$monitor"; } 2> /dev/null || :
	done
}

@test "its number, her shell's, the kernel's, the host's first" {
	for pid in "$INSIDE" "$OWN" $$ 1 2 "$(docker_pid disguise-victim)"; do
		refused 'is no container that you may debug' as_alice "pid://$pid" -- true
	done
	[ "$(jq -r .event "$BATS_TEST_TMPDIR/audit.log" | sort | uniq -c | tr -s ' ')" = ' 6 refused' ]
}
