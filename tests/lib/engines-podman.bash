# SPDX-License-Identifier: GPL-2.0-or-later
# Podman for the system tests.  Containers are made by one of four commands, each with its own place on disk:
#   podman_default        where a root's Podman keeps them, which `debug` must know by itself
#   podman_private        storage below $PODMAN_DIR, which only the container's monitor tells about
#   podman_rootless       an ordinary user's, in the home and /run/user/UID of the user $PODMAN_USER
#   podman_rootless_vfs   the same user's, with the storage driver that copies
# What podman_add makes is remembered with its command; podman_end removes it, and the user.
# shellcheck shell=bash

PODMAN_IMAGE=localhost/debug-test/podman
export PODMAN_IMAGE

podman_begin() { # [rootless]
	# Not bats' own directory, which the rootless user may not enter.
	PODMAN_DIR=$(mktemp -d /var/tmp/debug-test-podman.XXXXXX)
	CONTAINERS_CONF=$PODMAN_DIR/containers.conf
	export PODMAN_DIR CONTAINERS_CONF
	mkdir "$PODMAN_DIR/bin" "$PODMAN_DIR/content" "$PODMAN_DIR/content/app"
	chmod 0711 "$PODMAN_DIR"
	# Limits are given because a root without CAP_SYS_RESOURCE may not raise them, not even a pod's first container.
	cat > "$CONTAINERS_CONF" <<- END
		[containers]
		default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		runtime = "runc"
	END
	podman_make_crun
	cp "$TOOLS/target" "$PODMAN_DIR/content/app/server"
	echo 'of the image' > "$PODMAN_DIR/content/note"
	tar -C "$PODMAN_DIR/content" --sort=name --mtime=@0 --owner=0 --group=0 -cf "$PODMAN_DIR/image.tar" .
	podman_import podman_default
	podman_import podman_private
	[ "${1-}" != rootless ] || podman_make_user
}

# crun refuses a hierarchy of version 2 with controllers beside those of version 1, so it does not see it.
podman_make_crun() {
	cat > "$PODMAN_DIR/bin/crun" <<- 'END'
		#!/bin/sh
		mountpoint -q /sys/fs/cgroup/unified || exec /usr/bin/crun "$@"
		exec unshare --mount --propagation slave sh -c 'umount /sys/fs/cgroup/unified && exec /usr/bin/crun "$@"' crun "$@"
	END
	chmod +x "$PODMAN_DIR/bin/crun"
}

podman_make_user() {
	# One for each run, as what a run that was killed left may still be in use.
	PODMAN_USER=debug-test-$$
	useradd --home-dir "$PODMAN_DIR/home" --shell /bin/sh "$PODMAN_USER"
	PODMAN_UID=$(id -u "$PODMAN_USER")
	export PODMAN_USER PODMAN_UID
	install -d -m 0755 /run/user
	install -d -m 0700 -o "$PODMAN_USER" -g "$PODMAN_USER" "$PODMAN_DIR/home" "/run/user/$PODMAN_UID"
	install -d -o "$PODMAN_USER" -g "$PODMAN_USER" "$PODMAN_DIR/home/.config" "$PODMAN_DIR/home/.config/containers"
	printf '[storage]\ndriver = "overlay"\n' > "$PODMAN_DIR/home/.config/containers/storage.conf"
	podman_import podman_rootless
	podman_import podman_rootless_vfs
}

podman_as_user() { # COMMAND...: with the environment that a login would give
	(cd "$PODMAN_DIR/home" && exec setpriv --reuid="$PODMAN_USER" --regid="$PODMAN_USER" --clear-groups \
		env -i HOME="$PODMAN_DIR/home" USER="$PODMAN_USER" XDG_RUNTIME_DIR="/run/user/$PODMAN_UID" PATH="$PATH" \
		CONTAINERS_CONF="$CONTAINERS_CONF" "$@")
}

# The four places --------------------------------------------------------------------------------------

