# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016 # the strings are for the shell of the session
# Packages that a user adds: from an archive made here and signed by a key made here, in /etc/debug, where an administrator
# names one; no network is needed.  The target has no network at all.

load ../lib/common

CONFIG=/etc/debug

# An archive of one suite, signed, from the packages below $1/pool.
archive_index() { # ARCHIVE
	local deb
	(
		cd "$1" || exit
		mkdir -p dists/test/main/binary-amd64
		for deb in pool/*.deb; do
			dpkg-deb --field "$deb"
			printf 'Filename: %s\nSize: %s\nSHA256: %s\n\n' "$deb" "$(stat -c %s "$deb")" "$(sha256sum < "$deb" | cut -d' ' -f1)"
		done > dists/test/main/binary-amd64/Packages
		cd dists/test || exit
		{
			printf 'Suite: test\nCodename: test\nArchitectures: amd64\nComponents: main\nDate: %s\nSHA256:\n' "$(date -uR)"
			printf ' %s %s main/binary-amd64/Packages\n' "$(sha256sum < main/binary-amd64/Packages | cut -d' ' -f1)" \
				"$(stat -c %s main/binary-amd64/Packages)"
		} > Release
		gpg --homedir "$BATS_FILE_TMPDIR/gpg" --batch --yes --clearsign -o InRelease Release 2> /dev/null
	)
}

package() { # NAME VERSION DEPENDS: the files are in $BATS_FILE_TMPDIR/NAME
	local tree=$BATS_FILE_TMPDIR/$1
	mkdir -p "$tree/DEBIAN" "$tree/usr/share/doc/$1"
	printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: Expat\n' > "$tree/usr/share/doc/$1/copyright"
	printf 'Package: %s\nVersion: %s\nArchitecture: amd64\nMaintainer: none\nDescription: for a test\n' "$1" "$2" > "$tree/DEBIAN/control"
	[ -z "$3" ] || printf 'Depends: %s\n' "$3" >> "$tree/DEBIAN/control"
	dpkg-deb --root-owner-group --build "$tree" "$CONFIG/archive/pool/$1_$2_amd64.deb" > /dev/null
}

setup_file() {
	[ ! -e "$CONFIG" ] || { echo "$CONFIG is in use on this host"; return 1; }
	mkdir -p "$CONFIG/archive/pool" "$BATS_FILE_TMPDIR/gpg"
	chmod 700 "$BATS_FILE_TMPDIR/gpg"
	gpg --homedir "$BATS_FILE_TMPDIR/gpg" --batch --passphrase '' --quick-generate-key 'archive of the tests' rsa3072 sign 2> /dev/null
	gpg --homedir "$BATS_FILE_TMPDIR/gpg" --batch --export > "$CONFIG/archive.gpg"

	local tree=$BATS_FILE_TMPDIR
	mkdir -p "$tree/debug-test-lib/usr/share/debug-test-lib" "$tree/debug-test-tool/usr/bin" "$tree/debug-test-tool/DEBIAN"
	echo "data of the library" > "$tree/debug-test-lib/usr/share/debug-test-lib/data"
	printf '#!/bin/sh\ncat /usr/share/debug-test-lib/data\n' > "$tree/debug-test-tool/usr/bin/debug-test-tool"
	printf '#!/bin/sh\ntouch /state/postinst-ran /dev/toolbox/postinst-ran\n' > "$tree/debug-test-tool/DEBIAN/postinst"
	chmod 4755 "$tree/debug-test-tool/usr/bin/debug-test-tool"
	chmod 755 "$tree/debug-test-tool/DEBIAN/postinst"
	mkdir -p "$tree/debug-test-shadow/usr/bin"
	printf '#!/bin/sh\necho shadowed\n' > "$tree/debug-test-shadow/usr/bin/tree"
	chmod 755 "$tree/debug-test-shadow/usr/bin/tree"
	package debug-test-lib 1.0 ''
	package debug-test-tool 1.0 'debug-test-lib (>= 1.0)'
	package debug-test-shadow 1.0 ''
	archive_index "$CONFIG/archive"
}
teardown_file() {
	"$DEBUG" toolbox uninstall debug-test-tool > /dev/null 2>&1 || :
	"$DEBUG" toolbox uninstall debug-test-shadow > /dev/null 2>&1 || :
	rm -rf "$CONFIG"
}

setup() {
	echo "deb [signed-by=$CONFIG/archive.gpg] file:$CONFIG/archive test main" > "$CONFIG/sources.list"
	residue_begin
}
teardown() {
	[ -z "${SUPERVISOR_PID-}" ] || fixture_stop
	assert_no_residue
}

@test "what is installed appears in the running session, in another one and in later ones, and the target does not change" {
	local other
	fixture_start
	"$TOOLS/fingerprint" "$FIXTURE_PID" > "$BATS_TEST_TMPDIR/before"
	"$DEBUG" "pid://$FIXTURE_PID" -c 'until debug-test-tool 2> /dev/null; do sleep 0.05; done' > "$BATS_TEST_TMPDIR/other" &
	other=$!
	run "$DEBUG" "pid://$FIXTURE_PID" -c 'debug-test-tool 2>/dev/null || echo "not yet: $?"; install debug-test-tool && debug-test-tool' 2> /dev/null
	[ "${lines[0]}" = 'not yet: 127' ]
	[[ $output == *'installed: debug-test-lib 1.0, debug-test-tool 1.0'* ]]
	[ "${lines[-1]}" = 'data of the library' ]
	wait "$other"
	[ "$(cat "$BATS_TEST_TMPDIR/other")" = 'data of the library' ]
	[ "$("$DEBUG" "pid://$FIXTURE_PID" -- debug-test-tool)" = 'data of the library' ]
	diff "$BATS_TEST_TMPDIR/before" <("$TOOLS/fingerprint" "$FIXTURE_PID")
}

@test "it is listed, and is not installed twice" {
	fixture_start
	[[ $("$DEBUG" "pid://$FIXTURE_PID" -- builtins) == *debug-test-tool* ]]
	"$DEBUG" toolbox ls | grep -qE '^debug-test-lib +1\.0 +\(yours\)$'
	"$DEBUG" toolbox ls --json | jq -e '.[] | select(.package == "debug-test-tool") | .installed_by_user' > /dev/null
	[ "$("$DEBUG" toolbox info --json | jq .yours)" -ge 2 ]
	[ "$("$DEBUG" "pid://$FIXTURE_PID" -- install debug-test-tool)" = 'already in the toolbox: debug-test-tool' ]
}

@test "no script of a package runs, and no bit that gives rights survives" {
	fixture_start
	run "$DEBUG" "pid://$FIXTURE_PID" -c 'stat -c %a /dev/bin/debug-test-tool; ls /dev/toolbox/postinst-ran'
	[ "${lines[0]}" = 755 ]
	[[ ${lines[1]} == *'No such file'* ]]
	[ -z "$(find /var/lib/debug/toolbox/"$(id -u)" -name postinst-ran -o -perm /6000)" ]
}

@test "apt and apk do as install does, and coreutils' install stays" {
	fixture_start
	run "$DEBUG" "pid://$FIXTURE_PID" -c 'apt-get -y install debug-test-tool; apk add debug-test-tool; apt update; apt moo'
	[ "${lines[0]}" = 'already in the toolbox: debug-test-tool' ]
	[ "${lines[1]}" = 'already in the toolbox: debug-test-tool' ]
	[[ ${lines[2]} == *'nothing to update'* ]]
	[[ ${lines[3]} == *'apt knows install, remove'* ]]
	run "$DEBUG" "pid://$FIXTURE_PID" -c 'cd ~ && echo x > a && install a b && install -m 640 a c && stat -c "%a %n" b c'
	[ "$output" = $'755 b\n640 c' ]
}

@test "uninstall takes along what nothing else needs, and leaves no trace in the layer" {
	fixture_start
	run "$DEBUG" "pid://$FIXTURE_PID" -c 'uninstall debug-test-tool; debug-test-tool; ls /dev/share/debug-test-lib'
	[[ ${lines[0]} == 'removed: '*debug-test-tool* ]]
	[[ ${lines[0]} == *debug-test-lib* ]]
	[[ ${lines[1]} == *'not found'* ]]
	[[ ${lines[2]} == *'No such file'* ]]
	[ -z "$(find /var/lib/debug/toolbox/"$(id -u)"/*/upper \( -type c -o -name '*debug-test*' \))" ]
	run "$DEBUG" "pid://$FIXTURE_PID" -- uninstall debug-test-tool
	[ "$status" = 1 ]
	[ "$output" = 'debug: `debug-test-tool` was not installed by you; `builtins` lists what was' ]
}

