# SPDX-License-Identifier: GPL-2.0-or-later
# The image as a file: the same bytes twice, nothing in it that gives rights, and installed where it belongs.

load ../lib/common

setup() {
	stage=$BATS_TEST_TMPDIR/stage
	architecture=$(dpkg --print-architecture)
}

# Builds a second image from the packages that the first one has downloaded, in another directory; for ARCH if that is set.
build_again() { # COMPRESSION
	local cache=$ROOT/.cache${ARCH:+/$ARCH}
	local relocate=$BUILD/relocate additions
	[ ! -x "$relocate-here" ] || relocate+=-here
	mkdir -p "$stage/cache"
	cp -a "$cache/packages" "$cache/packages.key" "$cache/suite" "$cache/apt" "$cache"/commands-* "$stage/cache/"
	# What the Makefile added, by absolute paths.
	mapfile -t additions < <(sed "s|^[^/]|$ROOT/&|; s/^/--add\n/" "$BUILD/additions")
	(cd / && umask 077 && TZ=Asia/Tokyo LC_ALL=C unshare --net "$ROOT/toolbox/build" --relocate "$relocate" --verity "$BUILD/verity" \
		--cache "$stage/cache" --output "$stage/other.erofs" --compress "$1" --edition "$(cat "$BUILD/edition")" \
		${ARCH:+--architecture "$ARCH"} "${additions[@]}")
}

@test "built twice, elsewhere, offline and under another umask, it is the same byte for byte" {
	build_again "$(cat "$BUILD/compress")"
	cmp "$stage/other.erofs" "$BUILD/libexec/debug/toolbox.erofs"
	cmp "$stage/other.sbom.json" "$BUILD/libexec/debug/toolbox.sbom.json"
	[ "$(cut -c1-64 "$stage/other.erofs.sha256")" = "$(sha256sum < "$BUILD/libexec/debug/toolbox.erofs" | cut -c1-64)" ]
}

@test "building again with nothing changed does nothing" {
	before=$(stat -c %Y.%i "$BUILD/libexec/debug/toolbox.erofs")
	make -s -C "$ROOT" B="$BUILD" toolbox
	[ "$(stat -c %Y.%i "$BUILD/libexec/debug/toolbox.erofs")" = "$before" ]
}

@test "it holds no setuid or setgid file, no device, nothing that others may write" {
	mkdir "$stage"
	mount -o loop,ro "$BUILD/libexec/debug/toolbox.erofs" "$stage"
	run find "$stage" \( -perm /6000 -o -type b -o -type c -o -type p -o -type s -o \( ! -type l -perm /022 \) -o ! -user 0 \)
	getcap -r "$stage" > "$BATS_TEST_TMPDIR/capabilities" 2> /dev/null || :
	umount "$stage"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ ! -s "$BATS_TEST_TMPDIR/capabilities" ]
}

@test "installed below DESTDIR it works from there, and uninstall leaves nothing" {
	make -s -C "$ROOT" B="$BUILD" DESTDIR="$stage" PREFIX=/opt/debug install
	fixture_start
	run "$stage/opt/debug/bin/debug" "pid://$FIXTURE_PID" -- cat /etc/hostname
	fixture_stop
	[ "$output" = shop ]
	[ -s "$stage/opt/debug/share/man/man1/debug.1" ]
	make -s -C "$ROOT" B="$BUILD" DESTDIR="$stage" PREFIX=/opt/debug uninstall
	[ -z "$(find "$stage" ! -type d)" ]
	toolbox_unmount
}