podman_default() { timeout "${PODMAN_SECONDS:-60}" podman "$@" 3>&-; }
podman_private() {
	timeout "${PODMAN_SECONDS:-60}" podman --root "$PODMAN_DIR/storage" --runroot "$PODMAN_DIR/run" --tmpdir "$PODMAN_DIR/tmp" "$@" 3>&-
}
podman_rootless() { podman_as_user timeout "${PODMAN_SECONDS:-60}" podman "$@" 3>&-; }
podman_rootless_vfs() {
	podman_as_user timeout "${PODMAN_SECONDS:-60}" podman --storage-driver vfs --root "$PODMAN_DIR/home/vfs" --runroot "/run/user/$PODMAN_UID/vfs" \
		--tmpdir "/run/user/$PODMAN_UID/vfs-tmp" "$@" 3>&-
}

podman_import() { # PLACE
	"$1" import -c 'ENTRYPOINT ["/app/server", "server"]' -c 'WORKDIR /app' -c 'LABEL debug.test=1' - "$PODMAN_IMAGE" \
		< "$PODMAN_DIR/image.tar" > /dev/null 2> "$PODMAN_DIR/import" || { cat "$PODMAN_DIR/import" >&2; return 1; }
}

# Containers and pods ----------------------------------------------------------------------------------

podman_add() { # PLACE NAME [OPTION...]: a running container without a network
	local place=$1 name=$2
	shift 2
	"$place" rm -f -t 0 "$name" > /dev/null 2>&1 || :
	"$place" run -d --name "$name" --network none "$@" "$PODMAN_IMAGE" > "$PODMAN_DIR/id"
	echo "$place rm $(cat "$PODMAN_DIR/id")" >> "$PODMAN_DIR/made"
}
podman_add_created() { # PLACE NAME [OPTION...]: made, never started
	local place=$1 name=$2
	shift 2
	"$place" rm -f -t 0 "$name" > /dev/null 2>&1 || :
	"$place" create --name "$name" --network none "$@" "$PODMAN_IMAGE" > "$PODMAN_DIR/id"
	echo "$place rm $(cat "$PODMAN_DIR/id")" >> "$PODMAN_DIR/made"
}
podman_add_stopped() { podman_add "$@" && "$1" stop -t 0 "$2" > /dev/null; } # PLACE NAME [OPTION...]
podman_add_paused() { podman_add "$@" && "$1" pause "$2" > /dev/null; }      # PLACE NAME [OPTION...]

# A pod whose infra container is of the tests' own image, as no pause image can be fetched, and one container in it.
podman_add_pod() { # PLACE POD CONTAINER [OPTION...]
	local place=$1 pod=$2 name=$3
	shift 3
	"$place" pod rm -f -t 0 "$pod" > /dev/null 2>&1 || :
	"$place" pod create --name "$pod" --infra-image "$PODMAN_IMAGE" --infra-command '/app/server server' --network none \
		> "$PODMAN_DIR/id"
	echo "$place pod $(cat "$PODMAN_DIR/id")" >> "$PODMAN_DIR/made"
	"$place" run -d --pod "$pod" --name "$name" "$@" "$PODMAN_IMAGE" > "$PODMAN_DIR/id"
}

podman_field() { "$1" inspect -f "$3" "$2"; } # PLACE NAME FORMAT
podman_id_of() { podman_field "$1" "$2" '{{.Id}}'; }
podman_pid_of() { podman_field "$1" "$2" '{{.State.Pid}}'; }
podman_monitor_of() { podman_field "$1" "$2" '{{.State.ConmonPid}}'; }

# Podman has no service that containers depend on, but one that may be asked, and may hang --------------

podman_service_start() { # PLACE SOCKET
	[ -d "${2%/*}" ] || mkdir "${2%/*}"
	echo "$2" > "$PODMAN_DIR/socket"
	PODMAN_SECONDS=600 "$1" system service --time 0 "unix://$2" > "$PODMAN_DIR/service.log" 2>&1 3>&- &
	for _ in $(seq 100); do
		[ ! -S "$2" ] || break
		sleep 0.05
	done
	[ -S "$2" ] || { cat "$PODMAN_DIR/service.log"; return 1; }
	# Found by the socket, as other programs stand between it and the shell.
	ss -xlpH src "$2" | sed -n 's/.*pid=\([0-9]*\).*/\1/p' | head -n 1 > "$PODMAN_DIR/service"
	[ -s "$PODMAN_DIR/service" ]
}
podman_service_suspend() { kill -STOP "$(cat "$PODMAN_DIR/service")"; }
podman_service_end() {
	[ -e "$PODMAN_DIR/service" ] || return 0
	kill -KILL "$(cat "$PODMAN_DIR/service")" || :
	rm -f "$PODMAN_DIR/service" "$(cat "$PODMAN_DIR/socket")"
}

