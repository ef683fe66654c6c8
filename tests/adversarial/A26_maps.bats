# SPDX-License-Identifier: GPL-2.0-or-later
# A26: user namespaces that no engine makes: without a root, with hundreds of ranges, whose root is the host's nobody, that
# forbid setgroups(2).  The session's ids are as planned, or it is refused.
# That a session as nobody would be the wrong one is shown on nsenter.
# weaken: src/6-join/join.c s/setgroups\(0, NULL\) < 0/false/
# weaken: src/6-join/strip.c s/!has_groups\(identity\)/false/

bats_require_minimum_version 1.5.0

load ../lib/common

setup() { residue_begin; }
teardown() { namespace_end; assert_no_residue; }

namespace_begin() { # UID-MAP GID-MAP [deny]: a process in it, in $TARGET
	unshare --user --mount --net sleep 1000 3>&- &
	TARGET=$!
	for _ in $(seq 100); do [ "$(cat "/proc/$TARGET/comm")" = sleep ] && break; sleep 0.02; done
	[ -z "${3-}" ] || echo "$3" > "/proc/$TARGET/setgroups"
	# In one write each.
	printf '%b' "$1" > "$BATS_TEST_TMPDIR/map"
	cat "$BATS_TEST_TMPDIR/map" > "/proc/$TARGET/uid_map"
	printf '%b' "$2" > "$BATS_TEST_TMPDIR/map"
	cat "$BATS_TEST_TMPDIR/map" > "/proc/$TARGET/gid_map"
}
namespace_end() {
	[ -z "${TARGET-}" ] || { kill -KILL "$TARGET" && wait "$TARGET" || :; }
	TARGET=
}
ids() { "$DEBUG" "$@" "pid://$TARGET" -c 'awk "/^([UG]id|Groups)/ { \$1 = \"\"; print }" /proc/self/status | xargs'; } # OPTION...

@test "no root" {
	namespace_begin '1000 101000 1' '1000 101000 1'
	run "$DEBUG" "pid://$TARGET" -- true
	[ "$status" -eq 125 ]
	[[ $output = *"user 0:0 does not exist in the target's user namespace"* ]]
	[ "$(ids --user 1000:1000)" = '1000 1000 1000 1000 1000 1000 1000 1000' ]
	run "$DEBUG" --user 1000:0 "pid://$TARGET" -- true
	[ "$status" -eq 125 ]
	# What becomes of root there: nobody.
	[ "$(nsenter --target "$TARGET" --user --preserve-credentials id -u)" = 65534 ]
}

@test "three hundred ranges" {
	namespace_begin "$(for i in $(seq 0 299); do printf '%d %d 1\\n' "$i" $((200000 + 7 * i)); done)" "$(for i in $(seq 0 299); do printf '%d %d 1\\n' "$i" $((300000 + 3 * i)); done)"
	[ "$(ids)" = '0 0 0 0 0 0 0 0' ]
	[ "$(ids --user 299:298)" = '299 299 299 299 298 298 298 298' ]
	[ "$("$DEBUG" --user 299:298 "pid://$TARGET" -c 'touch $HOME/file; stat -c %u:%g $HOME/file')" = 299:298 ]
	run "$DEBUG" --user 300:0 "pid://$TARGET" -- true
	[ "$status" -eq 125 ]
}

@test "root is the host's nobody" {
	namespace_begin '0 65534 1' '0 65534 1'
	[ "$(ids)" = '0 0 0 0 0 0 0 0' ]
	[ "$("$DEBUG" "pid://$TARGET" -- cat /proc/self/uid_map)" = "$(cat "/proc/$TARGET/uid_map")" ]
	run "$DEBUG" "pid://$TARGET" -- cat /proc/1/environ
	[ "$status" -ne 0 ]
}

@test "setgroups(2) is forbidden" {
	namespace_begin '0 100000 2000' '0 100000 2000' deny
	for options in '' '--user 1000:1000' '--profile app'; do
		# shellcheck disable=SC2086
		run setpriv --groups 4 "$DEBUG" $options "pid://$TARGET" -c 'grep Groups /proc/self/status'
		echo "$output"
		# The caller's groups are not among them.
		[ "$status" -eq 125 ] || [ "$(echo "$output" | tr -d '\t ')" = Groups: ]
	done
}
