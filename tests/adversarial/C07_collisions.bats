# SPDX-License-Identifier: GPL-2.0-or-later
# C07: where a session has its own things the target has files, links and directories of the same names.
# That they are in the way is shown by what a session without its cover of /dev would find there.
# weaken: src/6-join/devices.c s/if \(copy_aliases\(new_fd\) < 0\)/if ((old_fd != FD_NONE \&\& copy_entries(new_fd, old_fd, has_devices, true) < 0) || copy_aliases(new_fd) < 0)/

bats_require_minimum_version 1.5.0

load ../lib/common

setup_file() {
	engines_start
	docker_run collisions debug-test/scratch
}
teardown_file() { docker_clean; }
setup() {
	residue_begin
	ROOT_OF=/proc/$(docker_pid collisions)/root
	mkdir -p "$ROOT_OF"/{nix,toolbox,.debug}
	echo theirs | tee "$ROOT_OF"/{nix,toolbox,.debug}/file > /dev/null
}
teardown() {
	rm -rf "$ROOT_OF"/dev/{toolbox,bin,sbin,lib,share,etc,libexec,.packages} "$ROOT_OF"/{nix,toolbox,.debug}
	assert_no_residue
}

@test "files, links and directories in the toolbox's place: the tools are ours, the target's stay theirs" {
	names='toolbox bin sbin lib share etc libexec'
	for kind in 'echo theirs >' 'ln -s /etc' 'ln -s /proc/1/root' 'ln -s toolbox' 'mkdir' 'mkfifo'; do
		for name in $names; do rm -rf "${ROOT_OF:?}/dev/$name"; eval "$kind $ROOT_OF/dev/$name"; done
		assert_unchanged "$(docker_pid collisions)" "$DEBUG" collisions -- true
		[ "$("$DEBUG" collisions -c 'readlink -f "$(command -v jq)"; jq -n 40+2')" = $'/dev/toolbox/bin/jq\n42' ]
		[ "$("$DEBUG" collisions -- cat /nix/file /toolbox/file /.debug/file | sort -u)" = theirs ]
		# In the target nothing lies over them.
		[ "$kind" != 'echo theirs >' ] || [ "$("$DEBUG" collisions -- cat /proc/1/root/dev/toolbox)" = theirs ]
		[ "$kind" != 'ln -s /etc' ] || [ "$("$DEBUG" collisions -- readlink /proc/1/root/dev/bin)" = /etc ]
	done
}

@test "a target whose /dev/toolbox is a program in the way of ours" {
	mkdir -p "$ROOT_OF/dev/toolbox/bin" "$ROOT_OF/dev/toolbox/libexec"
	for name in bash ls env; do printf '#!/app/server\n' > "$ROOT_OF/dev/toolbox/bin/$name"; done
	printf '#!/app/server\n' > "$ROOT_OF/dev/toolbox/libexec/debug-joiner"
	chmod -R 755 "$ROOT_OF/dev/toolbox"
	[ "$("$DEBUG" collisions -- readlink /proc/self/exe)" = /dev/toolbox/bin/readlink ]
	"$DEBUG" --write collisions -- sh -c 'ls / > /dev/null && ! echo x > /dev/toolbox/bin/ls'
	[ "$(cat "$ROOT_OF/dev/toolbox/bin/ls")" = '#!/app/server' ]
	# Where nothing covers it, it is what runs.
	run nsenter --target "$(docker_pid collisions)" --mount --root -- /dev/toolbox/bin/ls --version
	[[ "$output" != *coreutils* ]]
}
