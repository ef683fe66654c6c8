# SPDX-License-Identifier: GPL-2.0-or-later
# LXC and systemd-nspawn for the system tests: containers without an image, which have a directory as root.
# What is made is remembered; machines_end ends and removes it.
# shellcheck shell=bash

LXC_DEFAULT=/var/lib/lxc
export LXC_DEFAULT

machines_begin() {
	MACHINES_DIR=$(mktemp -d /var/tmp/debug-test-machines.XXXXXX)
	export MACHINES_DIR
	chmod 0711 "$MACHINES_DIR"
	: > "$MACHINES_DIR/lxc.made"
	: > "$MACHINES_DIR/nspawn.made"
}

machine_root() { # DIRECTORY: one static program, and the directories over which things are mounted
	mkdir -p "$1/app" "$1/dev" "$1/proc" "$1/sys" "$1/etc" "$1/usr" "$1/run" "$1/tmp"
	cp "$TOOLS/target" "$1/app/server"
}

machine_child() { # PID: of a process that has one child
	for _ in $(seq 100); do
		pgrep -P "$1" && return 0
		sleep 0.05
	done
	return 1
}

# LXC --------------------------------------------------------------------------------------------------

lxc_make() { # PATH NAME [LINE...]: a container that is not started; the lines end its configuration
	local path=$1 name=$2
	shift 2
	[ ! -e "$path/$name" ] || lxc_remove "$path" "$name"
	machine_root "$path/$name/rootfs"
	printf '%s\n' "lxc.uts.name = $name" "lxc.rootfs.path = dir:$path/$name/rootfs" 'lxc.net.0.type = empty' \
		'lxc.init.cmd = /app/server server' 'lxc.mount.auto = proc:mixed sys:ro' 'lxc.autodev = 1' "$@" > "$path/$name/config"
	echo "$path $name" >> "$MACHINES_DIR/lxc.made"
}
lxc_add() { # PATH NAME [LINE...]: a running one
	lxc_make "$@"
	lxc_run "$1" "$2"
}
# With newuidmap in its PATH, lxc-start would want root's ranges in /etc/subuid; without, it writes the map itself.
lxc_run() { # PATH NAME
	PATH=/usr/sbin:/sbin /usr/bin/timeout 30 /usr/bin/lxc-start -P "$1" -n "$2" -o "$MACHINES_DIR/lxc.log" 3>&- ||
		{ cat "$MACHINES_DIR/lxc.log"; return 1; }
}
# 100000 and what follows are the container's 0 and what follows.
lxc_add_userns() { # PATH NAME
	lxc_make "$1" "$2" 'lxc.idmap = u 0 100000 65536' 'lxc.idmap = g 0 100000 65536'
	chown -R 100000:100000 "$1/$2/rootfs"
	chmod 0711 "$1" "$1/$2"
	lxc_run "$1" "$2"
}
lxc_pid_of() { timeout 10 lxc-info -P "$1" -n "$2" -p -H; } # PATH NAME
lxc_pause() { timeout 10 lxc-freeze -P "$1" -n "$2"; }     # PATH NAME
lxc_remove() { # PATH NAME
	timeout 10 lxc-stop -k -P "$1" -n "$2" > /dev/null 2>&1 || :
	rm -rf "${1:?}/${2:?}"
}

# systemd-nspawn ---------------------------------------------------------------------------------------

# The hierarchies in which systemd-nspawn makes cgroups for itself and its container.
nspawn_hierarchies() {
	local hierarchy
	for hierarchy in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
		[ ! -e "$hierarchy/cgroup.procs" ] || echo "$hierarchy"
	done
}

nspawn_add() { # NAME [OPTION...]: running, and unknown to systemd-machined, which need not run here
	local name=$1 root=$MACHINES_DIR/$1 hierarchy pid
	shift
	machine_root "$root"
	(
		# The container's cgroup is made below the caller's own.
		for hierarchy in $(nspawn_hierarchies); do
			mkdir -p "$hierarchy/nspawn-$name"
			echo "$BASHPID" > "$hierarchy/nspawn-$name/cgroup.procs"
		done
		exec systemd-nspawn --quiet --register=no --keep-unit --directory="$root" --machine="$name" --private-network --console=pipe \
			"$@" -- /app/server server < /dev/null > "$MACHINES_DIR/$name.log" 2>&1 3>&-
	) &
	pid=$!
	echo "$name $pid" >> "$MACHINES_DIR/nspawn.made"
	machine_child "$pid" > /dev/null || { cat "$MACHINES_DIR/$name.log"; return 1; }
	nspawn_wait_for_program "$name"
}
# The first child is systemd-nspawn itself still, until it has made the root and becomes the program.
nspawn_wait_for_program() { # NAME
	for _ in $(seq 200); do
		case $(readlink "/proc/$(nspawn_pid_of "$1")/exe") in */app/server) return 0 ;; esac
		sleep 0.05
	done
	cat "$MACHINES_DIR/$1.log"
	return 1
}
nspawn_monitor_of() { sed -n "s/^$1 //p" "$MACHINES_DIR/nspawn.made"; } # NAME
nspawn_pid_of() { machine_child "$(nspawn_monitor_of "$1")"; }         # NAME

# What systemd-machined writes about a container that was registered with it.
nspawn_register() { # NAME
	mkdir -p /run/systemd/machines
	cat > "/run/systemd/machines/$1" <<- END
		# This is private data. Do not parse.
		NAME=$1
		SCOPE=machine-$1.scope
		SERVICE=systemd-nspawn
		ROOT=$MACHINES_DIR/$1
		ID=0123456789abcdef0123456789abcdef
		LEADER=$(nspawn_pid_of "$1")
		CLASS=container
		REALTIME=1700000000000000
		MONOTONIC=1000000
	END
}
nspawn_remove() { # NAME
	local hierarchy pid
	pid=$(nspawn_monitor_of "$1")
	rm -f "/run/systemd/machines/$1"
	kill -TERM "$pid" 2> /dev/null || :
	timeout 5 tail --pid="$pid" -s 0.05 -f /dev/null || kill -KILL "$pid"
	for hierarchy in $(nspawn_hierarchies); do
		[ ! -d "$hierarchy/nspawn-$1" ] || find "$hierarchy/nspawn-$1" -depth -type d -exec rmdir {} +
	done
	rm -rf "/run/systemd/nspawn/propagate/${1:?}"
}

machines_end() {
	local path name hierarchy
	[ -n "${MACHINES_DIR-}" ] || return 0
	while read -r path name; do lxc_remove "$path" "$name"; done < "$MACHINES_DIR/lxc.made"
	while read -r name _; do nspawn_remove "$name"; done < "$MACHINES_DIR/nspawn.made"
	# LXC leaves one for all its monitors.
	for hierarchy in /sys/fs/cgroup/*/lxc.pivot; do [ ! -d "$hierarchy" ] || rmdir "$hierarchy" 2> /dev/null || :; done
	rm -rf "$MACHINES_DIR"
}
