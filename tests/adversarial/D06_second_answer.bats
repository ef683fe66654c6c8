# SPDX-License-Identifier: GPL-2.0-or-later
# D06, D09: the engine answers a second time with another container, or at once with one that was not asked for.
# That the other one could be entered is shown by asking for it.
# weaken: src/2-target/docker.c s/!is_asked_for\(asked, id, name\)/0/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/hostile

setup_file() {
	engines_start
	docker_run answer-first debug-test/scratch
	docker_run answer-second debug-test/scratch
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { assert_no_residue; }

@test "a name is asked for once, and what was told then is what is entered and audited" {
	engine_claims answer-second
	mv "$BATS_TEST_TMPDIR/body" "$BATS_TEST_TMPDIR/second"
	engine_claims answer-first
	engine_says <<< 'is_about_container; ok; if [ "$(wc -l < asked)" = 1 ]; then cat body; else cat second; fi'
	# shellcheck disable=SC2016
	run with_engine sh -c 'mount -t tmpfs none /var/log && mkdir -m 700 /var/log/debug && "$@" && jq -r "select(.event == \"begin\").id" /var/log/debug/audit.log' \
		sh "$DEBUG" --receipt liar -- readlink /proc/self/ns/pid
	echo "$output"
	[ "${lines[0]}" = "$(readlink "/proc/$(docker_pid answer-first)/ns/pid")" ]
	[ "${lines[-1]}" = "$(docker_id answer-first)" ]
	[ "$(engine_was_asked)" = 'GET /containers/liar/json' ]
	# The second answer would have been good for a session as well.
	[ "$(with_engine "$DEBUG" liar -- readlink /proc/self/ns/pid)" = "$(readlink "/proc/$(docker_pid answer-second)/ns/pid")" ]
}

@test "another container than the one asked for" {
	engine_claims answer-second '.Name = "/answer-second"'
	id=$(docker_id answer-second)
	[ "$(with_engine "$DEBUG" "${id:0:20}" -- readlink /proc/self/ns/pid)" = "$(readlink "/proc/$(docker_pid answer-second)/ns/pid")" ]
	for asked in liar answer-secon answer-second2 answer "x${id:0:10}" "${id:0:10}x" "${id}0" "${id:1}"; do
		fails 125 'Docker answered about another container than' with_engine "$DEBUG" "$asked" -- true
	done
	# Ids of another form, and names in another case.
	for filter in '.Id |= ascii_upcase' '.Id |= .[0:12]' '.Id += "0"' '.Id = "../../../../etc"' '.Id = null' '.Name = "/LIAR"' '.Name = null' \
		'.Name = ["/liar"]' '.Name = "//liar"' '.Name = "/liar\u0000x"'; do
		engine_claims answer-second "$filter"
		fails 125 "Docker" with_engine "$DEBUG" liar -- true
	done
}
