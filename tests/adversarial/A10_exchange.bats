# SPDX-License-Identifier: GPL-2.0-or-later
# A04, A10: the directory that a session starts in is now a directory, now a link to somewhere else; or a descriptor that
# was left to the session, if there is one (CVE-2024-21626).
# That the swap hits is seen in where the sessions found themselves: both places must have been seen.
# weaken: src/debug-joiner.c s/(fds->cgroup_procs, )\S+ \}/\1fds->host_proc }/
# weaken: src/6-join/launch.c s/getcwd\(path, sizeof\(path\)\) == NULL \|\| path\[0\] != '\/'/false/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() {
	engines_start
	attack_container attack-exchange --workdir /work
	"$DEBUG" --write attack-exchange -- sh -c 'mkdir -p /work/own /elsewhere; ln -s /elsewhere /link; ln -s /proc/self/fd /descriptors'
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { attack_end; assert_no_residue; }

look_from() { # DIRECTORY
	run --separate-stderr timeout 20 "$DEBUG" --workdir "$1" attack-exchange -- sh -c 'pwd -P; ls -d /proc/self/cwd/../app'
	# shellcheck disable=SC2154
	[ "$status" -eq 0 ] || [[ "$stderr" == "debug: "* ]]
}

@test "a session is in one of the container's directories, or says why not" {
	attack_begin attack-exchange exchange /work /link
	for _ in $(seq 60); do
		look_from /work
		echo "$output" >> "$BATS_TEST_TMPDIR/places"
	done
	sort "$BATS_TEST_TMPDIR/places" | uniq -c
	[ -z "$(grep -vxE '/work|/link|/elsewhere|/proc/self/cwd/../app|' "$BATS_TEST_TMPDIR/places")" ]
	[ "$(grep -xE '/work|/link|/elsewhere' "$BATS_TEST_TMPDIR/places" | sort -u | wc -l)" -gt 1 ]
}

@test "none of the descriptors is a way to a directory" {
	for number in $(seq 0 20); do
		look_from "/descriptors/$number"
		[ "$status" -ne 0 ]
	done
}
