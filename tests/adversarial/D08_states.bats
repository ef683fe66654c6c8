# SPDX-License-Identifier: GPL-2.0-or-later
# D08: the engine is wrong about a container's state: one that it calls running has ended, one that it calls paused runs, one
# that it calls stopped, restarting or removed has a process.
# That a state is looked at is shown by a container that is frozen indeed, and that stays so.
# weaken: src/2-target/docker.c s/!json_is_true\(json_object_get\(state, "Restarting"\)\)/1/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/hostile

setup_file() {
	engines_start
	docker_run state-running debug-test/scratch
	docker_run state-ended debug-test/scratch
	docker_run state-paused debug-test/scratch
	docker pause state-paused > /dev/null
	docker_pid state-ended > "$BATS_FILE_TMPDIR/ended"
	docker stop -t 0 state-ended > /dev/null
}
teardown_file() { docker unpause state-paused > /dev/null 2>&1 || :; docker_clean; }
setup() { residue_begin; }
teardown() { assert_no_residue; }

@test "one that is said to run has ended" {
	engine_claims state-ended ".State += {\"Running\": true, \"Status\": \"running\", \"Pid\": $(cat "$BATS_FILE_TMPDIR/ended")}"
	fails 125 'ended just now' with_engine "$DEBUG" liar -- true
	# The number belongs to somebody else now.
	engine_claims state-ended ".State += {\"Running\": true, \"Status\": \"running\", \"Pid\": $(docker_pid state-running)}"
	fails 125 'but it belongs to another' with_engine "$DEBUG" liar -- true
}

@test "one that has a process is said to have none" {
	for state in '{"Running": false, "Status": "exited"}' '{"Restarting": true, "Status": "restarting"}' '{"Running": false, "Dead": true, "Status": "dead"}' \
		'{"Running": false, "Status": "removing"}' '{"Running": false, "Status": "running"}'; do
		# A session is then in the container's files, and in no process of it.
		engine_claims state-running ".State += $state"
		run with_engine "$DEBUG" --write liar -- readlink /proc/self/ns/pid
		echo "$output"
		[ "$status" -eq 125 ]
		[[ "$output" == *'does not run'* || "$output" == *'not running'* ]]
	done
	for state in '{"Running": "true"}' '{"Running": 1}' '{"Running": null}' '{"Running": []}'; do
		engine_claims state-running ".State += $state"
		fails 125 'lacks its id, name, state or pid' with_engine "$DEBUG" liar -- true
	done
}

@test "what is frozen stays so, whatever is said of it; what is not is not frozen" {
	frozen() { docker inspect -f '{{.State.Paused}}' "$1"; }
	engine_claims state-paused '.State += {"Paused": false, "Status": "running"}'
	[ "$(with_engine "$DEBUG" liar -- readlink /proc/self/ns/pid)" = "$(readlink "/proc/$(docker_pid state-paused)/ns/pid")" ]
	[ "$(frozen state-paused)" = true ]
	engine_claims state-running '.State += {"Paused": true, "Status": "paused"}'
	[ "$(with_engine "$DEBUG" liar -- readlink /proc/self/ns/pid)" = "$(readlink "/proc/$(docker_pid state-running)/ns/pid")" ]
	[ "$(frozen state-running)" = false ]
}
