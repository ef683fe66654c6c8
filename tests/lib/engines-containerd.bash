# SPDX-License-Identifier: GPL-2.0-or-later
# containerd for the system tests: Debian 12's, and newer ones that were unpacked into a directory.  Each has its
# own root, state and socket, and is ended by its pid.  Images are made FROM scratch, without a registry.
# shellcheck shell=bash

# Not below the tests' own directories: their paths are too long for the mount options of many layers.
CONTAINERD_HOME=${CONTAINERD_HOME:-/var/lib/debug-test-containerd}
CONTAINERD_IMAGE=localhost/debug-test/layers:1
CONTAINERD_PAUSE=localhost/debug-test/pause:1
CONTAINERD_NAMESPACES=(default k8s.io debug.test)
export CONTAINERD_IMAGE CONTAINERD_PAUSE

containerd_directory() { echo "$CONTAINERD_HOME/$1"; } # NAME
containerd_state() { cat "$CONTAINERD_HOME/$1/state"; }
containerd_socket() { echo "$(containerd_state "$1")/containerd.sock"; }
containerd_pid() { cat "$CONTAINERD_HOME/$1/pid"; }
containerd_task() { echo "$(containerd_state "$1")/io.containerd.runtime.v2.task/$2/$3"; } # NAME NAMESPACE ID
containerd_ctr() { # NAME ARGUMENT...
	local name=$1
	shift
	timeout 60 "$(cat "$CONTAINERD_HOME/$name/programs")/ctr" -a "$(containerd_socket "$name")" "$@"
}
containerd_cri() { # NAME ARGUMENT...
	local name=$1
	shift
	timeout 60 "$ROOT/tests/engines/cri" "$(containerd_socket "$name")" "$@"
}

# The programs of a newer Debian than this one; the runtimes stay this one's, for newer ones want a newer C library.
# They are Go's, and old systems can run them.  Prints the directory that they are in.
containerd_programs() { # SUITE
	echo "$("$ROOT/tests/engines/fetch" "$1" containerd)/usr/bin"
}

# An unpacked archive of an image in OCI's layout: two layers, the program and something to look at.
containerd_blob() { # DIRECTORY FILE: moves it to where its content says, and prints its descriptor's middle
	local digest
	digest=$(sha256sum < "$2" | cut -d ' ' -f 1)
	printf '"digest":"sha256:%s","size":%s' "$digest" "$(stat -c %s "$2")"
	mv "$2" "$1/blobs/sha256/$digest"
}
containerd_layer() { # WORK ROOT: a layer of what is in ROOT; prints the digest of the plain archive
	tar -C "$2" --sort=name --mtime=@1000000000 --owner=0 --group=0 -cf "$1/layer" .
	sha256sum < "$1/layer" | cut -d ' ' -f 1
}
containerd_archive() { # IMAGE FILE [LAYERS]: more than the two that every image has
	local work number media=application/vnd.oci.image diffs=() layers=() config manifest
	work=$(mktemp -d)
	mkdir -p "$work/oci/blobs/sha256" "$work/1/app" "$work/2/etc" "$work/2/data/inner"
	cp "$TOOLS/target" "$work/1/app/server"
	printf 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' > "$work/2/etc/passwd"
	echo content > "$work/2/data/inner/file"
	ln -s inner/file "$work/2/data/link"
	for number in $(seq "${3-2}"); do
		mkdir -p "$work/$number/layers"
		echo "$number" > "$work/$number/layers/$number"
		diffs+=("\"sha256:$(containerd_layer "$work" "$work/$number")\"")
		layers+=("{\"mediaType\":\"$media.layer.v1.tar\",$(containerd_blob "$work/oci" "$work/layer")}")
	done
	printf '{"architecture":"%s","os":"linux","config":{"Entrypoint":["/app/server","server"],"WorkingDir":"/app","Env":["PATH=/app"]},
		"rootfs":{"type":"layers","diff_ids":[%s]},"history":[]}' "$(dpkg --print-architecture)" "$(IFS=,; echo "${diffs[*]}")" > "$work/config"
	config=$(containerd_blob "$work/oci" "$work/config")
	printf '{"schemaVersion":2,"mediaType":"%s.manifest.v1+json","config":{"mediaType":"%s.config.v1+json",%s},"layers":[%s]}' \
		"$media" "$media" "$config" "$(IFS=,; echo "${layers[*]}")" > "$work/manifest"
	manifest=$(containerd_blob "$work/oci" "$work/manifest")
	printf '{"schemaVersion":2,"manifests":[{"mediaType":"%s.manifest.v1+json",%s,
		"annotations":{"io.containerd.image.name":"%s","org.opencontainers.image.ref.name":"%s"}}]}' \
		"$media" "$manifest" "$1" "${1##*:}" > "$work/oci/index.json"
	echo '{"imageLayoutVersion":"1.0.0"}' > "$work/oci/oci-layout"
	tar -C "$work/oci" -cf "$2" .
	rm -r "$work"
}

