# SPDX-License-Identifier: GPL-2.0-or-later
# B21: a user who may have little asks for much, in every combination of options; ROUNDS says how many are tried beyond those that
# are written down, and SEED which.
# That the options do something is shown by root, who has what they say.
# weaken: src/3-grant/grant.c s/if \(beyond != 0\)/if (false)/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/setuid

setup_file() {
	engines_start
	setuid_begin
	docker_run combinations debug-test/scratch
	docker_run --cap-add NET_ADMIN --cap-add SYS_PTRACE combinations-more debug-test/scratch
}
teardown_file() { docker_clean; setuid_end; }
setup() { residue_begin; target_begin combinations; }
teardown() { assert_no_residue; assert_target_unchanged combinations; }

WORDS=('--write' '--profile sysadmin' '--profile netadmin' '--profile general' '--profile app' '--profile baseline' '--profile restricted' '--cap-add NET_ADMIN'
	'--cap-add SYS_ADMIN' '--cap-add ALL' '--cap-add SYS_PTRACE,NET_RAW' '--cap-drop ALL' '--cap-drop CHOWN' '--user 0:0' '--user 1000' '--stealth' '--scratch'
	'--network host' '-e LD_PRELOAD=/app/x.so' '--runtime docker' '-w /proc/1/root')

# What the rule `profile baseline` gives at most, as the kernel has it.
within() { # OPTION...: a session has no more than that, or there is none
	run as_alice "$@" combinations-more -- sh -c 'sed -n "s/^Cap\(Eff\|Prm\|Bnd\|Inh\|Amb\):\t//p; s/^NoNewPrivs:\t/nnp /p; s/^Seccomp:\t/filter /p" /proc/self/status; test -w / && echo can write; true'
	echo "$*: $status $output"
	case $status in
	0)
		[[ "$output" == *'nnp 1'*'filter 2'* ]]
		for set in $(grep -E '^[0-9a-f]{16}$' <<< "$output"); do [ $((0x$set & ~0x$MOST)) = 0 ]; done
		# Its copy may be written.
		[[ "$output" != *'can write'* || "$*" == *--scratch* ]]
		;;
	125 | 126) [ "${#lines[@]}" -eq 1 ] ;;
	*) false ;;
	esac
}

@test "no combination gives more than the rule" {
	policy <<< "permit user $ALICE profile baseline"
	MOST=$("$DEBUG" --profile baseline combinations -- sed -n 's/^CapBnd:\t//p' /proc/self/status)
	[ $((0x$MOST & (1 << 19 | 1 << 12 | 1 << 21))) = 0 ]
	for words in '' '--profile sysadmin --cap-add SYS_ADMIN' '--profile netadmin --cap-add NET_ADMIN' '--profile baseline --cap-add NET_ADMIN' \
		'--profile baseline --cap-add SYS_PTRACE --cap-drop CHOWN' '--profile app' '--user 0:0 --cap-add ALL' '--write --scratch' '--stealth --profile baseline'; do
		# shellcheck disable=SC2086
		within $words
	done
	RANDOM=${SEED:-$$}
	echo "SEED=${SEED:-$$}"
	for _ in $(seq "${ROUNDS:-10}"); do
		words=
		for _ in 1 2 3; do words+=" ${WORDS[RANDOM % ${#WORDS[@]}]}"; done
		# shellcheck disable=SC2086
		within $words
	done
	# The same words are good for root.
	root=$("$DEBUG" --profile baseline --cap-add NET_ADMIN combinations-more -- sed -n 's/^CapEff:\t//p' /proc/self/status)
	[ $((0x$root & (1 << 12))) != 0 ]
}
