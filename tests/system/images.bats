# SPDX-License-Identifier: GPL-2.0-or-later
# Sessions with what does not run: images, stopped containers, archives and directories.

load ../lib/common

setup_file() {
	engines_start
	images_build
	local files=$BATS_FILE_TMPDIR
	docker save -o "$files/musl.tar" debug-test/musl
	docker save -o "$files/two.tar" debug-test/musl debug-test/scratch
	mkdir -p "$files/root/bin" "$files/root/etc" "$files/root/dev"
	cp /bin/busybox "$files/root/bin/busybox"
	echo hello > "$files/root/etc/greeting"
	setfattr -n user.note -v kept "$files/root/etc/greeting" 2> /dev/null || :
	find "$files/root" -exec touch -h -d '2020-02-02 02:02:02' {} +
	printf '%s\n' 'debug-test-stopped' > "$files/name"
	docker rm -f debug-test-stopped > /dev/null 2>&1 || :
	docker create --name debug-test-stopped --label debug.test=1 -w /app -e MODE=stopped debug-test/scratch >> "$files/containers"
}
teardown_file() { docker_clean; engines_stop; }
setup() { residue_begin; }
teardown() { assert_no_residue; }

# Everything about a tree that a session could have changed, times of access and change included.
tree() {
	unshare --mount --propagation private bash -c 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && cd / &&
		find "$1" -printf "%p %y %m %U %G %s %n %i %A@ %T@ %C@\n" | sort && find "$1" -type f -exec sha256sum {} + | sort' sh "$1"
}

