# SPDX-License-Identifier: GPL-2.0-or-later
# A07: the container's /proc is none: a tmpfs with files in place of those that a session is configured through, another
# pid namespace's, a filesystem that never answers (CVE-2015-1334, CVE-2019-16884, CVE-2025-52881).
# That the files would be written is shown on nsenter.
# weaken: src/6-join/confine.c s/now < 0 \|\| plan->numbers\.is_as_target/now < 0 || (plan->numbers.is_as_target \&\& !plan->numbers.is_write)/
# weaken: src/6-join/confine.c s/^\tstruct rlimit limit;/&\n\tif (plan->numbers.is_as_target \&\& plan->numbers.is_write)\n\t\t(void)dprintf(open("\/proc\/self\/oom_score_adj", O_WRONLY | O_CLOEXEC), "%d", confinement->oom_score_adj);/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() { engines_start; }
teardown_file() { docker_clean; }
setup() {
	residue_begin
	docker_run false-proc "${ALMOST_PRIVILEGED[@]}" --oom-score-adj 321 debug-test/musl
}
teardown() {
	[ -z "${HUNG_PID-}" ] || { kill -KILL "$HUNG_PID" && wait "$HUNG_PID" || :; }
	docker_clean
	assert_no_residue
}

# What the host's own /proc says of a session's process: score, capabilities, namespaces.
assert_session_is_confined() { # OPTION...
	local p0 p1 p4 p5 i
	"$DEBUG" "$@" false-proc -- sleep 60 3>&- &
	p0=$!
	for i in $(seq 200); do
		p1=$(tr -d ' ' < "/proc/$p0/task/$p0/children")
		p4=$(tr -d ' ' < "/proc/$p1/task/$p1/children" 2> /dev/null) || :
		p5=$(tr -d ' ' < "/proc/$p4/task/$p4/children" 2> /dev/null) || :
		[ -z "$p5" ] || [ "$(cat "/proc/$p5/comm")" != sleep ] || break
		sleep 0.05
	done
	[ "$i" -lt 200 ]
	[ "$(cat "/proc/$p5/oom_score_adj")" = 321 ]
	[ "$(awk '/^(NoNewPrivs|Seccomp):/ { printf "%s ", $2 }' "/proc/$p5/status")" = '1 2 ' ]
	[ "$(readlink "/proc/$p5/ns/net")" = "$(readlink "/proc/$(docker_pid false-proc)/ns/net")" ]
	kill -TERM "$p0"
	wait "$p0" || [ $? -eq 143 ]
}

@test "a tmpfs with files in place of the session's own" {
	evil false-proc 'mount -t tmpfs none /proc && mkdir -p /proc/self/attr/apparmor /proc/self/fd /proc/self/ns /proc/1/ns /proc/sys/kernel /proc/thread-self &&
		for file in oom_score_adj attr/exec attr/current attr/apparmor/exec uid_map gid_map setgroups status cgroup; do echo bait > /proc/self/$file; done
		ln -s /app /proc/self/ns/mnt; ln -s / /proc/self/fd/3; cd /proc; find . -type f | sort | xargs md5sum > /baits'
	for options in '--profile app' '--write --profile app'; do
		# shellcheck disable=SC2086
		assert_session_is_confined $options
	done
	enter false-proc 'cd /proc && md5sum -c /baits > /dev/null'
	enter false-proc 'echo 0 > /proc/self/oom_score_adj'
	run ! enter false-proc 'cd /proc && md5sum -c /baits > /dev/null'
}

@test "that of another pid namespace" {
	evil false-proc 'mkdir /other && unshare -p -f -m mount -t proc proc /other; unshare -p -f sh -c "mount -t proc proc /proc" '
	assert_session_is_confined --profile app
}

@test "one that never answers" {
	hang false-proc /proc
	assert_session_is_confined --profile app
}
