# SPDX-License-Identifier: GPL-2.0-or-later
# debug as an administrator sets it up for others than root: the helper setuid, for one group, in a directory of its own;
# the users $ALICE, in that group, and $BOB, who is not.  /etc/debug and /var/log belong to each command alone.
# shellcheck shell=bash disable=SC2154

setuid_begin() {
	SETUID_DIR=$(mktemp -d /var/tmp/debug-test-setuid.XXXXXX)
	ALICE=debug-test-alice-$$ BOB=debug-test-bob-$$ ONCALL=debug-test-$$
	chmod 0755 "$SETUID_DIR"
	groupadd "$ONCALL"
	useradd --no-create-home --home-dir / --shell /bin/sh --groups "$ONCALL" "$ALICE"
	useradd --no-create-home --home-dir / --shell /bin/sh "$BOB"
	export SETUID_DIR ALICE BOB ONCALL
	setuid_install "$SETUID_DIR"
	HELPER=$SETUID_DIR/libexec/debug/debug-helper
	export HELPER
	if [ ! -d /etc/debug ]; then
		mkdir /etc/debug
		touch "$SETUID_DIR/made"
	fi
}

setuid_install() { # DIRECTORY
	local beside
	mkdir -p "$1/bin" "$1/libexec/debug"
	install -m 0755 "$BUILD/bin/debug" "$1/bin/debug"
	install -m 0755 "$BUILD/libexec/debug/debug-unpack" "$1/libexec/debug/debug-unpack"
	for beside in toolbox.erofs toolbox.erofs.sha256 toolbox.erofs.verity; do
		ln "$BUILD/libexec/debug/$beside" "$1/libexec/debug/$beside" || cp "$BUILD/libexec/debug/$beside" "$1/libexec/debug/$beside"
	done
	install -m 4750 -o root -g "$ONCALL" "$BUILD/libexec/debug/debug-helper" "$1/libexec/debug/debug-helper"
}

setuid_end() {
	[ -n "${SETUID_DIR-}" ] || return 0
	[ ! -e "$SETUID_DIR/made" ] || rmdir /etc/debug
	userdel "$ALICE"
	userdel "$BOB"
	groupdel "$ONCALL"
	rm -rf "$SETUID_DIR"
}

policy() { cat > "$BATS_TEST_TMPDIR/policy"; }

# With that policy (none if there is no such file), and a log in $BATS_TEST_TMPDIR/audit.log, recordings beside it.  $BEFORE is a line of shell
# that runs as root when both are in place.
# shellcheck disable=SC2016
as() { # USER COMMAND...
	local user=$1
	shift
	POLICY=$BATS_TEST_TMPDIR/policy LOG=$BATS_TEST_TMPDIR/audit.log unshare --mount --propagation private sh -c '
		mount -t tmpfs -o mode=755 none /etc/debug && mount -t tmpfs -o mode=755 none /var/log || exit 99
		[ ! -e "$POLICY" ] || install -m 0600 "$POLICY" /etc/debug/debug.conf || exit 99
		mkdir -m 700 /var/log/debug
		eval "${BEFORE:-:}"
		user=$1
		shift
		setpriv --reuid="$user" --regid="$user" --init-groups -- env -u BEFORE -u POLICY -u LOG HOME=/ "$@"
		status=$?
		[ ! -f /var/log/debug/audit.log ] || cat /var/log/debug/audit.log >> "$LOG"
		for recording in /var/log/debug/*.cast; do
			[ ! -e "$recording" ] || cp -p "$recording" "${LOG%/*}/"
		done
		exit "$status"' sh "$user" "$@"
}
as_alice() { as "$ALICE" "$SETUID_DIR/bin/debug" "$@"; }
as_bob() { as "$BOB" "$SETUID_DIR/bin/debug" "$@"; }

# A session of $ALICE's in a terminal of its own; its status is shown.
start_in_terminal() { # COLUMNSxROWS ARGUMENT...
	local size=$1
	shift
	declare -f as > "$BATS_TEST_TMPDIR/as"
	tmux_start "$size" "bash -c '. $BATS_TEST_TMPDIR/as; BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR
		as $ALICE $SETUID_DIR/bin/debug $*; echo status \$?; exec sleep 60'"
}

refused_unheard() { # TEXT COMMAND...: with 126, and a sentence that has it
	local text=$1
	shift
	run "$@"
	echo "$output"
	[ "$status" -eq 126 ]
	[[ "${lines[0]}" == "debug: "*"$text"* ]]
	[ "${#lines[@]}" -eq 1 ]
}
# And each such attempt has its line, also one that is refused before a target was looked for.
refused() { # TEXT COMMAND...
	local text=$1
	refused_unheard "$@"
	shift
	[ "$1" != as_alice ] || [ -n "${BEFORE-}" ] ||
		[[ $(tail -n 1 "$BATS_TEST_TMPDIR/audit.log" | jq -r 'select(.event == "refused") | .error') == *"$text"* ]]
}
