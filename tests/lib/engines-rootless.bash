# SPDX-License-Identifier: GPL-2.0-or-later
# A user's own Docker, in the user namespace that rootlesskit makes: the user $ROOTLESS_USER, made for this and removed by
# rootless_end.  It has a home below $ROOTLESS_DIR and /run/user/UID; the daemon's socket is where `debug` looks by itself.
# shellcheck shell=bash

rootless_begin() {
	# Not bats' own directory, which the user may not enter.
	ROOTLESS_DIR=$(mktemp -d /var/tmp/debug-test-rootless.XXXXXX)
	ROOTLESS_USER=debug-test-$$
	chmod 0711 "$ROOTLESS_DIR"
	useradd --home-dir "$ROOTLESS_DIR/home" --shell /bin/sh "$ROOTLESS_USER"
	ROOTLESS_UID=$(id -u "$ROOTLESS_USER")
	export ROOTLESS_DIR ROOTLESS_USER ROOTLESS_UID
	install -d -m 0755 /run/user
	install -d -m 0700 -o "$ROOTLESS_USER" -g "$ROOTLESS_USER" "$ROOTLESS_DIR/home" "/run/user/$ROOTLESS_UID"
	rootless_start
	docker save debug-test/scratch > "$ROOTLESS_DIR/image.tar"
	rootless load < "$ROOTLESS_DIR/image.tar" > /dev/null
}

rootless_start() {
	local runtime=/run/user/$ROOTLESS_UID home=$ROOTLESS_DIR/home
	# No bridge, as the user has no network of its own; its containers' limits cannot be raised.
	(cd "$home" && exec setpriv --reuid="$ROOTLESS_USER" --regid="$ROOTLESS_USER" --clear-groups \
		env -i HOME="$home" XDG_RUNTIME_DIR="$runtime" PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		rootlesskit --net=host --copy-up=/etc --copy-up=/run --propagation=rslave --state-dir "$runtime/rootlesskit" \
		sh -c 'rm -f /run/docker /run/containerd /run/xtables.lock; exec dockerd "$@"' sh \
		--rootless --exec-root "$runtime/docker" --data-root "$home/docker" -H "unix://$runtime/docker.sock" \
		--pidfile "$runtime/docker.pid" --storage-driver vfs --iptables=false --bridge=none) \
		< /dev/null > "$ROOTLESS_DIR/log" 2>&1 3>&- 4>&- &
	echo "$!" > "$ROOTLESS_DIR/kit"
	for _ in $(seq 200); do
		! rootless version > /dev/null 2>&1 || return 0
		sleep 0.1
	done
	tail -n 20 "$ROOTLESS_DIR/log"
	return 1
}

rootless() { docker -H "unix:///run/user/$ROOTLESS_UID/docker.sock" "$@"; }
rootless_run() { # NAME [OPTION...]
	rootless run -d --name "$1" --network none --ulimit nofile=1024:1024 "${@:2}" debug-test/scratch > /dev/null
}
rootless_pid() { rootless inspect -f '{{.State.Pid}}' "$1"; }
rootless_id() { rootless inspect -f '{{.Id}}' "$1"; }
rootless_daemon() { cat "/run/user/$ROOTLESS_UID/docker.pid"; }

# The processes of the user, each once: those left when the daemon has ended would keep the user's name in use.
rootless_processes() { ps -o pid= -u "$ROOTLESS_UID"; }

rootless_end() {
	local i pid
	[ -n "${ROOTLESS_UID-}" ] || return 0
	kill -CONT "$(rootless_daemon)" || :
	for pid in $(rootless ps -aq); do rootless rm -f "$pid" > /dev/null || :; done
	kill "$(rootless_daemon)" || :
	for i in $(seq 100); do
		[ -n "$(rootless_processes)" ] || break
		# What has not ended by itself within half of the time.
		[ "$i" -ne 50 ] || rootless_processes | xargs -r kill -KILL || :
		sleep 0.1
	done
	rm -rf "/run/user/$ROOTLESS_UID" "$ROOTLESS_DIR"
	userdel "$ROOTLESS_USER"
}
