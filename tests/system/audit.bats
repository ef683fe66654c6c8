# SPDX-License-Identifier: GPL-2.0-or-later
# The audit trail: a line before a session, one after it, valid whatever is in them.

bats_require_minimum_version 1.5.0

load ../lib/common

setup_file() { engines_start; docker_run watched debug-test/scratch; }
teardown_file() { docker_clean; }
setup() { residue_begin; LOG=$BATS_TEST_TMPDIR/log; export LOG; }
teardown() { assert_no_residue; }

# Runs a command where /var/log/debug is empty and root's alone, and keeps what the log has in the end.
# shellcheck disable=SC2016
audited() {
	unshare --mount --propagation private sh -c '
		mount -t tmpfs -o "mode=755,${LOG_OPTIONS:-size=1m}" none /var/log && mkdir -m 700 /var/log/debug || exit 99
		eval "${BEFORE:-:}"
		"$@"
		status=$?
		[ ! -f /var/log/debug/audit.log ] || cp /var/log/debug/audit.log "$LOG"
		exit "$status"' sh "$@"
}
field() { jq -r "select(.event == \"$1\") | .$2" "$LOG"; } # EVENT FIELD

@test "a session has two lines: who, what, why, and how it ended" {
	SUDO_USER=alice SSH_CONNECTION='192.0.2.1 50000 192.0.2.2 22' run audited "$DEBUG" --reason 'INC-4 "slow"' --write --user 0:0 watched -- sh -c 'exit 7'
	[ "$status" -eq 7 ]
	[ "$(jq -r .event "$LOG")" = $'begin\nend' ]
	[ "$(jq -r .session "$LOG" | sort -u | wc -l)" = 1 ]
	[ "$(field begin reason)" = 'INC-4 "slow"' ]
	[ "$(field begin runtime)/$(field begin name)/$(field begin id)" = "docker/watched/$(docker_id watched)" ]
	[ "$(field begin pid)" = "$(docker_pid watched)" ]
	[ "$(field begin image)/$(field begin image_digest)" = "debug-test/scratch/$(docker inspect -f '{{.Image}}' watched)" ]
	[ "$(field begin uid)/$(field begin claimed_sudo_user)/$(field begin claimed_ssh_connection)" = '0/alice/192.0.2.1 50000 192.0.2.2 22' ]
	[ "$(field begin 'command | join("|")')" = 'sh|-c|exit 7' ]
	[ "$(field begin write)/$(field begin profile)/$(field begin user)" = true/general/0:0 ]
	[ "$(field end status)/$(field end error)" = 7/null ]
	[[ $(field begin time) =~ ^20[0-9-]{8}T[0-9:]{8}\.[0-9]{3}Z$ ]]
}

@test "the first line is there while the session runs, the last is not" {
	# shellcheck disable=SC2016
	run audited bash -c 'mkfifo "$LOG.in" && exec 7<> "$LOG.in"
		"$DEBUG" watched -- sh -c "echo inside; read -r _" < "$LOG.in" > "$LOG.out" &
		for i in $(seq 200); do grep -q inside "$LOG.out" && break; sleep 0.02; done
		cp /var/log/debug/audit.log "$LOG.during"; echo >&7; wait $!'
	[ "$status" -eq 0 ]
	[ "$(jq -r .event "$LOG.during")" = begin ]
	[ "$(jq -r .event "$LOG")" = $'begin\nend' ]
	[ "$(field end duration_ms)" -ge 0 ]
}

@test "what is refused has a line, too" {
	run audited "$DEBUG" no-such-container -- true
	[ "$status" -eq 125 ]
	[ "$(jq -r '.event + " " + .asked_for' "$LOG")" = 'refused no-such-container' ]
	[[ $(field refused error) = *'no container is named'* ]]
	run audited "$DEBUG" --cap-add SYS_MODULE watched -- true
	[ "$status" -eq 126 ]
	[ "$(field refused status)" = 126 ]
	# What does nothing leaves nothing.
	rm "$LOG"
	audited "$DEBUG" --dry-run watched
	[ ! -s "$LOG" ]
}

@test "bytes that would forge a line do not" {
	run audited "$DEBUG" --reason $'x"}\n{"event":"end","status":0}\e[2J\xff\\033' watched -- echo $'a\nb'
	[ "$status" -eq 0 ]
	[ "$(wc -l < "$LOG")" = 2 ]
	[ "$(field begin reason)" = 'x"}\012{"event":"end","status":0}\033[2J\377\\033' ]
	[ "$(field begin 'command[1]')" = 'a\012b' ]
}

@test "a helper that is killed leaves the first line alone" {
	# shellcheck disable=SC2016
	run audited bash -c '"$DEBUG" watched -- sleep 100 & for i in $(seq 1000); do helper=$(pgrep -P $!); [ -s /var/log/debug/audit.log ] && break; sleep 0.02; done
		sleep 0.1; kill -KILL "$helper"; wait $!'
	[ "$(jq -r .event "$LOG")" = begin ]
}

@test "a full disk is said once and stops nothing" {
	LOG_OPTIONS=size=8k BEFORE='head -c 20000 /dev/zero > /var/log/full 2> /dev/null' run --separate-stderr audited "$DEBUG" watched -- echo well
	[ "$status" -eq 0 ]
	[ "$output" = well ]
	# shellcheck disable=SC2154
	[ "$stderr" = 'debug: this session is not in the audit trail: cannot write to /var/log/debug/audit.log: No space left on device' ]
}

@test "a place that is not root's alone is not used" {
	for spoil in 'chmod 777 /var/log/debug' 'chown 65534 /var/log/debug' 'ln -s /var/log/other /var/log/debug/audit.log' \
		'touch /var/log/debug/audit.log; ln /var/log/debug/audit.log /var/log/other' 'mkfifo /var/log/debug/audit.log' \
		'rmdir /var/log/debug; mkdir /var/log/other; ln -s other /var/log/debug'; do
		BEFORE="$spoil" run --separate-stderr audited timeout 20 "$DEBUG" watched -- echo well
		[ "$status" -eq 0 ]
		[ "$output" = well ]
		[[ $stderr = 'debug: this session is not in the audit trail: '* ]]
	done
}

@test "the system's log gets the same lines" {
	if [ -e /dev/log ]; then skip 'this host has a system log, which is not the tests'"'"' to read'; fi
	# shellcheck disable=SC2016
	run audited bash -c 'python3 - > "$LOG.syslog" 3>&- <<- END &
		import os, socket
		log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		log.bind("/dev/log")
		log.settimeout(20)
		for i in range(2):
		    print(log.recv(65536).decode(), flush=True)
		os.unlink("/dev/log")
	END
		for i in $(seq 200); do [ -S /dev/log ] && break; sleep 0.02; done
		"$DEBUG" watched -- true; wait $!'
	[ "$status" -eq 0 ]
	diff <(sed 's/^<85>debug\[[0-9]*\]: //' "$LOG.syslog") "$LOG"
	[ "$(grep -c '^<85>debug\[' "$LOG.syslog")" = 2 ]
}