# The settings are in version 2, which newer ones read too.
containerd_configuration() { # DIRECTORY STATE RUNTIME
	cat <<- END
		version = 2
		root = "$1/root"
		state = "$2"
		[grpc]
		  address = "$2/containerd.sock"
		[ttrpc]
		  address = "$2/containerd.sock.ttrpc"
		[plugins."io.containerd.internal.v1.opt"]
		  path = "$1/opt"
		[plugins."io.containerd.grpc.v1.cri"]
		  sandbox_image = "$CONTAINERD_PAUSE"
		  # What it reads for its statistics changes times of access.
		  stats_collect_period = 100000
		  restrict_oom_score_adj = true
		  disable_apparmor = true
		  enable_selinux = false
		[plugins."io.containerd.grpc.v1.cri".containerd]
		  default_runtime_name = "runc"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
		  runtime_type = "io.containerd.runc.v2"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.crun]
		  runtime_type = "io.containerd.runc.v2"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.crun.options]
		  BinaryName = "$1/bin/crun"
		[plugins."io.containerd.grpc.v1.cri".cni]
		  bin_dir = "$1/cni"
		  conf_dir = "$1/cni"
	END
}

containerd_start() { # NAME [STATE-DIRECTORY [DIRECTORY-OF-PROGRAMS]]
	local name=$1 state=${2:-/run/debug-test-containerd/$1} programs=${3:-/usr/bin} directory=$CONTAINERD_HOME/$1 namespace image
	if [ -e "$state/containerd.sock" ] && timeout 5 ctr -a "$state/containerd.sock" version > /dev/null 2>&1; then
		echo "another containerd has its state in $state" >&2
		return 1
	fi
	mkdir -p "$directory" "$state"
	# As containerd makes it where no shim was before it: roots of other users are below.
	chmod 711 "$state"
	containerd_crun "$name" > /dev/null
	echo "$state" > "$directory/state"
	echo "$programs" > "$directory/programs"
	containerd_configuration "$directory" "$state" > "$directory/config.toml"
	containerd_serve "$name" || return 1
	for image in "$CONTAINERD_IMAGE" "$CONTAINERD_PAUSE"; do
		for namespace in "${CONTAINERD_NAMESPACES[@]}"; do containerd_import "$name" "$namespace" "$image" || return 1; done
	done
}
containerd_import() { # NAME NAMESPACE IMAGE [LAYERS]
	local directory=$CONTAINERD_HOME/$1
	containerd_archive "$3" "$directory/image.tar" "${4-2}"
	containerd_ctr "$1" -n "$2" images import "$directory/image.tar" > "$directory/import" 2>&1 ||
		{ cat "$directory/import"; return 1; }
}

# The process, without what it serves: also to start it again after it was killed.
containerd_serve() { # NAME
	local directory=$CONTAINERD_HOME/$1 programs
	programs=$(cat "$directory/programs")
	PATH=$programs:$PATH "$programs/containerd" -c "$directory/config.toml" > "$directory/log" 2>&1 3>&- &
	echo $! > "$directory/pid"
	# Its end is no news for the shell that started it.
	disown $!
	for _ in $(seq 100); do
		containerd_ctr "$1" version > /dev/null 2>&1 && return 0
		sleep 0.1
	done
	tail -n 20 "$directory/log"
	return 1
}

containerd_run() { # NAME NAMESPACE ID [OPTION...]: a container of the image, in a cgroup of its own
	local name=$1 namespace=$2 id=$3
	shift 3
	containerd_ctr "$name" -n "$namespace" run -d --null-io "$@" "${IMAGE-$CONTAINERD_IMAGE}" "$id"
}

# crun refuses this machine's mixture of both kinds of cgroups, so it does not see the newer kind.  The program
# is named for what it runs, as containerd's files name it.
containerd_crun() { # NAME: prints the path of a crun that works
	local directory=$CONTAINERD_HOME/$1/bin
	mkdir -p "$directory"
	cat > "$directory/crun" <<- 'END'
		#!/bin/sh
		exec unshare --mount --propagation slave sh -c '
			! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified
			exec /usr/bin/crun "$@"' crun "$@"
	END
	chmod +x "$directory/crun"
	echo "$directory/crun"
}

# What nerdctl writes for `nerdctl run --name NAME`: all of its labels are annotations too.
containerd_run_nerdctl() { # NAME NAMESPACE ID CONTAINER-NAME
	local key value options=()
	while read -r key value; do
		options+=(--annotation "nerdctl/$key=$value" --label "nerdctl/$key=$value")
	done <<- END
		namespace $2
		name $4
		hostname ${3:0:12}
		domainname
		extraHosts null
		state-dir /var/lib/nerdctl/1935db59/containers/$2/$3
		networks ["none"]
		platform linux/amd64
		log-uri binary:///usr/bin/nerdctl?_NERDCTL_INTERNAL_LOGGING=/var/lib/nerdctl/1935db59
	END
	containerd_run "$1" "$2" "$3" "${options[@]}"
}
containerd_task_pid() { # NAME NAMESPACE ID
	containerd_ctr "$1" -n "$2" tasks ls | awk -v id="$3" '$1 == id { print $2 }'
}
containerd_status() { # NAME NAMESPACE ID: RUNNING, PAUSED or STOPPED; nothing without a task
	containerd_ctr "$1" -n "$2" tasks ls | awk -v id="$3" '$1 == id { print $3 }'
}

