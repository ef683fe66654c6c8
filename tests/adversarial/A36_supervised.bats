# SPDX-License-Identifier: GPL-2.0-or-later
# A36: system calls of the target wait for a supervisor that never answers (seccomp_unotify(2)).  A session's do not; and
# where it shall have the target's filter, which the kernel shows to nobody, it has one of ours in its place.
# That they do is shown on a child of the target.
# weaken: src/3-grant/grant.c s/has_filter \? GRANT_FILTER_CONTAINER/has_filter ? GRANT_FILTER_SESSION/

bats_require_minimum_version 1.5.0

load ../lib/common

setup() { residue_begin; }
teardown() {
	[ -z "${TARGET-}" ] || { kill -KILL "$TARGET" && wait "$TARGET" || :; }
	assert_no_residue
}

# chdir(2), which every session calls, is put to the descriptor that nobody reads.
supervised_begin() {
	local line
	coproc SUPERVISED { exec unshare --mount --net --uts --ipc python3 -c '
import ctypes, os, platform, select, signal, struct, time
libc = ctypes.CDLL(None)
number, seccomp = {"x86_64": (80, 317), "aarch64": (49, 277)}[platform.machine()]
code = b"".join(struct.pack("HBBI", *line) for line in (
    (0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x7fc00000), (0x06, 0, 0, 0x7fff0000)))
code = ctypes.create_string_buffer(code)
program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 4, ctypes.addressof(code)))
libc.prctl(38, 1, 0, 0, 0)
assert libc.syscall(seccomp, 1, 8, program) >= 0
reader, writer = os.pipe()
child = os.fork()
if child == 0:
    os.chdir("/")
    os.write(writer, b"through")
    os._exit(0)
print("waits" if not select.select([reader], [], [], 0.5)[0] else "is through", flush=True)
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
time.sleep(1000)' 3>&-; }
	TARGET=$SUPERVISED_PID
	read -r -t 10 -u "${SUPERVISED[0]}" line
	[ "$line" = waits ]
}
# How many filters a session has.
loaded() { timeout 10 "$DEBUG" --profile "$1" "pid://$TARGET" -- grep Seccomp_filters /proc/self/status; } # PROFILE

@test "a session does not wait" {
	supervised_begin
	for options in '' '--profile app' '--profile sysadmin' --write --scratch; do
		# shellcheck disable=SC2086
		[ "$(timeout 10 "$DEBUG" $options "pid://$TARGET" -c 'cd / && pwd')" = / ]
	done
	app=$(loaded app)
	[ "$app" = "$(loaded baseline)" ]
	[ "$app" != "$(loaded general)" ]
}
