# SPDX-License-Identifier: GPL-2.0-or-later
# A20: /etc/passwd and /etc/group of the container are a fifo, an endless device, a file of terabytes, a line of gigabytes, a
# link out, a directory (CVE-2026-47262, CVE-2026-46680).
# That they would hold a session, or fill its memory:
# weaken: src/6-join/identity.c s/O_NOCTTY \| O_NONBLOCK/O_NOCTTY/
# weaken: src/6-join/identity.c s/!S_ISREG\(status.st_mode\)/false/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() {
	engines_start
	docker_run odd-users debug-test/musl
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { assert_no_residue; }

KINDS=('mkfifo $1' 'ln -s /dev/zero $1' 'ln -s /dev/urandom $1' 'truncate -s 4096G $1' 'truncate -s 4G $1' 'ln -s /proc/1/root/etc/hostname $1'
	'ln -s /proc/self/fd/0 $1' 'ln -s $1 $1' 'mkdir $1' 'mknod $1 c 5 0' ':' 'printf "a:x:0:0:\0b:c" > $1' 'yes root:x:1:1:: | head -n 300000 > $1')

replace() { # COMMAND: for each of the files
	enter odd-users "for file in /etc/passwd /etc/group /etc/os-release; do rm -rf \$file; set -- \$file; $1; done"
}

@test "numbers work, names are refused in one sentence, both in time" {
	for kind in "${KINDS[@]}"; do
		replace "$kind"
		echo "$kind"
		[ "$(timeout 8 "$DEBUG" --user 1234 odd-users -c 'echo "$(awk "/^[UG]id/ { print \$2 }" /proc/self/status | xargs)"')" = '1234 0' ]
		timeout 8 "$DEBUG" odd-users -- true
		run timeout 8 "$DEBUG" --user somebody odd-users -- true
		[ "$status" -eq 125 ]
		[ "$output" = "debug: the target's /etc/passwd has no user \`somebody\`; give a number instead" ]
	done
	replace 'printf "somebody:x:77:78::/:\n" > $1'
	[ "$("$DEBUG" --user somebody odd-users -- awk '/^Uid/ { print $2 }' /proc/self/status)" = 77 ]
}
