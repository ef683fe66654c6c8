# SPDX-License-Identifier: GPL-2.0-or-later
# A22: the container has used up its processes, its memory and its processor time; and a session tries the same.
# That nothing more starts there is shown on docker exec; that the session's own limit holds it, on the number it comes to.
# weaken: src/5-attach/cgroup.c s/MEMORY_MAX = 512 << 20/MEMORY_MAX = 1 << 30/
# weaken: src/5-attach/cgroup.c s/PROCESSES_MAX = 1024/PROCESSES_MAX = 1200/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() {
	engines_start
	docker_run no-processes debug-test/musl
	docker_run no-memory --memory 6m --memory-swap 6m debug-test/musl
	docker_run no-time --cpus 0.01 debug-test/musl
	# The one that it has.
	docker update --pids-limit 1 no-processes
	docker exec -d no-time /bin/busybox sh -c 'while :; do :; done'
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { assert_no_residue; }

@test "a container that has nothing left: sessions do not need its share" {
	run ! evil no-processes '/bin/busybox true && /bin/busybox true'
	for name in no-processes no-memory no-time; do
		for option in '' --scratch '--profile app'; do
			# shellcheck disable=SC2086
			[ "$(timeout 10 "$DEBUG" $option "$name" -c 'for i in 1 2 3; do (true) & done; wait; python3 -c "x = bytes(30 << 20); print(len(x))"')" = 31457280 ]
		done
	done
}

# Of the largest session.
processes() { cat /sys/fs/cgroup/pids/debug-*/pids.current /sys/fs/cgroup/debug-*/pids.current 2> /dev/null | sort -n | tail -n 1; }

@test "a fork bomb in a session ends with it, and is held by its own limit" {
	target_begin no-time
	"$DEBUG" -q no-time -c 'bomb() { bomb | bomb & }; bomb; sleep 60' > /dev/null 2>&1 < /dev/null 3>&- &
	session=$!
	for _ in $(seq 200); do
		most=$(processes)
		[ "${most:-0}" -lt 1000 ] || break
		sleep 0.05
	done
	[ "$most" -ge 1000 ]
	# What goes beyond has done so a moment later.
	sleep 1
	[ "$(processes)" -le 1024 ]
	kill -TERM "$session"
	timeout 15 tail --pid="$session" -s 0.05 -f /dev/null
	wait "$session" || [ $? -eq 143 ]
	assert_target_unchanged no-time
}
