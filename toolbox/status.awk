# Removes from the dependencies of packages each group of alternatives in
# which a package occurs that the toolbox does without.
# First file: the names of those; second: a status as dpkg writes it.

FNR == NR {
	absent[$1] = 1
	next
}

function has_absent(group, parts, count, i, name) {
	count = split(group, parts, /\|/)
	for (i = 1; i <= count; i++) {
		name = parts[i]
		sub(/^ +/, "", name)
		sub(/[ (:].*/, "", name)
		if (name in absent)
			return 1
	}
	return 0
}

/^(Pre-)?Depends: / {
	field = $1
	sub(/^[^ ]+ /, "")
	count = split($0, groups, /, */)
	kept = ""
	for (i = 1; i <= count; i++) {
		if (!has_absent(groups[i]))
			kept = kept (kept == "" ? "" : ", ") groups[i]
	}
	if (kept != "")
		print field, kept
	next
}

{ print }
