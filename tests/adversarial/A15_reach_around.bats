# SPDX-License-Identifier: GPL-2.0-or-later
# A15: by what a container with too much leaves itself - release_agent, core_pattern, uevent_helper, sysctls, nodes of the
# host's disks - a session reaches no further than the container's own processes do (CVE-2022-0492, CVE-2022-0811).
# That the nodes would open, and the files be writable:
# weaken: src/6-join/view.c s/MOUNT_ATTR_RDONLY \| MOUNT_ATTR_NOSUID \| MOUNT_ATTR_NODEV/MOUNT_ATTR_NOSUID/
# weaken: src/6-join/view.c s/attr_set = MOUNT_ATTR_NOSUID \| MOUNT_ATTR_NODEV \| MOUNT_ATTR_NOATIME/attr_set = MOUNT_ATTR_NOATIME/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() {
	engines_start
	docker_run around-default debug-test/musl
	docker_run around-privileged "${ALMOST_PRIVILEGED[@]}" debug-test/musl
	for name in around-default around-privileged; do
		# A loop device, a RAM disk, a terminal, memory: numbers suffice, nothing of them is opened for writing.
		evil "$name" 'mkdir /nodes; cd /nodes; mknod loop b 7 0; mknod ram b 1 0; mknod disk b 8 0; mknod vda b 254 0; mknod mem c 1 1; mknod kmsg c 1 11; mknod fuse c 10 229; ln -s /nodes /dev/nodes; cp -a /nodes/* /dev/'
	done
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { assert_no_residue; }

# Which of them opens, for writing and without writing; which node can be made.
ATTEMPT='for file in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/vm/overcommit_memory /proc/sysrq-trigger /sys/kernel/uevent_helper \
		/sys/fs/cgroup/*/release_agent /sys/fs/cgroup/release_agent /proc/sys/kernel/ns_last_pid /proc/kcore /proc/1/mem; do
		[ ! -e "$file" ] || ! (exec 3>> "$file") 2> /dev/null || echo "writes $file"; done
	for node in loop ram disk vda mem kmsg fuse; do for directory in /nodes /dev; do
		! (exec 3< $directory/$node) 2> /dev/null || echo "reads $directory/$node"; done; done
	for directory in /tmp /app / /dev/shm /dev/toolbox/run; do [ ! -d $directory ] || ! mknod $directory/made b 7 0 2> /dev/null || { echo "makes a node"; rm $directory/made; }; done
	! mount -t tmpfs none /app 2> /dev/null || { echo mounts; umount /app; }'

@test "never further than the container's own" {
	for name in around-default around-privileged; do
		evil "$name" "$ATTEMPT" | sort > "$BATS_TEST_TMPDIR/target"
		cat "$BATS_TEST_TMPDIR/target"
		for options in '' '--write' '--profile sysadmin' '--write --profile sysadmin' '--profile app' '--user 65532'; do
			# shellcheck disable=SC2086
			"$DEBUG" $options "$name" -c "$ATTEMPT" | sort > "$BATS_TEST_TMPDIR/session"
			echo "$name $options:"
			[ -z "$(comm -13 "$BATS_TEST_TMPDIR/target" "$BATS_TEST_TMPDIR/session")" ]
			# And never as far: no node, no mount, and no file of the kernel's for writing without --write.
			run ! grep -E '^(reads|makes|mounts)' "$BATS_TEST_TMPDIR/session"
			[[ $options = *--write* ]] || [ ! -s "$BATS_TEST_TMPDIR/session" ]
		done
	done
	# The container with more rights does reach them.
	grep -q '^writes /proc/sys/kernel/core_pattern' "$BATS_TEST_TMPDIR/target"
	grep -q '^makes a node' "$BATS_TEST_TMPDIR/target"
}
