# SPDX-License-Identifier: GPL-2.0-or-later
# A28: the session crashes, or is made to, in a directory of the container, with no limit on the size of a core.
# That a core would be left there, where the kernel writes it into the directory that the process is in:
# weaken: src/6-join/confine.c s/limit.rlim_cur = 0;/limit.rlim_cur = limit.rlim_max;/
# weaken: src/6-join/strip.c s/prctl\(PR_SET_DUMPABLE, 0\) < 0 \|\|//

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() {
	engines_start
	docker_run crashes --ulimit core=-1:-1 -v "$TOOLS/target:/target:ro" --entrypoint /target debug-test/musl server
}
teardown_file() { docker_clean; }
setup() { residue_begin; ulimit -c unlimited; }
teardown() { assert_no_residue; }

@test "no core is left, of the command or of the session's first process" {
	evil crashes 'find / -xdev | sort > /tmp.before; echo /tmp.before >> /tmp.before; sort -o /tmp.before /tmp.before'
	run "$DEBUG" --write --workdir /app crashes -c 'kill -SEGV $$'
	[ "$status" -eq 139 ]
	run "$DEBUG" --write crashes -- bash -c 'kill -ABRT $$'
	[ "$status" -eq 134 ]
	run "$DEBUG" --write crashes -c 'kill -SEGV $PPID; sleep 5'
	[ "$status" -ne 0 ]
	evil crashes 'find / -xdev | sort' | diff - <(evil crashes 'sort -u /tmp.before')
}
