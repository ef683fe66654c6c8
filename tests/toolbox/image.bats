# SPDX-License-Identifier: GPL-2.0-or-later
# The image as a file: the same bytes twice, nothing in it that gives rights, and installed where it belongs.

load ../lib/common

setup() { stage=$BATS_TEST_TMPDIR/stage; }

# Builds a second image from the packages that the first one has downloaded, in another directory; for ARCH if that is set.
build_again() { # COMPRESSION
	local cache=$ROOT/.cache${ARCH:+/$ARCH}
	local relocate=$BUILD/relocate additions
	[ ! -x "$relocate-here" ] || relocate+=-here
	mkdir -p "$stage/cache"
	cp -a "$cache/packages" "$cache/packages.key" "$cache/apt" "$stage/cache/"
	# What the Makefile added, by absolute paths.
	mapfile -t additions < <(sed "s|^[^/]|$ROOT/&|; s/^/--add\n/" "$BUILD/additions")
	(cd / && umask 077 && TZ=Asia/Tokyo LC_ALL=C unshare --net "$ROOT/toolbox/build" --relocate "$relocate" \
		--cache "$stage/cache" --output "$stage/other.erofs" --compress "$1" --edition "$(cat "$BUILD/edition")" \
		${ARCH:+--architecture "$ARCH"} "${additions[@]}")
}

@test "built twice, elsewhere, offline and under another umask, it is the same byte for byte" {
	build_again "$(cat "$BUILD/compress")"
	cmp "$stage/other.erofs" "$BUILD/libexec/debug/toolbox.erofs"
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