@test "a package hides a file of the image, which comes back" {
	fixture_start
	"$DEBUG" toolbox install debug-test-shadow
	[ "$("$DEBUG" "pid://$FIXTURE_PID" -- tree)" = shadowed ]
	"$DEBUG" toolbox uninstall debug-test-shadow
	[[ $("$DEBUG" "pid://$FIXTURE_PID" -- tree --version) == tree\ v* ]]
}

@test "a package that the archive does not have" {
	fixture_start
	run "$DEBUG" "pid://$FIXTURE_PID" -- install no-such-thing
	[ "$status" = 1 ]
	[[ $output == *'has no package `no-such-thing`'* ]]
	[ "${#lines[@]}" = 1 ]
}

@test "words that are no names of packages are refused before anything starts" {
	local word
	for word in '-o=APT::Update::Pre-Invoke::=id' ./x '../../etc' 'a;id' 'a b' '' 'x-' $'a\nb'; do
		run "$DEBUG" toolbox install -- "$word"
		[ "$status" = 125 ]
	done
	fixture_start
	run "$DEBUG" "pid://$FIXTURE_PID" -- install 'a;id' b
	[ "$status" = 125 ]
	[[ $output == *'not a request for packages'* ]]
}

@test "bytes that are no request end the conversation and nothing else" {
	fixture_start
	run "$DEBUG" "pid://$FIXTURE_PID" -c '
		for size in 1 100 4112 5000 100000; do head -c $size /dev/urandom | timeout 5 socat -t 1 - UNIX-CONNECT:$HOME/.packages,type=5; done 2>/dev/null
		install debug-test-lib'
	[ "$status" = 0 ]
	[[ $output == *'installed: debug-test-lib 1.0'* ]]
	"$DEBUG" toolbox uninstall debug-test-lib
}

@test "a process that is not the session's is not served" {
	local session inside
	fixture_start
	"$DEBUG" "pid://$FIXTURE_PID" -- sleep 60 &
	session=$!
	for _ in $(seq 100); do
		inside=$(cat /sys/fs/cgroup/debug-*/cgroup.procs /sys/fs/cgroup/*/debug-*/cgroup.procs 2> /dev/null | sort -un | tail -n 1)
		[ -z "$inside" ] || [ "$(cat "/proc/$inside/comm")" != sleep ] || break
		sleep 0.05
	done
	run nsenter -t "$inside" -m -p -- /dev/toolbox/bin/install debug-test-lib
	kill "$session"
	wait "$session" || :
	[ "$status" = 125 ]
	[[ $output == *'only processes of the session may install'* || $output == *'does not answer'* ]]
	run "$DEBUG" toolbox ls
	[[ $output != *debug-test-lib* ]]
}

@test "an archive with another signature, or none, is refused" {
	run "$DEBUG" toolbox install --mirror "$CONFIG/archive" debug-test-tool
	[ "$status" = 1 ]
	[[ $output == *'cannot be read'* ]]
	cp -a "$CONFIG/archive" "$BATS_TEST_TMPDIR/unsigned"
	rm "$BATS_TEST_TMPDIR/unsigned/dists/test/InRelease"
	mv "$BATS_TEST_TMPDIR/unsigned" "$CONFIG/unsigned"
	echo "deb [signed-by=$CONFIG/archive.gpg] file:$CONFIG/unsigned test main" > "$CONFIG/sources.list"
	run "$DEBUG" toolbox install debug-test-tool
	[ "$status" = 1 ]
	[[ $output == *'cannot be read'* ]]
	[ "$("$DEBUG" toolbox ls | grep -c debug-test)" = 0 ]
}

@test "a package that was changed after it was signed for is refused" {
	cp -a "$CONFIG/archive" "$CONFIG/changed"
	printf x >> "$CONFIG/changed/pool/debug-test-lib_1.0_amd64.deb"
	echo "deb [signed-by=$CONFIG/archive.gpg] file:$CONFIG/changed test main" > "$CONFIG/sources.list"
	run "$DEBUG" toolbox install debug-test-lib
	[ "$status" = 1 ]
	[ "$("$DEBUG" toolbox ls | grep -c debug-test)" = 0 ]
}

@test "offline: one sentence with what to do" {
	echo "deb [signed-by=$CONFIG/archive.gpg] http://127.0.0.1:9/debian test main" > "$CONFIG/sources.list"
	run "$DEBUG" toolbox install debug-test-lib
	[ "$status" = 1 ]
	[[ $output == *'archive http://127.0.0.1:9/debian cannot be read:'*'--mirror DIRECTORY'* ]]
	[ "${#lines[@]}" = 1 ]
}

@test "lists that are out of date are read again" {
	"$DEBUG" toolbox search debug-test > /dev/null
	rm "$CONFIG/archive/pool/debug-test-lib_1.0_amd64.deb"
	package debug-test-lib 1.1 ''
	archive_index "$CONFIG/archive"
	run "$DEBUG" toolbox install debug-test-lib
	[ "$status" = 0 ]
	[ "${lines[-1]}" = 'installed: debug-test-lib 1.1' ]
	rm "$CONFIG/archive/pool/debug-test-lib_1.1_amd64.deb"
	mv "$BATS_FILE_TMPDIR/debug-test-lib/usr/share/debug-test-lib/data" "$BATS_FILE_TMPDIR/debug-test-lib/usr/share/debug-test-lib/newer"
	package debug-test-lib 1.2 ''
	archive_index "$CONFIG/archive"
	# One file takes the place of another, for an ordinary user as well.
	fixture_start
	run "$DEBUG" -u 4711 "pid://$FIXTURE_PID" -c 'apt upgrade; ls /dev/share/debug-test-lib; cat /dev/share/debug-test-lib/newer'
	[ "$status" = 0 ]
	[[ $output == *'debug-test-lib 1.2'*$'newer\ndata of the library' ]]
	mv "$BATS_FILE_TMPDIR/debug-test-lib/usr/share/debug-test-lib/newer" "$BATS_FILE_TMPDIR/debug-test-lib/usr/share/debug-test-lib/data"
	"$DEBUG" toolbox uninstall debug-test-lib
	# By then known, and asked for by a name that older lists do not have.
	package debug-test-new 1.0 ''
	archive_index "$CONFIG/archive"
	"$DEBUG" toolbox install debug-test-new
	"$DEBUG" toolbox uninstall debug-test-new
	rm "$CONFIG/archive/pool/debug-test-lib_1.2_amd64.deb"
	package debug-test-lib 1.0 ''
	archive_index "$CONFIG/archive"
}

@test "lists that are a day old serve on when the archive cannot be reached" {
	"$DEBUG" toolbox search debug-test > /dev/null
	touch -d '2 days ago' /var/lib/debug/toolbox/"$(id -u)"/apt/sources.key
	mv "$CONFIG/archive" "$CONFIG/away"
	run "$DEBUG" toolbox search debug-test
	mv "$CONFIG/away" "$CONFIG/archive"
	[ "$status" = 0 ]
	[[ ${lines[0]} == 'the package archive cannot be read ('*'; using the lists of '* ]]
	[[ ${lines[1]} == debug-test-lib* ]]
}

@test "a package in a file: from the host, with what it needs; not from inside a container" {
	fixture_start
	run "$DEBUG" toolbox install "$CONFIG/archive/pool/debug-test-tool_1.0_amd64.deb"
	[ "$status" = 0 ]
	[[ $output == *'debug-test-lib 1.0, debug-test-tool 1.0'* ]]
	[ "$("$DEBUG" "pid://$FIXTURE_PID" -- debug-test-tool)" = 'data of the library' ]
	"$DEBUG" toolbox uninstall debug-test-tool
	run "$DEBUG" "pid://$FIXTURE_PID" -- install ./x.deb
	[ "$status" = 125 ]
	[[ $output == *'is installed from the host'* ]]
	run "$DEBUG" toolbox install /etc/hostname.deb
	[ "$status" = 125 ]
	echo garbage > "$BATS_TEST_TMPDIR/x.deb"
	run "$DEBUG" toolbox install "$BATS_TEST_TMPDIR/x.deb"
	[ "$status" = 1 ]
	[[ $output == *'not a Debian package'* ]]
}

@test "ended in the middle, the installation ends too, and the next one works" {
	local waiting
	mkfifo "$BATS_TEST_TMPDIR/never.deb"
	exec 7<> "$BATS_TEST_TMPDIR/never.deb"
	"$DEBUG" toolbox install "$BATS_TEST_TMPDIR/never.deb" 7>&- &
	waiting=$!
	sleep 0.5
	kill "$waiting"
	wait "$waiting" || :
	exec 7>&-
	for _ in $(seq 40); do flock -n /var/lib/debug/toolbox/"$(id -u)"/lock true && break; sleep 0.05; done
	"$DEBUG" toolbox install debug-test-lib
	"$DEBUG" toolbox uninstall debug-test-lib
}

@test "where nothing can be kept a session works all the same, and install says so" {
	fixture_start
	mkdir "$BATS_TEST_TMPDIR/copy"
	cp -a "$BUILD/bin" "$BUILD/libexec" "$BATS_TEST_TMPDIR/copy/"
	run unshare --mount --propagation private sh -c '
		mount -t tmpfs -o ro,mode=0755 none /var/lib/debug && mount -t tmpfs -o mode=0700 none /run/debug &&
		exec "$0" "$1" -c "echo works; install debug-test-lib"' "$BATS_TEST_TMPDIR/copy/bin/debug" "pid://$FIXTURE_PID"
	[ "${lines[0]}" = works ]
	[ "$status" = 125 ]
	[[ ${lines[1]} == 'debug: cannot make the directory'*'Read-only file system' ]]
}

@test "an image built of the toolbox has the user's packages, and is verified as any other" {
	fixture_start
	"$DEBUG" toolbox install debug-test-tool
	mkdir "$BATS_TEST_TMPDIR/copy"
	cp -a "$BUILD/bin" "$BUILD/libexec" "$BATS_TEST_TMPDIR/copy/"
	rm "$BATS_TEST_TMPDIR/copy/libexec/debug/"toolbox.erofs*
	"$DEBUG" toolbox build --output "$BATS_TEST_TMPDIR/copy/libexec/debug/toolbox.erofs"
	"$DEBUG" toolbox uninstall debug-test-tool
	(cd "$BATS_TEST_TMPDIR/copy/libexec/debug" && sha256sum --check --quiet toolbox.erofs.sha256)
	"$BATS_TEST_TMPDIR/copy/bin/debug" toolbox sbom > "$BATS_TEST_TMPDIR/bill" 2> "$BATS_TEST_TMPDIR/said"
	[ ! -s "$BATS_TEST_TMPDIR/said" ]
	[ "$(jq -r '.components[] | select(.name == "debug-test-tool") | .version, .hashes[0].content' "$BATS_TEST_TMPDIR/bill")" = \
		"1.0"$'\n'"$(sha256sum < "$CONFIG/archive/pool/debug-test-tool_1.0_amd64.deb" | cut -c1-64)" ]
	[ "$(jq '.components | map(select(.type == "library")) | length' "$BATS_TEST_TMPDIR/bill")" = \
		"$("$BATS_TEST_TMPDIR/copy/bin/debug" toolbox ls | wc -l)" ]
	run "$BATS_TEST_TMPDIR/copy/bin/debug" "pid://$FIXTURE_PID" -c 'debug-test-tool; dpkg-query --admindir=/nowhere -l 2>/dev/null; grep -c "^debug-test" /dev/toolbox/share/toolbox/packages'
	[ "$output" = $'data of the library\n2' ]
	"$DEBUG" "pid://$FIXTURE_PID" -- true
	"$DEBUG" toolbox gc
}

@test "an image that cannot be made leaves what lay there before" {
	echo before > "$BATS_TEST_TMPDIR/image"
	run unshare --mount --propagation private sh -c 'mount -t tmpfs -o ro,mode=0755 none /var/lib/debug && mount -t tmpfs -o mode=0700 none /run/debug &&
		exec "$0" toolbox build --output "$1"' "$DEBUG" "$BATS_TEST_TMPDIR/image"
	[ "$status" = 125 ]
	[ "$(cat "$BATS_TEST_TMPDIR/image")" = before ]
	[ "$(ls "$BATS_TEST_TMPDIR")" = $'image\nresidue' ]
	run "$DEBUG" toolbox build --output /nowhere/image
	[ "$status" = 125 ]
	[[ $output == 'debug: cannot open `/nowhere/image.part`: No such file or directory' ]]
}

@test "a command that is not there: which package has it, whatever the name is" {
	fixture_start
	run "$DEBUG" "pid://$FIXTURE_PID" -c '/dev/libexec/command-not-found sngrep'
	[ "$status" = 127 ]
	[ "$output" = 'debug: command `sngrep` was not found; package `sngrep` has it: install sngrep' ]
	run "$DEBUG" "pid://$FIXTURE_PID" -c '/dev/libexec/command-not-found sendmail'
	[[ $output =~ ^'debug: command `sendmail` was not found; these packages have it: '([a-z0-9.+-]+, ){4} ]]
	run "$DEBUG" "pid://$FIXTURE_PID" -c '
		for name in "" "ngre." ".*" "-f" "--help" "[a-z]" "a	b" "ngrep
ngrep" "$(printf "ngrep\033]0;x\007\302\233m\r")" "/etc/hosts" "$(head -c 5000 /dev/zero | tr "\0" A)"; do
			/dev/libexec/command-not-found "$name" 2>&1 || echo "$?"
		done'
	[ "$(grep -c '^127$' <<< "$output")" = 11 ]
	[ "$(grep -c 'neither in the toolbox nor' <<< "$output")" = 11 ]
	[ "$(grep -c '[[:cntrl:]]' <<< "$output")" = 0 ]
}

@test "verify reads the whole image" {
	[[ $("$DEBUG" toolbox verify) == *"sha256 $(cut -c1-64 "$BUILD/libexec/debug/toolbox.erofs.sha256")" ]]
}

@test "in a terminal the progress is shown in place, and the prompt finds what was added" {
	fixture_start
	tmux_start 100x30 "$DEBUG pid://$FIXTURE_PID"
	tmux_wait_for 'builtins'
	tmux_send 'install debug-test-tool' Enter
	tmux_wait_for 'installed: debug-test-lib 1.0, debug-test-tool 1.0'
	tmux_send 'debug-test-tool' Enter
	tmux_wait_for 'data of the library'
	tmux_send 'uninstall debug-test-tool' Enter
	tmux_wait_for 'removed:'
	tmux_send 'exit' Enter
	tmux_end
}
