# SPDX-License-Identifier: GPL-2.0-or-later
# LXC's, LXD's and systemd-nspawn's containers by name.

load ../lib/common
load ../lib/engines-machines
load ../lib/engines-lxd

setup_file() {
	machines_begin
	lxc_add "$LXC_DEFAULT" debug-lxc
	lxc_add "$LXC_DEFAULT" debug-frozen
	lxc_pause "$LXC_DEFAULT" debug-frozen
	lxc_make "$LXC_DEFAULT" debug-lxc-stopped
	lxc_add "$MACHINES_DIR/lxc" debug-elsewhere
	lxc_add "$LXC_DEFAULT" debug-twice
	lxc_add "$MACHINES_DIR/lxc" debug-twice
	lxc_add_userns "$MACHINES_DIR/lxc" debug-mapped
	nspawn_add debug-nspawn
	nspawn_add debug-nspawn-mapped --private-users=300000:65536 --private-users-ownership=map
	nspawn_add debug-registered
	nspawn_register debug-registered
	lxd_begin
	lxd_project blue
	lxd_add default debug-lxd
	lxd_add blue debug-lxd-blue
}
teardown_file() { lxd_end; machines_end; }
setup() { residue_begin; }
teardown() {
	lxd_daemon_resume
	[ ! -s "$BATS_TEST_TMPDIR/forged" ] || kill "$(cat "$BATS_TEST_TMPDIR/forged")"
	assert_no_residue
}

enters() { # PID TARGET
	[ "$("$DEBUG" "$2" -- readlink /proc/self/ns/pid)" = "$(readlink "/proc/$1/ns/pid")" ]
	assert_unchanged "$1" "$DEBUG" "$2" -- true
}

@test "LXC: by name, by lxc://" {
	pid=$(lxc_pid_of "$LXC_DEFAULT" debug-lxc)
	enters "$pid" debug-lxc
	enters "$pid" lxc://debug-lxc
	run "$DEBUG" --runtime lxc debug-lxc -- hostname
	[ "$output" = debug-lxc ]
	run "$DEBUG" nspawn://debug-lxc -- true
	[ "$status" -eq 125 ]
}

@test "LXC: frozen, in another place, with a user namespace" {
	enters "$(lxc_pid_of "$LXC_DEFAULT" debug-frozen)" debug-frozen
	enters "$(lxc_pid_of "$MACHINES_DIR/lxc" debug-elsewhere)" debug-elsewhere
	enters "$(lxc_pid_of "$MACHINES_DIR/lxc" debug-mapped)" lxc://debug-mapped
}

@test "LXC: one name in two places is refused, and neither is called by its cgroup's name" {
	# The second one's cgroup is lxc.payload.debug-twice-1.
	run "$DEBUG" debug-twice -- true
	[ "$status" -eq 125 ]
	[[ "$output" == *debug-twice*debug-twice* ]]
	run "$DEBUG" debug-twice-1 -- true
	[ "$status" -eq 125 ]
	[[ "$output" == *'no container is named `debug-twice-1`'* ]]
}

@test "LXC: stopped" {
	tree=$LXC_DEFAULT/debug-lxc-stopped
	before=$(find "$tree" -printf '%p %i %m %U %G %s %T@ %C@\n' | sort)
	run "$DEBUG" debug-lxc-stopped -c 'ls /app; touch /new'
	[ "${lines[0]}" = server ]
	[ "$before" = "$(find "$tree" -printf '%p %i %m %U %G %s %T@ %C@\n' | sort)" ]
}

@test "LXD: in the default project and in another, also while its daemon does not respond" {
	default=$(lxd_pid_of default debug-lxd)
	blue=$(lxd_pid_of blue debug-lxd-blue)
	lxd_daemon_suspend
	enters "$default" debug-lxd
	enters "$default" lxc://debug-lxd
	enters "$blue" blue_debug-lxd-blue
}

@test "systemd-nspawn: by name, by nspawn://, with and without systemd-machined's file" {
	for name in debug-nspawn debug-nspawn-mapped debug-registered; do
		enters "$(nspawn_pid_of "$name")" "$name"
		enters "$(nspawn_pid_of "$name")" "nspawn://$name"
	done
}

@test "systemd-machined's file of a virtual machine, of the host, or stale is no container" {
	nspawn_register debug-nspawn
	for line in 's/^CLASS=.*/CLASS=vm/' 's/^CLASS=.*/CLASS=host/' 's/^LEADER=.*/LEADER=1/' 's/^LEADER=.*/LEADER=2147483646/'; do
		sed "$line; s/^NAME=.*/NAME=debug-false/" /run/systemd/machines/debug-nspawn > /run/systemd/machines/debug-false
		run "$DEBUG" debug-false -- true
		[ "$status" -eq 125 ]
	done
	rm /run/systemd/machines/debug-nspawn /run/systemd/machines/debug-false
}

@test "a user's process that calls itself a monitor of LXC's is not believed" {
	mkfifo "$BATS_TEST_TMPDIR/ready"
	# As nobody, who may not read where this file is: hence by standard input.
	setpriv --reuid=65534 --regid=65534 --clear-groups bash -c "exec -a '[lxc monitor] /var/lib/lxc debug-forged' python3 - lxc-start" \
		< "$ROOT/tests/fixtures/forged-monitor" > "$BATS_TEST_TMPDIR/ready" 3>&- &
	timeout 10 head -n 1 "$BATS_TEST_TMPDIR/ready" > "$BATS_TEST_TMPDIR/forged"
	run "$DEBUG" debug-forged -- true
	[ "$status" -eq 125 ]
	run "$DEBUG" lxc://debug-forged -- true
	[ "$status" -eq 125 ]
}

@test "debug ls shows them with what made them" {
	run "$DEBUG" ls
	[ "$status" -eq 0 ]
	for name in debug-lxc debug-frozen debug-elsewhere debug-mapped debug-nspawn debug-registered debug-lxd; do
		[[ "$output" == *"$name"* ]]
	done
	[[ "$output" == *lxc* && "$output" == *nspawn* ]]
}
