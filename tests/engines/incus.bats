# SPDX-License-Identifier: GPL-2.0-or-later
# Incus' containers by name: known from their control groups and monitors, whether the daemon answers or not.

load ../lib/common
load ../lib/engines-incus

setup_file() {
	engines_start
	incus_begin
	incus_launch debug-plain -c security.privileged=true
	incus_launch debug-mapped
	incus project create debug-shop -c features.images=false -c features.profiles=false > /dev/null
	incus_launch debug-web --project debug-shop
	incus_pid debug-plain > "$BATS_FILE_TMPDIR/plain"
	incus_pid debug-mapped > "$BATS_FILE_TMPDIR/mapped"
	incus_pid debug-web debug-shop > "$BATS_FILE_TMPDIR/web"
}
teardown_file() { incus_end; }
setup() { residue_begin; }
teardown() {
	kill -CONT "$(incus_daemon)"
	assert_no_residue
}

pid_of() { cat "$BATS_FILE_TMPDIR/$1"; }
enters() { # CONTAINER TARGET
	local wanted
	wanted=$(readlink "/proc/$(pid_of "$1")/ns/pid")
	[ "$(timeout 20 "$DEBUG" "$2" -- readlink /proc/self/ns/pid)" = "$wanted" ]
}

@test "by name, by lxc://, by incus://, with --runtime incus" {
	for target in debug-plain lxc://debug-plain incus://debug-plain; do enters plain "$target"; done
	"$DEBUG" --runtime incus debug-plain -- true
	assert_unchanged "$(pid_of plain)" "$DEBUG" debug-plain -- true
}

@test "with ids of its own" {
	enters mapped debug-mapped
	[ "$("$DEBUG" debug-mapped -- sed -n 's/^ *0 *\([0-9]*\) .*/\1/p' /proc/1/uid_map)" = 1000000 ]
	assert_unchanged "$(pid_of mapped)" "$DEBUG" --profile app debug-mapped -- true
}

@test "in a project: PROJECT_NAME, as its control group is called" {
	enters web debug-shop_debug-web
	enters web incus://debug-shop_debug-web
}

@test "listed, paused or not" {
	incus pause debug-plain
	run "$DEBUG" ls --json --runtime lxc
	incus start debug-plain
	[ "$status" -eq 0 ]
	[ "$(jq -r '.[] | select(.name == "debug-plain") | .state' <<< "$output")" = paused ]
	[ "$(jq -r '.[] | select(.name == "debug-mapped") | .state' <<< "$output")" = running ]
}

@test "the daemon hangs" {
	kill -STOP "$(incus_daemon)"
	enters plain debug-plain
	enters web debug-shop_debug-web
}
