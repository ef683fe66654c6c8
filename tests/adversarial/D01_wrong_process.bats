# SPDX-License-Identifier: GPL-2.0-or-later
# D01, D02: the engine says that a container's process is another one: the host's, another container's, or a number that
# becomes another one's when it is cut to 32 bits.
# That the same engine is believed when it tells the truth is shown first.
# weaken: src/2-target/membership.c s/return has_id\(proc_fd, "cgroup", id\) \|\|/return id[0] != 0 ||/
# weaken: src/2-target/docker.c s/json_integer_value\(pid\) > INT_MAX/json_integer_value(pid) < 0/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/hostile

setup_file() {
	engines_start
	docker_run wrong-asked debug-test/scratch
	docker_run wrong-victim debug-test/scratch
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { assert_no_residue; }

@test "the truth is believed" {
	engine_claims wrong-asked
	[ "$(with_engine "$DEBUG" liar -- readlink /proc/self/ns/pid)" = "$(readlink "/proc/$(docker_pid wrong-asked)/ns/pid")" ]
}

@test "another container's process" {
	engine_claims wrong-asked ".State.Pid = $(docker_pid wrong-victim)"
	fails 125 'but it belongs to another' with_engine "$DEBUG" liar -- true
	engine_claims wrong-victim ".Id = \"$(printf 'e%.0s' $(seq 64))\""
	fails 125 'but it belongs to another' with_engine "$DEBUG" liar -- true
}

@test "the host's processes, the kernel's, and one that has ended" {
	engine_claims wrong-asked ".State.Pid = $$"
	fails 125 'but it belongs to another' with_engine "$DEBUG" liar -- true
	# The engine's own, which is where debug itself is.
	engine_claims wrong-asked .State.Pid=4711
	engine_says <<- 'END'
		ok
		read -r _ _ _ parent _ < /proc/self/stat
		read -r _ _ _ listener _ < "/proc/$parent/stat"
		sed "s/\"Pid\":4711,/\"Pid\":$listener,/" body
	END
	fails 125 'but it is a process of the host' with_engine "$DEBUG" liar -- true
	engine_claims wrong-asked .State.Pid=1
	fails 125 'gave no usable process id' with_engine "$DEBUG" liar -- true
	engine_claims wrong-asked .State.Pid=2147483647
	fails 125 'ended just now' with_engine "$DEBUG" liar -- true
}

@test "numbers that are no process" {
	victim=$(docker_pid wrong-asked)
	engine_claims wrong-asked .State.Pid=4711
	cp "$BATS_TEST_TMPDIR/body" "$BATS_TEST_TMPDIR/sound"
	for pid in 0 -1 "-$victim" 2147483648 $((4294967296 + victim)) 18446744073709551616 "\"$victim\"" "$victim.0" "${victim}e0" 1e2 true \
		null "[$victim]" "0$victim" "$victim,\"Pid\":$victim"; do
		sed "s/\"Pid\":4711,/\"Pid\":$pid,/" "$BATS_TEST_TMPDIR/sound" > "$BATS_TEST_TMPDIR/body"
		fails 125 "Docker" with_engine "$DEBUG" liar -- true
	done
	sed "s/\"Pid\":4711,//" "$BATS_TEST_TMPDIR/sound" > "$BATS_TEST_TMPDIR/body"
	fails 125 'lacks its id, name, state or pid' with_engine "$DEBUG" liar -- true
}
