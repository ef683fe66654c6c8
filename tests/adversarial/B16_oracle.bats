# SPDX-License-Identifier: GPL-2.0-or-later
# B16: a user who may not debug a container asks whether it exists: by words, by status, by how long the answer takes.  ROUNDS says
# how often.
# That the time would tell is shown by a helper that does not wait.
# weaken: src/debug-helper.c s/^\t\thide_time\(started_ms\);/\t\t(void)hide_time;/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/setuid

setup_file() {
	engines_start
	setuid_begin
	docker_run oracle-closed debug-test/scratch
	docker_run oracle-stopped debug-test/scratch
	docker stop -t 0 oracle-stopped > /dev/null
}
teardown_file() { docker_clean; setuid_end; }
setup() { residue_begin; }
teardown() { assert_no_residue; }

@test "neither words nor time tell what is there from what is not" {
	policy <<< "permit user $ALICE on name oracle-open"
	cat > "$SETUID_DIR/ask" <<- 'END'
		import subprocess, sys, time
		debug, rounds, names = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
		least, words = {}, set()
		for _ in range(rounds):
		    for name in names:
		        began = time.monotonic()
		        asked = subprocess.run([debug, name, "--", "true"], capture_output=True, text=True)
		        took = (time.monotonic() - began) * 1000
		        least[name] = min(least.get(name, took), took)
		        words.add((asked.returncode, asked.stdout, asked.stderr.replace(name, "X")))
		print(least, words)
		sys.exit(len(words) != 1 or max(least.values()) - min(least.values()) > 4)
	END
	# The least of several is what the machine's other work has least to do with.
	as "$ALICE" python3 "$SETUID_DIR/ask" "$SETUID_DIR/bin/debug" "${ROUNDS:-6}" oracle-closed oracle-absent oracle-stopped
	[ "$(jq -r .event "$BATS_TEST_TMPDIR/audit.log" | sort -u)" = refused ]
}
