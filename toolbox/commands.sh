# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# The index of commands, for toolbox/build: "COMMAND<tab>PACKAGE[,PACKAGE...]" in the order of bytes, from the
# archive's Contents files, which apt fetches and verifies like a package list.  Of many packages the likeliest
# stands first: that of the command's name, then the shorter name.

# shellcheck disable=SC2154 # cache, apt, suite, ... are toolbox/build's
contents_apt() {
	APT_CONFIG=$apt/apt.conf apt-get -qq "$@" \
		-o Dir::State::lists="$apt/contents" \
		-o Dir::Etc::sourcelist="$apt/etc/contents.list" \
		-o Dir::Etc::sourceparts=/dev/null \
		-o Acquire::IndexTargets::deb::Packages::DefaultEnabled=false \
		-o Acquire::IndexTargets::deb::Contents::MetaKey="\$(COMPONENT)/Contents-\$(ARCHITECTURE)" \
		-o Acquire::IndexTargets::deb::Contents::KeepCompressed=true \
		-o Acquire::IndexTargets::deb::Contents::PDiffs=false
}

# Reads Contents files: a path, blanks, and "SECTION/PACKAGE,...".
index_contents() {
	grep -aE '^(usr/)?(s?bin|games)/[^/[:space:]]+[[:space:]]+[^[:space:]]+$' | awk '{
		sub(/.*\//, "", $1)
		count = split($2, packages, ",")
		for (i = 1; i <= count; i++) {
			sub(/.*\//, "", packages[i])
			print $1 "\t" (packages[i] != $1) "\t" length(packages[i]) "\t" packages[i]
		}
	}' | sort -u -t '	' -k 1,1 -k 2,2 -k 3,3n -k 4,4 | awk -F '\t' '
		$1 != command { if (NR > 1) print command "\t" list; command = $1; list = $4; next }
		{ list = list "," $4 }
		END { if (NR > 0) print command "\t" list }' | sort
}

# Fails if the archive's files are not what its signed Release says: in the hours after a point release, mirrors
# may have those of the one before.
read_contents() {
	rm -rf "$apt/contents"
	mkdir -p "$apt/contents/partial"
	sed -n "s/ $suite main$/ $1 main/p" "$apt/etc/sources.list" >"$apt/etc/contents.list"
	contents_apt update >"$apt/log" 2>&1 && ! grep -q '^[WE]:' "$apt/log" || return 1
	for file in "$apt"/contents/*_Contents-*; do
		/usr/lib/apt/apt-helper cat-file "$file"
	done | index_contents >"$commands.new"
	[ "$(wc -l <"$commands.new")" -gt 1000 ]
}

# Of another release's index what $suite has too.
keep_known_packages() {
	update_lists
	APT_CONFIG=$apt/apt.conf apt-cache pkgnames | awk -F '\t' '
		FNR == NR { known[$1] = 1; next }
		{
			count = split($2, packages, ",")
			list = ""
			for (i = 1; i <= count; i++)
				if (packages[i] in known)
					list = list (list == "" ? "" : ",") packages[i]
			if (list != "")
				print $1 "\t" list
		}' - "$commands.new" >"$commands.known"
	mv "$commands.known" "$commands.new"
}

# It is in the image, so the image is the same byte for byte only with the same index.
compare_commands() {
	digest=$(hash_of <"$commands")
	if [ "$update" = yes ]; then
		sed -i "/^# commands /d; s/^# names .*/&\n# commands $digest/" "$(pins_file)"
	elif [ "$(sed -n 's/^# commands //p' "$(pins_file)" 2>/dev/null)" != "$digest" ]; then
		say "the index of commands is not that of the day on which the packages were pinned"
	fi
}

# Leaves the index in $commands.
fetch_commands() {
	[ "$update" = yes ] || [ ! -s "$commands" ] || return 0
	say "reading which package has which command"
	write_apt_configuration
	if read_contents "$suite"; then
		mv "$commands.new" "$commands"
	elif [ -s "$commands" ]; then
		say "the index of $suite cannot be read or verified; using the one at hand"
	elif [ "$codename" != "$suite" ] && read_contents "$codename"; then
		say "the index of $suite cannot be read or verified; using that of $codename"
		keep_known_packages
		mv "$commands.new" "$commands"
	else
		cat "$apt/log" >&2
		fail "cannot read which package has which command"
	fi
	rm -rf "$apt/contents" "$commands.new"
	compare_commands
}
