# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # output is set by run
# `install` with the packages of popular.table, from Debian's archive: one test for all, which reports each.

load ../lib/common

@test "popular packages install and do something" {
	local package command expected failed=0 start
	fixture_start
	while IFS=$'\t' read -r package command expected <&7; do
		[[ $package != \#* ]] || continue
		start=$EPOCHREALTIME
		run timeout 300 "$DEBUG" toolbox install "$package"
		if [ "$status" != 0 ]; then
			printf '# %-26s not installed: %s\n' "$package" "${lines[-1]}" >&3
			failed=$((failed + 1))
			continue
		fi
		output=$(timeout 60 "$DEBUG" "pid://$FIXTURE_PID" -T -c "$command" < /dev/null) || :
		if grep -qE -e "$expected" <<< "$output"; then
			printf '# %-26s works (installed in %.1f s)\n' "$package" "$(bc <<< "$EPOCHREALTIME - $start")" >&3
		else
			printf '# %-26s fails: %s\n' "$package" "${output:0:200}" >&3
			failed=$((failed + 1))
		fi
		"$DEBUG" toolbox uninstall "$package" > /dev/null
	done 7< "$BATS_TEST_DIRNAME/popular.table"
	fixture_stop
	[ "$failed" = 0 ]
}
