# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What runs in the session: the words that uses may say, and the loop over them.  tests/toolbox/uses appends the uses,
# as calls of `use NUMBER SCRIPT`, and `uses_end`.

# A terminal is a pane of tmux, which is read as text.
uses_pane() {
	export TMUX_TMPDIR=$PWD
	pane=yes
}
open() { tmux -L pane -f /dev/null new-session -d -x 100 -y 30 "$1"; }
keys() { tmux -L pane send-keys "$@"; }
# A shell drops what is typed while it answers to this.
cancel() {
	keys C-c
	sleep 0.5
}
see() { tmux -L pane capture-pane -p; }
await() {
	local _
	for _ in $(seq 200); do
		see | grep -qE -e "$1" && return
		sleep 0.05
	done
	echo "never shown: $1"
	see
	return 1
}
gone() {
	local _
	for _ in $(seq 200); do
		tmux -L pane has-session 2> /dev/null || return 0
		sleep 0.05
	done
	echo "still there:"
	see
	return 1
}

listening() { # TCP-PORT
	local _
	for _ in $(seq 200); do
		ss -Htln "sport = :$1" | grep -q . && return
		sleep 0.05
	done
	echo "nothing listens on $1"
	return 1
}

# Waits until a command succeeds.
until_ok() {
	local _
	for _ in $(seq 200); do
		"$@" > /dev/null 2>&1 && return
		sleep 0.05
	done
	echo "never succeeded: $*"
	return 1
}

# For what traces the first process of the target: only one may at a time.
alone() { flock "$HOME/.first" "$@"; }

# An authority that nobody trusts, and a server certificate of it for "localhost"; made once.
uses_authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=test authority" \
		-addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.pem
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout server.key -out server.csr
	printf '%s\n' subjectAltName=DNS:localhost authorityKeyIdentifier=keyid keyUsage=digitalSignature \
		extendedKeyUsage=serverAuth > extensions
	openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -days 2 -extfile extensions -out server.pem
	cat server.key server.pem > both.pem
} > /dev/null 2>&1
authority() { cp "$HOME"/authority/* .; }

# Serves this directory by HTTPS.
https() { # PORT
	openssl s_server -quiet -accept "127.0.0.1:$1" -cert server.pem -key server.key -WWW &
	listening "$1"
}

# A use has a directory of its own, and what it started ends with it.
use_end() {
	set +e
	[ -z "$pane" ] || tmux -L pane kill-server 2> /dev/null
	for job in $(jobs -p); do kill "$job" 2> /dev/null; done
	cd /
	rm -rf "$scratch"
}

use_run() { # SCRIPT
	pane=''
	scratch=$(mktemp -d)
	trap use_end EXIT
	cd "$scratch" || return
	set -e
	eval "$1"
}

# Several at once: most of their time is waiting.
USES_AT_ONCE=3
use() { # NUMBER SCRIPT
	while [ "$(jobs -rp | wc -l)" -ge "$USES_AT_ONCE" ]; do wait -n; done
	{
		timeout -k 1 60 bash -c '. "$HOME/.words"; use_run "$1"' use "$2" > "$records/$1" 2>&1 < /dev/null
		echo "status $?" > "$records/$1.status"
	} &
}

# Prints each use's output and status, between lines that no use prints.
uses_end() {
	local number
	wait
	for number in "$records"/*.status; do
		number=$(basename "$number" .status)
		printf '\n\001begin %s\n' "$number"
		cat "$records/$number"
		printf '\n\001%s\n' "$(cat "$records/$number.status")"
	done
}

declare -f > "$HOME/.words"
records=$(mktemp -d)
mkdir "$HOME/authority"
(cd "$HOME/authority" && uses_authority)
