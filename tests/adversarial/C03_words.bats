# SPDX-License-Identifier: GPL-2.0-or-later
# C03: names that are options, paths or lines of shell, as they are typed and as an engine has them.
# That a shell or an option would act on them is shown on the same words, given to a shell.
# weaken: src/2-target/query.c s/!is_name\(query->name,.*/false)/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/hostile

setup_file() {
	engines_start
	docker_run words debug-test/scratch
}
teardown_file() { docker_clean; }
setup() {
	residue_begin
	cd "$BATS_TEST_TMPDIR" || exit
}
teardown() { assert_no_residue; }

words() { printf '%s\0' '$(touch made)' '`touch made`' ';touch made' '|touch made' '&touch made' $'x\ntouch made' '${IFS}touch' '*' '?' '~' '!!' \
	'../../etc' '..' '.' '/../x' 'a/../../b' '-v' '--privileged' '--write' '-' '' ' ' "$(head -c 65000 /dev/zero | tr '\0' a)" 'a b' '%n%s' '\'; }

@test "a word that is no name is not sent to anybody, and no part of it is done" {
	engine_says <<< 'printf "HTTP/1.0 404 Not Found\r\n\r\n"'
	words > list
	with_engine bash -c 'while IFS= read -r -d "" word; do "$DEBUG" -- "$word" true < /dev/null; echo "status $?"; done < list' > out 2>&1
	run ! grep -E '^status ' <(grep -v '^status 125' out)
	[ "$(grep -c '^status 125' out)" = "$(words | tr -dc '\0' | wc -c)" ]
	run ! grep -vE '^(status 125$|debug: )' out
	[ ! -e made ]
	run ! grep -vE '^GET /(containers|images)/[A-Za-z0-9_.:@/-]+/json$' asked
	run ! grep -E '\.\.|%|\$' asked
	eval 'echo $(touch made)'
	[ -e made ]
}

@test "an option behind -- is a name, before it an option" {
	fails 125 "cannot be a container's name" "$DEBUG" -- --write words
	fails 125 "cannot be a container's name" "$DEBUG" -- -V
	[[ "$("$DEBUG" -V)" == debug\ * ]]
	[ "$("$DEBUG" words -- echo --write -- -V)" = '--write -- -V' ]
	[ "$("$DEBUG" words echo '$(id)' ';id')" = '$(id) ;id' ]
	# The command is no shell's, and no name of it is looked for elsewhere.
	run -127 "$DEBUG" words -- 'true;true'
	run -127 "$DEBUG" words -- '$(id)'
}

@test "an engine's names in prompts are text, in each shell" {
	for name in '$(touch $HOME/made)' '`touch $HOME/made`' '\$(touch $HOME/made)' '%n%{%}' '${HOME}' '"; touch $HOME/made; "' "'; touch \$HOME/made; '" \
		'--privileged' '(touch $HOME/made)'; do
		engine_claims words
		docker inspect words | jq -c --arg n "/$name" '.[0] | .Name = $n | .Config.Image = $n' > body
		for shell in bash zsh fish; do
			typed out " test -e \$HOME/made && echo ma'de' || echo no'ne'; exit 0" \
				with_engine script -qec "$DEBUG --shell $shell $(docker_id words | cut -c1-20)" /dev/null
			grep -aqF -- "$name · docker" out
			grep -aqF none out
			run ! grep -aqE '(^|[^/])made(.\[|.?$)' out
		done
	done
	# A prompt made of it does what it says.
	PS1='$(touch made)' bash --norc -i <<< exit > out 2>&1
	[ -e made ]
}
