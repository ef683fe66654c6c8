# SPDX-License-Identifier: GPL-2.0-or-later
# A38: whoever may trace the session's first process, as root in a container with CAP_SYS_PTRACE and as the session itself, takes
# its descriptors and opens them again for writing: to do away with the session's limits, or to move into its control group.
# That they can be taken is shown by the list of members being among them.
# weaken: src/5-attach/cgroup.c s/MOUNT_ATTR_RDONLY \|//

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() {
	engines_start
	attack_container attack-cgroup --cap-add SYS_PTRACE
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { assert_no_residue; }

# Each descriptor of the parent's is opened again, and taken as it is; what is written would be a limit, or a process.
steal='
import ctypes, fcntl, os, sys
libc = ctypes.CDLL(None, use_errno=True)
parent = os.getppid()
pidfd = libc.syscall(434, parent, 0)
for name in sorted(os.listdir(f"/proc/{parent}/fd"), key=int):
    link = os.readlink(f"/proc/{parent}/fd/{name}")
    if "cgroup" not in link and "pids" not in link:
        continue
    taken = libc.syscall(438, pidfd, int(name), 0)
    mode = ["r", "w", "rw"][fcntl.fcntl(taken, fcntl.F_GETFL) & 3] if taken >= 0 else "none"
    again = "refused"
    for text in ["max", str(os.getpid())]:
        try:
            fd = os.open(f"/proc/{parent}/fd/{name}", os.O_WRONLY)
            again = "open"
            if not link.endswith("cgroup.kill"):
                os.write(fd, text.encode())
                again = "written"
        except OSError as why:
            again = why.strerror if again == "refused" else again
    print(os.path.basename(link), mode, again, sep=": ")
'

@test "nothing of the session's control group can be written but its end" {
	run -0 "$DEBUG" attack-cgroup -- python3 -c "$steal"
	echo "$output"
	grep -qx 'cgroup.procs: r: Read-only file system' <<< "$output"
	run ! grep -vE '^(cgroup.procs: r: Read-only file system|cgroup.kill: w: open)$' <<< "$output"
}

@test "the limit of processes holds while all that is tried" {
	"$DEBUG" attack-cgroup -c "python3 -c '$steal' > /dev/null; echo tried; sleep 2" > "$BATS_TEST_TMPDIR/out" 3>&- &
	for _ in $(seq 400); do [ ! -s "$BATS_TEST_TMPDIR/out" ] || break; sleep 0.02; done
	run -0 find /sys/fs/cgroup -maxdepth 3 -path "*/debug-*/pids.max" -exec cat {} +
	[ "$output" = 1024 ]
	wait
}

@test "a storm of forks does not outlive the session" {
	# shellcheck disable=SC2016
	run timeout 60 "$DEBUG" attack-cgroup -- python3 -c '
import os
for i in range(3):
    if os.fork() == 0:
        os.setsid()
        while True:
            if os.fork() == 0:
                continue
            os._exit(0)
os._exit(7)'
	[ "$status" -eq 7 ]
}

members() { find /sys/fs/cgroup -maxdepth 3 -path '*/debug-*/cgroup.procs' -exec cat {} +; }

@test "nor does it outlive debug and its helper, when both are killed" {
	local i
	"$DEBUG" attack-cgroup -- python3 -c '
import os, time
if os.fork() == 0:
    os.setsid()
    while True:
        if os.fork():
            os._exit(0)
print("begun", flush=True)
time.sleep(100)' > "$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	front=$!
	for _ in $(seq 400); do grep -q begun "$BATS_TEST_TMPDIR/out" && break; sleep 0.02; done
	helper=$(cat "/proc/$front/task/$front/children")
	helper=${helper%% *}
	[ -n "$(members)" ]
	kill -STOP "$helper" "$front"
	kill -KILL "$helper" "$front"
	wait "$front" || [ $? -eq 137 ]
	for i in $(seq 300); do [ -n "$(members)" ] || break; sleep 0.05; done
	echo "after $i looks: $(members)"
	[ -z "$(members)" ]
	# What is empty goes with the next one.
	"$DEBUG" attack-cgroup -- true
}
