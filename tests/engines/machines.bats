# SPDX-License-Identifier: GPL-2.0-or-later
# Real LXC, LXD and systemd-nspawn: their containers can be entered by the process, and stay as they are.

load ../lib/common
load ../lib/engines-machines
load ../lib/engines-lxd

setup_file() {
	machines_begin
	lxc_add "$LXC_DEFAULT" debug-lxc
	lxc_add "$MACHINES_DIR/lxc" debug-lxc
	lxc_add_userns "$MACHINES_DIR/lxc" mapped
	lxc_add "$MACHINES_DIR/lxc" frozen
	lxc_pause "$MACHINES_DIR/lxc" frozen
	nspawn_add debug-nspawn
	nspawn_add debug-nspawn-mapped --private-users=300000:65536 --private-users-ownership=map
	lxd_begin
	lxd_project blue
	lxd_add default debug-lxd
	lxd_add blue debug-lxd -c security.privileged=true
	lxd_add default frozen
	lxd_command pause frozen
}
teardown_file() { lxd_end; machines_end; }
setup() { residue_begin; }
teardown() { lxd_daemon_resume; assert_no_residue; }

look_around() { # PID
	assert_unchanged "$1" "$DEBUG" "pid://$1" -c '
		test "$(id -u)" = 0 && test "$(ls /app)" = server && test -x /dev/toolbox/bin/strace &&
		! touch /debug-was-here 2>/dev/null && ps -p 1 -o pid= >/dev/null && test "$PWD" != ""'
}

@test "LXC, in the default place" { look_around "$(lxc_pid_of "$LXC_DEFAULT" debug-lxc)"; }
@test "LXC, in another place, with the same name" { look_around "$(lxc_pid_of "$MACHINES_DIR/lxc" debug-lxc)"; }

@test "LXC, with a user namespace" {
	pid=$(lxc_pid_of "$MACHINES_DIR/lxc" mapped)
	look_around "$pid"
	[ "$("$DEBUG" "pid://$pid" -c 'tr -s " " < /proc/self/uid_map')" = " 0 100000 65536" ]
}

@test "LXC, frozen" {
	look_around "$(lxc_pid_of "$MACHINES_DIR/lxc" frozen)"
	[ "$(lxc-info -P "$MACHINES_DIR/lxc" -n frozen -s -H)" = FROZEN ]
}

@test "systemd-nspawn" {
	pid=$(nspawn_pid_of debug-nspawn)
	look_around "$pid"
	[ "$("$DEBUG" "pid://$pid" -- hostname)" = debug-nspawn ]
}

@test "systemd-nspawn, with a user namespace and an idmapped root" {
	pid=$(nspawn_pid_of debug-nspawn-mapped)
	look_around "$pid"
	[ "$("$DEBUG" "pid://$pid" -c 'tr -s " " < /proc/self/uid_map')" = " 0 300000 65536" ]
}

@test "LXD, unprivileged as it makes them by default" {
	pid=$(lxd_pid_of default debug-lxd)
	look_around "$pid"
	[ "$("$DEBUG" "pid://$pid" -c 'tr -s " " < /proc/self/uid_map')" = " 0 1000000 1000000000" ]
}

@test "LXD, privileged, with the same name in another project" { look_around "$(lxd_pid_of blue debug-lxd)"; }

@test "LXD, frozen" { look_around "$(lxd_pid_of default frozen)"; }

@test "LXD, while its daemon does not respond" {
	pid=$(lxd_pid_of default debug-lxd)
	lxd_daemon_suspend
	look_around "$pid"
}

@test "--write: what a session writes is in the container's directory" {
	for pid in "$(lxc_pid_of "$LXC_DEFAULT" debug-lxc)" "$(nspawn_pid_of debug-nspawn)"; do
		"$DEBUG" --write "pid://$pid" -- touch /app/made
		[ -e "/proc/$pid/root/app/made" ]
		"$DEBUG" --write "pid://$pid" -- rm /app/made
	done
	[ ! -e "$LXC_DEFAULT/debug-lxc/rootfs/app/made" ]
}