# What stopped containers and images leave on disk -------------------------------------------------------

podman_graph_of() { "$1" info -f '{{.Store.GraphRoot}}'; } # PLACE
podman_layers_of() { # PLACE: the directory that has all layers, read-only ones and writable ones
	echo "$(podman_graph_of "$1")/$("$1" info -f '{{.Store.GraphDriverName}}')"
}
# Every file below DIRECTORY with all its metadata and content.  Looking changes nothing, not even access times, but those
# of symbolic links, which no call keeps: they are left out.
tree_fingerprint() { # DIRECTORY...
	python3 - "$@" <<- 'END'
		import hashlib, os, stat, sys
		def look(path):
		    s = os.lstat(path)
		    facts = [path, s.st_ino, oct(s.st_mode), s.st_nlink, s.st_uid, s.st_gid, s.st_rdev, s.st_size, s.st_mtime_ns, s.st_ctime_ns]
		    if not stat.S_ISLNK(s.st_mode):
		        facts.append(s.st_atime_ns)
		    facts += [(n, os.getxattr(path, n, follow_symlinks=False)) for n in sorted(os.listxattr(path, follow_symlinks=False))]
		    names = []
		    if stat.S_ISLNK(s.st_mode):
		        facts.append(os.readlink(path))
		    elif stat.S_ISREG(s.st_mode) or stat.S_ISDIR(s.st_mode):
		        fd = os.open(path, os.O_RDONLY | os.O_NOATIME | os.O_NOFOLLOW)
		        if stat.S_ISDIR(s.st_mode):
		            names = sorted(os.listdir(fd))
		        else:
		            with open(fd, 'rb', closefd=False) as f:
		                facts.append(hashlib.sha256(f.read()).hexdigest())
		        os.close(fd)
		    print(*facts)
		    for name in names:
		        look(os.path.join(path, name))
		for path in sys.argv[1:]:
		    look(path)
	END
}

# The end ------------------------------------------------------------------------------------------------

podman_remove_made() {
	local place kind id
	[ -e "$PODMAN_DIR/made" ] || return 0
	while read -r place kind id; do
		case $kind in
		pod) "$place" pod rm -f -t 0 "$id" > /dev/null 2>&1 || : ;;
		*)
			"$place" rm -f -t 0 "$id" > /dev/null 2>&1 || :
			# Left by Podman if the container's monitor was killed.
			[ ! -d "/run/runc/$id" ] || runc delete -f "$id"
			;;
		esac
	done < "$PODMAN_DIR/made"
	rm "$PODMAN_DIR/made"
}

podman_remove_user() {
	local directory
	[ -n "${PODMAN_UID-}" ] || return 0
	for directory in libpod/tmp vfs-tmp; do
		# The process that keeps the user's namespaces.
		[ ! -e "/run/user/$PODMAN_UID/$directory/pause.pid" ] || kill "$(cat "/run/user/$PODMAN_UID/$directory/pause.pid")" || :
	done
	for _ in $(seq 100); do
		userdel "$PODMAN_USER" 2> "$PODMAN_DIR/userdel" && break
		sleep 0.05
	done
	rm -rf "/run/user/$PODMAN_UID"
	! id "$PODMAN_USER" > /dev/null 2>&1 || { cat "$PODMAN_DIR/userdel"; return 1; }
}

podman_end() {
	[ -n "${PODMAN_DIR-}" ] || return 0
	podman_service_end
	podman_remove_made
	podman_default rmi "$PODMAN_IMAGE" > /dev/null 2>&1 || :
	# Mounted by Podman over itself, to be private.
	! mountpoint -q "$PODMAN_DIR/storage/overlay" || umount "$PODMAN_DIR/storage/overlay"
	podman_remove_user
	rm -rf "$PODMAN_DIR"
}
