# SPDX-License-Identifier: GPL-2.0-or-later
# A container whose root attacks whoever comes, and a debugger that is easy prey, to see that the attack can succeed.
# shellcheck shell=bash

attack_container() { # NAME [OPTION...]: with the attacker at /attack
	local name=$1
	shift
	mkdir -p "$BATS_FILE_TMPDIR/attack"
	cp "$TOOLS/attacker" "$BATS_FILE_TMPDIR/attack/attacker"
	docker_run -v "$BATS_FILE_TMPDIR/attack:/attack:ro" "$@" "$name" debug-test/scratch
}
# What it got hold of is in $BATS_TEST_TMPDIR/loot.  It ends with its container, or with the test.
attack_begin() { # NAME ATTACK [ARGUMENT...]
	local name=$1
	shift
	docker exec "$name" /attack/attacker "$@" > "$BATS_TEST_TMPDIR/loot" 2>&1 < /dev/null 3>&- &
	ATTACK_CLIENT=$!
	for _ in $(seq 100); do
		ATTACKER=$(docker top "$name" -o pid,args | awk '/attacker/ { print $1 }')
		[ -z "$ATTACKER" ] || return 0
		sleep 0.05
	done
	cat "$BATS_TEST_TMPDIR/loot"
	return 1
}
attack_end() {
	[ -n "${ATTACKER-}" ] || return 0
	kill -KILL "$ATTACKER" || :
	wait "$ATTACK_CLIENT" || :
	ATTACKER=
}

# What a container's root types, in one that has a shell: an image like Alpine's, with more rights if it is said so.
# shellcheck disable=SC2034
ALMOST_PRIVILEGED=(--cap-add SYS_ADMIN --cap-add NET_ADMIN --cap-add SYS_PTRACE --cap-add DAC_READ_SEARCH
	--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined)
evil() { docker exec "$1" /bin/busybox sh -c "$2"; } # NAME SHELL-LINE

# The same without the engine, which itself relies on the container's /proc and /etc/passwd.
enter() { nsenter --target "$(docker_pid "$1")" --mount -- /bin/busybox sh -c "$2"; } # NAME SHELL-LINE

# From now on nothing below the directory answers; ends with the process $HUNG_PID.
hang() { # NAME DIRECTORY
	local line
	coproc HUNG { exec "$TOOLS/hung-fuse" "$(docker_pid "$1")" "$2" 3>&-; }
	read -r -t 10 -u "${HUNG[0]}" line
	[ "$line" = mounted ]
}

# A program of the host's in the container's pid namespace, with all that it has.
naive_debugger() { # NAME COMMAND...
	local name=$1
	shift
	nsenter --target "$(docker_pid "$name")" --pid "$@"
}

# Where a process that is traced to its end goes, for it is reaped only after whoever traces it is gone.
become_reaper() { # COMMAND...: stays for everything that comes of it; the command's status is in $BATS_TEST_TMPDIR/status
	exec python3 -c '
import ctypes, os, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
child = os.spawnvp(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
while True:
    try:
        pid, status = os.wait()
    except ChildProcessError:
        break
    if pid == child:
        with open(sys.argv[1] + ".new", "w") as file:
            print(os.waitstatus_to_exitcode(status), file=file)
        os.rename(sys.argv[1] + ".new", sys.argv[1])
' "$BATS_TEST_TMPDIR/status" "$@"
}
