#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016 # the strings are for the shell of the target
# shellcheck disable=SC2154 # output and status are set by inside
#
# What ARCH=arm64 builds, on any machine, by QEMU's user mode: tools do real work in a target that has nothing.  Paths that
# were not relocated show, as there is no root of arm64 to find them in.  BUILD_ARM64 is the build directory.

setup_file() {
	TOOLBOX_IMAGE=$BUILD_ARM64/libexec/debug/toolbox.erofs
	TARGET_EMULATOR=$(command -v qemu-aarch64-static)
	export TOOLBOX_IMAGE TARGET_EMULATOR
	# shellcheck source=tests/lib/toolbox-target.bash
	. "$BATS_TEST_DIRNAME/../lib/toolbox-target.bash"
	target_start
}

teardown_file() {
	. "$BATS_TEST_DIRNAME/../lib/toolbox-target.bash"
	target_stop
}

setup() {
	. "$BATS_TEST_DIRNAME/../lib/toolbox-target.bash"
}

# What the command printed is shown if a check of it fails.
succeeds() {
	inside "set -e; scratch=\$(mktemp -d); trap 'cd /; rm -rf \$scratch' EXIT; cd \$scratch; $1"
	printf 'status %s:\n%s\n' "$status" "$output"
	[ "$status" -eq 0 ]
}

prints() {
	local pattern
	for pattern; do
		grep -qE -e "$pattern" <<<"$output" || {
			echo "not printed: $pattern"
			return 1
		}
	done
}

@test "arm64: it is that machine, and only the target's files are seen" {
	succeeds 'uname -m; ls /; cat /etc/hostname; whoami; [ ! -e /lib ]'
	prints '^aarch64$' '^etc$' '^target$' '^root$'
}

@test "arm64: bash and sh start children, pipes and substitutions" {
	succeeds 'a=(x y z); f() { echo "${a[*]^^}" $((6 * 7)); }; f; cat <(echo substituted); readlink -f /dev/sh
		printf "%s\n" "#!/dev/sh" "echo from a script: \$1" >script; chmod +x script; ./script word
		printf "echo without a first line\n" >bare; chmod +x bare; ./bare; awk "BEGIN { system(\"echo by system\") }"'
	prints '^X Y Z 42$' '^substituted$' '/bin/bash$' '^from a script: word$' '^without a first line$' '^by system$'
}

@test "arm64: ls, find, sort, grep, sed and awk" {
	succeeds 'seq 20 | shuf | sort -n | tail -n 3 | paste -sd+; mkdir -p d/e; printf "one\ntwo\nthree\n" >d/e/f; find d -name f
		ls -l --color=never d/e; grep -rn "^tw" d; sed -n "s/e/E/gp" d/e/f; awk "{ n += length } END { print n, NR }" d/e/f'
	prints '^18\+19\+20$' '^d/e/f$' '^-rw.* f$' '^d/e/f:2:two$' '^thrEE$' '^11 3$'
}

@test "arm64: jq, file and tar with zstd" {
	succeeds 'echo "{\"a\":[1,2,{\"b\":\"c\"}]}" | jq -c ".a[2].b, (.a[0:2] | add)"; file -b "$(readlink -f /dev/toolbox/bin/ls)" /dev/toolbox/sh
		seq 5000 >n; tar --zstd -cf n.tar.zst n; file -b n.tar.zst; rm n; tar --zstd -xf n.tar.zst; tail -n 1 n'
	prints '^"c"$' '^3$' 'ARM aarch64' '^Zstandard compressed' '^5000$'
}

@test "arm64: openssl makes a digest, a certificate and verifies it; the toolbox's authorities load" {
	succeeds 'printf abc | openssl sha256; openssl version -d
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=test" -keyout k -out c 2>/dev/null
		openssl verify -CAfile c c; openssl storeutl -noout -certs /dev/ssl/certs/ca-certificates.crt | tail -n 1'
	prints 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' '"/dev/lib/ssl"' '^c: OK$' '^Total found: [0-9]{2,}$'
}

@test "arm64: curl reads a file and a server of socat; ss sees who listens" {
	succeeds 'echo content >f; curl -sS "file://$PWD/f"
		printf "HTTP/1.0 200 OK\r\n\r\nby a server\n" >reply
		socat TCP-LISTEN:8093,reuseaddr,bind=127.0.0.1 SYSTEM:"cat reply; head -n 1 >/dev/null" 2>/dev/null &
		for _ in $(seq 100); do ss -Htln "sport = :8093" | grep -q . && break; sleep 0.05; done
		ss -tln; curl -sS http://localhost:8093/; wait'
	prints '^content$' '127\.0\.0\.1:8093' '^by a server$'
}

@test "arm64: ps shows the target's processes" {
	succeeds 'sleep 60 & ps -eo pid,args; kill $!'
	prints '^ +1 .*sleep infinity' 'sleep 60'
}

@test "arm64: vim finds its runtime and edits; less and terminfo" {
	succeeds 'printf "alpha\nbeta\n" >f; vim -es -u NONE -c "%s/a\$/A/" -c wq f; cat f
		vim -es -c "redir! > out" -c "echo \$VIMRUNTIME &term" -c "syntax on" -c "set ft=c" -c "echo exists(\"b:current_syntax\")" -c qa || :
		cat out; less f; tput -T tmux-256color colors; infocmp -x xterm-256color | head -n 1'
	prints '^alphA$' '^betA$' '^/dev/share/vim/vim' '^256$' 'from file: /dev/terminfo/x/'
}

@test "arm64: names: services, protocols, hosts; locale and iconv" {
	succeeds 'getent services https; getent protocols udp; getent hosts target; printf "\303\251" | iconv -f utf8 -t latin1 | od -An -tx1
		printf "\303\251" | wc -m; dig -h | head -n 1'
	prints '^https +443/tcp' '^udp +17' '^127.0.0.1 ' ' e9$' '^1$' '^Usage:'
}

@test "arm64: hostile variables of the loader do not enter a tool" {
	inside_with LD_PRELOAD=/none.so LD_LIBRARY_PATH=/etc LD_AUDIT=/none.so -- 'echo x | grep x; ls /etc'
	[ "$status" -eq 0 ]
	prints '^x$' '^hostname$'
	! grep -q 'ld.so' <<<"$output"
}

@test "arm64: the programs start" {
	run "$TARGET_EMULATOR" "$BUILD_ARM64/bin/debug" --help
	[ "$status" -eq 0 ]
	prints '^Usage: debug '
	run "$TARGET_EMULATOR" "$BUILD_ARM64/libexec/debug/debug-helper"
	printf '%s: %s\n' "$status" "$output"
	[ "$status" -eq 125 ]
	succeeds 'sha256sum </dev/toolbox/libexec/debug-joiner; status=0; /dev/toolbox/libexec/debug-joiner || status=$?; [ $status = 125 ]'
	prints "^$(sha256sum <"$BUILD_ARM64/debug-joiner" | cut -c1-64)"
}