# Pods, by the names that the tests know them by.
containerd_pod() { # NAME NAMESPACE POD [OPTION...]: its sandbox
	local name=$1 namespace=$2 pod=$3
	shift 3
	containerd_cri "$name" run-pod "$namespace" "$pod" "$(cat /proc/sys/kernel/random/uuid)" "$@" > "$CONTAINERD_HOME/$name/pod-$namespace-$pod"
}
containerd_pod_id() { cat "$CONTAINERD_HOME/$1/pod-$2-$3"; } # NAME NAMESPACE POD
containerd_pod_run() { # NAME NAMESPACE POD CONTAINER [ATTEMPT [ARGUMENT...]]: prints the id of the container
	local name=$1 namespace=$2 pod=$3 container=$4 attempt=${5-0} id
	shift $(($# < 5 ? 4 : 5))
	id=$(containerd_cri "$name" create "$(containerd_pod_id "$name" "$namespace" "$pod")" "$container" "$attempt" "$CONTAINERD_IMAGE" "$@") || return 1
	containerd_cri "$name" start "$id"
	echo "$id" | tee "$CONTAINERD_HOME/$name/container-$namespace-$pod-$container"
}
containerd_pod_container() { cat "$CONTAINERD_HOME/$1/container-$2-$3-$4"; } # NAME NAMESPACE POD CONTAINER
containerd_wait_for_end() { # NAME NAMESPACE ID
	for _ in $(seq 100); do
		[[ "$(containerd_status "$1" "$2" "$3")" != RUNNING ]] && return 0
		sleep 0.05
	done
	return 1
}

# What a session may not change of the snapshots: every entry's metadata, times included; a first look is for the times of
# directories, which it reads.
containerd_layers() { # NAME
	local place=$CONTAINERD_HOME/$1/root/io.containerd.snapshotter.v1.overlayfs/snapshots
	find "$place" > /dev/null
	find "$place" -mindepth 1 -printf '%P %y %m %U %G %s %n %i %A@ %T@ %C@\n' | sort
}
containerd_records() { # NAME: what containerd itself knows of
	local namespace
	for namespace in "${CONTAINERD_NAMESPACES[@]}"; do
		containerd_ctr "$1" -n "$namespace" snapshots ls
		containerd_ctr "$1" -n "$namespace" leases ls
		containerd_ctr "$1" -n "$namespace" containers ls
		containerd_ctr "$1" -n "$namespace" tasks ls
		containerd_ctr "$1" -n "$namespace" images ls -q
		containerd_ctr "$1" -n "$namespace" content ls -q
	done | sort
}
containerd_end() { # NAME NAMESPACE ID: its process ends, the container stays
	containerd_ctr "$1" -n "$2" tasks rm -f "$3" > /dev/null
}
containerd_remove() { # NAME NAMESPACE ID
	containerd_ctr "$1" -n "$2" tasks rm -f "$3" > /dev/null 2>&1 || :
	containerd_ctr "$1" -n "$2" containers rm "$3" > /dev/null
}

# Everything that was made, in every namespace; the sandboxes of pods by the CRI, for it remembers them.
containerd_clean() { # NAME
	local namespace id pod cgroup
	for pod in "$(containerd_socket "$1")".pod-*; do
		[ -e "$pod" ] || continue
		cgroup=$(jq -r .cgroup "$pod")
		containerd_cri "$1" stop-pod "${pod##*.pod-}" || :
		containerd_cri "$1" remove-pod "${pod##*.pod-}" || :
		# Made by a kubelet, and removed by it.
		rmdir /sys/fs/cgroup/{,*}"$cgroup" 2> /dev/null || :
	done
	for namespace in "${CONTAINERD_NAMESPACES[@]}"; do
		for id in $(containerd_ctr "$1" -n "$namespace" containers ls -q); do
			containerd_remove "$1" "$namespace" "$id" || :
		done
	done
}

containerd_stop() { # NAME
	local directory=$CONTAINERD_HOME/$1 state pid namespace
	[ -e "$directory/pid" ] || return 0
	state=$(containerd_state "$1") pid=$(containerd_pid "$1")
	kill -CONT "$pid" 2> /dev/null && containerd_clean "$1"
	kill "$pid" 2> /dev/null && timeout 10 tail --pid="$pid" -s 0.05 -f /dev/null
	# Not the whole directory: other engines keep the sockets of their shims in /run/containerd.
	rm -rf "$state"/io.containerd.* "$state"/containerd.sock* "$state/pods" "$directory"
	rmdir -p "$state" "$CONTAINERD_HOME" 2> /dev/null || :
	for namespace in "${CONTAINERD_NAMESPACES[@]}" kubepods/besteffort kubepods; do
		rmdir /sys/fs/cgroup/{,*/}"$namespace" "/run/containerd/runc/$namespace" 2> /dev/null || :
	done
}
