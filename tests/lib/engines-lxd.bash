# SPDX-License-Identifier: GPL-2.0-or-later
# LXD for the system tests: Debian's package, unpacked but not installed, as it would start daemons and change the
# host's network.  The daemon keeps everything below $LXD_DIR, and its mounts to itself.
# shellcheck shell=bash

lxd_begin() {
	LXD_HOME=$(mktemp -d /var/tmp/debug-test-lxd.XXXXXX)
	LXD_DIR=$LXD_HOME/state
	export LXD_HOME LXD_DIR
	chmod 0711 "$LXD_HOME"
	mkdir "$LXD_DIR" "$LXD_HOME/bin" "$LXD_HOME/unpacked"
	lxd_unpack lxd lxd-client libdqlite0 libraft2 squashfs-tools liblzo2-2 attr rsync libpopt0
	lxd_link_programs
	lxd_start
	lxd_command storage create default dir
	lxd_import
}

lxd_unpack() { # PACKAGE...
	local cache=$ROOT/.cache/images package
	mkdir -p "$cache"
	for package; do
		compgen -G "$cache/${package}_*.deb" > /dev/null || (cd "$cache" && apt-get download -qq "$package" 2> "$LXD_HOME/download") ||
			{ cat "$LXD_HOME/download"; return 1; }
		dpkg-deb -x "$cache/$package"_*.deb "$LXD_HOME/unpacked"
	done
}

# All that the daemon starts.  newuidmap is not among it: with it, LXD would want root's ranges in /etc/subuid.
lxd_link_programs() {
	local program
	for program in tar xz sh mount umount cat; do ln -s "$(command -v "$program")" "$LXD_HOME/bin/"; done
	for program in lxd lxc unsquashfs rsync getfattr setfattr; do ln -s "$LXD_HOME/unpacked/usr/bin/$program" "$LXD_HOME/bin/"; done
}

# bash would look for programs in the new PATH: hence `env', which is found before.
lxd_exec() { # PROGRAM...
	exec env PATH="$LXD_HOME/bin:/usr/sbin:/sbin" HOME="$LXD_HOME" LD_LIBRARY_PATH="$LXD_HOME/unpacked/usr/lib/x86_64-linux-gnu" "$@" \
		< /dev/null 3>&-
}
lxd_program() { (lxd_exec "$@"); }
lxd_command() { # as the client lxc takes it
	lxd_program /usr/bin/timeout 60 lxc "$@" > "$LXD_HOME/client.log" 2>&1 || { cat "$LXD_HOME/client.log"; return 1; }
}

lxd_start() {
	# Every step replaces the one before: the process is the daemon itself.
	lxd_exec /usr/bin/unshare --mount --propagation private lxd --group root > "$LXD_HOME/daemon.log" 2>&1 &
	echo $! > "$LXD_HOME/daemon"
	lxd_program /usr/bin/timeout 60 lxd waitready > "$LXD_HOME/client.log" 2>&1 || { cat "$LXD_HOME/daemon.log"; return 1; }
}

lxd_import() {
	local image=$LXD_HOME/image
	machine_root "$image/rootfs"
	# LXD binds its own over it.
	mkdir "$image/rootfs/sbin"
	printf '%s\n' 'architecture: x86_64' 'creation_date: 1700000000' 'properties:' '  os: scratch' > "$image/metadata.yaml"
	tar -C "$image" -cf "$LXD_HOME/image.tar" .
	lxd_command image import "$LXD_HOME/image.tar" --alias scratch
}

lxd_project() { lxd_command project create "$1" -c features.images=false -c features.profiles=false; } # NAME

lxd_add() { # PROJECT NAME [OPTION...]: running; unprivileged unless the options say otherwise
	local project=$1 name=$2
	shift 2
	lxd_command init scratch "$name" --project "$project" --storage default -c raw.lxc='lxc.init.cmd = /app/server server' "$@"
	lxd_command start "$name" --project "$project"
	echo "$project $name" >> "$LXD_HOME/made"
}
lxd_pid_of() { # PROJECT NAME
	lxd_program /usr/bin/timeout 60 lxc query "/1.0/instances/$2/state?project=$1" | jq .pid
}
lxd_daemon_suspend() { kill -STOP "$(cat "$LXD_HOME/daemon")"; }
lxd_daemon_resume() { kill -CONT "$(cat "$LXD_HOME/daemon")"; }

lxd_end() {
	local project name pid hierarchy
	[ -n "${LXD_HOME-}" ] || return 0
	if [ -e "$LXD_HOME/made" ]; then
		while read -r project name; do lxd_command stop --force "$name" --project "$project" || :; done < "$LXD_HOME/made"
	fi
	if [ -e "$LXD_HOME/daemon" ]; then
		pid=$(cat "$LXD_HOME/daemon")
		kill -TERM "$pid" 2> /dev/null || :
		timeout 20 tail --pid="$pid" -s 0.05 -f /dev/null || kill -KILL "$pid"
	fi
	for hierarchy in /sys/fs/cgroup/*/lxc.pivot; do [ ! -d "$hierarchy" ] || rmdir "$hierarchy" 2> /dev/null || :; done
	rm -rf "$LXD_HOME"
}
