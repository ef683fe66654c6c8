# SPDX-License-Identifier: GPL-2.0-or-later
# C09, C10: the target has startup files for every shell and tool, in every home, and a terminal description that types; its
# variables name them.
# That each of them would act is shown in the same session, with the target's home for HOME.
# weaken: src/6-join/launch.c s/if \(has_name\(entry, removed\[i\]\)\)/if (i > 99)/

bats_require_minimum_version 1.5.0

load ../lib/common

setup_file() {
	engines_start
	local home=$BATS_FILE_TMPDIR/home file
	mkdir -p "$home/.config/fish/conf.d" "$home/.config/git" "$home/.vim/plugin" "$home/ti/x" "$home/ti/e"
	for file in .bashrc .bash_profile .profile .bash_login .zshrc .zshenv .zprofile .zlogin .config/fish/config.fish .config/fish/conf.d/evil.fish \
		env pipe.sh; do
		echo 'echo DONE BY THE TARGET' > "$home/$file"
	done
	echo 'python print("DONE BY THE TARGET")' > "$home/.gdbinit"
	printf 'set shell=/bin/sh\nsilent !echo DONE BY THE TARGET\n' | tee "$home/.vimrc" > "$home/.vim/plugin/evil.vim"
	printf '[alias]\n\tx = !echo DONE BY THE TARGET\n[core]\n\tpager = echo DONE BY THE TARGET\n' | tee "$home/.gitconfig" > "$home/.config/git/config"
	echo '"e": "DONE BY THE TARGET"' > "$home/.inputrc"
	echo 'print("DONE BY THE TARGET")' > "$home/startup.py"
	echo '.print DONE BY THE TARGET' > "$home/.sqliterc"
	echo 'write-out = "DONE BY THE TARGET"' > "$home/.curlrc"
	printf '#!/bin/sh\necho DONE BY THE TARGET\n' > "$home/pipe.sh"
	chmod -R a+rX "$home"
	chmod 755 "$home/pipe.sh"
	printf 'xterm|evil,\n\tam, cols#80, lines#24, clear=DONE BY THE TARGET,\n' > "$BATS_FILE_TMPDIR/evil.ti"
	tic -x -o "$home/ti" "$BATS_FILE_TMPDIR/evil.ti" 2> /dev/null
	docker_run -v "$home:/root:ro" -v "$home:/home:ro" -v "$home/ti:/etc/terminfo:ro" -v "$home/ti:/usr/share/terminfo:ro" -v "$home/ti:/lib/terminfo:ro" \
		-e HOME=/root -e ENV=/root/env -e BASH_ENV=/root/env -e ZDOTDIR=/root -e XDG_CONFIG_HOME=/root/.config -e INPUTRC=/root/.inputrc \
		-e 'LESSOPEN=|/root/pipe.sh %s' -e TERMINFO=/root/ti -e TERMINFO_DIRS=/root/ti -e TERM=evil -e TERMCAP='xterm:cl=DONE BY THE TARGET:' \
		-e VIMINIT='silent !echo DONE BY THE TARGET' -e EXINIT='silent !echo DONE BY THE TARGET' -e PROMPT_COMMAND='echo DONE BY THE TARGET' \
		-e PYTHONSTARTUP=/root/startup.py -e PS1='$(echo DONE BY THE TARGET)' dotfiles debug-test/scratch
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { assert_no_residue; }

# Each starts something that has a file of its own to read.
lines() {
	cat <<- 'END'
		bash -lc true
		bash -O expand_aliases -c true
		zsh -lc true
		fish -c true
		gdb -q -batch -ex 'print 1'
		vim -es -c 'qa!'
		git x
		sqlite3 :memory: .exit
		curl -s file:///app/nothing
		python3 -c 'print(1)'
		less -f /app/server | head -c 100
		tput clear
	END
}

@test "nothing of the target's is read at the start of a shell" {
	for shell in bash zsh fish; do
		typed "$BATS_TEST_TMPDIR/out" ' true; exit 0' script -qec "$DEBUG --shell $shell dotfiles" /dev/null
		grep -aq 'debug dotfiles:' "$BATS_TEST_TMPDIR/out"
		run ! grep -aq 'DONE BY THE TARGET' "$BATS_TEST_TMPDIR/out"
	done
}

@test "nor at the start of a tool" {
	while read -r line; do
		"$DEBUG" dotfiles -c "export TERM=xterm; $line" < /dev/null > "$BATS_TEST_TMPDIR/out" 2>&1 || :
		run ! grep -aq 'DONE BY THE TARGET' "$BATS_TEST_TMPDIR/out"
		grep -q . "$BATS_TEST_TMPDIR/out" || echo "$line is silent"
	done < <(lines)
}

@test "with the target's home and variables each of these would" {
	tr '\0' '\n' < "/proc/$(docker_pid dotfiles)/environ" | grep -vE '^(PATH|HOSTNAME|TERM)=' > "$BATS_TEST_TMPDIR/environ"
	mapfile -t -d '' theirs < <(sed 's/^/-e\n/' "$BATS_TEST_TMPDIR/environ" | tr '\n' '\0')
	for line in 'git x' "gdb -q -batch -ex 'print 1'" 'tput clear' 'less -f /app/server | head -c 100' 'bash -lc true' 'bash -ic true' \
		'zsh -ic true' 'fish -c true'; do
		"$DEBUG" "${theirs[@]}" dotfiles -c "export TERM=xterm; $line" < /dev/null > "$BATS_TEST_TMPDIR/out" 2>&1 || :
		grep -aq 'DONE BY THE TARGET' "$BATS_TEST_TMPDIR/out" || { echo "not $line"; cat -v "$BATS_TEST_TMPDIR/out"; false; }
	done
}