# tar's own options cannot make these: name, type, link, contents.
entry() { # NAME TYPE LINK CONTENTS [SIZE]
	python3 - "$@" <<- 'PYTHON'
		import sys
		name, kind, link, contents = (word.encode() for word in sys.argv[1:5])
		size = int(sys.argv[5]) if len(sys.argv) > 5 else len(contents)
		numbers = [b'%07o\0' % 0o644, b'%07o\0' % 0, b'%07o\0' % 0, b'%011o\0' % size, b'%011o\0' % 0]
		header = bytearray(name.ljust(100, b'\0') + b''.join(numbers) + b' ' * 8 + kind + link.ljust(100, b'\0') +
		                   b'ustar\x0000'.ljust(72, b'\0') + b'%07o\0' % 1 + b'%07o\0' % 3)
		header = header.ljust(512, b'\0')
		header[148:156] = b'%06o\0 ' % sum(header)
		sys.stdout.buffer.write(bytes(header) + contents.ljust((len(contents) + 511) // 512 * 512, b'\0'))
	PYTHON
}
# A `docker save` archive with the layers that are given as files.
archive() { # OUT LAYER...
	local out=$1 work=$BATS_TEST_TMPDIR/archive layers=() i=0
	shift
	rm -rf "$work"
	mkdir -p "$work"
	for layer; do
		cp "$layer" "$work/$i.tar"
		layers+=("$i.tar")
		i=$((i + 1))
	done
	echo '{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin","COLOR=blue"],"WorkingDir":"/work","Cmd":["x"]}}' > "$work/config.json"
	jq -n '[{Config: "config.json", RepoTags: ["made:1"], Layers: $ARGS.positional}]' --args "${layers[@]}" > "$work/manifest.json"
	tar -C "$work" -cf "$out" .
}
layer_of() { tar -C "$1" --sort=name --owner=0 --group=0 -cf "$2" .; }

@test "an image, in namespaces of its own" {
	run "$DEBUG" docker://debug-test/glibc -c 'echo "$$ $(hostname) $(id -u) $(ls /sys/class/net) $(ps ax | wc -l)"; ls /app'
	[ "$status" -eq 0 ]
	[[ ${lines[0]} =~ ^[0-9]+\ glibc\ 0\ lo\ [0-9]+$ ]]
	[ "${lines[1]}" = server ]
	[ "$("$DEBUG" docker://debug-test/glibc -- readlink /proc/self/ns/net)" != "$(readlink /proc/self/ns/net)" ]
	[ "$("$DEBUG" docker://debug-test/glibc -- cat /proc/1/comm)" = debug-session ]
}

@test "a stopped container has its environment, its directory and its changes" {
	[ "$("$DEBUG" debug-test-stopped -c 'echo "$MODE $PWD"')" = 'stopped /app' ]
	[ "$("$DEBUG" debug-test-stopped -- entrypoint --json | jq -r '.problems | length')" = 0 ] || "$DEBUG" debug-test-stopped -- entrypoint | grep -q 'no problem found'
	docker cp "$BATS_FILE_TMPDIR/name" debug-test-stopped:/app/name
	[ "$("$DEBUG" debug-test-stopped -- cat /app/name)" = debug-test-stopped ]
}

@test "what is written is there in the session, and nowhere afterwards" {
	[ "$("$DEBUG" debug-test-stopped -c 'echo new > /app/new; rm /app/server; mv /app /moved; ls /moved')" = new ] ||
		[ "$("$DEBUG" debug-test-stopped -c 'echo new > /app/new; rm /app/server; mv /app /moved; ls /moved' | tr '\n' ' ')" = 'name new ' ]
	[ -z "$(docker diff debug-test-stopped | grep -vE '/app$|/app/name$')" ]
	run "$DEBUG" debug-test-stopped -- ls /app/new
	[ "$status" -ne 0 ]
}

@test "nothing of the host is in reach" {
	run "$DEBUG" "$BATS_FILE_TMPDIR/root" -- python3 -c '
import os
# The classic way out of a chroot.
os.mkdir("/x"); os.chroot("/x")
for i in range(64): os.chdir("..")
os.chroot(".")
print(sorted(os.listdir("/")))'
	[ "$status" -eq 0 ]
	[ "$output" = "['bin', 'dev', 'etc', 'proc', 'sys', 'x']" ]
	run "$DEBUG" "$BATS_FILE_TMPDIR/root" -c 'cut -d " " -f 5 /proc/self/mountinfo | sort -u | tr "\n" " "'
	[ "$output" = '/ /dev /dev/mqueue /dev/pts /dev/shm /dev/toolbox /dev/toolbox/run /proc /sys ' ]
	run "$DEBUG" "$BATS_FILE_TMPDIR/root" -c 'echo x > /proc/sys/kernel/core_pattern || echo x > /proc/sysrq-trigger || mount -t tmpfs none /bin || mknod /null c 1 3'
	[ "$status" -ne 0 ]
}

@test "a network only if it is asked for" {
	run "$DEBUG" "$BATS_FILE_TMPDIR/root" -c 'grep -c . /proc/net/dev; cat /etc/hosts; ping -c 1 -W 1 127.0.0.1 > /dev/null && echo loopback'
	[[ $output = *loopback* ]]
	[ "$("$DEBUG" --network host "$BATS_FILE_TMPDIR/root" -- readlink /proc/self/ns/net)" = "$(readlink /proc/self/ns/net)" ]
	cmp <("$DEBUG" --network host "$BATS_FILE_TMPDIR/root" -- cat /etc/resolv.conf) /etc/resolv.conf
}

@test "a directory is the same after a session as before, to the last time of access" {
	local root=$BATS_FILE_TMPDIR/root
	find "$root" -exec touch -h -a -d '2020-02-02 02:02:02' {} +
	tree "$root" > "$BATS_TEST_TMPDIR/before"
	run "$DEBUG" "$root" -c 'cat /etc/greeting /bin/busybox > /dev/null; ls -lR /bin /etc > /dev/null; chmod 777 /etc/greeting; echo more >> /etc/greeting; touch /etc; rm -r /bin; mkdir /bin; setfattr -n user.x -v y /etc 2> /dev/null; cat /etc/greeting; ls -a /bin'
	[ "$output" = $'hello\nmore\n.\n..' ]
	tree "$root" > "$BATS_TEST_TMPDIR/after"
	diff -U0 "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

@test "a directory without /dev, /proc and /etc, or with links and files in their place" {
	local root=$BATS_TEST_TMPDIR/root
	mkdir -p "$root/bin"
	[ "$("$DEBUG" "$root" -c 'ls / | tr "\n" " "; echo > /dev/null')" = 'bin dev etc proc sys ' ]
	ln -s /etc "$root/dev"
	ln -s ../../../../etc "$root/etc"
	: > "$root/proc"
	tree "$root" > "$BATS_TEST_TMPDIR/before"
	[ "$("$DEBUG" "$root" -c 'test -c /dev/null && cat /proc/sys/kernel/hostname')" = root ]
	diff "$BATS_TEST_TMPDIR/before" <(tree "$root")
	ln -sfn /etc/hostname "$root/etc"
	"$DEBUG" "$root" -- true
}

@test "docker save, plain and compressed, as a file and as a URL" {
	cp "$BATS_FILE_TMPDIR/musl.tar" "$BATS_TEST_TMPDIR/musl.tar"
	(cd "$BATS_TEST_TMPDIR" && gzip -k musl.tar && zstd -q musl.tar)
	for file in musl.tar musl.tar.gz musl.tar.zst; do
		[ "$(cd "$BATS_TEST_TMPDIR" && "$DEBUG" "./$file" -- /bin/hello-musl)" = musl ]
	done
	[ "$("$DEBUG" "file://$BATS_TEST_TMPDIR/musl.tar" -- readlink /bin/sh)" = busybox ]
	[ "$("$DEBUG" "$BATS_TEST_TMPDIR/musl.tar" -c 'stat -c "%u %g %a" /bin/busybox')" = "$(docker run --rm --network none --label debug.test=1 --entrypoint /bin/busybox debug-test/musl stat -c '%u %g %a' /bin/busybox)" ]
}

@test "several images in one archive" {
	run "$DEBUG" "$BATS_FILE_TMPDIR/two.tar" -- true
	[ "$status" -eq 125 ]
	[[ $output = *'holds several images: '*'; say which'* && $output = *'`debug-test/musl:latest`'* && $output = *'`debug-test/scratch:latest`'* ]]
	[ "$("$DEBUG" "$BATS_FILE_TMPDIR/two.tar:debug-test/scratch" -- ls /app)" = server ]
	[ "$("$DEBUG" "$BATS_FILE_TMPDIR/two.tar:musl:latest" -- /bin/hello-musl)" = musl ]
	run "$DEBUG" "$BATS_FILE_TMPDIR/two.tar:web" -- true
	[[ $output = *'has no image `web`; it has '* ]]
}

@test "an OCI layout, as a directory and as an archive; a wrong digest is refused" {
	local layout=$BATS_TEST_TMPDIR/layout blob=$BATS_TEST_TMPDIR/blob
	put() { # FILE: prints its descriptor
		local digest
		digest=$(sha256sum < "$1" | cut -d ' ' -f 1)
		cp "$1" "$layout/blobs/sha256/$digest"
		jq -cn --arg d "sha256:$digest" --argjson s "$(stat -c %s "$1")" '{mediaType: "x", digest: $d, size: $s}'
	}
	mkdir -p "$layout/blobs/sha256"
	layer_of "$BATS_FILE_TMPDIR/root" "$blob.tar"
	gzip -k "$blob.tar"
	echo '{"architecture":"amd64","os":"linux","config":{"Env":["COLOR=red"],"WorkingDir":"/etc"}}' > "$blob.config"
	jq -cn --argjson c "$(put "$blob.config")" --argjson l "$(put "$blob.tar.gz")" '{schemaVersion: 2, config: $c, layers: [$l]}' > "$blob.manifest"
	jq -cn --argjson m "$(put "$blob.manifest")" '{schemaVersion: 2, manifests: [$m]}' > "$layout/index.json"
	echo '{"imageLayoutVersion":"1.0.0"}' > "$layout/oci-layout"
	tree "$layout" > "$BATS_TEST_TMPDIR/before"
	[ "$("$DEBUG" "$layout" -c 'echo "$COLOR $PWD $(cat greeting)"')" = 'red /etc hello' ]
	diff -U0 "$BATS_TEST_TMPDIR/before" <(tree "$layout")
	tar -C "$layout" -cf "$BATS_TEST_TMPDIR/layout.tar" .
	[ "$("$DEBUG" "$BATS_TEST_TMPDIR/layout.tar" -- cat /etc/greeting)" = hello ]
	printf x >> "$layout/blobs/sha256/$(sha256sum < "$blob.tar.gz" | cut -d ' ' -f 1)"
	run "$DEBUG" "$layout" -- true
	[ "$status" -eq 125 ]
	[[ $output = *'is not what its name says'* ]]
}

@test "layers lie over each other; what one hides is hidden" {
	local a=$BATS_TEST_TMPDIR/a b=$BATS_TEST_TMPDIR/b
	mkdir -p "$a/work" "$a/gone" "$a/full" "$b/work" "$b/full"
	echo 1 > "$a/work/kept"; echo 1 > "$a/work/replaced"; echo 1 > "$a/gone/x"; echo 1 > "$a/full/old"
	echo 2 > "$b/work/replaced"; : > "$b/.wh.gone"; : > "$b/full/.wh..wh..opq"; echo 2 > "$b/full/a-new"
	ln "$b/work/replaced" "$b/work/same"
	layer_of "$a" "$a.tar"
	layer_of "$b" "$b.tar"
	archive "$BATS_TEST_TMPDIR/made.tar" "$a.tar" "$b.tar"
	run "$DEBUG" "$BATS_TEST_TMPDIR/made.tar" -c 'echo "$PWD $COLOR"; cat kept replaced same; ls -d /gone; ls /full; stat -c %h same'
	[ "$output" = $'/work blue\n1\n2\n2\nls: cannot access \'/gone\': No such file or directory\na-new\n2' ]
}

@test "an archive whose names lead out is refused, and nothing is outside" {
	local made=$BATS_TEST_TMPDIR/made.tar layer=$BATS_TEST_TMPDIR/layer.tar
	for name in ../evil /../evil a/../../evil ..; do
		entry "$name" 0 '' evil > "$layer"
		archive "$made" "$layer"
		run "$DEBUG" "$made" -- true
		[ "$status" -eq 125 ]
		[[ $output = *'leads out of the image'* ]]
	done
	entry link 1 ../../../etc/passwd '' > "$layer"
	archive "$made" "$layer"
	run "$DEBUG" "$made" -- true
	[ "$status" -eq 125 ]
	[[ $output = *'cannot make the link `link` of the archive'* ]]
}

@test "links of an archive are followed inside it only" {
	local made=$BATS_TEST_TMPDIR/made.tar layer=$BATS_TEST_TMPDIR/layer.tar canary=$BATS_TEST_TMPDIR/canary
	mkdir "$canary"
	{ entry "$canary" 5 '' ''; entry out 2 "$canary" ''; entry out/file 0 '' evil; entry up 2 ../../../../.. ''
		entry up/here 0 '' evil; } > "$layer"
	archive "$made" "$layer"
	[ "$("$DEBUG" "$made" -c "cat '$canary/file' /here")" = evilevil ]
	[ -z "$(ls -A "$canary")" ]
	# Without that directory in the image the link leads nowhere, though there is one on the host.
	{ entry out 2 "$canary" ''; entry out/file 0 '' evil; } > "$layer"
	archive "$made" "$layer"
	run "$DEBUG" "$made" -- true
	[ "$status" -eq 125 ]
	[[ $output = *'cannot make `out/file` of the archive'* ]]
	[ -z "$(ls -A "$canary")" ]
	entry out 1 /etc/passwd '' > "$layer"
	archive "$made" "$layer"
	run "$DEBUG" "$made" -- true
	[[ $output = *'cannot make the link `out` of the archive: No such file'* ]]
}

@test "devices are left out, set-user-id programs have no effect" {
	local made=$BATS_TEST_TMPDIR/made.tar layer=$BATS_TEST_TMPDIR/layer.tar root=$BATS_TEST_TMPDIR/root
	mkdir -p "$root/bin"
	cp /bin/busybox "$root/bin/busybox"
	chmod 4755 "$root/bin/busybox"
	mknod "$root/disk" b 7 0
	mkfifo "$root/pipe"
	layer_of "$root" "$layer"
	archive "$made" "$layer"
	run "$DEBUG" -u 1000:1000 "$made" -c 'ls -d /disk /pipe; stat -c %a /bin/busybox; /bin/busybox id -u'
	[[ $output = *"'/disk': No such file"* ]]
	[[ $output = *$'/pipe\n4755\n1000' ]]
}

@test "archives that are cut off, lie about a size, or are none" {
	local made=$BATS_TEST_TMPDIR/made.tar layer=$BATS_TEST_TMPDIR/layer.tar
	entry huge 0 '' '' 8000000000 > "$layer"
	archive "$made" "$layer"
	run "$DEBUG" "$made" -- true
	[ "$status" -eq 125 ]
	[[ $output = *'damaged'* ]]
	head -c 20000 "$BATS_FILE_TMPDIR/musl.tar" > "$made"
	run "$DEBUG" "$made" -- true
	[ "$status" -eq 125 ]
	[[ $output = *'damaged'* ]]
	gzip -c "$BATS_FILE_TMPDIR/musl.tar" | head -c 20000 > "$made"
	run "$DEBUG" "$made" -- true
	[ "$status" -eq 125 ]
	[[ $output = *'damaged'* ]]
	head -c 20000 /dev/urandom > "$made"
	run "$DEBUG" "$made" -- true
	[ "$status" -eq 125 ]
	[[ $output = *'damaged'* || $output = *'no tar archive'* ]]
	tar -C "$BATS_FILE_TMPDIR/root" -cf "$made" .
	run "$DEBUG" "$made" -- true
	[[ $output = *'this is no image'* ]]
	run "$DEBUG" ./nothing -- true
	[[ $output = *'cannot open `./nothing`'* ]]
	run "$DEBUG" /dev/null -- true
	[[ $output = *'is neither a directory nor a file'* ]]
}

@test "--write is refused, for nothing would be written" {
	run "$DEBUG" --write "$BATS_FILE_TMPDIR/root" -- true
	[ "$status" -eq 125 ]
	[[ $output = *'--write cannot change'* ]]
}

@test "a session ends with its init, its helper or its caller" {
	local helper debug
	"$DEBUG" "$BATS_FILE_TMPDIR/root" -c 'sleep 100 & setsid sleep 100 & echo up; wait' > "$BATS_TEST_TMPDIR/out" 3>&- &
	debug=$!
	for _ in $(seq 100); do grep -q up "$BATS_TEST_TMPDIR/out" && break; sleep 0.05; done
	helper=$(pgrep -P "$debug" debug-helper)
	kill -KILL "$helper"
	run wait "$debug"
	assert_no_residue
	run "$DEBUG" "$BATS_FILE_TMPDIR/root" -c 'kill 1; sleep 100'
	[ "$status" -ne 0 ]
	run "$DEBUG" "$BATS_FILE_TMPDIR/root" -c 'sleep 100 & exit 7'
	[ "$status" -eq 7 ]
}

@test "a session that cannot start leaves nothing" {
	run "$DEBUG" -u nosuch "$BATS_FILE_TMPDIR/root" -- true
	[ "$status" -eq 125 ]
	[[ $output = *'has no user `nosuch`'* ]]
	run "$DEBUG" -w /nosuch "$BATS_FILE_TMPDIR/root" -- true
	[ "$status" -eq 125 ]
	run "$DEBUG" "$BATS_FILE_TMPDIR/root" -- nosuch
	[ "$status" -eq 127 ]
}
