# Interactive shells of the toolbox.  Nothing is exported and at first no program is
# started: what runs from here must find the environment as the session made it.

case $- in *i*) ;; *) return ;; esac

shopt -s checkwinsize histappend
HISTCONTROL=ignoreboth

# The session wrote the name of its target.  \w is not used: it would show the
# scratch home as "~", which looks like the target's home.  A directory of the
# target may have any name, so control characters are not printed.
_debug_name=target
[ -r "$HOME/.target" ] && IFS= read -r _debug_name <"$HOME/.target"
PS1='debug ${_debug_name//[![:print:]]/?}:${PWD//[![:print:]]/?} \$ '

alias ls='ls --color=auto'
alias ll='ls -l'
alias grep='grep --color=auto'
alias diff='diff --color=auto'
alias ip='ip --color=auto'

command_not_found_handle() {
	if [ -x /dev/toolbox/libexec/command-not-found ]; then
		/dev/toolbox/libexec/command-not-found "$1"
	else
		printf 'bash: %s: command not found\n' "$1" >&2
	fi
	return 127
}

# After a command that failed: which capability it may have wanted.
_debug_told=
_debug_after() {
	local status=$? last
	[ "$status" = 0 ] && return 0
	last=$(HISTTIMEFORMAT='' history 1)
	if [ "$last" != "$_debug_told" ]; then
		_debug_told=$last
		# The number, and the first word.
		# shellcheck disable=SC2086
		set -f -- $last
		set +f
		[ $# -lt 2 ] || /dev/toolbox/libexec/debug-joiner --explain "$2"
	fi
	return "$status"
}
PROMPT_COMMAND=_debug_after

# Completion is read when it is first asked for: it would double the time to
# the first prompt.
_debug_completion() {
	complete -r -D
	# shellcheck source=/dev/null
	. /dev/share/bash-completion/bash_completion
	_comp_complete_load "$@"
}
[ -r /dev/share/bash-completion/bash_completion ] && complete -D -F _debug_completion