@test "its bill of materials names every package as it is, with licence and digest, and our own files" {
	bom=$BUILD/libexec/debug/toolbox.sbom.json
	mkdir "$stage"
	mount -o loop,ro "$BUILD/libexec/debug/toolbox.erofs" "$stage"
	cp "$stage/share/toolbox/packages" "$stage/share/toolbox/sbom.cdx.json" "$BATS_TEST_TMPDIR/"
	(cd "$stage" && sha256sum libexec/debug-joiner) > "$BATS_TEST_TMPDIR/joiner"
	umount "$stage"
	cmp "$bom" "$BATS_TEST_TMPDIR/sbom.cdx.json"
	jq -e '.bomFormat == "CycloneDX" and .specVersion == "1.6" and
		(.serialNumber | test("^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"))' "$bom"
	diff "$BATS_TEST_TMPDIR/packages" <(jq -r '.components[] | select(.type == "library") |
		"\(.name) \(.version) \(.properties[] | select(.name == "debian:architecture").value)"' "$bom" | LC_ALL=C sort)
	[ "$(jq '[.components[] | select(.licenses | length == 0 or any(.license | (.id // .name // "") == ""))] | length' "$bom")" = 0 ]
	[ "$(jq '[.components[] | select(.type == "library") | select(.purl |
		test("^pkg:deb/debian/[a-z0-9][a-z0-9.%2B-]+@[A-Za-z0-9.:~%-]+[?]arch=[a-z0-9]+&distro=[a-z]+$") | not)] | length' "$bom")" = 0 ]
	[ "$(jq -r '.components[] | .["bom-ref"]' "$bom" | sort | uniq -d | wc -l)" = 0 ]
	diff <(sed 's/ .*_/ /' "$ROOT/.cache/packages" | cut -c 1-64 | sort) \
		<(jq -r '.components[] | select(.type == "library").hashes[].content' "$bom" | sort)
	[ "$(jq -r '.components[] | select(.name == "libexec/debug-joiner").hashes[].content' "$bom")" = \
		"$(cut -c 1-64 "$BATS_TEST_TMPDIR/joiner")" ]
}

@test "its index of commands is sorted, and the likeliest package stands first" {
	mkdir "$stage"
	mount -o loop,ro "$BUILD/libexec/debug/toolbox.erofs" "$stage"
	cp "$stage/share/toolbox/commands" "$BATS_TEST_TMPDIR/"
	umount "$stage"
	LC_ALL=C sort -c "$BATS_TEST_TMPDIR/commands"
	[ -z "$(grep -vP '^[^\t]+\t[a-z0-9+.-]+(,[a-z0-9+.-]+)*$' "$BATS_TEST_TMPDIR/commands")" ]
	grep -qxP 'ngrep\tngrep' "$BATS_TEST_TMPDIR/commands"
	# The package of the same name is no second choice anywhere.
	[ -z "$(awk -F '[\t,]' '{ for (i = 3; i <= NF; i++) if ($i == $1) print }' "$BATS_TEST_TMPDIR/commands")" ]
}

# What may not be mounted ---------------------------------------------------------------------------

copy_made() { # a copy of the programs and the image, to be spoilt
	mkdir -p "$stage"
	cp -a "$BUILD/bin" "$BUILD/libexec" "$stage/"
	copy=$stage/libexec/debug/toolbox.erofs
}

# One sentence, exit status 125, and no filesystem was asked to read a byte of it.
refused() { # SENTENCE
	fixture_start
	run strace -f -o "$BATS_TEST_TMPDIR/trace" -e trace=fsopen,fsmount,mount,open_tree,ioctl \
		"$stage/bin/debug" "pid://$FIXTURE_PID" -- true
	fixture_stop
	echo "$status: $output"
	[ "$status" = 125 ]
	[ "$output" = "debug: $1" ]
	[ -z "$(grep -E 'fsopen|fsmount|mount\(|open_tree|LOOP_CONFIGURE' "$BATS_TEST_TMPDIR/trace")" ]
}

