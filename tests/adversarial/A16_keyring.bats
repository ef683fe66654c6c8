# SPDX-License-Identifier: GPL-2.0-or-later
# A16: a program in the session looks for the caller's keys, which a file system would use for whoever possesses them.
# That the caller has one is seen by the caller.
# weaken: src/debug-joiner.c s/syscall\(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL\)/syscall(SYS_getppid)/

bats_require_minimum_version 1.5.0

load ../lib/common

# Not an engine's container: those cover /proc/keys.
setup() { residue_begin; fixture_start; }
teardown() { fixture_stop; assert_no_residue; }

# A key ring of the caller's with a key in it that only its possessor can see.
# shellcheck disable=SC2016
with_key() {
	keyctl session - sh -c '
		key=$(keyctl add user debug-test-secret of-the-caller @s) && keyctl setperm "$key" 0x3f000000 || exit 99
		exec "$@"' sh "$@"
}

@test "the caller's keys do not come along, and no key can be asked for" {
	[[ "$(with_key cat /proc/keys)" == *debug-test-secret* ]]
	for profile in app general sysadmin; do
		run with_key "$DEBUG" --profile "$profile" "pid://$FIXTURE_PID" -- cat /proc/keys
		[ "$status" -eq 0 ]
		[[ "$output" == *' keyring '* ]]
		[[ "$output" != *debug-test-secret* ]]
		run "$DEBUG" --profile "$profile" "pid://$FIXTURE_PID" -- python3 -c '
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
for number in (248, 249, 250) if ctypes.sizeof(ctypes.c_long) == 8 and __import__("os").uname().machine == "x86_64" else (217, 218, 219):
    libc.syscall(number, 0, 0, 0, 0)
    print(errno.errorcode[ctypes.get_errno()])'
		[ "$output" = $'EPERM\nEPERM\nEPERM' ]
	done
}
