# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# Pins, for toolbox/build: of exactly which files the image is made.
#
#   toolbox/snapshot/EDITION-ARCHITECTURE    "SHA256  FILE  PATH" per package, where apt names it FILE
#                                            and the archive has it at PATH
#
# A pinned file is fetched by its path and accepted by its digest alone; no package list is read for it.  An
# archive keeps only the newest versions.  If a pinned file is in none of those that apt and --snapshot offer,
# apt resolves again: the pinned files at hand are an archive of their own, with preferences that hold their
# versions, so that only what is gone gets its current version, by the signed lists.

# shellcheck disable=SC2154 # here, apt, suite, ... are toolbox/build's
pins_file() {
	echo "$here/snapshot/$edition-$architecture"
}

pins() {
	grep '^[0-9a-f]' "$(pins_file)" 2>/dev/null
}

# What the pins were resolved from; with another list of names they are not complete.
names_key() {
	{
		echo "$wanted_suite"
		wanted_names
		echo
		absent_names
	} | hash_of
}

pins_are_complete() {
	grep -qxF "# names $(names_key)" "$(pins_file)" 2>/dev/null
}

# Pinned files that are not at hand; one that is damaged is removed.
missing_pins() {
	pins | while read -r hash file path; do
		if [ -f "$apt/archives/$file" ]; then
			[ "$(hash_of <"$apt/archives/$file")" != "$hash" ] || continue
			rm "$apt/archives/$file"
		fi
		echo "$hash $file $path"
	done
}

refuse() {
	rm -rf "$apt/pinned" "$apt/archives/$1.new"
	fail "$1 of $2 is damaged or forged: its SHA-256 is not the pinned one"
}

# Fetches what is missing from the archive $1, where the pool is at $2.
fetch_pins_from() {
	missing_pins >"$apt/missing"
	[ -s "$apt/missing" ] || return 0
	rm -rf "$apt/pinned/partial"
	mkdir -p "$apt/pinned/partial" "$apt/archives"
	while read -r hash file path; do
		echo "$1$2${path#pool/} $file SHA256:$hash"
	done <"$apt/missing" | (cd "$apt/pinned/partial" &&
		APT_CONFIG=$apt/apt.conf xargs /usr/lib/apt/apt-helper -q download-file) >"$apt/log" 2>&1 || :
	while read -r hash file _; do
		[ ! -e "$apt/pinned/partial/$file.FAILED" ] ||
			refuse "$file" "$1"
		[ -f "$apt/pinned/partial/$file" ] || continue
		cp "$apt/pinned/partial/$file" "$apt/archives/$file.new"
		[ "$(hash_of <"$apt/archives/$file.new")" = "$hash" ] ||
			refuse "$file" "$1"
		mv "$apt/archives/$file.new" "$apt/archives/$file"
	done <"$apt/missing"
	rm -rf "$apt/pinned/partial"
}

fetch_pins() {
	missing_pins >"$apt/missing"
	[ -s "$apt/missing" ] || return 0
	say "fetching $(wc -l <"$apt/missing") of $(pins | wc -l) pinned packages"
	fetch_pins_from "$archive" pool/
	fetch_pins_from "$security" pool/updates/
	# shellcheck disable=SC2086 # addresses
	for uri in $snapshots; do
		fetch_pins_from "${uri%/}/" pool/
		fetch_pins_from "${uri%/}/" pool/updates/
	done
	missing_pins >"$apt/missing"
}

forget_pinned_archive() {
	rm -rf "$apt/pinned" "$apt/etc/sources.list.d/pinned.list" "$apt/etc/preferences.d/pinned"
}

# "NAME VERSION" of the files named as apt does.
names_and_versions() {
	sed 's/_[^_]*\.deb$//; s/_/ /; s/%3a/:/'
}

