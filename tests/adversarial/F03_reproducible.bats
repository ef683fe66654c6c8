# SPDX-License-Identifier: GPL-2.0-or-later
# F03: the programs are built a second time: in another place, at another time, as another user with another umask, locale and
# environment.  They are the same bytes.  (The toolbox image: tests/toolbox/image.bats.)
# That a difference would be found is shown by a Makefile that leaves the place in them.
# weaken: Makefile s/-ffile-prefix-map=\$\(CURDIR\)=\. //
# check-long

bats_require_minimum_version 1.5.0

load ../lib/common

teardown() { rm -rf "${OTHER%/a/longer/path}"; }

@test "built elsewhere, by another user, it is the same byte for byte" {
	[ -z "${SANITIZED-}" ] || skip 'programs with sanitizers are not what is installed'
	OTHER=$(mktemp -d /var/tmp/debug-test-elsewhere.XXXXXX)/a/longer/path
	mkdir -p "$OTHER"
	cp -a "$ROOT"/{Makefile,src,include,toolbox,man} "$OTHER/"
	mkdir "$OTHER/tests"
	cp -a "$ROOT"/tests/{tests.mk,packages.mk,unit.mk,fuzz,fault} "$OTHER/tests/"
	chown -R 65534 "$OTHER"
	chmod 755 "${OTHER%/a/longer/path}"
	find "$OTHER" -exec touch -d '2031-02-03 04:05:06' {} +
	# shellcheck disable=SC2016
	setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/nowhere TZ=Pacific/Auckland LC_ALL=C.UTF-8 USER=other \
		sh -c 'umask 0077; cd "$1" && make -j2 programs' sh "$OTHER" > "$BATS_TEST_TMPDIR/log" 2>&1 || { tail "$BATS_TEST_TMPDIR/log"; false; }
	for program in bin/debug libexec/debug/debug-helper libexec/debug/debug-unpack debug-joiner; do
		cmp "$OTHER/build/$program" "$BUILD/$program"
	done
	# Nothing of the place is in them.
	run ! grep -alr -e "$OTHER" -e "$ROOT" "$OTHER/build/bin" "$OTHER/build/libexec" "$OTHER/build/debug-joiner"
}
