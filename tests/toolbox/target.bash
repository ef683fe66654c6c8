#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A target with one of the roots of tests/toolbox/roots: target.bash ROOT-DIRECTORY, in new namespaces for mounts,
# processes, network, host name and IPC.  Prints "ready" and becomes the first process of the target.
#
# Its environment is hostile: what it says about libraries and modules is true for no tool.
set -euo pipefail
stage=$(dirname "$1")/stage
lower=$1

ip link set lo up
hostname target
mkdir -p "$stage"
mount -t tmpfs -o mode=0755 tmpfs "$stage"
mkdir "$stage/upper" "$stage/work" "$stage/root"
mount -t overlay -o "lowerdir=$lower,upperdir=$stage/upper,workdir=$stage/work" overlay "$stage/root"
cd "$stage/root"

mount -t proc -o nosuid,nodev,noexec proc proc
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
mount -t tmpfs -o mode=0755,nosuid tmpfs dev
while read -r name major minor; do
	mknod -m 0666 "dev/$name" c "$major" "$minor"
done <<- END
	null 1 3
	zero 1 5
	full 1 7
	random 1 8
	urandom 1 9
	tty 5 0
END
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,nosuid,noexec devpts dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd

pivot_root . old
cd /
unset OLDPWD SHLVL
export -n PWD
export LD_PRELOAD=/no/such/library.so LD_LIBRARY_PATH=/hostile LD_AUDIT=/no/such/audit.so
export PYTHONHOME=/hostile PYTHONPATH=/hostile PYTHONSTARTUP=/hostile/start.py
PATH=/usr/bin:/bin
exec /app/server
