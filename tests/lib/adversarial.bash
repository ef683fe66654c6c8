# SPDX-License-Identifier: GPL-2.0-or-later
# A container whose root attacks whoever comes, and a debugger that is easy prey, to see that the attack can succeed.
# shellcheck shell=bash

attack_container() { # NAME [OPTION...]: with the attacker at /attack
	local name=$1
	shift
	mkdir -p "$BATS_FILE_TMPDIR/attack"
	cp "$TOOLS/attacker" "$BATS_FILE_TMPDIR/attack/attacker"
	docker_run -v "$BATS_FILE_TMPDIR/attack:/attack:ro" "$@" "$name" debug-test/scratch
}
# What it got hold of is in $BATS_TEST_TMPDIR/loot.  It ends with its container, or with the test.
attack_begin() { # NAME ATTACK [ARGUMENT...]
	local name=$1
	shift
	docker exec "$name" /attack/attacker "$@" > "$BATS_TEST_TMPDIR/loot" 2>&1 < /dev/null 3>&- &
	ATTACK_CLIENT=$!
	for _ in $(seq 100); do
		ATTACKER=$(docker top "$name" -o pid,args | awk '/attacker/ { print $1 }')
		[ -z "$ATTACKER" ] || return 0
		sleep 0.05
	done
	cat "$BATS_TEST_TMPDIR/loot"
	return 1
}
attack_end() {
	[ -n "${ATTACKER-}" ] || return 0
	kill -KILL "$ATTACKER" || :
	wait "$ATTACK_CLIENT" || :
	ATTACKER=
}

# A program of the host's in the container's pid namespace, with all that it has.
naive_debugger() { # NAME COMMAND...
	local name=$1
	shift
	nsenter --target "$(docker_pid "$name")" --pid "$@"
}
