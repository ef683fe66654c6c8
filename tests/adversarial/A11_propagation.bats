# SPDX-License-Identifier: GPL-2.0-or-later
# A11: every mount of the container is shared, one with the host, and mounts come and go while sessions begin.
# That mounts of the session would cross over:
# weaken: src/6-join/view.c s/\.propagation = MS_PRIVATE,//

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() {
	engines_start
	mkdir -p "$BATS_FILE_TMPDIR/shared"
	mount --bind "$BATS_FILE_TMPDIR/shared" "$BATS_FILE_TMPDIR/shared"
	mount --make-shared "$BATS_FILE_TMPDIR/shared"
	docker_run shares "${ALMOST_PRIVILEGED[@]}" -v "$BATS_FILE_TMPDIR/shared:/shared:rshared" debug-test/musl
	evil shares 'mkdir /comes; mount --make-rshared /'
}
teardown_file() {
	docker_clean
	umount "$BATS_FILE_TMPDIR/shared"
}
setup() { residue_begin; }
teardown() {
	[ -z "${CLIENT-}" ] || { evil shares 'rm /go-on'; wait "$CLIENT" || :; }
	assert_no_residue
}

ours_of() { grep -E ' /dev/toolbox| - erofs ' "/proc/$1/mountinfo"; } # PID

@test "no mount crosses, in either direction" {
	pid=$(docker_pid shares)
	evil shares ': > /go-on'
	docker exec shares /bin/busybox sh -c 'while [ -e /go-on ]; do mount -t tmpfs none /comes && umount /comes; mount -t tmpfs none /shared && umount /shared; done' 3>&- &
	CLIENT=$!
	host=$(grep -c erofs /proc/self/mountinfo)
	for _ in $(seq 10); do
		for option in '' --write --scratch --stealth; do
			# shellcheck disable=SC2086
			"$DEBUG" $option shares -c 'cut -d " " -f 7- /proc/self/mountinfo' > "$BATS_TEST_TMPDIR/session"
			# Neither shared nor a slave: what would stand before the dash.
			run ! grep -E '^(shared|master|propagate_from):' "$BATS_TEST_TMPDIR/session"
			[ "$(wc -l < "$BATS_TEST_TMPDIR/session")" -gt 10 ]
			run ! ours_of "$pid"
		done
	done
	[ "$(grep -c erofs /proc/self/mountinfo)" = "$host" ]
}

@test "a mount that the container makes later is not in the session" {
	coproc SESSION { "$DEBUG" shares -c 'echo begun; read -r _; grep -c " /comes " /proc/self/mountinfo' 3>&-; }
	session=$SESSION_PID
	read -r -t 20 -u "${SESSION[0]}" line
	[ "$line" = begun ]
	evil shares 'mount -t tmpfs none /comes'
	echo >&"${SESSION[1]}"
	read -r -t 20 -u "${SESSION[0]}" line
	[ "$line" = 0 ]
	wait "$session" || :
	evil shares 'umount /comes'
}