flip_bit() { # FILE OFFSET
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	# shellcheck disable=SC2059
	printf "\\x$(printf %x $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

damaged="the toolbox image toolbox.erofs is damaged (its digest is not the recorded one); install the toolbox again"

@test "an image that is cut short or has one bit flipped is refused before it is mounted" {
	copy_made
	size=$(stat -c %s "$copy")
	for offset in 0 1024 $((size / 2)) $((size - 1)); do
		flip_bit "$copy" "$offset"
		refused "$damaged"
		flip_bit "$copy" "$offset"
	done
	truncate -s -4096 "$copy"
	refused "$damaged"
	truncate -s 0 "$copy"
	refused "$damaged"
}

@test "an image without its digest, or with that of another, is refused" {
	copy_made
	sha256sum < /dev/null > "$copy.sha256"
	refused "$damaged"
	missing="the digest toolbox.erofs.sha256 of the toolbox image is missing or damaged; install the toolbox again"
	for text in '' 'not a digest' "$(printf %064d 0 | tr 0 X)"; do
		echo "$text" > "$copy.sha256"
		refused "$missing"
	done
	rm "$copy.sha256"
	refused "$missing"
	# The kernel's own check counts only where the kernel makes it.
	flip_bit "$copy" 4096
	sha256sum < /dev/null > "$copy.sha256"
	refused "$damaged"
}

@test "an image or a directory that others than root can change is refused" {
	copy_made
	own="can be changed by others than root; \`chown root\` and"
	chmod g+w "$copy"
	refused "the toolbox image toolbox.erofs $own \`chmod 644\` it"
	chmod 646 "$copy"
	refused "the toolbox image toolbox.erofs $own \`chmod 644\` it"
	chmod 644 "$copy"
	chown 65534 "$copy"
	refused "the toolbox image toolbox.erofs $own \`chmod 644\` it"
	rm "$copy"
	mkdir -m 775 "${copy%.erofs}"
	refused "the toolbox image toolbox $own \`chmod 755\` it"
	chmod 755 "${copy%.erofs}"
	chown 65534 "${copy%.erofs}"
	refused "the toolbox image toolbox $own \`chmod 755\` it"
	rmdir "${copy%.erofs}"
	mkfifo "$copy"
	refused "the toolbox image toolbox.erofs is not a regular file"
	rm "$copy"
	ln -s "$BUILD/libexec/debug/toolbox.erofs" "$copy"
	run "$stage/bin/debug" pid://1 -- true
	[ "$status" = 125 ]
}

@test "without an image the directory beside it is the toolbox" {
	make -s -C "$ROOT" B="$BUILD" DESTDIR="$stage" PREFIX=/opt/debug install-directory
	rm "$stage/opt/debug/libexec/debug/toolbox.erofs"
	fixture_start
	run "$stage/opt/debug/bin/debug" "pid://$FIXTURE_PID" -c \
		'findmnt -no FSTYPE,OPTIONS /dev/toolbox; curl --version | head -n 1; touch /dev/toolbox/bin/x; cat /etc/hostname'
	fixture_stop
	[ "$status" = 0 ]
	[[ ${lines[0]} == *" ro,"*nosuid*nodev* ]]
	[[ ${lines[1]} == curl\ * ]]
	[[ ${lines[2]} == *"Read-only file system" ]]
	[ "${lines[3]}" = shop ]
	make -s -C "$ROOT" B="$BUILD" DESTDIR="$stage" PREFIX=/opt/debug uninstall
	toolbox_unmount
	[ -z "$(find "$stage" ! -type d)" ]
}

# Pins: an archive of three packages, signed by a key of its own -------------------------------------

archive_make() { # builds an archive in $stage/archive and a toolbox that takes two names from it
	local file
	mkdir -p "$stage/archive/pool/main" "$stage/apt/apt.conf.d" "$stage/gnupg"
	for file in tree libc6 gcc-14-base libgcc-s1 hostname; do
		cp "$ROOT"/.cache/apt/archives/"${file}"_*.deb "$stage/archive/pool/main/"
	done
	chmod 0700 "$stage/gnupg"
	gpg --homedir "$stage/gnupg" --batch --quiet --passphrase '' --quick-generate-key tests@invalid rsa2048 sign 1d 2> /dev/null
	gpg --homedir "$stage/gnupg" --export > "$stage/keyring.gpg"
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	printf 'deb copy:%s %s main\n' "$stage/archive" "$codename" "$stage/archive" "$codename-security" > "$stage/apt/sources.list"
	cp -a "$ROOT/toolbox" "$stage/toolbox"
	rm -rf "$stage"/toolbox/snapshot "$stage/toolbox/packages"
	mkdir "$stage/toolbox/packages"
	printf '%s\n' tree hostname > "$stage/toolbox/packages/core"
	echo base-files > "$stage/toolbox/packages/absent"
	archive_publish
	archive_build --update
}

contents() {
	cat <<- 'EOF'
		bin/tree                          utils/tree-longer,utils/zz,universe/utils/tree
		usr/bin/a\tb                      utils/escaped
		usr/bin/both                      utils/second
		usr/bin/deeper/down               utils/deeper
		usr/games/sl                      games/sl
		usr/sbin/both                     admin/first,utils/second
		usr/share/bin/no                  utils/no
		usr/bin/with blank                utils/blank
	EOF
	seq -f 'usr/bin/c%.0f utils/p' 1100
}

archive_publish() {
	local suite directory file
	for suite in trixie trixie-updates trixie-security; do
		directory=$stage/archive/dists/$suite
		mkdir -p "$directory/main/binary-$architecture"
		[ "$suite" != trixie ] || contents > "$directory/main/Contents"
		: > "$directory/main/binary-$architecture/Packages"
		[ "$suite" != trixie ] || for file in "$stage"/archive/pool/main/*.deb; do
			dpkg-deb --field "$file"
			printf 'Filename: pool/main/%s\nSize: %s\nSHA256: %s\n\n' "${file##*/}" "$(stat -c %s "$file")" \
				"$(sha256sum < "$file" | cut -c 1-64)"
		done > "$directory/main/binary-$architecture/Packages"
		(
			printf 'Codename: %s\nSuite: %s\nDate: %s\nArchitectures: %s\nComponents: main\nSHA256:\n' \
				"$suite" "$suite" "$(LC_ALL=C date -Ru)" "$architecture"
			cd "$directory" || exit
			printf ' %s %s main/binary-%s/Packages\n' "$(sha256sum < "main/binary-$architecture/Packages" | cut -c 1-64)" \
				"$(stat -c %s "main/binary-$architecture/Packages")" "$architecture"
			[ ! -e main/Contents ] || printf ' %s %s main/Contents-%s\n' "$(sha256sum < main/Contents | cut -c 1-64)" \
				"$(stat -c %s main/Contents)" "$architecture"
		) > "$directory/Release"
		[ "$suite" != trixie ] || mv "$directory/main/Contents" "$directory/main/Contents-$architecture"
		gpg --homedir "$stage/gnupg" --batch --yes --clearsign -o "$directory/InRelease" "$directory/Release"
	done
}