# The pinned files at hand, as an archive that apt prefers.
write_pinned_archive() {
	mkdir -p "$apt/pinned" "$apt/etc/sources.list.d" "$apt/etc/preferences.d"
	pins | while read -r hash file _; do
		[ -f "$apt/archives/$file" ] || continue
		dpkg-deb --field "$apt/archives/$file"
		printf 'Filename: archives/%s\nSize: %s\nSHA256: %s\n\n' "$file" "$(stat -c %s "$apt/archives/$file")" "$hash"
	done >"$apt/pinned/Packages"
	echo "deb [trusted=yes] file:$(printf '%s' "$apt" | sed 's/%/%25/g; s/ /%20/g') pinned/" \
		>"$apt/etc/sources.list.d/pinned.list"
	pins | cut -d ' ' -f 3 | names_and_versions | while read -r name version; do
		printf 'Package: %s\nPin: version %s\nPin-Priority: 1001\n\n' "$name" "$version"
	done >"$apt/etc/preferences.d/pinned"
}

# One line for each package that is not the pinned one.
report_unpinned() {
	pins | cut -d ' ' -f 3 | names_and_versions | sort >"$apt/pins.names"
	sed 's/^[^ ]*  //' "$packages" | names_and_versions | sort >"$apt/packages.names"
	join -a 1 -a 2 -e - -o 0,1.2,2.2 "$apt/pins.names" "$apt/packages.names" | while read -r name pinned actual; do
		case $pinned in
		"$actual") ;;
		-) say "$name is not pinned; taking $actual" ;;
		*) if [ "$actual" = - ]; then
			say "$name $pinned, which is pinned, is not needed any more"
		else
			say "$name $pinned, which is pinned, is gone from the archive; taking $actual"
		fi ;;
		esac
	done
}

check_locked() {
	[ "$locked" = yes ] || return 0
	pins_are_complete ||
		fail "--locked: there are no pins for just these packages; \`make toolbox-update\` makes them"
	[ ! -s "$apt/missing" ] ||
		fail "--locked: pinned, but gone from the archive:$(cut -d ' ' -f 2 "$apt/missing" | names_and_versions |
			sort | sed 's/^/ /' | paste -s -d ,)"
}

# Leaves the list of packages in $packages, and the packages in $apt/archives.
fetch_pinned() {
	write_apt_configuration
	mkdir -p "$apt/archives"
	fetch_pins
	check_locked
	if pins_are_complete && [ ! -s "$apt/missing" ]; then
		pins | sed 's/^\([^ ]*\)  \([^ ]*\) .*/\1  \2/' >"$packages.new"
		mv "$packages.new" "$packages"
		suite=$(sed -n 's/^# Debian \([^,]*\),.*/\1/p' "$(pins_file)")
		return
	fi
	write_pinned_archive
	resolve
	forget_pinned_archive
	report_unpinned
}

write_pins() {
	mkdir -p "$here/snapshot"
	{
		echo "# SPDX-License-Identifier: GPL-2.0-or-later"
		echo "# Debian $suite, $edition, $architecture: written by \`make toolbox-update\`"
		echo "# names $(names_key)"
		sed -n "s|^'[^']*/\(pool/[^']*\)' \([^ ]*\) [0-9]* SHA256:\([0-9a-f]*\)$|\3  \2  \1|p" "$apt/uris" |
			sed 's|  pool/updates/|  pool/|' | sort -k 2
	} >"$(pins_file).new"
	[ "$(pins_count "$(pins_file).new")" = "$(wc -l <"$packages")" ] ||
		fail "the archive has packages outside its pool, which cannot be pinned"
	mv "$(pins_file).new" "$(pins_file)"
	say "$(pins_file): $(pins | wc -l) packages"
}

pins_count() {
	grep -c '^[0-9a-f]' "$1"
}

fetch() {
	forget_pinned_archive
	if [ "$update" = yes ]; then
		resolve
		write_pins
	elif pins >/dev/null; then
		fetch_pinned
	else
		: >"$apt/missing"
		check_locked
		say "$edition for $architecture is not pinned: \`make toolbox-update\` does it"
		resolve
	fi
}
