# SPDX-License-Identifier: GPL-2.0-or-later
# A37: the container's clocks are years ahead, or behind (time_namespaces(7)); every wait ends when it would elsewhere.
# That they differ is shown by the session's own uptime.  That a wait would end at once, if its end was set by another's clock:
# weaken: src/6-join/init.c s/^struct session \{/static int64_t begun_ms;\n__attribute__((constructor)) static void remember(void) { begun_ms = clock_now_ms(); }\n\n&/
# weaken: src/6-join/init.c s/kill_at_ms = clock_now_ms\(\)/kill_at_ms = begun_ms/

bats_require_minimum_version 1.5.0

load ../lib/common

setup() { residue_begin; }
teardown() {
	[ -z "${TARGET-}" ] || { kill -KILL "$TARGET" && wait "$TARGET" || :; }
	assert_no_residue
}

far_away() { # OPTION...: a process whose clocks are elsewhere, in $TARGET
	unshare --time --mount --fork --kill-child "$@" sleep 1000 3>&- &
	TARGET=$!
	for _ in $(seq 100); do
		pid=$(pgrep -P "$TARGET" || :)
		[ -n "$pid" ] && [ "$(cat "/proc/$pid/comm")" = sleep ] && return
		sleep 0.02
	done
	return 1
}

@test "sessions begin and end in time" {
	for clocks in '--boottime 300000000 --monotonic 300000000' '--boottime 1000000 --monotonic 1000000'; do
		# shellcheck disable=SC2086
		far_away $clocks
		"$DEBUG" "pid://$pid" -- true
		[ "$("$DEBUG" "pid://$pid" -- cut -d . -f 1 /proc/uptime)" -gt $(($(cut -d . -f 1 /proc/uptime) + 900000)) ]
		# What does not listen is given a second, and not for ever, or none.
		begun=$EPOCHREALTIME
		[ "$("$DEBUG" "pid://$pid" -c '(trap "" HUP TERM; setsid sleep 907 &); trap "" HUP; (trap "sleep 0.3; echo asked; exit" TERM; sleep 60 & wait $!) & sleep 0.2; exit 0')" = asked ]
		[ $(((${EPOCHREALTIME/./} - ${begun/./}) / 1000)) -lt 9000 ]
		kill -KILL "$TARGET" && wait "$TARGET" || :
	done
}