# The build, for which that archive is the host's.
archive_build() { # OPTION...
	unshare --mount --net --propagation private sh -c '
		stage=$1 && shift
		mount --bind "$stage/apt" /etc/apt && mount --bind "$stage/keyring.gpg" /usr/share/keyrings/debian-archive-keyring.gpg &&
			"$stage/toolbox/build" --relocate /bin/true --verity /bin/true --cache "$stage/cache" --output "$stage/image" --edition core --fetch-only "$@"' \
		sh "$stage" "$@" 2>&1
}

# Replaces tree by a newer version of it.
archive_supersede() {
	dpkg-deb -R "$stage"/archive/pool/main/tree_*.deb "$stage/newer"
	sed -i 's/^Version: .*/Version: 99.1/' "$stage/newer/DEBIAN/control"
	rm "$stage"/archive/pool/main/tree_*.deb
	dpkg-deb --root-owner-group -b "$stage/newer" "$stage/archive/pool/main/tree_99.1_$architecture.deb" > /dev/null
	archive_publish
}

@test "pinned packages are fetched without a package list, and the newest only when asked for" {
	archive_make
	[ "$(grep -c '^[0-9a-f]' "$stage"/toolbox/snapshot/*)" = 5 ]
	cp "$stage/cache/packages" "$stage/pinned"
	cp "$stage"/archive/pool/main/tree_*.deb "$stage/"
	archive_supersede
	mv "$stage"/tree_*.deb "$stage/archive/pool/main/"
	rm -rf "$stage/cache" "$stage"/archive/dists/*/main/binary-*
	archive_build --locked
	cmp "$stage/cache/packages" "$stage/pinned"
	archive_publish
	archive_build --update
	grep -q "  tree_99.1_$architecture.deb\$" "$stage/cache/packages"
	grep -q "  tree_99.1_$architecture.deb " "$stage"/toolbox/snapshot/*
}

@test "for a pinned package that is gone the current one is taken, with a notice, or none with --locked" {
	archive_make
	archive_supersede
	rm -rf "$stage/cache"
	run archive_build --locked
	[ "$status" = 1 ]
	[[ ${lines[-1]} =~ ^"toolbox: --locked: pinned, but gone from the archive: tree 2."[^\;]*$ ]]
	run archive_build
	[ "$status" = 0 ]
	[ "$(grep -c 'which is pinned, is gone from the archive; taking 99.1$' <<< "$output")" = 1 ]
	[ "$(wc -l < "$stage/cache/packages")" = 5 ]
	(cd "$stage/cache/apt/archives" && sha256sum -c --quiet "$stage/cache/packages")
	grep -q "  tree_99.1_$architecture.deb\$" "$stage/cache/packages"
	# Another archive still has it.
	mkdir -p "$stage/past/pool/main"
	cp "$ROOT"/.cache/apt/archives/tree_*.deb "$stage/past/pool/main/"
	rm -rf "$stage/cache"
	archive_build --locked --snapshot "copy:$stage/past"
	[ "$(grep -c 99.1 "$stage/cache/packages")" = 0 ]
}

@test "a package that is not the pinned one is refused, and so is one that is not as the signed list says" {
	archive_make
	rm -rf "$stage/cache"
	printf X | dd of="$(echo "$stage"/archive/pool/main/hostname_*.deb)" bs=1 seek=5000 conv=notrunc status=none
	run archive_build
	[ "$status" = 1 ]
	[[ ${lines[-1]} == "toolbox: hostname_"*" is damaged or forged: its SHA-256 is not the pinned one" ]]
	[ -z "$(find "$stage/cache" -name 'hostname_*')" ]
	rm -rf "$stage/toolbox/snapshot"
	run archive_build
	[ "$status" = 1 ]
	[[ $output == *"Hash Sum mismatch"* ]]
	[ ! -e "$stage/cache/packages" ]
}

@test "the index of commands is read from the archive's own, if that is as signed; else from the last" {
	archive_make
	commands=$stage/cache/commands-trixie-$architecture
	[ "$(grep -v '^c[0-9]' "$commands" | tr '\t' :)" = $'a\\tb:escaped\nboth:first,second\nsl:sl\ntree:tree,zz,tree-longer' ]
	[ "$(wc -l < "$commands")" = 1104 ]
	cp "$commands" "$stage/commands"
	echo "usr/bin/sh evil/package" >> "$stage/archive/dists/trixie/main/Contents-$architecture"
	run archive_build --update
	[ "$status" = 0 ]
	[[ $output == *"the index of trixie cannot be read or verified; using the one at hand"* ]]
	cmp "$commands" "$stage/commands"
	rm "$commands"
	run archive_build
	[ "$status" = 1 ]
	[[ ${lines[-1]} == "toolbox: cannot read which package has which command" ]]
	[ ! -e "$commands" ]
}
