# SPDX-License-Identifier: GPL-2.0-or-later
# --scratch: a copy of a running target that takes every change and forgets it.

load ../lib/common

setup_file() {
	engines_start
	images_build
	mkdir "$BATS_FILE_TMPDIR/volume"
	echo data > "$BATS_FILE_TMPDIR/volume/file"
	docker_run -v "$BATS_FILE_TMPDIR/volume:/data" -v "$BATS_FILE_TMPDIR/volume:/with space" copied debug-test/musl
}
teardown_file() { podman_clean; docker_clean; engines_stop; }
setup() { residue_begin; target_begin copied; }
teardown() { assert_no_residue; assert_target_unchanged copied; }

@test "changes are seen in the session and nowhere else, and are gone with it" {
	assert_unchanged "$(docker_pid copied)" "$DEBUG" --scratch copied -c 'echo new > /app/new && rm -r /bin && mv /usr /moved && chmod 700 /etc && ls -lR / > /dev/null 2>&1; find / -xdev -type f -exec cat {} + > /dev/null'
	run "$DEBUG" --scratch copied -c 'echo new > /app/new; echo more >> /etc/passwd; tail -n 1 /etc/passwd; ls /app | tr "\n" " "'
	[ "$output" = $'more\nnew server ' ]
	run "$DEBUG" --scratch copied -- ls /app/new
	[ "$status" -ne 0 ]
}

@test "the target's other mounts are there, and read-only" {
	[ "$("$DEBUG" --scratch copied -- cat '/data/file' '/with space/file')" = $'data\ndata' ]
	for file in /data/file '/with space/file' /etc/hosts; do
		run "$DEBUG" --scratch copied -- touch "$file"
		[ "$status" -ne 0 ]
		[[ $output = *'Read-only file system'* ]]
	done
	[ "$("$DEBUG" --scratch copied -- cat /proc/1/comm)" = server ]
	# As many as without the copy.
	[ "$("$DEBUG" --scratch copied -c 'wc -l < /proc/self/mounts')" = "$("$DEBUG" copied -c 'wc -l < /proc/self/mounts')" ]
}

@test "reading leaves no time of access" {
	local server
	server=/proc/$(docker_pid copied)/root/app/server
	touch -a -d '2020-02-02 02:02:02' "$server"
	target_begin copied
	assert_unchanged "$(docker_pid copied)" "$DEBUG" --scratch copied -c 'cat /app/server > /dev/null; cp /app/server /app/other; echo >> /app/server'
	[ "$(stat -c %X "$server")" = "$(date -d '2020-02-02 02:02:02' +%s)" ]
}

@test "a full copy is an error of the program that writes" {
	run "$DEBUG" --scratch copied -c 'head -c 500000000 /dev/zero > /app/large; echo "$?"; rm /app/large; echo fits > /app/small; cat /app/small'
	[[ $output = *'No space left on device'*$'1\nfits' ]]
}

@test "another process of the target sees nothing of it" {
	run "$DEBUG" --scratch copied -c 'touch /app/new; ls /proc/1/root/app; ls /app'
	[ "$output" = $'server\nnew\nserver' ]
}

@test "in another user namespace it is refused with a reason" {
	if ! podman_run_userns debug-test-scratch debug-test/musl; then
		skip "podman cannot run a container here"
	fi
	local pid
	pid=$(podman_pid debug-test-scratch)
	run "$DEBUG" --scratch "pid://$pid" -c 'echo new > /new && cat /new'
	[ "$status" -eq 125 ]
	[[ $output = *'--scratch is not possible here: the target has a user namespace of its own'* ]]
	podman_clean
}

@test "a read-only container can be written in its copy" {
	docker_run fixed --read-only debug-test/musl
	[ "$("$DEBUG" --scratch fixed -c 'echo new > /new; cat /new')" = new ]
	docker rm -f fixed > /dev/null
}

@test "--write and --scratch exclude each other" {
	run "$DEBUG" --write --scratch copied -- true
	[ "$status" -eq 125 ]
}
